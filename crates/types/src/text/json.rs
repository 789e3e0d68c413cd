//! `json` and `jsonb` as text (PostgreSQL docs 8.14).

use alloc::vec::Vec;
use core::fmt;

use crate::{Decode, DecodeError, Encode, EncodeError, Type};

/// A JSON document, held as its text: `Json<&str>`, `Json<String>`.
///
/// The text is passed on as it is and not looked into. A `jsonb` differs from a `json` on the wire only by a byte of
/// version in binary, which is put and taken off here.
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq, Hash)]
pub struct Json<T>(pub T);

impl<T: AsRef<str>> Json<T> {
    /// The document.
    pub fn as_str(&self) -> &str {
        self.0.as_ref()
    }
}

impl<T: AsRef<str>> fmt::Display for Json<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<T: AsRef<str>> Encode for Json<T> {
    fn accepts(ty: Type) -> bool {
        is_json(ty)
    }

    #[inline]
    fn encode_text(&self, ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.as_str().encode_text(ty, out)
    }

    #[inline]
    fn encode_binary(&self, ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.as_str().encode_binary(ty, out)
    }

    #[inline]
    fn field_text(&self, ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.as_str().field_text(ty, out)
    }

    #[inline]
    fn field_binary(&self, ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.as_str().field_binary(ty, out)
    }
}

impl<'a, T: Decode<'a> + AsRef<str>> Decode<'a> for Json<T> {
    fn accepts(ty: Type) -> bool {
        is_json(ty)
    }

    fn from_text(ty: Type, raw: &'a [u8]) -> Result<Self, DecodeError> {
        T::from_text(ty, raw).map(Self)
    }

    fn from_binary(ty: Type, raw: &'a [u8]) -> Result<Self, DecodeError> {
        T::from_binary(ty, raw).map(Self)
    }
}

fn is_json(ty: Type) -> bool {
    matches!(ty, Type::JSON | Type::JSONB)
}
