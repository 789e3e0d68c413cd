//! Several requests in one round trip.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use trunkline_proto::PortalName;
use trunkline_proto::client::Series;
use trunkline_proto::sql::{self, Control};

use super::answer::Answer;
use super::rows::Rows;
use super::slots::{Keep, Slot};
use super::{Client, Fault, Source, Statement, run};
use crate::{Columns, Error, FromRowOwned, Params, Result};

/// Requests that are sent together, and run one after the other as one transaction (unless one is open): if one fails, those after it are
/// not run, and those before it are undone.
///
/// Each request gives a reply, to be awaited after [`sync`](Self::sync), in any order. SQL is run as in
/// [`Mode::Unnamed`](super::Mode::Unnamed), with its parameters as text; a [`Statement`] as what it is.
///
/// Dropped without `sync`, nothing was sent.
#[must_use = "nothing is sent before `sync`"]
pub struct Pipeline<'c> {
    client: &'c Client,
    series: Series,
    parts: Vec<(usize, Keep)>,
    /// Those that the series names: the server must not be told to forget them before it has run it.
    statements: Vec<Statement>,
    sent: Arc<Sent>,
    failed: Option<Error>,
    /// Something before the next request is a COMMIT.
    committed: bool,
    /// Where a request fails, a part of the pipeline may be committed.
    divisible: bool,
}

/// The answers to a pipeline's requests, once they are sent, each until its reply takes it.
#[derive(Default)]
struct Sent(Mutex<Vec<Option<Answer>>>);

impl Sent {
    fn put(&self, answers: Vec<Option<Answer>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = answers;
    }

    fn take(&self, index: usize) -> Option<Answer> {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        answers.get_mut(index)?.take()
    }
}

impl<'c> Pipeline<'c> {
    pub(super) fn new(client: &'c Client) -> Self {
        Self {
            client,
            series: Series::new(),
            parts: Vec::new(),
            statements: Vec::new(),
            sent: Arc::default(),
            failed: None,
            committed: false,
            divisible: false,
        }
    }

    /// A statement whose reply is exactly one row.
    ///
    /// What is wrong with the parameters is said by [`sync`](Self::sync), which then sends nothing.
    pub fn one<'a, T: FromRowOwned>(
        &mut self,
        source: impl Into<Source<'a>>,
        params: impl Params,
    ) -> Reply<One<T>> {
        self.add(source.into(), &params, Keep::Rows(2))
    }

    /// A statement whose reply is a row or none.
    pub fn opt<'a, T: FromRowOwned>(
        &mut self,
        source: impl Into<Source<'a>>,
        params: impl Params,
    ) -> Reply<Opt<T>> {
        self.add(source.into(), &params, Keep::Rows(2))
    }

    /// A statement whose reply is all its rows. They are kept in memory until they are asked for.
    pub fn all<'a, T: FromRowOwned>(
        &mut self,
        source: impl Into<Source<'a>>,
        params: impl Params,
    ) -> Reply<All<T>> {
        self.add(source.into(), &params, Keep::Rows(u32::MAX))
    }

    /// A statement whose reply is how many rows it has touched.
    pub fn execute<'a>(
        &mut self,
        source: impl Into<Source<'a>>,
        params: impl Params,
    ) -> Reply<Count> {
        self.add(source.into(), &params, Keep::Rows(0))
    }

    /// Requests so far.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.parts.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Sends the requests, when it is this client's turn. It does not wait for the replies: each waits for its own.
    ///
    /// Nor does it wait until all is on its way: await a reply to be sure that the requests before it were run. What becomes of them when
    /// the client is dropped before, see [`Client`].
    ///
    /// # Errors
    ///
    /// The parameters of a request do not go with it; the connection was lost. Nothing was sent then.
    ///
    /// # Cancel safety
    ///
    /// Dropped, all were sent or none.
    pub async fn sync(mut self) -> Result<()> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        if self.parts.is_empty() {
            return Ok(());
        }
        self.series.sync()?;
        let Self {
            client,
            series,
            mut parts,
            statements,
            sent,
            divisible,
            ..
        } = self;
        // The Sync's own part: nobody waits for it, but it is answered as the others are.
        parts.push((series.len(), Keep::Rows(0)));
        let shared = &client.shared;
        let send = shared.in_turn(client.ticket, |session| session.send_parts(&series, parts));
        let slots: Vec<Slot> = send.await?;
        drop(statements);
        let mut answers: Vec<_> = slots
            .into_iter()
            .map(|slot| Some(Answer::new(shared.clone(), slot).divided(divisible)))
            .collect();
        drop(answers.pop());
        sent.put(answers);
        shared.with(|session| shared.write(session));
        Ok(())
    }

    fn add<P: Params, K>(&mut self, source: Source<'_>, params: &P, keep: Keep) -> Reply<K> {
        self.divide(match source {
            Source::Sql(sql) => sql,
            Source::Statement(statement) => statement.sql(),
        });
        let added = match source {
            Source::Sql(sql) => run::unnamed(&mut self.series, sql, params),
            Source::Statement(statement) => self.bind(statement, params),
        };
        match added {
            Ok(()) => self.parts.push((self.series.len(), keep)),
            Err(error) => drop(self.failed.get_or_insert(error)),
        }
        let columns = match source {
            Source::Sql(_) => None,
            Source::Statement(statement) => Some(statement.columns().clone()),
        };
        Reply {
            sent: Arc::clone(&self.sent),
            index: self.parts.len().wrapping_sub(1),
            answer: None,
            columns,
            kind: PhantomData,
        }
    }

    /// Notes what the pipeline may have committed by the time that one of its requests fails.
    fn divide(&mut self, sql: &str) {
        self.divisible |= self.committed || sql::commits_midway(sql);
        self.committed |= matches!(
            Control::parse(sql),
            Some(
                Control::Commit { .. }
                    | Control::PrepareTransaction(_)
                    | Control::CommitPrepared(_)
            )
        );
    }

    fn bind<P: Params>(&mut self, statement: &Statement, params: &P) -> Result<()> {
        let shared = &self.client.shared;
        shared.with(|session| statement.check_home(session.cache.home()))?;
        run::bind(&mut self.series, PortalName::UNNAMED, statement, params)?;
        if !self
            .statements
            .last()
            .is_some_and(|last| last.is(statement))
        {
            self.statements.push(statement.clone());
        }
        Ok(self.series.execute(PortalName::UNNAMED, 0)?)
    }
}

/// The reply to a request of a [`Pipeline`]: a future of what the request was made for.
///
/// It is to be awaited after [`Pipeline::sync`]: polled before, it fails.
///
/// # Cancel safety
///
/// Dropped, the reply is passed over; a request that was sent is run all the same.
#[must_use = "the reply says whether the request was run"]
pub struct Reply<K> {
    sent: Arc<Sent>,
    index: usize,
    answer: Option<Answer>,
    columns: Option<Columns>,
    kind: PhantomData<fn() -> K>,
}

/// Exactly one row.
#[derive(Debug)]
pub struct One<T>(PhantomData<fn() -> T>);

/// A row or none.
#[derive(Debug)]
pub struct Opt<T>(PhantomData<fn() -> T>);

/// All rows.
#[derive(Debug)]
pub struct All<T>(PhantomData<fn() -> T>);

/// How many rows were touched.
#[derive(Debug)]
pub struct Count(());

/// What a reply comes to.
pub trait Kind: kind::Read {}

impl<K: kind::Read> Kind for K {}

mod kind {
    use super::{All, Count, One, Opt, Rows};
    use crate::{FromRowOwned, Result};

    pub trait Read {
        type Output;

        fn read(rows: Rows) -> Result<Self::Output>;
    }

    impl<T: FromRowOwned> Read for One<T> {
        type Output = T;

        fn read(rows: Rows) -> Result<T> {
            rows.one()
        }
    }

    impl<T: FromRowOwned> Read for Opt<T> {
        type Output = Option<T>;

        fn read(rows: Rows) -> Result<Option<T>> {
            rows.opt()
        }
    }

    impl<T: FromRowOwned> Read for All<T> {
        type Output = Vec<T>;

        fn read(rows: Rows) -> Result<Vec<T>> {
            rows.rest()
        }
    }

    impl Read for Count {
        type Output = u64;

        fn read(rows: Rows) -> Result<u64> {
            rows.count()
        }
    }
}

/// # Errors
///
/// The request failed, or one before it in the pipeline; the reply is not of the shape that was asked for; the pipeline was not sent;
/// the connection was lost.
impl<K: Kind> Future for Reply<K> {
    type Output = Result<K::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if this.answer.is_none() {
            this.answer = this.sent.take(this.index);
        }
        let Some(answer) = &mut this.answer else {
            return Poll::Ready(Err(Fault::NotSent.into()));
        };
        ready!(answer.poll_whole(cx))?;
        let rows = this
            .answer
            .take()
            .map(|answer| Rows::whole(answer, this.columns.take()));
        Poll::Ready(rows.ok_or_else(|| Fault::NotSent.into()).and_then(K::read))
    }
}

impl<K> fmt::Debug for Reply<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").finish_non_exhaustive()
    }
}

impl fmt::Debug for Pipeline<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline")
            .field("requests", &self.parts.len())
            .finish_non_exhaustive()
    }
}
