//! The answers that begin, carry and end a COPY.

use alloc::vec::Vec;

use super::phase::{Kind, Phase};
use super::{Connection, Misuse};
use crate::{Encode, backend, frontend};

impl Connection {
    /// CopyInResponse: the frontend is asked for data.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] unless a command is to be answered.
    pub fn copy_in(
        &mut self,
        response: &backend::CopyInResponse<'_>,
        output: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        self.emit(Kind::CopyInResponse, response, output)
    }

    /// CopyOutResponse: data follows.
    ///
    /// # Errors
    ///
    /// As [`copy_in`](Self::copy_in).
    pub fn copy_out(
        &mut self,
        response: &backend::CopyOutResponse<'_>,
        output: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        self.emit(Kind::CopyOutResponse, response, output)
    }

    /// CopyBothResponse: data flows in both directions, as in streaming replication.
    ///
    /// # Errors
    ///
    /// As [`copy_in`](Self::copy_in).
    pub fn copy_both(
        &mut self,
        response: &backend::CopyBothResponse<'_>,
        output: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        self.emit(Kind::CopyBothResponse, response, output)
    }

    /// Whether CopyData may be sent now; like [`allows_rows`](Self::allows_rows).
    #[must_use]
    pub fn allows_copy_data(&self) -> bool {
        matches!(self.position.phase, Phase::CopyOut | Phase::CopyBoth)
    }

    /// CopyData: a piece of the data.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] outside COPY TO STDOUT; [`Misuse::Encode`] for a piece over the limit of a message.
    pub fn copy_data(&mut self, data: &[u8], output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.emit(Kind::CopyData, &frontend::CopyData { data }, output)
    }

    /// CopyDone: the data is complete; the tag follows.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] outside COPY TO STDOUT.
    pub fn copy_done(&mut self, output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.step(Kind::CopyDone)?;
        frontend::CopyDone.encode(output)?;
        Ok(())
    }
}
