//! What a server keeps of a password: the strings of `pg_authid.rolpassword`.

use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use base64ct::{Base64, Encoding};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroize;

use super::scram::{Derivation, Key, key_from_base64};
use super::{md5, saslprep};

/// The iteration count of new verifiers, PostgreSQL's default `scram_iterations`.
pub const DEFAULT_ITERATIONS: u32 = 4096;

/// The highest iteration count that a verifier may have. It bounds the time of [`cleartext::check`](super::cleartext::check).
pub const MAX_ITERATIONS: u32 = 1_000_000;

/// A stored password, in either of PostgreSQL's forms. [`FromStr`] and [`Display`](fmt::Display) read and write exactly the strings of
/// `pg_authid.rolpassword`, so that verifiers can be carried over from PostgreSQL and back.
///
/// ```
/// use trunkline_proto::auth::Verifier;
///
/// let stored = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
/// let verifier: Verifier = stored.parse()?;
/// assert!(verifier.is_scram());
/// assert_eq!(verifier.to_string(), stored);
/// # Ok::<(), trunkline_proto::auth::InvalidVerifier>(())
/// ```
///
/// `Debug` shows no key. A verifier is itself a secret: an MD5 hash serves as the password, and either form can be attacked offline.
#[derive(Clone, Debug)]
pub enum Verifier {
    /// `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`.
    Scram(Secret),
    /// `md5<hex>`.
    Md5(Md5Secret),
}

impl Verifier {
    /// A SCRAM verifier for `password`. `salt`: random bytes, fresh for every verifier. `iterations`: usually [`DEFAULT_ITERATIONS`].
    ///
    /// Takes as long as a login does on the client's side: about a millisecond at 4096 iterations.
    ///
    /// # Errors
    ///
    /// [`UnusablePassword`]: empty, with a NUL, or an iteration count that is 0 or over [`MAX_ITERATIONS`].
    pub fn scram(
        password: &[u8],
        salt: [u8; 16],
        iterations: u32,
    ) -> Result<Self, UnusablePassword> {
        usable(password)?;
        if iterations == 0 || iterations > MAX_ITERATIONS {
            return Err(UnusablePassword::Iterations);
        }
        Ok(Self::Scram(Secret::derive(password, &salt, iterations)))
    }

    /// An MD5 verifier for `password`, salted with the name of the `user`.
    ///
    /// # Errors
    ///
    /// [`UnusablePassword`]: empty, or with a NUL.
    pub fn md5(password: &[u8], user: &[u8]) -> Result<Self, UnusablePassword> {
        usable(password)?;
        Ok(Self::Md5(Md5Secret(md5::hex_digest(&[password, user]))))
    }

    /// Whether this is a SCRAM verifier: if so, PostgreSQL's `md5` method performs SCRAM.
    #[must_use]
    pub const fn is_scram(&self) -> bool {
        matches!(self, Self::Scram(_))
    }

    /// Whether this is the verifier of the empty password for `user`, which must never be let in.
    ///
    /// SCRAM cannot tell during an exchange that the password is empty, so whoever loads verifiers asks this once for each and refuses
    /// those that say yes, as PostgreSQL does when a password is set. It costs one derivation. (The other methods check by themselves.)
    #[must_use]
    pub fn admits_empty_password(&self, user: &[u8]) -> bool {
        self.accepts(b"", user).into()
    }

    /// Whether `password` is the one behind this verifier. Compares in constant time; derives for as long as the verifier asks.
    pub(super) fn accepts(&self, password: &[u8], user: &[u8]) -> Choice {
        match self {
            Self::Scram(secret) => {
                let derived = Secret::derive(password, &secret.salt, secret.iterations);
                derived.server_key.ct_eq(&secret.server_key)
                    & derived.stored_key.ct_eq(&secret.stored_key)
            }
            Self::Md5(Md5Secret(hex)) => md5::hex_digest(&[password, user]).ct_eq(hex),
        }
    }
}

impl FromStr for Verifier {
    type Err = InvalidVerifier;

    fn from_str(stored: &str) -> Result<Self, InvalidVerifier> {
        if let Some(rest) = stored.strip_prefix(Secret::PREFIX) {
            Secret::parse(rest).map(Self::Scram)
        } else if let Some(hex) = stored.strip_prefix(Md5Secret::PREFIX) {
            Md5Secret::parse(hex).map(Self::Md5)
        } else {
            Err(InvalidVerifier::Form)
        }
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scram(secret) => write!(
                f,
                "{}{}:{}${}:{}",
                Secret::PREFIX,
                secret.iterations,
                Base64::encode_string(&secret.salt),
                Base64::encode_string(&secret.stored_key),
                Base64::encode_string(&secret.server_key),
            ),
            Self::Md5(Md5Secret(hex)) => {
                f.write_str(Md5Secret::PREFIX)?;
                hex.iter()
                    .try_for_each(|digit| fmt::Write::write_char(f, char::from(*digit)))
            }
        }
    }
}

/// The keys of a SCRAM verifier.
#[derive(Clone)]
pub struct Secret {
    pub(super) salt: Vec<u8>,
    pub(super) iterations: u32,
    pub(super) stored_key: Key,
    pub(super) server_key: Key,
}

impl Secret {
    const PREFIX: &str = "SCRAM-SHA-256$";

    /// How often the password is hashed.
    #[must_use]
    pub const fn iterations(&self) -> u32 {
        self.iterations
    }

    /// The salt: usually 16 bytes.
    #[must_use]
    pub fn salt(&self) -> &[u8] {
        &self.salt
    }

    fn derive(password: &[u8], salt: &[u8], iterations: u32) -> Self {
        let keys = Derivation::new(&saslprep::prepare(password), salt, iterations).finish();
        Self {
            salt: salt.into(),
            iterations,
            stored_key: keys.stored_key,
            server_key: keys.server_key,
        }
    }

    fn parse(rest: &str) -> Result<Self, InvalidVerifier> {
        let (parameters, keys) = rest.split_once('$').ok_or(InvalidVerifier::Form)?;
        let (iterations, salt) = parameters.split_once(':').ok_or(InvalidVerifier::Form)?;
        let (stored_key, server_key) = keys.split_once(':').ok_or(InvalidVerifier::Form)?;
        if iterations.is_empty() || !iterations.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidVerifier::Iterations);
        }
        let iterations = iterations
            .parse()
            .ok()
            .filter(|count| (1..=MAX_ITERATIONS).contains(count))
            .ok_or(InvalidVerifier::Iterations)?;
        let salt = Base64::decode_vec(salt).map_err(|_| InvalidVerifier::Salt)?;
        if salt.is_empty() {
            return Err(InvalidVerifier::Salt);
        }
        Ok(Self {
            salt,
            iterations,
            stored_key: key(stored_key)?,
            server_key: key(server_key)?,
        })
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret")
            .field("iterations", &self.iterations)
            .finish_non_exhaustive()
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.stored_key.zeroize();
        self.server_key.zeroize();
    }
}

/// The hash of an MD5 verifier: 32 lower-case hexadecimal digits.
#[derive(Clone)]
pub struct Md5Secret(pub(super) [u8; 32]);

impl Md5Secret {
    const PREFIX: &str = "md5";

    fn parse(hex: &str) -> Result<Self, InvalidVerifier> {
        let hex: [u8; 32] = hex
            .as_bytes()
            .try_into()
            .map_err(|_| InvalidVerifier::Md5)?;
        if hex
            .iter()
            .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
        {
            Ok(Self(hex))
        } else {
            Err(InvalidVerifier::Md5)
        }
    }
}

impl fmt::Debug for Md5Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Md5Secret").finish_non_exhaustive()
    }
}

impl Drop for Md5Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Why a string is no verifier. None of these repeats the string: it may be a password that was put there by mistake.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum InvalidVerifier {
    /// Neither of the two forms.
    Form,
    /// An iteration count that is no number, 0, or over [`MAX_ITERATIONS`].
    Iterations,
    /// A salt that is empty or no base64.
    Salt,
    /// A key that is not the base64 of 32 bytes.
    Key,
    /// Something else than 32 lower-case hexadecimal digits after `md5`.
    Md5,
}

impl fmt::Display for InvalidVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => f.write_str(
                "not a password verifier: expected SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey> or md5<32 hexadecimal digits>",
            ),
            Self::Iterations => write!(
                f,
                "the iteration count of a SCRAM verifier must be a number from 1 to {MAX_ITERATIONS}"
            ),
            Self::Salt => f.write_str("the salt of a SCRAM verifier must be base64 and not empty"),
            Self::Key => f.write_str("the keys of a SCRAM verifier must be 32 bytes each, in base64"),
            Self::Md5 => f.write_str("an md5 verifier must have 32 lower-case hexadecimal digits"),
        }
    }
}

impl core::error::Error for InvalidVerifier {}

/// Why no verifier can be made.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum UnusablePassword {
    /// An empty password never opens anything.
    Empty,
    /// A password with a NUL in it cannot be sent.
    Nul,
    /// The iteration count is 0 or over [`MAX_ITERATIONS`].
    Iterations,
}

impl fmt::Display for UnusablePassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the password is empty"),
            Self::Nul => f.write_str("the password contains a zero byte"),
            Self::Iterations => {
                write!(f, "the iteration count must be from 1 to {MAX_ITERATIONS}")
            }
        }
    }
}

impl core::error::Error for UnusablePassword {}

pub(super) fn usable(password: &[u8]) -> Result<(), UnusablePassword> {
    if password.is_empty() {
        Err(UnusablePassword::Empty)
    } else if password.contains(&0) {
        Err(UnusablePassword::Nul)
    } else {
        Ok(())
    }
}

fn key(base64: &str) -> Result<Key, InvalidVerifier> {
    key_from_base64(base64.as_bytes()).ok_or(InvalidVerifier::Key)
}

#[cfg(test)]
mod tests;
