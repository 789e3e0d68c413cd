//! A session that one thread owns and drives, message by message.

use std::time::Duration;

use trunkline_proto::backend::TransactionStatus;
use trunkline_proto::client::Event;
use trunkline_proto::codec::Oids;
use trunkline_proto::frontend::{Bind, FunctionCall, Parse, ProtocolVersion, Target};
use trunkline_proto::{Format, Oid, PortalName, StatementName};
use trunkline_types::Type;

use super::CancelToken;
use crate::core::{Core, methods};
use crate::net::Runtime;
use crate::net::blocking::block_on;
use crate::row::{Binding, ParamTypes};
use crate::{Params, Resolved, Result};

/// A session, driven by hand: put requests into the output, then take one event after the other.
///
/// Requests may be put in while others are unanswered; the answers come in their order, and a reply that is not due ends the connection
/// instead of being taken for another's. Rows are borrowed from the buffer that they were read into.
///
/// ```no_run
/// use trunkline_client::{Event, blocking::Connection};
///
/// # fn example() -> trunkline_client::Result<()> {
/// let mut connection = Connection::connect("postgres://localhost/app")?;
/// connection.query("select 6 * 7")?;
/// loop {
///     match connection.next()? {
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
    pub fn connect(config: &str) -> Result<Self> {
        let core = block_on(Core::connect(Runtime::Blocking, config))?;
        Ok(Self { core })
    }

    /// Opens a session as a resolved configuration says.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    pub fn open(resolved: &Resolved) -> Result<Self> {
        let core = block_on(Core::open(Runtime::Blocking, resolved))?;
        Ok(Self { core })
    }

    pub(super) const fn of(core: Core) -> Self {
        Self { core }
    }

    pub(super) fn into_core(self) -> Core {
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
    #[inline]
    #[allow(
        clippy::should_implement_trait,
        reason = "an event borrows from the session, which no iterator's items can"
    )]
    pub fn next(&mut self) -> Result<Event<'_>> {
        if !self.core.has_message() {
            block_on(self.core.fill())?;
        }
        self.core.take()
    }

    /// As [`next`](Self::next), but gives up after some time and then gives nothing; nothing is lost, and it may be called again.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub fn next_within(&mut self, limit: Duration) -> Result<Option<Event<'_>>> {
        match block_on(Runtime::Blocking.within(limit, self.core.fill())) {
            Some(filled) => filled?,
            None => return Ok(None),
        }
        self.core.take().map(Some)
    }

    /// Sends what is in the output without waiting for an answer. What the server answers meanwhile is read, since it would take
    /// nothing more otherwise, and waits for [`next`](Self::next); when that is 16 MiB the rest of the output waits too, and goes out
    /// with the calls of `next`.
    ///
    /// # Errors
    ///
    /// The connection was lost.
    pub fn send(&mut self) -> Result<()> {
        block_on(self.core.channel.flush())
    }

    /// Says goodbye and closes.
    ///
    /// # Errors
    ///
    /// The connection was lost.
    pub fn terminate(self) -> Result<()> {
        block_on(self.core.terminate())
    }

    /// Cancels what runs here, from another thread.
    #[must_use]
    pub fn cancel_token(&self) -> CancelToken {
        CancelToken(self.core.cancel_token())
    }
}

methods!(Connection);
