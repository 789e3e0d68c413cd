//! What differs between the two clients, as the tests use it: here, of the blocking one.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

pub(crate) use std::thread::sleep;
use trunkline_client::Event;
pub(crate) use trunkline_client::blocking::{CancelToken, Connection};

/// Takes the next message if it is there already: it is given up otherwise.
pub(crate) fn next_if_there(connection: &mut Connection) -> Option<Event<'_>> {
    connection.next_within(Duration::ZERO).unwrap()
}

/// Cancels again and again, until it is dropped: what runs not yet has nothing to cancel.
pub(crate) fn keep_cancelling(token: CancelToken) -> Cancelling {
    let (end, ended) = mpsc::channel();
    let thread = thread::spawn(move || {
        loop {
            token.cancel().unwrap();
            match ended.recv_timeout(Duration::from_millis(50)) {
                Err(RecvTimeoutError::Timeout) => {}
                _ => break,
            }
        }
    });
    Cancelling(Some((end, thread)))
}

pub(crate) struct Cancelling(Option<(Sender<()>, JoinHandle<()>)>);

impl Drop for Cancelling {
    fn drop(&mut self) {
        if let Some((end, thread)) = self.0.take() {
            drop(end);
            thread.join().unwrap();
        }
    }
}
