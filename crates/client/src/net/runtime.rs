//! What waits: for sockets, names and time.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

/// Who polls the futures of a session, and so how they wait.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Runtime {
    /// A tokio runtime with I/O and time.
    #[cfg(feature = "tokio")]
    Tokio,
    /// The thread itself, in `block_on`.
    #[cfg(feature = "blocking")]
    Blocking,
}

impl Runtime {
    /// Whether there may be somebody else.
    pub(crate) const fn has_tasks(self) -> bool {
        match self {
            #[cfg(feature = "tokio")]
            Self::Tokio => true,
            #[cfg(feature = "blocking")]
            Self::Blocking => false,
        }
    }

    /// The addresses of a host.
    pub(super) async fn lookup(self, name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        match self {
            #[cfg(feature = "tokio")]
            Self::Tokio => super::tokio::lookup(name, port).await,
            #[cfg(feature = "blocking")]
            Self::Blocking => super::blocking::lookup(name, port),
        }
    }

    /// What a future gives; nothing, if it takes longer than `limit`.
    pub(crate) async fn within<T>(
        self,
        limit: Duration,
        future: impl Future<Output = T>,
    ) -> Option<T> {
        match self {
            #[cfg(feature = "tokio")]
            Self::Tokio => super::tokio::within(limit, future).await,
            #[cfg(feature = "blocking")]
            Self::Blocking => super::blocking::within(limit, future).await,
        }
    }

    /// Lets time pass.
    #[cfg(unix)]
    pub(crate) async fn sleep(self, time: Duration) {
        match self {
            #[cfg(feature = "tokio")]
            Self::Tokio => super::tokio::sleep(time).await,
            #[cfg(feature = "blocking")]
            Self::Blocking => super::blocking::sleep(time).await,
        }
    }

    /// Lets others have a turn, and clocks be looked at.
    pub(crate) async fn yield_now(self) {
        match self {
            #[cfg(feature = "tokio")]
            Self::Tokio => super::tokio::yield_now().await,
            #[cfg(feature = "blocking")]
            Self::Blocking => super::blocking::yield_now().await,
        }
    }

    /// What starts tasks for a session that is opened here.
    pub(crate) fn spawner(self) -> Spawner {
        match self {
            #[cfg(feature = "tokio")]
            Self::Tokio => Spawner::Tokio(super::tokio::Handle::try_current().ok()),
            #[cfg(feature = "blocking")]
            Self::Blocking => Spawner::Nobody,
        }
    }
}

/// Starts tasks: on the runtime that the session's socket belongs to, whoever happens to ask.
#[derive(Debug)]
pub(crate) enum Spawner {
    /// If the session was made outside of a runtime, it is whichever there is later.
    #[cfg(feature = "tokio")]
    Tokio(Option<super::tokio::Handle>),
    #[cfg(feature = "blocking")]
    Nobody,
}

impl Spawner {
    /// Has a task of its own run a future; drops it where there are no tasks, here or any more.
    pub(crate) fn spawn(&self, future: Pin<Box<dyn Future<Output = ()> + Send>>) {
        match self {
            #[cfg(feature = "tokio")]
            Self::Tokio(Some(runtime)) => drop(runtime.spawn(future)),
            #[cfg(feature = "tokio")]
            Self::Tokio(None) => match super::tokio::Handle::try_current() {
                Ok(runtime) => drop(runtime.spawn(future)),
                Err(_) => drop(future),
            },
            #[cfg(feature = "blocking")]
            Self::Nobody => drop(future),
        }
    }
}
