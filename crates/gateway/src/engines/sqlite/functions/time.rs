//! Dates, times and intervals.

use std::sync::Arc;

use rusqlite::types::{Value, ValueRef};
use trunkline_server::{Error, Result, SqlState, Type};
use trunkline_types::{Date, Decode, Interval, Time, TimeTz, Timestamp, TimestampTz};

use super::{Args, Registry, bool_value, text_value};
use crate::engines::sqlite::shared::Shared;
use crate::engines::sqlite::value::{clock, decimal, output};

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

fn arithmetic(
    left: ValueRef<'_>,
    lt: Type,
    op: &str,
    right: ValueRef<'_>,
    rt: Type,
) -> Result<Value> {
    if lt == Type::INTERVAL
        && matches!(
            rt,
            Type::DATE | Type::TIME | Type::TIMESTAMP | Type::TIMESTAMPTZ
        )
    {
        return arithmetic(right, rt, op, left, lt);
    }
    let days = |stored: ValueRef<'_>| -> Result<i32> {
        let n: i64 = output(stored, Type::INT8)?
            .parse()
            .map_err(Error::internal)?;
        i32::try_from(n).map_err(|_| out_of_range("date"))
    };
    let sign = if op == "-" { -1 } else { 1 };
    match (lt, rt) {
        (Type::DATE, Type::DATE) => {
            let (l, r): (Date, Date) = (read(left, lt)?, read(right, rt)?);
            Ok(Value::Integer(i64::from(l.days()) - i64::from(r.days())))
        }
        (Type::DATE, Type::INTERVAL) => {
            let date: Date = read(left, lt)?;
            let moment =
                Timestamp::new(date, Time::MIDNIGHT).ok_or_else(|| out_of_range("date"))?;
            text_value(timestamp(shift(moment.micros(), read(right, rt)?, sign)?)?.to_string())
        }
        (Type::DATE, Type::TIME) => {
            let moment = Timestamp::new(read(left, lt)?, read(right, rt)?)
                .ok_or_else(|| out_of_range("date"))?;
            text_value(moment.to_string())
        }
        (Type::DATE, _) => {
            let date: Date = read(left, lt)?;
            shifted_date(date, days(right)?, sign)
        }
        (_, Type::DATE) => shifted_date(read(right, rt)?, days(left)?, 1),
        (Type::TIMESTAMP, Type::INTERVAL) => {
            let moment: Timestamp = read(left, lt)?;
            if !moment.is_finite() {
                return text_value(moment.to_string());
            }
            text_value(timestamp(shift(moment.micros(), read(right, rt)?, sign)?)?.to_string())
        }
        (Type::TIMESTAMPTZ, Type::INTERVAL) => {
            let moment: TimestampTz = read(left, lt)?;
            if !moment.is_finite() {
                return text_value(moment.to_string());
            }
            text_value(timestamptz(shift(moment.micros(), read(right, rt)?, sign)?)?.to_string())
        }
        (Type::TIME, Type::INTERVAL) => {
            let (time, interval): (Time, Interval) = (read(left, lt)?, read(right, rt)?);
            let micros =
                (time.micros() + i64::from(sign) * (interval.micros() % DAY)).rem_euclid(DAY);
            Ok(Time::from_micros(micros).map_or(Value::Null, |t| Value::Text(t.to_string())))
        }
        (Type::TIME, Type::TIME) => {
            let (l, r): (Time, Time) = (read(left, lt)?, read(right, rt)?);
            text_value(Interval::new(0, 0, l.micros() - r.micros()).to_string())
        }
        (Type::INTERVAL, Type::INTERVAL) => {
            let (l, r): (Interval, Interval) = (read(left, lt)?, read(right, rt)?);
            text_value(sum(l, r, sign)?.to_string())
        }
        (Type::INTERVAL, _) => {
            let factor: f64 = output(right, rt)?.parse().map_err(Error::internal)?;
            if op == "/" && factor == 0.0 {
                return Err(Error::new(SqlState::DIVISION_BY_ZERO, "division by zero"));
            }
            text_value(
                scale(
                    read(left, lt)?,
                    if op == "/" { 1.0 / factor } else { factor },
                )?
                .to_string(),
            )
        }
        (_, Type::INTERVAL) => arithmetic(right, rt, op, left, lt),
        // Two moments.
        _ => {
            let (l, r): (Timestamp, Timestamp) = (read(left, lt)?, read(right, rt)?);
            let micros = l
                .micros()
                .checked_sub(r.micros())
                .ok_or_else(|| out_of_range("interval"))?;
            let days = i32::try_from(micros / DAY).map_err(|_| out_of_range("interval"))?;
            text_value(Interval::new(0, days, micros % DAY).to_string())
        }
    }
}

fn shifted_date(date: Date, days: i32, sign: i32) -> Result<Value> {
    if !date.is_finite() {
        return text_value(date.to_string());
    }
    let days = days
        .checked_mul(sign)
        .and_then(|n| date.days().checked_add(n));
    match days.and_then(Date::from_days) {
        Some(date) => text_value(date.to_string()),
        None => Err(out_of_range("date")),
    }
}

pub(super) fn sum(l: Interval, r: Interval, sign: i32) -> Result<Interval> {
    let part = |a: i32, b: i32| b.checked_mul(sign).and_then(|b| a.checked_add(b));
    let micros = r
        .micros()
        .checked_mul(i64::from(sign))
        .and_then(|m| l.micros().checked_add(m));
    match (
        part(l.months(), r.months()),
        part(l.days(), r.days()),
        micros,
    ) {
        (Some(months), Some(days), Some(micros)) => Ok(Interval::new(months, days, micros)),
        _ => Err(out_of_range("interval")),
    }
}

/// Fractions of a month become days, fractions of a day become time.
fn scale(interval: Interval, factor: f64) -> Result<Interval> {
    let months = f64::from(interval.months()) * factor;
    let days = f64::from(interval.days()) * factor + (months - months.trunc()) * 30.0;
    #[allow(clippy::cast_precision_loss, reason = "PostgreSQL computes so, too")]
    let micros = interval.micros() as f64 * factor + (days - days.trunc()) * 86_400_000_000.0;
    let whole = |f: f64| i32::try_from(micros_of(f.trunc())?).map_err(|_| out_of_range("interval"));
    Ok(Interval::new(
        whole(months)?,
        whole(days)?,
        micros_of(micros)?,
    ))
}

/// A moment moved by an interval: months first, kept within the month, then days, then time.
fn shift(micros: i64, interval: Interval, sign: i32) -> Result<i64> {
    let overflow = || out_of_range("timestamp");
    let date = Date::from_days(i32::try_from(micros.div_euclid(DAY)).map_err(|_| overflow())?)
        .ok_or_else(overflow)?;
    let time = micros.rem_euclid(DAY);
    let (year, month, day) = date.ymd().ok_or_else(overflow)?;
    let months = i64::from(year) * 12 + i64::from(month) - 1
        + i64::from(interval.months()) * i64::from(sign);
    let year = i32::try_from(months.div_euclid(12)).map_err(|_| overflow())?;
    let month = u8::try_from(months.rem_euclid(12) + 1).map_err(|_| overflow())?;
    let date = (28..=day)
        .rev()
        .chain([day.min(28)])
        .find_map(|day| Date::new(year, month, day))
        .ok_or_else(overflow)?;
    let days = i64::from(date.days()) + i64::from(interval.days()) * i64::from(sign);
    let moved = interval
        .micros()
        .checked_mul(i64::from(sign))
        .ok_or_else(overflow)?;
    days.checked_mul(DAY)
        .and_then(|d| d.checked_add(time))
        .and_then(|m| m.checked_add(moved))
        .ok_or_else(overflow)
}

/// The symbolic difference: field by field, a month that is borrowed being as long as that of the earlier moment.
fn age(l: i64, r: i64) -> Result<Interval> {
    if l < r {
        let back = age(r, l)?;
        return Ok(Interval::new(-back.months(), -back.days(), -back.micros()));
    }
    let fields = |micros: i64| -> Result<(i32, i32, i32, i64)> {
        let days = i32::try_from(micros.div_euclid(DAY))
            .ok()
            .and_then(Date::from_days);
        let (year, month, day) = days
            .and_then(Date::ymd)
            .ok_or_else(|| out_of_range("timestamp"))?;
        Ok((
            year,
            i32::from(month),
            i32::from(day),
            micros.rem_euclid(DAY),
        ))
    };
    let ((ly, lm, ld, lt), (ry, rm, rd, rt)) = (fields(l)?, fields(r)?);
    let (mut months, mut days, mut time) = ((ly - ry) * 12 + lm - rm, ld - rd, lt - rt);
    if time < 0 {
        time += DAY;
        days -= 1;
    }
    if days < 0 {
        let first = |year, month| {
            Date::new(year, u8::try_from(month).unwrap_or(1), 1).map_or(0, Date::days)
        };
        let next = if rm == 12 {
            first(ry + 1, 1)
        } else {
            first(ry, rm + 1)
        };
        days += next - first(ry, rm);
        months -= 1;
    }
    Ok(Interval::new(months, days, time))
}

/// Days and time of day of any of the types, from 2000-01-01.
fn parts(stored: ValueRef<'_>, ty: Type) -> Result<(i64, i64)> {
    let micros = match ty {
        Type::DATE => i64::from(read::<Date>(stored, ty)?.days()) * DAY,
        Type::TIME => read::<Time>(stored, ty)?.micros(),
        Type::TIMETZ => read::<TimeTz>(stored, ty)?.time().micros(),
        Type::TIMESTAMP => read::<Timestamp>(stored, ty)?.micros(),
        _ => read::<TimestampTz>(stored, ty)?.micros(),
    };
    Ok((micros.div_euclid(DAY), micros.rem_euclid(DAY)))
}

fn truncate(a: &Args<'_, '_>) -> Result<Value> {
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

fn unit_error(field: &str, ty: Type) -> Error {
    let message = format!("unit \"{field}\" not recognized for type {}", ty.sql_name());
    Error::new(SqlState::INVALID_PARAMETER_VALUE, message)
}

/// A field as a numeric's text.
fn extract(field: &str, stored: ValueRef<'_>, ty: Type) -> Result<String> {
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

/// The commonest patterns of `to_char` for dates; a number is printed as it is.
fn to_char(a: &Args<'_, '_>) -> Result<Value> {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    const DAYS: [&str; 7] = [
        "Sunday",
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
    ];
    let ty = a.ty(1)?;
    let format = a.text(2)?;
    if !matches!(
        ty,
        Type::DATE | Type::TIMESTAMP | Type::TIMESTAMPTZ | Type::TIME
    ) {
        return Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            format!("to_char of {} is not supported", ty.sql_name()),
        ));
    }
    let (days, time) = parts(a.raw(0), ty)?;
    let date = Date::from_days(i32::try_from(days).map_err(Error::internal)?).and_then(Date::ymd);
    let (year, month, day) = date.ok_or_else(|| out_of_range("date"))?;
    let (hour, minute, second) = (
        time / 3_600_000_000,
        time / 60_000_000 % 60,
        time / 1_000_000 % 60,
    );
    let name = |names: &[&'static str], at: i64| {
        usize::try_from(at)
            .ok()
            .and_then(|at| names.get(at).copied())
            .unwrap_or_default()
    };
    let month_name = name(&MONTHS, i64::from(month) - 1);
    let day_name = name(&DAYS, (days + 6).rem_euclid(7));
    let patterns: [(&str, String); 21] = [
        ("YYYY", format!("{year:04}")),
        ("YY", format!("{:02}", year.rem_euclid(100))),
        ("Month", format!("{month_name:<9}")),
        ("FMMonth", month_name.to_owned()),
        ("Mon", month_name.chars().take(3).collect()),
        ("MM", format!("{month:02}")),
        ("MI", format!("{minute:02}")),
        ("MS", format!("{:03}", time % 1_000_000 / 1000)),
        ("US", format!("{:06}", time % 1_000_000)),
        ("FMDay", day_name.to_owned()),
        ("Day", format!("{day_name:<9}")),
        ("Dy", day_name.chars().take(3).collect()),
        (
            "DDD",
            extract("doy", a.raw(0), ty)
                .map(|d| format!("{d:0>3}"))
                .unwrap_or_default(),
        ),
        ("DD", format!("{day:02}")),
        ("D", ((days + 6).rem_euclid(7) + 1).to_string()),
        ("HH24", format!("{hour:02}")),
        ("HH12", format!("{:02}", (hour + 11) % 12 + 1)),
        ("HH", format!("{:02}", (hour + 11) % 12 + 1)),
        ("SS", format!("{second:02}")),
        ("AM", if hour < 12 { "AM" } else { "PM" }.to_owned()),
        ("Q", ((month - 1) / 3 + 1).to_string()),
    ];
    let mut out = String::new();
    let mut rest = format.as_ref();
    while let Some(c) = rest.chars().next() {
        if let Some(quoted) = rest.strip_prefix('"') {
            let (literal, after) = quoted.split_once('"').unwrap_or((quoted, ""));
            out.push_str(literal);
            rest = after;
        } else if let Some((pattern, text)) = patterns
            .iter()
            .find(|(pattern, _)| rest.starts_with(pattern))
        {
            out.push_str(text);
            rest = rest.get(pattern.len()..).unwrap_or_default();
        } else {
            out.push(c);
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
    }
    text_value(out)
}
