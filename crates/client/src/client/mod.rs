//! The shared client: many tasks, one session.
//!
//! ```text
//!  Client, Transaction ── requests ──▶ Session { machine, channel, slots }  ◀── steps ── whoever waits,
//!  Rows, Pipeline, …   ◀── answers ──  behind one lock                               or the driver for all
//! ```
//!
//! | file | idea |
//! |---|---|
//! | `shared` | the lock, and what it is to wait |
//! | `session` | the session: requests go out, messages come in and go to the entry they answer |
//! | `slots` | an entry for each request, with the messages that its owner has not taken |
//! | `turn` | who may send: anybody, or the transaction or COPY that has the session to itself |
//! | `driver` | the task that reads for several, which is there only when there are several |
//! | `answer` | an entry's owner, who takes message after message |
//! | `rows`, `pipeline`, `portal`, `transaction`, `copy_in`, `copy_out`, `notifications` | what users hold |
//! | `statement`, `cache` | prepared statements, and those that the client prepares by itself |
//! | `mode`, `literal` | how SQL is run, and parameters as literals where it has to be |
//! | `types` | the database's own types, looked up where they are needed |
//! | `fault` | what can be wrong with how it is used |

mod answer;
mod cache;
mod copy_in;
mod copy_out;
mod driver;
mod fault;
mod hub;
mod literal;
mod mode;
mod notifications;
#[cfg(feature = "tokio")]
mod open;
mod pipeline;
mod portal;
mod rows;
mod run;
mod session;
mod shared;
mod slots;
mod statement;
mod transaction;
mod turn;
mod types;

pub use copy_in::{CopyIn, CopyInRows};
pub use copy_out::{CopyOut, CopyOutRows};
pub(crate) use fault::Fault;
pub use mode::Mode;
pub use notifications::{Notices, Notification, Notifications};
pub use pipeline::{All, Count, Kind as ReplyKind, One, Opt, Pipeline, Reply};
pub use portal::Portal;
pub use rows::Rows;
pub use statement::{Source, Statement};
pub use transaction::{Isolation, Transaction, TransactionOptions};

use std::fmt;

use trunkline_proto::backend::TransactionStatus;
use trunkline_types::Type;

use self::cache::Cache;
use self::session::Session;
use self::shared::{Owner, Shared};
use self::slots::Keep;
use self::turn::Ticket;
use crate::core::Core;
use crate::{CancelToken, FromRowOwned, Params, Result};

/// How many statements a client keeps prepared.
const CACHE: usize = 256;

/// A session that tasks share. A clone is the same session, and costs as little as a clone of an `Arc`.
///
/// Requests of several tasks go out as they come, without waiting for each other's answers; a [`Transaction`] or a COPY has the session
/// to itself, and the others wait. There is no task to spawn: whoever waits for an answer reads it, and when there are several who wait, or
/// something is left that nobody waits for, the client has a task of its own.
///
/// ```no_run
/// use trunkline_client::Client;
///
/// # async fn example() -> trunkline_client::Result<()> {
/// let client = Client::connect("postgres://localhost/app").await?;
/// let mut rows = client.query("select id, name from people where id > $1", (10i64,)).await?;
/// while let Some((id, name)) = rows.next::<(i64, &str)>().await? {
///     println!("{id}: {name}");
/// }
/// # Ok(())
/// # }
/// ```
///
/// When the last clone, and the last of what belongs to it, is dropped, the session says goodbye. Requests that are not sent by then are
/// sent by a task, which waits ten seconds at most for their answers; without a runtime, as with a blocking client, they are lost.
/// To be sure of them, await their replies, or [`close`](Self::close).
///
/// # Cancel safety
///
/// No future of a client or of what it gives out corrupts the session when it is dropped. A request that was sent is run by the server all
/// the same; its answer is read and thrown away. See [`with_cancel_on_drop`](Self::with_cancel_on_drop).
#[derive(Clone)]
pub struct Client {
    shared: Owner,
    mode: Mode,
    cancel: bool,
    ticket: Option<Ticket>,
}

/// How it works.
impl Client {
    /// Shares a session.
    ///
    /// # Errors
    ///
    /// It has requests that are unanswered.
    pub(crate) fn of(core: Core) -> Result<Self> {
        if core.machine.unanswered() > 0 {
            return Err(Fault::Busy.into());
        }
        Ok(Self {
            shared: Shared::share(Session::new(core, Cache::new(CACHE))),
            mode: Mode::default(),
            cancel: false,
            ticket: None,
        })
    }

    /// The session, once all that was sent is answered.
    pub(crate) async fn into_core(self) -> Result<Core> {
        self.shared.quiet().await?;
        Shared::into_core(&self.shared)
    }

    /// Reads what is left of requests whose owners are gone, up to the first that somebody owns. `query`: what has just been dropped was
    /// one, and is cancelled before if that is what this client does.
    #[cfg(feature = "blocking")]
    pub(crate) async fn drain(&self, query: bool) {
        if query && self.cancel && self.shared.with(|session| session.is_abandoned(true)) {
            // If it cannot be delivered, the rest is read as if it had not been asked for.
            let _ = self.cancel_token().cancel().await;
        }
        self.shared.drain().await;
    }

    /// The same session, with SQL run in another way.
    #[must_use]
    pub fn with_mode(&self, mode: Mode) -> Self {
        Self {
            mode,
            ..self.clone()
        }
    }

    /// The same session, whose requests are cancelled on the server when they, or what they gave, are dropped before their end.
    ///
    /// Not so a COPY to the server, which ends by itself when it is dropped, nor pipelines, nor what begins and ends a transaction.
    /// Within a transaction, what is cancelled fails it, or the savepoint that it is in.
    ///
    /// Until the server has got the request to cancel nothing else is sent, so that it hits nothing else; nor is it sent if another
    /// request is already waiting behind. It takes a connection of its own.
    #[must_use]
    pub fn with_cancel_on_drop(&self, cancel: bool) -> Self {
        Self {
            cancel,
            ..self.clone()
        }
    }

    /// How many statements the session keeps prepared by itself: 256 at first, 0 for none. It holds for all clones.
    pub fn set_statement_cache(&self, statements: usize) {
        self.shared.with(|session| session.cache.resize(statements));
    }

    /// Waits until all that was sent is answered, says goodbye and closes. Clones find the session closed.
    ///
    /// # Errors
    ///
    /// The connection was lost.
    ///
    /// # Cancel safety
    ///
    /// Call it again.
    pub async fn close(&self) -> Result<()> {
        self.shared.quiet().await?;
        self.shared.with(|session| {
            session.terminate();
            session.fail(crate::error::Kind::Closed.into());
        });
        Ok(())
    }
}

/// What is known of the session.
impl Client {
    /// A parameter that the server reports, such as `server_version` or `TimeZone`, with its present value.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<String> {
        self.shared
            .with(|session| session.core.parameters.get(name).map(str::to_owned))
    }

    /// Where the transaction stood when the server was last ready.
    #[must_use]
    pub fn transaction_status(&self) -> TransactionStatus {
        self.shared.with(|session| session.status())
    }

    /// Whether the session is over. It looks at what has arrived, and waits for nothing.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.shared.look();
        self.shared.with(|session| session.failure().is_some())
    }

    /// Cancels what runs here, from anywhere.
    #[must_use]
    pub fn cancel_token(&self) -> CancelToken {
        self.shared.with(|session| session.core.cancel_token())
    }

    /// The notifications that come from now on. Which channels the session listens to is a matter of LISTEN.
    pub fn notifications(&self) -> Notifications {
        Notifications::new(&self.shared)
    }

    /// The notices and warnings that come from now on.
    pub fn notices(&self) -> Notices {
        Notices::new(&self.shared)
    }
}

/// Queries.
///
/// SQL or a [`Statement`], and the parameters: `()`, or a tuple such as `(1i64, "Ada")`.
impl Client {
    /// Runs a statement and gives its rows as they come.
    ///
    /// A `COPY … FROM STDIN` is refused here: it is for [`copy_in`](Self::copy_in). Do not give one while others use the session: by the
    /// protocol the server takes their requests that are behind it for its data, and ends the session for all.
    ///
    /// # Errors
    ///
    /// The parameters do not go with the statement (nothing was sent then); the server refused it; the connection was lost.
    ///
    /// # Cancel safety
    ///
    /// Dropped, the statement may or may not be run.
    pub async fn query<'a>(
        &self,
        source: impl Into<Source<'a>>,
        params: impl Params,
    ) -> Result<Rows> {
        self.start(source.into(), &params, Keep::Stream).await
    }

    /// Runs a statement that returns exactly one row.
    ///
    /// # Errors
    ///
    /// As [`query`](Self::query); or there is no row, or more than one; or it cannot be read as `T`.
    ///
    /// # Cancel safety
    ///
    /// As [`query`](Self::query).
    pub async fn query_one<'a, T: FromRowOwned>(
        &self,
        source: impl Into<Source<'a>>,
        params: impl Params,
    ) -> Result<T> {
        let rows = self.start(source.into(), &params, Keep::Rows(2)).await?;
        rows.one()
    }

    /// Runs a statement that returns a row or none.
    ///
    /// # Errors
    ///
    /// As [`query_one`](Self::query_one), but for no row.
    ///
    /// # Cancel safety
    ///
    /// As [`query`](Self::query).
    pub async fn query_opt<'a, T: FromRowOwned>(
        &self,
        source: impl Into<Source<'a>>,
        params: impl Params,
    ) -> Result<Option<T>> {
        let rows = self.start(source.into(), &params, Keep::Rows(2)).await?;
        rows.opt()
    }

    /// Runs a statement and throws its rows away. How many rows it has touched; 0 for statements that do not count.
    ///
    /// # Errors
    ///
    /// As [`query`](Self::query).
    ///
    /// # Cancel safety
    ///
    /// As [`query`](Self::query).
    pub async fn execute<'a>(
        &self,
        source: impl Into<Source<'a>>,
        params: impl Params,
    ) -> Result<u64> {
        let rows = self.start(source.into(), &params, Keep::Rows(0)).await?;
        rows.count()
    }

    /// Runs SQL of any number of statements, by the simple query protocol whatever the mode, and throws all rows away.
    ///
    /// Outside of a transaction they are one transaction, unless they say otherwise.
    ///
    /// A `COPY … FROM STDIN` among them is refused, as by [`query`](Self::query), and as dangerous to others.
    ///
    /// # Errors
    ///
    /// The server refused a statement: those after it were not run, and those before it undone.
    ///
    /// # Cancel safety
    ///
    /// As [`query`](Self::query).
    pub async fn batch_execute(&self, sql: &str) -> Result<()> {
        let mut answer = self.simple(sql, Keep::Rows(0)).await?;
        answer.finish().await
    }

    /// Has the server parse a statement, or takes it from the client's cache.
    ///
    /// # Errors
    ///
    /// The server refused it; the connection was lost.
    ///
    /// # Cancel safety
    ///
    /// Dropped, no statement stays on the server.
    pub async fn prepare(&self, sql: &str) -> Result<Statement> {
        if let Some(statement) = self.shared.with(|session| session.cache.get(sql)) {
            return Ok(statement);
        }
        let statement = self.prepare_typed(sql, &[]).await?;
        self.shared.with(|session| session.cache.put(&statement));
        Ok(statement)
    }

    /// Has the server parse a statement, with the types of its first parameters given. It is not looked for in the cache.
    ///
    /// # Errors
    ///
    /// As [`prepare`](Self::prepare).
    ///
    /// # Cancel safety
    ///
    /// As [`prepare`](Self::prepare).
    pub async fn prepare_typed(&self, sql: &str, types: &[Type]) -> Result<Statement> {
        run::prepare(self, sql, types).await
    }
}

/// Several requests at once.
impl Client {
    /// Requests that are sent together, in one round trip.
    pub fn pipeline(&self) -> Pipeline<'_> {
        Pipeline::new(self)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}
