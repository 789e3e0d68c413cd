//! CopyDone: the end of a COPY stream, in either direction.

use alloc::vec::Vec;

use crate::{Decode, DecodeError, Encode, EncodeError};

/// `c`: all of a COPY stream was sent (PostgreSQL docs 54.2.6).
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct CopyDone;

impl CopyDone {
    /// The type byte.
    pub const TAG: u8 = b'c';
    /// The whole frame.
    pub const FRAME: [u8; 5] = [b'c', 0, 0, 0, 4];
}

impl Decode<'_> for CopyDone {
    #[inline]
    fn decode(_body: &[u8]) -> Result<Self, DecodeError> {
        // The one message whose body PostgreSQL does not look at: clients exist that send some.
        Ok(Self)
    }
}

impl Encode for CopyDone {
    #[inline]
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.extend_from_slice(&Self::FRAME);
        Ok(())
    }
}
