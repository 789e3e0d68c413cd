//! CancelRequest: stops what another connection is running.

use alloc::vec::Vec;
use core::fmt;

use crate::codec::{Reader, put};
use crate::{Decode, DecodeError, Encode, EncodeError, frame};

/// Asks to cancel the query of the session that was given this key; never answered (PostgreSQL docs 54.2.9).
#[derive(Copy, Clone, Eq, PartialEq)]
pub struct CancelRequest<'a> {
    /// The process id from BackendKeyData.
    pub pid: i32,
    /// The key from BackendKeyData: 4 bytes under protocol 3.0, up to 256 under 3.2.
    pub key: &'a [u8],
}

impl CancelRequest<'_> {
    /// What stands in the place of the protocol version.
    pub const CODE: u32 = 80_877_102;
    /// The longest key, in bytes.
    pub const MAX_KEY: usize = 256;
}

impl<'a> Decode<'a> for CancelRequest<'a> {
    /// Reads what follows the code.
    fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut body = Reader::new(body);
        let pid = body.i32()?;
        let key = body.rest();
        match key.len() {
            1..=Self::MAX_KEY => Ok(Self { pid, key }),
            length => Err(DecodeError::CancelKeyLength(length)),
        }
    }
}

impl Encode for CancelRequest<'_> {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        if !(1..=Self::MAX_KEY).contains(&self.key.len()) {
            return Err(EncodeError::CancelKeyLength(self.key.len()));
        }
        frame::write_startup(out, |out| {
            out.extend_from_slice(&Self::CODE.to_be_bytes());
            put::i32(out, self.pid);
            put::bytes(out, self.key)
        })
    }
}

/// Keeps the key out of logs.
impl fmt::Debug for CancelRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelRequest")
            .field("pid", &self.pid)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_1_to_256_bytes() {
        for (length, legal) in [
            (0, false),
            (1, true),
            (4, true),
            (32, true),
            (256, true),
            (257, false),
        ] {
            let key = alloc::vec![7; length];
            let mut body = b"\0\0\0\x2A".to_vec();
            body.extend_from_slice(&key);
            let request = CancelRequest { pid: 42, key: &key };
            let mut out = Vec::new();
            if legal {
                assert_eq!(CancelRequest::decode(&body), Ok(request));
                assert_eq!(request.encode(&mut out), Ok(()));
                assert_eq!(out.len(), 12 + length);
            } else {
                assert_eq!(
                    CancelRequest::decode(&body),
                    Err(DecodeError::CancelKeyLength(length))
                );
                assert_eq!(
                    request.encode(&mut out),
                    Err(EncodeError::CancelKeyLength(length))
                );
                assert_eq!(out, []);
            }
        }
    }
}
