//! A connection to a server: TCP or Unix, plain or TLS.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::path::Path;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};
use socket2::SockRef;

use super::Runtime;
#[cfg(feature = "tokio")]
use super::tokio;

/// Where bytes come from and go to. Whoever polls it must be the [`Runtime`] that it was made for.
#[derive(Debug)]
pub(crate) enum Stream {
    #[cfg(feature = "tokio")]
    Tcp(tokio::TcpStream),
    #[cfg(all(feature = "tokio", unix))]
    Unix(tokio::UnixStream),
    #[cfg(feature = "tokio")]
    Tls(Box<tokio::TlsStream>),
}

/// The same of each stream.
macro_rules! each {
    ($this:expr, tokio: $inner:ident => $tokio:expr) => {
        match $this {
            #[cfg(feature = "tokio")]
            Self::Tcp($inner) => $tokio,
            #[cfg(all(feature = "tokio", unix))]
            Self::Unix($inner) => $tokio,
            #[cfg(feature = "tokio")]
            Self::Tls($inner) => $tokio,
        }
    };
}

impl Stream {
    pub(super) async fn tcp(runtime: Runtime, address: SocketAddr) -> io::Result<Self> {
        match runtime {
            #[cfg(feature = "tokio")]
            Runtime::Tokio => Ok(Self::Tcp(tokio::TcpStream::connect(address).await?)),
        }
    }

    /// Also the abstract ones of Linux, whose paths begin with NUL.
    #[cfg(unix)]
    pub(super) async fn unix(runtime: Runtime, path: &Path) -> io::Result<Self> {
        match runtime {
            #[cfg(feature = "tokio")]
            Runtime::Tokio => Ok(Self::Unix(tokio::UnixStream::connect(path).await?)),
        }
    }

    /// The same stream, in TLS; a stream that is no plain TCP has no use for it.
    pub(super) async fn encrypt(
        self,
        config: Arc<ClientConfig>,
        name: ServerName<'static>,
    ) -> io::Result<Self> {
        match self {
            #[cfg(feature = "tokio")]
            Self::Tcp(socket) => {
                let stream = tokio::handshake(config, name, socket).await?;
                Ok(Self::Tls(Box::new(stream)))
            }
            _ => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    /// What is known of the TLS session, if there is one.
    pub(super) fn tls(&self) -> Option<&ClientConnection> {
        match self {
            #[cfg(feature = "tokio")]
            Self::Tls(stream) => Some(stream.get_ref().1),
            _ => None,
        }
    }

    pub(crate) const fn is_encrypted(&self) -> bool {
        match self {
            #[cfg(feature = "tokio")]
            Self::Tls(_) => true,
            _ => false,
        }
    }

    /// The socket, to set what it does by itself.
    pub(super) fn socket(&self) -> SockRef<'_> {
        match self {
            #[cfg(feature = "tokio")]
            Self::Tcp(socket) => SockRef::from(socket),
            #[cfg(all(feature = "tokio", unix))]
            Self::Unix(socket) => SockRef::from(socket),
            #[cfg(feature = "tokio")]
            Self::Tls(stream) => SockRef::from(stream.get_ref().0),
        }
    }

    /// The user whose process is at the other end of a Unix socket.
    #[cfg(unix)]
    pub(super) fn peer_user(&self) -> io::Result<u32> {
        match self {
            #[cfg(feature = "tokio")]
            Self::Unix(socket) => Ok(socket.peer_cred()?.uid()),
            _ => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    /// Reads into the buffer; 0 is the end.
    #[inline]
    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        each!(self, tokio: inner => tokio::poll_read(inner, cx, buffer))
    }

    /// Takes some of the bytes, to be sent at the latest by [`poll_flush`](Self::poll_flush).
    #[inline]
    pub(crate) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        each!(self, tokio: inner => tokio::poll_write(inner, cx, bytes))
    }

    #[inline]
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, tokio: inner => tokio::poll_flush(inner, cx))
    }

    /// Reads into the buffer; 0 is the end.
    pub(crate) async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        poll_fn(|cx| self.poll_read(cx, buffer)).await
    }

    /// Sends all of the bytes.
    pub(crate) async fn send(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let sent = poll_fn(|cx| self.poll_write(cx, bytes)).await?;
            if sent == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            bytes = bytes.get(sent..).unwrap_or_default();
        }
        poll_fn(|cx| self.poll_flush(cx)).await
    }
}
