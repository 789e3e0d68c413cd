//! COPY, both ways.

use trunkline_types::copy::Options;
use trunkline_types::{DecodeRow, EncodeRow, Type};

use super::Client;
use super::drain::Drain;
use crate::net::blocking::block_on;
use crate::{Result, client};

/// Data on its way into a table. It has the session to itself: whatever else is asked of the client meanwhile fails.
///
/// Dropped without [`finish`](Self::finish) the COPY is given up, and nothing of it stays.
#[derive(Debug)]
#[must_use = "dropped, the COPY is given up"]
pub struct CopyIn<'c> {
    copy: client::CopyIn<'c>,
    _drain: Drain<&'c Client>,
}

impl<'c> CopyIn<'c> {
    pub(super) const fn new(copy: client::CopyIn<'c>, client: &'c Client) -> Self {
        Self {
            copy,
            _drain: Drain {
                client,
                query: false,
            },
        }
    }

    /// Sends data, in the format that the statement names. Where it is cut means nothing.
    ///
    /// # Errors
    ///
    /// The server has given the COPY up, for the reason it says; the connection was lost.
    pub fn send(&mut self, data: &[u8]) -> Result<()> {
        block_on(self.copy.send(data))
    }

    /// Ends the data. How many rows were copied.
    ///
    /// # Errors
    ///
    /// The server refused the data, and has kept none of it; the connection was lost.
    pub fn finish(self) -> Result<u64> {
        block_on(self.copy.finish())
    }

    /// Gives the COPY up, and waits until the server has undone it.
    ///
    /// # Errors
    ///
    /// The connection was lost.
    pub fn abort(self) -> Result<()> {
        block_on(self.copy.abort())
    }

    /// Sends typed rows of these columns, in the format that `options` says, which must be the statement's.
    ///
    /// # Errors
    ///
    /// Options that do not go together.
    pub fn rows<N: Into<String>>(
        self,
        options: Options,
        columns: impl IntoIterator<Item = (N, Type)>,
    ) -> Result<CopyInRows<'c>> {
        let Self { copy, _drain } = self;
        let copy = copy.rows(options, columns)?;
        Ok(CopyInRows { copy, _drain })
    }
}

/// Rows on their way into a table.
///
/// Dropped without [`finish`](Self::finish) the COPY is given up, and nothing of it stays.
#[derive(Debug)]
#[must_use = "dropped, the COPY is given up"]
pub struct CopyInRows<'c> {
    copy: client::CopyInRows<'c>,
    _drain: Drain<&'c Client>,
}

impl CopyInRows<'_> {
    /// Sends a row: a tuple with a value for each column.
    ///
    /// # Errors
    ///
    /// The row does not go with the columns, and was not sent; the server has given the COPY up; the connection was lost.
    #[inline]
    pub fn row<R: EncodeRow>(&mut self, row: &R) -> Result<()> {
        block_on(self.copy.row(row))
    }

    /// Ends the rows. How many were copied.
    ///
    /// # Errors
    ///
    /// As [`CopyIn::finish`].
    pub fn finish(self) -> Result<u64> {
        block_on(self.copy.finish())
    }
}

/// Data on its way out of a table.
///
/// Dropped before the end, the rest is read and thrown away.
#[derive(Debug)]
#[must_use = "the server waits, and others behind it, until the data is taken"]
pub struct CopyOut<'c> {
    copy: client::CopyOut<'c>,
    _drain: Drain<&'c Client>,
}

impl<'c> CopyOut<'c> {
    pub(super) const fn new(copy: client::CopyOut<'c>, client: &'c Client) -> Self {
        Self {
            copy,
            _drain: Drain {
                client,
                query: true,
            },
        }
    }

    /// The next piece of data, as the server has cut it; `None` after the last one.
    ///
    /// # Errors
    ///
    /// The server failed in the middle; the connection was lost.
    #[allow(
        clippy::should_implement_trait,
        reason = "a piece borrows from the copy, which no iterator's items can"
    )]
    pub fn next(&mut self) -> Result<Option<&[u8]>> {
        block_on(self.copy.next())
    }

    /// How many rows were copied: known after the last piece.
    #[must_use]
    pub const fn copied(&self) -> Option<u64> {
        self.copy.copied()
    }

    /// Reads the data as typed rows of these columns, in the format that `options` says, which must be the statement's.
    ///
    /// # Errors
    ///
    /// Options that do not go together.
    pub fn rows<N: Into<String>>(
        self,
        options: Options,
        columns: impl IntoIterator<Item = (N, Type)>,
    ) -> Result<CopyOutRows<'c>> {
        let Self { copy, _drain } = self;
        let copy = copy.rows(options, columns)?;
        Ok(CopyOutRows { copy, _drain })
    }
}

/// Rows on their way out of a table.
///
/// Dropped before the end, the rest is read and thrown away.
#[derive(Debug)]
#[must_use = "the server waits, and others behind it, until the rows are taken"]
pub struct CopyOutRows<'c> {
    copy: client::CopyOutRows<'c>,
    _drain: Drain<&'c Client>,
}

impl CopyOutRows<'_> {
    /// The next row, as a tuple; `None` after the last one.
    ///
    /// # Errors
    ///
    /// The data is not what was expected; the server failed in the middle; the connection was lost.
    #[allow(
        clippy::should_implement_trait,
        reason = "what to read a row as is said by whoever asks for it"
    )]
    pub fn next<R: for<'r> DecodeRow<'r>>(&mut self) -> Result<Option<R>> {
        block_on(self.copy.next())
    }
}
