//! The one byte that answers an SSLRequest or a GSSENCRequest.
//!
//! It is read from the raw stream before anything is known of the server. Whatever comes with it was sent by somebody who can
//! write into the plaintext, and must not be carried over into the encrypted session (CVE-2021-23222).

use super::ProtocolError;

/// What the server says to a request for encryption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Begin the handshake of what was asked for.
    Granted,
    /// The server has no such encryption. Whether to go on in clear is the caller's decision (rule CL-03).
    Refused,
}

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// [`SslRequest`](crate::frontend::SslRequest) was sent.
    Tls,
    /// [`GssEncRequest`](crate::frontend::GssEncRequest) was sent.
    Gss,
}

impl Encryption {
    /// Reads the answer: `received` is all that has arrived since the request. `Ok(None)` if that is nothing.
    ///
    /// Read one byte at a time from the socket: then a second one cannot be here.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::DataBeforeEncryption`] if more than the answer arrived, [`ProtocolError::EncryptionError`] if the server
    /// answered with an error (whose text nobody has vouched for and is not shown, CVE-2024-10977),
    /// [`ProtocolError::EncryptionAnswer`] for any other byte.
    pub const fn answer(self, received: &[u8]) -> Result<Option<Answer>, ProtocolError> {
        let (first, rest) = match received {
            [] => return Ok(None),
            [first, rest @ ..] => (*first, rest),
        };
        match (self, first) {
            // A server too old to know the request reports that it does not understand; its text follows at once.
            (_, b'E') => Err(ProtocolError::EncryptionError),
            (Self::Tls, b'S') | (Self::Gss, b'G') | (_, b'N') if !rest.is_empty() => {
                Err(ProtocolError::DataBeforeEncryption)
            }
            (Self::Tls, b'S') | (Self::Gss, b'G') => Ok(Some(Answer::Granted)),
            (_, b'N') => Ok(Some(Answer::Refused)),
            (_, other) => Err(ProtocolError::EncryptionAnswer(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte() {
        use Encryption::{Gss, Tls};
        assert_eq!(Tls.answer(b""), Ok(None));
        assert_eq!(Tls.answer(b"S"), Ok(Some(Answer::Granted)));
        assert_eq!(Gss.answer(b"G"), Ok(Some(Answer::Granted)));
        for asked in [Tls, Gss] {
            assert_eq!(asked.answer(b"N"), Ok(Some(Answer::Refused)));
        }
        for (asked, byte) in [(Tls, b'G'), (Gss, b'S'), (Tls, b'R'), (Tls, b'Z')] {
            assert_eq!(
                asked.answer(&[byte]),
                Err(ProtocolError::EncryptionAnswer(byte))
            );
        }
    }

    /// T-L01, SEC-02, SEC-12: nothing sent in clear survives the upgrade.
    #[test]
    fn nothing_follows_it() {
        for received in [&b"SR\0\0\0\x08\0\0\0\0"[..], b"SS", b"NR"] {
            assert_eq!(
                Encryption::Tls.answer(received),
                Err(ProtocolError::DataBeforeEncryption)
            );
        }
    }

    /// T-L02, SEC-03: the text of an error is nobody's.
    #[test]
    fn an_error_is_not_shown() {
        use alloc::string::ToString;
        let error = Encryption::Tls
            .answer(b"E\0\0\0\x20SFATAL\0Mclick here\0\0")
            .expect_err("an error");
        assert_eq!(error, ProtocolError::EncryptionError);
        assert!(!error.to_string().contains("click"));
    }
}
