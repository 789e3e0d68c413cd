//! Buffers: what has been read and not yet taken, and a pool that holds them while connections are idle.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};

/// How much is read at once, and how much output gathers before it is written: larger gains nothing, and 8 KiB costs
/// half as much again per row.
pub(crate) const CHUNK: usize = 32 * 1024;

/// Buffers a thread keeps for its idle connections to borrow: enough for those that are busy at one moment.
const POOLED: usize = 16;

/// A buffer that grew past this is not worth keeping.
const KEPT: usize = 2 * CHUNK;

thread_local! {
    static POOL: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// An empty vector with room for at least [`CHUNK`] bytes and a little more.
#[inline]
pub(crate) fn take() -> Vec<u8> {
    POOL.with_borrow_mut(Vec::pop)
        .unwrap_or_else(|| Vec::with_capacity(CHUNK + CHUNK / 4))
}

/// Gives a vector back.
#[inline]
pub(crate) fn give(mut buffer: Vec<u8>) {
    if buffer.capacity() > KEPT || buffer.capacity() < CHUNK {
        return;
    }
    buffer.clear();
    POOL.with_borrow_mut(|pool| {
        if pool.len() < POOLED {
            pool.push(buffer);
        }
    });
}

/// Bytes that came from the client: those before `start` are used up, those from `end` on are room.
///
/// The room is initialised, once a buffer, which is what lets safe code read into it.
#[derive(Debug, Default)]
pub(crate) struct Input {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

thread_local! {
    static ROOMS: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

impl Input {
    /// What has not been taken yet.
    #[inline]
    pub(crate) fn rest(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or(&[])
    }

    /// Marks everything as taken but the last `left` bytes.
    #[inline]
    pub(crate) fn keep(&mut self, left: usize) {
        self.start = self.end.saturating_sub(left);
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Returns the memory if there is nothing in it.
    #[inline]
    pub(crate) fn release(&mut self) {
        if !self.is_empty() || self.bytes.is_empty() {
            return;
        }
        (self.start, self.end) = (0, 0);
        let room = std::mem::take(&mut self.bytes);
        if room.len() == CHUNK {
            ROOMS.with_borrow_mut(|rooms| {
                if rooms.len() < POOLED {
                    rooms.push(room);
                }
            });
        }
    }

    /// Marks the next `count` bytes as taken.
    #[inline]
    pub(crate) fn advance(&mut self, count: usize) {
        self.start = (self.start + count).min(self.end);
    }

    /// Appends bytes that were read elsewhere.
    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.make_room(bytes.len());
        let end = self.end + bytes.len();
        if let Some(place) = self.bytes.get_mut(self.end..end) {
            place.copy_from_slice(bytes);
            self.end = end;
        }
    }

    /// Appends all of another input, which is then empty.
    pub(crate) fn append(&mut self, other: &mut Self) {
        if self.is_empty() {
            std::mem::swap(self, other);
            (other.start, other.end) = (0, 0);
        } else {
            self.extend(other.rest());
            other.start = other.end;
        }
        other.release();
    }

    /// Reads once; gives the number of bytes, 0 at the end. The buffer grows with what has come, never with what a
    /// header claims (rule FR-10), and not beyond `limit` unread bytes.
    #[inline]
    pub(crate) fn poll_read(
        &mut self,
        io: &mut (impl AsyncRead + Unpin),
        limit: usize,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        if self.is_empty() {
            (self.start, self.end) = (0, 0);
        }
        if self.bytes.len() - self.end < CHUNK / 4 {
            self.make_room(CHUNK / 4);
        }
        let room = limit.saturating_sub(self.end - self.start).max(1);
        let end = self.bytes.len().min(self.end.saturating_add(room));
        let mut room = ReadBuf::new(self.bytes.get_mut(self.end..end).unwrap_or(&mut []));
        ready!(Pin::new(io).poll_read(cx, &mut room))?;
        let count = room.filled().len();
        self.end += count;
        Poll::Ready(Ok(count))
    }

    /// Sees to it that there is room for `count` bytes.
    #[cold]
    fn make_room(&mut self, count: usize) {
        if self.bytes.is_empty() && count <= CHUNK {
            self.bytes = ROOMS
                .with_borrow_mut(Vec::pop)
                .unwrap_or_else(|| vec![0; CHUNK]);
            return;
        }
        if self.start > self.end / 2 {
            self.bytes.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.bytes.len() - self.end < count {
            // Twice as much each time, so that a long message is not copied again and again.
            let grown = (self.bytes.len() * 2).max(self.end + count);
            self.bytes.resize(grown, 0);
        }
    }
}
