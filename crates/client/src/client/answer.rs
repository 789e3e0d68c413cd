//! The owner's end of a request: what the server says to it, message by message.

use std::future::poll_fn;
use std::task::{Context, Poll};

use trunkline_proto::backend::ErrorResponse;
use trunkline_proto::{Decode, frame};

use super::session::{MAX_STREAM, Session};
use super::shared::Owner;
use super::slots::Slot;
use crate::error::Kind;
use crate::{Error, Result, ServerError};

/// The answer to one request. Dropped, what is left of it is passed over.
pub(crate) struct Answer {
    shared: Owner,
    slot: Slot,
    /// Whole messages, those before `used` done with.
    taken: Vec<u8>,
    used: usize,
    /// Where the last message begins that [`next`](Self::next) gave.
    last: usize,
    /// What the server refused, until it has ended the answer.
    refused: Option<Error>,
    /// Nothing comes any more.
    finished: bool,
    /// Dropped before the end, it is cancelled on the server.
    cancelled: bool,
    /// Where it fails, a part of it may be committed.
    divisible: bool,
}

/// One message of an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'a> {
    pub(crate) tag: u8,
    pub(crate) body: &'a [u8],
}

impl Answer {
    pub(crate) const fn new(shared: Owner, slot: Slot) -> Self {
        Self {
            shared,
            slot,
            taken: Vec::new(),
            used: 0,
            last: 0,
            refused: None,
            finished: false,
            cancelled: false,
            divisible: false,
        }
    }

    /// The same, to be cancelled on the server when it is dropped before its end.
    pub(crate) const fn cancelled_on_drop(mut self, cancelled: bool) -> Self {
        self.cancelled = cancelled;
        self
    }

    /// The same, of a request that may have committed a part of what it does when it fails.
    pub(crate) const fn divided(mut self, divisible: bool) -> Self {
        self.divisible = divisible;
        self
    }

    pub(crate) const fn slot(&self) -> Slot {
        self.slot
    }

    pub(crate) const fn shared(&self) -> &Owner {
        &self.shared
    }

    /// Whether the answer is whole and taken.
    pub(crate) const fn is_over(&self) -> bool {
        self.finished && self.used == self.taken.len()
    }

    /// The next message; `None` at the end of the answer.
    ///
    /// # Errors
    ///
    /// What the server refused, once the server has ended the answer; the connection is lost. The answer is then over.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    #[inline]
    pub(crate) async fn next(&mut self) -> Result<Option<Frame<'_>>> {
        self.fill().await?;
        self.last = self.used;
        let size = self.at(self.used).map_or(0, Frame::size);
        self.used += size;
        Ok(self.at(self.last))
    }

    /// The message that [`next`](Self::next) will give.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub(crate) async fn peek(&mut self) -> Result<Option<Frame<'_>>> {
        self.fill().await?;
        Ok(self.at(self.used))
    }

    /// The message that [`next`](Self::next) gave last.
    #[inline]
    pub(crate) fn last(&self) -> Option<Frame<'_>> {
        self.at(self.last)
    }

    /// Has a message at hand that is no error, or the end.
    #[inline]
    pub(crate) async fn fill(&mut self) -> Result<()> {
        if self.used == self.taken.len() {
            poll_fn(|cx| self.poll_more(cx)).await?;
        }
        if self.taken.get(self.used) == Some(&b'E') || self.refused.is_some() {
            return Err(self.refused().await);
        }
        Ok(())
    }

    /// The server's error, which is the last of an answer but for what ends it.
    #[cold]
    async fn refused(&mut self) -> Error {
        let at_hand = self.at(self.used).filter(|frame| frame.tag == b'E');
        if let Some(frame) = at_hand {
            self.refused = Some(self.refusal_of(frame));
        }
        while !self.finished {
            self.used = self.taken.len();
            if let Err(lost) = poll_fn(|cx| self.poll_more(cx)).await {
                self.refused.get_or_insert(lost);
            }
        }
        self.used = self.taken.len();
        self.refused.take().unwrap_or_else(|| Kind::Closed.into())
    }

    /// Waits until the answer is over; what of it is not taken is passed over.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub(crate) async fn finish(&mut self) -> Result<()> {
        while self.next().await?.is_some() {}
        Ok(())
    }

    /// Has messages at hand, or the end.
    pub(crate) fn poll_more(&mut self, cx: &Context<'_>) -> Poll<Result<()>> {
        if self.finished || self.used < self.taken.len() {
            return Poll::Ready(Ok(()));
        }
        let Self {
            shared,
            slot,
            taken,
            used,
            finished,
            ..
        } = self;
        taken.clear();
        *used = 0;
        shared.poll(
            cx,
            |session| {
                session.looking = Some(*slot);
                let entry = session.slots.entry(*slot);
                if !entry.frames.is_empty() {
                    // Of what is lost the end is an error, which comes after what there is.
                    *finished = entry.finished && !entry.lost;
                    std::mem::swap(&mut entry.frames, taken);
                    if taken.len() >= MAX_STREAM {
                        if session.waiters() > 0 {
                            shared.start_driver(session);
                        }
                        session.most = MAX_STREAM;
                        // At work, it was held up by this, and reads for us as well.
                        session.driver.kick(&mut session.woken);
                    }
                    session.asked(*slot, cx.waker());
                    return Some(Ok(()));
                }
                *finished = entry.finished;
                match (*finished, entry.lost) {
                    (false, _) => None,
                    (true, false) => Some(Ok(())),
                    (true, true) => Some(session.failure().map_or(Ok(()), Err)),
                }
            },
            |session, waker| session.wait_for(*slot, waker),
        )
    }

    /// Has the whole answer at hand.
    ///
    /// # Errors
    ///
    /// The connection was lost before.
    pub(crate) fn poll_whole(&mut self, cx: &Context<'_>) -> Poll<Result<()>> {
        let Self {
            shared,
            slot,
            taken,
            used,
            finished,
            ..
        } = self;
        if *finished {
            return Poll::Ready(Ok(()));
        }
        taken.drain(..std::mem::take(used));
        shared.poll(
            cx,
            |session| {
                session.looking = Some(*slot);
                let entry = session.slots.entry(*slot);
                if !entry.finished {
                    return None;
                }
                *finished = true;
                if taken.is_empty() {
                    std::mem::swap(&mut entry.frames, taken);
                } else {
                    taken.append(&mut entry.frames);
                }
                Some(match entry.lost {
                    true => session.failure().map_or(Ok(()), Err),
                    false => Ok(()),
                })
            },
            |session, waker| session.wait_for(*slot, waker),
        )
    }

    /// The next message of those at hand, without waiting; an error stays, for [`fill`](Self::fill) or
    /// [`refusal`](Self::refusal).
    #[inline]
    pub(crate) fn next_at_hand(&mut self) -> Option<Frame<'_>> {
        let frame = at(&self.taken, self.used).filter(|frame| frame.tag != b'E')?;
        self.last = self.used;
        self.used += frame.size();
        Some(frame)
    }

    /// The next message at hand, which stays.
    pub(crate) fn at_hand(&self) -> Option<Frame<'_>> {
        self.at(self.used)
    }

    /// The error that is next at hand.
    pub(crate) fn refusal(&self) -> Option<Error> {
        let frame = self.at(self.used)?;
        (frame.tag == b'E').then(|| self.refusal_of(frame))
    }

    /// What an ErrorResponse says.
    #[cold]
    fn refusal_of(&self, frame: Frame<'_>) -> Error {
        match ErrorResponse::decode(frame.body) {
            Ok(error) => {
                let error = ServerError::new(&error);
                self.shared.catalog.invalidate(&error);
                if self.divisible {
                    Kind::InPart(Box::new(error)).into()
                } else {
                    error.into()
                }
            }
            Err(error) => Kind::malformed(frame.tag, error),
        }
    }

    #[inline]
    fn at(&self, place: usize) -> Option<Frame<'_>> {
        at(&self.taken, place)
    }
}

/// The message that begins at a place of what was taken. The machine has checked it.
#[inline]
fn at(taken: &[u8], place: usize) -> Option<Frame<'_>> {
    let mut rest = taken.get(place..)?;
    let (tag, body) = frame::split(&mut rest, |_| Ok(u32::MAX >> 1)).ok()??;
    Some(Frame { tag, body })
}

impl Frame<'_> {
    const fn size(self) -> usize {
        frame::HEADER_LEN + self.body.len()
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        let memory = std::mem::take(&mut self.taken);
        let shared = &self.shared;
        shared.with(|session: &mut Session| {
            let alone = session.is_alone(self.slot);
            session.abandon(self.slot, memory);
            if !self.finished {
                if self.cancelled && alone {
                    shared.cancel(session);
                }
                shared.go_on(session);
            }
        });
    }
}
