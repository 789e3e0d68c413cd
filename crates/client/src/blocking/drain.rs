//! What is left behind when something is dropped.

use std::borrow::Borrow;

use super::Client;
use crate::net::blocking::block_on;

/// Waits, when it is dropped, for what the server has still to say to whatever was dropped before it: there is no task to do it later,
/// and a server that waits for a reader keeps its locks.
#[derive(Debug)]
pub(super) struct Drain<C: Borrow<Client>> {
    pub(super) client: C,
    /// It was a query, which some clients cancel.
    pub(super) query: bool,
}

impl<C: Borrow<Client>> Drop for Drain<C> {
    fn drop(&mut self) {
        // While the stack unwinds, the next request does it.
        if !std::thread::panicking() {
            block_on(self.client.borrow().inner.drain(self.query));
        }
    }
}
