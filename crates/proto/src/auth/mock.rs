//! What a user that does not exist is answered with.

use core::fmt;

use sha2::{Digest, Sha256};
use zeroize::Zeroize;

use super::Secret;

/// The settings of mock authentication: an exchange that looks like any other and cannot succeed.
///
/// A name that nobody bears is given a salt all the same, always the same one, and the iteration count that new passwords get.
/// Otherwise the first answer would tell which names exist (CVE-2026-14672 was an iteration count that did).
#[derive(Clone)]
pub struct Mock {
    key: [u8; 32],
    iterations: u32,
}

impl Mock {
    /// `key`: 32 random bytes, secret, and kept across restarts if salts are to stay the same across them.
    /// `iterations`: the count of the server's real verifiers, usually [`DEFAULT_ITERATIONS`](super::DEFAULT_ITERATIONS).
    #[must_use]
    pub const fn new(key: [u8; 32], iterations: u32) -> Self {
        Self { key, iterations }
    }

    /// The iteration count shown to users that do not exist.
    #[must_use]
    pub const fn iterations(&self) -> u32 {
        self.iterations
    }

    /// What stands in for a secret of `user`. The salt is made as PostgreSQL makes it: the head of SHA-256 over name and key.
    pub(super) fn secret(&self, user: &[u8]) -> Secret {
        let digest = Sha256::new()
            .chain_update(user)
            .chain_update(self.key)
            .finalize();
        Secret {
            salt: digest.iter().copied().take(16).collect(),
            iterations: self.iterations,
            stored_key: [0; 32],
            server_key: [0; 32],
        }
    }
}

impl fmt::Debug for Mock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mock")
            .field("iterations", &self.iterations)
            .finish_non_exhaustive()
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}
