//! CopyData: a piece of a COPY stream, in either direction.

use alloc::vec::Vec;

use crate::codec::put;
use crate::{Decode, DecodeError, Encode, EncodeError, frame};

/// `d`: some bytes of a COPY stream. Where one ends means nothing when a client sends it; a server sends a row
/// each (PostgreSQL docs 54.2.6).
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct CopyData<'a> {
    /// The bytes.
    pub data: &'a [u8],
}

impl CopyData<'_> {
    /// The type byte.
    pub const TAG: u8 = b'd';
}

impl<'a> Decode<'a> for CopyData<'a> {
    #[inline]
    fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        Ok(Self { data: body })
    }
}

impl Encode for CopyData<'_> {
    #[inline]
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame::write(out, Self::TAG, |out| put::bytes(out, self.data))
    }
}
