//! What is under way on the worker, and ends when nobody waits for it any more.

use std::future::poll_fn;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::UnboundedReceiver;

use crate::engines::sqlite::engine::{Chunk, Engine, Event};
use crate::engines::sqlite::shared::Signal;
use crate::engines::sqlite::value::Batch;

/// A running query's rows. Dropping it stops the query.
pub(super) struct Stream {
    pub(super) id: u64,
    pub(super) chunks: UnboundedReceiver<Chunk>,
    pub(super) worker: Sender<Event>,
    pub(super) signal: Arc<Signal>,
    pub(super) running: Running,
    pub(super) ended: bool,
}

impl Stream {
    pub(super) async fn next(&mut self) -> Option<Chunk> {
        let chunk = poll_fn(|cx| {
            // Another statement may have been waited for since.
            self.running.wait_for(&self.signal);
            self.chunks.poll_recv(cx)
        })
        .await;
        self.running.done();
        self.ended = chunk.as_ref().is_none_or(|chunk| chunk.end.is_some());
        chunk
    }

    /// Gives a chunk's memory back, and asks for more.
    pub(super) fn credit(&self, rows: Batch) {
        // A worker that has ended needs none.
        let _ = self.worker.send(Event::Credit(self.id, rows));
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if !self.ended {
            self.signal.stop();
            let _ = self.worker.send(Event::Close(self.id));
        }
    }
}

/// The signal of the job that the session waits for, for `cancel`: not of the one that began last, for that may be a suspended
/// cursor's.
#[derive(Clone, Debug, Default)]
pub(super) struct Running(Arc<Mutex<Option<Arc<Signal>>>>);

impl Running {
    pub(super) fn wait_for(&self, signal: &Arc<Signal>) {
        *self.lock() = Some(Arc::clone(signal));
    }

    pub(super) fn done(&self) {
        *self.lock() = None;
    }

    pub(super) fn stop(&self) {
        if let Some(signal) = self.lock().as_ref() {
            signal.stop();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Signal>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stops a job when the future that waits for it is dropped.
pub(super) struct Guard(pub(super) Option<Arc<Signal>>);

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(signal) = &self.0 {
            signal.stop();
        }
    }
}

/// Takes the rows of a COPY back when its future is dropped in the middle.
pub(super) struct Undo(pub(super) Option<Sender<Event>>);

impl Drop for Undo {
    fn drop(&mut self) {
        if let Some(worker) = self.0.take() {
            let job = Box::new(|engine: &Engine| {
                if let Err(error) = engine.copy_end(false) {
                    tracing::error!(%error, "a COPY that was given up could not be taken back");
                }
            });
            // A worker that has ended has closed its connection, which takes everything back.
            let _ = worker.send(Event::Job(job, Arc::default()));
        }
    }
}
