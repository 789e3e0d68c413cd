//! CopyFail: a client gives up a COPY.

use alloc::vec::Vec;

use crate::codec::{Reader, put};
use crate::{Decode, DecodeError, Encode, EncodeError, frame};

/// `f`: fails the COPY that the client was sending data for (PostgreSQL docs 54.2.6).
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct CopyFail<'a> {
    /// Why; the server puts it into its error message.
    pub reason: &'a [u8],
}

impl CopyFail<'_> {
    /// The type byte.
    pub const TAG: u8 = b'f';
}

impl<'a> Decode<'a> for CopyFail<'a> {
    fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut body = Reader::new(body);
        let reason = body.text()?;
        body.finish()?;
        Ok(Self { reason })
    }
}

impl Encode for CopyFail<'_> {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame::write(out, Self::TAG, |out| put::cstr(out, self.reason))
    }
}
