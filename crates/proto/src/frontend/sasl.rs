//! SASLInitialResponse and SASLResponse: the client's side of a SASL exchange.

use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;

use crate::codec::{Reader, put};
use crate::{Decode, DecodeError, Encode, EncodeError, frame};

/// `p`, in answer to AuthenticationSASL: the mechanism that the client chose (PostgreSQL docs 54.3).
#[derive(Copy, Clone, Eq, PartialEq)]
pub struct SaslInitialResponse<'a> {
    /// The mechanism's name, one of those offered.
    pub mechanism: &'a [u8],
    /// The mechanism's first message; `None` waits for the server to speak first.
    pub data: Option<&'a [u8]>,
}

/// `p`, in answer to AuthenticationSASLContinue (PostgreSQL docs 54.3).
#[derive(Copy, Clone, Eq, PartialEq)]
pub struct SaslResponse<'a> {
    /// The mechanism's message.
    pub data: &'a [u8],
}

impl SaslInitialResponse<'_> {
    /// The type byte.
    pub const TAG: u8 = b'p';
}

impl SaslResponse<'_> {
    /// The type byte.
    pub const TAG: u8 = b'p';
}

impl<'a> Decode<'a> for SaslInitialResponse<'a> {
    fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut body = Reader::new(body);
        let mechanism = body.cstr()?;
        let data = body.value()?;
        body.finish()?;
        Ok(Self { mechanism, data })
    }
}

impl Encode for SaslInitialResponse<'_> {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame::write(out, Self::TAG, |out| {
            put::cstr(out, self.mechanism)?;
            put::value(out, self.data)
        })
    }
}

impl<'a> Decode<'a> for SaslResponse<'a> {
    fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        Ok(Self { data: body })
    }
}

impl Encode for SaslResponse<'_> {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame::write(out, Self::TAG, |out| put::bytes(out, self.data))
    }
}

/// Keeps proofs and tokens out of logs.
impl fmt::Debug for SaslInitialResponse<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SaslInitialResponse")
            .field("mechanism", &self.mechanism.escape_ascii().to_string())
            .finish_non_exhaustive()
    }
}

/// Keeps proofs and tokens out of logs.
impl fmt::Debug for SaslResponse<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SaslResponse").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_declared_length_is_the_length() {
        let decode = |body| SaslInitialResponse::decode(body).map(|message| message.data);
        assert_eq!(decode(b"M\0\0\0\0\x02n,"), Ok(Some(&b"n,"[..])));
        assert_eq!(decode(b"M\0\0\0\0\0"), Ok(Some(&b""[..])));
        assert_eq!(decode(b"M\0\xFF\xFF\xFF\xFF"), Ok(None));
        assert_eq!(decode(b"M\0\0\0\0\x03n,"), Err(DecodeError::Insufficient));
        assert_eq!(decode(b"M\0\0\0\0\x01n,"), Err(DecodeError::Trailing));
        assert_eq!(decode(b"M\0\xFF\xFF\xFF\xFF,"), Err(DecodeError::Trailing));
    }
}
