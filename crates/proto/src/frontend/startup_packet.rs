//! What may open a connection: packets without a type byte, told apart by their first number.

use alloc::vec::Vec;

use super::{CancelRequest, GssEncRequest, ProtocolVersion, SslRequest, Startup};
use crate::codec::Reader;
use crate::{Decode, DecodeError, Encode, EncodeError, frame};

/// Any packet that comes before the first typed message (PostgreSQL docs 54.7).
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum StartupPacket<'a> {
    /// A session with some version 3.x of the protocol.
    Startup(Startup<'a>),
    /// May we speak TLS?
    SslRequest,
    /// May we speak GSSAPI encryption?
    GssEncRequest,
    /// Cancel what another session runs.
    CancelRequest(CancelRequest<'a>),
    /// A session with a protocol whose major version is not 3; what follows is in that protocol's form.
    Unsupported(ProtocolVersion),
}

impl<'a> Decode<'a> for StartupPacket<'a> {
    fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut body = Reader::new(body);
        match body.u32()? {
            SslRequest::CODE => SslRequest::decode(body.rest()).map(|_| Self::SslRequest),
            GssEncRequest::CODE => GssEncRequest::decode(body.rest()).map(|_| Self::GssEncRequest),
            CancelRequest::CODE => CancelRequest::decode(body.rest()).map(Self::CancelRequest),
            version => match ProtocolVersion(version) {
                version if version.major() == 3 => {
                    Startup::read(version, body.rest()).map(Self::Startup)
                }
                version => Ok(Self::Unsupported(version)),
            },
        }
    }
}

impl Encode for StartupPacket<'_> {
    /// Of an unsupported version only the number is written.
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Self::Startup(startup) => startup.encode(out),
            Self::SslRequest => SslRequest.encode(out),
            Self::GssEncRequest => GssEncRequest.encode(out),
            Self::CancelRequest(request) => request.encode(out),
            Self::Unsupported(version) => frame::write_startup(out, |out| {
                out.extend_from_slice(&version.0.to_be_bytes());
                Ok(())
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frontend::Parameters;

    #[test]
    fn told_apart_by_the_first_number() {
        let decode = StartupPacket::decode;
        assert_eq!(decode(b"\x04\xD2\x16\x2F"), Ok(StartupPacket::SslRequest));
        assert_eq!(
            decode(b"\x04\xD2\x16\x30"),
            Ok(StartupPacket::GssEncRequest)
        );
        let cancel = CancelRequest {
            pid: 1,
            key: b"abcd",
        };
        let bytes = b"\x04\xD2\x16\x2E\0\0\0\x01abcd";
        assert_eq!(decode(bytes), Ok(StartupPacket::CancelRequest(cancel)));
        let startup = Startup {
            version: ProtocolVersion::GREASE,
            parameters: Parameters::from(&[]),
        };
        assert_eq!(
            decode(b"\0\x03\x27\x0F\0"),
            Ok(StartupPacket::Startup(startup))
        );
    }

    #[test]
    fn another_major_version_is_not_read_further() {
        let two = StartupPacket::decode(b"\0\x02\0\0whatever");
        assert_eq!(two, Ok(StartupPacket::Unsupported(ProtocolVersion::V2_0)));
        assert_eq!(
            StartupPacket::decode(b"\0\x03\0"),
            Err(DecodeError::Insufficient)
        );
    }
}
