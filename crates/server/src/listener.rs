//! Accepting connections, and the way to an orderly end.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::auth::Authenticator;
use crate::bind::{BindError, Bound};
use crate::client::Address;
use crate::config::Config;
use crate::connection::run;
use crate::connection::startup::{Context, establish};
use crate::gate::Gate;
use crate::open::Open;
use crate::registry::Registry;
use crate::shared::Stop;
use crate::transport::Socket;

/// A server that listens and is about to serve.
#[derive(Debug)]
pub struct Listener<A> {
    pub(crate) sockets: Vec<Bound>,
    pub(crate) authenticator: A,
    pub(crate) config: Arc<Config>,
    pub(crate) grace: Duration,
}

impl<A: Authenticator> Listener<A> {
    /// Listens on another address as well.
    ///
    /// # Errors
    ///
    /// As [`Server::bind`](crate::Server::bind).
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
    pub async fn serve<O: Open>(self, opener: O, shutdown: impl Future<Output = ()>) {
        let context = Arc::new(Context {
            config: Arc::clone(&self.config),
            registry: Arc::new(Registry::default()),
            authenticator: self.authenticator,
            opener,
            gate: Gate::default(),
        });
        let (stop, stopped) = watch::channel(false);
        let mut accepting = JoinSet::new();
        for socket in self.sockets {
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
                    let context = Arc::clone(&context);
                    sessions.spawn(connection(
                        socket,
                        address,
                        context,
                        pending,
                        stopped.clone(),
                    ));
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

/// How long a login may still take once the server is told to stop.
const LATECOMERS: Duration = Duration::from_secs(1);

/// One connection, from accept to its end.
async fn connection<A: Authenticator, O: Open>(
    socket: Socket,
    address: Address,
    context: Arc<Context<A, O>>,
    pending: crate::gate::Pending,
    mut stopped: watch::Receiver<bool>,
) {
    // Boxed, because its size would otherwise be that of every idle session.
    let establishing = Box::pin(async move {
        let limit = context.config.authentication_timeout;
        let mut establishing = std::pin::pin!(tokio::time::timeout(
            limit,
            establish(socket, address, &context)
        ));
        tokio::select! {
            established = &mut establishing => return established,
            _ = stopped.wait_for(|stopped| *stopped) => {}
        }
        // Who is about to log in is told that the server goes; who says nothing does not hold it up.
        tokio::time::timeout(LATECOMERS, establishing).await?
    });
    let Ok(Ok(opened)) = establishing.await else {
        return;
    };
    drop(pending);
    let registration = opened.registration;
    run(&opened.session, opened.up).await;
    drop(registration);
}
