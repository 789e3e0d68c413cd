//! A session that one task owns and drives, message by message.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use trunkline_proto::backend::TransactionStatus;
use trunkline_proto::client::{Connection as Machine, Event};
use trunkline_proto::codec::Oids;
use trunkline_proto::frontend::{Bind, FunctionCall, Parse, ProtocolVersion, Target};
use trunkline_proto::{Format, Oid, PortalName, StatementName, frame};
use trunkline_types::Type;

use crate::channel::Channel;
use crate::connect::{Route, connect};
use crate::error::Kind;
use crate::login::LoggedIn;
use crate::net::Runtime;
use crate::parameters::Parameters;
use crate::row::{Binding, ParamTypes};
use crate::{CancelToken, Config, Environment, Notice, Params, Resolved, Result};

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
    machine: Machine,
    channel: Channel,
    parameters: Parameters,
    notices: Vec<Notice>,
    route: Arc<Route>,
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
        let config = Config::from_str(config)?;
        Self::open(&config.resolve(&Environment::of_process())?).await
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
        connect(Runtime::Tokio, resolved).await
    }

    pub(crate) fn new(session: LoggedIn, route: Route) -> Self {
        Self {
            machine: session.machine,
            channel: session.channel,
            parameters: session.parameters,
            notices: session.notices,
            route: Arc::new(route),
        }
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
        while !self.has_message() {
            if let Err(error) = self.channel.read_more().await {
                self.machine.abandon();
                return Err(error);
            }
        }
        let Channel {
            bytes, start, end, ..
        } = &mut self.channel;
        let mut rest = bytes.get(*start..*end).unwrap_or_default();
        let event = self.machine.receive(&mut rest)?;
        *start = *end - rest.len();
        match event {
            Some(event) => {
                if let Event::ParameterStatus(status) = &event {
                    self.parameters.set(status);
                }
                Ok(event)
            }
            None => Err(Kind::Closed.into()),
        }
    }

    /// Whether there is something to take without waiting: a whole message, one that cannot become one, or the end.
    #[inline]
    fn has_message(&self) -> bool {
        let rest = self.channel.rest();
        match frame::header(rest, |tag| self.machine.max_len(tag)) {
            _ if self.machine.is_closed() => true,
            Ok(Some(header)) => {
                usize::try_from(header.len).is_ok_and(|len| rest.len() - frame::HEADER_LEN >= len)
            }
            Ok(None) => false,
            Err(_) => true,
        }
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
        self.channel.flush().await
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
    pub async fn terminate(mut self) -> Result<()> {
        self.machine.terminate(&mut self.channel.output)?;
        self.channel.flush().await
    }

    /// A parameter that the server reports, such as `server_version` or `TimeZone`, with its present value.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name)
    }

    /// All parameters that the server reports, by name.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters.iter()
    }

    /// What the server had to say during the login. Later notices come as [`Event::Notice`].
    #[must_use]
    pub fn login_notices(&self) -> &[Notice] {
        &self.notices
    }

    /// Cancels what runs here, from another task.
    #[must_use]
    pub fn cancel_token(&self) -> CancelToken {
        CancelToken {
            key: self.machine.cancel_key().cloned(),
            route: Arc::clone(&self.route),
        }
    }

    /// Where the transaction stood at the last [`Event::Ready`].
    #[must_use]
    pub const fn transaction_status(&self) -> TransactionStatus {
        self.machine.status()
    }

    /// The protocol version that is spoken.
    #[must_use]
    pub const fn protocol_version(&self) -> ProtocolVersion {
        self.machine.version()
    }

    /// Whether everything that is sent is encrypted.
    #[must_use]
    pub const fn is_encrypted(&self) -> bool {
        self.channel.stream.is_encrypted()
    }

    /// Whether the session is over.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.machine.is_closed()
    }

    /// Requests that are not answered yet.
    #[must_use]
    pub fn unanswered(&self) -> usize {
        self.machine.unanswered()
    }

    /// Whether the server waits for our COPY data.
    #[must_use]
    pub const fn wants_data(&self) -> bool {
        self.machine.wants_data()
    }

    /// Whether a request of a series failed, so that [`sync`](Self::sync) is due before anything else.
    #[must_use]
    pub const fn is_skipping(&self) -> bool {
        self.machine.is_skipping()
    }
}

/// The requests. Each goes to the output, to be sent by [`next`](Connection::next) or [`send`](Connection::send).
///
/// All fail alike: where the protocol does not allow the request, or where it cannot be encoded; nothing of it is then in the output.
impl Connection {
    /// Simple query: SQL with any number of statements.
    ///
    /// # Errors
    ///
    /// Misuse; so for all that follow.
    pub fn query(&mut self, sql: &str) -> Result<()> {
        Ok(self
            .machine
            .query(sql.as_bytes(), &mut self.channel.output)?)
    }

    /// Prepares a statement. `types`: those of the first parameters, 0 for what the server shall infer.
    ///
    /// # Errors
    ///
    /// Misuse.
    pub fn parse(&mut self, statement: StatementName<'_>, sql: &str, types: &[Oid]) -> Result<()> {
        let parse = Parse {
            statement,
            sql: sql.as_bytes(),
            types: Oids::from(types),
        };
        Ok(self.machine.parse(&parse, &mut self.channel.output)?)
    }

    /// Makes a portal from a statement and its parameters.
    ///
    /// # Errors
    ///
    /// Misuse.
    #[inline]
    pub fn bind(&mut self, bind: &Bind<'_>) -> Result<()> {
        Ok(self.machine.bind(bind, &mut self.channel.output)?)
    }

    /// Makes a portal from a statement and Rust values: `types` are those of the first parameters, as the statement's description has
    /// them, and what is not said there is left to the server. Values of a known type go in binary, others in text; the formats are
    /// written as short as can be. `results`: the formats of the columns, none for text, one for all, or one each.
    ///
    /// ```no_run
    /// # use trunkline_client::{Connection, Result};
    /// # use trunkline_proto::{Format, PortalName, StatementName};
    /// # use trunkline_types::Type;
    /// # fn example(connection: &mut Connection) -> Result<()> {
    /// let (portal, statement) = (PortalName::UNNAMED, StatementName::UNNAMED);
    /// connection.parse(statement, "select $1::int8 + 1, $2", &[])?;
    /// let types = [Type::INT8, Type::TEXT];
    /// connection.bind_values(portal, statement, &types, (41i64, "Ada"), &[Format::Binary])?;
    /// connection.execute(portal, 0)?;
    /// connection.sync()
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Misuse; a value that does not go with its type, or has no form in it; fewer values than types.
    #[inline]
    pub fn bind_values(
        &mut self,
        portal: PortalName<'_>,
        statement: StatementName<'_>,
        types: &[Type],
        params: impl Params,
        results: &[Format],
    ) -> Result<()> {
        let binding = Binding {
            portal,
            statement,
            types: ParamTypes::First(types),
            format: Format::Binary,
            results,
        };
        self.machine.bind_with(&mut self.channel.output, |output| {
            crate::row::bind(&binding, &params, output)
        })
    }

    /// Asks what a statement or a portal looks like.
    ///
    /// # Errors
    ///
    /// Misuse.
    pub fn describe(&mut self, target: Target<'_>) -> Result<()> {
        Ok(self.machine.describe(target, &mut self.channel.output)?)
    }

    /// Runs a portal up to `max_rows` rows; 0: all of them.
    ///
    /// # Errors
    ///
    /// Misuse.
    #[inline]
    pub fn execute(&mut self, portal: PortalName<'_>, max_rows: i32) -> Result<()> {
        Ok(self
            .machine
            .execute(portal, max_rows, &mut self.channel.output)?)
    }

    /// Drops a statement or a portal.
    ///
    /// # Errors
    ///
    /// Misuse.
    pub fn close(&mut self, target: Target<'_>) -> Result<()> {
        Ok(self.machine.close(target, &mut self.channel.output)?)
    }

    /// Ends a series of extended requests.
    ///
    /// # Errors
    ///
    /// Misuse.
    #[inline]
    pub fn sync(&mut self) -> Result<()> {
        Ok(self.machine.sync(&mut self.channel.output)?)
    }

    /// Asks the server to send what it has, without ending the series.
    ///
    /// # Errors
    ///
    /// Misuse.
    pub fn flush(&mut self) -> Result<()> {
        Ok(self.machine.flush(&mut self.channel.output)?)
    }

    /// Calls a function by its OID.
    ///
    /// # Errors
    ///
    /// Misuse.
    pub fn function_call(&mut self, call: &FunctionCall<'_>) -> Result<()> {
        Ok(self.machine.function_call(call, &mut self.channel.output)?)
    }

    /// A piece of COPY data, after [`Event::CopyIn`]. The output grows with it: [`send`](Self::send) now and then.
    ///
    /// # Errors
    ///
    /// Misuse, also when the server has given the COPY up.
    #[inline]
    pub fn copy_data(&mut self, data: &[u8]) -> Result<()> {
        Ok(self.machine.copy_data(data, &mut self.channel.output)?)
    }

    /// The end of our COPY data. After an Execute [`sync`](Self::sync) is due as well.
    ///
    /// # Errors
    ///
    /// Misuse.
    pub fn copy_done(&mut self) -> Result<()> {
        Ok(self.machine.copy_done(&mut self.channel.output)?)
    }

    /// Gives a COPY up; the server's error has `reason` in it.
    ///
    /// # Errors
    ///
    /// Misuse.
    pub fn copy_fail(&mut self, reason: &str) -> Result<()> {
        Ok(self
            .machine
            .copy_fail(reason.as_bytes(), &mut self.channel.output)?)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("machine", &self.machine)
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}
