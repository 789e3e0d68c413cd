//! A connection to a server: TCP or Unix, plain or TLS.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::path::Path;
use std::sync::Arc;
use std::task::{Context, Poll};
#[cfg(unix)]
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};
use socket2::SockRef;

use super::Runtime;
#[cfg(feature = "blocking")]
use super::blocking;
#[cfg(feature = "tokio")]
use super::tokio;

/// How soon to ask again where a server's queue of Unix connections is full.
#[cfg(unix)]
const AGAIN: Duration = Duration::from_millis(10);

/// Where bytes come from and go to. Whoever polls it must be the [`Runtime`] that it was made for.
#[derive(Debug)]
pub(crate) enum Stream {
    #[cfg(feature = "tokio")]
    Tokio(tokio::Stream),
    #[cfg(feature = "blocking")]
    Blocking(blocking::Stream),
}

/// The same of either kind.
macro_rules! either {
    ($this:expr, $stream:ident => $call:expr) => {
        match $this {
            #[cfg(feature = "tokio")]
            Self::Tokio($stream) => $call,
            #[cfg(feature = "blocking")]
            Self::Blocking($stream) => $call,
        }
    };
}

impl Stream {
    pub(super) async fn tcp(runtime: Runtime, address: SocketAddr) -> io::Result<Self> {
        Ok(match runtime {
            #[cfg(feature = "tokio")]
            Runtime::Tokio => Self::Tokio(tokio::Stream::tcp(address).await?),
            #[cfg(feature = "blocking")]
            Runtime::Blocking => Self::Blocking(blocking::Stream::tcp(address).await?),
        })
    }

    /// Also the abstract ones of Linux, whose paths begin with NUL. Where the server's queue is full it is asked again and again, since
    /// nothing tells when there is room.
    #[cfg(unix)]
    pub(super) async fn unix(runtime: Runtime, path: &Path) -> io::Result<Self> {
        loop {
            let connected = match runtime {
                #[cfg(feature = "tokio")]
                Runtime::Tokio => tokio::Stream::unix(path).await.map(Self::Tokio),
                #[cfg(feature = "blocking")]
                Runtime::Blocking => blocking::Stream::unix(path).map(Self::Blocking),
            };
            match connected {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    runtime.sleep(AGAIN).await
                }
                connected => return connected,
            }
        }
    }

    /// The same stream in TLS. A stream that is not plain TCP has no use for it.
    pub(super) async fn encrypt(
        self,
        config: Arc<ClientConfig>,
        name: ServerName<'static>,
    ) -> io::Result<Self> {
        Ok(match self {
            #[cfg(feature = "tokio")]
            Self::Tokio(stream) => Self::Tokio(stream.encrypt(config, name).await?),
            #[cfg(feature = "blocking")]
            Self::Blocking(stream) => Self::Blocking(stream.encrypt(config, name).await?),
        })
    }

    /// What is known of the TLS session, if there is one.
    pub(super) fn tls(&self) -> Option<&ClientConnection> {
        either!(self, stream => stream.tls())
    }

    pub(crate) const fn is_encrypted(&self) -> bool {
        either!(self, stream => stream.is_encrypted())
    }

    /// The socket, to set what it does by itself.
    pub(super) fn socket(&self) -> SockRef<'_> {
        either!(self, stream => stream.socket())
    }

    /// The user whose process is at the other end of a Unix socket.
    #[cfg(unix)]
    pub(super) fn peer_user(&self) -> io::Result<u32> {
        either!(self, stream => stream.peer_user())
    }

    /// Reads into the buffer; 0 is the end.
    #[inline]
    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        either!(self, stream => stream.poll_read(cx, buffer))
    }

    /// Takes some of the bytes, to be sent at the latest by [`poll_flush`](Self::poll_flush).
    #[inline]
    pub(crate) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        either!(self, stream => stream.poll_write(cx, bytes))
    }

    #[inline]
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => stream.poll_flush(cx))
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
