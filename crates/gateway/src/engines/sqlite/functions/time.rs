//! Dates, times and intervals.

mod arithmetic;
mod fields;
mod format;

use std::sync::Arc;

use rusqlite::types::{Value, ValueRef};
use trunkline_server::{Error, Result, SqlState, Type};
use trunkline_types::{Date, Decode, Interval, TimeTz, Timestamp, TimestampTz};

use super::{Registry, bool_value, text_value};
use crate::engines::sqlite::shared::Shared;
use crate::engines::sqlite::value::{clock, output};
pub(super) use arithmetic::sum;
use arithmetic::{age, arithmetic};
use fields::{extract, truncate};
use format::to_char;

const DAY: i64 = 86_400_000_000;

pub(super) fn register(registry: &Registry<'_>, shared: &Arc<Shared>) -> rusqlite::Result<()> {
    let session = Arc::clone(shared);
    registry.volatile("tl_now", 1, move |a| {
        let now = session.transaction_start();
        match a.ty(0)? {
            Type::TIMESTAMPTZ => text_value(now.to_string()),
            Type::TIMESTAMP => text_value(plain(now)?.to_string()),
            Type::DATE => text_value(now.date().to_string()),
            Type::TIMETZ => Ok(now
                .time()
                .and_then(|t| TimeTz::new(t, 0))
                .map_or(Value::Null, |t| Value::Text(t.to_string()))),
            _ => Ok(now
                .time()
                .map_or(Value::Null, |t| Value::Text(t.to_string()))),
        }
    })?;
    let session = Arc::clone(shared);
    registry.volatile("tl_statement_now", 0, move |_| {
        text_value(session.statement_start().to_string())
    })?;
    registry.volatile("tl_clock", 0, |_| text_value(clock().to_string()))?;
    registry.strict("tl_compare", 3, |a| {
        let ty = a.ty(2)?;
        Ok(Value::Integer(
            key(a.raw(0), ty)?.cmp(&key(a.raw(1), ty)?) as i64
        ))
    })?;
    registry.strict("tl_sort_key", 2, |a| {
        let (high, low) = key(a.raw(0), a.ty(1)?)?;
        Ok(Value::Blob(
            [
                high.wrapping_sub(i64::MIN).to_be_bytes(),
                low.wrapping_sub(i64::MIN).to_be_bytes(),
            ]
            .concat(),
        ))
    })?;
    registry.strict("tl_date", 5, |a| {
        arithmetic(a.raw(0), a.ty(1)?, &a.text(2)?, a.raw(3), a.ty(4)?)
    })?;
    registry.strict("tl_date_trunc", 3, truncate)?;
    registry.strict("tl_extract", 3, |a| {
        text_value(extract(&a.text(0)?, a.raw(1), a.ty(2)?)?)
    })?;
    registry.strict("tl_timezone", 3, |a| {
        let offset = offset(&a.text(0)?)?;
        let stored = a.raw(1);
        match a.ty(2)? {
            Type::TIMESTAMPTZ => {
                let moment: TimestampTz = read(stored, Type::TIMESTAMPTZ)?;
                text_value(timestamp(moment.micros().saturating_add(offset))?.to_string())
            }
            ty => {
                let moment: Timestamp = read(stored, ty)?;
                text_value(timestamptz(moment.micros().saturating_sub(offset))?.to_string())
            }
        }
    })?;
    registry.strict("tl_age", 2, |a| {
        let (l, r): (TimestampTz, TimestampTz) = (
            read(a.raw(0), Type::TIMESTAMPTZ)?,
            read(a.raw(1), Type::TIMESTAMPTZ)?,
        );
        text_value(age(l.micros(), r.micros())?.to_string())
    })?;
    registry.strict("tl_make_date", 3, |a| {
        let narrow = |n: i64| u8::try_from(n).unwrap_or(0);
        let (year, month, day) = (a.integer(0)?, a.integer(1)?, a.integer(2)?);
        match Date::new(i32::try_from(year).unwrap_or(0), narrow(month), narrow(day)) {
            Some(date) => text_value(date.to_string()),
            None => Err(Error::new(
                SqlState::DATETIME_FIELD_OVERFLOW,
                format!("date field value out of range: {year}-{month:02}-{day:02}"),
            )),
        }
    })?;
    registry.strict("tl_make_timestamp", 6, |a| {
        let text = format!(
            "{}-{}-{} {}:{}:{}",
            a.integer(0)?,
            a.integer(1)?,
            a.integer(2)?,
            a.integer(3)?,
            a.integer(4)?,
            a.real(5)?
        );
        crate::engines::sqlite::value::input(&text, Type::TIMESTAMP, -1, true)
    })?;
    registry.strict("tl_to_timestamp", 1, |a| {
        let micros = micros_of(a.real(0)? * 1e6)?;
        match TimestampTz::from_unix_micros(micros) {
            Some(moment) => text_value(moment.to_string()),
            None => Err(out_of_range("timestamp")),
        }
    })?;
    registry.strict("tl_isfinite", 1, |a| {
        bool_value(!a.text(0)?.contains("infinity"))
    })?;
    registry.strict("tl_to_char", 3, to_char)
}

fn read<T: for<'a> Decode<'a>>(stored: ValueRef<'_>, ty: Type) -> Result<T> {
    T::from_text(ty, output(stored, ty)?.as_bytes()).map_err(Error::from)
}

fn out_of_range(what: &str) -> Error {
    Error::new(
        SqlState::DATETIME_FIELD_OVERFLOW,
        format!("{what} out of range"),
    )
}

fn timestamp(micros: i64) -> Result<Timestamp> {
    Timestamp::from_micros(micros).ok_or_else(|| out_of_range("timestamp"))
}

fn timestamptz(micros: i64) -> Result<TimestampTz> {
    TimestampTz::from_micros(micros).ok_or_else(|| out_of_range("timestamp"))
}

fn plain(moment: TimestampTz) -> Result<Timestamp> {
    timestamp(moment.micros())
}

fn micros_of(f: f64) -> Result<i64> {
    trunkline_types::Numeric::from(f.round_ties_even())
        .to_i64()
        .ok_or_else(|| out_of_range("interval"))
}

/// What orders a value whose text does not: an interval by its length (30 days to the month), a timetz by its moment.
fn key(stored: ValueRef<'_>, ty: Type) -> Result<(i64, i64)> {
    if ty == Type::TIMETZ {
        let time: TimeTz = read(stored, ty)?;
        return Ok((time.utc_micros(), i64::from(time.offset())));
    }
    let interval: Interval = read(stored, ty)?;
    if !interval.is_finite() {
        let all = if interval.months() > 0 {
            i64::MAX
        } else {
            i64::MIN
        };
        return Ok((all, all));
    }
    let days = i64::from(interval.months()) * 30 + i64::from(interval.days());
    Ok((
        days + interval.micros().div_euclid(DAY),
        interval.micros().rem_euclid(DAY),
    ))
}

/// Microseconds east of UTC.
pub(crate) fn offset(zone: &str) -> Result<i64> {
    let unknown = || {
        Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("time zone \"{zone}\" not recognized"),
        )
    };
    if is_utc(zone) {
        return Ok(0);
    }
    let (sign, rest) = match zone.strip_prefix('+') {
        // POSIX counts westwards.
        Some(rest) => (-1, rest),
        None => (1, zone.strip_prefix('-').ok_or_else(unknown)?),
    };
    let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "0"));
    let (hours, minutes): (i64, i64) = (
        hours.parse().map_err(|_| unknown())?,
        minutes.parse().map_err(|_| unknown())?,
    );
    if hours > 15 || minutes > 59 {
        return Err(unknown());
    }
    Ok(sign * (hours * 60 + minutes) * 60_000_000)
}

/// The names of universal time.
pub(crate) fn is_utc(zone: &str) -> bool {
    let zone = zone.to_ascii_lowercase();
    matches!(
        zone.as_str(),
        "utc"
            | "gmt"
            | "zulu"
            | "z"
            | "etc/utc"
            | "etc/gmt"
            | "universal"
            | "uct"
            | "etc/universal"
            | "0"
            | "+00"
            | "+00:00"
            | "00:00"
    )
}
