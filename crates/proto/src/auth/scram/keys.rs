//! The arithmetic of SCRAM (RFC 5802 section 3), with SHA-256.

use core::fmt;

use base64ct::{Base64, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroize;

/// A SHA-256 hash or a key of that size.
pub(in crate::auth) type Key = [u8; 32];

/// PBKDF2-HMAC-SHA-256 for one block, in portions, so that whoever derives can stop, yield or give up in between.
#[derive(Clone)]
pub(in crate::auth) struct Derivation {
    password: Hmac<Sha256>,
    last: Key,
    pub(super) sum: Key,
    left: u32,
}

impl Derivation {
    /// `password` has been through SASLprep. `iterations` of 0 counts as 1.
    pub(in crate::auth) fn new(password: &[u8], salt: &[u8], iterations: u32) -> Self {
        let password = mac(password);
        let last: Key = password
            .clone()
            .chain_update(salt)
            .chain_update(1_u32.to_be_bytes())
            .finalize()
            .into_bytes()
            .into();
        Self {
            password,
            last,
            sum: last,
            left: iterations.saturating_sub(1),
        }
    }

    /// Number of rounds still to go.
    pub(in crate::auth) const fn left(&self) -> u32 {
        self.left
    }

    /// Does up to `rounds` rounds.
    pub(in crate::auth) fn advance(&mut self, rounds: u32) {
        let rounds = rounds.min(self.left);
        for _ in 0..rounds {
            self.last = self
                .password
                .clone()
                .chain_update(self.last)
                .finalize()
                .into_bytes()
                .into();
            for (sum, last) in self.sum.iter_mut().zip(&self.last) {
                *sum ^= last;
            }
        }
        self.left -= rounds;
    }

    /// Does the rounds that are left; the keys that follow from the salted password.
    pub(in crate::auth) fn finish(mut self) -> Keys {
        self.advance(u32::MAX);
        let client_key = hmac(&self.sum, &[b"Client Key"]);
        Keys {
            client_key,
            stored_key: Sha256::digest(client_key).into(),
            server_key: hmac(&self.sum, &[b"Server Key"]),
        }
    }
}

impl Drop for Derivation {
    fn drop(&mut self) {
        self.last.zeroize();
        self.sum.zeroize();
    }
}

impl fmt::Debug for Derivation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Derivation")
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

/// What a password comes down to.
#[derive(Clone)]
pub(in crate::auth) struct Keys {
    pub(in crate::auth) client_key: Key,
    pub(in crate::auth) stored_key: Key,
    pub(in crate::auth) server_key: Key,
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.client_key.zeroize();
        self.stored_key.zeroize();
        self.server_key.zeroize();
    }
}

/// What a password comes down to for the client of one server: enough to log in without the password, for middleware that was logged
/// in to and logs in elsewhere with the same. As good as the password for servers that keep the same salt and iterations.
///
/// Wiped from memory when dropped; `Debug` shows nothing of it.
#[derive(Clone)]
pub struct ClientKeys(Keys);

impl ClientKeys {
    /// The two keys of RFC 5802 section 3.
    #[must_use]
    pub fn new(client_key: [u8; 32], server_key: [u8; 32]) -> Self {
        Self(Keys {
            client_key,
            stored_key: Sha256::digest(client_key).into(),
            server_key,
        })
    }

    /// The same in base64, as libpq's `scram_client_key` and `scram_server_key` are; `None` if either is not that of 32 bytes.
    #[must_use]
    pub fn from_base64(client_key: &[u8], server_key: &[u8]) -> Option<Self> {
        let client_key = key_from_base64(client_key)?;
        Some(Self::new(client_key, key_from_base64(server_key)?))
    }

    pub(super) fn into_keys(self) -> Keys {
        self.0
    }
}

/// Takes the same time whatever the answer.
impl PartialEq for ClientKeys {
    fn eq(&self, other: &Self) -> bool {
        bool::from(
            self.0.client_key.ct_eq(&other.0.client_key)
                & self.0.server_key.ct_eq(&other.0.server_key),
        )
    }
}

impl Eq for ClientKeys {}

impl fmt::Debug for ClientKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientKeys(***)")
    }
}

/// The key that `base64` stands for, if it stands for 32 bytes.
pub(in crate::auth) fn key_from_base64(base64: &[u8]) -> Option<Key> {
    let mut key = [0; 32];
    let decoded = Base64::decode(base64, &mut key).ok()?.len();
    (decoded == key.len()).then_some(key)
}

/// The client's proof that it has `keys`, for this conversation.
pub(super) fn proof(keys: &Keys, conversation: &[&[u8]]) -> Key {
    xor(&keys.client_key, &hmac(&keys.stored_key, conversation))
}

/// Whether `proof` was made from the password behind `stored_key`. Takes the same time whatever the answer.
pub(super) fn proves(proof: &Key, stored_key: &Key, conversation: &[&[u8]]) -> Choice {
    let client_key = xor(proof, &hmac(stored_key, conversation));
    Key::from(Sha256::digest(client_key)).ct_eq(stored_key)
}

/// The server's proof that it has the keys.
pub(super) fn signature(server_key: &Key, conversation: &[&[u8]]) -> Key {
    hmac(server_key, conversation)
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> Key {
    let mut mac = mac(key);
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn mac(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes a key of any length")
}

fn xor(a: &Key, b: &Key) -> Key {
    let mut sum = *a;
    for (sum, b) in sum.iter_mut().zip(b) {
        *sum ^= b;
    }
    sum
}
