//! The formats that a result goes out in.

use std::sync::Arc;

use trunkline_proto::{Format, codec};

/// The formats of a result's columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Formats {
    Text,
    Binary,
    Mixed(Arc<[Format]>),
    /// Text and binary, for rows that are kept until the client says which it wants.
    Both,
}

impl Formats {
    #[inline]
    pub(crate) fn of(&self, column: usize) -> Format {
        match self {
            Self::Text | Self::Both => Format::Text,
            Self::Binary => Format::Binary,
            Self::Mixed(formats) => formats.get(column).copied().unwrap_or(Format::Text),
        }
    }

    /// The bytes that they take.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Text | Self::Binary | Self::Both => 0,
            Self::Mixed(formats) => size_of_val(&**formats),
        }
    }

    /// Whether they are mixed in just this way.
    #[cold]
    pub(crate) fn is_as(&self, codes: &codec::Formats<'_>) -> bool {
        let Self::Mixed(formats) = self else {
            return false;
        };
        formats
            .iter()
            .map(|format| i16::from(*format))
            .eq(codes.iter())
    }
}
