//! The `password` method: the password itself crosses the wire. To be used over TLS only.
//!
//! Source: PostgreSQL docs 54.2.1 (AuthenticationCleartextPassword).

use super::{Authenticated, Error, Mock, Verifier};

/// Checks the body of a password message against what is `stored` for `user`.
///
/// Hashes as often as the verifier (for an unknown user: `mock`) says, about a millisecond at 4096 iterations, during which the thread
/// is busy.
///
/// # Errors
///
/// [`Error::Rejected`] and [`Error::EmptyPassword`] (28P01), [`Error::PasswordPacket`] (08P01).
pub fn check(
    body: &[u8],
    user: &[u8],
    stored: Option<&Verifier>,
    mock: &Mock,
) -> Result<Authenticated, Error> {
    let password = password(body)?;
    let Some(stored) = stored else {
        // The same work for nobody.
        let _no: bool = Verifier::Scram(mock.secret(user))
            .accepts(password, user)
            .into();
        return Err(Error::Rejected);
    };
    if stored.accepts(password, user).into() {
        Ok(Authenticated::proven())
    } else {
        Err(Error::Rejected)
    }
}

/// The password in the body of a password message, for a check of the application's own.
///
/// # Errors
///
/// [`Error::EmptyPassword`] (28P01), [`Error::PasswordPacket`] (08P01).
pub fn password(body: &[u8]) -> Result<&[u8], Error> {
    single_string(body)
}

/// Exactly one string, its NUL at the end of the body and nowhere else, and not an empty one.
pub(super) fn single_string(body: &[u8]) -> Result<&[u8], Error> {
    match body.split_last() {
        Some((0, string)) if string.contains(&0) => Err(Error::PasswordPacket),
        Some((0, [])) => Err(Error::EmptyPassword),
        Some((0, string)) => Ok(string),
        _ => Err(Error::PasswordPacket),
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::auth::{Error, Mock, Verifier};

    fn login(stored: Option<&Verifier>, body: &[u8]) -> Result<(), Error> {
        check(body, b"ada", stored, &Mock::new([7; 32], 16)).map(|_proof| ())
    }

    /// T-A17 and PW-01.
    #[test]
    fn bodies() {
        let scram = Verifier::scram(b"secret", [1; 16], 16).expect("a usable password");
        let md5 = Verifier::md5(b"secret", b"ada").expect("a usable password");
        for stored in [&scram, &md5] {
            let stored = Some(stored);
            assert_eq!(login(stored, b"secret\0"), Ok(()));
            assert_eq!(login(stored, b"Secret\0"), Err(Error::Rejected));
            assert_eq!(login(stored, b"\0"), Err(Error::EmptyPassword));
            assert_eq!(login(stored, b""), Err(Error::PasswordPacket));
            assert_eq!(login(stored, b"a\0b\0"), Err(Error::PasswordPacket));
            assert_eq!(login(stored, b"secret\0\0"), Err(Error::PasswordPacket));
            assert_eq!(login(stored, b"secret"), Err(Error::PasswordPacket));
        }
        assert_eq!(login(None, b"secret\0"), Err(Error::Rejected));
    }
}
