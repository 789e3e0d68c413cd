//! The way to the client: the session's machine, the output it queues, and the socket's writing half.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::AsyncWrite;
use trunkline_proto::server::{Connection, Misuse};

use crate::Error;
use crate::buffer::{self, CHUNK};
use crate::divert::Diverted;
use crate::patience::Patience;
use crate::transport::WriteHalf;

/// Owned by whoever may write: the connection's task, the statement that runs, or the portal that was resumed.
pub(crate) struct Wire {
    pub(crate) machine: Connection,
    pub(crate) output: Vec<u8>,
    /// How much of `output` has been written. It lives here and not in a future, so that dropping a future in the
    /// middle of a write loses nothing.
    written: usize,
    /// The largest length field of a row, or a piece of COPY data.
    pub(crate) row_limit: u32,
    /// Where the message begins that is being encoded by user code; nowhere, mostly.
    open: Option<usize>,
    /// Rows do not go to the client just now.
    pub(crate) diverted: Option<Diverted>,
    /// The client went away; nothing can be written any more.
    pub(crate) broken: bool,
    /// Boxed, since most servers set no limit.
    patience: Option<Box<Patience>>,
    io: WriteHalf,
}

// Without the rows in it.
impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire")
            .field("machine", &self.machine)
            .field("queued", &self.output.len())
            .field("broken", &self.broken)
            .finish_non_exhaustive()
    }
}

impl Wire {
    pub(crate) fn new(
        machine: Connection,
        output: Vec<u8>,
        io: WriteHalf,
        row_limit: u32,
        patience: Option<Patience>,
    ) -> Self {
        Self {
            machine,
            output,
            written: 0,
            row_limit,
            open: None,
            diverted: None,
            broken: false,
            patience: patience.map(Box::new),
            io,
        }
    }

    /// Begins a message that user code encodes: gives where it begins.
    #[inline]
    pub(crate) fn begin_message(&mut self) -> usize {
        let start = self.output.len();
        self.open = Some(start);
        start
    }

    #[inline]
    pub(crate) fn end_message(&mut self) {
        self.open = None;
    }

    /// Takes out what user code left of a message when it panicked: half a message would make nonsense of the next.
    pub(crate) fn drop_torn(&mut self) {
        if let Some(start) = self.open.take() {
            self.output.truncate(start);
        }
    }

    /// Whether enough has gathered to be written.
    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.output.len() >= CHUNK
    }

    /// Makes sure that there is a buffer to append to.
    #[inline]
    pub(crate) fn ensure_buffer(&mut self) {
        if self.output.capacity() == 0 {
            self.output = buffer::fresh();
        }
    }

    /// Has the machine append an answer.
    ///
    /// # Errors
    ///
    /// XX000 if none such is due, or it cannot be encoded: nothing was appended.
    #[inline]
    pub(crate) fn answer(
        &mut self,
        append: impl FnOnce(&mut Connection, &mut Vec<u8>) -> Result<(), Misuse>,
    ) -> Result<(), Error> {
        self.ensure_buffer();
        append(&mut self.machine, &mut self.output).map_err(Error::internal)
    }

    /// Writes all output. Once it has failed it fails for good: what was queued then is lost, and what followed would stand
    /// in the middle of a message.
    pub(crate) fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.broken {
            self.output.clear();
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let before = self.written;
        let mut result = self.poll_write_all(cx);
        if let Some(patience) = &mut self.patience {
            if result.is_ready() || self.written > before {
                patience.headway();
            }
            if result.is_pending() && patience.poll(cx).is_ready() {
                tracing::debug!("the client did not read its answers in time");
                result = Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        }
        if let Poll::Ready(Err(_)) = result {
            self.broken = true;
            self.output.clear();
            self.written = 0;
        }
        result
    }

    fn poll_write_all(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self
            .output
            .get(self.written..)
            .filter(|rest| !rest.is_empty())
        {
            let count = ready!(Pin::new(&mut self.io).poll_write(cx, rest))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += count;
        }
        ready!(Pin::new(&mut self.io).poll_flush(cx))?;
        self.output.clear();
        self.written = 0;
        Poll::Ready(Ok(()))
    }

    /// Writes all output.
    #[inline]
    pub(crate) async fn write(&mut self) -> io::Result<()> {
        if self.output.is_empty() {
            return Ok(());
        }
        std::future::poll_fn(|cx| self.poll_write(cx)).await
    }

    pub(crate) async fn shutdown(&mut self) {
        // The peer may be gone, and there is nobody to tell.
        let _ = std::future::poll_fn(|cx| Pin::new(&mut self.io).poll_shutdown(cx)).await;
    }
}
