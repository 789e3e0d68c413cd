//! Opens sockets.

use std::io;
use std::net::SocketAddr;

#[cfg(unix)]
use std::path::Path;

use socket2::{SockRef, TcpKeepalive};

use super::{Runtime, Stream};
use crate::config::{Address, Host, LoadBalance, Tcp};
use crate::error::Kind;
use crate::{Error, Result, random};

/// One place to connect to: all that is left of a host after its name was looked up.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    Tcp(SocketAddr),
    #[cfg(unix)]
    Unix(std::path::PathBuf),
    #[cfg(target_os = "linux")]
    Abstract(String),
}

impl Target {
    pub(crate) const fn is_tcp(&self) -> bool {
        matches!(self, Self::Tcp(_))
    }
}

/// The places that a host is at, in the order in which to try them.
pub(crate) async fn targets(
    runtime: Runtime,
    host: &Host,
    order: LoadBalance,
) -> Result<Vec<Target>> {
    let mut targets = match &host.address {
        Address::Ip(address) => vec![Target::Tcp(*address)],
        Address::Name(name) => {
            let failed =
                |error| Error::io(format!("cannot look up the host name \"{name}\""), error);
            let found = runtime.lookup(name, host.port).await.map_err(failed)?;
            found.into_iter().map(Target::Tcp).collect()
        }
        #[cfg(unix)]
        Address::Unix(path) => vec![Target::Unix(path.clone())],
        #[cfg(target_os = "linux")]
        Address::Abstract(name) => vec![Target::Abstract(name.clone())],
        #[allow(unreachable_patterns, reason = "where these sockets do not exist")]
        _ => return Err(no_such_sockets()),
    };
    order.order(&mut targets, random::below);
    if targets.is_empty() {
        let nothing = io::Error::new(io::ErrorKind::NotFound, "it has no address");
        return Err(Error::io(
            format!("cannot look up the host name \"{}\"", host.label()),
            nothing,
        ));
    }
    Ok(targets)
}

#[cold]
fn no_such_sockets() -> Error {
    Error::io(
        "cannot open the socket",
        io::Error::new(
            io::ErrorKind::Unsupported,
            "this system has no sockets of this kind",
        ),
    )
}

/// Connects. Without Nagle's algorithm, which would hold small requests back; with keepalives as configured.
pub(crate) async fn dial(
    runtime: Runtime,
    target: &Target,
    tcp: &Tcp,
    require_peer: Option<&str>,
) -> Result<Stream> {
    match target {
        Target::Tcp(address) => {
            let failed = |error| {
                Error::io(
                    format!("cannot connect to {address}; is a server running there?"),
                    error,
                )
            };
            let stream = Stream::tcp(runtime, *address).await.map_err(failed)?;
            set_options(&stream.socket(), tcp).map_err(failed)?;
            Ok(stream)
        }
        #[cfg(unix)]
        Target::Unix(path) => {
            let failed = |error| {
                Error::io(
                    format!(
                        "cannot connect to the socket {}; is a server running on this machine?",
                        path.display()
                    ),
                    error,
                )
            };
            let stream = Stream::unix(runtime, path).await.map_err(failed)?;
            check_peer(&stream, require_peer)?;
            Ok(stream)
        }
        #[cfg(target_os = "linux")]
        Target::Abstract(name) => {
            let path = format!("\0{name}");
            let failed = |error| Error::io(format!("cannot connect to the socket @{name}"), error);
            let stream = Stream::unix(runtime, Path::new(&path))
                .await
                .map_err(failed)?;
            check_peer(&stream, require_peer)?;
            Ok(stream)
        }
    }
}

fn set_options(socket: &SockRef<'_>, tcp: &Tcp) -> io::Result<()> {
    socket.set_tcp_nodelay(true)?;
    if let Some(wanted) = tcp.keepalives {
        let mut keepalive = TcpKeepalive::new();
        if let Some(idle) = wanted.idle {
            keepalive = keepalive.with_time(idle);
        }
        if let Some(interval) = wanted.interval {
            keepalive = keepalive.with_interval(interval);
        }
        if let Some(count) = wanted.count {
            keepalive = keepalive.with_retries(count);
        }
        socket.set_tcp_keepalive(&keepalive)?;
    }
    #[cfg(target_os = "linux")]
    if tcp.user_timeout.is_some() {
        socket.set_tcp_user_timeout(tcp.user_timeout)?;
    }
    Ok(())
}

/// `requirepeer`: the server's process is this user's.
#[cfg(unix)]
fn check_peer(stream: &Stream, wanted: Option<&str>) -> Result<()> {
    let Some(wanted) = wanted else {
        return Ok(());
    };
    let uid = stream
        .peer_user()
        .map_err(|error| Error::io("cannot tell whose process the server is", error))?;
    match crate::config::account_name(uid) {
        Some(name) if name == wanted => Ok(()),
        Some(name) => Err(Kind::Peer(format!(
            "requirepeer asks for a server of the user \"{wanted}\", but this one is \"{name}\"'s"
        ))
        .into()),
        None => Err(Kind::Peer(format!(
            "requirepeer asks for a server of the user \"{wanted}\", but this one is of the unknown user {uid}"
        ))
        .into()),
    }
}
