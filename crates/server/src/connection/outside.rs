//! What may happen while user code runs: a cancel, an order to stop, a deadline, and the client going away.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use crate::buffer::{CHUNK, Input};
use crate::config::Timeout;
use crate::shared::{Shared, Stop};
use crate::transport::ReadHalf;
use crate::{Error, Session};

/// The outside world, as a running statement may be disturbed by it.
#[derive(Debug)]
pub(super) struct Outside {
    pub(super) reader: ReadHalf,
    /// What came while a statement ran.
    pub(super) side: Input,
    /// When the client's end of the stream was seen while a statement ran.
    pub(super) ended: Option<Instant>,
    /// Whether this task's waker is where cancels and mail will find it.
    pub(super) registered: bool,
    timer: Option<Pin<Box<Sleep>>>,
    half_close_grace: Duration,
}

/// When work is to be stopped by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Deadline {
    pub(super) at: Instant,
    pub(super) of: Timeout,
}

/// Why user code was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interruption {
    /// The client, or a handle, asked for it.
    Cancelled,
    /// The statement, or its transaction, took too long.
    TimedOut(Timeout),
    /// The session is to end.
    Stopped,
    /// There is nobody to answer.
    ClientGone,
    /// The user's code panicked.
    Panicked,
}

impl Outside {
    pub(super) fn new(reader: ReadHalf, half_close_grace: Duration) -> Self {
        Self {
            reader,
            side: Input::default(),
            ended: None,
            registered: false,
            timer: None,
            half_close_grace,
        }
    }

    /// Runs `work`, looking at the outside world only while it is pending, so that work which is ready at once pays
    /// nothing. If it must be stopped the session is told, then `work` is dropped. The session is told, too, if `work`
    /// found out by itself and failed. A panic in it is caught further out, once for all requests.
    #[inline]
    pub(super) async fn attend<T: Outcome>(
        &mut self,
        shared: &Shared,
        deadline: Option<Deadline>,
        session: &impl Session,
        work: impl Future<Output = T>,
    ) -> Result<T, Interruption> {
        let work = std::pin::pin!(work);
        self.attend_pinned(shared, deadline, session, work).await
    }

    /// As [`attend`](Self::attend), for work that the caller drops, and at once if it was stopped.
    #[inline]
    pub(super) fn attend_pinned<T: Outcome>(
        &mut self,
        shared: &Shared,
        deadline: Option<Deadline>,
        session: &impl Session,
        mut work: Pin<&mut impl Future<Output = T>>,
    ) -> impl Future<Output = Result<T, Interruption>> {
        std::future::poll_fn(move |cx| {
            // It may have come between two steps of a statement, or as one ended.
            if shared.is_cancelled() {
                tell(shared, session);
                return Poll::Ready(Err(Interruption::Cancelled));
            }
            if let Poll::Ready(done) = work.as_mut().poll(cx) {
                if shared.is_cancelled() && done.is_failure() {
                    tell(shared, session);
                }
                return Poll::Ready(Ok(done));
            }
            let interrupted = self.poll(shared, deadline, cx);
            if interrupted.is_ready() {
                tell(shared, session);
            }
            interrupted.map(Err)
        })
    }

    /// Runs the last work of a session, which nothing but time can stop. `None` if it was stopped, or panicked.
    pub(super) async fn attend_last<T>(
        &mut self,
        deadline: Instant,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        let mut work = std::pin::pin!(Some(work));
        let done = std::future::poll_fn(|cx| {
            let Some(work) = work.as_mut().as_pin_mut() else {
                return Poll::Ready(None);
            };
            if let Poll::Ready(done) = guarded(work, cx) {
                return Poll::Ready(done.ok());
            }
            self.poll_timer(deadline, cx).map(|()| None)
        })
        .await;
        quietly(|| work.set(None));
        done
    }

    /// Whether the session is to end while the client does not read; wakes the task when it is.
    #[cold]
    pub(super) fn poll_stop(&mut self, shared: &Shared, cx: &mut Context<'_>) -> bool {
        shared.register(cx.waker(), &mut self.registered);
        shared.stopping() == Stop::Now
    }

    /// Ready when the work is to be stopped.
    pub(super) fn poll(
        &mut self,
        shared: &Shared,
        deadline: Option<Deadline>,
        cx: &mut Context<'_>,
    ) -> Poll<Interruption> {
        shared.register(cx.waker(), &mut self.registered);
        if shared.stopping() == Stop::Now {
            return Poll::Ready(Interruption::Stopped);
        }
        if shared.is_cancelled() {
            return Poll::Ready(Interruption::Cancelled);
        }
        while self.ended.is_none() && self.side.rest().len() < CHUNK {
            match self.side.poll_watch(&mut self.reader, cx) {
                Poll::Pending => break,
                // The end of the stream may be half of a close: some clients shut their side down and read on. They get
                // a while, for nothing tells them from clients that are gone.
                Poll::Ready(Ok(0)) => self.ended = Some(Instant::now()),
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(_)) => return Poll::Ready(Interruption::ClientGone),
            }
        }
        let grace = self
            .ended
            .and_then(|ended| ended.checked_add(self.half_close_grace));
        let (until, interruption) = match (deadline, grace) {
            (None, None) => return Poll::Pending,
            (Some(deadline), Some(grace)) if grace < deadline.at => {
                (grace, Interruption::ClientGone)
            }
            (Some(deadline), _) => (deadline.at, Interruption::TimedOut(deadline.of)),
            (None, Some(grace)) => (grace, Interruption::ClientGone),
        };
        self.poll_timer(until, cx).map(|()| interruption)
    }

    /// Ready at `until`.
    pub(super) fn poll_timer(&mut self, until: Instant, cx: &mut Context<'_>) -> Poll<()> {
        // A task that is always busy has no budget left to ask the timer (tokio's cooperative scheduling): rows that flow
        // without a stop would never run into a timeout.
        if Instant::now() >= until {
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

/// What user code comes to.
pub(super) trait Outcome {
    fn is_failure(&self) -> bool;
}

impl<T> Outcome for Result<T, Error> {
    #[inline]
    fn is_failure(&self) -> bool {
        self.is_err()
    }
}

/// `None`: it waits, and goes on another time.
impl<T: Outcome> Outcome for Option<T> {
    #[inline]
    fn is_failure(&self) -> bool {
        self.as_ref().is_some_and(T::is_failure)
    }
}

/// Tells the session that its statement is stopped, unless it knows.
#[cold]
pub(super) fn tell(shared: &Shared, session: &impl Session) {
    if shared.is_to_be_told() {
        session.cancel();
    }
}

/// Polls user code; a panic in it ends the session, not the server.
#[inline]
pub(super) fn guarded<T>(
    work: Pin<&mut impl Future<Output = T>>,
    cx: &mut Context<'_>,
) -> Poll<Result<T, Interruption>> {
    match catch_unwind(AssertUnwindSafe(|| work.poll(cx))) {
        Ok(poll) => poll.map(Ok),
        Err(_) => Poll::Ready(Err(Interruption::Panicked)),
    }
}

/// Runs user code that is no future, such as what a drop does, as a session ends: a panic in it must not keep the client
/// from the last words.
pub(super) fn quietly(work: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(work)).is_err() {
        tracing::error!("a panic in the code of the session as it ended");
    }
}
