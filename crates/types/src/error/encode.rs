//! Values that cannot be written as the type asked for.

use core::fmt;

use trunkline_proto::SqlState;

use crate::Type;

/// A value cannot be sent as this type. Nothing of it was appended.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum EncodeError {
    /// The Rust type does not make values of this PostgreSQL type (42804).
    Mismatch(Type),
    /// The value is outside the type's range (22003, 22008 for dates and times).
    Range(Type),
    /// The binary form has OIDs in it that only the database knows which the type is of: the value goes in text (0A000).
    TextOnly(Type),
    /// The value is longer than a field can be (54000).
    TooLong,
    /// More than six dimensions, or more elements than an array may have (54000).
    ArrayTooLarge,
}

impl EncodeError {
    /// The code PostgreSQL gives for the same fault.
    #[must_use]
    pub fn sqlstate(self) -> SqlState {
        match self {
            Self::Mismatch(_) => SqlState::DATATYPE_MISMATCH,
            Self::Range(
                Type::DATE
                | Type::TIME
                | Type::TIMETZ
                | Type::TIMESTAMP
                | Type::TIMESTAMPTZ
                | Type::INTERVAL,
            ) => SqlState::DATETIME_FIELD_OVERFLOW,
            Self::Range(_) => SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
            Self::TextOnly(_) => SqlState::FEATURE_NOT_SUPPORTED,
            Self::TooLong | Self::ArrayTooLarge => SqlState::PROGRAM_LIMIT_EXCEEDED,
        }
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mismatch(ty) => write!(f, "the Rust type does not make values of type {ty}"),
            Self::Range(ty) => write!(f, "value is out of range for type {ty}"),
            Self::TextOnly(ty) => write!(
                f,
                "values of type {ty} are written in text alone: the OIDs that their binary form has in it are not known here"
            ),
            Self::TooLong => f.write_str("value is longer than a field of the protocol can be"),
            Self::ArrayTooLarge => f.write_str("array size exceeds the maximum allowed"),
        }
    }
}

impl core::error::Error for EncodeError {}
