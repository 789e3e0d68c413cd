//! Random numbers, from the system.

use std::io;

use crate::{Error, Result};

/// Bytes that nobody can guess.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| Error::io("the system gives no random numbers", io::Error::from(error)))?;
    Ok(bytes)
}

/// A number from 0 to `limit - 1`, to spread load by; without randomness, 0.
pub(crate) fn below(limit: usize) -> usize {
    let mut bytes = [0; 8];
    if getrandom::fill(&mut bytes).is_err() || limit == 0 {
        return 0;
    }
    usize::try_from(u64::from_ne_bytes(bytes) % limit as u64).unwrap_or_default()
}
