//! The server: settings, listeners, and the way to an orderly end.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use trunkline_proto::Limits;
use trunkline_proto::auth::{DEFAULT_ITERATIONS, Mock};

use crate::Result;
use crate::auth::Authenticator;
use crate::bind::{BindError, Bound};
use crate::config::{Config, Timeout};
use crate::listener::Listener;
use crate::open::Open;
use crate::tls::Tls;

/// A PostgreSQL server about to be started.
///
/// ```no_run
/// # use trunkline_server::*;
/// # struct Hello;
/// # impl Session for Hello {
/// #     type Statement = ();
/// #     async fn prepare(&self, _: &str, _: &[Type]) -> Result<Prepared<()>> { Ok(Prepared::new(())) }
/// #     async fn execute(&self, _: &(), _: Params<'_>, _: &mut Reply) -> Result<Tag> { Ok(Tag::new("HELLO")) }
/// # }
/// # fn main() -> Result<()> {
/// Server::new(Trust).run("127.0.0.1:5432", |_: &Client| Hello)
/// # }
/// ```
#[derive(Debug)]
pub struct Server<A> {
    authenticator: A,
    config: Config,
}

impl<A: Authenticator> Server<A> {
    /// A server that lets in whom `authenticator` accepts, with PostgreSQL's limits, 100 connections, and without TLS.
    ///
    /// # Panics
    ///
    /// If the operating system has no random numbers to give, without which no login is safe.
    pub fn new(authenticator: A) -> Self {
        let mut key = [0; 32];
        getrandom::fill(&mut key).expect("the operating system gives random numbers");
        Self {
            authenticator,
            config: Config::new(Mock::new(key, DEFAULT_ITERATIONS)),
        }
    }

    /// Offers TLS.
    #[must_use]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.config.tls = Some(tls);
        self
    }

    /// The sizes of messages that are accepted. What comes before login stays below 64 KiB in any case.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.config.limits = limits;
        self
    }

    /// The number of sessions at one time; more are refused with 53300. Default: 100.
    #[must_use]
    pub fn max_connections(mut self, count: usize) -> Self {
        self.config.max_connections = count;
        self
    }

    /// The number of connections that may be logging in at one time; more are closed at once. They are counted apart
    /// from sessions, so that connections which say nothing keep nobody out. Default: 100.
    #[must_use]
    pub fn max_logins(mut self, count: usize) -> Self {
        self.config.max_logins = count;
        self
    }

    /// The number of prepared statements that a session may have; more fail with 53400. Default: 10,000.
    #[must_use]
    pub fn max_statements(mut self, count: usize) -> Self {
        self.config.max_statements = count;
        self
    }

    /// The number of named portals that a session may have open; more fail with 53400. Default: 1,000.
    #[must_use]
    pub fn max_portals(mut self, count: usize) -> Self {
        self.config.max_portals = count;
        self
    }

    /// The bytes that the named prepared statements and named portals of a session may take together; what goes beyond
    /// fails with 53200, and the session goes on. Counted are the texts of statements, the types of their parameters
    /// and the columns of their results, the values and formats of portals, and 400 bytes for each of either, not what the
    /// session itself makes of them. The unnamed statement and the
    /// unnamed portal come on top: there is one of each, no larger than a message ([`Limits::large`]) may be.
    /// Default: 64 MiB.
    #[must_use]
    pub fn max_prepared_bytes(mut self, bytes: usize) -> Self {
        self.config.max_prepared_bytes = bytes;
        self
    }

    /// The time from the connection to the end of the login; who is not done then is disconnected. Default: 60 s.
    #[must_use]
    pub fn authentication_timeout(mut self, limit: Duration) -> Self {
        self.config.authentication_timeout = limit;
        self
    }

    /// The time that a statement may take before it fails with 57014. Default: no limit, which zero also means. A
    /// session changes its own through its [`SessionHandle`](crate::SessionHandle::statement_timeout).
    #[must_use]
    pub fn statement_timeout(self, limit: Duration) -> Self {
        self.config.timeouts.set(Timeout::Statement, Some(limit));
        self
    }

    /// The time that a session may idle before it is ended with 57P05: from ReadyForQuery to the client's next message.
    /// A client that has begun an extended series and sends no Sync does not idle, as in PostgreSQL; a
    /// [transaction timeout](Self::transaction_timeout) bounds what it has executed. Default: no limit, which zero also
    /// means.
    #[must_use]
    pub fn idle_timeout(self, limit: Duration) -> Self {
        self.config.timeouts.set(Timeout::Idle, Some(limit));
        self
    }

    /// The time that a session may idle inside a transaction, from ReadyForQuery to the client's next message, before it is
    /// ended with 25P03. Default: no limit, which zero also means.
    #[must_use]
    pub fn idle_in_transaction_timeout(self, limit: Duration) -> Self {
        self.config
            .timeouts
            .set(Timeout::IdleInTransaction, Some(limit));
        self
    }

    /// The time that a transaction may take, idle or at work, before its session is ended with 25P04. A statement
    /// alone is a transaction, too. Default: no limit, which zero also means.
    #[must_use]
    pub fn transaction_timeout(self, limit: Duration) -> Self {
        self.config.timeouts.set(Timeout::Transaction, Some(limit));
        self
    }

    /// The time that a client may take nothing of what is being sent to it before it is disconnected; the statement
    /// whose rows they are is stopped as by the [loss of the client](crate::Session#cancellation). It begins when the
    /// buffers on the way are full, and again with whatever the client takes: a slow reader is none that has stopped.
    ///
    /// What the client takes shows by what the socket accepts, and a socket whose buffer is full accepts more only when a
    /// good part of it is free, often hundreds of kilobytes. Over TLS it is the encryption that accepts, in pieces of up to 64
    /// KiB, and only one that is accepted counts. A client that takes less than that within the limit may be disconnected,
    /// too, so give slow ones time for a megabyte. While a statement is at work and sends nothing, nothing is found out.
    ///
    /// Default: no limit, which zero also means. PostgreSQL has none either, and people rely on it: who looks at a
    /// result in a pager stops reading for as long as they like. Until then a client that does not read keeps its
    /// transaction open, with all that the transaction holds. Set a limit of minutes where that matters more;
    /// [`statement_timeout`](Self::statement_timeout) bounds the whole of a statement, read or not.
    #[must_use]
    pub fn send_timeout(mut self, limit: Duration) -> Self {
        self.config.send_timeout = Some(limit).filter(|limit| !limit.is_zero());
        self
    }

    /// How long a statement goes on after the client has closed its half of the connection. Some clients close it and
    /// still read the answer; most are gone, and nothing tells the two apart. Default: 2 s;
    /// `Duration::MAX` lets it go on to its end.
    #[must_use]
    pub fn half_close_grace(mut self, grace: Duration) -> Self {
        self.config.half_close_grace = grace;
        self
    }

    /// A setting that clients are told as the session starts (ParameterStatus), such as `server_version`.
    #[must_use]
    pub fn parameter(
        mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<Cow<'static, str>>,
    ) -> Self {
        let (name, value) = (name.into(), value.into());
        let mut parameters = self.config.parameters.to_vec();
        parameters.retain(|(key, _)| !key.eq_ignore_ascii_case(&name));
        parameters.push((name, value));
        self.config.parameters = parameters.into();
        self
    }

    /// The secret that the salts of unknown users are made from. By default it is another one at every start; give one
    /// that is kept, and such salts stay the same across restarts, as those of known users do.
    #[must_use]
    pub fn mock(mut self, mock: Mock) -> Self {
        self.config.mock = mock;
        self
    }

    /// [Listens](Self::listen) on `address` from a program that has no async runtime of its own: starts one, with a
    /// thread for each core.
    ///
    /// # Errors
    ///
    /// If the address cannot be listened on, or the runtime not be started.
    ///
    /// # Panics
    ///
    /// If called from within an async runtime.
    pub fn run<O: Open>(self, address: &str, opener: O) -> Result<()> {
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?
            .block_on(self.listen(address, opener))
    }

    /// Listens on `address`, a socket address or (with a slash in it) the path of a Unix-domain socket, and serves until
    /// the process ends. `opener` makes the session of each client.
    ///
    /// # Errors
    ///
    /// If the address cannot be listened on.
    pub async fn listen<O: Open>(self, address: &str, opener: O) -> Result<()> {
        let listener = self.bind(address).await?;
        listener.serve(opener, std::future::pending()).await;
        Ok(())
    }

    /// Listens on `address`, as [`listen`](Self::listen) does, without serving yet.
    ///
    /// # Errors
    ///
    /// If the address cannot be listened on. The message says which, and why.
    pub async fn bind(self, address: &str) -> Result<Listener<A>, BindError> {
        let socket = Bound::new(address).await?;
        Ok(Listener {
            sockets: vec![socket],
            authenticator: self.authenticator,
            config: Arc::new(self.config),
            grace: Duration::from_secs(10),
        })
    }
}
