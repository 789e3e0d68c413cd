//! Who may send next.

use std::collections::BTreeMap;
use std::task::Waker;

/// Names whoever has the session to itself: a transaction, a savepoint, a COPY.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket(u64);

/// The tickets that are out, each given within the one below it, and those who wait.
///
/// Only the holder of the last ticket may send; without tickets anybody may.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    tickets: Vec<Ticket>,
    waiting: BTreeMap<u64, (Option<Ticket>, Waker)>,
    next: u64,
    /// When a ticket was last taken back, those with a place up to here waited already.
    before: u64,
    /// How often those who came later let them go first.
    grace: u32,
}

/// As many turns as tokio's scheduler gives to tasks before it looks at the future that `block_on` runs.
const GRACE: u32 = 64;

impl Turn {
    /// Whether it is the turn of whoever holds `ticket`.
    #[inline]
    pub(crate) fn is_of(&self, ticket: Option<Ticket>) -> bool {
        self.tickets.last().copied() == ticket
    }

    /// Whether a ticket was taken back.
    #[inline]
    pub(crate) fn is_over(&self, ticket: Option<Ticket>) -> bool {
        ticket.is_some_and(|ticket| !self.tickets.contains(&ticket))
    }

    /// Gives the session to a new holder, before all others.
    pub(crate) fn give(&mut self) -> Ticket {
        self.next += 1;
        let ticket = Ticket(self.next);
        self.tickets.push(ticket);
        ticket
    }

    /// Takes a ticket back. Those who wait with it are to be told, and those who may go on.
    pub(crate) fn take_back(&mut self, ticket: Ticket) -> impl Iterator<Item = Waker> {
        self.tickets.retain(|held| *held != ticket);
        self.before = self.next;
        self.grace = GRACE;
        let over = self
            .waiting
            .values()
            .filter(move |(held, _)| *held == Some(ticket));
        over.map(|(_, waker)| waker.clone()).chain(self.fitting())
    }

    /// Whom to wake when there is room again: all whose turn it is, since any of them may be held and not polled.
    pub(crate) fn fitting(&self) -> impl Iterator<Item = Waker> {
        let fitting = self.waiting.values().filter(|(held, _)| self.is_of(*held));
        fitting.map(|(_, waker)| waker.clone())
    }

    /// Whether somebody who waited before shall go first: told to, he may not have had the time. Not for ever, since he may be held and
    /// not polled.
    pub(crate) fn lets_others_go(&self, place: Option<u64>) -> bool {
        self.grace > 0
            && place.is_none_or(|place| place > self.before)
            && self
                .waiting
                .range(..=self.before)
                .any(|(_, (held, _))| self.is_of(*held))
    }

    /// Counts how often that was done.
    pub(crate) const fn let_others_go(&mut self) {
        self.grace = self.grace.saturating_sub(1);
    }

    /// Somebody went on.
    pub(crate) const fn handed_over(&mut self) {
        self.grace = 0;
    }

    /// A number that nobody had.
    pub(crate) const fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Notes that somebody waits. The place in the line, `None` at first, stays the same until [`leave`](Self::leave).
    pub(crate) fn wait(&mut self, place: &mut Option<u64>, ticket: Option<Ticket>, waker: &Waker) {
        let place = *place.get_or_insert_with(|| {
            self.next += 1;
            self.next
        });
        match self.waiting.get_mut(&place) {
            Some((_, known)) => known.clone_from(waker),
            None => {
                self.waiting.insert(place, (ticket, waker.clone()));
            }
        }
    }

    /// Waits no longer.
    pub(crate) fn leave(&mut self, place: u64) {
        self.waiting.remove(&place);
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Everybody, because the session is over.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Waker> {
        self.waiting.values().map(|(_, waker)| waker)
    }
}
