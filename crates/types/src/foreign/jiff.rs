//! `jiff`: `civil::Date` is `date`, `civil::Time` is `time`, `civil::DateTime` is `timestamp`, `Timestamp` is `timestamptz`.
//!
//! Infinities, 24:00:00 and years beyond 9999 have no value there and are out of range. What is below a microsecond is cut off.

use ::jiff::civil;

use super::by_way_of;
use crate::{Date, Time, Timestamp, TimestampTz};

by_way_of!(civil::Date, Date, DATE, to_date, from_date);
by_way_of!(civil::Time, Time, TIME, to_time, from_time);

by_way_of!(
    civil::DateTime,
    Timestamp,
    TIMESTAMP,
    |timestamp| Timestamp::new(to_date(&timestamp.date())?, to_time(&timestamp.time())?),
    |timestamp| Some(Self::from_parts(
        from_date(timestamp.date())?,
        from_time(timestamp.time()?)?
    ))
);

by_way_of!(
    ::jiff::Timestamp,
    TimestampTz,
    TIMESTAMPTZ,
    |instant| TimestampTz::from_unix_micros(instant.as_microsecond()),
    |instant| Self::from_microsecond(instant.unix_micros()?).ok()
);

fn to_date(date: &civil::Date) -> Option<Date> {
    Date::new(
        date.year().into(),
        date.month().try_into().ok()?,
        date.day().try_into().ok()?,
    )
}

fn from_date(date: Date) -> Option<civil::Date> {
    let (year, month, day) = date.ymd()?;
    civil::Date::new(
        year.try_into().ok()?,
        month.try_into().ok()?,
        day.try_into().ok()?,
    )
    .ok()
}

fn to_time(time: &civil::Time) -> Option<Time> {
    let micro = u32::try_from(time.subsec_nanosecond()).ok()? / 1000;
    Time::new(
        time.hour().try_into().ok()?,
        time.minute().try_into().ok()?,
        time.second().try_into().ok()?,
        micro,
    )
}

fn from_time(time: Time) -> Option<civil::Time> {
    let (hour, minute, second, micro) = time.hmsu();
    let nano = i32::try_from(micro).ok()? * 1000;
    civil::Time::new(
        hour.try_into().ok()?,
        minute.try_into().ok()?,
        second.try_into().ok()?,
        nano,
    )
    .ok()
}
