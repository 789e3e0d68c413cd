//! What a session, its worker thread and the functions of its connection have in common.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use trunkline_server::{Result, SessionHandle};
use trunkline_types::TimestampTz;

use super::catalog::Reads;
use super::functions::Failure;
use super::settings::Settings;
use super::translate::Facts;
use super::value::clock;

/// One session's common ground.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) facts: Facts,
    pub(crate) pid: i32,
    pub(crate) failure: Failure,
    pub(crate) reads: Reads,
    /// `None` for work of the engine's own, which has no client.
    handle: Option<SessionHandle>,
    settings: Mutex<Settings>,
    /// As they were when the transaction and each of its savepoints began.
    saved: Mutex<Vec<Settings>>,
    clocks: Mutex<Clocks>,
    /// The job that the worker is at.
    current: Mutex<Arc<Signal>>,
}

#[derive(Clone, Copy, Debug)]
struct Clocks {
    /// `None` outside of a transaction.
    transaction: Option<TimestampTz>,
    statement: TimestampTz,
}

/// Tells a job to stop.
#[derive(Debug, Default)]
pub(crate) struct Signal {
    stopped: Mutex<bool>,
    changed: Condvar,
}

impl Signal {
    pub(crate) fn stop(&self) {
        *lock(&self.stopped) = true;
        self.changed.notify_all();
    }

    pub(crate) fn is_stopped(&self) -> bool {
        *lock(&self.stopped)
    }

    /// Waits for the time, or less when told to stop.
    fn wait(&self, time: Duration) {
        let stopped = lock(&self.stopped);
        let _unused = self
            .changed
            .wait_timeout_while(stopped, time, |stopped| !*stopped);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn new(facts: Facts, handle: Option<SessionHandle>, settings: Settings) -> Self {
        Self {
            facts,
            pid: handle.as_ref().map_or(0, SessionHandle::pid),
            failure: Failure::default(),
            reads: Reads::default(),
            handle,
            settings: Mutex::new(settings),
            saved: Mutex::default(),
            clocks: Mutex::new(Clocks {
                transaction: None,
                statement: clock(),
            }),
            current: Mutex::default(),
        }
    }

    pub(crate) fn settings(&self) -> MutexGuard<'_, Settings> {
        lock(&self.settings)
    }

    /// SET, with everything that follows from it.
    pub(crate) fn set(&self, name: &str, value: Option<&str>, local: bool) -> Result<()> {
        self.settings().set(name, value, local)?;
        self.apply();
        Ok(())
    }

    pub(crate) fn reset_all(&self) {
        self.settings().reset_all();
        self.apply();
    }

    /// Timeouts go to the library, reported settings to the client (which is told of changes only).
    pub(crate) fn apply(&self) {
        let Some(handle) = &self.handle else { return };
        let settings = self.settings().clone();
        handle.statement_timeout(settings.duration("statement_timeout"));
        handle.idle_timeout(settings.duration("idle_session_timeout"));
        handle
            .idle_in_transaction_timeout(settings.duration("idle_in_transaction_session_timeout"));
        for (name, value) in settings.reported() {
            // A session that has ended needs no news.
            let _ = handle.parameter_status(name, value);
        }
    }

    pub(crate) fn begin(&self) {
        let settings = self.settings().clone();
        *lock(&self.saved) = vec![settings];
        let mut clocks = lock(&self.clocks);
        clocks.transaction = Some(clock());
    }

    /// The transaction ended; a rollback takes its settings back.
    pub(crate) fn end(&self, committed: bool) {
        let saved = std::mem::take(&mut *lock(&self.saved));
        let before = self.settings().clone();
        if let (false, Some(first)) = (committed, saved.into_iter().next()) {
            *self.settings() = first;
        }
        self.settings().end_transaction();
        if *self.settings() != before {
            self.apply();
        }
        lock(&self.clocks).transaction = None;
    }

    /// A savepoint was set: `depth` is the number of those around it.
    pub(crate) fn save(&self) {
        let settings = self.settings().clone();
        lock(&self.saved).push(settings);
    }

    /// Back to the settings of the savepoint at this depth, counted from 0.
    pub(crate) fn restore(&self, depth: usize) {
        let mut saved = lock(&self.saved);
        saved.truncate(depth + 2);
        if let Some(settings) = saved.get(depth + 1).cloned() {
            drop(saved);
            *self.settings() = settings;
            self.apply();
        }
    }

    /// The savepoint at this depth, and those within, are no more.
    pub(crate) fn release(&self, depth: usize) {
        lock(&self.saved).truncate(depth + 1);
    }

    pub(crate) fn start_statement(&self) {
        lock(&self.clocks).statement = clock();
    }

    pub(crate) fn statement_start(&self) -> TimestampTz {
        lock(&self.clocks).statement
    }

    /// `now()`: the beginning of the transaction, which outside of a block is the statement.
    pub(crate) fn transaction_start(&self) -> TimestampTz {
        let clocks = *lock(&self.clocks);
        clocks.transaction.unwrap_or(clocks.statement)
    }

    /// The worker turns to another job; gives the one before.
    pub(crate) fn turn_to(&self, signal: Arc<Signal>) -> Arc<Signal> {
        std::mem::replace(&mut *lock(&self.current), signal)
    }

    pub(crate) fn is_stopped(&self) -> bool {
        lock(&self.current).is_stopped()
    }

    /// Waits for the time, or until the job is told to stop.
    pub(crate) fn wait(&self, time: Duration) {
        let signal = Arc::clone(&lock(&self.current));
        signal.wait(time);
    }

    /// Whether to wait longer for a lock after `waited` since `since`.
    pub(crate) fn may_wait(&self, since: Instant) -> bool {
        if self.is_stopped() {
            return false;
        }
        match self.settings().duration("lock_timeout") {
            Some(limit) => since.elapsed() < limit,
            None => true,
        }
    }
}
