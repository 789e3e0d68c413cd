//! StartupMessage: the version and the parameters of a new session.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::codec::{Reader, put};
use crate::{Decode, DecodeError, Encode, EncodeError, frame};

/// The first message of a session (PostgreSQL docs 54.2.1).
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Startup<'a> {
    /// The protocol version that the client asks for.
    pub version: ProtocolVersion,
    /// Names and values: `user`, `database`, settings, protocol options.
    pub parameters: Parameters<'a>,
}

impl<'a> Startup<'a> {
    /// Reads what follows the version.
    pub(super) fn read(version: ProtocolVersion, body: &'a [u8]) -> Result<Self, DecodeError> {
        Parameters::read(body).map(|parameters| Self {
            version,
            parameters,
        })
    }
}

impl<'a> Decode<'a> for Startup<'a> {
    /// Reads a whole body, version included, whatever the version is.
    fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut body = Reader::new(body);
        let version = ProtocolVersion(body.u32()?);
        Self::read(version, body.rest())
    }
}

impl Encode for Startup<'_> {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame::write_startup(out, |out| {
            out.extend_from_slice(&self.version.0.to_be_bytes());
            for (name, value) in self.parameters {
                // An empty name is what ends the list.
                if name.is_empty() {
                    return Err(EncodeError::EmptyString);
                }
                put::cstr(out, name)?;
                put::cstr(out, value)?;
            }
            out.push(0);
            Ok(())
        })
    }
}

/// A protocol version: the major number in the upper 16 bits, the minor in the lower.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct ProtocolVersion(
    /// The number on the wire.
    pub u32,
);

impl ProtocolVersion {
    /// 2.0, which PostgreSQL 14 stopped speaking.
    pub const V2_0: Self = Self::new(2, 0);
    /// 3.0, spoken by everything since PostgreSQL 7.4.
    pub const V3_0: Self = Self::new(3, 0);
    /// 3.2, since PostgreSQL 18: cancel keys of 4 to 256 bytes.
    pub const V3_2: Self = Self::new(3, 2);
    /// 3.9999, which no server ever supports: clients ask for it to see that versions are negotiated.
    pub const GREASE: Self = Self::new(3, 9999);

    /// The version `major`.`minor`.
    #[must_use]
    pub const fn new(major: u16, minor: u16) -> Self {
        let ([a, b], [c, d]) = (major.to_be_bytes(), minor.to_be_bytes());
        Self(u32::from_be_bytes([a, b, c, d]))
    }

    /// The number before the dot: 3.
    #[must_use]
    pub const fn major(self) -> u16 {
        let [a, b, _, _] = self.0.to_be_bytes();
        u16::from_be_bytes([a, b])
    }

    /// The number after the dot.
    #[must_use]
    pub const fn minor(self) -> u16 {
        let [_, _, c, d] = self.0.to_be_bytes();
        u16::from_be_bytes([c, d])
    }
}

impl fmt::Display for ProtocolVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major(), self.minor())
    }
}

impl fmt::Debug for ProtocolVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProtocolVersion({self})")
    }
}

/// The names and values of a startup packet: a view over a decoded body, or a slice to be encoded.
///
/// They are bytes; no encoding is agreed on yet. Of a name that comes twice the last value holds.
#[derive(Copy, Clone)]
pub struct Parameters<'a>(Source<'a>);

#[derive(Copy, Clone)]
enum Source<'a> {
    /// Names and values with their NULs, without the terminator.
    Wire(&'a [u8]),
    Slice(&'a [(&'a [u8], &'a [u8])]),
}

impl<'a> Parameters<'a> {
    /// Names and values in the order of the packet.
    #[must_use]
    pub const fn iter(&self) -> ParametersIter<'a> {
        ParametersIter(self.0)
    }

    /// The value of `name`: the last one, if the name comes more than once.
    #[must_use]
    pub fn value(&self, name: &[u8]) -> Option<&'a [u8]> {
        self.iter()
            .filter(|(each, _)| *each == name)
            .last()
            .map(|(_, value)| value)
    }

    /// Takes pairs up to a terminator that must be the last byte.
    fn read(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(body);
        loop {
            // Every way to be wrong is one error to PostgreSQL.
            let name = reader.cstr().map_err(|_| DecodeError::StartupLayout)?;
            if name.is_empty() {
                break;
            }
            reader.text().map_err(|_| DecodeError::StartupLayout)?;
        }
        match (reader.finish(), body.split_last()) {
            (Ok(()), Some((_terminator, pairs))) => Ok(Self(Source::Wire(pairs))),
            _ => Err(DecodeError::StartupLayout),
        }
    }
}

impl<'a> From<&'a [(&'a [u8], &'a [u8])]> for Parameters<'a> {
    fn from(pairs: &'a [(&'a [u8], &'a [u8])]) -> Self {
        Self(Source::Slice(pairs))
    }
}

impl<'a, const N: usize> From<&'a [(&'a [u8], &'a [u8]); N]> for Parameters<'a> {
    fn from(pairs: &'a [(&'a [u8], &'a [u8]); N]) -> Self {
        Self(Source::Slice(pairs))
    }
}

impl PartialEq for Parameters<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Parameters<'_> {}

impl fmt::Debug for Parameters<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = String::from_utf8_lossy;
        f.debug_map()
            .entries(self.iter().map(|(name, value)| (text(name), text(value))))
            .finish()
    }
}

impl<'a> IntoIterator for Parameters<'a> {
    type Item = (&'a [u8], &'a [u8]);
    type IntoIter = ParametersIter<'a>;

    fn into_iter(self) -> ParametersIter<'a> {
        self.iter()
    }
}

/// The names and values of a [`Parameters`], in order.
#[derive(Clone)]
pub struct ParametersIter<'a>(Source<'a>);

impl<'a> Iterator for ParametersIter<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<(&'a [u8], &'a [u8])> {
        match &mut self.0 {
            Source::Wire(bytes) => {
                let mut reader = Reader::new(bytes);
                let pair = (reader.cstr().ok()?, reader.text().ok()?);
                *bytes = reader.rest();
                Some(pair)
            }
            Source::Slice(pairs) => {
                let (first, rest) = pairs.split_first()?;
                *pairs = rest;
                Some(*first)
            }
        }
    }
}

impl core::iter::FusedIterator for ParametersIter<'_> {}

impl fmt::Debug for ParametersIter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Parameters(self.0), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_two_values_holds() {
        let startup = Startup::decode(b"\0\x03\0\0user\0a\0database\0d\0user\0b\0\0");
        let user = startup.map(|startup| startup.parameters.value(b"user"));
        assert_eq!(user, Ok(Some(&b"b"[..])));
    }

    #[test]
    fn no_parameters_and_empty_values_are_legal() {
        assert_eq!(Parameters::read(b"\0"), Ok(Parameters::from(&[])));
        assert_eq!(
            Parameters::read(b"user\0\0\0"),
            Ok(Parameters::from(&[(&b"user"[..], &b""[..])]))
        );
    }

    #[test]
    fn the_terminator_is_the_last_byte() {
        for body in [
            &b""[..],
            b"user",
            b"user\0",
            b"user\0a",
            b"user\0a\0",
            b"\0\0",
            b"user\0a\0\0x",
        ] {
            assert_eq!(
                Parameters::read(body),
                Err(DecodeError::StartupLayout),
                "{body:?}"
            );
        }
    }

    #[test]
    fn versions() {
        assert_eq!(ProtocolVersion::V3_2.0, 0x0003_0002);
        assert_eq!(ProtocolVersion::GREASE.0, 0x0003_270F);
        assert_eq!(
            (
                ProtocolVersion(0x0002_0001).major(),
                ProtocolVersion(0x0002_0001).minor()
            ),
            (2, 1)
        );
    }
}
