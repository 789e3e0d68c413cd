//! The sessions of a server by their cancel keys.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use subtle::ConstantTimeEq;

use crate::config::Timeouts;
use crate::shared::{Shared, Stop};
use crate::{Error, Result};

/// Every session that is up, by process id.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    sessions: Mutex<HashMap<i32, Entry>>,
}

struct Entry {
    key: CancelKey,
    shared: Arc<Shared>,
}

/// The secret of a session: 4 bytes in protocol 3.0, 32 in 3.2.
#[derive(Clone)]
pub(crate) struct CancelKey {
    bytes: [u8; 32],
    len: u8,
}

impl CancelKey {
    fn random(len: u8) -> Result<Self> {
        let mut key = Self {
            bytes: [0; 32],
            len,
        };
        getrandom::fill(&mut key.bytes).map_err(Error::internal)?;
        Ok(key)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

// A key in a log is a key lost.
impl std::fmt::Debug for CancelKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CancelKey(..)")
    }
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry").finish_non_exhaustive()
    }
}

/// A session's place in the registry; it is given up when dropped.
#[derive(Debug)]
pub(crate) struct Registration {
    registry: Arc<Registry>,
    pub(crate) shared: Arc<Shared>,
}

impl Registry {
    /// Gives a session its process id, unused and not to be foretold, and its key of `key_len` bytes.
    pub(crate) fn register(
        self: &Arc<Self>,
        key_len: u8,
        timeouts: &Timeouts,
    ) -> Result<(Registration, CancelKey)> {
        let key = CancelKey::random(key_len)?;
        let mut sessions = self.sessions();
        let pid = loop {
            let mut bytes = [0; 4];
            getrandom::fill(&mut bytes).map_err(Error::internal)?;
            let pid = i32::from_be_bytes(bytes) & i32::MAX;
            if pid != 0 && !sessions.contains_key(&pid) {
                break pid;
            }
        };
        let shared = Arc::new(Shared::new(pid, timeouts.clone()));
        sessions.insert(
            pid,
            Entry {
                key: key.clone(),
                shared: Arc::clone(&shared),
            },
        );
        drop(sessions);
        let registration = Registration {
            registry: Arc::clone(self),
            shared,
        };
        Ok((registration, key))
    }

    /// Cancels what the session runs, if process id and key are right, the whole key (rule CA-01).
    pub(crate) fn cancel(&self, pid: i32, key: &[u8]) {
        let shared = self
            .sessions()
            .get(&pid)
            .filter(|entry| bool::from(entry.key.as_bytes().ct_eq(key)))
            .map(|entry| Arc::clone(&entry.shared));
        if let Some(shared) = shared {
            shared.cancel();
        }
    }

    /// Tells every session to stop.
    pub(crate) fn stop(&self, stop: Stop) {
        for entry in self.sessions().values() {
            entry.shared.stop(stop);
        }
    }

    /// How many sessions are up.
    pub(crate) fn len(&self) -> usize {
        self.sessions().len()
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<i32, Entry>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.shared.close();
        self.registry.sessions().remove(&self.shared.pid);
    }
}
