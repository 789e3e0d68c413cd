//! `bool` (PostgreSQL docs 8.6).

use alloc::vec::Vec;

use crate::error::Fault;
use crate::{Decode, DecodeError, Encode, EncodeError, Type, wire};

impl Encode for bool {
    fn accepts(ty: Type) -> bool {
        ty == Type::BOOL
    }

    #[inline]
    fn encode_text(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.push(if *self { b't' } else { b'f' });
        Ok(())
    }

    #[inline]
    fn encode_binary(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.push(u8::from(*self));
        Ok(())
    }

    #[inline]
    fn field_text(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.extend_from_slice(&[0, 0, 0, 1, if *self { b't' } else { b'f' }]);
        Ok(())
    }

    #[inline]
    fn field_binary(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.extend_from_slice(&[0, 0, 0, 1, u8::from(*self)]);
        Ok(())
    }
}

impl Decode<'_> for bool {
    fn accepts(ty: Type) -> bool {
        ty == Type::BOOL
    }

    fn from_text(ty: Type, raw: &[u8]) -> Result<Self, DecodeError> {
        match raw {
            b"t" | b"1" => Ok(true),
            b"f" | b"0" => Ok(false),
            _ => word(wire::trim(raw)).ok_or_else(|| DecodeError::text(ty, Fault::Syntax, raw)),
        }
    }

    /// Any byte but 0 is true, as in PostgreSQL.
    #[inline]
    fn from_binary(ty: Type, raw: &[u8]) -> Result<Self, DecodeError> {
        wire::exact::<1>(ty, raw).map(|[byte]| byte != 0)
    }
}

/// Any beginning of these words that fits one only.
fn word(text: &[u8]) -> Option<bool> {
    let begins = |word: &str, least: usize| {
        text.len() >= least
            && word
                .as_bytes()
                .get(..text.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(text))
    };
    if begins("true", 1) || begins("yes", 1) || begins("on", 2) || text == b"1" {
        Some(true)
    } else if begins("false", 1) || begins("no", 1) || begins("off", 2) || text == b"0" {
        Some(false)
    } else {
        None
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
    fn words_are_known_by_their_beginnings() {
        for text in ["t", "TRUE", "tr", "y", "yes", "on", "1", " true\n"] {
            assert!(
                bool::from_text(Type::BOOL, text.as_bytes()).unwrap(),
                "{text}"
            );
        }
        for text in ["f", "false", "n", "No", "of", "off", "0"] {
            assert!(
                !bool::from_text(Type::BOOL, text.as_bytes()).unwrap(),
                "{text}"
            );
        }
        for text in ["", "o", "truer", "2", "10", "nope"] {
            let error = bool::from_text(Type::BOOL, text.as_bytes()).unwrap_err();
            assert_eq!(error.sqlstate().as_str(), "22P02", "{text}");
        }
    }

    #[test]
    fn any_byte_but_zero_is_true() {
        assert!(bool::from_binary(Type::BOOL, &[2]).unwrap());
        assert_eq!(
            bool::from_binary(Type::BOOL, &[])
                .unwrap_err()
                .sqlstate()
                .as_str(),
            "08P01"
        );
        assert_eq!(
            bool::from_binary(Type::BOOL, &[1, 0])
                .unwrap_err()
                .sqlstate()
                .as_str(),
            "22P03"
        );
    }
}
