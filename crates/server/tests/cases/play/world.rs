//! What the sessions of one server share: who is connected, who listens, and counters for the tests.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use trunkline_server::SessionHandle;

#[derive(Clone, Default)]
pub struct World(Arc<Shared>);

#[derive(Default)]
struct Shared {
    sessions: Mutex<HashMap<i32, SessionHandle>>,
    listeners: Mutex<Vec<(String, i32)>>,
    gauges: Gauges,
}

/// What a test may look at from outside.
#[derive(Default)]
pub struct Gauges {
    /// Sessions that are open.
    pub sessions: AtomicUsize,
    /// Statements that were started.
    pub statements: AtomicUsize,
    /// Statements that are running now: their futures exist.
    pub running: AtomicUsize,
    /// Calls of `Session::cancel`.
    pub cancels: AtomicUsize,
    /// Calls of `Session::rollback`.
    pub rollbacks: AtomicUsize,
    /// Rows handed to the library.
    pub rows: AtomicUsize,
}

impl World {
    pub fn gauges(&self) -> &Gauges {
        &self.0.gauges
    }

    pub fn join(&self, handle: &SessionHandle) {
        self.gauges().sessions.fetch_add(1, Ordering::SeqCst);
        self.0
            .sessions
            .lock()
            .unwrap()
            .insert(handle.pid(), handle.clone());
    }

    pub fn leave(&self, pid: i32) {
        self.0.sessions.lock().unwrap().remove(&pid);
        self.0
            .listeners
            .lock()
            .unwrap()
            .retain(|(_, listener)| *listener != pid);
        self.gauges().sessions.fetch_sub(1, Ordering::SeqCst);
    }

    pub fn listen(&self, channel: &str, pid: i32) {
        let mut listeners = self.0.listeners.lock().unwrap();
        if !listeners.iter().any(|(c, p)| c == channel && *p == pid) {
            listeners.push((channel.into(), pid));
        }
    }

    pub fn unlisten(&self, channel: &str, pid: i32) {
        self.0
            .listeners
            .lock()
            .unwrap()
            .retain(|(c, p)| !(c == channel && *p == pid));
    }

    pub fn notify(&self, from: i32, channel: &str, payload: &str) {
        let sessions = self.0.sessions.lock().unwrap();
        for (listened, listener) in self.0.listeners.lock().unwrap().iter() {
            if let (true, Some(handle)) = (listened == channel, sessions.get(listener)) {
                handle.notify(from, channel, payload).unwrap();
            }
        }
    }

    /// Whether there was such a session.
    pub fn terminate(&self, pid: i32) -> bool {
        self.0
            .sessions
            .lock()
            .unwrap()
            .get(&pid)
            .map(SessionHandle::terminate)
            .is_some()
    }
}

/// Counts a running statement for as long as its future exists.
pub struct Running(World);

impl Running {
    pub fn new(world: &World) -> Self {
        world.gauges().statements.fetch_add(1, Ordering::SeqCst);
        world.gauges().running.fetch_add(1, Ordering::SeqCst);
        Self(world.clone())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.gauges().running.fetch_sub(1, Ordering::SeqCst);
    }
}
