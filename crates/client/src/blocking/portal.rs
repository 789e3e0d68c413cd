//! A result that is taken some rows at a time.

use std::num::NonZeroU32;

use super::{Client, Rows};
use crate::net::blocking::block_on;
use crate::{Columns, Result, client};

/// A statement that stands still between two calls of [`fetch`](Self::fetch), in the transaction that it belongs to. Several may be open.
///
/// Dropped, the server is told to forget it with the next request.
#[derive(Debug)]
#[must_use = "nothing is run before `fetch`; dropped, it is closed"]
pub struct Portal<'t> {
    portal: client::Portal<'t>,
    client: &'t Client,
}

impl<'t> Portal<'t> {
    pub(super) const fn new(portal: client::Portal<'t>, client: &'t Client) -> Self {
        Self { portal, client }
    }

    /// The next rows, as many as `rows` at most.
    ///
    /// # Errors
    ///
    /// The statement failed; the connection was lost.
    pub fn fetch(&self, rows: NonZeroU32) -> Result<Rows<'_>> {
        let rows = block_on(self.portal.fetch(rows))?;
        Ok(Rows::new(rows, self.client))
    }

    /// What the rows are made of.
    #[must_use]
    pub const fn columns(&self) -> &Columns {
        self.portal.columns()
    }
}
