//! From accept to the first ReadyForQuery: encryption, the startup packet, authentication, and the session's opening.

use std::future::Future;
use std::io;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;
use trunkline_proto::SqlState;
use trunkline_proto::auth::Binding;
use trunkline_proto::frontend::ProtocolVersion;
use trunkline_proto::server::{
    Handshake, Login, Opening, ProtocolError, Replication, Response, Startup, Transport,
};

use super::Up;
use super::outside::{Outside, guarded};
use crate::auth::{Authenticator, Exchange, rejected};
use crate::buffer::Input;
use crate::client::{Address, Client, options};
use crate::config::Config;
use crate::open::Open;
use crate::registry::{Registration, Registry};
use crate::tls::ALPN;
use crate::transport::{Rewound, Socket, Stream};
use crate::wire::Wire;
use crate::{Error, ParameterStatus, Result, Session, SessionHandle};

/// What a connection needs of its server.
pub(crate) struct Context<A, O> {
    pub(crate) config: Arc<Config>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) authenticator: A,
    pub(crate) opener: O,
    pub(crate) gate: crate::gate::Gate,
}

/// A session that has been opened, and its place in the registry.
pub(crate) struct Opened<S> {
    pub(crate) session: S,
    pub(crate) up: Up,
    pub(crate) registration: Registration,
}

/// Why there is no session. The client has been told whatever there is to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    /// It has ended.
    Closed,
    /// A SASL message was over its limit, which is told as a wrong password; the telling is still to be done.
    TooLong,
}

impl From<io::Error> for Lost {
    fn from(error: io::Error) -> Self {
        tracing::debug!(%error, "a connection ended before login");
        Self::Closed
    }
}

/// The connection while requests and answers alternate.
#[derive(Debug)]
pub(crate) struct Dialogue {
    stream: Stream,
    input: Input,
    pub(crate) output: Vec<u8>,
}

/// The most that is held of what a client sends before it has logged in: the longest password, and its type byte.
const UNAUTHENTICATED: usize = 65_536;

/// The room that a connection is read into to begin with: more than most startup packets take, and little enough for very
/// many connections that say nothing.
const STEP: usize = 1024;

impl Dialogue {
    async fn read(&mut self) -> Result<(), Lost> {
        self.write().await?;
        let Self { stream, input, .. } = self;
        if input.rest().len() >= UNAUTHENTICATED {
            return Err(Lost::Closed);
        }
        let count =
            std::future::poll_fn(|cx| input.poll_read(stream, UNAUTHENTICATED, STEP, cx)).await?;
        if count == 0 {
            Err(Lost::Closed)
        } else {
            Ok(())
        }
    }

    async fn write(&mut self) -> Result<(), Lost> {
        if !self.output.is_empty() {
            self.stream.write_all(&self.output).await?;
            self.stream.flush().await?;
            self.output.clear();
        }
        Ok(())
    }

    /// Says the last words, as far as the client will listen.
    async fn close(&mut self) {
        let _ = self.write().await;
        let _ = self.stream.shutdown().await;
        // Closing a socket with unread input resets it, which may take our last words away from the client. What has
        // come already is dropped; there is no waiting for more.
        let mut rest = [0; 1024];
        let mut left = 64;
        while left > 0 {
            let read = self.stream.read(&mut rest);
            match tokio::time::timeout(std::time::Duration::from_millis(20), read).await {
                Ok(Ok(count)) if count > 0 => left -= 1,
                _ => break,
            }
        }
    }

    /// Waits for the response to an authentication request.
    pub(crate) async fn respond<T>(
        &mut self,
        login: &mut Login,
        take: impl FnOnce(Response<'_>) -> T,
    ) -> Result<T, Lost> {
        loop {
            let mut rest = self.input.rest();
            match login.receive(&mut rest) {
                Ok(Some(response)) => {
                    let taken = take(response);
                    let left = rest.len();
                    self.input.keep(left);
                    return Ok(taken);
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::debug!(%error, "a login failed");
                    if error == ProtocolError::ResponseTooLong {
                        return Err(Lost::TooLong);
                    }
                    login.reject(&error, &mut self.output);
                    self.close().await;
                    return Err(Lost::Closed);
                }
            }
            self.read().await?;
        }
    }
}

/// Takes a connection to the first ReadyForQuery.
pub(crate) async fn establish<A: Authenticator, O: Open>(
    socket: Socket,
    address: Address,
    context: &Context<A, O>,
) -> Result<Opened<O::Session>, Lost> {
    let config = &context.config;
    let transport = match address {
        Address::Tcp(_) => Transport::Plain,
        Address::Unix => Transport::Local,
    };
    let mut handshake = Handshake::new(transport, config.limits);
    let mut dialogue = Dialogue {
        stream: Stream::Plain(socket),
        input: Input::default(),
        output: Vec::new(),
    };
    let mut binding = Binding::Plaintext;

    let startup = loop {
        let mut rest = dialogue.input.rest();
        let opening = handshake.receive(&mut rest, &mut dialogue.output);
        let next = match opening {
            Ok(Some(Opening::Startup(startup))) => Next::Login(Packet::of(&startup)),
            Ok(Some(Opening::Cancel { pid, key })) => {
                context.registry.cancel(pid, key);
                return Err(Lost::Closed);
            }
            Ok(Some(Opening::TlsRequest)) => Next::Tls,
            Ok(Some(Opening::DirectTls)) => Next::DirectTls,
            Ok(None) => Next::Read,
            Err(error) => Next::Reject(error),
        };
        let left = rest.len();
        dialogue.input.keep(left);
        match next {
            Next::Login(packet) => break packet,
            Next::Read => dialogue.read().await?,
            Next::Reject(error) => {
                tracing::debug!(%error, "a connection was refused");
                handshake.reject(&error, &mut dialogue.output);
                dialogue.close().await;
                return Err(Lost::Closed);
            }
            Next::Tls => match &config.tls {
                None => handshake.refuse_tls(&mut dialogue.output),
                Some(tls) => {
                    let accepted =
                        handshake.accept_tls(dialogue.input.rest(), &mut dialogue.output);
                    if let Err(error) = accepted {
                        handshake.reject(&error, &mut dialogue.output);
                        dialogue.close().await;
                        return Err(Lost::Closed);
                    }
                    dialogue.write().await?;
                    let current = tls.current();
                    dialogue = dialogue.secure(current.config).await?;
                    binding = current.binding;
                    handshake = handshake.tls_established();
                }
            },
            Next::DirectTls => {
                let Some(tls) = &config.tls else {
                    return Err(Lost::Closed);
                };
                let current = tls.current();
                dialogue = dialogue.secure(current.config).await?;
                binding = current.binding;
                // Without the protocol's name another protocol's TLS session could be steered here (ALPACA).
                if dialogue.alpn() != Some(ALPN) {
                    dialogue.close().await;
                    return Err(Lost::Closed);
                }
                handshake = handshake.direct_tls();
            }
        }
    };

    let Packet {
        version,
        user,
        parameters,
        replication,
    } = startup;
    let key_len = if version >= ProtocolVersion::V3_2 {
        32
    } else {
        4
    };
    let refusal = if context.gate.is_closed() {
        Some(Error::new(
            SqlState::CANNOT_CONNECT_NOW,
            "the database system is shutting down",
        ))
    } else if context.registry.len() >= config.max_connections {
        Some(Error::new(
            SqlState::TOO_MANY_CONNECTIONS,
            "sorry, too many clients already",
        ))
    } else {
        None
    };
    if let Some(refusal) = refusal {
        refusal.with_report(|report| handshake.refuse(report, &mut dialogue.output));
        dialogue.close().await;
        return Err(Lost::Closed);
    }

    let mut login = handshake.into_login(version);
    let opened = context
        .registry
        .register(key_len, &config.timeouts)
        .and_then(|registered| {
            let client = client(user, parameters, address, &dialogue, version, &registered.0)?;
            Ok((registered, client))
        });
    let ((registration, key), client) = match opened {
        Ok(opened) => opened,
        Err(error) => return Err(refuse(login, &mut dialogue, &error).await),
    };

    let mut exchange = Exchange {
        login: &mut login,
        dialogue: &mut dialogue,
        user: &client.user,
        mock: &config.mock,
        binding,
        last: None,
        lost: None,
    };
    let outcome = unpanicked(async {
        context
            .authenticator
            .authenticate(&client, &mut exchange)
            .await
    })
    .await;
    let (last, lost) = (exchange.last.take(), exchange.lost.take());
    let authenticated = match outcome {
        _ if lost == Some(Lost::TooLong) => {
            return Err(refuse(login, &mut dialogue, &rejected(&client.user)).await);
        }
        _ if lost.is_some() => return Err(Lost::Closed),
        Ok(authenticated) => authenticated,
        Err(error) => {
            tracing::info!(user = client.user(), address = %client.address(), %error, "login refused");
            return Err(refuse(login, &mut dialogue, &error).await);
        }
    };

    let mut machine = login
        .finish(authenticated, last.as_deref(), &mut dialogue.output)
        .map_err(|_| Lost::Closed)?;
    let opened = unpanicked(async {
        if replication != Replication::None {
            return Err(Error::unsupported(
                "replication connections are not supported by this server",
            ));
        }
        let encoding = settings(&client)?;
        let session = context.opener.open(&client).await?;
        let status = status(&client, &session, encoding, config);
        Ok((session, status))
    })
    .await;
    let (session, status) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            error.log();
            let _ = error.with_report(|report| machine.fatal(report, &mut dialogue.output));
            dialogue.close().await;
            return Err(Lost::Closed);
        }
    };

    for (name, value) in status.iter() {
        machine
            .parameter_status(name, value, &mut dialogue.output)
            .map_err(|_| Lost::Closed)?;
    }
    machine
        .backend_key(
            registration.shared.pid,
            key.as_bytes(),
            &mut dialogue.output,
        )
        .and_then(|()| {
            machine.ready(
                trunkline_proto::backend::TransactionStatus::Idle,
                &mut dialogue.output,
            )
        })
        .map_err(|_| Lost::Closed)?;
    dialogue.write().await?;
    tracing::debug!(pid = registration.shared.pid, user = client.user(), address = %client.address(), "session opened");

    let Dialogue {
        stream,
        input,
        output,
    } = dialogue;
    drop(output);
    let (reader, writer) = stream.split();
    let up = Up {
        wire: Box::new(Wire::new(
            machine,
            Vec::new(),
            writer,
            u32::try_from(config.limits.row).unwrap_or(u32::MAX),
        )),
        outside: Outside::new(reader, config.half_close_grace),
        input,
        shared: Arc::clone(&registration.shared),
        status,
        config: Arc::clone(config),
    };
    Ok(Opened {
        session,
        up,
        registration,
    })
}

/// Runs the user's code; a panic in it is an error like any other, told to this client alone.
async fn unpanicked<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let mut work = std::pin::pin!(work);
    std::future::poll_fn(|cx| guarded(work.as_mut(), cx))
        .await
        .unwrap_or_else(|_| Err(super::panicked()))
}

/// What a round of the handshake asks for.
enum Next {
    Login(Packet),
    Read,
    Tls,
    DirectTls,
    Reject(ProtocolError),
}

/// A startup packet, out of the input.
struct Packet {
    version: ProtocolVersion,
    user: Vec<u8>,
    parameters: Vec<(Vec<u8>, Vec<u8>)>,
    replication: Replication,
}

impl Packet {
    fn of(startup: &Startup<'_>) -> Self {
        Self {
            version: startup.version,
            user: startup.user.to_vec(),
            parameters: startup
                .parameters()
                .map(|(name, value)| (name.to_vec(), value.to_vec()))
                .collect(),
            replication: startup.replication,
        }
    }
}

/// Refuses a login.
async fn refuse(mut login: Login, dialogue: &mut Dialogue, error: &Error) -> Lost {
    error.log();
    error.with_report(|report| login.refuse(report, &mut dialogue.output));
    dialogue.close().await;
    Lost::Closed
}

impl Dialogue {
    /// Shakes hands. Whatever was read already is read again by the TLS library, and never by us.
    async fn secure(self, config: Arc<tokio_rustls::rustls::ServerConfig>) -> Result<Self, Lost> {
        let Stream::Plain(socket) = self.stream else {
            return Err(Lost::Closed);
        };
        let rewound = Rewound {
            prefix: self.input.rest().to_vec(),
            socket,
        };
        let stream = TlsAcceptor::from(config).accept(rewound).await?;
        Ok(Self {
            stream: Stream::Tls(Box::new(stream)),
            input: Input::default(),
            output: self.output,
        })
    }

    fn alpn(&self) -> Option<&[u8]> {
        match &self.stream {
            Stream::Tls(stream) => stream.get_ref().1.alpn_protocol(),
            Stream::Plain(_) => None,
        }
    }

    fn certificate(&self) -> Option<Vec<u8>> {
        match &self.stream {
            Stream::Tls(stream) => {
                let certificates = stream.get_ref().1.peer_certificates()?;
                certificates.first().map(|leaf| leaf.to_vec())
            }
            Stream::Plain(_) => None,
        }
    }
}

/// What is known of the client.
///
/// # Errors
///
/// 22021 for texts that are not UTF-8.
fn client(
    user: Vec<u8>,
    parameters: Vec<(Vec<u8>, Vec<u8>)>,
    address: Address,
    dialogue: &Dialogue,
    version: ProtocolVersion,
    registration: &Registration,
) -> Result<Client> {
    let text = |bytes: Vec<u8>| super::simple::utf8(&bytes).map(str::to_owned);
    let mut texts = Vec::with_capacity(parameters.len());
    for (name, value) in parameters {
        texts.push((text(name)?, text(value)?));
    }
    // Settings in `options` come first: those that stand for themselves win, as in PostgreSQL.
    let within: Vec<_> = texts
        .iter()
        .filter(|(name, _)| name == "options")
        .flat_map(|(_, value)| options(value))
        .collect();
    texts.splice(0..0, within);
    for (name, value) in &mut texts {
        if matches!(name.as_str(), "user" | "database") {
            truncate_name(value);
        }
    }
    let mut user = text(user)?;
    truncate_name(&mut user);
    Ok(Client {
        parameters: texts,
        user,
        address,
        encrypted: matches!(dialogue.stream, Stream::Tls(_)),
        version,
        certificate: dialogue.certificate(),
        handle: SessionHandle::new(Arc::clone(&registration.shared)),
    })
}

/// Names are cut to 63 bytes, silently (rule ST-14), between characters.
fn truncate_name(name: &mut String) {
    let mut end = trunkline_proto::NAME_LEN.min(name.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.truncate(end);
}

/// Checks the settings that the library itself answers for. Gives the client's encoding.
///
/// # Errors
///
/// 22023 for an encoding that there is not.
fn settings(client: &Client) -> Result<&'static str> {
    let Some(encoding) = client.parameter("client_encoding") else {
        return Ok("UTF8");
    };
    let folded: String = encoding
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|character| character.to_ascii_lowercase())
        .collect();
    match folded.as_str() {
        "utf8" | "unicode" | "auto" => Ok("UTF8"),
        // No conversion is asked for; what is sent is UTF-8 all the same.
        "sqlascii" => Ok("SQL_ASCII"),
        _ => Err(Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("invalid value for parameter \"client_encoding\": \"{encoding}\""),
        )
        .hint("This server speaks UTF8.")),
    }
}

/// The settings as they stand at the beginning: what the library knows, what the client asked for, and what the session
/// says.
fn status(
    client: &Client,
    session: &impl Session,
    encoding: &str,
    config: &Config,
) -> ParameterStatus {
    let mut status = ParameterStatus::new(Arc::clone(&config.parameters));
    status.replace("client_encoding", encoding);
    status.replace("session_authorization", client.user());
    status.replace("application_name", client.application_name());
    for name in [
        "TimeZone",
        "IntervalStyle",
        "search_path",
        "default_transaction_read_only",
    ] {
        let asked = client
            .parameters()
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .last();
        if let Some((_, value)) = asked {
            status.replace(name, value);
        }
    }
    session.parameters(&mut status);
    status
}
