//! Who may come in, and when everybody must leave.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Shared by the listeners of a server and its connections.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gate(Arc<State>);

#[derive(Debug, Default)]
struct State {
    closed: AtomicBool,
    logins: AtomicUsize,
}

/// A connection that has not logged in yet. They are counted apart from sessions, so that clients which connect and say
/// nothing cannot take the places of those that work.
#[derive(Debug)]
pub(crate) struct Pending(Gate);

impl Gate {
    pub(crate) fn close(&self) {
        self.0.closed.store(true, Ordering::Release);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.0.closed.load(Ordering::Acquire)
    }

    /// Lets a connection in, unless `limit` others are still logging in.
    pub(crate) fn enter(&self, limit: usize) -> Option<Pending> {
        let before = self.0.logins.fetch_add(1, Ordering::AcqRel);
        let pending = Pending(self.clone());
        (before < limit).then_some(pending)
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.0.0.logins.fetch_sub(1, Ordering::AcqRel);
    }
}
