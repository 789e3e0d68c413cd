//! `chrono`: `NaiveDate` is `date`, `NaiveTime` is `time`, `NaiveDateTime` is `timestamp`, `DateTime` is `timestamptz`.
//!
//! Infinities and 24:00:00 have no value there and are out of range. What is below a microsecond is cut off.

use ::chrono::{
    DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc,
};

use super::by_way_of;
use crate::time::SECOND;
use crate::{Date, Time, Timestamp, TimestampTz};

/// 2000-01-01 in chrono's days, of which 0001-01-01 is the first.
const EPOCH: i32 = 730_120;

by_way_of!(
    NaiveDate,
    Date,
    DATE,
    |date| Date::from_days(date.num_days_from_ce().checked_sub(EPOCH)?),
    |date| Self::from_num_days_from_ce_opt(date.days().checked_add(EPOCH)?)
);

by_way_of!(
    NaiveTime,
    Time,
    TIME,
    |time| {
        // A leap second counts more nanoseconds than there are, and goes on into the next second.
        Time::from_micros(
            i64::from(time.num_seconds_from_midnight()) * SECOND
                + i64::from(time.nanosecond()) / 1000,
        )
    },
    |time| {
        let (hour, minute, second, micro) = time.hmsu();
        Self::from_hms_micro_opt(hour.into(), minute.into(), second.into(), micro)
    }
);

by_way_of!(
    NaiveDateTime,
    Timestamp,
    TIMESTAMP,
    |timestamp| Timestamp::from_unix_micros(timestamp.and_utc().timestamp_micros()),
    |timestamp| { Some(DateTime::from_timestamp_micros(timestamp.unix_micros()?)?.naive_utc()) }
);

by_way_of!(
    DateTime<Utc>,
    TimestampTz,
    TIMESTAMPTZ,
    |instant| TimestampTz::from_unix_micros(instant.timestamp_micros()),
    |instant| Self::from_timestamp_micros(instant.unix_micros()?)
);

by_way_of!(
    DateTime<FixedOffset>,
    TimestampTz,
    TIMESTAMPTZ,
    |instant| TimestampTz::from_unix_micros(instant.timestamp_micros()),
    |instant| Some(DateTime::from_timestamp_micros(instant.unix_micros()?)?.fixed_offset())
);
