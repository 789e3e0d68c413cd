//! `time` (PostgreSQL docs 8.5).

use alloc::vec::Vec;

use super::stack::Stack;
use super::{DAY, HOUR, MINUTE, SECOND, iso, parse, text_codec};
use crate::error::Fault;
use crate::{Decode, DecodeError, Encode, EncodeError, Type, wire};

/// A time of day in microseconds, from 00:00:00 to 24:00:00, both included.
///
/// ```
/// use trunkline_types::Time;
///
/// let time = Time::new(4, 5, 6, 789_000).unwrap();
/// assert_eq!(time.to_string(), "04:05:06.789");
/// ```
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct Time(i64);

impl Time {
    /// 00:00:00.
    pub const MIDNIGHT: Self = Self(0);
    /// 24:00:00, the end of the day.
    pub const MAX: Self = Self(DAY);

    /// From hour, minute, second and microsecond; `None` if one is out of range. The only time with hour 24 is 24:00:00.
    #[must_use]
    pub const fn new(hour: u8, minute: u8, second: u8, micro: u32) -> Option<Self> {
        if hour > 24 || minute > 59 || second > 59 || micro > 999_999 {
            return None;
        }
        Self::from_micros(
            hour as i64 * HOUR + minute as i64 * MINUTE + second as i64 * SECOND + micro as i64,
        )
    }

    /// From microseconds since midnight; `None` if out of range.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Option<Self> {
        if micros >= 0 && micros <= DAY {
            Some(Self(micros))
        } else {
            None
        }
    }

    /// Microseconds since midnight.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Hour, minute, second, microsecond.
    #[must_use]
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 to 24 hours"
    )]
    pub const fn hmsu(self) -> (u8, u8, u8, u32) {
        let (seconds, micro) = (self.0 / SECOND, self.0 % SECOND);
        (
            (seconds / 3600) as u8,
            (seconds / 60 % 60) as u8,
            (seconds % 60) as u8,
            micro as u32,
        )
    }

    #[inline]
    fn text(self) -> Stack {
        let mut text = Stack::new();
        text.clock(self.0);
        text
    }
}

text_codec!(Time, TIME);

impl Encode for Time {
    fn accepts(ty: Type) -> bool {
        ty == Type::TIME
    }

    fn encode_text(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.extend_from_slice(self.text().as_bytes());
        Ok(())
    }

    #[inline]
    fn encode_binary(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.extend_from_slice(&self.0.to_be_bytes());
        Ok(())
    }

    #[inline]
    fn field_text(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        if self.0 % SECOND == 0 {
            iso::field(iso::time(self.0), out);
        } else {
            self.text().field(out);
        }
        Ok(())
    }

    #[inline]
    fn field_binary(&self, ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.0.field_binary(ty, out)
    }
}

impl Decode<'_> for Time {
    fn accepts(ty: Type) -> bool {
        ty == Type::TIME
    }

    /// A time, with an offset after it or not, which is dropped.
    fn from_text(ty: Type, raw: &[u8]) -> Result<Self, DecodeError> {
        let fail = |fault| DecodeError::text(ty, fault, raw);
        let (micros, _) = parse::time(raw).map_err(fail)?;
        Self::from_micros(micros).ok_or_else(|| fail(Fault::FieldRange))
    }

    #[inline]
    fn from_binary(ty: Type, raw: &[u8]) -> Result<Self, DecodeError> {
        let micros = i64::from_be_bytes(wire::exact(ty, raw)?);
        Self::from_micros(micros).ok_or_else(|| DecodeError::new(ty, Fault::Range))
    }
}
