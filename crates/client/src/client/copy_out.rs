//! COPY from the server to us.

use std::fmt;
use std::marker::PhantomData;

use trunkline_types::copy::{Decoder, Options};
use trunkline_types::{DecodeRow, Type};

use super::answer::Answer;
use super::rows::rows_of;
use super::slots::Keep;
use super::{Client, Fault};
use crate::Result;

/// Data on its way out of a table, taken while the server still sends it. A reader who is slow slows the server down, and so whoever
/// waits behind.
///
/// Dropped before the end, the rest is read and thrown away.
#[must_use = "the server waits, and others behind it, until the data is taken"]
pub struct CopyOut<'c> {
    answer: Answer,
    copied: Option<u64>,
    client: PhantomData<&'c Client>,
}

impl Client {
    /// Runs a `COPY … TO STDOUT`.
    ///
    /// # Errors
    ///
    /// The server refused it; it is no such statement; the connection was lost.
    ///
    /// # Cancel safety
    ///
    /// Dropped, the data is thrown away.
    pub async fn copy_out(&self, sql: &str) -> Result<CopyOut<'_>> {
        let mut answer = self.simple(sql, Keep::Stream).await?;
        loop {
            match answer.next().await? {
                Some(frame) if frame.tag == b'H' => break,
                Some(frame) if matches!(frame.tag, b'T' | b'G' | b'C' | b'I') => {
                    return Err(Fault::NoCopy.into());
                }
                Some(_) => {}
                None => return Err(Fault::NoCopy.into()),
            }
        }
        Ok(CopyOut {
            answer,
            copied: None,
            client: PhantomData,
        })
    }
}

impl<'c> CopyOut<'c> {
    /// The next piece of the data; `None` at its end. PostgreSQL sends a row as a piece, which is nothing to rely on.
    ///
    /// # Errors
    ///
    /// The server failed in the middle; the connection was lost.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    #[inline]
    pub async fn next(&mut self) -> Result<Option<&[u8]>> {
        while !self.advance() {
            if self.answer.is_over() {
                return Ok(None);
            }
            self.answer.fill().await?;
        }
        Ok(self.answer.last().map(|frame| frame.body))
    }

    /// How many rows were copied: known after the last piece.
    #[must_use]
    pub const fn copied(&self) -> Option<u64> {
        self.copied
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
        Ok(CopyOutRows {
            copy: self,
            decoder: Decoder::new(options, columns)?,
            used: 0,
        })
    }

    /// The piece that [`next`](Self::next) gave last.
    fn at_hand(&self) -> Option<&[u8]> {
        let frame = self.answer.last()?;
        (frame.tag == b'd').then_some(frame.body)
    }

    /// Goes on to the next piece at hand. `false`: there is none.
    #[inline]
    fn advance(&mut self) -> bool {
        while let Some(frame) = self.answer.next_at_hand() {
            match frame.tag {
                b'd' => return true,
                b'C' => self.copied = rows_of(frame),
                _ => {}
            }
        }
        false
    }
}

/// Rows on their way out of a table.
#[must_use = "the server waits, and others behind it, until the rows are taken"]
pub struct CopyOutRows<'c> {
    copy: CopyOut<'c>,
    decoder: Decoder,
    /// How much of the piece at hand is read.
    used: usize,
}

impl CopyOutRows<'_> {
    /// The next row, as a tuple; `None` after the last one.
    ///
    /// # Errors
    ///
    /// The data is not what was expected; the server failed in the middle; the connection was lost.
    ///
    /// # Cancel safety
    ///
    /// No row is lost.
    pub async fn next<R: for<'r> DecodeRow<'r>>(&mut self) -> Result<Option<R>> {
        loop {
            if let Some(piece) = self.copy.at_hand() {
                let mut rest = piece.get(self.used..).unwrap_or_default();
                let row = self.decoder.decode(&mut rest);
                self.used = piece.len() - rest.len();
                if let Some(row) = row? {
                    return Ok(Some(row));
                }
            }
            self.used = 0;
            if self.copy.next().await?.is_none() {
                return Ok(self.decoder.finish()?);
            }
        }
    }
}

impl fmt::Debug for CopyOut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CopyOut")
            .field("copied", &self.copied)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for CopyOutRows<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CopyOutRows")
            .field("copied", &self.copy.copied)
            .finish_non_exhaustive()
    }
}
