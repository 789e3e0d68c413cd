//! Values between PostgreSQL's types and what SQLite stores.
//!
//! | types | stored as |
//! |---|---|
//! | bool | INTEGER 0 or 1 |
//! | int2, int4, int8, oid and its kin | INTEGER |
//! | float4, float8 | REAL; NaN, which SQLite would make NULL, is the text `NaN` |
//! | numeric | TEXT as PostgreSQL prints it, so that no digit is lost; a collation orders it |
//! | bytea | BLOB |
//! | date, time, timestamp | TEXT in ISO form, which sorts by value (from year 1 to 9999) |
//! | timestamptz | the same in UTC, with `+00` |
//! | uuid, json, text and its kin, interval, arrays | TEXT as PostgreSQL prints it; jsonb in its normal form |
//!
//! Files written by others are read with an open mind: a float in a numeric column, seconds since 1970 in a timestamp.

mod bind;
mod cell;
pub(crate) mod decimal;
mod json;
pub(crate) mod power;

use std::borrow::Cow;

use rusqlite::types::{Value, ValueRef};
use trunkline_server::{Error, Result, SqlState, Type};
use trunkline_types::{
    Array, Date, Decode, Encode, Interval, Numeric, Time, TimeTz, Timestamp, TimestampTz, Uuid,
};

pub(crate) use bind::bind;
pub(crate) use cell::{Batch, Cell};
pub(crate) use json::{Key as JsonKey, Tree};

use super::translate::ARRAY_IN;
use super::translate::types::precision;

/// A value as its type's input function reads it.
///
/// # Errors
///
/// 22P02, 22003, 22007 … as PostgreSQL's input functions.
pub(crate) fn input(text: &str, ty: Type, modifier: i32, explicit: bool) -> Result<Value> {
    let value = read(text, ty)?;
    if modifier < 0 {
        Ok(value)
    } else {
        restrict(value, ty, modifier, explicit)
    }
}

fn parse<'a, T: Decode<'a>>(text: &'a str, ty: Type) -> Result<T> {
    T::from_text(ty, text.as_bytes()).map_err(Error::from)
}

fn read(text: &str, ty: Type) -> Result<Value> {
    Ok(match ty {
        Type::BOOL => Value::Integer(i64::from(parse::<bool>(text, ty)?)),
        Type::INT2 => Value::Integer(i64::from(parse::<i16>(text, ty)?)),
        Type::INT4 => Value::Integer(i64::from(parse::<i32>(text, ty)?)),
        Type::INT8 => Value::Integer(parse::<i64>(text, ty)?),
        Type::REGPROC if text.rsplit('.').next() == Some("array_in") => {
            Value::Integer(i64::from(ARRAY_IN))
        }
        Type::OID | Type::XID | Type::REGPROC | Type::REGCLASS => match text.parse::<u32>() {
            Ok(oid) => Value::Integer(i64::from(oid)),
            Err(_) => return Err(invalid(ty, text)),
        },
        Type::REGTYPE => match Type::from_name(text) {
            Some(named) => Value::Integer(i64::from(named.oid().0)),
            None => {
                return Err(Error::new(
                    SqlState::UNDEFINED_OBJECT,
                    format!("type \"{text}\" does not exist"),
                ));
            }
        },
        Type::FLOAT4 => real(f64::from(parse::<f32>(text, ty)?)),
        Type::FLOAT8 => real(parse::<f64>(text, ty)?),
        Type::NUMERIC => Value::Text(parse::<Numeric>(text, ty)?.to_string()),
        Type::BYTEA => Value::Blob(parse::<Vec<u8>>(text, ty)?),
        Type::DATE => Value::Text(date(text)?.to_string()),
        Type::TIME => Value::Text(parse::<Time>(text, ty)?.to_string()),
        Type::TIMETZ => Value::Text(parse::<TimeTz>(text, ty)?.to_string()),
        Type::TIMESTAMP => Value::Text(timestamp(text)?.to_string()),
        Type::TIMESTAMPTZ => Value::Text(timestamptz(text)?.to_string()),
        Type::INTERVAL => Value::Text(parse::<Interval>(text, ty)?.to_string()),
        Type::UUID => Value::Text(parse::<Uuid>(text, ty)?.to_string()),
        Type::JSON => {
            Tree::parse(text)?;
            Value::Text(text.to_owned())
        }
        Type::JSONB => Value::Text(Tree::parse(text)?.normal()),
        _ => match ty.element() {
            Some(element) => Value::Text(array(text, ty, element)?),
            None if text.contains('\0') => {
                return Err(Error::new(
                    SqlState::CHARACTER_NOT_IN_REPERTOIRE,
                    "invalid byte sequence for encoding \"UTF8\": 0x00",
                ));
            }
            None => Value::Text(text.to_owned()),
        },
    })
}

fn invalid(ty: Type, text: &str) -> Error {
    let message = format!(
        "invalid input syntax for type {}: \"{text}\"",
        ty.sql_name()
    );
    Error::new(SqlState::INVALID_TEXT_REPRESENTATION, message)
}

fn now_micros() -> i64 {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// The wall clock.
pub(crate) fn clock() -> TimestampTz {
    TimestampTz::from_unix_micros(now_micros()).unwrap_or(TimestampTz::INFINITY)
}

/// The words that stand for a moment relative to now, in days from today.
fn relative(text: &str) -> Option<i32> {
    match text.trim().to_ascii_lowercase().as_str() {
        "today" => Some(0),
        "tomorrow" => Some(1),
        "yesterday" => Some(-1),
        _ => None,
    }
}

fn date(text: &str) -> Result<Date> {
    let today = || clock().date();
    match relative(text) {
        Some(days) => {
            Date::from_days(today().days() + days).ok_or_else(|| invalid(Type::DATE, text))
        }
        None if text.trim().eq_ignore_ascii_case("now") => Ok(today()),
        None => parse(text, Type::DATE),
    }
}

fn timestamp(text: &str) -> Result<Timestamp> {
    if text.trim().eq_ignore_ascii_case("now") {
        return Timestamp::from_micros(clock().micros())
            .ok_or_else(|| invalid(Type::TIMESTAMP, text));
    }
    match relative(text) {
        Some(_) => Timestamp::new(date(text)?, Time::MIDNIGHT)
            .ok_or_else(|| invalid(Type::TIMESTAMP, text)),
        None => parse(text, Type::TIMESTAMP),
    }
}

fn timestamptz(text: &str) -> Result<TimestampTz> {
    if text.trim().eq_ignore_ascii_case("now") {
        return Ok(clock());
    }
    match relative(text) {
        Some(_) => TimestampTz::new(date(text)?, Time::MIDNIGHT)
            .ok_or_else(|| invalid(Type::TIMESTAMPTZ, text)),
        None => parse(text, Type::TIMESTAMPTZ),
    }
}

/// A float for SQLite, which has no NaN.
pub(crate) fn real(value: f64) -> Value {
    if value.is_nan() {
        Value::Text("NaN".to_owned())
    } else {
        Value::Real(value)
    }
}

/// An array in its normal form, each element in its own.
fn array(text: &str, ty: Type, element: Type) -> Result<String> {
    let raw: Array<Option<String>> =
        Array::from_text(Type::TEXT_ARRAY, text.as_bytes()).map_err(|error| {
            if error.sqlstate() == SqlState::INVALID_TEXT_REPRESENTATION {
                Error::new(
                    SqlState::INVALID_TEXT_REPRESENTATION,
                    format!("malformed array literal: \"{text}\""),
                )
            } else {
                Error::from(error)
            }
        })?;
    let mut elements = Vec::with_capacity(raw.elements().len());
    for item in raw.elements() {
        elements.push(match item {
            Some(item) => {
                Some(output(ValueRef::from(&read(item, element)?), element)?.into_owned())
            }
            None => None,
        });
    }
    let dimensions = raw.dimensions().to_vec();
    let array = Array::new(dimensions, elements).ok_or_else(|| invalid(ty, text))?;
    write_array(&array)
}

/// The text of an array whose elements are text already.
pub(crate) fn write_array(array: &Array<Option<String>>) -> Result<String> {
    let mut out = Vec::new();
    array.encode_text(Type::TEXT_ARRAY, &mut out)?;
    String::from_utf8(out).map_err(Error::internal)
}

/// The elements of a stored array.
pub(crate) fn read_array(text: &str) -> Result<Array<Option<String>>> {
    Array::from_text(Type::TEXT_ARRAY, text.as_bytes()).map_err(Error::from)
}

/// A number as written, in the form of a numeric type.
///
/// # Errors
///
/// 22003 when it does not fit.
pub(crate) fn number(digits: &str, ty: Type, modifier: i32) -> Result<Value> {
    let value = match ty {
        Type::INT2 | Type::INT4 | Type::INT8 => {
            let whole = decimal::round(digits, 0)?;
            match whole.parse::<i64>() {
                Ok(n) => integer(n, ty)?,
                Err(_) => return Err(out_of_range(ty)),
            }
        }
        Type::FLOAT4 | Type::FLOAT8 | Type::NUMERIC => read(digits, ty)?,
        _ => return Err(invalid(ty, digits)),
    };
    if modifier < 0 {
        Ok(value)
    } else {
        restrict(value, ty, modifier, false)
    }
}

/// An integer within the range of its type.
pub(crate) fn integer(n: i64, ty: Type) -> Result<Value> {
    let fits = match ty {
        Type::INT2 => i16::try_from(n).is_ok(),
        Type::INT4 => i32::try_from(n).is_ok(),
        Type::OID => u32::try_from(n).is_ok(),
        _ => true,
    };
    if fits {
        Ok(Value::Integer(n))
    } else {
        Err(out_of_range(ty))
    }
}

/// 22003, as PostgreSQL words it.
pub(crate) fn out_of_range(ty: Type) -> Error {
    let name = if ty == Type::OID {
        "OID"
    } else {
        ty.sql_name()
    };
    Error::new(
        SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
        format!("{name} out of range"),
    )
}

/// Applies a type modifier to a stored value.
///
/// # Errors
///
/// 22001 for text that is too long, 22003 for a numeric that is too large.
pub(crate) fn restrict(value: Value, ty: Type, modifier: i32, explicit: bool) -> Result<Value> {
    match (ty, value) {
        (Type::VARCHAR | Type::BPCHAR, Value::Text(text)) => {
            let limit = usize::try_from(modifier - 4).unwrap_or(0);
            let length = text.chars().count();
            let mut kept = text;
            if length > limit {
                let cut = kept
                    .char_indices()
                    .nth(limit)
                    .map_or(kept.len(), |(at, _)| at);
                if !explicit
                    && kept
                        .get(cut..)
                        .is_some_and(|rest| rest.chars().any(|c| c != ' '))
                {
                    let message = format!("value too long for type {}({limit})", ty.sql_name());
                    return Err(Error::new(SqlState::STRING_DATA_RIGHT_TRUNCATION, message));
                }
                kept.truncate(cut);
            } else if ty == Type::BPCHAR {
                kept.extend(std::iter::repeat_n(' ', limit - length));
            }
            Ok(Value::Text(kept))
        }
        (Type::NUMERIC, Value::Text(text)) => {
            let Some((precision, scale)) = precision(modifier) else {
                return Ok(Value::Text(text));
            };
            Ok(Value::Text(decimal::fit(&text, precision, scale)?))
        }
        (Type::TIMESTAMP | Type::TIMESTAMPTZ | Type::TIME, Value::Text(text)) => {
            let digits = u32::try_from(modifier.clamp(0, 6)).unwrap_or(6);
            let unit = 10_i64.pow(6 - digits);
            let round = |micros: i64| {
                micros
                    .checked_add(unit / 2)
                    .map_or(micros, |m| m - m.rem_euclid(unit))
            };
            Ok(Value::Text(match ty {
                Type::TIMESTAMP => {
                    let t: Timestamp = parse(&text, ty)?;
                    if t.is_finite() {
                        Timestamp::from_micros(round(t.micros()))
                            .unwrap_or(t)
                            .to_string()
                    } else {
                        text
                    }
                }
                Type::TIMESTAMPTZ => {
                    let t: TimestampTz = parse(&text, ty)?;
                    if t.is_finite() {
                        TimestampTz::from_micros(round(t.micros()))
                            .unwrap_or(t)
                            .to_string()
                    } else {
                        text
                    }
                }
                _ => {
                    let t: Time = parse(&text, ty)?;
                    Time::from_micros(round(t.micros()))
                        .unwrap_or(t)
                        .to_string()
                }
            }))
        }
        (_, value) => Ok(value),
    }
}

/// A stored value as PostgreSQL prints it.
///
/// # Errors
///
/// 22P02 for a value that is no such thing, in a file written by others.
pub(crate) fn output<'v>(value: ValueRef<'v>, ty: Type) -> Result<Cow<'v, str>> {
    if let ValueRef::Text(text) = value {
        return std::str::from_utf8(text).map(Cow::Borrowed).map_err(|_| {
            Error::new(
                SqlState::CHARACTER_NOT_IN_REPERTOIRE,
                "invalid byte sequence for encoding \"UTF8\"",
            )
        });
    }
    let mut out = Vec::new();
    Cell::from(value).encode_text(ty, &mut out)?;
    String::from_utf8(out)
        .map(Cow::Owned)
        .map_err(Error::internal)
}
