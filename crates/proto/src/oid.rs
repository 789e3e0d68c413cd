//! Object identifiers and format codes.

use core::fmt;

use crate::SqlState;

/// The identifier of a type, table or function. 0 means "none" or "not said".
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Ord, PartialOrd, Default)]
pub struct Oid(pub u32);

impl Oid {
    /// 0: no object, or a type that is to be inferred.
    pub const UNSPECIFIED: Self = Self(0);
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl From<u32> for Oid {
    fn from(oid: u32) -> Self {
        Self(oid)
    }
}

impl From<Oid> for u32 {
    fn from(oid: Oid) -> Self {
        oid.0
    }
}

/// How a value is written: as PostgreSQL's text, or in the type's binary form.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
#[repr(i16)]
pub enum Format {
    /// Code 0.
    #[default]
    Text = 0,
    /// Code 1.
    Binary = 1,
}

impl Format {
    /// The code on the wire.
    #[inline]
    #[must_use]
    pub const fn code(self) -> i16 {
        self as i16
    }
}

impl From<Format> for i16 {
    fn from(format: Format) -> Self {
        format.code()
    }
}

impl TryFrom<i16> for Format {
    type Error = UnsupportedFormat;

    #[inline]
    fn try_from(code: i16) -> Result<Self, UnsupportedFormat> {
        match code {
            0 => Ok(Self::Text),
            1 => Ok(Self::Binary),
            code => Err(UnsupportedFormat(code)),
        }
    }
}

/// A format code other than 0 and 1.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct UnsupportedFormat(
    /// The code.
    pub i16,
);

impl UnsupportedFormat {
    /// The SQLSTATE to answer with: `22023`, invalid parameter value. The message was well formed, so this is
    /// no protocol violation.
    #[must_use]
    pub const fn sqlstate(self) -> SqlState {
        SqlState::INVALID_PARAMETER_VALUE
    }
}

impl fmt::Display for UnsupportedFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unsupported format code: {}", self.0)
    }
}

impl core::error::Error for UnsupportedFormat {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        assert_eq!(Format::try_from(0), Ok(Format::Text));
        assert_eq!(Format::try_from(1), Ok(Format::Binary));
        for code in [-1, 2, i16::MAX, i16::MIN] {
            assert_eq!(Format::try_from(code), Err(UnsupportedFormat(code)));
        }
        assert_eq!(UnsupportedFormat(7).sqlstate().as_str(), "22023");
    }
}
