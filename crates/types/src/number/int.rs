//! `smallint`, `integer`, `bigint` and `oid` (PostgreSQL docs 8.1.1, 8.19).

use alloc::vec::Vec;

use super::digits::{text_field, unsigned_field};
use crate::error::Fault;
use crate::{Decode, DecodeError, Encode, EncodeError, Oid, Type, wire};

macro_rules! integer {
    ($rust:ty, $ty:ident, $size:literal, $field:literal) => {
        impl Encode for $rust {
            fn accepts(ty: Type) -> bool {
                ty == Type::$ty
            }

            #[inline]
            fn encode_text(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                out.extend_from_slice(itoa::Buffer::new().format(*self).as_bytes());
                Ok(())
            }

            #[inline]
            fn encode_binary(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                out.extend_from_slice(&self.to_be_bytes());
                Ok(())
            }

            #[inline]
            fn field_text(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                signed_field(i64::from(*self), out);
                Ok(())
            }

            #[inline]
            fn field_binary(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                let mut field = [0; $field];
                field[3] = $size;
                field[4..].copy_from_slice(&self.to_be_bytes());
                out.extend_from_slice(&field);
                Ok(())
            }
        }

        impl Decode<'_> for $rust {
            fn accepts(ty: Type) -> bool {
                ty == Type::$ty
            }

            #[inline]
            fn from_text(ty: Type, raw: &[u8]) -> Result<Self, DecodeError> {
                match parse(raw).map(Self::try_from) {
                    Ok(Ok(n)) => Ok(n),
                    Ok(Err(_)) => Err(DecodeError::text(ty, Fault::Range, raw)),
                    Err(fault) => Err(DecodeError::text(ty, fault, raw)),
                }
            }

            #[inline]
            fn from_binary(ty: Type, raw: &[u8]) -> Result<Self, DecodeError> {
                wire::exact(ty, raw).map(Self::from_be_bytes)
            }
        }
    };
}

integer!(i16, INT2, 2, 6);
integer!(i32, INT4, 4, 8);
integer!(i64, INT8, 8, 12);

impl Encode for Oid {
    fn accepts(ty: Type) -> bool {
        is_oid(ty)
    }

    #[inline]
    fn encode_text(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.extend_from_slice(itoa::Buffer::new().format(self.0).as_bytes());
        Ok(())
    }

    #[inline]
    fn encode_binary(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.extend_from_slice(&self.0.to_be_bytes());
        Ok(())
    }

    #[inline]
    fn field_text(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        unsigned_field(u64::from(self.0), out);
        Ok(())
    }

    #[inline]
    fn field_binary(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let mut field = [0; 8];
        field[3] = 4;
        field[4..].copy_from_slice(&self.0.to_be_bytes());
        out.extend_from_slice(&field);
        Ok(())
    }
}

impl Decode<'_> for Oid {
    fn accepts(ty: Type) -> bool {
        is_oid(ty)
    }

    /// Negative numbers down to −2³¹ are taken modulo 2³², as `oidin` does.
    fn from_text(ty: Type, raw: &[u8]) -> Result<Self, DecodeError> {
        let n = parse(raw).map_err(|fault| DecodeError::text(ty, fault, raw))?;
        u32::try_from(n)
            .or_else(|_| i32::try_from(n).map(i32::cast_unsigned))
            .map(Self)
            .map_err(|_| DecodeError::text(ty, Fault::Range, raw))
    }

    #[inline]
    fn from_binary(ty: Type, raw: &[u8]) -> Result<Self, DecodeError> {
        wire::exact(ty, raw).map(|bytes| Self(u32::from_be_bytes(bytes)))
    }
}

/// The types that are an unsigned 32-bit number in binary; those called `reg…` are names in text.
fn is_oid(ty: Type) -> bool {
    matches!(ty, Type::OID | Type::XID | Type::CID)
}

#[inline]
fn signed_field(n: i64, out: &mut Vec<u8>) {
    match u64::try_from(n) {
        Ok(n) => unsigned_field(n, out),
        Err(_) => text_field(itoa::Buffer::new().format(n).as_bytes(), out),
    }
}

/// An integer as PostgreSQL 16 and later read it: blanks around, a sign, `0x` `0o` `0b`, `_` between digits.
#[inline]
fn parse(raw: &[u8]) -> Result<i64, Fault> {
    // The usual case first: up to 18 digits and nothing else cannot overflow.
    if (1..=18).contains(&raw.len()) {
        let mut n = 0;
        for &b in raw {
            if !b.is_ascii_digit() {
                return parse_any(raw);
            }
            n = n * 10 + i64::from(b - b'0');
        }
        return Ok(n);
    }
    parse_any(raw)
}

fn parse_any(raw: &[u8]) -> Result<i64, Fault> {
    let text = wire::trim(raw);
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let (radix, mut text) = match text {
        [b'0', b'x' | b'X', rest @ ..] => (16, rest),
        [b'0', b'o' | b'O', rest @ ..] => (8, rest),
        [b'0', b'b' | b'B', rest @ ..] => (2, rest),
        _ => (10, text),
    };
    let mut n = 0i64;
    let mut overflow = false;
    let mut may_underscore = radix != 10;
    loop {
        let [first, rest @ ..] = text else {
            return Err(Fault::Syntax);
        };
        let (digit, rest) = match (first, rest) {
            (b'_', [digit, rest @ ..]) if may_underscore => (digit, rest),
            _ => (first, rest),
        };
        let digit = char::from(*digit).to_digit(radix).ok_or(Fault::Syntax)?;
        // Downwards, so that the least number fits.
        match n
            .checked_mul(i64::from(radix))
            .and_then(|n| n.checked_sub(i64::from(digit)))
        {
            Some(next) => n = next,
            None => overflow = true,
        }
        may_underscore = true;
        text = rest;
        if text.is_empty() {
            break;
        }
    }
    if overflow {
        return Err(Fault::Range);
    }
    if negative {
        Ok(n)
    } else {
        n.checked_neg().ok_or(Fault::Range)
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
    fn the_extremes_go_both_ways() {
        for n in [
            i64::MIN,
            i64::MIN + 1,
            -1,
            0,
            1,
            i64::MAX,
            9_999_999_999_999_999,
            -10_000_000_000_000_000,
        ] {
            let mut out = Vec::new();
            n.field_text(Type::INT8, &mut out).unwrap();
            assert_eq!(
                out[..4],
                u32::try_from(out.len() - 4).unwrap().to_be_bytes()
            );
            assert_eq!(&out[4..], alloc::format!("{n}").as_bytes());
            assert_eq!(i64::from_text(Type::INT8, &out[4..]).unwrap(), n);
        }
        for n in [i32::MIN, -1, 0, i32::MAX] {
            let mut out = Vec::new();
            n.field_text(Type::INT4, &mut out).unwrap();
            assert_eq!(&out[4..], alloc::format!("{n}").as_bytes());
        }
        for n in [i16::MIN, -1, 0, i16::MAX] {
            let mut out = Vec::new();
            n.field_text(Type::INT2, &mut out).unwrap();
            assert_eq!(&out[4..], alloc::format!("{n}").as_bytes());
        }
    }

    #[test]
    fn out_of_range_is_refused_and_not_wrapped() {
        for (text, code) in [
            ("32768", "22003"),
            ("-32769", "22003"),
            ("99999999999999999999", "22003"),
            ("", "22P02"),
        ] {
            let error = i16::from_text(Type::INT2, text.as_bytes()).unwrap_err();
            assert_eq!(error.sqlstate().as_str(), code, "{text}");
        }
        assert_eq!(
            i64::from_text(Type::INT8, b"9223372036854775808")
                .unwrap_err()
                .fault(),
            Fault::Range
        );
        let error = i32::from_text(Type::INT4, b"2147483648").unwrap_err();
        assert_eq!(
            alloc::format!("{error}"),
            "value \"2147483648\" is out of range for type integer"
        );
    }

    #[test]
    fn other_radixes_and_underscores() {
        for (text, n) in [
            (" 42 ", 42),
            ("+42", 42),
            ("-0x2A", -42),
            ("0o52", 42),
            ("0b10_1010", 42),
            ("1_000", 1000),
            ("0x_1f", 31),
        ] {
            assert_eq!(
                i32::from_text(Type::INT4, text.as_bytes()).unwrap(),
                n,
                "{text}"
            );
        }
        for text in ["_1", "1_", "1__0", "0x", "- 1", "1 2", "1.0", "0xg"] {
            assert_eq!(
                i32::from_text(Type::INT4, text.as_bytes())
                    .unwrap_err()
                    .fault(),
                Fault::Syntax,
                "{text}"
            );
        }
    }

    #[test]
    fn an_oid_may_be_written_negative() {
        assert_eq!(Oid::from_text(Type::OID, b"-1").unwrap(), Oid(u32::MAX));
        assert_eq!(
            Oid::from_text(Type::OID, b"4294967295").unwrap(),
            Oid(u32::MAX)
        );
        assert_eq!(
            Oid::from_text(Type::OID, b"4294967296")
                .unwrap_err()
                .fault(),
            Fault::Range
        );
    }
}
