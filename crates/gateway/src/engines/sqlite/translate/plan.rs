//! What a statement turned into.

use trunkline_proto::copy::Options;
use trunkline_server::{SqlState, Type};

/// How to carry out a statement.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Plan {
    /// One SQLite statement.
    Query(Query),
    /// Several in a row, all or none.
    Batch {
        statements: Vec<String>,
        tag: TagKind,
        /// To tell the client.
        notices: Vec<Notice>,
    },
    /// For the session, not for SQLite.
    Command(Command),
    /// `COPY … FROM STDIN`: `insert` once a row.
    CopyIn {
        table: String,
        insert: Query,
        types: Vec<Type>,
        names: Vec<String>,
        options: Options,
    },
    /// `COPY … TO STDOUT`.
    CopyOut { query: Query, options: Options },
    /// Accepted without effect; its command tag.
    Nothing(&'static str),
}

/// Something to tell beside the result.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Notice {
    pub(crate) sqlstate: SqlState,
    pub(crate) message: String,
    pub(crate) detail: Option<String>,
}

impl Notice {
    pub(crate) fn new(sqlstate: SqlState, message: String) -> Self {
        Self {
            sqlstate,
            message,
            detail: None,
        }
    }
}

impl Plan {
    /// The query whose rows are the result.
    pub(crate) fn query(&self) -> Option<&Query> {
        match self {
            Self::Query(query) | Self::CopyOut { query, .. } => Some(query),
            _ => None,
        }
    }
}

/// One SQLite statement with its shape.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Query {
    pub(crate) sql: String,
    pub(crate) params: Vec<Type>,
    /// `None`: it returns no rows.
    pub(crate) columns: Option<Vec<Output>>,
    pub(crate) tag: TagKind,
    /// It must own the write lock though it only reads (FOR UPDATE).
    pub(crate) locks: bool,
    /// The table that it writes to.
    pub(crate) target: Option<String>,
    /// Of SQLite's columns, only this one is the result (the text of EXPLAIN QUERY PLAN).
    pub(crate) pick: Option<usize>,
    /// To find the key that a failed INSERT duplicated, or the row that breaks a constraint.
    pub(crate) probe: Option<Probe>,
}

/// A column of the result.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Output {
    pub(crate) name: String,
    /// `UNSPECIFIED`: the first row tells.
    pub(crate) ty: Type,
    pub(crate) modifier: i32,
    pub(crate) origin: Option<(u32, i16)>,
}

/// The rows that an INSERT or UPDATE was to store.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Probe {
    pub(crate) table: String,
    pub(crate) columns: Vec<String>,
    /// A query for the rows, with the same parameters.
    pub(crate) rows: String,
}

/// How the command tag is made.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum TagKind {
    #[default]
    Select,
    Insert,
    Update,
    Delete,
    Fixed(&'static str),
}

/// What the session does itself.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Command {
    /// `SET name = value`; `None` is DEFAULT.
    Set {
        name: String,
        value: Option<String>,
        scope: SetScope,
    },
    /// `SET TRANSACTION` or `SET SESSION CHARACTERISTICS`.
    Characteristics {
        isolation: Option<String>,
        read_only: Option<bool>,
        session: bool,
    },
    Show(String),
    ShowAll,
    Reset(String),
    ResetAll,
    DiscardAll,
}

/// How long a SET lasts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SetScope {
    Session,
    /// Until the end of the transaction.
    Local,
}
