//! Sockets that listen.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use socket2::SockRef;
use tokio::net::{TcpListener, UnixListener};

use crate::Error;
use crate::client::Address;
use crate::transport::Socket;

/// An address cannot be listened on.
#[derive(Debug)]
pub struct BindError {
    address: String,
    cause: io::Error,
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot listen on {}: {}", self.address, self.cause)
    }
}

impl std::error::Error for BindError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}

impl From<BindError> for Error {
    fn from(error: BindError) -> Self {
        Self::internal(error)
    }
}

/// A socket that listens.
#[derive(Debug)]
pub(crate) enum Bound {
    Tcp(TcpListener),
    Unix {
        listener: UnixListener,
        _file: Unlink,
    },
}

/// Removes a socket's file.
#[derive(Debug)]
pub(crate) struct Unlink(PathBuf);

impl Drop for Unlink {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Bound {
    pub(crate) async fn new(address: &str) -> Result<Self, BindError> {
        let failed = |cause| BindError {
            address: address.to_owned(),
            cause,
        };
        if address.contains('/') {
            let path = Path::new(address);
            remove_stale(path);
            let listener = UnixListener::bind(path).map_err(failed)?;
            Ok(Self::Unix {
                listener,
                _file: Unlink(path.to_owned()),
            })
        } else {
            TcpListener::bind(address)
                .await
                .map(Self::Tcp)
                .map_err(failed)
        }
    }

    pub(crate) async fn accept(&self) -> io::Result<(Socket, Address)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, address) = listener.accept().await?;
                // Answers leave as one write each, and should not wait for the client's acknowledgement.
                stream.set_nodelay(true)?;
                // A client whose machine is gone says nothing, for ever.
                SockRef::from(&stream).set_keepalive(true)?;
                Ok((Socket::Tcp(stream), Address::Tcp(address)))
            }
            Self::Unix { listener, .. } => {
                let (stream, _) = listener.accept().await?;
                Ok((Socket::Unix(stream), Address::Unix))
            }
        }
    }
}

/// Removes the file of a socket that nobody listens on any more: a server that was killed leaves it behind.
fn remove_stale(path: &Path) {
    use std::os::unix::fs::FileTypeExt as _;
    let is_socket =
        std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.file_type().is_socket());
    if is_socket
        && std::os::unix::net::UnixStream::connect(path)
            .is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
    {
        // If it cannot be removed, binding says why.
        let _ = std::fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a panic is the failure report of a test"
    )]

    use super::*;

    #[tokio::test]
    async fn lost_peers_are_looked_for() {
        let bound = Bound::new("127.0.0.1:0").await.unwrap();
        let Bound::Tcp(listener) = &bound else {
            panic!("another kind of socket");
        };
        let _client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (Socket::Tcp(stream), _) = bound.accept().await.unwrap() else {
            panic!("another kind of socket");
        };
        assert!(SockRef::from(&stream).keepalive().unwrap());
    }
}
