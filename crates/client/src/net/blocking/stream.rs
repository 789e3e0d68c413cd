//! A stream of a blocking session.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
#[cfg(unix)]
use std::path::Path;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};
use socket2::SockRef;

use super::pending;
use super::socket::Socket;
use super::tls::TlsStream;

/// Whoever has to wait has noted what for: the contexts are not looked at.
#[derive(Debug)]
pub(crate) enum Stream {
    Plain(Socket),
    Tls(Box<TlsStream>),
}

impl Stream {
    pub(in crate::net) async fn tcp(address: SocketAddr) -> io::Result<Self> {
        Socket::tcp(address).await.map(Self::Plain)
    }

    #[cfg(unix)]
    pub(in crate::net) fn unix(path: &Path) -> io::Result<Self> {
        Socket::unix(path).map(Self::Plain)
    }

    pub(in crate::net) async fn encrypt(
        self,
        config: Arc<ClientConfig>,
        name: ServerName<'static>,
    ) -> io::Result<Self> {
        let Self::Plain(socket) = self else {
            return Err(io::ErrorKind::Unsupported.into());
        };
        let stream = TlsStream::handshake(config, name, socket).await?;
        Ok(Self::Tls(Box::new(stream)))
    }

    pub(in crate::net) const fn tls(&self) -> Option<&ClientConnection> {
        match self {
            Self::Plain(_) => None,
            Self::Tls(stream) => Some(stream.session()),
        }
    }

    pub(in crate::net) const fn is_encrypted(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    pub(in crate::net) fn socket(&self) -> SockRef<'_> {
        match self {
            Self::Plain(socket) => socket.as_ref(),
            Self::Tls(stream) => stream.socket().as_ref(),
        }
    }

    #[cfg(unix)]
    pub(in crate::net) fn peer_user(&self) -> io::Result<u32> {
        match self {
            Self::Plain(socket) => socket.peer_user(),
            Self::Tls(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    #[inline]
    pub(in crate::net) fn poll_read(
        &mut self,
        _: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(socket) => pending(socket.read(buffer)),
            Self::Tls(stream) => stream.poll_read(buffer),
        }
    }

    #[inline]
    pub(in crate::net) fn poll_write(
        &mut self,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(socket) => pending(socket.write(bytes)),
            Self::Tls(stream) => stream.poll_write(bytes),
        }
    }

    #[inline]
    pub(in crate::net) fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(_) => Poll::Ready(Ok(())),
            Self::Tls(stream) => stream.poll_flush(),
        }
    }
}
