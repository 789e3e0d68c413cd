//! A socket that does not block: it notes what it would have to wait for.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
#[cfg(unix)]
use std::path::Path;
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use socket2::{Domain, Protocol, SockAddr, SockRef, Type};

use super::wait;

#[derive(Debug)]
pub(crate) struct Socket {
    inner: Arc<Inner>,
    /// The last read took all there was: to read again would most likely be in vain.
    drained: bool,
}

#[derive(Debug)]
pub(super) enum Inner {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

impl Socket {
    fn new(inner: Inner) -> Self {
        Self {
            inner: Arc::new(inner),
            drained: false,
        }
    }

    pub(super) async fn tcp(address: SocketAddr) -> io::Result<Self> {
        let socket = socket2::Socket::new(
            Domain::for_address(address),
            Type::STREAM,
            Some(Protocol::TCP),
        )?;
        socket.set_nonblocking(true)?;
        let started = socket.connect(&address.into());
        let this = Self::new(Inner::Tcp(socket.into()));
        match started {
            Err(error) if is_under_way(&error) => this.connected().await?,
            started => started?,
        }
        Ok(this)
    }

    /// Waits until the connection is there, or is refused.
    async fn connected(&self) -> io::Result<()> {
        let mut asked = false;
        std::future::poll_fn(|_| {
            if asked {
                if let Some(error) = self.as_ref().take_error()? {
                    return Err(error).into();
                }
                match self.as_ref().peer_addr() {
                    Err(error) if error.kind() == io::ErrorKind::NotConnected => {}
                    connected => return connected.map(drop).into(),
                }
            }
            asked = true;
            wait::writable(&self.inner);
            std::task::Poll::Pending
        })
        .await
    }

    #[cfg(unix)]
    pub(super) fn unix(path: &Path) -> io::Result<Self> {
        let address = SockAddr::unix(path)?;
        let socket = socket2::Socket::new(Domain::UNIX, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        socket.connect(&address)?;
        let socket = std::os::fd::OwnedFd::from(socket);
        Ok(Self::new(Inner::Unix(socket.into())))
    }

    /// The user whose process is at the other end.
    #[cfg(unix)]
    pub(super) fn peer_user(&self) -> io::Result<u32> {
        match &*self.inner {
            #[cfg(target_os = "linux")]
            Inner::Unix(socket) => Ok(rustix::net::sockopt::socket_peercred(socket)?.uid.as_raw()),
            _ => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "a blocking session can ask only Linux",
            )),
        }
    }

    pub(super) fn as_ref(&self) -> SockRef<'_> {
        match &*self.inner {
            Inner::Tcp(socket) => SockRef::from(socket),
            #[cfg(unix)]
            Inner::Unix(socket) => SockRef::from(socket),
        }
    }
}

impl Inner {
    pub(super) fn poll_fd(&self, flags: PollFlags) -> PollFd<'_> {
        match self {
            Self::Tcp(socket) => PollFd::new(socket, flags),
            #[cfg(unix)]
            Self::Unix(socket) => PollFd::new(socket, flags),
        }
    }

    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(socket) => (&*socket).read(buffer),
            #[cfg(unix)]
            Self::Unix(socket) => (&*socket).read(buffer),
        }
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(socket) => (&*socket).write(bytes),
            #[cfg(unix)]
            Self::Unix(socket) => (&*socket).write(bytes),
        }
    }
}

/// After a read that did not fill its buffer the next one waits first, if it is to wait, which saves a call for every answer of a server.
impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if std::mem::take(&mut self.drained) && wait::is_waited_for() {
            wait::readable(&self.inner);
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let read = uninterrupted(|| self.inner.read(buffer));
        match &read {
            Ok(read) => self.drained = (1..buffer.len()).contains(read),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => wait::readable(&self.inner),
            Err(_) => {}
        }
        read
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = uninterrupted(|| self.inner.write(bytes));
        match &written {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => wait::writable(&self.inner),
            // Who has hung up may have said why.
            Err(_) => self.drained = false,
            Ok(_) => {}
        }
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn uninterrupted(mut call: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

/// Whether connecting goes on by itself.
fn is_under_way(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    ) || error.raw_os_error() == Some(Errno::INPROGRESS.raw_os_error())
}
