//! BackendKeyData: what a client needs to cancel.

use alloc::vec::Vec;
use core::fmt;

use crate::codec::{Reader, put};
use crate::{Decode, DecodeError, Encode, EncodeError, frame};

/// `K`: the key that a CancelRequest for this session must show (PostgreSQL docs 54.2.9).
#[derive(Copy, Clone, Eq, PartialEq)]
pub struct BackendKeyData<'a> {
    /// Names the session.
    pub pid: i32,
    /// The secret: 4 bytes under protocol 3.0, 4 to 256 under 3.2.
    pub key: &'a [u8],
}

impl BackendKeyData<'_> {
    /// The type byte.
    pub const TAG: u8 = b'K';
    /// The shortest key, in bytes.
    pub const MIN_KEY: usize = 4;
    /// The longest key, in bytes.
    pub const MAX_KEY: usize = 256;
}

impl<'a> Decode<'a> for BackendKeyData<'a> {
    fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut body = Reader::new(body);
        let pid = body.i32()?;
        let key = body.rest();
        match key.len() {
            Self::MIN_KEY..=Self::MAX_KEY => Ok(Self { pid, key }),
            length => Err(DecodeError::CancelKeyLength(length)),
        }
    }
}

impl Encode for BackendKeyData<'_> {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        if !(Self::MIN_KEY..=Self::MAX_KEY).contains(&self.key.len()) {
            return Err(EncodeError::CancelKeyLength(self.key.len()));
        }
        frame::write(out, Self::TAG, |out| {
            put::i32(out, self.pid);
            put::bytes(out, self.key)
        })
    }
}

/// Keeps the key out of logs.
impl fmt::Debug for BackendKeyData<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackendKeyData")
            .field("pid", &self.pid)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_4_to_256_bytes() {
        for (length, legal) in [
            (0, false),
            (3, false),
            (4, true),
            (32, true),
            (256, true),
            (257, false),
        ] {
            let key = alloc::vec![7; length];
            let mut body = b"\0\0\0\x2A".to_vec();
            body.extend_from_slice(&key);
            let data = BackendKeyData { pid: 42, key: &key };
            let mut out = Vec::new();
            if legal {
                assert_eq!(BackendKeyData::decode(&body), Ok(data));
                assert_eq!(data.encode(&mut out), Ok(()));
                assert_eq!(out.get(5..), Some(&body[..]));
            } else {
                assert_eq!(
                    BackendKeyData::decode(&body),
                    Err(DecodeError::CancelKeyLength(length))
                );
                assert_eq!(
                    data.encode(&mut out),
                    Err(EncodeError::CancelKeyLength(length))
                );
                assert_eq!(out, []);
            }
        }
    }
}
