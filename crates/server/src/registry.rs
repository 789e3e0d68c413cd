//! The sessions of a server by their cancel keys.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use subtle::ConstantTimeEq;

use crate::config::Timeouts;
use crate::shared::{Shared, Stop};
use crate::{Error, Result};

/// Every session that is up, by process id.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    sessions: Mutex<Sessions>,
    /// Those that have logged in: they alone take places.
    admitted: AtomicUsize,
}

#[derive(Debug, Default)]
struct Sessions {
    by_pid: HashMap<i32, Entry>,
    /// What all were told, and those who come later are told as well.
    stop: Option<Stop>,
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
    admitted: bool,
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
            if pid != 0 && !sessions.by_pid.contains_key(&pid) {
                break pid;
            }
        };
        let shared = Arc::new(Shared::new(pid, timeouts.clone()));
        if let Some(stop) = sessions.stop {
            shared.stop(stop);
        }
        sessions.by_pid.insert(
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
            admitted: false,
        };
        Ok((registration, key))
    }

    /// Cancels what the session runs, if process id and key are right, the whole key (rule CA-01).
    pub(crate) fn cancel(&self, pid: i32, key: &[u8]) {
        let shared = self
            .sessions()
            .by_pid
            .get(&pid)
            .filter(|entry| bool::from(entry.key.as_bytes().ct_eq(key)))
            .map(|entry| Arc::clone(&entry.shared));
        if let Some(shared) = shared {
            shared.cancel();
        }
    }

    /// Tells every session to stop, also those to come.
    pub(crate) fn stop(&self, stop: Stop) {
        let mut sessions = self.sessions();
        sessions.stop = Some(stop);
        for entry in sessions.by_pid.values() {
            entry.shared.stop(stop);
        }
    }

    /// Whether `limit` sessions are up.
    pub(crate) fn is_full(&self, limit: usize) -> bool {
        self.admitted.load(Ordering::Acquire) >= limit
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registration {
    /// Takes a place among the sessions, unless `limit` have one. Only who has logged in may ask: clients that stall in
    /// the middle of a login must not keep others out.
    pub(crate) fn admit(&mut self, limit: usize) -> bool {
        let taken =
            self.registry
                .admitted
                .fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| {
                    (count < limit).then_some(count + 1)
                });
        self.admitted = taken.is_ok();
        self.admitted
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.shared.close();
        if self.admitted {
            self.registry.admitted.fetch_sub(1, Ordering::AcqRel);
        }
        self.registry.sessions().by_pid.remove(&self.shared.pid);
    }
}
