//! The `md5` method, kept for old verifiers: its hash serves as the password, and its salt has only 32 bits.
//!
//! Source: PostgreSQL docs 54.2.1 (AuthenticationMD5Password).

use alloc::string::String;
use core::fmt;
use core::str;

use md5::{Digest, Md5};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroize;

use super::cleartext::single_string;
use super::{Authenticated, Error, Verifier};

/// The server's side: a salt was sent, a hash is to come.
pub struct Server {
    salt: [u8; 4],
    hash: [u8; 32],
    genuine: Choice,
}

impl Server {
    /// An exchange for `user`, of whom `stored` is kept. Without an MD5 verifier, or with that of the empty password, it cannot succeed.
    /// (A server whose method is `md5` performs SCRAM for those that [have such a verifier](Verifier::is_scram).)
    /// `salt`: random bytes, fresh for every connection.
    #[must_use]
    pub fn for_user(user: &[u8], stored: Option<&Verifier>, salt: [u8; 4]) -> Self {
        let empty = hex_digest(&[b"", user]);
        let (hash, genuine) = match stored {
            Some(Verifier::Md5(secret)) => (secret.0, !secret.0.ct_eq(&empty)),
            Some(Verifier::Scram(_)) | None => (empty, Choice::from(0)),
        };
        Self {
            salt,
            hash,
            genuine,
        }
    }

    /// What AuthenticationMD5Password carries.
    #[must_use]
    pub const fn salt(&self) -> [u8; 4] {
        self.salt
    }

    /// Takes the body of the client's password message.
    ///
    /// # Errors
    ///
    /// [`Error::Rejected`] and [`Error::EmptyPassword`] (28P01), [`Error::PasswordPacket`] (08P01).
    pub fn verify(self, body: &[u8]) -> Result<Authenticated, Error> {
        let answer = single_string(body)?;
        let expected = hex_digest(&[&self.hash, &self.salt]);
        let hash = answer.strip_prefix(b"md5").unwrap_or_default();
        if bool::from(hash.ct_eq(&expected) & self.genuine) {
            Ok(Authenticated::proven())
        } else {
            Err(Error::Rejected)
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").finish_non_exhaustive()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.hash.zeroize();
    }
}

/// The client's side: what to send for `password` once the server has sent `salt`, without the NUL at its end.
///
/// `user` is the name of the startup packet.
#[must_use]
pub fn response(user: &[u8], password: &[u8], salt: [u8; 4]) -> String {
    let inner = hex_digest(&[password, user]);
    let outer = hex_digest(&[&inner, &salt]);
    let mut response = String::from("md5");
    response.push_str(str::from_utf8(&outer).unwrap_or_default());
    response
}

/// MD5 over `parts`, as 32 lower-case hexadecimal digits.
pub(super) fn hex_digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Md5::new();
    for part in parts {
        hash.update(part);
    }
    let mut hex = [0; 32];
    for (digits, byte) in hex.chunks_exact_mut(2).zip(hash.finalize()) {
        digits.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
    }
    hex
}

const fn digit(nibble: u8) -> u8 {
    match nibble {
        0..=9 => b'0' + nibble,
        _ => b'a' + nibble - 10,
    }
}

#[cfg(test)]
mod tests {
    use super::{Server, response};
    use crate::auth::{Error, Verifier};
    use alloc::vec::Vec;

    const USER: &[u8] = b"md5_user";
    const SALT: [u8; 4] = [0x2a, 0x3d, 0x8f, 0xe0];

    fn login(stored: Option<&Verifier>, answer: &str) -> Result<(), Error> {
        let body = [answer.as_bytes(), b"\0"].concat();
        Server::for_user(USER, stored, SALT)
            .verify(&body)
            .map(|_proof| ())
    }

    #[test]
    fn vector_of_the_protocol_reference() {
        assert_eq!(
            response(USER, b"password", SALT),
            "md562af4dd09bbb41884907a838a3233294"
        );
    }

    /// T-A19.
    #[test]
    fn right_and_wrong() {
        let stored = Verifier::md5(b"password", USER).expect("a usable password");
        let right = response(USER, b"password", SALT);
        assert_eq!(login(Some(&stored), &right), Ok(()));
        for wrong in [
            response(USER, b"passwort", SALT),
            response(USER, b"password", [0; 4]),
            response(b"other", b"password", SALT),
            right.to_uppercase(),
            right.replacen("md5", "", 1),
            "md5".into(),
        ] {
            assert_eq!(
                login(Some(&stored), &wrong),
                Err(Error::Rejected),
                "{wrong}"
            );
        }
        assert_eq!(login(None, &right), Err(Error::Rejected));
    }

    /// SEC-29: an empty password never authenticates.
    #[test]
    fn empty_password_opens_nothing() {
        let hex = super::hex_digest(&[b"", USER]);
        let stored: Vec<u8> = [b"md5".as_slice(), &hex].concat();
        let stored: Verifier = core::str::from_utf8(&stored)
            .expect("hexadecimal digits")
            .parse()
            .expect("a verifier");
        assert!(stored.admits_empty_password(USER));
        let answer = response(USER, b"", SALT);
        assert_eq!(login(Some(&stored), &answer), Err(Error::Rejected));
        assert_eq!(login(None, &answer), Err(Error::Rejected));
        assert_eq!(login(Some(&stored), ""), Err(Error::EmptyPassword));
    }
}
