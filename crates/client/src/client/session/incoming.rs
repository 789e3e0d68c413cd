//! What the server says, given to the request that it answers.

use std::task::{Context, Poll, Waker};

use trunkline_proto::backend::{DataRow, TransactionStatus};
use trunkline_proto::client::Event;

use super::{MAX_OUTPUT, Session};
use crate::channel::Channel;
use crate::client::Notification;
use crate::client::slots::{Entry, Keep, Slot};
use crate::error::Kind;
use crate::{Error, Notice, Result, ServerError};

/// How many bytes of rows wait for a reader who is slower than the server.
pub(crate) const MAX_STREAM: usize = 256 * 1024;
/// How many are kept of a reader who takes none while others wait behind.
const MAX_KEPT: usize = 64 * 1024 * 1024;

/// What one step of the session's work came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Something may have changed.
    Done,
    /// The socket has to be waited for, or a reader who is slow.
    Pending,
}

impl Session {
    /// Takes what has arrived, or reads and writes once. `read`: whoever asks is to read, and no task does it for all.
    pub(crate) fn step(&mut self, io: &mut Context<'_>, read: bool) -> Step {
        if self.failed.is_some() {
            return Step::Pending;
        }
        let before = self.core.channel.unsent();
        let step = self.try_step(io, read).unwrap_or_else(|error| {
            self.fail(error);
            Step::Done
        });
        let now = self.core.channel.unsent();
        let room = before >= MAX_OUTPUT && now < MAX_OUTPUT;
        if room {
            self.woken.extend(self.turn.fitting());
        }
        // Whoever does the step may be the one who waits for just that.
        if room || (before > 0 && self.is_quiet()) {
            return Step::Done;
        }
        step
    }

    fn try_step(&mut self, io: &mut Context<'_>, read: bool) -> Result<Step> {
        let mut progress = false;
        while !self.is_held_up() {
            if !self.dispatch()? {
                if progress {
                    return Ok(Step::Done);
                }
                if !read {
                    break;
                }
                return match self.core.channel.poll_read_more(io) {
                    Poll::Ready(Ok(())) => Ok(Step::Done),
                    Poll::Ready(Err(error)) => Err(error),
                    Poll::Pending => Ok(Step::Pending),
                };
            }
            progress = true;
        }
        if progress {
            return Ok(Step::Done);
        }
        // Nothing may be read, but the server may still wait for what we have to say.
        match self.core.channel.poll_write(io) {
            // Who has hung up may have said why, which is read before anything else (rule TE-01), though not before its turn.
            Poll::Ready(Err(_)) if self.is_held_up() => Ok(Step::Pending),
            Poll::Ready(Err(error)) => match self.core.channel.poll_read_more(io) {
                Poll::Ready(Ok(())) => Ok(Step::Done),
                Poll::Ready(Err(error)) => Err(error),
                Poll::Pending => Err(Error::io("the connection was lost", error)),
            },
            _ => Ok(Step::Pending),
        }
    }

    /// Whether the oldest answer is a stream of rows that its reader is too slow for. Not if that reader is the very task that waits
    /// for something behind it: it would wait for ever, and has asked for both.
    #[inline]
    pub(crate) fn is_held_up(&self) -> bool {
        let Some(first) = self.unanswered.front() else {
            return false;
        };
        let first = self.slots.get(*first);
        first.frames.len() >= self.most
            && first.keep == Keep::Stream
            && first.owned
            && self.waits_for_reader(first)
    }

    /// Keeps more of what a slow reader does not take: twice as much as there is.
    pub(crate) fn let_more_in(&mut self) {
        if let Some(slot) = self.unanswered.front() {
            let twice = self.slots.get(*slot).frames.len().saturating_mul(2);
            self.most = twice.min(MAX_KEPT);
        }
    }

    fn waits_for_reader(&self, first: &Entry) -> bool {
        let slots = self.unanswered.iter().skip(1);
        let Some(reader) = &first.waker else {
            return true;
        };
        let is_reader = |waker: &Waker| waker.will_wake(reader);
        let mut waiting = slots
            .map(|slot| self.slots.get(*slot))
            .filter(|entry| entry.waiting);
        !(waiting.any(|entry| entry.waker.as_ref().is_some_and(is_reader))
            || self.turn.all().any(is_reader)
            || self.quiet.iter().any(|(_, waker)| is_reader(waker)))
    }

    /// Takes the rows that are next, as many as are there and may be kept. `false`: there is none.
    fn dispatch_rows(&mut self) -> bool {
        let Channel {
            bytes, start, end, ..
        } = &mut self.core.channel;
        let received = bytes.get(*start..*end).unwrap_or_default();
        let Some(slot) = self.unanswered.front().copied() else {
            return false;
        };
        if received.first() != Some(&DataRow::TAG) {
            return false;
        }
        let entry = self.slots.entry(slot);
        let (most, room) = match entry.keep {
            Keep::Stream if entry.owned => (u32::MAX, self.most.saturating_sub(entry.frames.len())),
            Keep::Rows(more @ 1..) if entry.owned => (more, usize::MAX),
            _ => (0, usize::MAX),
        };
        let mut rest = received;
        let (mut rows, mut size) = (0, 0);
        while size < room
            && (rows < most || most == 0)
            && self.core.machine.row(&mut rest).is_some()
        {
            rows += u32::from(most != 0);
            size = received.len() - rest.len();
        }
        if size == 0 {
            return false;
        }
        *start += size;
        if let Keep::Rows(more) = &mut entry.keep {
            *more -= rows;
        }
        if most != 0 {
            entry
                .frames
                .extend_from_slice(received.get(..size).unwrap_or_default());
            self.tell(slot);
        }
        true
    }

    /// Takes one message, or a number of rows. `false`: there is no whole one.
    fn dispatch(&mut self) -> Result<bool> {
        if self.dispatch_rows() {
            return Ok(true);
        }
        let Channel {
            bytes, start, end, ..
        } = &mut self.core.channel;
        let received = bytes.get(*start..*end).unwrap_or_default();
        let mut rest = received;
        let Some(event) = self.core.machine.receive(&mut rest)? else {
            return Ok(false);
        };
        let size = received.len() - rest.len();
        let frame = received.get(..size).unwrap_or_default();
        *start += size;
        let oldest = self.unanswered.front();
        let is_whole =
            oldest.is_some_and(|slot| matches!(self.slots.get(*slot).keep, Keep::Rows(_)));
        match event {
            Event::DataRow(_) | Event::CopyData(_) => {
                if let Some(slot) = self.unanswered.front() {
                    let entry = self.slots.entry(*slot);
                    let wanted = match &mut entry.keep {
                        Keep::Stream => entry.owned,
                        Keep::Rows(0) => false,
                        Keep::Rows(more) => {
                            *more -= 1;
                            entry.owned
                        }
                    };
                    if wanted {
                        entry.frames.extend_from_slice(frame);
                        self.tell(*slot);
                    }
                }
                return Ok(true);
            }
            Event::ParameterStatus(status) => self.core.parameters.set(&status),
            Event::Notification(notification) => {
                let notification = Notification::new(&notification);
                self.notifications.publish(notification, &mut self.woken);
            }
            Event::Notice(notice) => self.notices.publish(Notice::new(&notice), &mut self.woken),
            Event::Stray => {}
            // Nothing in them that anybody waits for.
            Event::ParseComplete | Event::CloseComplete | Event::CopyDone | Event::Ready(_) => {}
            // It says that rows are about to come, to who takes them as they do.
            Event::BindComplete if is_whole => {}
            Event::Error(error) if self.core.machine.is_closed() => {
                let error = ServerError::new(&error);
                return Err(error.into());
            }
            Event::CopyBoth(_) => {
                return Err(
                    Kind::Unsupported("replication on a shared client; take a Connection").into(),
                );
            }
            _ => {
                let wants_data = matches!(event, Event::CopyIn(_));
                if let Some(slot) = self.unanswered.front().copied() {
                    let entry = self.slots.entry(slot);
                    if entry.owned {
                        entry.frames.extend_from_slice(frame);
                    }
                    if wants_data && !(entry.owned && entry.copy.is_some() && !entry.copied) {
                        self.refuse_copy()?;
                    }
                    self.tell(slot);
                }
            }
        }
        self.finish_answered();
        Ok(true)
    }

    /// Answers to a COPY that nobody has data for.
    pub(super) fn refuse_copy(&mut self) -> Result<()> {
        let output = &mut self.core.channel.output;
        self.core.machine.copy_fail(
            b"the client did not ask for a COPY, or has given it up",
            output,
        )?;
        // The server has thrown the Sync of an extended series away.
        if self.core.machine.owes_sync() {
            self.core.machine.sync(output)?;
            self.sent += 1;
            if let Some(slot) = self.unanswered.front() {
                self.slots.entry(*slot).until = self.sent;
            }
        }
        Ok(())
    }

    /// Ends the entries whose requests are all answered.
    pub(super) fn finish_answered(&mut self) {
        let answered = self.sent - self.core.machine.unanswered() as u64;
        while let Some(slot) = self.unanswered.front().copied() {
            if self.slots.get(slot).until > answered {
                break;
            }
            self.unanswered.pop_front();
            self.most = MAX_STREAM;
            self.finish(slot);
        }
        if self.unanswered.is_empty() {
            self.wake_quiet();
        }
    }

    pub(super) fn finish(&mut self, slot: Slot) {
        self.slots.entry(slot).finished = true;
        if let Some(ticket) = self.slots.entry(slot).copy.take() {
            self.give_up(ticket);
        }
        if let Some((ticket, sql)) = self.slots.entry(slot).undo.take() {
            match self.status() {
                TransactionStatus::Failed => self.undo(ticket, &sql),
                _ => self.give_up(ticket),
            }
        }
        self.tell(slot);
        if !self.slots.get(slot).owned {
            self.slots.free(slot);
        }
    }
}
