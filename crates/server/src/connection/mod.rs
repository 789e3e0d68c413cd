//! The life of a session after login: requests in, answers out.
//!
//! | file | idea |
//! |---|---|
//! | `startup`, `dialogue`, `settings` | from accept to the first ReadyForQuery |
//! | `simple` | Query |
//! | `extended` | Parse, Bind, Describe, Close, FunctionCall |
//! | `execute`, `resume` | Execute: running, suspending and resuming portals |
//! | `run` | running a statement to its end |
//! | `namespace`, `arguments` | PREPARE, EXECUTE and the like: the names that SQL shares with the protocol |
//! | `cursors`, `hold` | DECLARE, FETCH, MOVE, and cursors that outlive their transaction |
//! | `copy` | COPY in and out |
//! | `transaction` | blocks, implicit transactions, savepoints |
//! | `statements`, `portals` | what is prepared and bound, and how long it lives |
//! | `budget` | how much of it there may be |
//! | `outside` | cancels, deadlines and clients that go away while user code runs |
//! | `ready` | ReadyForQuery, what goes out before it, and the write |
//! | `idle` | waiting for the client |

mod arguments;
mod budget;
mod copy;
mod cursors;
pub(crate) mod dialogue;
mod execute;
mod extended;
mod hold;
mod idle;
mod namespace;
mod outside;
mod portals;
mod ready;
mod resume;
mod run;
mod settings;
mod simple;
pub(crate) mod startup;
mod statements;
mod transaction;

use std::sync::Arc;

use tokio::time::Instant;
use trunkline_proto::SqlState;
use trunkline_proto::server::{Consequence, Event, ProtocolError};

pub use copy::{CopyIn, CopyOut};
pub use transaction::Begin;

use self::budget::Budget;
use self::dialogue::drain;
use self::outside::{Deadline, Interruption, Outside, guarded, quietly};
use self::portals::Portals;
use self::statements::Statements;
use self::transaction::Transaction;
use crate::buffer::Input;
use crate::config::{Config, Timeout};
use crate::park::Slot;
use crate::reply::{self, Reply};
use crate::shared::Shared;
use crate::wire::Wire;
use crate::{Error, ParameterStatus, Session};

/// A session that is up: what the startup hands over.
#[derive(Debug)]
pub(crate) struct Up {
    wire: Box<Wire>,
    outside: Outside,
    input: Input,
    shared: Arc<Shared>,
    status: ParameterStatus,
    config: Arc<Config>,
}

/// Everything of a running session but the input, from which requests borrow.
struct Core<'s, S: Session> {
    session: &'s S,
    reply: Reply,
    /// Where the wire comes back from while a portal runs.
    lent: Option<Arc<Slot>>,
    outside: Outside,
    shared: Arc<Shared>,
    statements: Statements<S::Statement>,
    portals: Portals<'s, S>,
    budget: Budget,
    transaction: Transaction,
    /// ReadyForQuery was the last word, and no message has come since. A client in the middle of a series is not idle.
    at_rest: bool,
    /// When the client was first waited for since then, if its time is limited.
    idle_since: Option<Instant>,
    status: ParameterStatus,
    config: Arc<Config>,
}

/// Why a request was not carried out.
#[derive(Debug)]
enum Failure {
    /// The client is told, and the session goes on.
    Error(Error),
    /// The session is over.
    End(End),
}

/// How a session ends.
#[derive(Debug)]
enum End {
    /// The client said goodbye, went away, or cannot be trusted.
    Closed,
    /// The client is told why, with severity FATAL.
    Fatal(Error),
}

impl<E: Into<Error>> From<E> for Failure {
    #[cold]
    fn from(error: E) -> Self {
        let error = error.into();
        if error.is_fatal() {
            Self::End(End::Fatal(error))
        } else {
            Self::Error(error)
        }
    }
}

impl Failure {
    /// Moves the position of an error: so many characters stand before the statement.
    fn shift(self, characters: u32) -> Self {
        match self {
            Self::Error(error) => Self::Error(error.shift(characters)),
            Self::End(end) => Self::End(end),
        }
    }
}

impl From<End> for Failure {
    fn from(end: End) -> Self {
        Self::End(end)
    }
}

impl From<Interruption> for Failure {
    #[cold]
    fn from(interruption: Interruption) -> Self {
        match interruption {
            Interruption::Cancelled => Self::Error(reply::cancelled()),
            Interruption::TimedOut(Timeout::Transaction) => {
                Self::End(End::Fatal(transaction_timeout()))
            }
            Interruption::TimedOut(_) => Self::Error(Error::new(
                SqlState::QUERY_CANCELED,
                "canceling statement due to statement timeout",
            )),
            Interruption::Stopped => Self::End(End::Fatal(shutdown())),
            Interruption::ClientGone => Self::End(End::Closed),
            Interruption::Panicked => Self::End(End::Fatal(panicked())),
        }
    }
}

#[cold]
pub(crate) fn shutdown() -> Error {
    Error::new(
        SqlState::ADMIN_SHUTDOWN,
        "terminating connection due to administrator command",
    )
}

#[cold]
fn transaction_timeout() -> Error {
    Error::new(
        SqlState::TRANSACTION_TIMEOUT,
        "terminating connection due to transaction timeout",
    )
}

#[cold]
fn panicked() -> Error {
    Error::internal("a panic in the code of the session")
}

/// The most that is still read, and dropped, of what a client sends to a session that has ended: a COPY may be under way.
const UNHEARD: usize = 16 << 20;

/// Serves a session until it ends. An `async fn` would keep its arguments beside what is made of them, as long as the
/// session lives.
pub(crate) fn run<S: Session>(session: &S, up: Up) -> impl Future<Output = ()> + Send {
    let Up {
        wire,
        outside,
        mut input,
        shared,
        status,
        config,
    } = up;
    input.release();
    let mut core = Core {
        session,
        reply: Reply::new(wire, Arc::clone(&shared)),
        lent: None,
        outside,
        shared,
        statements: Statements::new(config.max_statements),
        portals: Portals::new(config.max_portals),
        budget: Budget::new(config.max_prepared_bytes),
        transaction: Transaction::default(),
        at_rest: true,
        idle_since: None,
        status,
        config,
    };
    async move {
        // The hooks that are no futures are called from all over; a panic in one of them is caught here.
        let end = {
            let mut requests = std::pin::pin!(core.requests(&mut input));
            std::future::poll_fn(|cx| guarded(requests.as_mut(), cx)).await
        };
        drop(input);
        core.end(end.unwrap_or_else(|_| End::Fatal(panicked())))
            .await;
        quietly(|| drop(core));
    }
}

impl<S: Session> Core<'_, S> {
    /// Takes requests until the session ends.
    async fn requests(&mut self, input: &mut Input) -> End {
        loop {
            let mut rest = input.rest();
            loop {
                let event = match self.reply.wire().machine.receive(&mut rest) {
                    Ok(Some(event)) => event,
                    Ok(None) => break,
                    Err(error) => match self.reject(&error).await {
                        Ok(()) => continue,
                        Err(end) => return end,
                    },
                };
                (self.at_rest, self.idle_since) = (false, None);
                let done = match event {
                    // These wait for nothing: a future for them would cost more than they do.
                    Event::Bind(bind) => self.bind(&bind),
                    Event::Describe(target) => self.describe(&target),
                    Event::Close(target) => self.close(&target),
                    Event::Execute(execute) => self.execute(&execute, &mut rest).await,
                    Event::Query(query) => self.query(query.sql, &mut rest).await,
                    Event::Parse(parse) => self.parse(&parse).await,
                    Event::Sync => self.sync().await,
                    Event::Flush => self.write().await,
                    Event::FunctionCall(call) => self.call(&call).await,
                    Event::Terminate => return End::Closed,
                    // COPY data is taken by the COPY itself; the machine yields none elsewhere.
                    _ => Ok(()),
                };
                self.shared.end_statement();
                let done = match done {
                    Ok(()) if !self.reply.wire().is_full() => continue,
                    // Answers to many small messages do not gather up to Sync (rule FR-11).
                    Ok(()) => self.write().await,
                    failed => failed,
                };
                let done = match done {
                    Ok(()) => continue,
                    Err(Failure::Error(error)) => self.fail(&error).await,
                    Err(Failure::End(end)) => Err(end),
                };
                if let Err(end) = done {
                    return end;
                }
            }
            let left = rest.len();
            input.keep(left);
            if !self.outside.side.is_empty() {
                input.append(&mut self.outside.side);
                continue;
            }
            if let Err(end) = self.wait(input).await {
                return end;
            }
        }
    }

    /// Answers a fault of the protocol.
    #[cold]
    async fn reject(&mut self, error: &ProtocolError) -> Result<(), End> {
        tracing::debug!(%error, "the client broke the protocol");
        (self.at_rest, self.idle_since) = (false, None);
        let wire = self.reply.wire();
        wire.ensure_buffer();
        // A malformed Sync is still a Sync: what it would have committed is not, and one ReadyForQuery is due.
        match wire.machine.reject(error, &mut wire.output) {
            Consequence::Report => self.recover().await,
            Consequence::Terminate | Consequence::Disconnect => Err(End::Closed),
        }
    }

    /// Tells the client that its request failed.
    #[cold]
    async fn fail(&mut self, error: &Error) -> Result<(), End> {
        error.log();
        let wire = self.reply.wire();
        if wire.broken {
            return Err(End::Closed);
        }
        let told = error
            .with_report(|report| wire.answer(|machine, output| machine.error(report, output)));
        if let Err(misuse) = told {
            tracing::error!(%misuse, "an error could not be reported");
            return Err(End::Fatal(misuse));
        }
        self.recover().await
    }

    /// After an error was sent: the transaction fails, and ReadyForQuery follows if it is due.
    async fn recover(&mut self) -> Result<(), End> {
        self.transaction.in_query = false;
        self.abort_transaction().await?;
        if !self.transaction.is_open() {
            self.portals.clear();
        }
        if !self.reply.wire().machine.is_receptive() {
            return self.ready().await.map_err(|failure| match failure {
                Failure::End(end) => end,
                Failure::Error(error) => End::Fatal(error),
            });
        }
        Ok(())
    }

    /// When the statement that starts now is to be stopped.
    #[inline]
    fn deadline(&self) -> Option<Deadline> {
        if self.shared.timeouts.any_running() {
            self.earliest_deadline()
        } else {
            None
        }
    }

    #[cold]
    fn earliest_deadline(&self) -> Option<Deadline> {
        let now = Instant::now();
        let began = self.transaction.began.unwrap_or(now);
        let deadline = |of, from| {
            let limit = self.shared.timeouts.get(of)?;
            Some(Deadline {
                at: from + limit,
                of,
            })
        };
        [
            deadline(Timeout::Statement, now),
            deadline(Timeout::Transaction, began),
        ]
        .into_iter()
        .flatten()
        .min_by_key(|deadline| deadline.at)
    }

    /// The end: an open transaction is rolled back, and the client is told if there is something to tell.
    async fn end(&mut self, end: End) {
        if let Some((wire, _)) = self.lent.take().and_then(|slot| slot.take()) {
            self.reply.return_wire(wire);
        }
        quietly(|| self.portals.clear());
        quietly(|| self.portals.clear_named());
        if self.transaction.is_open() {
            let session = self.session;
            // The hook may do its work before there is a future.
            let rollback = async { session.rollback().await };
            let deadline = Instant::now() + self.config.farewell;
            match self.outside.attend_last(deadline, rollback).await {
                Some(Ok(())) => {}
                Some(Err(error)) => error.log(),
                None => tracing::warn!("a transaction could not be rolled back"),
            }
        }
        if let End::Fatal(error) = &end {
            error.log();
        }
        let Some(wire) = self.reply.present_wire() else {
            return;
        };
        // What a panic left: a part of a row, and rows that were not for the client.
        wire.drop_torn();
        let _ = wire.undivert();
        if let End::Fatal(error) = &end {
            // It may be closed already, with nothing more to be said.
            let _ = error
                .with_report(|report| wire.answer(|machine, output| machine.fatal(report, output)));
        }
        if wire.broken {
            return;
        }
        let farewell = async {
            let _ = wire.write().await;
            wire.shutdown().await;
            if self.outside.ended.is_none() {
                drain(&mut self.outside.reader, UNHEARD).await;
            }
        };
        let _ = tokio::time::timeout(self.config.farewell, farewell).await;
    }
}
