//! FunctionCallResponse: what a called function returned.

use alloc::vec::Vec;

use crate::codec::{Reader, put};
use crate::{Decode, DecodeError, Encode, EncodeError, frame};

/// `V`: the result of a FunctionCall (PostgreSQL docs 54.2.5).
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct FunctionCallResponse<'a> {
    /// The value, in the format asked for; `None` is NULL.
    pub value: Option<&'a [u8]>,
}

impl FunctionCallResponse<'_> {
    /// The type byte.
    pub const TAG: u8 = b'V';
}

impl<'a> Decode<'a> for FunctionCallResponse<'a> {
    fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut body = Reader::new(body);
        let value = body.value()?;
        body.finish()?;
        Ok(Self { value })
    }
}

impl Encode for FunctionCallResponse<'_> {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame::write(out, Self::TAG, |out| put::value(out, self.value))
    }
}
