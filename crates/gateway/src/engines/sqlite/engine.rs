//! The worker: a thread that owns a session's connection and does everything that blocks.
//!
//! ```text
//!  session (async)                                worker thread
//!  ── job: prepare, run, begin … ───────────────▶ one at a time
//!  ◀─────────────────────────────── chunk of rows ── waits for credit before the next but one
//!  ── credit, with the emptied chunk ───────────▶
//! ```
//!
//! A statement whose rows nobody takes (a suspended portal) keeps its place on the thread's stack, and other jobs of the session
//! run on top of it. If the lower one is wanted again while the upper one waits, the upper one's rows are read to their end and
//! kept in memory: that is the only case where a result is not streamed, and it has a limit ([`KEPT`](stream::KEPT)).

mod prepare;
mod stream;

use std::cell::{Cell, RefCell};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use rusqlite::Connection;
use rusqlite::types::Value;
use trunkline_server::{Error, Result, SqlState};

use super::catalog::{Cache, Reader};
use super::database::Database;
use super::fault;
use super::parse::STACK;
use super::shared::{Shared, Signal};
use super::transaction::Transaction;
use super::translate::{Query, quote};
use super::value::Batch;
pub(crate) use prepare::Known;
use stream::Cursor;

/// How many suspended statements may lie on the stack.
const DEPTH: usize = 16;

/// What the worker is told.
pub(crate) enum Event {
    /// Something to do, with the signal that stops it.
    Job(Job, Arc<Signal>),
    /// The rows of a chunk were taken; here is its memory back.
    Credit(u64, Batch),
    /// Nobody wants the rows any more.
    Close(u64),
}

pub(crate) type Job = Box<dyn FnOnce(&Engine) + Send>;

/// A part of a result.
pub(crate) struct Chunk {
    pub(crate) rows: Batch,
    /// After the last row: how many rows were returned or changed.
    pub(crate) end: Option<Result<u64>>,
}

/// A session's connection, on its thread.
pub(crate) struct Engine {
    pub(crate) connection: Connection,
    pub(crate) shared: Arc<Shared>,
    database: Arc<Database>,
    pub(crate) transaction: RefCell<Transaction>,
    cache: RefCell<Cache>,
    events: Receiver<Event>,
    /// Jobs that must wait until the stack is lower.
    pending: RefCell<VecDeque<(Job, Arc<Signal>)>>,
    cursors: RefCell<HashMap<u64, Cursor>>,
    /// Bytes of rows that were sent and not yet taken, by statement; it may have ended since.
    kept: RefCell<HashMap<u64, usize>>,
    depth: Cell<usize>,
}

/// Starts the thread of a session. It ends when the sender is dropped.
///
/// # Errors
///
/// 53000 when the system has no thread to give; XX000 when the database cannot be opened.
pub(crate) async fn start(database: Arc<Database>, shared: Arc<Shared>) -> Result<Sender<Event>> {
    let (sender, events) = channel();
    let (opened, ready) = tokio::sync::oneshot::channel();
    let run = move || {
        let connection = match database.connect(&shared) {
            Ok(connection) => connection,
            Err(error) => {
                let _ = opened.send(Err(Error::internal(error)));
                return;
            }
        };
        let engine = Engine {
            connection,
            shared,
            database,
            transaction: RefCell::default(),
            cache: RefCell::default(),
            events,
            pending: RefCell::default(),
            cursors: RefCell::default(),
            kept: RefCell::default(),
            depth: Cell::new(0),
        };
        if opened.send(Ok(())).is_ok() {
            engine.serve();
        }
    };
    std::thread::Builder::new()
        .name("trunkline-sqlite".to_owned())
        .stack_size(STACK)
        .spawn(run)
        .map_err(|error| {
            Error::new(
                SqlState::INSUFFICIENT_RESOURCES,
                "no thread for the session",
            )
            .caused_by(error)
        })?;
    ready.await.map_err(Error::internal)??;
    Ok(sender)
}

impl Engine {
    fn serve(&self) {
        loop {
            let pending = self.pending.borrow_mut().pop_front();
            let event = match pending {
                Some((job, signal)) => Event::Job(job, signal),
                None => match self.events.recv() {
                    Ok(event) => event,
                    Err(_) => return,
                },
            };
            self.take(event);
        }
    }

    fn take(&self, event: Event) {
        match event {
            Event::Job(job, signal) => {
                let before = self.shared.turn_to(signal);
                job(self);
                self.shared.turn_to(before);
            }
            Event::Credit(id, batch) => {
                if let Entry::Occupied(mut kept) = self.kept.borrow_mut().entry(id) {
                    *kept.get_mut() = kept.get().saturating_sub(batch.size());
                    if *kept.get() == 0 {
                        kept.remove();
                    }
                }
                if let Some(cursor) = self.cursors.borrow_mut().get_mut(&id) {
                    cursor.credit += 1;
                    cursor.spare.push(batch);
                }
            }
            Event::Close(id) => {
                self.kept.borrow_mut().remove(&id);
                if let Some(cursor) = self.cursors.borrow_mut().get_mut(&id) {
                    cursor.closed = true;
                }
            }
        }
    }

    /// The schema as the translator asks for it.
    pub(crate) fn catalog(&self) -> Reader<'_> {
        Reader::new(&self.connection, &self.cache, &self.shared.reads)
    }

    /// Runs statements without results, all or none.
    pub(crate) fn batch(&self, statements: &[String]) -> Result<u64> {
        self.shared.start_statement();
        let query = Query::default();
        let fault = |error| self.fault(error, &query, &[]);
        self.enter_write()?;
        let alone = self.connection.is_autocommit();
        if alone {
            self.connection
                .execute_batch("BEGIN IMMEDIATE")
                .map_err(fault)?;
        } else {
            self.connection
                .execute_batch("SAVEPOINT tl_batch")
                .map_err(fault)?;
        }
        self.database.changed();
        let mut changes = 0;
        let outcome = statements.iter().try_for_each(|sql| {
            let mut statement = self.connection.prepare(sql)?;
            let mut rows = statement.raw_query();
            while rows.next()?.is_some() {}
            changes = self.connection.changes();
            Ok(())
        });
        let outcome = outcome.and_then(|()| {
            self.connection
                .execute_batch(if alone { "COMMIT" } else { "RELEASE tl_batch" })
        });
        if let Err(error) = outcome {
            let error = fault(error);
            let undo = if alone {
                "ROLLBACK"
            } else {
                "ROLLBACK TO tl_batch; RELEASE tl_batch"
            };
            if !self.connection.is_autocommit() {
                // The first error is the one to tell.
                let _ = self.connection.execute_batch(undo);
            }
            return Err(error);
        }
        Ok(changes)
    }

    /// An error with everything that can be found out about it.
    pub(crate) fn fault(&self, error: rusqlite::Error, query: &Query, params: &[Value]) -> Error {
        if let Some(error) = self.shared.failure.take() {
            return error;
        }
        let is_foreign =
            error.sqlite_extended_error_code() == Some(rusqlite::ffi::SQLITE_CONSTRAINT_FOREIGNKEY);
        if is_foreign && let Some(error) = super::violation::foreign_key(self, query, params) {
            return error;
        }
        let catalog = self.catalog();
        let duplicate = |table: &super::catalog::Table, key: &super::catalog::Key| {
            super::violation::duplicate(self, query, params, table, key)
        };
        let row = |table: &super::catalog::Table, failure: &str| {
            super::violation::failing(self, query, params, table, failure)
        };
        let context = fault::Context {
            row: &row,
            catalog: &catalog,
            is_stopped: self.shared.is_stopped(),
            target: query.target.as_deref(),
            duplicate: &duplicate,
        };
        fault::translate(error, &context)
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("depth", &self.depth)
            .finish_non_exhaustive()
    }
}

/// A savepoint's name for SQLite: the depth is put in front, because PostgreSQL allows one name several times.
pub(crate) fn savepoint(depth: usize, name: &str) -> String {
    quote(&format!("{depth} {name}"))
}

#[cfg(test)]
mod tests;
