//! Statements that steer the session rather than touch data.

mod cursor;
mod parser;

use alloc::borrow::Cow;

use super::{Cursor, Direction, List};
use parser::Parser;

/// A statement about transactions, prepared statements or cursors: those that the protocol's own state depends on.
///
/// Names are as PostgreSQL knows them: lower case unless quoted, and cut to 63 bytes.
///
/// ```
/// use trunkline_proto::sql::{Control, Modes, Isolation};
///
/// let begin = Control::parse("begin work isolation level serializable, read only").unwrap();
/// let modes = Modes { isolation: Some(Isolation::Serializable), read_only: Some(true), deferrable: None };
/// assert_eq!(begin, Control::Begin(modes));
/// assert_eq!(begin.tag(), "BEGIN");
///
/// assert_eq!(Control::parse("select 1"), None);
/// assert_eq!(Control::parse("commit nonsense"), None);
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Control<'a> {
    /// `BEGIN`.
    Begin(Modes),
    /// `START TRANSACTION`: the same under another tag.
    StartTransaction(Modes),
    /// `COMMIT`, `END`.
    Commit {
        /// `AND CHAIN`: a new transaction begins at once, with the same modes.
        chain: bool,
    },
    /// `ROLLBACK`, `ABORT`.
    Rollback {
        /// `AND CHAIN`: a new transaction begins at once, with the same modes.
        chain: bool,
    },
    /// `SAVEPOINT name`.
    Savepoint(Cow<'a, str>),
    /// `RELEASE name`.
    Release(Cow<'a, str>),
    /// `ROLLBACK TO name`.
    RollbackTo(Cow<'a, str>),
    /// `PREPARE TRANSACTION 'id'`.
    PrepareTransaction(Cow<'a, str>),
    /// `COMMIT PREPARED 'id'`.
    CommitPrepared(Cow<'a, str>),
    /// `ROLLBACK PREPARED 'id'`.
    RollbackPrepared(Cow<'a, str>),
    /// `PREPARE name (types) AS statement`.
    Prepare {
        /// The name, which Parse and Bind share.
        name: Cow<'a, str>,
        /// The types of the parameters, as written.
        types: List<'a>,
        /// The statement.
        statement: &'a str,
        /// The byte offset of the statement within the text.
        offset: usize,
    },
    /// `EXECUTE name (arguments)`.
    Execute {
        /// The name of the prepared statement.
        name: Cow<'a, str>,
        /// The arguments: expressions, as written.
        arguments: List<'a>,
    },
    /// `DEALLOCATE name`.
    Deallocate(Cow<'a, str>),
    /// `DEALLOCATE ALL`.
    DeallocateAll,
    /// `DECLARE name CURSOR FOR query`.
    Declare(Cursor<'a>),
    /// `FETCH direction FROM name`.
    Fetch {
        /// The name of the cursor.
        cursor: Cow<'a, str>,
        /// The rows.
        direction: Direction,
    },
    /// `MOVE direction FROM name`: FETCH without the rows.
    Move {
        /// The name of the cursor.
        cursor: Cow<'a, str>,
        /// The rows.
        direction: Direction,
    },
    /// `CLOSE name`.
    Close(Cow<'a, str>),
    /// `CLOSE ALL`.
    CloseAll,
    /// `DISCARD`.
    Discard(Discard),
}

/// The modes of a transaction, where the statement names them; of two that contradict each other, the last.
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq, Hash)]
pub struct Modes {
    /// `ISOLATION LEVEL`.
    pub isolation: Option<Isolation>,
    /// `READ ONLY` or `READ WRITE`.
    pub read_only: Option<bool>,
    /// `DEFERRABLE` or `NOT DEFERRABLE`.
    pub deferrable: Option<bool>,
}

/// An isolation level.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub enum Isolation {
    /// `READ UNCOMMITTED`.
    ReadUncommitted,
    /// `READ COMMITTED`.
    ReadCommitted,
    /// `REPEATABLE READ`.
    RepeatableRead,
    /// `SERIALIZABLE`.
    Serializable,
}

/// What `DISCARD` lets go of.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub enum Discard {
    /// The whole state of the session.
    All,
    /// Cached plans.
    Plans,
    /// The cached state of sequences.
    Sequences,
    /// Temporary tables.
    Temporary,
}

impl<'a> Control<'a> {
    /// Reads one statement, as [`split`](super::split) gives it; semicolons at its end do no harm.
    ///
    /// `None` for every other statement, and for one that begins like these and goes on otherwise: its own parser is to say what is
    /// wrong with it. So are names and ids in the forms `U&""`, `U&''` and `E''`.
    #[must_use]
    pub fn parse(sql: &'a str) -> Option<Self> {
        if begins_otherwise(sql) {
            return None;
        }
        Parser::new(sql).statement()
    }

    /// The tag of the statement's CommandComplete, if it does what it says. COMMIT in a failed transaction has the tag of ROLLBACK
    /// instead, and so has PREPARE TRANSACTION; EXECUTE has the tag of the statement that it executes; those of FETCH and MOVE are
    /// followed by the number of rows.
    #[must_use]
    pub const fn tag(&self) -> &'static str {
        match self {
            Self::Begin(_) => "BEGIN",
            Self::StartTransaction(_) => "START TRANSACTION",
            Self::Commit { .. } => "COMMIT",
            Self::Rollback { .. } | Self::RollbackTo(_) => "ROLLBACK",
            Self::Savepoint(_) => "SAVEPOINT",
            Self::Release(_) => "RELEASE",
            Self::PrepareTransaction(_) => "PREPARE TRANSACTION",
            Self::CommitPrepared(_) => "COMMIT PREPARED",
            Self::RollbackPrepared(_) => "ROLLBACK PREPARED",
            Self::Prepare { .. } => "PREPARE",
            Self::Execute { .. } => "EXECUTE",
            Self::Deallocate(_) => "DEALLOCATE",
            Self::DeallocateAll => "DEALLOCATE ALL",
            Self::Declare(_) => "DECLARE CURSOR",
            Self::Fetch { .. } => "FETCH",
            Self::Move { .. } => "MOVE",
            Self::Close(_) => "CLOSE CURSOR",
            Self::CloseAll => "CLOSE CURSOR ALL",
            Self::Discard(Discard::All) => "DISCARD ALL",
            Self::Discard(Discard::Plans) => "DISCARD PLANS",
            Self::Discard(Discard::Sequences) => "DISCARD SEQUENCES",
            Self::Discard(Discard::Temporary) => "DISCARD TEMP",
        }
    }
}

impl Isolation {
    /// The level's name in SQL, in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReadUncommitted => "read uncommitted",
            Self::ReadCommitted => "read committed",
            Self::RepeatableRead => "repeatable read",
            Self::Serializable => "serializable",
        }
    }
}

/// Whether the first two letters are of none of these statements, as they are of most others (SELECT, INSERT, UPDATE, WITH). Blanks and
/// comments say nothing.
fn begins_otherwise(sql: &str) -> bool {
    let Some([first, second]) = sql.as_bytes().first_chunk() else {
        return true;
    };
    if !first.is_ascii_alphabetic() {
        return false;
    }
    !matches!(
        &[first.to_ascii_lowercase(), second.to_ascii_lowercase()],
        b"be"
            | b"st"
            | b"sa"
            | b"co"
            | b"cl"
            | b"en"
            | b"ex"
            | b"ab"
            | b"ro"
            | b"re"
            | b"pr"
            | b"de"
            | b"di"
            | b"fe"
            | b"mo"
    )
}
