//! The server: settings, listeners, and the way to an orderly end.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch;
use tokio::task::JoinSet;
use trunkline_proto::Limits;
use trunkline_proto::auth::{DEFAULT_ITERATIONS, Mock};

use crate::auth::Authenticator;
use crate::client::Address;
use crate::config::{Config, Timeout};
use crate::connection::run;
use crate::connection::startup::{Context, establish};
use crate::gate::Gate;
use crate::open::Open;
use crate::registry::Registry;
use crate::shared::Stop;
use crate::tls::Tls;
use crate::transport::Socket;
use crate::{Error, Result};

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

    /// The number of prepared statements and of open portals that a session may have; more fail with 53400. Default:
    /// 10,000 and 1,000.
    #[must_use]
    pub fn max_prepared(mut self, statements: usize, portals: usize) -> Self {
        self.config.max_statements = statements;
        self.config.max_portals = portals;
        self
    }

    /// The bytes that a session's cursors WITH HOLD may keep of their rows, in text and binary together, when the
    /// transaction that declared them commits; a commit that needs more fails with 53400. Default: 16 MiB.
    #[must_use]
    pub fn max_held(mut self, bytes: usize) -> Self {
        self.config.max_held = bytes;
        self
    }

    /// The time from the connection to the end of the login; who is not done then is disconnected. Default: 60 s.
    #[must_use]
    pub fn authentication_timeout(mut self, limit: Duration) -> Self {
        self.config.authentication_timeout = limit;
        self
    }

    /// The time that a statement may take before it fails with 57014. Default: no limit. A session changes its own
    /// through its [`SessionHandle`](crate::SessionHandle::statement_timeout).
    #[must_use]
    pub fn statement_timeout(self, limit: Duration) -> Self {
        self.config.timeouts.set(Timeout::Statement, Some(limit));
        self
    }

    /// The time that a session may idle before it is ended with 57P05. Default: no limit.
    #[must_use]
    pub fn idle_timeout(self, limit: Duration) -> Self {
        self.config.timeouts.set(Timeout::Idle, Some(limit));
        self
    }

    /// The time that a session may idle inside a transaction before it is ended with 25P03. Default: no limit.
    #[must_use]
    pub fn idle_in_transaction_timeout(self, limit: Duration) -> Self {
        self.config
            .timeouts
            .set(Timeout::IdleInTransaction, Some(limit));
        self
    }

    /// The time that a transaction may take, idle or at work, before its session is ended with 25P04. A statement
    /// alone is a transaction, too. Default: no limit.
    #[must_use]
    pub fn transaction_timeout(self, limit: Duration) -> Self {
        self.config.timeouts.set(Timeout::Transaction, Some(limit));
        self
    }

    /// How long a statement goes on after the client has closed its half of the connection. Some clients close it and
    /// still read the answer; most are gone, and nothing tells the two apart. Default: 2 s.
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
        let mut listener = self.bind(address).await?;
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
            authenticator: Some(self.authenticator),
            config: Arc::new(self.config),
            grace: Duration::from_secs(10),
        })
    }
}

/// An address cannot be listened on.
#[derive(Debug)]
pub struct BindError {
    address: String,
    cause: io::Error,
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot listen on {}: {}", self.address, self.cause)
    }
}

impl std::error::Error for BindError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}

impl From<BindError> for Error {
    fn from(error: BindError) -> Self {
        Self::internal(error)
    }
}

/// A socket that listens.
#[derive(Debug)]
enum Bound {
    Tcp(TcpListener),
    Unix {
        listener: UnixListener,
        _file: Unlink,
    },
}

/// Removes a socket's file.
#[derive(Debug)]
struct Unlink(PathBuf);

impl Drop for Unlink {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Bound {
    async fn new(address: &str) -> Result<Self, BindError> {
        let failed = |cause| BindError {
            address: address.to_owned(),
            cause,
        };
        if address.contains('/') {
            let path = Path::new(address);
            remove_stale(path);
            let listener = UnixListener::bind(path).map_err(failed)?;
            Ok(Self::Unix {
                listener,
                _file: Unlink(path.to_owned()),
            })
        } else {
            TcpListener::bind(address)
                .await
                .map(Self::Tcp)
                .map_err(failed)
        }
    }

    async fn accept(&self) -> io::Result<(Socket, Address)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, address) = listener.accept().await?;
                // Answers leave as one write each, and should not wait for the client's acknowledgement.
                stream.set_nodelay(true)?;
                Ok((Socket::Tcp(stream), Address::Tcp(address)))
            }
            Self::Unix { listener, .. } => {
                let (stream, _) = listener.accept().await?;
                Ok((Socket::Unix(stream), Address::Unix))
            }
        }
    }
}

/// Removes the file of a socket that nobody listens on any more: a server that was killed leaves it behind.
fn remove_stale(path: &Path) {
    use std::os::unix::fs::FileTypeExt as _;
    let is_socket =
        std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.file_type().is_socket());
    if is_socket
        && std::os::unix::net::UnixStream::connect(path)
            .is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
    {
        // If it cannot be removed, binding says why.
        let _ = std::fs::remove_file(path);
    }
}

/// A server that listens and is about to serve.
#[derive(Debug)]
pub struct Listener<A> {
    sockets: Vec<Bound>,
    authenticator: Option<A>,
    config: Arc<Config>,
    grace: Duration,
}

impl<A: Authenticator> Listener<A> {
    /// Listens on another address as well.
    ///
    /// # Errors
    ///
    /// As [`Server::bind`].
    pub async fn and(mut self, address: &str) -> Result<Self, BindError> {
        self.sockets.push(Bound::new(address).await?);
        Ok(self)
    }

    /// How long sessions may finish what they are at, once the server is told to stop. Default: 10 s.
    #[must_use]
    pub fn shutdown_grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// The address of the first TCP socket: with the port that was given out, if port 0 was asked for.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.sockets.iter().find_map(|socket| match socket {
            Bound::Tcp(listener) => listener.local_addr().ok(),
            Bound::Unix { .. } => None,
        })
    }

    /// Serves until `shutdown` is ready, and then until all sessions have ended: those that are idle at once, those at
    /// work when their transaction ends, and when the [grace](Self::shutdown_grace) is over whatever is left. Clients
    /// get 57P01.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends all sessions at once, without a word to their clients.
    pub async fn serve<O: Open>(&mut self, opener: O, shutdown: impl Future<Output = ()>) {
        let Some(authenticator) = self.authenticator.take() else {
            return;
        };
        let context = Arc::new(Context {
            config: Arc::clone(&self.config),
            registry: Arc::new(Registry::default()),
            authenticator,
            opener,
            gate: Gate::default(),
        });
        let (stop, stopped) = watch::channel(false);
        let mut accepting = JoinSet::new();
        for socket in self.sockets.drain(..) {
            accepting.spawn(accept(socket, Arc::clone(&context), stopped.clone()));
        }
        shutdown.await;

        tracing::info!("shutting down");
        context.gate.close();
        context.registry.stop(Stop::WhenIdle);
        // The receivers live until the listeners have noticed.
        let _ = stop.send(true);
        let mut sessions = JoinSet::new();
        while let Some(listener) = accepting.join_next().await {
            if let Ok(mut left) = listener {
                // The sessions of each listener are waited for side by side.
                sessions.spawn(async move { while left.join_next().await.is_some() {} });
            }
        }
        let all = async { while sessions.join_next().await.is_some() {} };
        let mut all = std::pin::pin!(all);
        if tokio::time::timeout(self.grace, &mut all).await.is_err() {
            context.registry.stop(Stop::Now);
            let farewell = self.config.farewell + self.config.farewell;
            if tokio::time::timeout(farewell, &mut all).await.is_err() {
                tracing::warn!("some sessions did not end in time");
            }
        }
    }
}

/// Accepts connections until told to stop; gives the sessions that are left.
async fn accept<A: Authenticator, O: Open>(
    socket: Bound,
    context: Arc<Context<A, O>>,
    mut stopped: watch::Receiver<bool>,
) -> JoinSet<()> {
    let mut sessions = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = socket.accept() => accepted,
            _ = stopped.wait_for(|stopped| *stopped) => return sessions,
        };
        // Sessions that have ended are let go as new ones come.
        while sessions.try_join_next().is_some() {}
        match accepted {
            Ok((socket, address)) => {
                if let Some(pending) = context.gate.enter(context.config.max_logins) {
                    sessions.spawn(connection(socket, address, Arc::clone(&context), pending));
                }
            }
            Err(error) => {
                // Too many open files, mostly: others may be closed meanwhile.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}

/// One connection, from accept to its end.
async fn connection<A: Authenticator, O: Open>(
    socket: Socket,
    address: Address,
    context: Arc<Context<A, O>>,
    pending: crate::gate::Pending,
) {
    // Boxed, because its size would otherwise be that of every idle session.
    let establishing = Box::pin(tokio::time::timeout(
        context.config.authentication_timeout,
        establish(socket, address, &context),
    ));
    let Ok(Ok(opened)) = establishing.await else {
        return;
    };
    drop(pending);
    let registration = opened.registration;
    run(&opened.session, opened.up).await;
    drop(registration);
}
