//! TLS over a socket that does not block.

use std::future::poll_fn;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::task::{Poll, ready};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};

use super::pending;
use super::socket::Socket;

#[derive(Debug)]
pub(crate) struct TlsStream {
    socket: Socket,
    session: ClientConnection,
}

impl TlsStream {
    pub(super) async fn handshake(
        config: Arc<ClientConfig>,
        name: ServerName<'static>,
        socket: Socket,
    ) -> io::Result<Self> {
        let session = ClientConnection::new(config, name).map_err(io::Error::other)?;
        let mut this = Self { socket, session };
        poll_fn(|_| this.poll_handshake()).await?;
        Ok(this)
    }

    fn poll_handshake(&mut self) -> Poll<io::Result<()>> {
        loop {
            ready!(self.poll_flush())?;
            if !self.session.is_handshaking() {
                return Poll::Ready(Ok(()));
            }
            if ready!(self.poll_receive())? == 0 {
                return Poll::Ready(Err(io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    "the server closed the connection in the middle of it",
                )));
            }
        }
    }

    pub(super) const fn socket(&self) -> &Socket {
        &self.socket
    }

    pub(super) const fn session(&self) -> &ClientConnection {
        &self.session
    }

    pub(super) fn poll_read(&mut self, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        loop {
            // Nothing there is as if it would block; an end without a goodbye is an error.
            match self.session.reader().read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return Poll::Ready(read),
            }
            ready!(self.poll_receive())?;
        }
    }

    /// Reads from the socket once.
    fn poll_receive(&mut self) -> Poll<io::Result<usize>> {
        let read = ready!(pending(self.session.read_tls(&mut self.socket)))?;
        let processed = self.session.process_new_packets();
        if processed.is_err() || self.session.wants_write() {
            // An alert that says why, or the answer to a change of keys; whatever is not taken goes out with the next write.
            let _ = self.poll_flush();
        }
        let failed = |error| io::Error::new(io::ErrorKind::InvalidData, error);
        Poll::Ready(processed.map(|_| read).map_err(failed))
    }

    pub(super) fn poll_write(&mut self, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            let taken = self.session.writer().write(bytes)?;
            let sent = self.poll_flush();
            if taken > 0 || bytes.is_empty() {
                return match sent {
                    Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                    _ => Poll::Ready(Ok(taken)),
                };
            }
            // It takes no more before some of it is sent.
            ready!(sent)?;
        }
    }

    pub(super) fn poll_flush(&mut self) -> Poll<io::Result<()>> {
        while self.session.wants_write() {
            if ready!(pending(self.session.write_tls(&mut self.socket)))? == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
        }
        Poll::Ready(Ok(()))
    }
}
