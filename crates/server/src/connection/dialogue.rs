//! The connection before the session is up: requests and answers in turn, in clear or encrypted.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWriteExt as _};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use trunkline_proto::server::{Login, ProtocolError, Response};

use crate::buffer::{self, Input};
use crate::transport::{Rewound, Stream};
use crate::{Error, Result};

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
pub(crate) struct Dialogue {
    pub(super) stream: Stream,
    pub(super) input: Input,
    pub(crate) output: Vec<u8>,
}

/// The most that is held of what a client sends before it has logged in: the longest password, and its type byte.
const UNAUTHENTICATED: usize = 65_536;

/// The room that a connection is read into to begin with: more than most startup packets take, and little enough for very
/// many connections that say nothing.
const STEP: usize = 1024;

// Without what was said.
impl fmt::Debug for Dialogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialogue")
            .field("input", &self.input)
            .field("queued", &self.output.len())
            .finish_non_exhaustive()
    }
}

impl Dialogue {
    pub(super) async fn read(&mut self) -> Result<(), Lost> {
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

    pub(super) async fn write(&mut self) -> Result<(), Lost> {
        if !self.output.is_empty() {
            self.stream.write_all(&self.output).await?;
            self.stream.flush().await?;
            self.output.clear();
        }
        Ok(())
    }

    /// Says the last words, as far as the client will listen.
    pub(super) async fn close(&mut self) {
        let _ = self.write().await;
        let _ = self.stream.shutdown().await;
        drain(&mut self.stream, UNAUTHENTICATED).await;
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

impl Dialogue {
    /// Shakes hands. Whatever was read already is read again by the TLS library, and never by us.
    pub(super) async fn secure(
        self,
        config: Arc<tokio_rustls::rustls::ServerConfig>,
    ) -> Result<Self, Lost> {
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

    pub(super) fn alpn(&self) -> Option<&[u8]> {
        match &self.stream {
            Stream::Tls(stream) => stream.get_ref().1.alpn_protocol(),
            Stream::Plain(_) => None,
        }
    }

    pub(super) fn certificate(&self) -> Option<Vec<u8>> {
        match &self.stream {
            Stream::Tls(stream) => {
                let certificates = stream.get_ref().1.peer_certificates()?;
                certificates.first().map(|leaf| leaf.to_vec())
            }
            Stream::Plain(_) => None,
        }
    }
}

/// Drops what the client has sent, or still sends, up to so many bytes: closing a socket with unread input resets it,
/// which may take our last words away from the client. A client that says nothing, or never stops, is not waited for.
pub(super) async fn drain(io: &mut (impl AsyncRead + Unpin), bytes: usize) {
    const SILENCE: Duration = Duration::from_millis(100);
    const ALTOGETHER: Duration = Duration::from_secs(1);
    let until = Instant::now() + ALTOGETHER;
    let mut left = bytes;
    while left > 0 && Instant::now() < until {
        let read = std::future::poll_fn(|cx| buffer::poll_discard(io, cx));
        match tokio::time::timeout(SILENCE, read).await {
            Ok(Ok(count)) if count > 0 => left = left.saturating_sub(count),
            _ => break,
        }
    }
}

/// Refuses a login.
pub(super) async fn refuse(mut login: Login, dialogue: &mut Dialogue, error: &Error) -> Lost {
    error.log();
    error.with_report(|report| login.refuse(report, &mut dialogue.output));
    dialogue.close().await;
    Lost::Closed
}
