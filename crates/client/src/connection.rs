//! A session that one task owns and drives, message by message.

use trunkline_proto::backend::TransactionStatus;
use trunkline_proto::client::Event;
use trunkline_proto::codec::Oids;
use trunkline_proto::frontend::{Bind, FunctionCall, Parse, ProtocolVersion, Target};
use trunkline_proto::{Format, Oid, PortalName, StatementName};
use trunkline_types::Type;

use crate::core::{Core, methods};
use crate::net::Runtime;
use crate::row::{Binding, ParamTypes};
use crate::{CancelToken, Params, Resolved, Result};

/// A session, driven by hand: put requests into the output, then take one event after the other.
///
/// There is no task in the background, no channel and no lock. Requests may be put in while others are unanswered; the answers come
/// in their order, and a reply that is not due ends the connection instead of being taken for another's. Rows are borrowed from the
/// buffer that they were read into.
///
/// ```no_run
/// use trunkline_client::{Connection, Event};
///
/// # async fn example() -> trunkline_client::Result<()> {
/// let mut connection = Connection::connect("postgres://localhost/app").await?;
/// connection.query("select 6 * 7")?;
/// loop {
///     match connection.next().await? {
///         Event::DataRow(row) => println!("{:?}", row.values),
///         Event::Ready(_) => break,
///         _ => {}
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// Dropped, it closes its socket without a goodbye; [`terminate`](Self::terminate) says one.
pub struct Connection {
    core: Core,
}

impl Connection {
    /// Opens a session as a connection string says, in either of libpq's grammars; what it leaves open comes from the environment,
    /// service and password files, and defaults.
    ///
    /// # Errors
    ///
    /// The string is wrong, no host can be reached, TLS fails, or the server refuses the login; with several hosts, each with its
    /// reason.
    ///
    /// # Cancel safety
    ///
    /// Dropped, it leaves nothing behind.
    pub async fn connect(config: &str) -> Result<Self> {
        let core = Core::connect(Runtime::Tokio, config).await?;
        Ok(Self { core })
    }

    /// Opens a session as a resolved configuration says.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    ///
    /// # Cancel safety
    ///
    /// Dropped, it leaves nothing behind.
    pub async fn open(resolved: &Resolved) -> Result<Self> {
        let core = Core::open(Runtime::Tokio, resolved).await?;
        Ok(Self { core })
    }

    pub(crate) const fn from_core(core: Core) -> Self {
        Self { core }
    }

    pub(crate) fn into_core(self) -> Core {
        self.core
    }

    /// Takes the next message of the server: it sends what is in the output, and waits.
    ///
    /// With no request unanswered it waits for what may come at any time: notifications, notices, parameters, the end.
    ///
    /// # Errors
    ///
    /// The connection was lost, the server broke the protocol, or the session is over. What the server reports comes as
    /// [`Event::Error`].
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost: what was read stays in the buffer, and what was sent is remembered. Call it again.
    #[inline]
    pub async fn next(&mut self) -> Result<Event<'_>> {
        self.core.fill().await?;
        self.core.take()
    }

    /// Sends what is in the output without waiting for an answer. What the server answers meanwhile is read, since it would take
    /// nothing more otherwise, and waits for [`next`](Self::next); when that is 16 MiB the rest of the output waits too, and goes out
    /// with the calls of `next`.
    ///
    /// # Errors
    ///
    /// The connection was lost.
    ///
    /// # Cancel safety
    ///
    /// What was sent is remembered; call it again, or go on with [`next`](Self::next).
    pub async fn send(&mut self) -> Result<()> {
        self.core.channel.flush().await
    }

    /// Says goodbye and closes.
    ///
    /// # Errors
    ///
    /// The connection was lost.
    ///
    /// # Cancel safety
    ///
    /// Dropped, the socket is closed all the same.
    pub async fn terminate(self) -> Result<()> {
        self.core.terminate().await
    }

    /// Cancels what runs here, from another task.
    #[must_use]
    pub fn cancel_token(&self) -> CancelToken {
        self.core.cancel_token()
    }
}

methods!(Connection);
