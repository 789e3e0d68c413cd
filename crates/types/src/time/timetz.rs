//! `time with time zone` (PostgreSQL docs 8.5).

use alloc::vec::Vec;
use core::cmp::Ordering;

use super::stack::Stack;
use super::{SECOND, Time, parse, text_codec};
use crate::error::Fault;
use crate::{Decode, DecodeError, Encode, EncodeError, Type, wire};

/// Offsets are smaller than 16 hours.
const MAX_OFFSET: i32 = 16 * 3600 - 1;

/// A time of day at an offset from UTC. Two are equal only if both parts are; they sort by the instant in UTC.
///
/// ```
/// use trunkline_types::{Time, TimeTz};
///
/// let time = TimeTz::new(Time::new(12, 34, 56, 0).unwrap(), -(5 * 3600 + 30 * 60)).unwrap();
/// assert_eq!(time.to_string(), "12:34:56-05:30");
/// ```
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq, Hash)]
pub struct TimeTz {
    time: Time,
    offset: i32,
}

impl TimeTz {
    /// From the local time and the offset from UTC in seconds, positive to the east; `None` if that is 16 hours or more.
    #[must_use]
    pub const fn new(time: Time, offset: i32) -> Option<Self> {
        if offset >= -MAX_OFFSET && offset <= MAX_OFFSET {
            Some(Self { time, offset })
        } else {
            None
        }
    }

    /// The local time.
    #[must_use]
    pub const fn time(self) -> Time {
        self.time
    }

    /// The offset from UTC in seconds, positive to the east.
    #[must_use]
    pub const fn offset(self) -> i32 {
        self.offset
    }

    /// Microseconds since midnight in UTC; negative or above a day when that midnight is another.
    #[must_use]
    pub const fn utc_micros(self) -> i64 {
        self.time.micros() - self.offset as i64 * SECOND
    }

    #[inline]
    fn text(self) -> Stack {
        let mut text = Stack::new();
        text.clock(self.time.micros());
        text.offset(self.offset);
        text
    }

    #[inline]
    fn field(self) -> [u8; 16] {
        let mut field = [0; 16];
        field[3] = 12;
        field[4..12].copy_from_slice(&self.time.micros().to_be_bytes());
        // On the wire the offset counts to the west.
        field[12..].copy_from_slice(&(-self.offset).to_be_bytes());
        field
    }
}

impl Ord for TimeTz {
    fn cmp(&self, other: &Self) -> Ordering {
        // At the same instant, PostgreSQL sorts the more westerly last.
        self.utc_micros()
            .cmp(&other.utc_micros())
            .then(other.offset.cmp(&self.offset))
    }
}

impl PartialOrd for TimeTz {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

text_codec!(TimeTz, TIMETZ);

impl Encode for TimeTz {
    fn accepts(ty: Type) -> bool {
        ty == Type::TIMETZ
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

impl Decode<'_> for TimeTz {
    fn accepts(ty: Type) -> bool {
        ty == Type::TIMETZ
    }

    /// A time and an offset; without one it is UTC.
    fn from_text(ty: Type, raw: &[u8]) -> Result<Self, DecodeError> {
        let fail = |fault| DecodeError::text(ty, fault, raw);
        let (micros, offset) = parse::time(raw).map_err(fail)?;
        let time = Time::from_micros(micros).ok_or_else(|| fail(Fault::FieldRange))?;
        Self::new(time, offset.unwrap_or(0)).ok_or_else(|| fail(Fault::ZoneRange))
    }

    fn from_binary(ty: Type, mut raw: &[u8]) -> Result<Self, DecodeError> {
        let fail = |fault| DecodeError::new(ty, fault);
        let micros = i64::from_be_bytes(wire::take(ty, &mut raw)?);
        let west = i32::from_be_bytes(wire::exact(ty, raw)?);
        let time = Time::from_micros(micros).ok_or_else(|| fail(Fault::Range))?;
        west.checked_neg()
            .and_then(|offset| Self::new(time, offset))
            .ok_or_else(|| fail(Fault::ZoneRange))
    }
}
