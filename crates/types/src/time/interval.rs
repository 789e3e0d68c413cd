//! `interval` (PostgreSQL docs 8.5.4).

use alloc::vec::Vec;

use super::stack::Stack;
use super::{HOUR, MINUTE, SECOND, interval_text, text_codec};
use crate::{Decode, DecodeError, Encode, EncodeError, Type, wire};

/// A span of time in three parts that do not add up by themselves, since months and days vary in length.
///
/// Two intervals are equal if all three parts are: unlike in SQL, a month is not 30 days here, and there is no order.
///
/// ```
/// use trunkline_types::Interval;
///
/// let interval: Interval = "P1Y2M3DT4H5M6.789S".parse()?;
/// assert_eq!((interval.months(), interval.days(), interval.micros()), (14, 3, 14_706_789_000));
/// assert_eq!(interval.to_string(), "1 year 2 mons 3 days 04:05:06.789");
/// # Ok::<(), trunkline_types::DecodeError>(())
/// ```
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq, Hash)]
pub struct Interval {
    months: i32,
    days: i32,
    micros: i64,
}

impl Interval {
    /// No time at all.
    pub const ZERO: Self = Self::new(0, 0, 0);
    /// Longer than every other; PostgreSQL 17 and later.
    pub const INFINITY: Self = Self::new(i32::MAX, i32::MAX, i64::MAX);
    /// The opposite of infinity; PostgreSQL 17 and later.
    pub const NEG_INFINITY: Self = Self::new(i32::MIN, i32::MIN, i64::MIN);

    /// From its parts. With all three at their maximum or minimum it is an infinity.
    #[must_use]
    pub const fn new(months: i32, days: i32, micros: i64) -> Self {
        Self {
            months,
            days,
            micros,
        }
    }

    /// The months; a year is twelve.
    #[must_use]
    pub const fn months(self) -> i32 {
        self.months
    }

    /// The days.
    #[must_use]
    pub const fn days(self) -> i32 {
        self.days
    }

    /// The rest in microseconds; it may be more than a day.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.micros
    }

    /// Whether it is no infinity.
    #[must_use]
    pub fn is_finite(self) -> bool {
        self != Self::INFINITY && self != Self::NEG_INFINITY
    }

    fn text(self) -> Stack {
        let mut text = Stack::new();
        if self == Self::INFINITY {
            text.push(*b"infinity");
            return text;
        }
        if self == Self::NEG_INFINITY {
            text.push(*b"-infinity");
            return text;
        }
        let mut parts = Parts {
            text,
            is_first: true,
            follows_negative: false,
        };
        parts.unit(self.months / 12, b"year");
        parts.unit(self.months % 12, b"mon");
        parts.unit(self.days, b"day");
        if self.micros != 0 || parts.is_first {
            parts.separate(self.micros < 0);
            parts.clock(self.micros.unsigned_abs());
        }
        parts.text
    }

    #[inline]
    fn field(self) -> [u8; 20] {
        let mut field = [0; 20];
        field[3] = 16;
        field[4..12].copy_from_slice(&self.micros.to_be_bytes());
        field[12..16].copy_from_slice(&self.days.to_be_bytes());
        field[16..].copy_from_slice(&self.months.to_be_bytes());
        field
    }
}

/// IntervalStyle `postgres`: every part has its own sign, and one after a negative part shows its plus.
struct Parts {
    text: Stack,
    is_first: bool,
    follows_negative: bool,
}

impl Parts {
    fn separate(&mut self, is_negative: bool) {
        if !self.is_first {
            self.text.push([b' ']);
        }
        self.is_first = false;
        if is_negative {
            self.text.push([b'-']);
        } else if self.follows_negative {
            self.text.push([b'+']);
        }
    }

    fn unit<const N: usize>(&mut self, value: i32, unit: &[u8; N]) {
        if value == 0 {
            return;
        }
        self.separate(value < 0);
        self.follows_negative = value < 0;
        self.text.number(u64::from(value.unsigned_abs()));
        self.text.push([b' ']);
        self.text.push(*unit);
        // -1 is plural too.
        if value != 1 {
            self.text.push([b's']);
        }
    }

    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the units are positive, the rests below 100 and 10⁶"
    )]
    fn clock(&mut self, micros: u64) {
        let hours = micros / HOUR as u64;
        if hours < 10 {
            self.text.push([b'0']);
        }
        self.text.number(hours);
        self.text.push([b':']);
        self.text.two((micros / MINUTE as u64 % 60) as u8);
        self.text.push([b':']);
        self.text.two((micros / SECOND as u64 % 60) as u8);
        self.text.fraction((micros % SECOND as u64) as u32);
    }
}

text_codec!(Interval, INTERVAL);

impl Encode for Interval {
    fn accepts(ty: Type) -> bool {
        ty == Type::INTERVAL
    }

    fn encode_text(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.extend_from_slice(self.text().as_bytes());
        Ok(())
    }

    #[inline]
    fn encode_binary(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.extend_from_slice(&self.field()[4..]);
        Ok(())
    }

    #[inline]
    fn field_text(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.text().field(out);
        Ok(())
    }

    #[inline]
    fn field_binary(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.extend_from_slice(&self.field());
        Ok(())
    }
}

impl Decode<'_> for Interval {
    fn accepts(ty: Type) -> bool {
        ty == Type::INTERVAL
    }

    /// Any IntervalStyle: postgres, postgres_verbose, iso_8601, and sql_standard without its shared sign.
    fn from_text(ty: Type, raw: &[u8]) -> Result<Self, DecodeError> {
        interval_text::parse(raw).map_err(|fault| DecodeError::text(ty, fault, raw))
    }

    fn from_binary(ty: Type, mut raw: &[u8]) -> Result<Self, DecodeError> {
        let micros = i64::from_be_bytes(wire::take(ty, &mut raw)?);
        let days = i32::from_be_bytes(wire::take(ty, &mut raw)?);
        let months = i32::from_be_bytes(wire::exact(ty, raw)?);
        Ok(Self {
            months,
            days,
            micros,
        })
    }
}
