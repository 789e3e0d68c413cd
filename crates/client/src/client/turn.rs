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
}

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

    /// Takes a ticket back. Those who wait with it are to be told, and the one who may go on.
    pub(crate) fn take_back(&mut self, ticket: Ticket) -> impl Iterator<Item = Waker> {
        self.tickets.retain(|held| *held != ticket);
        let over = self
            .waiting
            .values()
            .filter(move |(held, _)| *held == Some(ticket));
        over.map(|(_, waker)| waker.clone()).chain(self.first())
    }

    /// Whom to wake when there is room again: the one who has waited longest of those whose turn it is.
    pub(crate) fn first(&self) -> Option<Waker> {
        let mut fitting = self
            .waiting
            .values()
            .filter(|(ticket, _)| self.is_of(*ticket));
        fitting.next().map(|(_, waker)| waker.clone())
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
