//! How much a session may keep for its client: what is prepared and bound is the client's to make, and ours to hold.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use trunkline_proto::SqlState;

use crate::{Error, Result};

/// The bytes that the named statements and named portals of a session take, and may take.
///
/// The unnamed ones do not count: there is one of each, a message brings it, and the limits of messages bound it.
#[derive(Debug)]
pub(super) struct Budget {
    /// Not before something is kept: most sessions keep nothing.
    taken: Option<Arc<AtomicUsize>>,
    limit: usize,
}

/// So many bytes of a budget; they are given back as it is dropped, along with what they are for.
#[derive(Debug)]
pub(super) struct Charge {
    taken: Arc<AtomicUsize>,
    bytes: usize,
}

impl Budget {
    pub(super) fn new(limit: usize) -> Self {
        Self { taken: None, limit }
    }

    /// Takes bytes for something that is to be kept.
    ///
    /// # Errors
    ///
    /// 53200 if there are not as many left.
    pub(super) fn charge(&mut self, bytes: usize) -> Result<Charge> {
        let taken = self.taken.get_or_insert_default();
        let before = taken.load(Ordering::Relaxed);
        if bytes > self.limit.saturating_sub(before) {
            return Err(exhausted(before, bytes, self.limit));
        }
        taken.fetch_add(bytes, Ordering::Relaxed);
        Ok(Charge {
            taken: Arc::clone(taken),
            bytes,
        })
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.taken.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cold]
fn exhausted(taken: usize, bytes: usize, limit: usize) -> Error {
    Error::new(
        SqlState::OUT_OF_MEMORY,
        format!("the prepared statements and portals of a session may take {limit} bytes"),
    )
    .detail(format!("{taken} bytes are taken, and this needs {bytes}."))
    .hint("Close statements and portals that are not needed any more.")
}
