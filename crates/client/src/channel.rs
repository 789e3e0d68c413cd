//! A stream with its two buffers.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, ready};

use crate::error::Kind;
use crate::net::Stream;
use crate::{Error, Result};

/// How much room there is to read into, at least.
const CHUNK: usize = 32 * 1024;
/// How many bytes of answers may wait to be taken while requests are sent.
const MAX_WAITING: usize = 16 * 1024 * 1024;
/// What a buffer keeps of its memory once it is empty.
const KEEP: usize = 1024 * 1024;

/// Bytes on their way in and out. Writing goes on while reading waits, so that two sides that both have much to say do not
/// wait for each other.
pub(crate) struct Channel {
    pub(crate) stream: Stream,
    /// Bytes that came: those before `start` are used up, those from `end` on are room. All of it is initialised, which is what
    /// lets safe code read into it.
    pub(crate) bytes: Vec<u8>,
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// What is to be sent; `written` of it is.
    pub(crate) output: Vec<u8>,
    written: usize,
    /// Something was written that is not flushed.
    flushing: bool,
    /// The stream has ended; what came before is still to be taken.
    ended: bool,
}

impl Channel {
    pub(crate) const fn new(stream: Stream) -> Self {
        Self {
            stream,
            bytes: Vec::new(),
            start: 0,
            end: 0,
            output: Vec::new(),
            written: 0,
            flushing: false,
            ended: false,
        }
    }

    /// What came and is not used up.
    #[inline]
    pub(crate) fn rest(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    /// Sends the output, and reads meanwhile: a server whose answers nobody takes stops taking requests. What [`MAX_WAITING`] leaves
    /// unsent goes out while the answers are taken.
    ///
    /// # Cancel safety
    ///
    /// What was sent is remembered; call it again.
    pub(crate) async fn flush(&mut self) -> Result<()> {
        poll_fn(|cx| {
            loop {
                match self.poll_write(cx) {
                    Poll::Ready(Ok(())) => return Poll::Ready(Ok(())),
                    Poll::Ready(Err(error)) => {
                        // Who has hung up may have said why, which is there to be taken (rule TE-01).
                        let said = matches!(self.poll_read(cx), Poll::Ready(Ok(1..)));
                        let said = said || !self.rest().is_empty();
                        return Poll::Ready(if said { Ok(()) } else { Err(lost(error)) });
                    }
                    Poll::Pending => {}
                }
                if self.ended {
                    return Poll::Pending;
                }
                if self.rest().len() >= MAX_WAITING {
                    return Poll::Ready(Ok(()));
                }
                match ready!(self.poll_read(cx)) {
                    Ok(0) => self.ended = true,
                    Ok(_) => {}
                    Err(_) if !self.rest().is_empty() => return Poll::Ready(Ok(())),
                    Err(error) => return Poll::Ready(Err(lost(error))),
                }
            }
        })
        .await
    }

    /// Reads once, and sends meanwhile what can be sent.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost; call it again.
    pub(crate) async fn read_more(&mut self) -> Result<()> {
        poll_fn(|cx| self.poll_read_more(cx)).await
    }

    /// [`read_more`](Self::read_more), to be polled.
    pub(crate) fn poll_read_more(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        // A peer that does not read is no reason not to; one that is gone may have said why.
        let written = self.poll_write(cx);
        if self.ended {
            return Poll::Ready(Err(Kind::Eof.into()));
        }
        match self.poll_read(cx) {
            Poll::Ready(Ok(0)) => Poll::Ready(Err(Kind::Eof.into())),
            Poll::Ready(Ok(_)) => Poll::Ready(Ok(())),
            Poll::Ready(Err(error)) => Poll::Ready(Err(lost(error))),
            Poll::Pending => match written {
                Poll::Ready(Err(error)) => Poll::Ready(Err(lost(error))),
                _ => Poll::Pending,
            },
        }
    }

    /// How many bytes are still to be sent.
    pub(crate) fn unsent(&self) -> usize {
        self.output.len() - self.written
    }

    /// Sends what can be sent now.
    pub(crate) fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self
            .output
            .get(self.written..)
            .filter(|rest| !rest.is_empty())
        {
            let sent = ready!(self.stream.poll_write(cx, rest))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += sent;
            self.flushing = true;
            // A pipeline that never runs dry would otherwise keep all that it ever sent.
            if self.written >= CHUNK && self.written >= self.output.len() / 2 {
                self.output.drain(..self.written);
                self.written = 0;
            }
        }
        if self.flushing {
            ready!(self.stream.poll_flush(cx))?;
            self.output.clear();
            self.output.shrink_to(KEEP);
            self.written = 0;
            self.flushing = false;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.make_room();
        let room = self.bytes.get_mut(self.end..).unwrap_or_default();
        let read = ready!(self.stream.poll_read(cx, room))?;
        self.end += read;
        Poll::Ready(Ok(read))
    }

    /// Room for at least a few bytes. The buffer grows with what came, never with what a length claims.
    fn make_room(&mut self) {
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
            if self.bytes.len() > KEEP {
                self.bytes = Vec::new();
            }
        }
        let room = self.bytes.len() - self.end;
        if room >= CHUNK / 2 {
            return;
        }
        // A read into little room is one read more; what is moved is no more than what was taken since the last move.
        if self.start > 0 && self.start >= self.end - self.start {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        } else if room == 0 {
            let longer = self.bytes.len().saturating_mul(2).max(CHUNK);
            self.bytes.resize(longer, 0);
        }
    }
}

fn lost(error: io::Error) -> Error {
    Error::io("the connection was lost", error)
}

/// What a server sends is its user's.
impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("received", &self.rest().len())
            .field("to_send", &self.unsent())
            .finish_non_exhaustive()
    }
}
