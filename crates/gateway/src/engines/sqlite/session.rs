//! The session: what the protocol library calls.

mod command;
mod open;
mod stream;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;

use rusqlite::types::Value;
use tokio::sync::mpsc::unbounded_channel;
use tokio::sync::oneshot;
use trunkline_server::{
    Begin, Column, CopyIn, CopyOut, Error, Oid, ParameterStatus, Params, Prepared, Reply, Result,
    Session, SqlState, Tag, Type,
};

use super::copy;
use super::database::Database;
use super::engine::{Chunk, Engine, Event, Known, start};
use super::parse;
use super::shared::{Shared, Signal};
use super::translate::{Command, Plan, Query, TagKind};
use super::value::{Batch, Cell, bind};
pub use open::Sqlite;
use stream::{Guard, Running, Stream, Undo};

/// One client's session. Its thread and connection begin with its first statement.
#[derive(Debug)]
pub struct SqliteSession {
    worker: tokio::sync::OnceCell<Sender<Event>>,
    database: Arc<Database>,
    shared: Arc<Shared>,
    running: Running,
    next: AtomicU64,
}

/// A statement, translated.
#[derive(Clone, Debug)]
pub struct Statement(Arc<Known>);

impl SqliteSession {
    async fn worker(&self) -> Result<&Sender<Event>> {
        self.worker
            .get_or_try_init(|| start(Arc::clone(&self.database), Arc::clone(&self.shared)))
            .await
    }

    /// Has the worker do something, and waits for the outcome.
    async fn ask<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Engine) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let worker = self.worker().await?;
        let signal = Arc::new(Signal::default());
        let (done, outcome) = oneshot::channel();
        let job = Box::new(move |engine: &Engine| {
            // The asker may have gone.
            let _ = done.send(job(engine));
        });
        worker
            .send(Event::Job(job, Arc::clone(&signal)))
            .map_err(|_| gone())?;
        self.running.wait_for(&signal);
        let mut guard = Guard(Some(signal));
        let outcome = outcome.await.map_err(|_| gone())?;
        guard.0 = None;
        self.running.done();
        outcome
    }

    async fn stream(&self, statement: &Statement, params: Vec<Value>) -> Result<Stream> {
        let worker = self.worker().await?.clone();
        let signal = Arc::new(Signal::default());
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, chunks) = unbounded_channel();
        let known = Arc::clone(&statement.0);
        let stop = Arc::clone(&signal);
        let job = Box::new(move |engine: &Engine| match engine.current(&known) {
            Ok(plan) => {
                if let Some(query) = plan.query() {
                    engine.run(query, &params, id, &sender, &stop);
                }
            }
            Err(error) => {
                let rows = Batch::default();
                // The receiver may have gone just now.
                let _ = sender.send(Chunk {
                    rows,
                    end: Some(Err(error)),
                });
            }
        });
        worker
            .send(Event::Job(job, Arc::clone(&signal)))
            .map_err(|_| gone())?;
        Ok(Stream {
            id,
            chunks,
            worker,
            signal,
            running: self.running.clone(),
            ended: false,
        })
    }

    async fn run(
        &self,
        statement: &Statement,
        query: &Query,
        params: Params<'_>,
        reply: &mut Reply,
    ) -> Result<Tag> {
        let values = bound(query, params)?;
        let mut stream = self.stream(statement, values).await?;
        let returns = query.columns.is_some();
        while let Some(chunk) = stream.next().await {
            if returns {
                let mut cells: Vec<Cell<'_>> = Vec::new();
                for row in 0..chunk.rows.rows() {
                    chunk.rows.cells(row, &mut cells);
                    reply.row(cells.as_slice()).await?;
                }
            }
            match chunk.end {
                Some(outcome) => return Ok(tag(query.tag, outcome?)),
                None => stream.credit(chunk.rows),
            }
        }
        Err(gone())
    }
}

impl Session for SqliteSession {
    type Statement = Statement;

    async fn prepare(&self, sql: &str, types: &[Type]) -> Result<Prepared<Statement>> {
        let (sql, types) = (sql.to_owned(), types.to_vec());
        let known = self.ask(move |engine| engine.know(sql, types)).await?;
        let known = Arc::new(known);
        let prepared = Prepared::new(Statement(Arc::clone(&known)));
        Ok(match &known.plan {
            Plan::Query(query) => {
                let prepared = prepared.params(query.params.iter().copied());
                match &query.columns {
                    Some(columns) => prepared.columns(described(columns)),
                    None => prepared,
                }
            }
            Plan::Command(Command::Show(name)) => {
                let name = self.shared.settings().spelling(name)?;
                prepared.columns([(name, Type::TEXT)])
            }
            Plan::Command(Command::ShowAll) => prepared.columns([
                ("name", Type::TEXT),
                ("setting", Type::TEXT),
                ("description", Type::TEXT),
            ]),
            Plan::CopyIn { types, options, .. } => prepared.copy_in(
                options.layout().format(),
                u16::try_from(types.len()).map_err(Error::internal)?,
            ),
            Plan::CopyOut { query, options } => {
                let count = query.columns.as_ref().map_or(0, Vec::len);
                prepared.copy_out(
                    options.layout().format(),
                    u16::try_from(count).map_err(Error::internal)?,
                )
            }
            Plan::Batch { .. } | Plan::Command(_) | Plan::Nothing(_) => prepared,
        })
    }

    async fn execute(
        &self,
        statement: &Statement,
        params: Params<'_>,
        reply: &mut Reply,
    ) -> Result<Tag> {
        match &statement.0.plan {
            Plan::Query(query) => self.run(statement, query, params, reply).await,
            Plan::Batch {
                tag: kind, notices, ..
            } => {
                for notice in notices {
                    let told = Error::new(notice.sqlstate, notice.message.clone());
                    reply.notice(&match &notice.detail {
                        Some(detail) => told.detail(detail.clone()),
                        None => told,
                    })?;
                }
                let (known, kind) = (Arc::clone(&statement.0), *kind);
                let count = self
                    .ask(move |engine| match &known.plan {
                        Plan::Batch {
                            tag: TagKind::Fixed(what @ "LOCK TABLE"),
                            statements,
                            ..
                        } => {
                            engine.require_block(what)?;
                            engine.batch(statements)
                        }
                        Plan::Batch { statements, .. } => engine.batch(statements),
                        _ => Ok(0),
                    })
                    .await?;
                Ok(tag(kind, count))
            }
            Plan::Command(command) => self.command(command, reply).await,
            Plan::Nothing(tag) => Ok(Tag::new(*tag)),
            Plan::CopyIn { .. } | Plan::CopyOut { .. } => {
                Err(Error::unsupported("COPY runs as COPY only"))
            }
        }
    }

    fn check_syntax(&self, sql: &str) -> Result<()> {
        parse::check(sql)
    }

    async fn begin(&self, begin: &Begin) -> Result<()> {
        let (isolation, read_only) = (begin.isolation, begin.read_only);
        self.ask(move |engine| engine.begin(isolation, read_only))
            .await
    }

    async fn commit(&self) -> Result<()> {
        self.ask(Engine::commit).await
    }

    async fn rollback(&self) -> Result<()> {
        self.ask(Engine::rollback).await
    }

    async fn savepoint(&self, name: &str) -> Result<()> {
        let name = name.to_owned();
        self.ask(move |engine| engine.savepoint(&name)).await
    }

    async fn release(&self, name: &str) -> Result<()> {
        let name = name.to_owned();
        self.ask(move |engine| engine.release(&name)).await
    }

    async fn rollback_to(&self, name: &str) -> Result<()> {
        let name = name.to_owned();
        self.ask(move |engine| engine.rollback_to(&name)).await
    }

    fn discard(&self) -> impl Future<Output = Result<()>> + Send {
        self.forget()
    }

    async fn copy_in(
        &self,
        statement: &Statement,
        _: Params<'_>,
        input: &mut CopyIn<'_>,
    ) -> Result<Tag> {
        let Plan::CopyIn {
            table,
            types,
            names,
            options,
            ..
        } = &statement.0.plan
        else {
            return Err(Error::unsupported("this is no COPY FROM STDIN"));
        };
        self.ask(Engine::copy_begin).await?;
        let mut undo = Undo(self.worker.get().cloned());
        let outcome = async {
            let mut reader = copy::Reader::new(options, table, names, types)?;
            let mut count = 0;
            loop {
                let piece = input.next().await;
                let Some(mut piece) = piece.map_err(|error| reader.interrupted(error))? else {
                    break;
                };
                loop {
                    let rows = reader.push(&mut piece)?;
                    if rows.is_empty() {
                        break;
                    }
                    count += self.store(statement, rows).await?;
                }
            }
            let rows = reader.finish()?;
            count += self.store(statement, rows).await?;
            Ok(count)
        };
        let outcome: Result<u64> = outcome.await;
        let committed = outcome.is_ok();
        undo.0 = None;
        self.ask(move |engine| engine.copy_end(committed)).await?;
        Ok(Tag::copy(outcome?))
    }

    async fn copy_out(
        &self,
        statement: &Statement,
        params: Params<'_>,
        output: &mut CopyOut<'_>,
    ) -> Result<Tag> {
        let Plan::CopyOut { query, options } = &statement.0.plan else {
            return Err(Error::unsupported("this is no COPY TO STDOUT"));
        };
        let columns = query.columns.as_deref().unwrap_or_default();
        let mut writer = copy::Writer::new(options, columns)?;
        if let Some(head) = writer.head()? {
            output.data(&head).await?;
        }
        let mut stream = self.stream(statement, bound(query, params)?).await?;
        while let Some(chunk) = stream.next().await {
            let mut cells: Vec<Cell<'_>> = Vec::new();
            for row in 0..chunk.rows.rows() {
                chunk.rows.cells(row, &mut cells);
                output.data_with(|out| writer.row(&cells, out)).await?;
            }
            match chunk.end {
                Some(outcome) => {
                    let count = outcome?;
                    if let Some(tail) = writer.tail() {
                        output.data(&tail).await?;
                    }
                    return Ok(Tag::copy(count));
                }
                None => stream.credit(chunk.rows),
            }
        }
        Err(gone())
    }

    fn parameters(&self, status: &mut ParameterStatus) {
        for (name, value) in self.shared.settings().reported() {
            status.set(name, &value);
        }
    }

    fn cancel(&self) {
        self.running.stop();
    }
}

impl SqliteSession {
    async fn store(&self, statement: &Statement, rows: Vec<Vec<Value>>) -> Result<u64> {
        if rows.is_empty() {
            return Ok(0);
        }
        let known = Arc::clone(&statement.0);
        self.ask(move |engine| match &known.plan {
            Plan::CopyIn { insert, .. } => engine.copy_rows(insert, &rows),
            _ => Ok(0),
        })
        .await
    }
}

fn bound(query: &Query, params: Params<'_>) -> Result<Vec<Value>> {
    if params.len() != query.params.len() {
        return Err(Error::new(
            SqlState::PROTOCOL_VIOLATION,
            format!(
                "bind message supplies {} parameters, but prepared statement requires {}",
                params.len(),
                query.params.len()
            ),
        ));
    }
    (0..params.len())
        .map(|at| {
            bind(
                params.raw(at),
                params.format(at),
                query.params.get(at).copied().unwrap_or(Type::TEXT),
            )
        })
        .collect()
}

fn described(columns: &[super::translate::Output]) -> Vec<Column> {
    columns
        .iter()
        .map(|column| {
            let described = Column::new(column.name.clone(), column.ty).modifier(column.modifier);
            match column.origin {
                Some((table, number)) => described.table(Oid(table), number),
                None => described,
            }
        })
        .collect()
}

fn tag(kind: TagKind, count: u64) -> Tag {
    match kind {
        TagKind::Select => Tag::select(count),
        TagKind::Insert => Tag::insert(count),
        TagKind::Update => Tag::update(count),
        TagKind::Delete => Tag::delete(count),
        TagKind::Fixed(tag) => Tag::new(tag),
    }
}

fn gone() -> Error {
    Error::internal("the session's worker has ended")
}
