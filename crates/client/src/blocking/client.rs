//! A session with queries in place of messages.

use std::cell::Cell;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use trunkline_proto::backend::TransactionStatus;
use trunkline_types::Type;

use super::Transaction;
use super::{CancelToken, Connection, CopyIn, CopyOut, Notices, Notifications, Pipeline, Rows};
use crate::catalog::{Catalog, UserType};
use crate::client::{self, Mode, Source, Statement, TransactionOptions};
use crate::net::blocking::block_on;
use crate::{FromRowOwned, Params, Resolved, Result};

/// A session that one thread has at a time: it may be sent to another one, but not shared.
///
/// Rows that are not all read when another request is made are kept in memory until they are.
///
/// ```no_run
/// use trunkline_client::blocking::Client;
///
/// # fn example() -> trunkline_client::Result<()> {
/// let client = Client::connect("postgres://localhost/app")?;
/// let mut rows = client.query("select id, name from people where id > $1", (10i64,))?;
/// while let Some((id, name)) = rows.next::<(i64, &str)>()? {
///     println!("{id}: {name}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Client {
    pub(super) inner: client::Client,
    /// Not `Sync`: who waits on one thread is not woken from another.
    alone: PhantomData<Cell<()>>,
}

/// Opening, and how it works.
impl Client {
    /// Opens a session as a connection string says, in either of libpq's grammars; what it leaves open comes from the environment,
    /// service and password files, and defaults.
    ///
    /// # Errors
    ///
    /// As [`Connection::connect`].
    pub fn connect(config: &str) -> Result<Self> {
        Connection::connect(config).and_then(Self::new)
    }

    /// Opens a session as a resolved configuration says.
    ///
    /// # Errors
    ///
    /// As [`Connection::connect`].
    pub fn open(resolved: &Resolved) -> Result<Self> {
        Connection::open(resolved).and_then(Self::new)
    }

    /// A client of a session. [`into_raw`](Self::into_raw) gives it back.
    ///
    /// # Errors
    ///
    /// The connection has requests that are unanswered or not sent.
    pub fn new(connection: Connection) -> Result<Self> {
        client::Client::of(connection.into_core()).map(Self::of)
    }

    pub(super) const fn of(inner: client::Client) -> Self {
        Self {
            inner,
            alone: PhantomData,
        }
    }

    /// The same session, with SQL run in another way.
    #[must_use]
    pub fn with_mode(&self, mode: Mode) -> With<'_> {
        With::new(self.inner.with_mode(mode))
    }

    /// The same session, whose queries are cancelled on the server when they are dropped before their end.
    ///
    /// Nothing else is sent until the server has got the request to cancel. It takes a connection of its own.
    #[must_use]
    pub fn with_cancel_on_drop(&self, cancel: bool) -> With<'_> {
        With::new(self.inner.with_cancel_on_drop(cancel))
    }

    /// The session as a [`Connection`], once all that was sent is answered.
    ///
    /// # Errors
    ///
    /// The session is over.
    pub fn into_raw(self) -> Result<Connection> {
        block_on(self.inner.into_core()).map(Connection::of)
    }

    /// Waits until all that was sent is answered, says goodbye and closes.
    ///
    /// # Errors
    ///
    /// The connection was lost.
    pub fn close(&self) -> Result<()> {
        block_on(self.inner.close())
    }
}

/// What is known of the session.
impl Client {
    /// A parameter that the server reports, such as `server_version` or `TimeZone`, with its present value.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<String> {
        self.inner.parameter(name)
    }

    /// Where the transaction stood when the server was last ready.
    #[must_use]
    pub fn transaction_status(&self) -> TransactionStatus {
        self.inner.transaction_status()
    }

    /// Whether the session is over. It looks at what has arrived, and waits for nothing.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    /// Cancels what runs here, from another thread.
    #[must_use]
    pub fn cancel_token(&self) -> CancelToken {
        CancelToken(self.inner.cancel_token())
    }

    /// The notifications that come from now on. Which channels the session listens to is a matter of LISTEN.
    pub fn notifications(&self) -> Notifications<'_> {
        Notifications::new(self.inner.notifications())
    }

    /// The notices and warnings that come from now on.
    pub fn notices(&self) -> Notices<'_> {
        Notices::new(self.inner.notices())
    }
}

/// Queries.
///
/// SQL or a [`Statement`], and the parameters: `()`, or a tuple such as `(1i64, "Ada")`.
impl Client {
    /// Runs a statement and gives its rows as they come.
    ///
    /// # Errors
    ///
    /// The parameters do not go with the statement (nothing was sent then); the server refused it; the connection was lost.
    pub fn query<'a>(
        &self,
        source: impl Into<Source<'a>>,
        params: impl Params,
    ) -> Result<Rows<'_>> {
        let rows = block_on(self.inner.query(source, params))?;
        Ok(Rows::new(rows, self))
    }

    /// Runs a statement that returns exactly one row.
    ///
    /// # Errors
    ///
    /// As [`query`](Self::query); or there is no row, or more than one; or it cannot be read as `T`.
    pub fn query_one<'a, T: FromRowOwned>(
        &self,
        source: impl Into<Source<'a>>,
        params: impl Params,
    ) -> Result<T> {
        block_on(self.inner.query_one(source, params))
    }

    /// Runs a statement that returns a row or none.
    ///
    /// # Errors
    ///
    /// As [`query_one`](Self::query_one), but for no row.
    pub fn query_opt<'a, T: FromRowOwned>(
        &self,
        source: impl Into<Source<'a>>,
        params: impl Params,
    ) -> Result<Option<T>> {
        block_on(self.inner.query_opt(source, params))
    }

    /// Runs a statement and throws its rows away. How many rows it has touched; 0 for statements that do not count.
    ///
    /// # Errors
    ///
    /// As [`query`](Self::query).
    pub fn execute<'a>(&self, source: impl Into<Source<'a>>, params: impl Params) -> Result<u64> {
        block_on(self.inner.execute(source, params))
    }

    /// Runs SQL of any number of statements, by the simple query protocol whatever the mode, and throws all rows away.
    ///
    /// Outside of a transaction they are one transaction, unless they say otherwise.
    ///
    /// # Errors
    ///
    /// The server refused a statement: those after it were not run, and those before it undone.
    pub fn batch_execute(&self, sql: &str) -> Result<()> {
        block_on(self.inner.batch_execute(sql))
    }

    /// Has the server parse a statement, or takes it from the client's cache.
    ///
    /// # Errors
    ///
    /// The server refused it; the connection was lost.
    pub fn prepare(&self, sql: &str) -> Result<Statement> {
        block_on(self.inner.prepare(sql))
    }

    /// Has the server parse a statement, with the types of its first parameters given. It is not looked for in the cache.
    ///
    /// # Errors
    ///
    /// As [`prepare`](Self::prepare).
    pub fn prepare_typed(&self, sql: &str, types: &[Type]) -> Result<Statement> {
        block_on(self.inner.prepare_typed(sql, types))
    }

    /// What is known of the database's own types: what this client has [asked for](Self::user_type), or needed to know. It is forgotten
    /// when the server says that a type is gone.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        self.inner.catalog()
    }

    /// What a type is that is not built in, and with it all that it is made of. The server is asked once. `None`: it has no such
    /// type, or it is built in.
    ///
    /// # Errors
    ///
    /// The server is older than PostgreSQL 14, or refuses; the connection was lost.
    pub fn user_type(&self, ty: Type) -> Result<Option<Arc<UserType>>> {
        block_on(self.inner.user_type(ty))
    }

    /// Requests that are sent together.
    pub fn pipeline(&self) -> Pipeline<'_> {
        Pipeline::new(self.inner.pipeline())
    }
}

/// Transactions and COPY, which have the session to themselves.
impl Client {
    /// Begins a transaction.
    ///
    /// # Errors
    ///
    /// The server refused it, which it does not in ordinary life; the connection was lost.
    pub fn transaction(&mut self) -> Result<Transaction<'_>> {
        block_on(self.inner.transaction()).map(Transaction::new)
    }

    /// Begins a transaction of a certain kind.
    ///
    /// # Errors
    ///
    /// As [`transaction`](Self::transaction).
    pub fn transaction_with(&mut self, options: TransactionOptions) -> Result<Transaction<'_>> {
        block_on(self.inner.transaction_with(options)).map(Transaction::new)
    }

    /// Runs a `COPY … FROM STDIN`, whose data is then sent with what this gives.
    ///
    /// # Errors
    ///
    /// The server refused it; it is no such statement; the connection was lost.
    pub fn copy_in(&self, sql: &str) -> Result<CopyIn<'_>> {
        let copy = block_on(self.inner.copy_in(sql))?;
        Ok(CopyIn::new(copy, self))
    }

    /// Runs a `COPY … TO STDOUT`, and gives its data as it comes.
    ///
    /// # Errors
    ///
    /// The server refused it; it is no such statement; the connection was lost.
    pub fn copy_out(&self, sql: &str) -> Result<CopyOut<'_>> {
        let copy = block_on(self.inner.copy_out(sql))?;
        Ok(CopyOut::new(copy, self))
    }
}

/// A client with something set differently, used as the [`Client`] that it dereferences to.
#[derive(Debug)]
pub struct With<'c> {
    client: Client,
    of: PhantomData<&'c Client>,
}

impl With<'_> {
    const fn new(inner: client::Client) -> Self {
        Self {
            client: Client::of(inner),
            of: PhantomData,
        }
    }
}

impl Deref for With<'_> {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}
