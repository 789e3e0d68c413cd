//! `bytea` (PostgreSQL docs 8.4): read in the hex and the escape format, written in hex.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::error::Fault;
use crate::{Decode, DecodeError, Encode, EncodeError, Type, wire};

const HEX: &[u8; 16] = b"0123456789abcdef";

macro_rules! encode {
    ($($rust:ty),*) => {$(
        impl Encode for $rust {
            fn accepts(ty: Type) -> bool {
                ty == Type::BYTEA
            }

            fn encode_text(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                append_hex(self, out);
                Ok(())
            }

            #[inline]
            fn encode_binary(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                out.extend_from_slice(self);
                Ok(())
            }

            #[inline]
            fn field_binary(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                wire::field_of(self, out)
            }
        }
    )*};
}

encode!(&[u8], Vec<u8>, Box<[u8]>, Cow<'_, [u8]>);

impl<const N: usize> Encode for [u8; N] {
    fn accepts(ty: Type) -> bool {
        ty == Type::BYTEA
    }

    fn encode_text(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        append_hex(self, out);
        Ok(())
    }

    fn encode_binary(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.extend_from_slice(self);
        Ok(())
    }
}

/// Borrowed bytes are to be had in binary only.
impl<'a> Decode<'a> for &'a [u8] {
    fn accepts(ty: Type) -> bool {
        ty == Type::BYTEA
    }

    fn from_text(ty: Type, _: &'a [u8]) -> Result<Self, DecodeError> {
        Err(DecodeError::new(ty, Fault::NotBorrowable))
    }

    #[inline]
    fn from_binary(_: Type, raw: &'a [u8]) -> Result<Self, DecodeError> {
        Ok(raw)
    }
}

impl Decode<'_> for Vec<u8> {
    fn accepts(ty: Type) -> bool {
        ty == Type::BYTEA
    }

    fn from_text(ty: Type, raw: &[u8]) -> Result<Self, DecodeError> {
        let bytes = match raw {
            [b'\\', b'x', digits @ ..] => from_hex(digits),
            _ => from_escape(raw).ok_or(Fault::Syntax),
        };
        bytes.map_err(|fault| DecodeError::text(ty, fault, raw))
    }

    fn from_binary(_: Type, raw: &[u8]) -> Result<Self, DecodeError> {
        Ok(raw.to_vec())
    }
}

impl Decode<'_> for Box<[u8]> {
    fn accepts(ty: Type) -> bool {
        ty == Type::BYTEA
    }

    fn from_text(ty: Type, raw: &[u8]) -> Result<Self, DecodeError> {
        Vec::from_text(ty, raw).map(Vec::into_boxed_slice)
    }

    fn from_binary(_: Type, raw: &[u8]) -> Result<Self, DecodeError> {
        Ok(raw.into())
    }
}

/// Borrows in binary and owns in text.
impl<'a> Decode<'a> for Cow<'a, [u8]> {
    fn accepts(ty: Type) -> bool {
        ty == Type::BYTEA
    }

    fn from_text(ty: Type, raw: &'a [u8]) -> Result<Self, DecodeError> {
        Vec::from_text(ty, raw).map(Cow::Owned)
    }

    #[inline]
    fn from_binary(_: Type, raw: &'a [u8]) -> Result<Self, DecodeError> {
        Ok(Cow::Borrowed(raw))
    }
}

fn append_hex(bytes: &[u8], out: &mut Vec<u8>) {
    out.reserve(bytes.len().saturating_mul(2).saturating_add(2));
    out.extend_from_slice(b"\\x");
    for &b in bytes {
        out.extend_from_slice(&[HEX[usize::from(b >> 4)], HEX[usize::from(b & 15)]]);
    }
}

/// Pairs of digits; blanks may stand between pairs.
fn from_hex(mut digits: &[u8]) -> Result<Vec<u8>, Fault> {
    let value = |digit: u8| hex_value(digit).ok_or(Fault::HexDigit(digit));
    let mut bytes = Vec::with_capacity(digits.len() / 2);
    loop {
        match digits {
            [] => return Ok(bytes),
            [b' ' | b'\n' | b'\t' | b'\r', rest @ ..] => digits = rest,
            [high, low, rest @ ..] => {
                bytes.push(value(*high)? << 4 | value(*low)?);
                digits = rest;
            }
            [digit] => return Err(value(*digit).err().unwrap_or(Fault::HexLength)),
        }
    }
}

/// The value of a hexadecimal digit.
pub(super) fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// `\\` and three octal digits after `\` stand for a byte, all else for itself.
fn from_escape(mut text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    loop {
        match text {
            [] => return Some(bytes),
            [b'\\', b'\\', rest @ ..] => {
                bytes.push(b'\\');
                text = rest;
            }
            [
                b'\\',
                a @ b'0'..=b'3',
                b @ b'0'..=b'7',
                c @ b'0'..=b'7',
                rest @ ..,
            ] => {
                bytes.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                text = rest;
            }
            [b'\\', ..] => return None,
            [b, rest @ ..] => {
                bytes.push(*b);
                text = rest;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a panic is the failure report of a test"
    )]

    use super::*;

    #[test]
    fn both_formats_are_read() {
        for (text, bytes) in [
            ("\\x", &b""[..]),
            ("\\xDEad 00\nff", b"\xde\xad\x00\xff"),
            ("", b""),
            ("a\\000\\\\\\377b", b"a\0\\\xffb"),
        ] {
            assert_eq!(
                Vec::<u8>::from_text(Type::BYTEA, text.as_bytes()).unwrap(),
                bytes,
                "{text}"
            );
        }
    }

    /// SEC-88.
    #[test]
    fn short_and_broken_forms_are_refused() {
        let error = |text: &str| Vec::<u8>::from_text(Type::BYTEA, text.as_bytes()).unwrap_err();
        for text in ["\\", "\\1", "\\12", "\\400", "\\08", "a\\b"] {
            assert_eq!(error(text).sqlstate().as_str(), "22P02", "{text}");
        }
        for text in ["\\x1", "\\xg0", "\\x1 2", "\\xg"] {
            assert_eq!(error(text).sqlstate().as_str(), "22023", "{text}");
        }
        assert_eq!(
            alloc::format!("{}", error("\\x1g")),
            "invalid hexadecimal digit: \"g\""
        );
        assert_eq!(
            alloc::format!("{}", error("\\x123")),
            "invalid hexadecimal data: odd number of digits"
        );
    }

    #[test]
    fn hex_is_written() {
        let mut out = Vec::new();
        [0u8, 0xab, 0xff]
            .encode_text(Type::BYTEA, &mut out)
            .unwrap();
        assert_eq!(out, b"\\x00abff");
    }
}
