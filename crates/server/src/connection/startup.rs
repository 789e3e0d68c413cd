//! From accept to the first ReadyForQuery: encryption, the startup packet, authentication, and the session's opening.

use std::future::Future;
use std::sync::Arc;

use trunkline_proto::SqlState;
use trunkline_proto::auth::Binding;
use trunkline_proto::backend::TransactionStatus;
use trunkline_proto::frontend::ProtocolVersion;
use trunkline_proto::server::{
    Connection, Handshake, Misuse, Opening, ProtocolError, Replication, Startup, Transport,
};

use super::Up;
use super::dialogue::{Dialogue, Lost, refuse};
use super::outside::{Outside, guarded};
use super::settings::{client, settings, status};
use crate::auth::{Authenticator, Exchange, rejected};
use crate::buffer::Input;
use crate::client::Address;
use crate::config::Config;
use crate::open::Open;
use crate::patience::Patience;
use crate::registry::{CancelKey, Registration, Registry};
use crate::tls::ALPN;
use crate::transport::{Socket, Stream};
use crate::wire::Wire;
use crate::{Error, ParameterStatus, Result};

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
    } else if context.registry.is_full(config.max_connections) {
        Some(too_many())
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
    let ((mut registration, key), client) = match opened {
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

    if !registration.admit(config.max_connections) {
        return Err(refuse(login, &mut dialogue, &too_many()).await);
    }
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

    let pid = registration.shared.pid;
    if let Err(misuse) = greet(&mut machine, &status, pid, &key, &mut dialogue.output) {
        // A NUL byte in a setting of the session's, mostly.
        let error = Error::internal(misuse);
        error.log();
        let _ = error.with_report(|report| machine.fatal(report, &mut dialogue.output));
        dialogue.close().await;
        return Err(Lost::Closed);
    }
    dialogue.write().await?;
    tracing::debug!(pid, user = client.user(), address = %client.address(), "session opened");

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
            config.send_timeout.map(Patience::new),
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

/// What a session begins with: its settings, its cancel key, and ReadyForQuery.
fn greet(
    machine: &mut Connection,
    status: &ParameterStatus,
    pid: i32,
    key: &CancelKey,
    output: &mut Vec<u8>,
) -> Result<(), Misuse> {
    for (name, value) in status.iter() {
        machine.parameter_status(name, value, output)?;
    }
    machine.backend_key(pid, key.as_bytes(), output)?;
    machine.ready(TransactionStatus::Idle, output)
}

#[cold]
fn too_many() -> Error {
    Error::new(
        SqlState::TOO_MANY_CONNECTIONS,
        "sorry, too many clients already",
    )
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
