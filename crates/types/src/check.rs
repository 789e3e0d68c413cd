//! Checking a value without keeping it.

use alloc::string::String;
use alloc::vec::Vec;

use crate::{
    Array, Date, Decode, DecodeError, DecodeOwned, Format, Interval, Json, Numeric, Oid, Time,
    TimeTz, Timestamp, TimestampTz, Type, Uuid,
};

/// Checks that `raw` is a value of `ty`, as a server does with each parameter that is bound (PostgreSQL docs 54.2.3).
///
/// Values of types that this crate does not know are text if they are in text, and anything if they are in binary.
///
/// # Errors
///
/// What decoding the value fails with.
///
/// ```
/// use trunkline_types::{Format, Type, check};
///
/// assert!(check(Type::INT4, Format::Text, b"42").is_ok());
/// assert_eq!(check(Type::INT4, Format::Text, b"").unwrap_err().sqlstate().as_str(), "22P02");
/// assert_eq!(check(Type::INT4, Format::Binary, &[0; 5]).unwrap_err().sqlstate().as_str(), "22P03");
/// ```
pub fn check(ty: Type, format: Format, raw: &[u8]) -> Result<(), DecodeError> {
    match ty {
        Type::INT4 => decode::<i32>(ty, format, raw),
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME => decode::<&str>(ty, format, raw),
        Type::INT8 => decode::<i64>(ty, format, raw),
        Type::INT2 => decode::<i16>(ty, format, raw),
        Type::BOOL => decode::<bool>(ty, format, raw),
        Type::FLOAT4 => decode::<f32>(ty, format, raw),
        Type::FLOAT8 => decode::<f64>(ty, format, raw),
        Type::NUMERIC => decode::<Numeric>(ty, format, raw),
        Type::DATE => decode::<Date>(ty, format, raw),
        Type::TIME => decode::<Time>(ty, format, raw),
        Type::TIMETZ => decode::<TimeTz>(ty, format, raw),
        Type::TIMESTAMP => decode::<Timestamp>(ty, format, raw),
        Type::TIMESTAMPTZ => decode::<TimestampTz>(ty, format, raw),
        Type::INTERVAL => decode::<Interval>(ty, format, raw),
        Type::UUID => decode::<Uuid>(ty, format, raw),
        Type::OID => decode::<Oid>(ty, format, raw),
        Type::JSON | Type::JSONB => decode::<Json<&str>>(ty, format, raw),
        Type::BYTEA => match format {
            Format::Text => decode::<Vec<u8>>(ty, format, raw),
            Format::Binary => Ok(()),
        },
        _ => match ty.element() {
            Some(element) => array(ty, element, format, raw),
            None => unknown(format, raw),
        },
    }
}

/// A value of a type that this crate does not know.
fn unknown(format: Format, raw: &[u8]) -> Result<(), DecodeError> {
    match format {
        Format::Text => decode::<&str>(Type::TEXT, format, raw),
        Format::Binary => Ok(()),
    }
}

fn array(ty: Type, element: Type, format: Format, raw: &[u8]) -> Result<(), DecodeError> {
    fn of<T: DecodeOwned>(ty: Type, format: Format, raw: &[u8]) -> Result<(), DecodeError> {
        decode::<Array<Option<T>>>(ty, format, raw)
    }
    match element {
        Type::INT4 => of::<i32>(ty, format, raw),
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME => of::<String>(ty, format, raw),
        Type::INT8 => of::<i64>(ty, format, raw),
        Type::INT2 => of::<i16>(ty, format, raw),
        Type::BOOL => of::<bool>(ty, format, raw),
        Type::FLOAT4 => of::<f32>(ty, format, raw),
        Type::FLOAT8 => of::<f64>(ty, format, raw),
        Type::NUMERIC => of::<Numeric>(ty, format, raw),
        Type::DATE => of::<Date>(ty, format, raw),
        Type::TIME => of::<Time>(ty, format, raw),
        Type::TIMETZ => of::<TimeTz>(ty, format, raw),
        Type::TIMESTAMP => of::<Timestamp>(ty, format, raw),
        Type::TIMESTAMPTZ => of::<TimestampTz>(ty, format, raw),
        Type::INTERVAL => of::<Interval>(ty, format, raw),
        Type::UUID => of::<Uuid>(ty, format, raw),
        Type::OID => of::<Oid>(ty, format, raw),
        Type::JSON | Type::JSONB => of::<Json<String>>(ty, format, raw),
        Type::BYTEA => of::<Vec<u8>>(ty, format, raw),
        _ => unknown(format, raw),
    }
}

#[inline]
fn decode<'a, T: Decode<'a>>(ty: Type, format: Format, raw: &'a [u8]) -> Result<(), DecodeError> {
    match format {
        Format::Text => T::from_text(ty, raw),
        Format::Binary => T::from_binary(ty, raw),
    }
    .map(|_| ())
}
