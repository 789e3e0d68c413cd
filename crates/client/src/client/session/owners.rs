//! Whose the answers are, and who waits for what.

use std::task::Waker;

use super::Session;
use crate::Result;
use crate::client::slots::Slot;

impl Session {
    /// Wakes the owner of an entry, if it waits.
    #[inline]
    pub(super) fn tell(&mut self, slot: Slot) {
        let entry = self.slots.entry(slot);
        if entry.waiting {
            entry.waiting = false;
            self.waiting -= 1;
            if self.looking != Some(slot) {
                self.woken.extend(entry.waker.clone());
            }
        }
    }

    /// Notes that the owner of an entry waits for more of it.
    pub(crate) fn wait_for(&mut self, slot: Slot, waker: &Waker) {
        let entry = self.slots.entry(slot);
        if !entry.waiting {
            entry.waiting = true;
            self.waiting += 1;
        }
        self.asked(slot, waker);
    }

    /// Notes whose the entry is.
    pub(crate) fn asked(&mut self, slot: Slot, waker: &Waker) {
        match &mut self.slots.entry(slot).waker {
            Some(known) => known.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
    }

    /// The owner of an entry is gone, and gives back the memory of what it had taken.
    pub(crate) fn abandon(&mut self, slot: Slot, mut memory: Vec<u8>) {
        let entry = self.slots.entry(slot);
        if entry.waiting {
            entry.waiting = false;
            self.waiting -= 1;
        }
        entry.owned = false;
        memory.clear();
        if memory.capacity() > entry.frames.capacity() || !entry.frames.is_empty() {
            entry.frames = memory;
        }
        if entry.finished {
            self.slots.free(slot);
        } else if entry.copy.is_some() {
            // It can only fail because the session is over.
            let _ = self.give_copy_up(slot);
        }
    }

    /// Ends the COPY of an entry, if the server waits for its data. If it does not yet, it is refused as soon as it does.
    pub(crate) fn give_copy_up(&mut self, slot: Slot) -> Result<()> {
        if self.unanswered.front() == Some(&slot) && self.core.machine.wants_data() {
            self.refuse_copy()?;
        }
        Ok(())
    }

    /// How many wait for anything.
    pub(crate) fn waiters(&self) -> usize {
        self.waiters_behind() + self.notifications.waiting() + self.notices.waiting()
    }

    /// How many wait for an answer or to send.
    pub(crate) fn waiters_behind(&self) -> usize {
        self.waiting + self.turn.len() + self.quiet.len()
    }

    /// Whether there is work that the server or we have not done.
    pub(crate) fn has_work(&self) -> bool {
        self.failed.is_none() && (!self.unanswered.is_empty() || self.core.channel.unsent() > 0)
    }

    /// Whether `slot` is what the server is at, and nothing is behind it.
    pub(crate) fn is_alone(&self, slot: Slot) -> bool {
        self.unanswered.len() == 1 && self.unanswered.front() == Some(&slot)
    }

    /// Whether a COPY is under way whose data somebody has still to send.
    pub(crate) fn is_copying(&self) -> bool {
        let last = self.unanswered.back().map(|slot| self.slots.get(*slot));
        last.is_some_and(|entry| entry.copy.is_some() && entry.owned)
    }

    /// Whether what the server is at has no owner any more; with `alone`, and nothing is behind it.
    #[cfg(feature = "blocking")]
    pub(crate) fn is_abandoned(&self, alone: bool) -> bool {
        let first = self.unanswered.front();
        (!alone || self.unanswered.len() == 1)
            && first.is_some_and(|slot| !self.slots.get(*slot).owned)
    }
}
