//! From a configuration to a session: which hosts, which encryption, in which order.

use std::future::Future;
use std::time::Duration;

use trunkline_proto::auth::Binding;
use trunkline_proto::client::encryption::{Answer, Encryption};
use trunkline_proto::frontend::SslRequest;
use trunkline_proto::{Encode, SqlState};

use crate::config::{Host, Resolved, SslCertMode, SslMode, TargetSession, Tcp};
use crate::core::Core;
use crate::error::Kind;
use crate::login::log_in;
use crate::net::dial::{Target, dial, targets};
use crate::net::tls::Connector;
use crate::net::{Runtime, Stream};
use crate::oauth::Bearer;
use crate::{Error, Result, random, session_kind};

/// How to reach the server of a session again, with nothing weaker than what it was reached with (SEC-08, SEC-09).
#[derive(Clone)]
pub(crate) struct Route {
    pub(crate) runtime: Runtime,
    pub(crate) host: Host,
    target: Target,
    tcp: Tcp,
    require_peer: Option<String>,
    timeout: Option<Duration>,
    tls: Option<Connector>,
}

/// How a stream is to be protected.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Protection {
    Plain,
    Tls,
    /// If the server has it.
    TlsIfOffered,
}

/// Tries the hosts in turn.
pub(crate) async fn connect(runtime: Runtime, resolved: &Resolved) -> Result<Core> {
    let connector = connector(resolved)?;
    let mut hosts: Vec<&Host> = resolved.hosts.iter().collect();
    resolved.load_balance.order(&mut hosts, random::below);
    let mut failures = Vec::new();
    let rounds: &[TargetSession] = match resolved.target_session {
        TargetSession::PreferStandby => &[TargetSession::Standby, TargetSession::Any],
        _ => std::slice::from_ref(&resolved.target_session),
    };
    for wanted in rounds {
        failures.clear();
        for host in &hosts {
            let lookup = targets(runtime, host, resolved.load_balance);
            let found = match within(runtime, resolved.connect_timeout, lookup).await {
                Ok(found) => found,
                Err(error) => {
                    failures.push((host.label(), error));
                    continue;
                }
            };
            for target in found {
                let mut bearer = Bearer::default();
                let connected = loop {
                    let attempt = attempt(
                        runtime,
                        resolved,
                        host,
                        &target,
                        connector.as_ref(),
                        *wanted,
                        &mut bearer,
                    );
                    let attempted = within(runtime, resolved.connect_timeout, attempt).await;
                    match attempted {
                        // Neither the server nor `connect_timeout` waits for somebody who is asked for consent.
                        Err(_) if bearer.is_fetching() => {
                            if let Err(error) = bearer.fetch().await {
                                break Err(error);
                            }
                        }
                        attempted => break attempted,
                    }
                };
                match connected {
                    Ok(connection) => return Ok(connection),
                    Err(error) => {
                        let next = may_try_next(&error);
                        failures.push((host.label(), error));
                        if !next {
                            return Err(Kind::Hosts(failures).into());
                        }
                    }
                }
            }
        }
    }
    Err(Kind::Hosts(failures).into())
}

fn connector(resolved: &Resolved) -> Result<Option<Connector>> {
    let by_tcp = resolved.hosts.iter().any(|host| !host.is_local());
    if !by_tcp || resolved.tls.mode == SslMode::Disable {
        return Ok(None);
    }
    Connector::new(&resolved.tls).map(Some)
}

/// Rule CL-06: a server that refuses a login would refuse the next one as well; one that is not up yet has a neighbour.
fn may_try_next(error: &Error) -> bool {
    match error.kind() {
        Kind::Hosts(tried) => tried.iter().all(|(_, error)| may_try_next(error)),
        Kind::Login(_) | Kind::Method { .. } => false,
        _ => error
            .sqlstate()
            .is_none_or(|sqlstate| sqlstate == SqlState::CANNOT_CONNECT_NOW),
    }
}

async fn within<T>(
    runtime: Runtime,
    timeout: Option<Duration>,
    attempt: impl Future<Output = Result<T>>,
) -> Result<T> {
    match timeout {
        None => attempt.await,
        Some(timeout) => runtime
            .within(timeout, attempt)
            .await
            .unwrap_or_else(|| Err(Kind::Timeout(timeout).into())),
    }
}

/// One address, with the protections that `sslmode` allows (rules CL-03, CL-05): at most two, each on a socket of its own.
async fn attempt(
    runtime: Runtime,
    resolved: &Resolved,
    host: &Host,
    target: &Target,
    connector: Option<&Connector>,
    wanted: TargetSession,
    bearer: &mut Bearer,
) -> Result<Core> {
    let protections: &[Protection] = match (&connector, resolved.tls.mode) {
        _ if host.is_local() => &[Protection::Plain],
        (None, _) | (_, SslMode::Disable) => &[Protection::Plain],
        // In clear there is nobody to show a certificate to.
        (_, SslMode::Allow | SslMode::Prefer)
            if resolved.tls.certificate_mode == SslCertMode::Require =>
        {
            &[Protection::Tls]
        }
        (_, SslMode::Allow) => &[Protection::Plain, Protection::Tls],
        (_, SslMode::Prefer) => &[Protection::TlsIfOffered, Protection::Plain],
        (_, SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull) => &[Protection::Tls],
    };
    let mut failures = Vec::new();
    for (number, protection) in protections.iter().enumerate() {
        let route = Route {
            runtime,
            host: host.clone(),
            target: target.clone(),
            tcp: resolved.tcp,
            require_peer: resolved.require_peer.clone(),
            timeout: resolved.connect_timeout,
            tls: connector
                .cloned()
                .filter(|_| *protection != Protection::Plain),
        };
        match open(resolved, route, *protection, wanted, bearer).await {
            Ok(connection) => return Ok(connection),
            Err((error, encrypted)) => {
                let last = number + 1 == protections.len();
                let again = match protection {
                    Protection::Plain => error.server().is_some(),
                    // In clear it was refused in clear; that would happen again.
                    Protection::TlsIfOffered => {
                        encrypted && (error.server().is_some() || is_about_tls(&error))
                    }
                    Protection::Tls => false,
                };
                if failures.is_empty() && (last || !again) {
                    return Err(error);
                }
                let how = if encrypted { "with TLS" } else { "without TLS" };
                failures.push((format!("{} {how}", host.label()), error));
                if !again {
                    break;
                }
            }
        }
    }
    Err(Kind::Hosts(failures).into())
}

fn is_about_tls(error: &Error) -> bool {
    use trunkline_proto::client::ProtocolError::EncryptionError;
    matches!(
        error.kind(),
        Kind::Tls { .. } | Kind::Protocol(EncryptionError)
    )
}

/// One session, checked to be of the kind wanted. An error comes with whether the stream was, or was to be, encrypted.
async fn open(
    resolved: &Resolved,
    mut route: Route,
    protection: Protection,
    wanted: TargetSession,
    bearer: &mut Bearer,
) -> Result<Core, (Error, bool)> {
    let (stream, binding) = route
        .stream(protection == Protection::TlsIfOffered)
        .await
        .map_err(|error| (error, protection != Protection::Plain))?;
    let encrypted = stream.is_encrypted();
    // As in libpq, at a Unix socket as well.
    if !encrypted && resolved.tls.certificate_mode == SslCertMode::Require {
        let error = Kind::Tls {
            what: "sslcertmode=require asks for the client's certificate to be shown, which nobody asks for without TLS".into(),
            source: None,
        };
        return Err((error.into(), false));
    }
    if !encrypted {
        route.tls = None;
    }
    let host = route.host.clone();
    let finish = async {
        let session = log_in(route.runtime, stream, binding, &host, resolved, bearer).await?;
        let mut connection = Core::new(session, route);
        session_kind::check(&mut connection, wanted).await?;
        Ok(connection)
    };
    finish
        .await
        .map_err(|error| (name_passfile(error, &host), encrypted))
}

/// A wrong password that came from a file is wrong in that file, as libpq says too.
fn name_passfile(error: Error, host: &Host) -> Error {
    match &host.passfile {
        Some(path) if error.sqlstate() == Some(SqlState::INVALID_PASSWORD) => {
            Kind::Passfile(path.clone(), error).into()
        }
        _ => error,
    }
}

impl Route {
    /// A stream to the server, encrypted as the route says; `or_plain`: in clear, if the server has no TLS.
    async fn stream(&self, or_plain: bool) -> Result<(Stream, Binding)> {
        let require_peer = self.require_peer.as_deref();
        let mut stream = dial(self.runtime, &self.target, &self.tcp, require_peer).await?;
        let Some(connector) = self.tls.as_ref().filter(|_| self.target.is_tcp()) else {
            return Ok((stream, Binding::Plaintext));
        };
        if !connector.is_direct() {
            match ask_for_tls(&mut stream).await? {
                Answer::Granted => {}
                Answer::Refused if or_plain => {
                    return Ok((stream, Binding::Plaintext));
                }
                Answer::Refused => {
                    return Err(Kind::Tls {
                        what: "the server does not support TLS, which sslmode requires".into(),
                        source: None,
                    }
                    .into());
                }
            }
        }
        connector.handshake(stream, &self.host).await
    }

    /// A stream of the same kind as the session's, for a request to cancel.
    pub(crate) async fn again(&self) -> Result<Stream> {
        let (stream, _) = self.stream(false).await?;
        Ok(stream)
    }

    /// How long anything on this route may take.
    pub(crate) const fn timeout(&self) -> Option<Duration> {
        self.timeout
    }
}

/// Sends SSLRequest and reads the one byte that answers it, and no byte more: CVE-2021-23222.
async fn ask_for_tls(stream: &mut Stream) -> Result<Answer> {
    let lost = |error| Error::io("the connection was lost", error);
    let mut request = Vec::new();
    SslRequest.encode(&mut request)?;
    stream.send(&request).await.map_err(lost)?;
    let mut answer = [0];
    match stream.read(&mut answer).await.map_err(lost)? {
        0 => Err(Kind::Eof.into()),
        _ => Encryption::Tls
            .answer(&answer)?
            .ok_or_else(|| Kind::Eof.into()),
    }
}
