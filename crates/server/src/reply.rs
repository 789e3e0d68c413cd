//! What a running statement answers through.

mod push;
mod sending;
mod turns;

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use trunkline_proto::{Format, SqlState};

pub(crate) use push::describe;
#[cfg(test)]
pub(crate) use push::seal;
pub use sending::Sending;

use crate::column::{Column, Columns};
use crate::formats::Formats;
use crate::park::Slot;
use crate::row::Row;
use crate::shared::{Mail, Shared};
use crate::wire::Wire;
use crate::{Error, Result, SessionHandle, Tag};

/// The answer of one statement: rows are pushed into it.
///
/// ```
/// # use trunkline_server::{Reply, Result, Tag};
/// # async fn example(reply: &mut Reply) -> Result<Tag> {
/// for id in 0..1_000_000 {
///     reply.row((id, "a row")).await?;
/// }
/// Ok(Tag::select(1_000_000))
/// # }
/// ```
///
/// A row is encoded at once, in the format that the client asked for, straight into the connection's output; the future
/// that [`row`](Self::row) returns is where the statement waits: for a client that reads slowly, for the next Execute of
/// a portal whose row limit is reached, and where it learns that it was cancelled.
pub struct Reply {
    /// Away while the portal is suspended.
    wire: Option<Box<Wire>>,
    shared: Arc<Shared>,
    slot: Option<Arc<Slot>>,
    columns: Columns,
    formats: Formats,
    /// The check that rows of the type last seen have passed; telling types apart by it costs a comparison a row.
    checked: Option<Check>,
    /// RowDescription is due before the first row: simple queries.
    describe: bool,
    /// The rows that this Execute may send.
    limit: u64,
    /// Those of them that it may still send. Whenever it is 0, so is `checked` none: rows need not ask.
    left: u64,
    /// Why a row was not sent, until the statement is told.
    failed: Option<Error>,
}

type Check = fn(&[trunkline_types::Type]) -> Result<(), usize>;

/// No row limit.
pub(crate) const UNLIMITED: u64 = u64::MAX;

// Without what is on its way to the client.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("wire", &self.wire)
            .field("columns", &self.columns)
            .field("formats", &self.formats)
            .finish_non_exhaustive()
    }
}

impl Reply {
    /// The columns of the result.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        self.columns.as_slice()
    }

    /// The format that the client asked for column `index` of the result, from 0.
    #[must_use]
    pub fn format(&self, index: usize) -> Format {
        self.formats.of(index)
    }

    /// A handle to the session, for other tasks.
    #[must_use]
    pub fn handle(&self) -> SessionHandle {
        SessionHandle::new(Arc::clone(&self.shared))
    }

    /// Sends a row. It is encoded before the future is made, so its values need not outlive the call; awaiting lets it
    /// flow.
    ///
    /// # Errors
    ///
    /// 57014 if the statement was cancelled; the SQLSTATE of the type for a value out of its range; XX000 for a row that
    /// does not fit the columns. A row that fails is not sent, and what was sent before stays.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing: the row is in the output already, and leaves with what follows. Where the row
    /// limit of a portal is reached the next row must wait: before the future of the last one was ready it is refused
    /// (XX000). A failure that is not awaited fails the statement at its end.
    #[inline]
    pub fn row<R: Row>(&mut self, row: R) -> Sending<'_> {
        let outcome = self.push(&row);
        self.sending(outcome)
    }

    /// Sends all rows, and gives the tag `SELECT n`.
    ///
    /// # Errors
    ///
    /// As [`row`](Self::row).
    ///
    /// # Cancel safety
    ///
    /// As [`row`](Self::row): whole rows are sent or none.
    pub async fn rows<R: Row>(&mut self, rows: impl IntoIterator<Item = R>) -> Result<Tag> {
        let mut count = 0;
        for row in rows {
            self.row(row).await?;
            count += 1;
        }
        Ok(Tag::select(count))
    }

    /// Sends a NoticeResponse: severity NOTICE, or WARNING if the SQLSTATE is of class 01. It goes out at once, with the
    /// rows before it, unless the client is behind with its reading.
    ///
    /// # Errors
    ///
    /// XX000 if a text holds a NUL byte; 08006 if the client is found to be gone, or to have read nothing for
    /// [too long](crate::Server::send_timeout).
    pub fn notice(&mut self, notice: &Error) -> Result<()> {
        self.regain();
        let Some(wire) = self.wire.as_deref_mut() else {
            return Ok(());
        };
        wire.set_aside()?;
        notice
            .with_report(|report| wire.answer(|machine, output| machine.notice(report, output)))?;
        // What does not fit now leaves with the next row.
        let written = wire.poll_write(&mut Context::from_waker(Waker::noop()));
        if let Poll::Ready(Err(_)) = written {
            self.shared.interrupt();
            return Err(gone());
        }
        wire.ensure_buffer();
        wire.divert_from_here();
        Ok(())
    }

    /// Tells the client the new value of a setting that clients follow (ParameterStatus), just before the next
    /// ReadyForQuery.
    ///
    /// # Errors
    ///
    /// 53400 if more messages wait for the client than are kept.
    pub fn parameter_status(
        &mut self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Result<()> {
        let mail = Mail::ParameterStatus {
            name: name.into(),
            value: value.into(),
        };
        self.shared.post(mail).map_err(|_| {
            Error::new(
                SqlState::CONFIGURATION_LIMIT_EXCEEDED,
                "too many messages wait for the client",
            )
        })
    }
}

#[cold]
pub(crate) fn cancelled() -> Error {
    Error::new(
        SqlState::QUERY_CANCELED,
        "canceling statement due to user request",
    )
}

#[cold]
pub(crate) fn gone() -> Error {
    Error::new(SqlState::CONNECTION_FAILURE, "connection to client lost")
}
