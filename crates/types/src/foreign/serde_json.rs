//! `serde_json::Value` is `json` and `jsonb`.

use alloc::vec::Vec;
use core::fmt::{self, Write as _};

use ::serde_json::Value;

use crate::{Decode, DecodeError, Encode, EncodeError, Fault, Json, Type};

impl Encode for Value {
    fn accepts(ty: Type) -> bool {
        <Json<&str> as Encode>::accepts(ty)
    }

    fn encode_text(&self, ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        write!(Append(out), "{self}").map_err(|_| EncodeError::Mismatch(ty))
    }

    fn encode_binary(&self, ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        // The version that an empty document has, too.
        "".encode_binary(ty, out)?;
        self.encode_text(ty, out)
    }
}

/// Appends what is formatted; this never fails.
struct Append<'a>(&'a mut Vec<u8>);

impl fmt::Write for Append<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

impl Decode<'_> for Value {
    fn accepts(ty: Type) -> bool {
        <Json<&str> as Decode<'_>>::accepts(ty)
    }

    fn from_text(ty: Type, raw: &[u8]) -> Result<Self, DecodeError> {
        parse(ty, <&str>::from_text(ty, raw)?)
    }

    fn from_binary(ty: Type, raw: &[u8]) -> Result<Self, DecodeError> {
        parse(ty, <&str>::from_binary(ty, raw)?)
    }
}

fn parse(ty: Type, text: &str) -> Result<Value, DecodeError> {
    ::serde_json::from_str(text).map_err(|_| DecodeError::text(ty, Fault::Syntax, text.as_bytes()))
}
