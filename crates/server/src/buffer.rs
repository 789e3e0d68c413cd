//! Buffers: what has been read and not yet taken, and a pool that holds them while connections are idle.

use std::cell::RefCell;
use std::fmt;
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

/// The memory of a connection at work.
struct Pair {
    /// Initialised to its length: for reading.
    room: Vec<u8>,
    /// Empty, with capacity: for writing.
    output: Vec<u8>,
}

thread_local! {
    static POOL: RefCell<Vec<Pair>> = const { RefCell::new(Vec::new()) };
}

/// Lends a connection that wakes up its memory, both halves at once.
#[inline]
pub(crate) fn lend(input: &mut Input, output: &mut Vec<u8>) {
    if !input.bytes.is_empty() || output.capacity() != 0 {
        return;
    }
    if let Some(pair) = POOL.with_borrow_mut(Vec::pop) {
        input.bytes = pair.room;
        *output = pair.output;
    }
}

/// Takes the memory back from a connection that has nothing to do. One that holds a part of a message keeps it.
#[inline]
pub(crate) fn reclaim(input: &mut Input, output: &mut Vec<u8>) {
    if !input.is_empty() || !output.is_empty() {
        return;
    }
    (input.start, input.end) = (0, 0);
    let pair = Pair {
        room: std::mem::take(&mut input.bytes),
        output: std::mem::take(output),
    };
    // What grew is not worth keeping, and half a pair serves nobody.
    if pair.room.len() == CHUNK && (CHUNK..=KEPT).contains(&pair.output.capacity()) {
        POOL.with_borrow_mut(|pool| {
            if pool.len() < POOLED {
                pool.push(pair);
            }
        });
    }
}

/// An empty vector with room for [`CHUNK`] bytes and a little more.
#[cold]
pub(crate) fn fresh() -> Vec<u8> {
    Vec::with_capacity(CHUNK + CHUNK / 4)
}

/// Bytes that came from the client: those before `start` are used up, those from `end` on are room.
///
/// The room is initialised, once a buffer, which is what lets safe code read into it.
#[derive(Default)]
pub(crate) struct Input {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

thread_local! {
    static SCRATCH: RefCell<[u8; 4096]> = const { RefCell::new([0; 4096]) };
}

/// Reads once, and drops what came; gives the number of bytes, 0 at the end.
pub(crate) fn poll_discard(
    io: &mut (impl AsyncRead + Unpin),
    cx: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    SCRATCH.with_borrow_mut(|scratch| {
        let mut room = ReadBuf::new(scratch);
        ready!(Pin::new(io).poll_read(cx, &mut room))?;
        Poll::Ready(Ok(room.filled().len()))
    })
}

// What clients send is theirs: passwords are among it, and stay in the room after they were used.
impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Input({} bytes)", self.rest().len())
    }
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
        *self = Self::default();
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
    /// header claims (rule FR-10), and not beyond `limit` unread bytes. `step` is the room to begin with, [`CHUNK`] for a
    /// session.
    #[inline]
    pub(crate) fn poll_read(
        &mut self,
        io: &mut (impl AsyncRead + Unpin),
        limit: usize,
        step: usize,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        if self.is_empty() {
            (self.start, self.end) = (0, 0);
        }
        if self.bytes.len() - self.end < step / 4 {
            self.make_room(step);
        }
        let room = limit.saturating_sub(self.end - self.start).max(1);
        let end = self.bytes.len().min(self.end.saturating_add(room));
        let mut room = ReadBuf::new(self.bytes.get_mut(self.end..end).unwrap_or(&mut []));
        ready!(Pin::new(io).poll_read(cx, &mut room))?;
        let count = room.filled().len();
        self.end += count;
        Poll::Ready(Ok(count))
    }

    /// Reads once, as [`poll_read`](Self::poll_read) does, where mostly nothing is to come: memory is taken only once
    /// something has.
    pub(crate) fn poll_watch(
        &mut self,
        io: &mut (impl AsyncRead + Unpin),
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        SCRATCH.with_borrow_mut(|scratch| {
            let mut room = ReadBuf::new(scratch);
            ready!(Pin::new(io).poll_read(cx, &mut room))?;
            self.extend(room.filled());
            Poll::Ready(Ok(room.filled().len()))
        })
    }

    /// Sees to it that there is room for `count` bytes.
    #[cold]
    fn make_room(&mut self, count: usize) {
        if self.bytes.is_empty() {
            self.bytes = vec![0; count];
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
