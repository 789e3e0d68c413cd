//! The rows of a result, one after the other.

use super::Client;
use super::drain::Drain;
use crate::net::blocking::block_on;
use crate::{Columns, FromRow, FromRowOwned, Result, client};

/// Rows, taken while the server still sends them.
///
/// Dropped before the end, the rest is read and thrown away.
#[derive(Debug)]
#[must_use = "the server waits, and others behind it, until the rows are taken"]
pub struct Rows<'c> {
    rows: client::Rows,
    _drain: Drain<&'c Client>,
}

impl<'c> Rows<'c> {
    pub(super) const fn new(rows: client::Rows, client: &'c Client) -> Self {
        Self {
            rows,
            _drain: Drain {
                client,
                query: true,
            },
        }
    }

    /// The next row, as a tuple, a struct that derives [`FromRow`], a [`Row`](crate::Row), or an [`OwnedRow`](crate::OwnedRow); `None`
    /// after the last one.
    ///
    /// # Errors
    ///
    /// The statement failed, also after some rows; the connection was lost; or the row cannot be read as `T`, after which the next
    /// one can be asked for.
    #[inline]
    #[allow(
        clippy::should_implement_trait,
        reason = "a row may borrow from the rows, which no iterator's items can"
    )]
    pub fn next<'r, T: FromRow<'r>>(&'r mut self) -> Result<Option<T>> {
        if self.rows.advance()? || block_on(self.rows.go_on())? {
            self.rows.row().map(Some)
        } else {
            Ok(None)
        }
    }

    /// All rows that are left.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub fn all<T: FromRowOwned>(self) -> Result<Vec<T>> {
        block_on(self.rows.all())
    }

    /// What the rows are made of.
    #[must_use]
    pub const fn columns(&self) -> &Columns {
        self.rows.columns()
    }

    /// How many rows the statement has touched or returned: known after the last row, and only of statements that count.
    #[must_use]
    pub const fn affected(&self) -> Option<u64> {
        self.rows.affected()
    }

    /// Whether a portal may have more rows than were asked for: known after the last row.
    #[must_use]
    pub const fn has_more(&self) -> bool {
        self.rows.has_more()
    }
}
