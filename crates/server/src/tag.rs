//! Command tags: what CommandComplete says was done.

use std::borrow::Cow;

/// The tag of a completed command, such as `SELECT 5` or `CREATE TABLE`. Drivers parse it, so its spelling matters: see
/// the description of CommandComplete in the PostgreSQL manual, chapter "Message Formats".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    pub(crate) verb: Cow<'static, str>,
    pub(crate) rows: Option<u64>,
}

impl Tag {
    /// A tag without a row count: `CREATE TABLE`, `SET`, …
    pub fn new(verb: impl Into<Cow<'static, str>>) -> Self {
        Self {
            verb: verb.into(),
            rows: None,
        }
    }

    /// A tag with a row count: a verb such as `MERGE`, `COPY`, `FETCH`, then the count.
    pub fn counted(verb: impl Into<Cow<'static, str>>, rows: u64) -> Self {
        Self {
            verb: verb.into(),
            rows: Some(rows),
        }
    }

    /// `SELECT n`: n rows were sent.
    #[must_use]
    pub const fn select(rows: u64) -> Self {
        Self::fixed("SELECT", rows)
    }

    /// `INSERT 0 n`: n rows were inserted. (The 0 was an OID once.)
    #[must_use]
    pub const fn insert(rows: u64) -> Self {
        Self::fixed("INSERT 0", rows)
    }

    /// `UPDATE n`: n rows were updated.
    #[must_use]
    pub const fn update(rows: u64) -> Self {
        Self::fixed("UPDATE", rows)
    }

    /// `DELETE n`: n rows were deleted.
    #[must_use]
    pub const fn delete(rows: u64) -> Self {
        Self::fixed("DELETE", rows)
    }

    /// `COPY n`: n rows were copied.
    #[must_use]
    pub const fn copy(rows: u64) -> Self {
        Self::fixed("COPY", rows)
    }

    const fn fixed(verb: &'static str, rows: u64) -> Self {
        Self {
            verb: Cow::Borrowed(verb),
            rows: Some(rows),
        }
    }
}
