//! What can be wrong with how a client is used.

use std::fmt;

use crate::Error;
use crate::error::Kind;

/// A request that failed for a reason other than the server's or the network's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// One row, or at most one, was asked for.
    Rows {
        wanted: &'static str,
        found: &'static str,
    },
    /// A request of the same pipeline that came before failed.
    Skipped,
    /// The reply of a pipeline that was dropped, or not sent yet.
    NotSent,
    /// A transaction's client outlived it.
    Over,
    /// BEGIN within a transaction.
    Within,
    /// COMMIT came to a transaction that had failed.
    RolledBack,
    /// The statement belongs to another session.
    Foreign,
    /// A listener was too slow.
    Lagged(u64),
    /// A COPY where rows were expected.
    Copy,
    /// Rows where a COPY was expected.
    NoCopy,
    /// Another COPY after one that data was sent for.
    Copies,
    /// A COPY waits for data from the very thread that asks for something else.
    Copying,
    /// A connection was to be shared in the middle of something.
    Busy,
    /// The connection was asked for while other clones are there.
    Cloned,
    /// SQL that cannot be written with its parameters in it.
    Interpolation(&'static str),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows { wanted, found } => write!(f, "the query was to return {wanted} and returned {found}"),
            Self::Skipped => f.write_str("not run, because a request before it in the same pipeline failed"),
            Self::NotSent => f.write_str("the pipeline that this request is part of was not sent: call sync() first"),
            Self::Over => f.write_str("the transaction that this client belongs to is over"),
            Self::Within => f.write_str("this client belongs to a transaction, in which no other can begin: use savepoint()"),
            Self::RolledBack => f.write_str(
                "the transaction was rolled back instead of committed, because a statement in it had failed",
            ),
            Self::Foreign => f.write_str("the statement was prepared by another client, and exists only there"),
            Self::Lagged(lost) => write!(f, "{lost} messages were thrown away, because nobody took them"),
            Self::Copy => f.write_str("the statement is a COPY, which returns no rows: use copy_in() or copy_out()"),
            Self::NoCopy => f.write_str("the statement is not a COPY in this direction"),
            Self::Copies => f.write_str("the SQL has a second COPY, which there is no data for: give each to a copy_in() of its own"),
            Self::Copying => f.write_str(
                "a COPY to the server is not finished, and nothing else can be sent meanwhile: call finish() or abort() first",
            ),
            Self::Busy => f.write_str("the connection has requests that are not answered yet, and cannot be shared before they are"),
            Self::Cloned => f.write_str("the connection cannot be taken out while clones or transactions of the client are there"),
            Self::Interpolation(why) => write!(f, "the parameters cannot be written into the SQL: {why}"),
        }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Kind::Use(fault).into()
    }
}
