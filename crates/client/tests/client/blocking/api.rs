//! What differs between the two clients, as the tests use it: here, of the blocking one.

use std::sync::mpsc::{self, RecvTimeoutError};
pub(crate) use std::thread::sleep;
use std::time::Duration;

pub(crate) use trunkline_client::blocking::Client;
use trunkline_client::blocking::Reply;
use trunkline_client::{ReplyKind, Result};

/// Waits for the reply to a request of a pipeline.
pub(crate) fn wait<K: ReplyKind>(reply: Reply<'_, K>) -> Result<K::Output> {
    reply.wait()
}

/// Runs a test, and ends the process if it hangs: nothing else ends a thread.
pub(crate) fn run(test: impl FnOnce()) {
    let (done, waiting) = mpsc::channel::<()>();
    std::thread::spawn(move || {
        if waiting.recv_timeout(Duration::from_secs(60)) == Err(RecvTimeoutError::Timeout) {
            eprintln!("it hangs");
            std::process::exit(101);
        }
    });
    test();
    drop(done);
}
