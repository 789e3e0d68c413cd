//! PasswordMessage: a password, in clear or as an MD5 hash.

use alloc::vec::Vec;
use core::fmt;

use crate::codec::put;
use crate::{Decode, DecodeError, Encode, EncodeError, frame};

/// `p`, in answer to AuthenticationCleartextPassword or AuthenticationMD5Password (PostgreSQL docs 54.2.1).
#[derive(Copy, Clone, Eq, PartialEq)]
pub struct PasswordMessage<'a> {
    /// The password, or `md5` and 32 hexadecimal digits.
    pub password: &'a [u8],
}

impl PasswordMessage<'_> {
    /// The type byte.
    pub const TAG: u8 = b'p';
}

impl<'a> Decode<'a> for PasswordMessage<'a> {
    fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        // A NUL inside would let a longer packet pass for a shorter password.
        match body.split_last() {
            Some((0, password)) if memchr::memchr(0, password).is_none() => Ok(Self { password }),
            _ => Err(DecodeError::PasswordSize),
        }
    }
}

impl Encode for PasswordMessage<'_> {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame::write(out, Self::TAG, |out| put::cstr(out, self.password))
    }
}

/// Keeps the password out of logs.
impl fmt::Debug for PasswordMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordMessage").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn the_password_fills_the_body() {
        assert_eq!(
            PasswordMessage::decode(b"pw\0"),
            Ok(PasswordMessage { password: b"pw" })
        );
        assert_eq!(
            PasswordMessage::decode(b"\0"),
            Ok(PasswordMessage { password: b"" })
        );
        for body in [&b""[..], b"pw", b"p\0w\0", b"pw\0\0"] {
            assert_eq!(
                PasswordMessage::decode(body),
                Err(DecodeError::PasswordSize)
            );
        }
    }

    #[test]
    fn is_not_printed() {
        assert!(
            !format!(
                "{:?}",
                PasswordMessage {
                    password: b"secret"
                }
            )
            .contains("secret")
        );
    }
}
