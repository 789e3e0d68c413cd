//! Parameters into SQLite.

use rusqlite::types::{Value, ValueRef};
use trunkline_server::{Error, Result, SqlState, Type};
use trunkline_types::{
    Array, Date, Decode, Format, Interval, Json, Numeric, Oid, Time, TimeTz, Timestamp,
    TimestampTz, Uuid,
};

use super::{input, output, write_array};

/// A parameter's bytes as the value that is stored for its type.
///
/// # Errors
///
/// As the type's input: 22P02, 22P03, 22021 …
pub(crate) fn bind(raw: Option<&[u8]>, format: Format, ty: Type) -> Result<Value> {
    let Some(raw) = raw else {
        return Ok(Value::Null);
    };
    match format {
        Format::Text => input(utf8(raw)?, ty, -1, false),
        Format::Binary => binary(raw, ty),
    }
}

fn utf8(raw: &[u8]) -> Result<&str> {
    std::str::from_utf8(raw).map_err(|_| {
        Error::new(
            SqlState::CHARACTER_NOT_IN_REPERTOIRE,
            "invalid byte sequence for encoding \"UTF8\"",
        )
    })
}

fn decode<'a, T: Decode<'a>>(raw: &'a [u8], ty: Type) -> Result<T> {
    T::from_binary(ty, raw).map_err(Error::from)
}

fn binary(raw: &[u8], ty: Type) -> Result<Value> {
    Ok(match ty {
        Type::BOOL => Value::Integer(i64::from(decode::<bool>(raw, ty)?)),
        Type::INT2 => Value::Integer(i64::from(decode::<i16>(raw, ty)?)),
        Type::INT4 => Value::Integer(i64::from(decode::<i32>(raw, ty)?)),
        Type::INT8 => Value::Integer(decode::<i64>(raw, ty)?),
        Type::OID | Type::XID | Type::REGCLASS | Type::REGPROC | Type::REGTYPE => {
            let bytes = raw.first_chunk::<4>().filter(|_| raw.len() == 4);
            let bytes = bytes.ok_or_else(|| {
                Error::new(
                    SqlState::INVALID_BINARY_REPRESENTATION,
                    "incorrect binary data format",
                )
            })?;
            Value::Integer(i64::from(u32::from_be_bytes(*bytes)))
        }
        Type::FLOAT4 => super::real(f64::from(decode::<f32>(raw, ty)?)),
        Type::FLOAT8 => super::real(decode::<f64>(raw, ty)?),
        Type::NUMERIC => text::<Numeric>(raw, ty)?,
        Type::BYTEA => Value::Blob(raw.to_vec()),
        Type::DATE => text::<Date>(raw, ty)?,
        Type::TIME => text::<Time>(raw, ty)?,
        Type::TIMETZ => text::<TimeTz>(raw, ty)?,
        Type::TIMESTAMP => text::<Timestamp>(raw, ty)?,
        Type::TIMESTAMPTZ => text::<TimestampTz>(raw, ty)?,
        Type::INTERVAL => text::<Interval>(raw, ty)?,
        Type::UUID => text::<Uuid>(raw, ty)?,
        Type::JSON | Type::JSONB => {
            input(decode::<Json<String>>(raw, ty)?.as_str(), ty, -1, false)?
        }
        _ => match ty.element() {
            Some(element) => Value::Text(array(raw, ty, element)?),
            None => Value::Text(utf8(raw)?.to_owned()),
        },
    })
}

fn text<'a, T: Decode<'a> + std::fmt::Display>(raw: &'a [u8], ty: Type) -> Result<Value> {
    Ok(Value::Text(decode::<T>(raw, ty)?.to_string()))
}

fn array(raw: &[u8], ty: Type, element: Type) -> Result<String> {
    match element {
        Type::BOOL => elements::<bool>(raw, ty, |b| if *b { "t" } else { "f" }.to_owned()),
        Type::INT2 => elements::<i16>(raw, ty, ToString::to_string),
        Type::INT4 => elements::<i32>(raw, ty, ToString::to_string),
        Type::INT8 => elements::<i64>(raw, ty, ToString::to_string),
        Type::OID | Type::XID => elements::<Oid>(raw, ty, |oid| oid.0.to_string()),
        Type::FLOAT4 => elements::<f32>(raw, ty, |f| printed(f64::from(*f), Type::FLOAT4)),
        Type::FLOAT8 => elements::<f64>(raw, ty, |f| printed(*f, Type::FLOAT8)),
        Type::NUMERIC => elements::<Numeric>(raw, ty, ToString::to_string),
        Type::BYTEA => elements::<Vec<u8>>(raw, ty, |b| {
            output(ValueRef::Blob(b), Type::BYTEA)
                .map(std::borrow::Cow::into_owned)
                .unwrap_or_default()
        }),
        Type::DATE => elements::<Date>(raw, ty, ToString::to_string),
        Type::TIME => elements::<Time>(raw, ty, ToString::to_string),
        Type::TIMETZ => elements::<TimeTz>(raw, ty, ToString::to_string),
        Type::TIMESTAMP => elements::<Timestamp>(raw, ty, ToString::to_string),
        Type::TIMESTAMPTZ => elements::<TimestampTz>(raw, ty, ToString::to_string),
        Type::INTERVAL => elements::<Interval>(raw, ty, ToString::to_string),
        Type::UUID => elements::<Uuid>(raw, ty, ToString::to_string),
        Type::JSON | Type::JSONB => elements::<Json<String>>(raw, ty, |j| j.as_str().to_owned()),
        _ => elements::<String>(raw, ty, Clone::clone),
    }
}

fn printed(f: f64, ty: Type) -> String {
    output(ValueRef::Real(f), ty)
        .map(std::borrow::Cow::into_owned)
        .unwrap_or_default()
}

fn elements<T: for<'a> Decode<'a>>(
    raw: &[u8],
    ty: Type,
    print: impl Fn(&T) -> String,
) -> Result<String> {
    let array: Array<Option<T>> = Array::from_binary(ty, raw)?;
    let texts = array
        .elements()
        .iter()
        .map(|item| item.as_ref().map(&print))
        .collect();
    let Some(texts) = Array::new(array.dimensions().to_vec(), texts) else {
        return Err(Error::new(
            SqlState::ARRAY_SUBSCRIPT_ERROR,
            "malformed array",
        ));
    };
    write_array(&texts)
}
