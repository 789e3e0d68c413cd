//! What a user that does not exist is answered with.

use alloc::vec::Vec;
use core::fmt;

use sha2::{Digest, Sha256};
use zeroize::Zeroize;

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

    /// The 16-byte salt that belongs to `user`, as PostgreSQL makes it: the head of SHA-256 over name and key.
    pub(super) fn salt(&self, user: &[u8]) -> Vec<u8> {
        let digest = Sha256::new()
            .chain_update(user)
            .chain_update(self.key)
            .finalize();
        digest.iter().copied().take(16).collect()
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
