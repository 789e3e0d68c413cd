//! The session and what is under way on it, to be used by one task at a time.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use trunkline_proto::backend::{DataRow, TransactionStatus};
use trunkline_proto::client::{Event, Misuse, Series};

use super::cache::Cache;
use super::driver::Driver;
use super::hub::Hub;
use super::slots::{Entry, Keep, Slot, Slots};
use super::statement::{Name, Named};
use super::turn::{Ticket, Turn};
use super::{Notification, notifications};
use crate::channel::Channel;
use crate::core::Core;
use crate::error::Kind;
use crate::{Error, Notice, Result, ServerError};

/// How many bytes of rows wait for a reader who is slower than the server.
const MAX_STREAM: usize = 256 * 1024;
/// How many bytes of requests wait to be sent before more have to wait outside.
const MAX_OUTPUT: usize = 1024 * 1024;
/// What the series keeps of its memory between two requests.
const KEEP: usize = 64 * 1024;

pub(crate) struct Session {
    pub(crate) core: Core,
    pub(crate) slots: Slots,
    /// The slots of what is not answered, oldest first.
    unanswered: VecDeque<Slot>,
    /// The protocol's requests that were ever sent.
    sent: u64,
    pub(crate) turn: Turn,
    spare: Series,
    pub(crate) cache: Cache,
    pub(crate) notifications: Hub<Notification>,
    pub(crate) notices: Hub<Notice>,
    /// Entries whose owner waits.
    waiting: usize,
    /// The entry whose owner has the lock now, and sees for itself what comes.
    pub(crate) looking: Option<Slot>,
    pub(crate) driver: Driver,
    /// Whom to wake once the lock is released.
    pub(crate) woken: Vec<Waker>,
    /// SQL to be sent once whatever has the session within a transaction that was dropped is over.
    deferred: String,
    /// Who waits until nothing is unanswered.
    quiet: Vec<Waker>,
    failed: Option<Arc<Error>>,
}

/// What one step of the session's work came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Something may have changed.
    Done,
    /// The socket has to be waited for, or a reader who is slow.
    Pending,
}

impl Session {
    pub(crate) fn new(core: Core, cache: Cache) -> Self {
        Self {
            core,
            slots: Slots::default(),
            unanswered: VecDeque::new(),
            sent: 0,
            turn: Turn::default(),
            spare: Series::new(),
            cache,
            notifications: Hub::new(notifications::MAX_WAITING),
            notices: Hub::new(notifications::MAX_WAITING),
            waiting: 0,
            looking: None,
            driver: Driver::Absent,
            woken: Vec::new(),
            deferred: String::new(),
            quiet: Vec::new(),
            failed: None,
        }
    }

    /// Why the session is over, if it is.
    pub(crate) fn failure(&self) -> Option<Error> {
        let failed = self.failed.as_ref()?;
        Some(Kind::Lost(Arc::clone(failed)).into())
    }

    /// The same, for a request that is not sent because of that.
    pub(crate) fn refusal(&self) -> Option<Error> {
        let failed = self.failed.as_ref()?;
        Some(Kind::Unsent(Arc::clone(failed)).into())
    }

    /// Whether a request of whoever holds `ticket` may be sent now.
    #[inline]
    pub(crate) fn may_send(&self, ticket: Option<Ticket>) -> bool {
        self.turn.is_of(ticket) && self.core.channel.unsent() < MAX_OUTPUT
    }

    /// Puts requests into the output: one entry for each part of the series that `build` marks by the number of requests so far.
    pub(crate) fn send(
        &mut self,
        build: impl FnOnce(&mut Series, &mut Cache) -> Result<()>,
        keep: Keep,
        copy: Option<Ticket>,
    ) -> Result<Slot> {
        let mut series = std::mem::take(&mut self.spare);
        let built = self
            .cache
            .close_dropped(&mut series)
            .and_then(|()| build(&mut series, &mut self.cache))
            .and_then(|()| self.append(&series));
        let slot = built.map(|()| {
            self.cache.closed();
            let slot = self.slots.insert(self.sent, keep, copy);
            self.unanswered.push_back(slot);
            slot
        });
        series.clear(KEEP);
        self.spare = series;
        slot
    }

    /// Sends a series whose parts end after so many requests each, with what to keep of each answer.
    pub(crate) fn send_parts(
        &mut self,
        series: &Series,
        parts: impl IntoIterator<Item = (usize, Keep)>,
    ) -> Result<Vec<Slot>> {
        let before = self.sent;
        self.append(series)?;
        let slots = parts.into_iter().map(|(requests, keep)| {
            let slot = self.slots.insert(before + requests as u64, keep, None);
            self.unanswered.push_back(slot);
            slot
        });
        Ok(slots.collect())
    }

    /// Ends what the holder of a ticket has begun, by a Query whose answer nobody waits for, and takes the ticket back. If something
    /// within it has the session now, a COPY that is being given up or a request to cancel, it is done after that.
    pub(crate) fn undo(&mut self, ticket: Ticket, sql: &str) {
        let now = self.turn.is_of(Some(ticket));
        if now {
            self.send_unwatched(sql);
        } else {
            if !self.deferred.is_empty() {
                self.deferred.push_str("; ");
            }
            self.deferred.push_str(sql);
        }
        self.give_up(ticket);
    }

    fn send_unwatched(&mut self, sql: &str) {
        // It can only fail because the session is over, and with it whatever was to be undone.
        if let Ok(slot) = self.send(|series, _| Ok(series.query(sql)?), Keep::Rows(0), None) {
            self.abandon(slot, Vec::new());
        }
    }

    /// A name that the session does not have yet.
    pub(crate) fn name(&mut self, named: Named) -> Name {
        self.core.named += 1;
        Name::new(named, self.core.named, self.cache.home())
    }

    /// Takes a ticket back, so that others may go on; first of all what was put off until then.
    pub(crate) fn give_up(&mut self, ticket: Ticket) {
        let held = self.turn.is_of(Some(ticket));
        self.woken.extend(self.turn.take_back(ticket));
        if held && !self.deferred.is_empty() {
            let sql = std::mem::take(&mut self.deferred);
            self.send_unwatched(&sql);
        }
    }

    fn append(&mut self, series: &Series) -> Result<()> {
        if let Some(error) = self.refusal() {
            return Err(error);
        }
        self.core
            .machine
            .append(series, &mut self.core.channel.output)?;
        self.sent += series.len() as u64;
        Ok(())
    }

    /// Takes what has arrived, or reads and writes once. `reader`: whoever asks is the one who will do it next time, and not the task
    /// that drives for several.
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
            self.woken.extend(self.turn.first());
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
        first.frames.len() >= MAX_STREAM
            && first.keep == Keep::Stream
            && first.owned
            && self.waits_for_reader(first)
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
            || self.quiet.iter().any(is_reader))
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
            Keep::Stream if entry.owned => {
                (u32::MAX, MAX_STREAM.saturating_sub(entry.frames.len()))
            }
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
                    if wants_data && !(entry.owned && entry.copy.is_some()) {
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
    fn refuse_copy(&mut self) -> Result<()> {
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
    fn finish_answered(&mut self) {
        let answered = self.sent - self.core.machine.unanswered() as u64;
        while let Some(slot) = self.unanswered.front().copied() {
            if self.slots.get(slot).until > answered {
                break;
            }
            self.unanswered.pop_front();
            self.finish(slot);
        }
        if self.unanswered.is_empty() {
            self.woken.append(&mut self.quiet);
        }
    }

    fn finish(&mut self, slot: Slot) {
        self.slots.entry(slot).finished = true;
        if let Some(ticket) = self.slots.entry(slot).copy.take() {
            self.give_up(ticket);
        }
        self.tell(slot);
        if !self.slots.get(slot).owned {
            self.slots.free(slot);
        }
    }

    /// Wakes the owner of an entry, if it waits.
    #[inline]
    fn tell(&mut self, slot: Slot) {
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
        self.waiting
            + self.turn.len()
            + self.quiet.len()
            + self.notifications.waiting()
            + self.notices.waiting()
    }

    /// Whether there is work that the server or we have not done.
    pub(crate) fn has_work(&self) -> bool {
        self.failed.is_none() && (!self.unanswered.is_empty() || self.core.channel.unsent() > 0)
    }

    /// Says goodbye, as far as that goes without waiting.
    pub(crate) fn terminate(&mut self) {
        let Core {
            machine, channel, ..
        } = &mut self.core;
        if machine.terminate(&mut channel.output).is_ok() {
            let mut io = Context::from_waker(Waker::noop());
            let _ = channel.poll_write(&mut io);
        }
    }

    /// The end: everybody is told.
    pub(crate) fn fail(&mut self, error: Error) {
        self.core.machine.abandon();
        self.failed.get_or_insert_with(|| Arc::new(error));
        self.cache.clear();
        while let Some(slot) = self.unanswered.pop_front() {
            self.slots.entry(slot).lost = true;
            self.finish(slot);
        }
        self.woken.extend(self.turn.all().cloned());
        self.woken.append(&mut self.quiet);
        self.notifications.wake_all(&mut self.woken);
        self.notices.wake_all(&mut self.woken);
        self.driver.kick(&mut self.woken);
    }

    /// Whether nothing is unanswered or unsent.
    pub(crate) fn is_quiet(&self) -> bool {
        self.unanswered.is_empty() && self.core.channel.unsent() == 0
    }

    /// Notes that somebody waits for that.
    pub(crate) fn wait_for_quiet(&mut self, waker: &Waker) {
        self.quiet.push(waker.clone());
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

    /// Where the transaction stood when the server was last ready.
    pub(crate) const fn status(&self) -> TransactionStatus {
        self.core.machine.status()
    }

    /// A piece of COPY data, from whoever holds the COPY at `slot`. `false`: the server takes none.
    pub(crate) fn copy_data(&mut self, data: &[u8]) -> Result<(), Misuse> {
        self.core
            .machine
            .copy_data(data, &mut self.core.channel.output)
    }

    /// The end of our COPY data.
    pub(crate) fn copy_done(&mut self) -> Result<(), Misuse> {
        self.core.machine.copy_done(&mut self.core.channel.output)
    }
}
