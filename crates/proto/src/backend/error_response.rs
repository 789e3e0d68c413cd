//! ErrorResponse and NoticeResponse: the same fields, once as the end of a command and once as an aside.

use alloc::vec::Vec;

use super::Fields;
use crate::{Decode, DecodeError, Encode, EncodeError, frame};

/// `E`: a command failed, or the connection ends (PostgreSQL docs 54.8).
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct ErrorResponse<'a> {
    /// What is said about it.
    pub fields: Fields<'a>,
}

/// `N`: a warning or a remark; it never ends a command (PostgreSQL docs 54.8).
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct NoticeResponse<'a> {
    /// What is said.
    pub fields: Fields<'a>,
}

impl ErrorResponse<'_> {
    /// The type byte.
    pub const TAG: u8 = b'E';
}

impl NoticeResponse<'_> {
    /// The type byte.
    pub const TAG: u8 = b'N';
}

impl<'a> Decode<'a> for ErrorResponse<'a> {
    fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        Fields::read(body).map(|fields| Self { fields })
    }
}

impl<'a> Decode<'a> for NoticeResponse<'a> {
    fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        Fields::read(body).map(|fields| Self { fields })
    }
}

impl Encode for ErrorResponse<'_> {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame::write(out, Self::TAG, |out| self.fields.write(out))
    }
}

impl Encode for NoticeResponse<'_> {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame::write(out, Self::TAG, |out| self.fields.write(out))
    }
}
