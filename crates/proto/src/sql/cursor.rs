//! Cursors in SQL: what DECLARE asks for, and where FETCH and MOVE go.

use alloc::borrow::Cow;

/// `DECLARE name CURSOR FOR query`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cursor<'a> {
    /// The name, which Bind and Execute share.
    pub name: Cow<'a, str>,
    /// `BINARY`: FETCH gives values in binary, also within a Query.
    pub binary: bool,
    /// `SCROLL` or `NO SCROLL`, if either was said.
    pub scroll: Option<bool>,
    /// `WITH HOLD`: the cursor outlives the commit of its transaction.
    pub hold: bool,
    /// The query.
    pub query: &'a str,
    /// The byte offset of the query within the text.
    pub offset: usize,
}

/// Which rows of a cursor FETCH returns, and MOVE skips. `None` is `ALL`.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub enum Direction {
    /// So many rows from here on: `NEXT`, `FORWARD`, `ALL`, or a count. None at all is the row that the cursor is at.
    Forward(Option<u64>),
    /// So many rows back from here, at least one: `PRIOR`, `BACKWARD`, or a negative count.
    Backward(Option<u64>),
    /// The row of that number, from 1, or from the end if negative: `FIRST`, `LAST`, `ABSOLUTE`.
    Absolute(i64),
    /// The row so many, and not 0, after this one, or before it if negative: `RELATIVE`.
    Relative(i64),
}

impl Direction {
    /// A count of rows ahead or, if negative, back.
    pub(super) const fn rows(count: i64) -> Self {
        if count < 0 {
            Self::Backward(Some(count.unsigned_abs()))
        } else {
            Self::Forward(Some(count.unsigned_abs()))
        }
    }
}
