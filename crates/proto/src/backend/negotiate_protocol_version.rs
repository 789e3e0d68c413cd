//! NegotiateProtocolVersion: the server speaks less than it was asked for.

use alloc::vec::Vec;

use crate::codec::{Reader, Strings, put};
use crate::frontend::ProtocolVersion;
use crate::{Decode, DecodeError, Encode, EncodeError, frame};

/// `v`: the version that will be spoken, and the protocol options that will not (PostgreSQL docs 54.2.1).
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct NegotiateProtocolVersion<'a> {
    /// The newest version of the major version asked for that the server speaks. The documentation says minor
    /// number; PostgreSQL sends the whole one, and that is what clients understand.
    pub version: ProtocolVersion,
    /// The names of the options (`_pq_.…`) that the server does not know.
    pub options: Strings<'a>,
}

impl NegotiateProtocolVersion<'_> {
    /// The type byte.
    pub const TAG: u8 = b'v';
}

impl<'a> Decode<'a> for NegotiateProtocolVersion<'a> {
    fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut body = Reader::new(body);
        let version = ProtocolVersion(body.u32()?);
        let count = body.i32()?;
        // No count is believed before the strings are there: each takes a byte at least.
        let count = usize::try_from(count).map_err(|_| DecodeError::NegativeCount(count))?;
        let options = Strings::read_counted(&mut body, count)?;
        body.finish()?;
        Ok(Self { version, options })
    }
}

impl Encode for NegotiateProtocolVersion<'_> {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame::write(out, Self::TAG, |out| {
            out.extend_from_slice(&self.version.0.to_be_bytes());
            put::i32(out, put::length(self.options.iter().count())?);
            self.options.write(out)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_as_many_as_counted() {
        let v = NegotiateProtocolVersion::decode(b"\0\x03\0\0\0\0\0\x02_pq_.foo\0_pq_.bar\0");
        let options = [&b"_pq_.foo"[..], b"_pq_.bar"];
        let expected = NegotiateProtocolVersion {
            version: ProtocolVersion::V3_0,
            options: Strings::from(&options),
        };
        assert_eq!(v, Ok(expected));
        let decode = NegotiateProtocolVersion::decode;
        assert_eq!(
            decode(b"\0\x03\0\0\0\0\0\x02a\0"),
            Err(DecodeError::UnterminatedString)
        );
        assert_eq!(
            decode(b"\0\x03\0\0\0\0\0\x01a\0b\0"),
            Err(DecodeError::Trailing)
        );
        assert_eq!(
            decode(b"\0\x03\0\0\xFF\xFF\xFF\xFF"),
            Err(DecodeError::NegativeCount(-1))
        );
        assert_eq!(
            decode(b"\0\x03\0\0\x7F\xFF\xFF\xFF"),
            Err(DecodeError::UnterminatedString)
        );
    }
}
