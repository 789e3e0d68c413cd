//! Describe and Close: messages about one statement or portal.

use alloc::vec::Vec;

use crate::codec::{Reader, put};
use crate::{Decode, DecodeError, Encode, EncodeError, PortalName, StatementName, frame};

/// What a [`Describe`] or [`Close`] is about.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Target<'a> {
    /// A prepared statement (`S`).
    Statement(StatementName<'a>),
    /// A portal (`P`).
    Portal(PortalName<'a>),
}

/// `D`: asks for the parameters and columns of a statement, or the columns of a portal
/// (PostgreSQL docs 54.2.3).
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Describe<'a>(
    /// What to describe.
    pub Target<'a>,
);

/// `C`: drops a statement or portal, if there is one of that name (PostgreSQL docs 54.2.3).
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Close<'a>(
    /// What to drop.
    pub Target<'a>,
);

impl Describe<'_> {
    /// The type byte.
    pub const TAG: u8 = b'D';
}

impl Close<'_> {
    /// The type byte.
    pub const TAG: u8 = b'C';
}

impl<'a> Decode<'a> for Describe<'a> {
    #[inline]
    fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        Target::read(body, DecodeError::DescribeTarget).map(Self)
    }
}

impl<'a> Decode<'a> for Close<'a> {
    #[inline]
    fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        Target::read(body, DecodeError::CloseTarget).map(Self)
    }
}

impl Encode for Describe<'_> {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame::write(out, Self::TAG, |out| self.0.write(out))
    }
}

impl Encode for Close<'_> {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame::write(out, Self::TAG, |out| self.0.write(out))
    }
}

impl<'a> Target<'a> {
    #[inline]
    fn read(body: &'a [u8], unknown: fn(u8) -> DecodeError) -> Result<Self, DecodeError> {
        let mut body = Reader::new(body);
        let kind = body.u8()?;
        let name = body.cstr()?;
        body.finish()?;
        // PostgreSQL, too, looks at the kind only when the message is read to its end.
        match kind {
            b'S' => Ok(Self::Statement(StatementName::from_bytes(name))),
            b'P' => Ok(Self::Portal(PortalName::from_bytes(name))),
            kind => Err(unknown(kind)),
        }
    }

    fn write(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let (kind, name) = match self {
            Self::Statement(name) => (b'S', name.as_bytes()),
            Self::Portal(name) => (b'P', name.as_bytes()),
        };
        out.push(kind);
        put::cstr(out, name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn statements_and_portals() {
        let statement = Target::Statement(StatementName::from("s"));
        assert_eq!(Describe::decode(b"Ss\0"), Ok(Describe(statement)));
        assert_eq!(
            Close::decode(b"P\0"),
            Ok(Close(Target::Portal(PortalName::UNNAMED)))
        );
    }

    #[test]
    fn other_kinds_are_named_in_the_error() {
        let error = Describe::decode(b"X\0").map_err(|error| error.to_string());
        assert_eq!(
            error,
            Err("invalid DESCRIBE message subtype 88".to_string())
        );
        let error = Close::decode(b"X\0").map_err(|error| error.to_string());
        assert_eq!(error, Err("invalid CLOSE message subtype 88".to_string()));
        assert_eq!(Describe::decode(b""), Err(DecodeError::NoData));
        assert_eq!(
            Describe::decode(b"Xs"),
            Err(DecodeError::UnterminatedString)
        );
    }
}
