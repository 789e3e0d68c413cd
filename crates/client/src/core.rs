//! A session, whoever waits for it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use trunkline_proto::client::{Connection as Machine, Event};
use trunkline_proto::frame;

use crate::channel::Channel;
use crate::connect::{Route, connect};
use crate::error::Kind;
use crate::login::LoggedIn;
use crate::net::Runtime;
use crate::parameters::Parameters;
use crate::{CancelToken, Config, Environment, Notice, Resolved, Result};

mod methods;

pub(crate) use methods::methods;

/// What a [`Connection`](crate::Connection) and its blocking sister are made of.
pub(crate) struct Core {
    pub(crate) machine: Machine,
    pub(crate) channel: Channel,
    pub(crate) parameters: Parameters,
    pub(crate) notices: Vec<Notice>,
    /// How many names a [`Client`](crate::client::Client) has given to statements and portals of this session. The server may still
    /// know them when the next one begins.
    pub(crate) named: u64,
    route: Arc<Route>,
}

impl Core {
    pub(crate) async fn connect(runtime: Runtime, config: &str) -> Result<Self> {
        let config = Config::from_str(config)?;
        let resolved = config.resolve(&Environment::of_process())?;
        Self::open(runtime, &resolved).await
    }

    pub(crate) async fn open(runtime: Runtime, resolved: &Resolved) -> Result<Self> {
        connect(runtime, resolved).await
    }

    pub(crate) fn new(session: LoggedIn, route: Route) -> Self {
        Self {
            machine: session.machine,
            channel: session.channel,
            parameters: session.parameters,
            notices: session.notices,
            named: 0,
            route: Arc::new(route),
        }
    }

    pub(crate) async fn next(&mut self) -> Result<Event<'_>> {
        self.fill().await?;
        self.take()
    }

    /// Waits until there is something to [`take`](Self::take). Dropped, it loses nothing.
    #[inline]
    pub(crate) async fn fill(&mut self) -> Result<()> {
        while !self.has_message() {
            if let Err(error) = self.channel.read_more().await {
                self.machine.abandon();
                return Err(error);
            }
        }
        Ok(())
    }

    /// Whether there is something to take without waiting: a whole message, one that cannot become one, or the end.
    #[inline]
    pub(crate) fn has_message(&self) -> bool {
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

    /// The next message, which must be [there](Self::has_message).
    #[inline]
    pub(crate) fn take(&mut self) -> Result<Event<'_>> {
        let Self {
            machine,
            channel,
            parameters,
            ..
        } = self;
        let Channel {
            bytes, start, end, ..
        } = channel;
        let received = bytes.get(*start..*end).unwrap_or_default();
        let mut rest = received;
        if let Some(row) = machine.row(&mut rest) {
            *start = *end - rest.len();
            return Ok(Event::DataRow(row));
        }
        receive(machine, parameters, received, start)
    }

    pub(crate) async fn terminate(mut self) -> Result<()> {
        self.machine.terminate(&mut self.channel.output)?;
        self.channel.flush().await
    }

    /// Who polls the session's futures.
    pub(crate) fn runtime(&self) -> Runtime {
        self.route.runtime
    }

    pub(crate) fn cancel_token(&self) -> CancelToken {
        CancelToken {
            key: self.machine.cancel_key().cloned(),
            route: Arc::clone(&self.route),
        }
    }
}

/// Takes any message from the front of what was received, and adds to `used` how long it was.
#[inline(never)]
fn receive<'a>(
    machine: &mut Machine,
    parameters: &mut Parameters,
    received: &'a [u8],
    used: &mut usize,
) -> Result<Event<'a>> {
    let mut rest = received;
    let event = match machine.receive(&mut rest) {
        Ok(Some(event)) => event,
        Ok(None) => return Err(Kind::Closed.into()),
        Err(error) => return Err(error.into()),
    };
    *used += received.len() - rest.len();
    if let Event::ParameterStatus(status) = &event {
        parameters.set(status);
    }
    Ok(event)
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core")
            .field("machine", &self.machine)
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}
