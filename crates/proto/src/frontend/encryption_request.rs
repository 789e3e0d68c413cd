//! SSLRequest and GSSENCRequest: may the connection be encrypted?

use alloc::vec::Vec;

use crate::codec::Reader;
use crate::{Decode, DecodeError, Encode, EncodeError};

/// Asks for TLS; answered by one byte, `S` or `N` (PostgreSQL docs 54.2.11).
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct SslRequest;

/// Asks for GSSAPI encryption; answered by one byte, `G` or `N` (PostgreSQL docs 54.2.12).
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct GssEncRequest;

macro_rules! request {
    ($name:ident, $code:literal) => {
        impl $name {
            /// What stands in the place of the protocol version.
            pub const CODE: u32 = $code;
        }

        impl Decode<'_> for $name {
            /// Reads what follows the code, which is nothing.
            fn decode(body: &[u8]) -> Result<Self, DecodeError> {
                Reader::new(body).finish().map(|()| Self)
            }
        }

        impl Encode for $name {
            fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                out.extend_from_slice(&8_u32.to_be_bytes());
                out.extend_from_slice(&Self::CODE.to_be_bytes());
                Ok(())
            }
        }
    };
}

request!(SslRequest, 80_877_103);
request!(GssEncRequest, 80_877_104);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes() {
        let mut out = Vec::new();
        assert_eq!(
            SslRequest
                .encode(&mut out)
                .and(GssEncRequest.encode(&mut out)),
            Ok(())
        );
        assert_eq!(out, b"\0\0\0\x08\x04\xD2\x16\x2F\0\0\0\x08\x04\xD2\x16\x30");
    }
}
