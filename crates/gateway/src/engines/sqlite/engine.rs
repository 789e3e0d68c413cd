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
//! kept in memory: that is the only case where a result is not streamed, and it has a limit ([`KEPT`]).

use std::cell::{Cell, RefCell};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use rusqlite::types::Value;
use tokio::sync::mpsc::UnboundedSender;
use trunkline_server::{Error, Result, SqlState, Type};

use super::catalog::{Cache, Reader};
use super::database::Database;
use super::fault;
use super::shared::{Shared, Signal};
use super::transaction::Transaction;
use super::translate::{self, Output, Plan, Query, quote};
use super::value::Batch;

/// How many suspended statements may lie on the stack.
const DEPTH: usize = 16;
/// A chunk is sent when it has this many rows or bytes.
const ROWS: usize = 512;
const BYTES: usize = 64 << 10;
/// Chunks that may be on their way.
const CREDIT: usize = 2;
/// Bytes of rows that a session may have on their way, over all its statements. Credit keeps it far below; only statements that
/// make way for others come near. 64 MiB is room for hundreds of thousands of usual rows, and a hundred sessions that all reach it do
/// not bring a server down.
const KEPT: usize = 64 << 20;

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

/// A prepared statement, and what it takes to prepare it again.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) plan: Plan,
    sql: String,
    types: Vec<Type>,
    /// The schema that it was made for.
    generation: u64,
    /// The newest, when the schema has changed since.
    again: Mutex<Option<(u64, Arc<Plan>)>>,
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

/// What the other side has said about a running statement.
#[derive(Default)]
struct Cursor {
    credit: usize,
    closed: bool,
    spare: Vec<Batch>,
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

/// A plan that is up to date.
pub(crate) enum Current<'k> {
    Same(&'k Plan),
    New(Arc<Plan>),
}

impl std::ops::Deref for Current<'_> {
    type Target = Plan;

    fn deref(&self) -> &Plan {
        match self {
            Self::Same(plan) => plan,
            Self::New(plan) => plan,
        }
    }
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

    /// Translates a statement, and has SQLite compile it.
    pub(crate) fn prepare(&self, sql: &str, types: &[Type]) -> Result<Plan> {
        self.shared.start_statement();
        let mut plan = translate::translate(sql, types, &self.catalog(), &self.shared.facts)?;
        if let Plan::Query(query) | Plan::CopyOut { query, .. } = &mut plan {
            self.complete(query)?;
        }
        Ok(plan)
    }

    /// Prepares a statement to be kept.
    pub(crate) fn know(&self, sql: String, types: Vec<Type>) -> Result<Known> {
        let generation = self.database.generation();
        let plan = self.prepare(&sql, &types)?;
        Ok(Known {
            plan,
            sql,
            types,
            generation,
            again: Mutex::default(),
        })
    }

    /// The plan of a statement for the schema as it is now.
    ///
    /// # Errors
    ///
    /// 0A000 when its result has another shape than was told; what `prepare` says when it is no statement any more.
    pub(crate) fn current<'k>(&self, known: &'k Known) -> Result<Current<'k>> {
        let generation = self.database.generation();
        if generation == known.generation {
            return Ok(Current::Same(&known.plan));
        }
        let mut again = known.again.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((made, plan)) = again.as_ref()
            && *made == generation
        {
            return Ok(Current::New(Arc::clone(plan)));
        }
        let plan = self.prepare(&known.sql, &known.types)?;
        let shape = |plan: &Plan| {
            let query = plan.query()?;
            let columns = query.columns.as_ref();
            let types = columns.map(|c| c.iter().map(|c| (c.ty, c.modifier)).collect::<Vec<_>>());
            Some((types, query.params.clone()))
        };
        if shape(&plan) != shape(&known.plan) {
            return Err(
                Error::unsupported("cached plan must not change result type")
                    .routine("RevalidateCachedQuery"),
            );
        }
        let plan = Arc::new(plan);
        *again = Some((generation, Arc::clone(&plan)));
        Ok(Current::New(plan))
    }

    /// The columns that only SQLite knows.
    fn complete(&self, query: &mut Query) -> Result<()> {
        let statement = self
            .connection
            .prepare_cached(&query.sql)
            .map_err(|error| self.fault(error, query, &[]))?;
        let Some(columns) = &mut query.columns else {
            return Ok(());
        };
        if columns.iter().any(|c| c.name == "*")
            || (query.pick.is_none()
                && !columns.is_empty()
                && columns.len() != statement.column_count())
        {
            *columns = statement
                .column_names()
                .map(|name| Output {
                    name: name.to_owned(),
                    ty: Type::UNSPECIFIED,
                    modifier: -1,
                    origin: None,
                })
                .collect();
        }
        if !columns.iter().any(|c| c.ty == Type::UNSPECIFIED) {
            return Ok(());
        }
        let readonly = statement.readonly();
        drop(statement);
        let first = if readonly && query.params.is_empty() {
            self.first_row(&query.sql)?
        } else {
            None
        };
        for (place, column) in columns
            .iter_mut()
            .enumerate()
            .filter(|(_, c)| c.ty == Type::UNSPECIFIED)
        {
            column.ty = match first.as_ref().and_then(|row| row.get(place)) {
                Some(Value::Integer(_)) => Type::INT8,
                Some(Value::Real(_)) => Type::FLOAT8,
                Some(Value::Blob(_)) => Type::BYTEA,
                _ => Type::TEXT,
            };
        }
        Ok(())
    }

    /// The first row of a query, for the types that only its values tell. It may take long to come: the client's cancel and
    /// `statement_timeout` stop it like any statement.
    ///
    /// # Errors
    ///
    /// 57014 when it was stopped. What else is wrong will be told when the query is executed.
    fn first_row(&self, sql: &str) -> Result<Option<Vec<Value>>> {
        let read = || {
            let mut statement = self.connection.prepare_cached(sql)?;
            let count = statement.column_count();
            let mut rows = statement.raw_query();
            let Some(row) = rows.next()? else {
                return Ok(None);
            };
            (0..count)
                .map(|at| row.get(at))
                .collect::<rusqlite::Result<_>>()
                .map(Some)
        };
        read().or_else(|error| {
            // This also forgets the error of a function, which is not the next statement's.
            let error = self.fault(error, &Query::default(), &[]);
            if error.sqlstate() == SqlState::QUERY_CANCELED {
                Err(error)
            } else {
                Ok(None)
            }
        })
    }

    /// Runs a statement and streams its rows.
    pub(crate) fn run(
        &self,
        query: &Query,
        params: &[Value],
        id: u64,
        chunks: &UnboundedSender<Chunk>,
        signal: &Signal,
    ) {
        self.shared.start_statement();
        self.cursors.borrow_mut().insert(
            id,
            Cursor {
                credit: CREDIT,
                ..Cursor::default()
            },
        );
        let mut rows = Batch::default();
        let end = self.stream(query, params, id, chunks, signal, &mut rows);
        let closed = self
            .cursors
            .borrow_mut()
            .remove(&id)
            .is_some_and(|cursor| cursor.closed);
        let last = Chunk {
            rows,
            end: Some(end),
        };
        // The receiver may have gone just now.
        if closed || chunks.send(last).is_err() {
            self.kept.borrow_mut().remove(&id);
        }
    }

    fn stream(
        &self,
        query: &Query,
        params: &[Value],
        id: u64,
        chunks: &UnboundedSender<Chunk>,
        signal: &Signal,
        batch: &mut Batch,
    ) -> Result<u64> {
        let fault = |error| self.fault(error, query, params);
        let mut statement = self.connection.prepare_cached(&query.sql).map_err(fault)?;
        self.enter(&statement, query)?;
        for (at, value) in params.iter().enumerate().take(statement.parameter_count()) {
            statement.raw_bind_parameter(at + 1, value).map_err(fault)?;
        }
        // PostgreSQL's SELECT of nothing is one of NULL here.
        let empty = query.columns.as_ref().is_some_and(Vec::is_empty);
        let all = 0..if empty { 0 } else { statement.column_count() };
        let taken = query.pick.map_or(all, |column| column..column + 1);
        let width = taken.len();
        let returns = query.columns.is_some();
        let changes = !statement.readonly();
        batch.clear(width);
        let mut count: u64 = 0;
        let mut draining = false;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(fault)? {
            if !returns {
                continue;
            }
            for at in taken.clone() {
                batch.push(row.get_ref(at).map_err(fault)?);
            }
            batch.end_row();
            count += 1;
            if batch.rows() >= ROWS || batch.size() >= BYTES {
                if !draining {
                    draining = self.wait(id);
                }
                let mut cursors = self.cursors.borrow_mut();
                let cursor = cursors.entry(id).or_default();
                if cursor.closed || signal.is_stopped() {
                    return Ok(count);
                }
                if draining {
                    self.keep_within_limit(batch.size())?;
                }
                cursor.credit = cursor.credit.saturating_sub(1);
                let mut next = cursor.spare.pop().unwrap_or_default();
                drop(cursors);
                next.clear(width);
                let full = std::mem::replace(batch, next);
                *self.kept.borrow_mut().entry(id).or_default() += full.size();
                if chunks
                    .send(Chunk {
                        rows: full,
                        end: None,
                    })
                    .is_err()
                {
                    return Ok(count);
                }
            }
        }
        Ok(if changes && !returns {
            self.connection.changes()
        } else {
            count
        })
    }

    /// Waits until a chunk may be sent, and lets other jobs run meanwhile. True: nobody can give credit before this statement
    /// is done, so it must come to its end without.
    fn wait(&self, id: u64) -> bool {
        loop {
            {
                let cursors = self.cursors.borrow();
                if let Some(cursor) = cursors.get(&id)
                    && (cursor.closed || cursor.credit > 0)
                {
                    return false;
                }
                // A statement below on the stack is wanted. One that is closed there can wait.
                let wanted = |cursor: &Cursor| cursor.credit > 0 && !cursor.closed;
                if cursors.iter().any(|(other, c)| *other != id && wanted(c)) {
                    return true;
                }
            }
            // The stack is lower than when they came.
            let pending = if self.depth.get() < DEPTH {
                self.pending.borrow_mut().pop_front()
            } else {
                None
            };
            let event = match pending {
                Some((job, signal)) => Ok(Event::Job(job, signal)),
                None => self.events.recv(),
            };
            match event {
                // The connection is gone, and with it the wish for rows.
                Err(_) => return true,
                Ok(Event::Job(job, signal)) if self.depth.get() >= DEPTH => {
                    self.pending.borrow_mut().push_back((job, signal));
                    return true;
                }
                Ok(Event::Job(job, signal)) => {
                    self.depth.set(self.depth.get() + 1);
                    self.take(Event::Job(job, signal));
                    self.depth.set(self.depth.get() - 1);
                }
                Ok(event) => self.take(event),
            }
        }
    }

    /// Refuses to keep `more` bytes of rows that nobody can take yet, when there are too many already.
    ///
    /// # Errors
    ///
    /// 53200: it is told to whoever reads on in the statement whose rows they are; the statement that needed the connection runs.
    fn keep_within_limit(&self, more: usize) -> Result<()> {
        let kept: usize = self.kept.borrow().values().sum();
        if kept.saturating_add(more) <= KEPT {
            return Ok(());
        }
        Err(Error::new(
            SqlState::OUT_OF_MEMORY,
            "too many rows of suspended statements to keep in memory",
        )
        .detail(format!(
            "Another statement of the session was read on, so that the rest of this one's rows had to be kept; a session may keep {} MiB.",
            KEPT >> 20
        ))
        .hint("Read a statement to its end or close it before reading on in an older one, add a LIMIT, or use a second connection."))
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
