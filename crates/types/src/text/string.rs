//! `text`, `varchar`, `character`, `name` and their like (PostgreSQL docs 8.3).

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::str;

use crate::error::Fault;
use crate::{Decode, DecodeError, Encode, EncodeError, Format, Type, wire};

/// The version that stands before the text of a `jsonb` in binary.
const JSONB_VERSION: u8 = 1;

/// What is said of a value that begins with a version, of a type that is not built in: a domain over `jsonb`, or `ltree`.
const VERSIONED: &str =
    "the binary form of this type is not its text, but begins with a version: ask for it in text";

/// Bytes of a `name` without its NUL (`NAMEDATALEN` − 1).
const MAX_NAME: usize = 63;

/// The types whose binary form is their text, and `jsonb` with its version. A type that is not built in may be an enum,
/// which is text as well.
fn is_text(ty: Type) -> bool {
    match ty {
        Type::TEXT
        | Type::VARCHAR
        | Type::BPCHAR
        | Type::NAME
        | Type::UNKNOWN
        | Type::CSTRING
        | Type::REFCURSOR
        | Type::JSON
        | Type::JSONB
        | Type::XML => true,
        _ => !ty.is_built_in(),
    }
}

/// Writes text as it is. That it has no NUL is not checked: PostgreSQL as a peer refuses one with 22021.
macro_rules! encode {
    ($($rust:ty),*) => {$(
        impl Encode for $rust {
            fn accepts(ty: Type) -> bool {
                is_text(ty)
            }

            #[inline]
            fn encode_text(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                out.extend_from_slice(self.as_bytes());
                Ok(())
            }

            #[inline]
            fn encode_binary(&self, ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                if ty == Type::JSONB {
                    out.push(JSONB_VERSION);
                }
                out.extend_from_slice(self.as_bytes());
                Ok(())
            }

            #[inline]
            fn field_text(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                wire::field_of(self.as_bytes(), out)
            }

            #[inline]
            fn field_binary(&self, ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                if ty == Type::JSONB {
                    return wire::field(out, |out| self.encode_binary(ty, out));
                }
                wire::field_of(self.as_bytes(), out)
            }

            fn format(&self, ty: Type) -> Format {
                format(ty)
            }
        }
    )*};
}

/// A type that is not built in takes its text in text alone: in binary, if it has such a form, `ltree` has a version before it, and
/// `hstore` has no text at all.
fn format(ty: Type) -> Format {
    if ty.is_built_in() {
        Format::Binary
    } else {
        Format::Text
    }
}

encode!(&str, String, Box<str>, Cow<'_, str>);

impl<'a> Decode<'a> for &'a str {
    fn accepts(ty: Type) -> bool {
        is_text(ty)
    }

    /// Any type has a text. A `name` is cut to its 63 bytes, as `namein` does.
    #[inline]
    fn from_text(ty: Type, raw: &'a [u8]) -> Result<Self, DecodeError> {
        let text = valid(ty, raw)?;
        if ty == Type::NAME && text.len() > MAX_NAME {
            let ends = text.char_indices().map(|(start, c)| start + c.len_utf8());
            let end = ends.take_while(|end| *end <= MAX_NAME).last();
            return Ok(end.and_then(|end| text.get(..end)).unwrap_or(text));
        }
        Ok(text)
    }

    #[inline]
    fn from_binary(ty: Type, raw: &'a [u8]) -> Result<Self, DecodeError> {
        match ty {
            Type::JSONB => valid(ty, unversioned(ty, raw)?),
            Type::NAME if raw.len() > MAX_NAME => Err(DecodeError::new(ty, Fault::NameTooLong)),
            _ if raw.first() == Some(&JSONB_VERSION) && !ty.is_built_in() => {
                Err(DecodeError::new(ty, Fault::Invalid(VERSIONED)))
            }
            _ => valid(ty, raw),
        }
    }
}

/// UTF-8 without NUL.
#[inline]
fn valid(ty: Type, raw: &[u8]) -> Result<&str, DecodeError> {
    let text = str::from_utf8(raw).map_err(|error| {
        let byte = raw.get(error.valid_up_to()).copied().unwrap_or_default();
        DecodeError::new(ty, Fault::Encoding(byte))
    })?;
    if has_nul(raw) {
        return Err(DecodeError::new(ty, Fault::Encoding(0)));
    }
    Ok(text)
}

/// Whether there is a NUL. Most strings are short: a call to memchr costs more than looking at them here, piece by piece, the last
/// of which overlaps the one before.
#[inline]
fn has_nul(raw: &[u8]) -> bool {
    fn in_piece(piece: &[u8; 16]) -> bool {
        piece.iter().fold(false, |nul, byte| nul | (*byte == 0))
    }
    match raw.last_chunk() {
        Some(last) if raw.len() < 256 => raw.as_chunks().0.iter().any(in_piece) || in_piece(last),
        Some(_) => memchr::memchr(0, raw).is_some(),
        None => raw.contains(&0),
    }
}

/// A `jsonb` without its version.
fn unversioned(ty: Type, raw: &[u8]) -> Result<&[u8], DecodeError> {
    match raw {
        [JSONB_VERSION, text @ ..] => Ok(text),
        [version, ..] => Err(DecodeError::new(ty, Fault::Version(*version))),
        [] => Err(DecodeError::new(ty, Fault::Insufficient)),
    }
}

/// Reads text into what can be made of a `&str`.
macro_rules! decode {
    ($($rust:ty),*) => {$(
        impl<'a> Decode<'a> for $rust {
            fn accepts(ty: Type) -> bool {
                is_text(ty)
            }

            #[inline]
            fn from_text(ty: Type, raw: &'a [u8]) -> Result<Self, DecodeError> {
                <&str>::from_text(ty, raw).map(Self::from)
            }

            #[inline]
            fn from_binary(ty: Type, raw: &'a [u8]) -> Result<Self, DecodeError> {
                <&str>::from_binary(ty, raw).map(Self::from)
            }
        }
    )*};
}

decode!(String, Box<str>, Cow<'a, str>);

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a panic is the failure report of a test"
    )]

    use super::*;
    use alloc::vec;

    #[test]
    fn a_nul_is_refused_wherever_it_stands() {
        for length in [1, 15, 16, 17, 31, 32, 33, 255, 256, 300] {
            let mut raw = vec![b'a'; length];
            assert!(<&str>::from_binary(Type::TEXT, &raw).is_ok(), "{length}");
            for place in 0..length {
                raw[place] = 0;
                let refused = <&str>::from_binary(Type::TEXT, &raw).unwrap_err();
                assert_eq!(refused.sqlstate().as_str(), "22021", "{length}, {place}");
                raw[place] = b'a';
            }
        }
    }

    #[test]
    fn jsonb_has_a_version_in_binary() {
        let mut out = Vec::new();
        "{}".field_binary(Type::JSONB, &mut out).unwrap();
        "{}".field_binary(Type::JSON, &mut out).unwrap();
        "{}".field_text(Type::JSONB, &mut out).unwrap();
        assert_eq!(out, b"\0\0\0\x03\x01{}\0\0\0\x02{}\0\0\0\x02{}");
        assert_eq!(<&str>::from_binary(Type::JSONB, b"\x01{}").unwrap(), "{}");
        assert_eq!(
            String::from_binary(Type::JSONB, b"\x02{}")
                .unwrap_err()
                .sqlstate()
                .as_str(),
            "XX000"
        );
        assert_eq!(
            String::from_binary(Type::JSONB, b"")
                .unwrap_err()
                .sqlstate()
                .as_str(),
            "08P01"
        );
    }

    #[test]
    fn text_is_utf8_without_nul() {
        let error = <&str>::from_text(Type::TEXT, b"a\xffb").unwrap_err();
        assert_eq!(
            alloc::format!("{error}"),
            "invalid byte sequence for encoding \"UTF8\": 0xff"
        );
        assert_eq!(error.sqlstate().as_str(), "22021");
        assert_eq!(
            <&str>::from_binary(Type::TEXT, b"a\0").unwrap_err().fault(),
            Fault::Encoding(0)
        );
        assert_eq!(<&str>::from_binary(Type::TEXT, b"").unwrap(), "");
    }

    #[test]
    fn a_name_has_63_bytes() {
        assert!(<&str>::from_binary(Type::NAME, &[b'n'; 63]).is_ok());
        let error = <&str>::from_binary(Type::NAME, &[b'n'; 64]).unwrap_err();
        assert_eq!(error.sqlstate().as_str(), "42622");
        let long = "é".repeat(40);
        assert_eq!(
            <&str>::from_text(Type::NAME, long.as_bytes()).unwrap(),
            "é".repeat(31)
        );
    }

    #[test]
    fn a_version_is_no_text() {
        let own = Type::from_oid(crate::Oid(16_500));
        let refused = String::from_binary(own, b"\x01{}").unwrap_err();
        assert_eq!(refused.sqlstate().as_str(), "22P03");
        assert_eq!(<&str>::from_text(own, b"\x01{}").unwrap(), "\x01{}");
        assert_eq!(<&str>::from_binary(Type::TEXT, b"\x01").unwrap(), "\x01");
    }

    #[test]
    fn enums_are_text() {
        assert!(<&str as Encode>::accepts(Type::from_oid(crate::Oid(
            16_500
        ))));
        assert!(!<&str as Encode>::accepts(Type::INT4));
        assert!(!<&str as Encode>::accepts(Type::TEXT_ARRAY));
    }
}
