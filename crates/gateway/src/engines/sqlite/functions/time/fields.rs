//! Fields of dates and times: `extract` and `date_trunc`.

use rusqlite::types::{Value, ValueRef};
use trunkline_server::{Error, Result, SqlState, Type};
use trunkline_types::{Date, Interval, Time, TimeTz, Timestamp, TimestampTz};

use super::{DAY, out_of_range, read, timestamp, timestamptz};
use crate::engines::sqlite::functions::{Args, text_value};
use crate::engines::sqlite::value::{decimal, output};

/// Days and time of day of any of the types, from 2000-01-01.
pub(super) fn parts(stored: ValueRef<'_>, ty: Type) -> Result<(i64, i64)> {
    let micros = match ty {
        Type::DATE => i64::from(read::<Date>(stored, ty)?.days()) * DAY,
        Type::TIME => read::<Time>(stored, ty)?.micros(),
        Type::TIMETZ => read::<TimeTz>(stored, ty)?.time().micros(),
        Type::TIMESTAMP => read::<Timestamp>(stored, ty)?.micros(),
        _ => read::<TimestampTz>(stored, ty)?.micros(),
    };
    Ok((micros.div_euclid(DAY), micros.rem_euclid(DAY)))
}

pub(super) fn truncate(a: &Args<'_, '_>) -> Result<Value> {
    let field = a.text(0)?.to_lowercase();
    let ty = a.ty(2)?;
    let stored = a.raw(1);
    if ty == Type::INTERVAL {
        let interval: Interval = read(stored, ty)?;
        let unit = |micros: i64| {
            Interval::new(
                interval.months(),
                interval.days(),
                interval.micros() - interval.micros() % micros,
            )
        };
        let cut = match field.as_str() {
            "year" | "years" => Interval::new(interval.months() - interval.months() % 12, 0, 0),
            "month" | "months" => Interval::new(interval.months(), 0, 0),
            "day" | "days" => Interval::new(interval.months(), interval.days(), 0),
            "hour" | "hours" => unit(3_600_000_000),
            "minute" | "minutes" => unit(60_000_000),
            "second" | "seconds" => unit(1_000_000),
            _ => return Err(unit_error(&field, ty)),
        };
        return text_value(cut.to_string());
    }
    if output(stored, ty)?.contains("infinity") {
        return text_value(output(stored, ty)?);
    }
    let (days, time) = parts(stored, ty)?;
    let date = Date::from_days(i32::try_from(days).map_err(Error::internal)?)
        .ok_or_else(|| out_of_range("timestamp"))?;
    let (year, month, _) = date.ymd().ok_or_else(|| out_of_range("timestamp"))?;
    let first = |year: i32, month: u8| {
        Date::new(year, month, 1)
            .map(|d| i64::from(d.days()))
            .ok_or_else(|| out_of_range("timestamp"))
    };
    let within = |unit: i64| (days, time - time % unit);
    let (days, time) = match field.as_str() {
        "microseconds" | "microsecond" => (days, time),
        "milliseconds" | "millisecond" => within(1_000),
        "second" | "seconds" => within(1_000_000),
        "minute" | "minutes" => within(60_000_000),
        "hour" | "hours" => within(3_600_000_000),
        "day" | "days" => (days, 0),
        // 2000-01-01 was a Saturday.
        "week" | "weeks" => (days - (days + 5).rem_euclid(7), 0),
        "month" | "months" => (first(year, month)?, 0),
        "quarter" => (first(year, (month - 1) / 3 * 3 + 1)?, 0),
        "year" | "years" => (first(year, 1)?, 0),
        "decade" | "decades" => (first(year - year.rem_euclid(10), 1)?, 0),
        "century" | "centuries" => (first((year - 1).div_euclid(100) * 100 + 1, 1)?, 0),
        "millennium" | "millennia" => (first((year - 1).div_euclid(1000) * 1000 + 1, 1)?, 0),
        _ => return Err(unit_error(&field, ty)),
    };
    let micros = days * DAY + time;
    text_value(if ty == Type::TIMESTAMP {
        timestamp(micros)?.to_string()
    } else {
        timestamptz(micros)?.to_string()
    })
}

pub(super) fn unit_error(field: &str, ty: Type) -> Error {
    let message = format!("unit \"{field}\" not recognized for type {}", ty.sql_name());
    Error::new(SqlState::INVALID_PARAMETER_VALUE, message)
}

/// A field as a numeric's text.
pub(super) fn extract(field: &str, stored: ValueRef<'_>, ty: Type) -> Result<String> {
    let field = field.to_lowercase();
    let seconds =
        |micros: i64| decimal::round(&decimal::calculate(&micros.to_string(), "/", "1000000")?, 6);
    if ty == Type::INTERVAL {
        let interval: Interval = read(stored, ty)?;
        let (months, micros) = (interval.months(), interval.micros());
        return Ok(match field.as_str() {
            "year" | "years" => (months / 12).to_string(),
            "month" | "months" => (months % 12).to_string(),
            "day" | "days" => interval.days().to_string(),
            "hour" | "hours" => (micros / 3_600_000_000).to_string(),
            "minute" | "minutes" => (micros / 60_000_000 % 60).to_string(),
            "second" | "seconds" => seconds(micros % 60_000_000)?,
            "epoch" => {
                let days = i64::from(months / 12) * 36525 * 864
                    + (i64::from(months % 12) * 30 + i64::from(interval.days())) * 86_400;
                decimal::calculate(&days.to_string(), "+", &seconds(micros)?)?
            }
            _ => return Err(unit_error(&field, ty)),
        });
    }
    if output(stored, ty)?.contains("infinity") {
        return Ok(if output(stored, ty)?.starts_with('-') {
            "-Infinity"
        } else {
            "Infinity"
        }
        .to_owned());
    }
    let (days, time) = parts(stored, ty)?;
    let is_time = matches!(ty, Type::TIME | Type::TIMETZ);
    match field.as_str() {
        "hour" | "hours" => return Ok((time / 3_600_000_000).to_string()),
        "minute" | "minutes" => return Ok((time / 60_000_000 % 60).to_string()),
        "second" | "seconds" => return seconds(time % 60_000_000),
        "milliseconds" | "millisecond" => {
            return decimal::round(
                &decimal::calculate(&(time % 60_000_000).to_string(), "/", "1000")?,
                3,
            );
        }
        "microseconds" | "microsecond" => return Ok((time % 60_000_000).to_string()),
        "timezone" => return Ok("0".to_owned()),
        "epoch" if is_time => return seconds(time),
        // 10957 days from 1970 to 2000.
        "epoch" if ty == Type::DATE => return Ok(((days + 10_957) * 86_400).to_string()),
        "epoch" => return seconds((days + 10_957) * DAY + time),
        _ if is_time => return Err(unit_error(&field, ty)),
        _ => {}
    }
    let date = Date::from_days(i32::try_from(days).map_err(Error::internal)?)
        .ok_or_else(|| out_of_range("date"))?;
    let (year, month, day) = date.ymd().ok_or_else(|| out_of_range("date"))?;
    let weekday = (days + 6).rem_euclid(7);
    let start = |year: i32| Date::new(year, 1, 1).map_or(0, |d| i64::from(d.days()));
    // The ISO week is that of its Thursday.
    let thursday = days - (days + 5).rem_euclid(7) + 3;
    let iso_year = Date::from_days(i32::try_from(thursday).unwrap_or(0))
        .and_then(Date::ymd)
        .map_or(year, |(y, _, _)| y);
    Ok(match field.as_str() {
        "year" | "years" => if year > 0 { year } else { year - 1 }.to_string(),
        "month" | "months" => month.to_string(),
        "day" | "days" => day.to_string(),
        "quarter" => ((month - 1) / 3 + 1).to_string(),
        "dow" => weekday.to_string(),
        "isodow" => if weekday == 0 { 7 } else { weekday }.to_string(),
        "doy" => (days - start(year) + 1).to_string(),
        "week" | "weeks" => ((thursday - start(iso_year)) / 7 + 1).to_string(),
        "isoyear" => iso_year.to_string(),
        "decade" => year.div_euclid(10).to_string(),
        "century" => ((year - 1).div_euclid(100) + 1).to_string(),
        "millennium" => ((year - 1).div_euclid(1000) + 1).to_string(),
        _ => return Err(unit_error(&field, ty)),
    })
}
