//! Sums and differences of dates, times and intervals.

use rusqlite::types::{Value, ValueRef};
use trunkline_server::{Error, Result, SqlState, Type};
use trunkline_types::{Date, Interval, Time, Timestamp, TimestampTz};

use super::{DAY, micros_of, out_of_range, read, timestamp, timestamptz};
use crate::engines::sqlite::functions::text_value;
use crate::engines::sqlite::value::output;

pub(super) fn arithmetic(
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

pub(super) fn shifted_date(date: Date, days: i32, sign: i32) -> Result<Value> {
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

pub(in crate::engines::sqlite::functions) fn sum(
    l: Interval,
    r: Interval,
    sign: i32,
) -> Result<Interval> {
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
pub(super) fn scale(interval: Interval, factor: f64) -> Result<Interval> {
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
pub(super) fn shift(micros: i64, interval: Interval, sign: i32) -> Result<i64> {
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
pub(super) fn age(l: i64, r: i64) -> Result<Interval> {
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
