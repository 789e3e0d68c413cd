//! Where a statement waits: for a client that reads slowly, and for the next Execute.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::{Reply, cancelled, gone};
use crate::park::Resumed;
use crate::{Error, Result};

/// The future of a row that was encoded: ready when there is room for the next.
#[derive(Debug)]
#[must_use = "a row flows when this is awaited"]
pub struct Sending<'r> {
    reply: &'r mut Reply,
    /// The reply knows why.
    failed: bool,
}

impl Future for Sending<'_> {
    type Output = Result<()>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let this = self.get_mut();
        if this.failed
            && let Some(failure) = this.reply.failed.take()
        {
            return Poll::Ready(Err(failure));
        }
        this.reply.poll_room(cx)
    }
}

impl Reply {
    #[inline]
    pub(super) fn sending(&mut self, pushed: Result<()>) -> Sending<'_> {
        let failed = pushed.is_err();
        if let Err(failure) = pushed {
            self.failed.get_or_insert(failure);
        }
        Sending {
            reply: self,
            failed,
        }
    }

    #[inline]
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        match &self.wire {
            Some(wire) if !wire.is_full() && self.left > 0 && !self.shared.is_cancelled() => {
                Poll::Ready(Ok(()))
            }
            _ => self.poll_wait(cx),
        }
    }

    #[cold]
    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        loop {
            let Some(wire) = &mut self.wire else {
                // Suspended: the next Execute puts the wire into the slot.
                let Some(slot) = &self.slot else {
                    return Poll::Ready(Err(suspended()));
                };
                let turn = ready!(slot.poll_resume(cx));
                self.resume(turn);
                return Poll::Ready(Ok(()));
            };
            if self.shared.is_cancelled() {
                return Poll::Ready(Err(cancelled()));
            }
            if self.left == 0
                && let Some(slot) = &self.slot
            {
                if let Some(wire) = self.wire.take() {
                    slot.suspend(wire, self.limit);
                }
                continue;
            }
            if !wire.is_full() {
                return Poll::Ready(Ok(()));
            }
            if wire.is_diverted() {
                wire.set_aside()?;
                // Nobody is waited for, so this is where the task gives way: to others, and to what may stop the statement.
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            if ready!(wire.poll_write(cx)).is_err() {
                self.shared.interrupt();
                return Poll::Ready(Err(gone()));
            }
        }
    }

    /// Takes the wire if it was away, and the portal has been resumed since.
    #[cold]
    pub(super) fn regain(&mut self) {
        if self.wire.is_none()
            && let Some(turn) = self.slot.as_ref().and_then(|slot| slot.try_resume())
        {
            self.resume(turn);
        }
    }

    fn resume(&mut self, (wire, limit, formats): Resumed) {
        self.wire = Some(wire);
        self.formats = formats;
        self.limit = limit;
        self.left = limit;
    }

    /// Waits until the first Execute gives the wire.
    pub(crate) async fn resumed(&mut self) -> Result<()> {
        std::future::poll_fn(|cx| self.poll_wait(cx)).await
    }
}

#[cold]
pub(super) fn suspended() -> Error {
    Error::internal(
        "a row was sent at the row limit before the future of the last one was ready; await each row to its end",
    )
}
