//! The session and what is under way on it, to be used by one task at a time.

mod incoming;
mod owners;

pub(crate) use incoming::{MAX_STREAM, Step};

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use trunkline_proto::backend::TransactionStatus;
use trunkline_proto::client::{Misuse, Series};

use super::cache::Cache;
use super::driver::Driver;
use super::hub::Hub;
use super::slots::{Keep, Slot, Slots};
use super::statement::{Name, Named};
use super::turn::{Ticket, Turn};
use super::{Notification, notifications};
use crate::core::Core;
use crate::error::Kind;
use crate::{Error, Notice, Result};

/// How many bytes of requests wait to be sent before more have to wait outside.
const MAX_OUTPUT: usize = 1024 * 1024;

/// What all who have a part in a session share, behind one lock.
pub(crate) struct Session {
    pub(crate) core: Core,
    pub(crate) slots: Slots,
    /// The slots of what is not answered, oldest first.
    unanswered: VecDeque<Slot>,
    /// The protocol's requests that were ever sent.
    sent: u64,
    pub(crate) turn: Turn,
    pub(crate) cache: Cache,
    pub(crate) notifications: Hub<Notification>,
    pub(crate) notices: Hub<Notice>,
    /// How many bytes of the oldest answer's rows may wait for their reader now.
    pub(crate) most: usize,
    /// Entries whose owner waits.
    waiting: usize,
    /// The entry whose owner has the lock now, and sees for itself what comes.
    pub(crate) looking: Option<Slot>,
    pub(crate) driver: Driver,
    /// Whom to wake once the lock is released.
    pub(crate) woken: Vec<Waker>,
    /// What tasks are to do once the lock is released.
    pub(crate) tasks: Vec<Pin<Box<dyn Future<Output = ()> + Send>>>,
    /// SQL to be sent once whatever has the session within a transaction that was dropped is over.
    deferred: String,
    /// Who waits until nothing is unanswered.
    quiet: Vec<(u64, Waker)>,
    failed: Option<Arc<Error>>,
}

impl Session {
    pub(crate) fn new(core: Core, cache: Cache) -> Self {
        Self {
            core,
            slots: Slots::default(),
            unanswered: VecDeque::new(),
            sent: 0,
            turn: Turn::default(),
            cache,
            notifications: Hub::new(notifications::MAX_WAITING),
            notices: Hub::new(notifications::MAX_WAITING),
            most: MAX_STREAM,
            waiting: 0,
            looking: None,
            driver: Driver::Absent,
            woken: Vec::new(),
            tasks: Vec::new(),
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

    /// Puts a Query into the output whose rows nobody wants. `copy`: who has the session to itself, if it is a COPY from us.
    pub(crate) fn send_query(&mut self, sql: &str, copy: Option<Ticket>) -> Result<Slot> {
        let mut series = Series::new();
        series.query(sql)?;
        let slot = self.send_series(&series, Keep::Rows(0))?;
        self.slots.entry(slot).copy = copy;
        Ok(slot)
    }

    /// Puts a series into the output that was encoded outside of the lock, as one entry.
    pub(crate) fn send_series(&mut self, series: &Series, keep: Keep) -> Result<Slot> {
        self.append_closes()?;
        self.append(series)?;
        let slot = self.slots.insert(self.sent, keep);
        self.unanswered.push_back(slot);
        Ok(slot)
    }

    /// Sends a series whose parts end after so many requests each, with what to keep of each answer.
    pub(crate) fn send_parts(
        &mut self,
        series: &Series,
        parts: impl IntoIterator<Item = (usize, Keep)>,
    ) -> Result<Vec<Slot>> {
        self.append_closes()?;
        let before = self.sent;
        self.append(series)?;
        let slots = parts.into_iter().map(|(requests, keep)| {
            let slot = self.slots.insert(before + requests as u64, keep);
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
        if let Ok(slot) = self.send_query(sql, None) {
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

    /// Has the server forget what nobody uses any more, with the series that is appended next: what stands in its way has stood in theirs.
    fn append_closes(&mut self) -> Result<()> {
        if let Some(error) = self.refusal() {
            return Err(error);
        }
        let Core {
            machine, channel, ..
        } = &mut self.core;
        for target in self.cache.closing() {
            machine.close(target, &mut channel.output)?;
            self.sent += 1;
        }
        self.cache.closed();
        Ok(())
    }

    fn append(&mut self, series: &Series) -> Result<()> {
        self.core
            .machine
            .append(series, &mut self.core.channel.output)?;
        self.sent += series.len() as u64;
        Ok(())
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
        self.wake_everybody();
        self.driver.kick(&mut self.woken);
    }

    pub(super) fn wake_quiet(&mut self) {
        let waiting = self.quiet.drain(..).map(|(_, waker)| waker);
        self.woken.extend(waiting);
    }

    /// Everybody who waits for anything.
    pub(crate) fn wake_everybody(&mut self) {
        let slots = self.unanswered.iter().map(|slot| self.slots.get(*slot));
        let owners = slots.filter(|entry| entry.waiting);
        self.woken
            .extend(owners.filter_map(|entry| entry.waker.clone()));
        self.woken.extend(self.turn.all().cloned());
        self.wake_quiet();
        self.notifications.wake_all(&mut self.woken);
        self.notices.wake_all(&mut self.woken);
    }

    /// Whether nothing is unanswered or unsent.
    pub(crate) fn is_quiet(&self) -> bool {
        self.unanswered.is_empty() && self.core.channel.unsent() == 0
    }

    /// Notes that somebody waits for that.
    pub(crate) fn wait_for_quiet(&mut self, place: &mut Option<u64>, waker: &Waker) {
        let known = place.and_then(|place| self.quiet.iter_mut().find(|(one, _)| *one == place));
        if let Some((_, known)) = known {
            known.clone_from(waker);
            return;
        }
        let number = self.turn.number();
        *place = Some(number);
        self.quiet.push((number, waker.clone()));
    }

    /// Waits no longer for that.
    pub(crate) fn leave_quiet(&mut self, place: u64) {
        self.quiet.retain(|(one, _)| *one != place);
    }

    /// Where the transaction stood when the server was last ready.
    pub(crate) const fn status(&self) -> TransactionStatus {
        self.core.machine.status()
    }

    /// A piece of COPY data.
    ///
    /// # Errors
    ///
    /// The server takes none, or none any more.
    pub(crate) fn copy_data(&mut self, data: &[u8]) -> Result<(), Misuse> {
        self.core
            .machine
            .copy_data(data, &mut self.core.channel.output)
    }

    /// The end of our COPY data. There is none for another COPY of the same SQL.
    pub(crate) fn copy_done(&mut self, slot: Slot) -> Result<(), Misuse> {
        self.core.machine.copy_done(&mut self.core.channel.output)?;
        self.slots.entry(slot).copied = true;
        Ok(())
    }
}
