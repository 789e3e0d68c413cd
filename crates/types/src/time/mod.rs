//! Dates and times (PostgreSQL docs 8.5, B.7): counted from 2000-01-01 in the proleptic Gregorian calendar, written as
//! DateStyle ISO and IntervalStyle postgres do, time zones as offsets from UTC.

mod calendar;
mod clock;
mod date;
mod interval;
mod interval_text;
mod iso;
mod parse;
mod stack;
mod timestamp;
mod timetz;

pub use clock::Time;
pub use date::Date;
pub use interval::Interval;
pub use timestamp::{Timestamp, TimestampTz};
pub use timetz::TimeTz;

pub(crate) const SECOND: i64 = 1_000_000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

/// What every one of these types does alike: `text()` gives its text on the stack, `Type::$ty` is its type.
macro_rules! text_codec {
    ($rust:ident, $ty:ident) => {
        impl core::fmt::Display for $rust {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(self.text().as_str())
            }
        }

        impl core::str::FromStr for $rust {
            type Err = $crate::DecodeError;

            fn from_str(text: &str) -> Result<Self, $crate::DecodeError> {
                <Self as $crate::Decode<'_>>::from_text($crate::Type::$ty, text.as_bytes())
            }
        }
    };
}
use text_codec;
