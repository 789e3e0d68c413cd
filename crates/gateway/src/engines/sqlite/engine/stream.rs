//! Running statements whose rows are streamed.

use rusqlite::types::Value;
use tokio::sync::mpsc::UnboundedSender;
use trunkline_server::{Error, Result, SqlState};

use crate::engines::sqlite::engine::{Chunk, DEPTH, Engine, Event};
use crate::engines::sqlite::shared::Signal;
use crate::engines::sqlite::translate::Query;
use crate::engines::sqlite::value::Batch;

/// A chunk is sent when it has this many rows or bytes.
pub(super) const ROWS: usize = 512;
pub(super) const BYTES: usize = 64 << 10;
/// Chunks that may be on their way.
pub(super) const CREDIT: usize = 2;
/// Bytes of rows that a session may have on their way, over all its statements. Credit keeps it far below; only statements that
/// make way for others come near. 64 MiB is room for hundreds of thousands of usual rows, and a hundred sessions that all reach it do
/// not bring a server down.
pub(super) const KEPT: usize = 64 << 20;

impl Engine {
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

    pub(super) fn stream(
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
                if cursor.closed {
                    return Ok(count);
                }
                // Whoever still reads must not take this for the end of the rows.
                if signal.is_stopped() {
                    return Err(Error::new(
                        SqlState::QUERY_CANCELED,
                        "canceling statement due to user request",
                    ));
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
    pub(super) fn wait(&self, id: u64) -> bool {
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
    pub(super) fn keep_within_limit(&self, more: usize) -> Result<()> {
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
}

/// What the other side has said about a running statement.
#[derive(Default)]
pub(super) struct Cursor {
    pub(super) credit: usize,
    pub(super) closed: bool,
    pub(super) spare: Vec<Batch>,
}
