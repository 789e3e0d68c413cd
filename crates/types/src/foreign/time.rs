//! `time`: `Date` is `date`, `Time` is `time`, `PrimitiveDateTime` is `timestamp`, `OffsetDateTime` is `timestamptz`.
//!
//! Infinities, 24:00:00 and years beyond that crate's have no value there and are out of range. What is below a microsecond
//! is cut off.

use ::time::{OffsetDateTime, PrimitiveDateTime};

use super::by_way_of;
use crate::{Date, Time, Timestamp, TimestampTz};

/// 2000-01-01 in Julian days.
const EPOCH: i32 = 2_451_545;

by_way_of!(::time::Date, Date, DATE, to_date, from_date);
by_way_of!(::time::Time, Time, TIME, to_time, from_time);

by_way_of!(
    PrimitiveDateTime,
    Timestamp,
    TIMESTAMP,
    |timestamp| Timestamp::new(to_date(&timestamp.date())?, to_time(&timestamp.time())?),
    |timestamp| Some(Self::new(
        from_date(timestamp.date())?,
        from_time(timestamp.time()?)?
    ))
);

by_way_of!(
    OffsetDateTime,
    TimestampTz,
    TIMESTAMPTZ,
    |instant| {
        let micros = instant.unix_timestamp_nanos().div_euclid(1000);
        TimestampTz::from_unix_micros(micros.try_into().ok()?)
    },
    |instant| Self::from_unix_timestamp_nanos(i128::from(instant.unix_micros()?) * 1000).ok()
);

fn to_date(date: &::time::Date) -> Option<Date> {
    Date::from_days(date.to_julian_day().checked_sub(EPOCH)?)
}

fn from_date(date: Date) -> Option<::time::Date> {
    ::time::Date::from_julian_day(date.days().checked_add(EPOCH)?).ok()
}

fn to_time(time: &::time::Time) -> Option<Time> {
    let (hour, minute, second, micro) = time.as_hms_micro();
    Time::new(hour, minute, second, micro)
}

fn from_time(time: Time) -> Option<::time::Time> {
    let (hour, minute, second, micro) = time.hmsu();
    ::time::Time::from_hms_micro(hour, minute, second, micro).ok()
}
