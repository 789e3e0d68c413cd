//! How long a client may take nothing of what is sent to it.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// Watches writes that must wait. There is none where there is no limit.
#[derive(Debug)]
pub(crate) struct Patience {
    limit: Duration,
    /// When a write that made no headway is given up; nothing waits, mostly.
    until: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Patience {
    pub(crate) fn new(limit: Duration) -> Self {
        Self {
            limit,
            until: None,
            timer: None,
        }
    }

    /// Something was taken.
    #[inline]
    pub(crate) fn headway(&mut self) {
        self.until = None;
    }

    /// Ready when a write has waited for too long.
    #[cold]
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let now = Instant::now();
        // A limit beyond what the clock can tell is none.
        let until = match self.until {
            Some(until) => until,
            None => match now.checked_add(self.limit) {
                Some(until) => *self.until.insert(until),
                None => return Poll::Pending,
            },
        };
        // The timer alone would not do: a task that is always busy has no budget left to ask it.
        if now >= until {
            return Poll::Ready(());
        }
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
        if timer.deadline() != until {
            timer.as_mut().reset(until);
        }
        timer.as_mut().poll(cx)
    }
}
