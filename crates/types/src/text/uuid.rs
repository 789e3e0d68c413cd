//! `uuid` (PostgreSQL docs 8.12, RFC 9562).

use alloc::vec::Vec;
use core::fmt;
use core::str::{self, FromStr};

use super::bytea::hex_value;
use crate::error::Fault;
use crate::{Decode, DecodeError, Encode, EncodeError, Type, wire};

/// A UUID: 16 bytes, ordered as such.
///
/// ```
/// use trunkline_types::Uuid;
///
/// let uuid: Uuid = "{A0EEBC99-9C0B4EF8-BB6D6BB9-BD380A11}".parse()?;
/// assert_eq!(uuid.to_string(), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
/// # Ok::<(), trunkline_types::DecodeError>(())
/// ```
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct Uuid([u8; 16]);

impl Uuid {
    /// From its bytes, the first group's first.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// From the number its bytes are, big end first.
    #[must_use]
    pub const fn from_u128(n: u128) -> Self {
        Self(n.to_be_bytes())
    }

    /// The number its bytes are, big end first.
    #[must_use]
    pub const fn as_u128(&self) -> u128 {
        u128::from_be_bytes(self.0)
    }

    /// Lower case with hyphens.
    fn text(self) -> [u8; 36] {
        let mut text = [b'-'; 36];
        let mut at = 0;
        for (i, b) in self.0.into_iter().enumerate() {
            at += usize::from(matches!(i, 4 | 6 | 8 | 10));
            text[at] = b"0123456789abcdef"[usize::from(b >> 4)];
            text[at + 1] = b"0123456789abcdef"[usize::from(b & 15)];
            at += 2;
        }
        text
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(str::from_utf8(&self.text()).unwrap_or_default())
    }
}

/// 32 hexadecimal digits, with a hyphen after any four of them, in braces or not.
impl FromStr for Uuid {
    type Err = DecodeError;

    fn from_str(text: &str) -> Result<Self, DecodeError> {
        Self::from_text(Type::UUID, text.as_bytes())
    }
}

fn parse(text: &[u8]) -> Option<Uuid> {
    let mut text = match text {
        [b'{', inner @ .., b'}'] => inner,
        _ => text,
    };
    let mut bytes = [0; 16];
    for (i, byte) in bytes.iter_mut().enumerate() {
        let [high, low, rest @ ..] = text else {
            return None;
        };
        *byte = hex_value(*high)? << 4 | hex_value(*low)?;
        text = match rest {
            [b'-', rest @ ..] if i % 2 == 1 && i < 15 => rest,
            _ => rest,
        };
    }
    text.is_empty().then_some(Uuid(bytes))
}

impl Encode for Uuid {
    fn accepts(ty: Type) -> bool {
        ty == Type::UUID
    }

    #[inline]
    fn encode_text(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.extend_from_slice(&self.text());
        Ok(())
    }

    #[inline]
    fn encode_binary(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.extend_from_slice(&self.0);
        Ok(())
    }

    #[inline]
    fn field_binary(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let mut field = [0; 20];
        field[3] = 16;
        field[4..].copy_from_slice(&self.0);
        out.extend_from_slice(&field);
        Ok(())
    }
}

impl Decode<'_> for Uuid {
    fn accepts(ty: Type) -> bool {
        ty == Type::UUID
    }

    fn from_text(ty: Type, raw: &[u8]) -> Result<Self, DecodeError> {
        parse(raw).ok_or_else(|| DecodeError::text(ty, Fault::Syntax, raw))
    }

    #[inline]
    fn from_binary(ty: Type, raw: &[u8]) -> Result<Self, DecodeError> {
        wire::exact(ty, raw).map(Self)
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a panic is the failure report of a test"
    )]

    use alloc::string::ToString;

    use super::*;

    #[test]
    fn input_is_liberal() {
        let uuid = Uuid::from_u128(0xa0ee_bc99_9c0b_4ef8_bb6d_6bb9_bd38_0a11);
        for text in [
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
            "A0EEBC999C0B4EF8BB6D6BB9BD380A11",
            "{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}",
            "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11",
        ] {
            assert_eq!(
                Uuid::from_text(Type::UUID, text.as_bytes()).unwrap(),
                uuid,
                "{text}"
            );
        }
        assert_eq!(uuid.to_string(), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
        for text in [
            "",
            "{",
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1",
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a111",
            "a0e-ebc999c0b4ef8bb6d6bb9bd380a11",
            "a0eebc999c0b4ef8bb6d6bb9bd380a11-",
            "{a0eebc999c0b4ef8bb6d6bb9bd380a11",
        ] {
            assert_eq!(
                Uuid::from_text(Type::UUID, text.as_bytes())
                    .unwrap_err()
                    .sqlstate()
                    .as_str(),
                "22P02",
                "{text}"
            );
        }
    }
}
