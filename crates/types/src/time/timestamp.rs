//! `timestamp` and `timestamp with time zone` (PostgreSQL docs 8.5).

use alloc::vec::Vec;

use super::stack::Stack;
use super::{DAY, Date, SECOND, Time, calendar, iso, parse, text_codec};
use crate::error::Fault;
use crate::{Decode, DecodeError, Encode, EncodeError, Type, wire};

/// 4714-11-24 BC 00:00:00.
const MIN: i64 = calendar::FIRST_DAY as i64 * DAY;
/// The microsecond before 294277-01-01.
const MAX: i64 = calendar::days(294_277, 1, 1) * DAY - 1;
/// From 1970-01-01 to 2000-01-01.
const UNIX_EPOCH: i64 = 946_684_800 * SECOND;

macro_rules! timestamp {
    ($rust:ident, $ty:ident, $zone:literal) => {
        impl $rust {
            /// Later than every other.
            pub const INFINITY: Self = Self(i64::MAX);
            /// Before every other.
            pub const NEG_INFINITY: Self = Self(i64::MIN);
            /// 4714-11-24 BC 00:00:00, the first that PostgreSQL holds.
            pub const MIN: Self = Self(MIN);
            /// 294276-12-31 23:59:59.999999, the last that PostgreSQL holds.
            pub const MAX: Self = Self(MAX);

            /// From microseconds since 2000-01-01 00:00:00; `i64::MAX` and `i64::MIN` are the infinities. `None` if out of
            /// range.
            #[inline]
            #[must_use]
            pub const fn from_micros(micros: i64) -> Option<Self> {
                match micros {
                    MIN..=MAX | i64::MIN | i64::MAX => Some(Self(micros)),
                    _ => None,
                }
            }

            /// Microseconds since 2000-01-01 00:00:00; the infinities are `i64::MAX` and `i64::MIN`.
            #[inline]
            #[must_use]
            pub const fn micros(self) -> i64 {
                self.0
            }

            /// From microseconds since 1970-01-01 00:00:00; `None` if out of range.
            #[must_use]
            pub const fn from_unix_micros(micros: i64) -> Option<Self> {
                match micros.checked_sub(UNIX_EPOCH) {
                    Some(micros @ MIN..=MAX) => Some(Self(micros)),
                    _ => None,
                }
            }

            /// Microseconds since 1970-01-01 00:00:00; `None` for the infinities.
            #[must_use]
            pub const fn unix_micros(self) -> Option<i64> {
                if self.is_finite() {
                    self.0.checked_add(UNIX_EPOCH)
                } else {
                    None
                }
            }

            /// From a day and a time of it; 24:00:00 is the day after. An infinite date gives an infinite timestamp. `None`
            /// if out of range.
            #[must_use]
            pub const fn new(date: Date, time: Time) -> Option<Self> {
                match date {
                    Date::INFINITY => Some(Self::INFINITY),
                    Date::NEG_INFINITY => Some(Self::NEG_INFINITY),
                    // The days of a date are few enough for the product, but not for the range.
                    _ => match (date.days() as i64).checked_mul(DAY) {
                        Some(micros) => match micros.checked_add(time.micros()) {
                            Some(micros @ MIN..=MAX) => Some(Self(micros)),
                            _ => None,
                        },
                        None => None,
                    },
                }
            }

            /// Whether it is no infinity.
            #[must_use]
            pub const fn is_finite(self) -> bool {
                self.0 != i64::MAX && self.0 != i64::MIN
            }

            /// The day; an infinity's is infinite.
            #[must_use]
            pub fn date(self) -> Date {
                match self {
                    Self::INFINITY => Date::INFINITY,
                    Self::NEG_INFINITY => Date::NEG_INFINITY,
                    _ => i32::try_from(self.0.div_euclid(DAY))
                        .ok()
                        .and_then(Date::from_days)
                        .unwrap_or(Date::MAX),
                }
            }

            /// The time of the day; `None` for the infinities.
            #[must_use]
            pub const fn time(self) -> Option<Time> {
                if self.is_finite() {
                    Time::from_micros(self.0.rem_euclid(DAY))
                } else {
                    None
                }
            }

            #[inline]
            fn text(self) -> Stack {
                text(self.0, $zone)
            }
        }

        text_codec!($rust, $ty);

        impl Encode for $rust {
            fn accepts(ty: Type) -> bool {
                ty == Type::$ty
            }

            fn encode_text(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                if !iso::append::<$zone, false>(self.0, out) {
                    out.extend_from_slice(self.text().as_bytes());
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
                if !iso::append::<$zone, true>(self.0, out) {
                    self.text().field(out);
                }
                Ok(())
            }

            #[inline]
            fn field_binary(&self, ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                self.0.field_binary(ty, out)
            }
        }

        impl Decode<'_> for $rust {
            fn accepts(ty: Type) -> bool {
                ty == Type::$ty
            }

            fn from_text(ty: Type, raw: &[u8]) -> Result<Self, DecodeError> {
                let fail = |fault| DecodeError::text(ty, fault, raw);
                match parse::moment(raw).map_err(fail)? {
                    parse::Moment::Infinity => Ok(Self::INFINITY),
                    parse::Moment::NegInfinity => Ok(Self::NEG_INFINITY),
                    parse::Moment::At {
                        date: (year, month, day),
                        micros,
                        offset,
                    } => {
                        let east = if $zone { i64::from(offset) * SECOND } else { 0 };
                        calendar::days(year, month, day)
                            .checked_mul(DAY)
                            .and_then(|days| days.checked_add(micros - east))
                            .filter(|micros| (MIN..=MAX).contains(micros))
                            .map(Self)
                            .ok_or_else(|| fail(Fault::Range))
                    }
                }
            }

            #[inline]
            fn from_binary(ty: Type, raw: &[u8]) -> Result<Self, DecodeError> {
                let micros = i64::from_be_bytes(wire::exact(ty, raw)?);
                Self::from_micros(micros).ok_or_else(|| DecodeError::new(ty, Fault::Range))
            }
        }
    };
}

/// A date and time of day, in no particular zone, from 4714 BC to 294276, or one of the two infinities.
///
/// ```
/// use trunkline_types::{Date, Time, Timestamp};
///
/// let timestamp = Timestamp::new(Date::new(2024, 2, 3).unwrap(), Time::new(4, 5, 6, 789_000).unwrap()).unwrap();
/// assert_eq!(timestamp.to_string(), "2024-02-03 04:05:06.789");
/// assert_eq!("2024-02-03T04:05:06.789".parse(), Ok(timestamp));
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct Timestamp(i64);

/// An instant, held and written in UTC, from 4714 BC to 294276, or one of the two infinities.
///
/// ```
/// use trunkline_types::TimestampTz;
///
/// let instant: TimestampTz = "2024-02-03 04:05:06+02".parse()?;
/// assert_eq!(instant.to_string(), "2024-02-03 02:05:06+00");
/// assert_eq!(instant.unix_micros(), Some(1_706_925_906_000_000));
/// # Ok::<(), trunkline_types::DecodeError>(())
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct TimestampTz(i64);

timestamp!(Timestamp, TIMESTAMP, false);
timestamp!(TimestampTz, TIMESTAMPTZ, true);

fn text(micros: i64, in_utc: bool) -> Stack {
    let mut text = Stack::new();
    if micros == i64::MAX {
        text.push(*b"infinity");
        return text;
    }
    if micros == i64::MIN {
        text.push(*b"-infinity");
        return text;
    }
    #[allow(
        clippy::cast_possible_truncation,
        reason = "the range of days is below 2²⁷"
    )]
    let days = micros.div_euclid(DAY) as i32;
    let ymd = calendar::civil(days);
    text.date(ymd);
    text.push([b' ']);
    text.clock(micros.rem_euclid(DAY));
    if in_utc {
        text.push(*b"+00");
    }
    if ymd.0 <= 0 {
        text.push(*b" BC");
    }
    text
}
