//! Values that are not what their type asks for.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt;

use trunkline_proto::SqlState;

use crate::{Oid, Type};

/// A received value is not one of its type.
///
/// It prints as PostgreSQL words the same fault, so that a server can send it on as it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DecodeError(Box<Details>);

#[derive(Clone, Debug, Eq, PartialEq)]
struct Details {
    fault: Fault,
    ty: Type,
    /// The text that was refused; empty in binary.
    value: String,
    /// Where in a composite it was: the number of the field from 1, after that of the composites which that is within.
    fields: Vec<usize>,
}

/// What is wrong with a received value.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// NULL where a value is needed (22004).
    Null,
    /// The Rust type does not hold values of this PostgreSQL type (42804).
    Mismatch,
    /// The form is one that cannot be lent from the received bytes, as `bytea` in text (0A000).
    NotBorrowable,
    /// Binary: fewer bytes than the type needs (08P01).
    Insufficient,
    /// Binary: more bytes than the type needs, or a field that has no meaning (22P03).
    Malformed,
    /// Binary: a part of the value has no meaning (22P03); the words say which.
    Invalid(&'static str),
    /// Text: not how the type is written (22P02, 22007 for dates and times).
    Syntax,
    /// Text: a byte among hexadecimal digits that is none (22023).
    HexDigit(u8),
    /// Text: an odd number of hexadecimal digits (22023).
    HexLength,
    /// The value is outside the type's range (22003, 22008 for dates and times, 22015 for intervals).
    Range,
    /// A field of a date or time is outside its range, as month 13 (22008, 22015 for intervals).
    FieldRange,
    /// The offset of a time zone is too large (22009).
    ZoneRange,
    /// Not valid UTF-8, from this byte on (22021).
    Encoding(u8),
    /// A `name` of more than 63 bytes (42622).
    NameTooLong,
    /// A `jsonb` of a version that is not 1 (XX000).
    Version(u8),
    /// The elements of an array are of another type than declared (42804).
    Element {
        /// The OID in the value.
        found: Oid,
        /// The OID that the array's type has.
        expected: Oid,
    },
    /// Text: not how a composite is written (22P02).
    Record,
    /// A composite of more or fewer fields than the Rust type has (42804).
    Fields,
    /// None of the labels of this Rust enum (22P02).
    Label(&'static str),
    /// More than six dimensions (54000).
    Dimensions(u32),
    /// More elements than an array may have, or bounds beyond an integer (54000).
    Size,
    /// An array of another shape than the Rust type holds (2202E).
    Shape,
}

impl DecodeError {
    /// A fault of a value in binary.
    #[cold]
    #[must_use]
    pub fn new(ty: Type, fault: Fault) -> Self {
        Self(Box::new(Details {
            fault,
            ty,
            value: String::new(),
            fields: Vec::new(),
        }))
    }

    /// A fault of a value in text, which the message will quote.
    #[cold]
    #[must_use]
    pub fn text(ty: Type, fault: Fault, value: &[u8]) -> Self {
        Self(Box::new(Details {
            fault,
            ty,
            value: String::from_utf8_lossy(value).into_owned(),
            fields: Vec::new(),
        }))
    }

    /// The same, found in this field of a composite, from 1.
    #[cold]
    pub(crate) fn in_field(mut self, number: usize) -> Self {
        self.0.fields.insert(0, number);
        self
    }

    /// What is wrong.
    #[must_use]
    pub fn fault(&self) -> Fault {
        self.0.fault
    }

    /// The type that the value should have had.
    #[must_use]
    pub fn ty(&self) -> Type {
        self.0.ty
    }

    /// The code PostgreSQL gives for the same fault.
    #[must_use]
    pub fn sqlstate(&self) -> SqlState {
        let in_time = is_time(self.0.ty);
        match self.0.fault {
            Fault::Null => SqlState::NULL_VALUE_NOT_ALLOWED,
            Fault::Mismatch | Fault::Element { .. } | Fault::Fields => SqlState::DATATYPE_MISMATCH,
            Fault::Record | Fault::Label(_) => SqlState::INVALID_TEXT_REPRESENTATION,
            Fault::NotBorrowable => SqlState::FEATURE_NOT_SUPPORTED,
            Fault::Insufficient => SqlState::PROTOCOL_VIOLATION,
            Fault::Malformed | Fault::Invalid(_) => SqlState::INVALID_BINARY_REPRESENTATION,
            Fault::Syntax if in_time => SqlState::INVALID_DATETIME_FORMAT,
            Fault::Syntax => SqlState::INVALID_TEXT_REPRESENTATION,
            Fault::HexDigit(_) | Fault::HexLength => SqlState::INVALID_PARAMETER_VALUE,
            Fault::Range | Fault::FieldRange if self.0.ty == Type::INTERVAL => {
                SqlState::INTERVAL_FIELD_OVERFLOW
            }
            Fault::Range if in_time => SqlState::DATETIME_FIELD_OVERFLOW,
            Fault::Range => SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
            Fault::FieldRange => SqlState::DATETIME_FIELD_OVERFLOW,
            Fault::ZoneRange => SqlState::INVALID_TIME_ZONE_DISPLACEMENT_VALUE,
            Fault::Encoding(_) => SqlState::CHARACTER_NOT_IN_REPERTOIRE,
            Fault::NameTooLong => SqlState::NAME_TOO_LONG,
            Fault::Version(_) => SqlState::INTERNAL_ERROR,
            Fault::Dimensions(_) | Fault::Size => SqlState::PROGRAM_LIMIT_EXCEEDED,
            Fault::Shape => SqlState::ARRAY_SUBSCRIPT_ERROR,
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Details {
            fault,
            ty,
            value,
            fields,
        } = &*self.0;
        // In text the fields of a composite do not say their types.
        if *ty == Type::UNSPECIFIED {
            open(*fault, value, f)
        } else {
            typed(*fault, *ty, value, f)
        }?;
        for (depth, number) in fields.iter().enumerate() {
            let before = if depth == 0 { ", in field " } else { "." };
            write!(f, "{before}{number}")?;
        }
        if !fields.is_empty() {
            f.write_str(" of the composite")?;
        }
        Ok(())
    }
}

/// A fault of a value whose type is not known.
fn open(fault: Fault, value: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match fault {
        Fault::Null => f.write_str("null value: decode it as an Option"),
        Fault::Syntax => write!(f, "invalid input syntax: \"{value}\""),
        Fault::Range | Fault::FieldRange => write!(f, "value \"{value}\" is out of range"),
        fault => typed(fault, Type::UNKNOWN, value, f),
    }
}

fn typed(fault: Fault, ty: Type, value: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match fault {
        Fault::Null => write!(f, "null value for type {ty}: decode it as an Option"),
        Fault::Mismatch => write!(f, "the Rust type does not hold values of type {ty}"),
        Fault::NotBorrowable => write!(
            f,
            "a {ty} in this form cannot be borrowed: decode an owned type"
        ),
        Fault::Insufficient => f.write_str("insufficient data left in message"),
        Fault::Malformed => f.write_str("incorrect binary data format"),
        Fault::Invalid(what) => f.write_str(what),
        Fault::Syntax if ty.element().is_some() => {
            write!(f, "malformed array literal: \"{value}\"")
        }
        Fault::Syntax => write!(
            f,
            "invalid input syntax for type {}: \"{value}\"",
            input_name(ty)
        ),
        Fault::HexDigit(b) => write!(f, "invalid hexadecimal digit: \"{}\"", char::from(b)),
        Fault::HexLength => f.write_str("invalid hexadecimal data: odd number of digits"),
        Fault::Range | Fault::FieldRange if ty == Type::INTERVAL => {
            write!(f, "interval field value out of range: \"{value}\"")
        }
        Fault::Range if is_time(ty) && !value.is_empty() => {
            write!(f, "{} out of range: \"{value}\"", short_name(ty))
        }
        Fault::Range if is_time(ty) => write!(f, "{} out of range", short_name(ty)),
        Fault::Range if ty == Type::NUMERIC => f.write_str("value overflows numeric format"),
        Fault::Range if matches!(ty, Type::FLOAT4 | Type::FLOAT8) => {
            write!(f, "\"{value}\" is out of range for type {ty}")
        }
        Fault::Range => write!(f, "value \"{value}\" is out of range for type {ty}"),
        Fault::FieldRange => write!(f, "date/time field value out of range: \"{value}\""),
        Fault::ZoneRange if value.is_empty() => f.write_str("time zone displacement out of range"),
        Fault::ZoneRange => write!(f, "time zone displacement out of range: \"{value}\""),
        Fault::Encoding(byte) => write!(
            f,
            "invalid byte sequence for encoding \"UTF8\": 0x{byte:02x}"
        ),
        Fault::NameTooLong => f.write_str("identifier too long"),
        Fault::Version(version) => write!(f, "unsupported {ty} version number {version}"),
        Fault::Element { found, expected } => write!(
            f,
            "binary data has array element type {} ({}) instead of expected {} ({})",
            found.0,
            Type::from_oid(found),
            expected.0,
            Type::from_oid(expected),
        ),
        Fault::Record => write!(f, "malformed record literal: \"{value}\""),
        Fault::Fields => f.write_str("the composite has not as many fields as the Rust type"),
        Fault::Label(name) => {
            write!(f, "invalid input value for enum {name}: \"{value}\"")
        }
        Fault::Dimensions(n) => write!(
            f,
            "number of array dimensions ({n}) exceeds the maximum allowed (6)"
        ),
        Fault::Size => f.write_str("array size exceeds the maximum allowed (134217727)"),
        Fault::Shape => f.write_str("the array has more than one dimension: decode it as an Array"),
    }
}

impl core::error::Error for DecodeError {}

fn is_time(ty: Type) -> bool {
    matches!(
        ty,
        Type::DATE
            | Type::TIME
            | Type::TIMETZ
            | Type::TIMESTAMP
            | Type::TIMESTAMPTZ
            | Type::INTERVAL
    )
}

/// Type names in range errors are the catalog's, as PostgreSQL's sources have them.
fn short_name(ty: Type) -> String {
    match ty {
        Type::TIMESTAMP | Type::TIMESTAMPTZ => "timestamp".to_owned(),
        _ => ty.name().to_owned(),
    }
}

/// Input functions name their type a little differently from `format_type`.
fn input_name(ty: Type) -> String {
    match ty {
        Type::TIMESTAMP => "timestamp".to_owned(),
        Type::TIME => "time".to_owned(),
        _ => ty.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_that_is_not_built_in_is_called_by_its_oid() {
        let own = Type::from_oid(Oid(16_500));
        for (fault, expected) in [
            (
                Fault::Syntax,
                "invalid input syntax for type oid 16500: \"x\"",
            ),
            (
                Fault::Range,
                "value \"x\" is out of range for type oid 16500",
            ),
            (
                Fault::Null,
                "null value for type oid 16500: decode it as an Option",
            ),
        ] {
            assert_eq!(DecodeError::text(own, fault, b"x").to_string(), expected);
        }
    }
}
