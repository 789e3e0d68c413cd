//! Gives what comes at any time to everybody who listens.

use std::collections::VecDeque;
use std::task::Waker;

/// Listeners, each with a queue of its own. What a listener does not take is kept up to a limit, and then counted.
#[derive(Debug)]
pub(crate) struct Hub<T> {
    listeners: Vec<Listener<T>>,
    next: u64,
    limit: usize,
    waiting: usize,
}

#[derive(Debug)]
struct Listener<T> {
    number: u64,
    queue: VecDeque<T>,
    /// How many were thrown away since the last that was taken.
    lost: u64,
    waker: Option<Waker>,
}

/// What a listener gets next.
#[derive(Debug)]
pub(crate) enum Heard<T> {
    /// One that came.
    One(T),
    /// So many came that were not kept.
    Lost(u64),
}

impl<T: Clone> Hub<T> {
    pub(crate) const fn new(limit: usize) -> Self {
        Self {
            listeners: Vec::new(),
            next: 0,
            limit,
            waiting: 0,
        }
    }

    /// A new listener, who hears what comes from now on.
    pub(crate) fn listen(&mut self) -> u64 {
        self.next += 1;
        self.listeners.push(Listener {
            number: self.next,
            queue: VecDeque::new(),
            lost: 0,
            waker: None,
        });
        self.next
    }

    pub(crate) fn leave(&mut self, number: u64) {
        self.no_longer_waits(number);
        self.listeners.retain(|listener| listener.number != number);
    }

    /// Gives a copy to each. The oldest goes where there are too many: who is late wants to know the present.
    pub(crate) fn publish(&mut self, item: T, woken: &mut Vec<Waker>) {
        for listener in &mut self.listeners {
            if listener.queue.len() >= self.limit {
                listener.queue.pop_front();
                listener.lost += 1;
            }
            listener.queue.push_back(item.clone());
            if let Some(waker) = listener.waker.take() {
                self.waiting -= 1;
                woken.push(waker);
            }
        }
    }

    /// The next for this listener.
    pub(crate) fn take(&mut self, number: u64) -> Option<Heard<T>> {
        let listener = self.listener(number)?;
        match std::mem::take(&mut listener.lost) {
            0 => listener.queue.pop_front().map(Heard::One),
            lost => Some(Heard::Lost(lost)),
        }
    }

    pub(crate) fn wait(&mut self, number: u64, waker: &Waker) {
        let Some(listener) = self.listener(number) else {
            return;
        };
        match &mut listener.waker {
            Some(known) => known.clone_from(waker),
            none => {
                *none = Some(waker.clone());
                self.waiting += 1;
            }
        }
    }

    pub(crate) fn no_longer_waits(&mut self, number: u64) {
        if let Some(listener) = self.listener(number)
            && listener.waker.take().is_some()
        {
            self.waiting -= 1;
        }
    }

    /// How many wait.
    pub(crate) const fn waiting(&self) -> usize {
        self.waiting
    }

    pub(crate) fn wake_all(&mut self, woken: &mut Vec<Waker>) {
        woken.extend(self.listeners.iter_mut().filter_map(|one| one.waker.take()));
        self.waiting = 0;
    }

    fn listener(&mut self, number: u64) -> Option<&mut Listener<T>> {
        self.listeners.iter_mut().find(|one| one.number == number)
    }
}
