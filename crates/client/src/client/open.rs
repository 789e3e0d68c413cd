//! From a configuration or a connection to a client, and back.

use super::Client;
use crate::core::Core;
use crate::net::Runtime;
use crate::{Connection, Resolved, Result};

impl Client {
    /// Opens a session as a connection string says, in either of libpq's grammars; what it leaves open comes from the environment,
    /// service and password files, and defaults.
    ///
    /// # Errors
    ///
    /// As [`Connection::connect`].
    ///
    /// # Cancel safety
    ///
    /// Dropped, it leaves nothing behind.
    pub async fn connect(config: &str) -> Result<Self> {
        Self::of(Core::connect(Runtime::Tokio, config).await?)
    }

    /// Opens a session as a resolved configuration says.
    ///
    /// # Errors
    ///
    /// As [`Connection::connect`].
    ///
    /// # Cancel safety
    ///
    /// Dropped, it leaves nothing behind.
    pub async fn open(resolved: &Resolved) -> Result<Self> {
        Self::of(Core::open(Runtime::Tokio, resolved).await?)
    }

    /// Shares a session. [`into_raw`](Self::into_raw) gives it back.
    ///
    /// # Errors
    ///
    /// The connection has requests that are unanswered.
    pub fn new(connection: Connection) -> Result<Self> {
        Self::of(connection.into_core())
    }

    /// The session as a [`Connection`], once all that was sent is answered.
    ///
    /// # Errors
    ///
    /// Clones of the client, or rows, transactions and listeners that belong to it, are still there; or the session is over.
    ///
    /// # Cancel safety
    ///
    /// Dropped, the session goes with it.
    pub async fn into_raw(self) -> Result<Connection> {
        self.into_core().await.map(Connection::from_core)
    }
}
