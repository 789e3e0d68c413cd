//! The requests that are unanswered or whose answers are not taken, and what the server has said to each.

use std::task::Waker;

use super::turn::Ticket;

/// What a free slot keeps of its memory.
const KEEP: usize = 16 * 1024;

/// The place of a request among the others.
pub(crate) type Slot = usize;

/// What of an answer its owner wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// This many rows, and everything else.
    Rows(u32),
    /// All rows, of which only some are kept at a time: the owner takes them one after the other.
    Stream,
}

/// One request, which may be several of the protocol's.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The number of the protocol's requests that are answered when this one is.
    pub(crate) until: u64,
    pub(crate) keep: Keep,
    /// Whole messages of the server, in their order.
    pub(crate) frames: Vec<u8>,
    /// The last who asked for them.
    pub(crate) waker: Option<Waker>,
    pub(crate) waiting: bool,
    /// Whether anybody will.
    pub(crate) owned: bool,
    pub(crate) finished: bool,
    /// It is finished because the session is over.
    pub(crate) lost: bool,
    /// It is a COPY from us, and has the session to itself.
    pub(crate) copy: Option<Ticket>,
    /// It is the last of what holds this ticket, and this SQL is to be sent if it leaves the transaction failed.
    pub(crate) undo: Option<(Ticket, Box<str>)>,
    /// The data of that COPY has ended.
    pub(crate) copied: bool,
}

/// Entries by slot. Slots are used again, with their memory, so that a query in steady state allocates nothing.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    entries: Vec<Entry>,
    free: Vec<Slot>,
}

impl Slots {
    pub(crate) fn insert(&mut self, until: u64, keep: Keep) -> Slot {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.entries.push(Entry::default());
            self.entries.len() - 1
        });
        let entry = &mut self.entries[slot];
        entry.until = until;
        entry.keep = keep;
        entry.copy = None;
        entry.copied = false;
        entry.owned = true;
        entry.finished = false;
        entry.lost = false;
        slot
    }

    #[inline]
    pub(crate) fn entry(&mut self, slot: Slot) -> &mut Entry {
        &mut self.entries[slot]
    }

    #[inline]
    pub(crate) fn get(&self, slot: Slot) -> &Entry {
        &self.entries[slot]
    }

    /// Makes a slot free that is finished and that nobody owns.
    pub(crate) fn free(&mut self, slot: Slot) {
        let entry = &mut self.entries[slot];
        debug_assert!(entry.finished && !entry.owned && !entry.waiting, "in use");
        entry.frames.clear();
        entry.frames.shrink_to(KEEP);
        entry.waker = None;
        self.free.push(slot);
        if self.free.len() == self.entries.len() && self.entries.len() > KEEP {
            // After a pipeline of a hundred thousand.
            *self = Self::default();
        }
    }
}

impl Default for Entry {
    fn default() -> Self {
        Self {
            until: 0,
            keep: Keep::Stream,
            frames: Vec::new(),
            waker: None,
            waiting: false,
            owned: false,
            finished: true,
            lost: false,
            copy: None,
            undo: None,
            copied: false,
        }
    }
}
