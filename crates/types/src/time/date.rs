//! `date` (PostgreSQL docs 8.5).

use alloc::vec::Vec;

use super::calendar::{self, FIRST_DAY};
use super::stack::Stack;
use super::{iso, parse, text_codec};
use crate::error::Fault;
use crate::{Decode, DecodeError, Encode, EncodeError, Type, wire};

/// The last day: 5874897-12-31.
const LAST_DAY: i32 = 2_145_031_948;

/// A day from 4714-11-24 BC to 5874897-12-31, or one of the two infinities, which sort first and last.
///
/// ```
/// use trunkline_types::Date;
///
/// let ides = Date::new(-43, 3, 15).unwrap();
/// assert_eq!(ides.to_string(), "0044-03-15 BC");
/// assert_eq!("0044-03-15 BC".parse::<Date>()?, ides);
/// # Ok::<(), trunkline_types::DecodeError>(())
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct Date(i32);

impl Date {
    /// Later than every day.
    pub const INFINITY: Self = Self(i32::MAX);
    /// Before every day.
    pub const NEG_INFINITY: Self = Self(i32::MIN);
    /// The first day that PostgreSQL holds.
    pub const MIN: Self = Self(FIRST_DAY);
    /// The last day that PostgreSQL holds.
    pub const MAX: Self = Self(LAST_DAY);

    /// From year (1 BC is 0, 2 BC is −1), month and day; `None` if there is no such day or it is out of range.
    #[must_use]
    pub const fn new(year: i32, month: u8, day: u8) -> Option<Self> {
        if month < 1 || month > 12 || day < 1 || day > calendar::month_length(year, month) {
            return None;
        }
        let days = calendar::days(year, month, day);
        if days < FIRST_DAY as i64 || days > LAST_DAY as i64 {
            return None;
        }
        #[allow(clippy::cast_possible_truncation, reason = "compared above")]
        Some(Self(days as i32))
    }

    /// From days since 2000-01-01; `i32::MAX` and `i32::MIN` are the infinities. `None` if out of range.
    #[must_use]
    pub const fn from_days(days: i32) -> Option<Self> {
        match days {
            FIRST_DAY..=LAST_DAY | i32::MIN | i32::MAX => Some(Self(days)),
            _ => None,
        }
    }

    /// Days since 2000-01-01; the infinities are `i32::MAX` and `i32::MIN`.
    #[must_use]
    pub const fn days(self) -> i32 {
        self.0
    }

    /// Whether it is a day, and no infinity.
    #[must_use]
    pub const fn is_finite(self) -> bool {
        self.0 != i32::MAX && self.0 != i32::MIN
    }

    /// Year (1 BC is 0), month and day; `None` for the infinities.
    #[must_use]
    pub const fn ymd(self) -> Option<(i32, u8, u8)> {
        if self.is_finite() {
            Some(calendar::civil(self.0))
        } else {
            None
        }
    }

    #[inline]
    fn text(self) -> Stack {
        let mut text = Stack::new();
        match self.ymd() {
            Some(ymd) => {
                text.date(ymd);
                if ymd.0 <= 0 {
                    text.push(*b" BC");
                }
            }
            None if self == Self::INFINITY => text.push(*b"infinity"),
            None => text.push(*b"-infinity"),
        }
        text
    }
}

text_codec!(Date, DATE);

impl Encode for Date {
    fn accepts(ty: Type) -> bool {
        ty == Type::DATE
    }

    fn encode_text(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match iso::date(self.0) {
            Some(text) => out.extend_from_slice(&text),
            None => out.extend_from_slice(self.text().as_bytes()),
        }
        Ok(())
    }

    #[inline]
    fn encode_binary(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.extend_from_slice(&self.0.to_be_bytes());
        Ok(())
    }

    #[inline]
    fn field_text(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match iso::date(self.0) {
            Some(text) => iso::field(text, out),
            None => self.text().field(out),
        }
        Ok(())
    }

    #[inline]
    fn field_binary(&self, ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.0.field_binary(ty, out)
    }
}

impl Decode<'_> for Date {
    fn accepts(ty: Type) -> bool {
        ty == Type::DATE
    }

    /// ISO, with a time after it or not, which is dropped; `infinity`, `-infinity` and `epoch`.
    fn from_text(ty: Type, raw: &[u8]) -> Result<Self, DecodeError> {
        let fail = |fault| DecodeError::text(ty, fault, raw);
        match parse::moment(raw).map_err(fail)? {
            parse::Moment::Infinity => Ok(Self::INFINITY),
            parse::Moment::NegInfinity => Ok(Self::NEG_INFINITY),
            parse::Moment::At {
                date: (year, month, day),
                ..
            } => Self::new(year, month, day).ok_or_else(|| fail(Fault::Range)),
        }
    }

    #[inline]
    fn from_binary(ty: Type, raw: &[u8]) -> Result<Self, DecodeError> {
        let days = i32::from_be_bytes(wire::exact(ty, raw)?);
        Self::from_days(days).ok_or_else(|| DecodeError::new(ty, Fault::Range))
    }
}
