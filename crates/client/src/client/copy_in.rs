//! COPY from us to the server.

use std::fmt;
use std::marker::PhantomData;

use trunkline_types::copy::{Encoder, Options};
use trunkline_types::{EncodeRow, Type};

use super::answer::Answer;
use super::rows::Rows;
use super::turn::Ticket;
use super::{Client, Fault};
use crate::error::Kind;
use crate::{Error, Result};

/// How much is sent as one message: pieces mean nothing, and a message has its limit.
const PIECE: usize = 1024 * 1024;
/// How many bytes of rows are collected before they are sent.
const BATCH: usize = 64 * 1024;

/// Data on its way into a table. It has the session to itself; clones of the client wait until it is over.
///
/// Dropped without [`finish`](Self::finish) the COPY is given up, and nothing of it stays.
#[must_use = "dropped, the COPY is given up"]
pub struct CopyIn<'c> {
    answer: Answer,
    ticket: Ticket,
    client: PhantomData<&'c Client>,
}

impl Client {
    /// Runs a `COPY … FROM STDIN`, whose data is then sent with what this gives.
    ///
    /// # Errors
    ///
    /// The server refused it; it is no such statement; the connection was lost.
    ///
    /// # Cancel safety
    ///
    /// Dropped, the COPY is given up.
    pub async fn copy_in(&self, sql: &str) -> Result<CopyIn<'_>> {
        let (slot, ticket) = self
            .shared
            .in_turn(self.ticket, |session| {
                let ticket = session.turn.give();
                let sent = session.send_query(sql, Some(ticket));
                if sent.is_err() {
                    session.give_up(ticket);
                }
                Ok((sent?, ticket))
            })
            .await?;
        let mut copy = CopyIn {
            answer: Answer::new(self.shared.clone(), slot),
            ticket,
            client: PhantomData,
        };
        loop {
            match copy.answer.next().await? {
                Some(frame) if frame.tag == b'G' => return Ok(copy),
                Some(frame) if matches!(frame.tag, b'T' | b'H' | b'C' | b'I') => {
                    return Err(Fault::NoCopy.into());
                }
                Some(_) => {}
                None => return Err(Fault::NoCopy.into()),
            }
        }
    }
}

impl<'c> CopyIn<'c> {
    /// Sends data, in the format that the statement names. Where it is cut means nothing.
    ///
    /// It waits while a megabyte is on its way already.
    ///
    /// # Errors
    ///
    /// The server has given the COPY up, for the reason it says; the connection was lost.
    ///
    /// # Cancel safety
    ///
    /// Dropped, a first part of the data may have been sent: up to a megabyte is sent or not as a whole.
    pub async fn send(&mut self, data: &[u8]) -> Result<()> {
        self.send_from(data, &mut 0).await
    }

    /// Sends data from `sent` on, which is moved in the very poll that has a piece sent.
    ///
    /// # Cancel safety
    ///
    /// Call it again with the same data: what was sent is not sent again.
    async fn send_from(&mut self, data: &[u8], sent: &mut usize) -> Result<()> {
        while let Some(rest) = data.get(*sent..).filter(|rest| !rest.is_empty()) {
            let piece = rest.get(..PIECE).unwrap_or(rest);
            let shared = self.answer.shared();
            let send = shared.in_turn(Some(self.ticket), |session| {
                session.copy_data(piece)?;
                *sent += piece.len();
                Ok(())
            });
            if let Err(error) = send.await {
                return Err(self.reason(error).await);
            }
        }
        let shared = self.answer.shared();
        shared.with(|session| shared.write(session));
        Ok(())
    }

    /// Ends the data. How many rows were copied.
    ///
    /// # Errors
    ///
    /// The server refused the data, and has kept none of it; the SQL has another COPY behind this one, which there is no data for; the
    /// connection was lost.
    ///
    /// # Cancel safety
    ///
    /// Dropped after it was polled, the data may or may not be copied.
    pub async fn finish(mut self) -> Result<u64> {
        let (shared, slot) = (self.answer.shared(), self.answer.slot());
        let sent = shared.in_turn(Some(self.ticket), |session| Ok(session.copy_done(slot)?));
        if let Err(error) = sent.await {
            return Err(self.reason(error).await);
        }
        match Rows::of_whole(self.answer, None)
            .await
            .and_then(Rows::count)
        {
            Err(error) if matches!(error.kind(), Kind::Use(Fault::Copy)) => {
                Err(Fault::Copies.into())
            }
            count => count,
        }
    }

    /// Gives the COPY up, and waits until the server has undone it.
    ///
    /// # Errors
    ///
    /// The connection was lost.
    ///
    /// # Cancel safety
    ///
    /// Dropped, the COPY is given up all the same.
    pub async fn abort(mut self) -> Result<()> {
        let shared = self.answer.shared();
        shared.with(|session| session.give_copy_up(self.answer.slot()))?;
        match self.answer.finish().await {
            // 57014, which says just that; or what the server had against the data before.
            Err(error) if !error.is_closed() => Ok(()),
            result => result,
        }
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
        Ok(CopyInRows {
            encoder: Encoder::new(options, columns)?,
            batch: Vec::new(),
            sent: 0,
            copy: self,
        })
    }

    /// What the server has against the data, which is why it takes no more.
    async fn reason(&mut self, error: Error) -> Error {
        match self.answer.finish().await {
            Err(reason) => reason,
            Ok(()) => error,
        }
    }
}

/// Rows on their way into a table.
///
/// Dropped without [`finish`](Self::finish) the COPY is given up, and nothing of it stays.
#[must_use = "dropped, the COPY is given up"]
pub struct CopyInRows<'c> {
    copy: CopyIn<'c>,
    encoder: Encoder,
    /// Rows to be sent; the first `sent` bytes of them are.
    batch: Vec<u8>,
    sent: usize,
}

impl CopyInRows<'_> {
    /// Sends a row: a tuple with a value for each column.
    ///
    /// # Errors
    ///
    /// The row does not go with the columns, and was not sent; the server has given the COPY up; the connection was lost.
    ///
    /// # Cancel safety
    ///
    /// Dropped after it was polled, the row is kept, and sent with those after it or by [`finish`](Self::finish): do not give it again.
    #[inline]
    pub async fn row<R: EncodeRow>(&mut self, row: &R) -> Result<()> {
        self.encoder.row(row, &mut self.batch)?;
        if self.batch.len() >= BATCH {
            self.flush().await?;
        }
        Ok(())
    }

    /// Ends the rows. How many were copied.
    ///
    /// # Errors
    ///
    /// As [`CopyIn::finish`].
    ///
    /// # Cancel safety
    ///
    /// As [`CopyIn::finish`].
    pub async fn finish(mut self) -> Result<u64> {
        self.encoder.finish(&mut self.batch)?;
        self.copy.send_from(&self.batch, &mut self.sent).await?;
        self.copy.finish().await
    }

    async fn flush(&mut self) -> Result<()> {
        // It stays here until it is sent, so that a caller who does not wait loses none of it.
        let sent = self.copy.send_from(&self.batch, &mut self.sent).await;
        self.batch.clear();
        self.sent = 0;
        sent
    }
}

impl fmt::Debug for CopyIn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CopyIn").finish_non_exhaustive()
    }
}

impl fmt::Debug for CopyInRows<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CopyInRows").finish_non_exhaustive()
    }
}
