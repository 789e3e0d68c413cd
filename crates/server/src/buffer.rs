//! Buffers: what has been read and not yet taken, and a pool that holds them while connections are idle.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::BufMut;
use tokio::io::AsyncRead;
use tokio_util::io::poll_read_buf;

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

/// Bytes that came from the client: those before `start` are used up.
#[derive(Debug, Default)]
pub(crate) struct Input {
    bytes: Vec<u8>,
    start: usize,
}

impl Input {
    /// What has not been taken yet.
    #[inline]
    pub(crate) fn rest(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or(&[])
    }

    /// Marks everything as taken but the last `left` bytes.
    #[inline]
    pub(crate) fn keep(&mut self, left: usize) {
        self.start = self.bytes.len().saturating_sub(left);
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.bytes.len()
    }

    /// Returns the memory if there is nothing in it.
    #[inline]
    pub(crate) fn release(&mut self) {
        if self.is_empty() {
            self.start = 0;
            give(std::mem::take(&mut self.bytes));
        }
    }

    /// Marks the next `count` bytes as taken.
    #[inline]
    pub(crate) fn advance(&mut self, count: usize) {
        self.start = (self.start + count).min(self.bytes.len());
    }

    /// Appends bytes that were read elsewhere.
    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        if self.bytes.capacity() == 0 {
            self.bytes = take();
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Appends all of another input, which is then empty.
    pub(crate) fn append(&mut self, other: &mut Self) {
        if self.is_empty() {
            std::mem::swap(self, other);
            other.bytes.clear();
            other.start = 0;
        } else {
            self.extend(other.rest());
            other.start = other.bytes.len();
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
        if self.bytes.capacity() == 0 {
            self.bytes = take();
        } else if self.is_empty() {
            self.bytes.clear();
            self.start = 0;
        }
        if self.bytes.capacity() - self.bytes.len() < CHUNK / 4 {
            self.make_room();
        }
        let room = limit.saturating_sub(self.rest().len()).max(1);
        poll_read_buf(Pin::new(io), cx, &mut (&mut self.bytes).limit(room))
    }

    #[cold]
    fn make_room(&mut self) {
        if self.start > self.bytes.len() / 2 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        if self.bytes.capacity() - self.bytes.len() < CHUNK / 4 {
            self.bytes.reserve(self.bytes.len().max(CHUNK));
        }
    }
}
