//! ParameterStatus: a setting that clients like to know.

use alloc::vec::Vec;

use crate::codec::{Reader, put};
use crate::{Decode, DecodeError, Encode, EncodeError, frame};

/// `S`: a setting at the start, or as it has just become (PostgreSQL docs 54.2.7).
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct ParameterStatus<'a> {
    /// The setting, such as `client_encoding`.
    pub name: &'a [u8],
    /// Its value.
    pub value: &'a [u8],
}

impl ParameterStatus<'_> {
    /// The type byte.
    pub const TAG: u8 = b'S';
}

impl<'a> Decode<'a> for ParameterStatus<'a> {
    fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut body = Reader::new(body);
        let name = body.cstr()?;
        let value = body.cstr()?;
        body.finish()?;
        Ok(Self { name, value })
    }
}

impl Encode for ParameterStatus<'_> {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame::write(out, Self::TAG, |out| {
            put::cstr(out, self.name)?;
            put::cstr(out, self.value)
        })
    }
}
