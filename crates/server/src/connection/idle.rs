//! Waiting for the client: buffers are given back, messages from elsewhere go out, and time runs.

use std::io;
use std::task::{Context, Poll};

use tokio::time::Instant;
use trunkline_proto::SqlState;

use super::outside::Deadline;
use super::transaction::Transaction;
use super::{Core, End, Failure, shutdown, transaction_timeout};
use crate::buffer::{self, CHUNK, Input};
use crate::config::{Timeout, Timeouts};
use crate::shared::Stop;
use crate::{Error, Session};

/// What ended the wait.
enum Woken {
    Read(io::Result<usize>),
    Mail,
    Stop,
    TimedOut(Error),
}

impl<S: Session> Core<'_, S> {
    /// Reads more, once. Meanwhile what others have to say to the client is delivered.
    pub(super) async fn wait(&mut self, input: &mut Input) -> Result<(), End> {
        if self.outside.ended.is_some() {
            return Err(End::Closed);
        }
        let wire = self.reply.wire();
        if wire.machine.is_skipping() && !wire.output.is_empty() {
            self.write_or_end().await?;
        }
        // A message that drips in does not make a client busy: only a whole one does.
        if self.at_rest && self.idle_since.is_none() && self.shared.timeouts.any_idle() {
            self.idle_since = Some(Instant::now());
        }
        loop {
            match std::future::poll_fn(|cx| self.poll_wait(input, cx)).await {
                Woken::Read(Ok(0) | Err(_)) => return Err(End::Closed),
                Woken::Read(Ok(_)) => return Ok(()),
                Woken::Stop => return Err(End::Fatal(shutdown())),
                Woken::TimedOut(error) => return Err(End::Fatal(error)),
                Woken::Mail => {
                    self.deliver();
                    self.write_or_end().await?;
                }
            }
        }
    }

    async fn write_or_end(&mut self) -> Result<(), End> {
        self.write().await.map_err(|failure| match failure {
            Failure::End(end) => end,
            Failure::Error(error) => End::Fatal(error),
        })
    }

    #[inline]
    fn poll_wait(&mut self, input: &mut Input, cx: &mut Context<'_>) -> Poll<Woken> {
        let output = &mut self.reply.wire().output;
        buffer::lend(input, output);
        // A message can be as long as the limits allow; the buffer grows as it comes.
        if let Poll::Ready(read) = input.poll_read(&mut self.outside.reader, usize::MAX, CHUNK, cx)
        {
            return Poll::Ready(Woken::Read(read));
        }
        buffer::reclaim(input, &mut self.reply.wire().output);
        self.shared
            .register(cx.waker(), &mut self.outside.registered);
        match self.shared.stopping() {
            Stop::Now => return Poll::Ready(Woken::Stop),
            Stop::WhenIdle if !self.transaction.is_open() && input.is_empty() => {
                return Poll::Ready(Woken::Stop);
            }
            _ => {}
        }
        if self.shared.has_mail() && self.at_rest {
            return Poll::Ready(Woken::Mail);
        }
        if self.shared.timeouts.any_idle() {
            return self.poll_timeouts(cx);
        }
        Poll::Pending
    }

    #[cold]
    fn poll_timeouts(&mut self, cx: &mut Context<'_>) -> Poll<Woken> {
        match deadline(&self.shared.timeouts, &self.transaction, self.idle_since) {
            None => Poll::Pending,
            Some(deadline) => self
                .outside
                .poll_timer(deadline.at, cx)
                .map(|()| Woken::TimedOut(timed_out(deadline.of))),
        }
    }
}

/// When a client is given up: one that is idle since then, if it is, or whose transaction takes too long.
pub(super) fn deadline(
    timeouts: &Timeouts,
    transaction: &Transaction,
    idle_since: Option<Instant>,
) -> Option<Deadline> {
    let idle = if transaction.is_open() {
        Timeout::IdleInTransaction
    } else {
        Timeout::Idle
    };
    let until = |of, from: Instant| {
        let limit = timeouts.get(of)?;
        Some(Deadline {
            at: from + limit,
            of,
        })
    };
    let transaction = transaction
        .began
        .and_then(|began| until(Timeout::Transaction, began));
    idle_since
        .and_then(|since| until(idle, since))
        .into_iter()
        .chain(transaction)
        .min_by_key(|deadline| deadline.at)
}

/// What the client is told when its time is over.
fn timed_out(which: Timeout) -> Error {
    match which {
        Timeout::Transaction => transaction_timeout(),
        Timeout::IdleInTransaction => Error::new(
            SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
            "terminating connection due to idle-in-transaction timeout",
        ),
        Timeout::Idle | Timeout::Statement => Error::new(
            SqlState::IDLE_SESSION_TIMEOUT,
            "terminating connection due to idle-session timeout",
        ),
    }
}
