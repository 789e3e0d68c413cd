//! COPY FROM STDIN and TO STDOUT.

use std::fmt;
use std::future::Future as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Poll, ready};

use tokio::time::Instant;
use trunkline_proto::backend::{CopyInResponse, CopyOutResponse};
use trunkline_proto::server::{Connection, Consequence, Event, ProtocolError};
use trunkline_proto::{Format, SqlState};

use super::outside::{Deadline, Interruption, Outside, guarded, tell};
use super::{Core, End, Failure};
use crate::buffer::CHUNK;
use crate::formats::Formats;
use crate::params::Params;
use crate::prepared::Flow;
use crate::reply::{self, Reply, Sending};
use crate::shared::{Shared, Stop};
use crate::{Columns, Error, Result, Session, Tag};

/// The data of a `COPY … FROM STDIN`, as it comes.
pub struct CopyIn<'a> {
    reply: &'a mut Reply,
    outside: &'a mut Outside,
    shared: &'a Shared,
    format: Format,
    /// Bytes at the front of the input that the piece given out last lies in.
    lent: usize,
    state: State,
    /// Whether it is the client that is waited for, rather than the session's own work.
    waiting: &'a AtomicBool,
    deadline: Option<Deadline>,
}

/// Where the stream stands. A failure stays: what a session makes of it, the COPY has failed.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Flowing,
    Done,
    /// The client gave up, for this reason.
    GivenUp(String),
    Interrupted(Interruption),
    /// A message of the COPY was malformed.
    Malformed(ProtocolError),
    /// The connection is of no use any more; the client has been told whatever there is to tell.
    Broken,
}

impl State {
    /// Why the COPY fails, if it does.
    fn failure(&self) -> Option<Failure> {
        match self {
            Self::Flowing | Self::Done => None,
            Self::GivenUp(reason) => Some(
                Error::new(
                    SqlState::QUERY_CANCELED,
                    format!("COPY from stdin failed: {reason}"),
                )
                .into(),
            ),
            Self::Interrupted(interruption) => Some((*interruption).into()),
            Self::Malformed(error) => Some(Error::new(error.sqlstate(), error.to_string()).into()),
            Self::Broken => Some(End::Closed.into()),
        }
    }
}

/// While it is there, the client may be waited for: not any more once the future that waits is dropped.
struct Waiting<'a>(&'a AtomicBool);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// A step of [`CopyIn::next`].
enum Step {
    Piece {
        message: usize,
        data: usize,
    },
    /// Nothing more comes.
    End,
    More,
}

// Without the data.
impl fmt::Debug for CopyIn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CopyIn")
            .field("format", &self.format)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl CopyIn<'_> {
    /// Whether the data is lines of text (or CSV) or PostgreSQL's binary COPY format, as the statement was prepared.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// The next piece of the data; `None` at its end. Pieces are as large as the client made them, and their
    /// boundaries mean nothing.
    ///
    /// # Errors
    ///
    /// 57014 if the client gave up (CopyFail) or the statement was cancelled; 08P01 if the client broke the protocol,
    /// and 08006 if it went away, after both of which the session ends.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no data: the piece is given out by the next call.
    pub async fn next(&mut self) -> Result<Option<&[u8]>> {
        loop {
            self.outside.side.advance(std::mem::take(&mut self.lent));
            match &self.state {
                State::Flowing => {}
                State::Done => return Ok(None),
                failed => {
                    return Err(match failed.failure() {
                        Some(Failure::Error(error) | Failure::End(End::Fatal(error))) => error,
                        _ => reply::gone().fatal(),
                    });
                }
            }
            match self.step() {
                Step::Piece { message, data } => {
                    self.lent = message;
                    let rest = self.outside.side.rest();
                    return Ok(rest.get(message - data..message));
                }
                Step::End => {}
                Step::More => self.read().await,
            }
        }
    }

    fn step(&mut self) -> Step {
        let side = &mut self.outside.side;
        let mut rest = side.rest();
        let before = rest.len();
        let wire = self.reply.wire();
        let received = wire.machine.receive(&mut rest);
        let message = before - rest.len();
        let state = match received {
            Ok(Some(Event::CopyData(data))) => {
                return Step::Piece {
                    message,
                    data: data.len(),
                };
            }
            Ok(Some(Event::CopyFail(reason))) => {
                State::GivenUp(String::from_utf8_lossy(reason).into_owned())
            }
            Ok(Some(_)) => State::Done,
            Ok(None) => {
                side.advance(message);
                return Step::More;
            }
            Err(error) if error.consequence() == Consequence::Report => State::Malformed(error),
            Err(error) => {
                let consequence = wire.machine.reject(&error, &mut wire.output);
                tracing::debug!(%error, ?consequence, "the client broke the protocol during COPY");
                State::Broken
            }
        };
        side.advance(message);
        self.state = state;
        Step::End
    }

    /// Reads more, or finds out why there is no more.
    async fn read(&mut self) {
        let Self {
            reply,
            outside,
            shared,
            waiting,
            ..
        } = self;
        let wire = reply.wire();
        let waiting = Waiting(waiting);
        let read = std::future::poll_fn(|cx| {
            // What was said before must reach the client before it is waited for.
            if !wire.output.is_empty()
                && let Poll::Ready(Err(error)) = wire.poll_write(cx)
            {
                return Poll::Ready(Err(error));
            }
            let read = outside
                .side
                .poll_read(&mut outside.reader, usize::MAX, CHUNK, cx);
            waiting.0.store(read.is_pending(), Ordering::Relaxed);
            read
        })
        .await;
        drop(waiting);
        // A cancel or a timeout takes effect when the next message arrives (rule CP-10).
        match read {
            Ok(count) if count > 0 => {
                if shared.is_cancelled() {
                    self.state = State::Interrupted(Interruption::Cancelled);
                } else if let Some(deadline) = self.deadline
                    && deadline.at <= Instant::now()
                {
                    shared.interrupt();
                    self.state = State::Interrupted(Interruption::TimedOut(deadline.of));
                }
            }
            _ => {
                shared.interrupt();
                self.state = State::Broken;
            }
        }
    }
}

/// The data of a `COPY … TO STDOUT`, as it goes.
#[derive(Debug)]
pub struct CopyOut<'a> {
    reply: &'a mut Reply,
    format: Format,
}

impl CopyOut<'_> {
    /// Whether the data is to be lines of text (or CSV) or PostgreSQL's binary COPY format, as the statement was
    /// prepared.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// Sends a piece of the data: PostgreSQL sends a row at a time.
    ///
    /// # Errors
    ///
    /// 57014 if the statement was cancelled; 54000 for a piece larger than 1 GiB.
    ///
    /// # Cancel safety
    ///
    /// As [`Reply::row`].
    pub fn data(&mut self, data: &[u8]) -> Sending<'_> {
        self.data_with(|output| {
            output.extend_from_slice(data);
            Ok(())
        })
    }

    /// Sends a piece of the data that `write` appends to the output, with no copy in between.
    ///
    /// # Errors
    ///
    /// As [`data`](Self::data), and what `write` fails with; the piece is then not sent.
    ///
    /// # Cancel safety
    ///
    /// As [`Reply::row`].
    pub fn data_with(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Result<()>) -> Sending<'_> {
        self.reply.copy_data(write)
    }
}

impl<S: Session> Core<'_, S> {
    /// Runs a COPY. `rest` is what came behind the request: data, perhaps.
    #[cold]
    pub(super) async fn copy(
        &mut self,
        flow: Flow,
        statement: &S::Statement,
        params: Params<'_>,
        rest: &mut &[u8],
    ) -> Result<Result<Tag>, Failure> {
        match flow {
            Flow::CopyIn { format, columns } => {
                let formats = vec![format.code(); usize::from(columns)];
                let response = CopyInResponse {
                    format,
                    columns: formats.as_slice().into(),
                };
                self.reply
                    .wire()
                    .answer(|machine, output| machine.copy_in(&response, output))?;
                // What was read while the session prepared came after what is left of the request's own read.
                let mut late = std::mem::take(&mut self.outside.side);
                self.outside.side.extend(std::mem::take(rest));
                self.outside.side.append(&mut late);
                self.copy_in(format, statement, params).await
            }
            Flow::CopyOut { format, columns } => {
                let formats = vec![format.code(); usize::from(columns)];
                let response = CopyOutResponse {
                    format,
                    columns: formats.as_slice().into(),
                };
                self.reply
                    .wire()
                    .answer(|machine, output| machine.copy_out(&response, output))?;
                self.copy_out(format, statement, params).await
            }
            Flow::Rows => Err(Error::internal("not a COPY").into()),
        }
    }

    async fn copy_in(
        &mut self,
        format: Format,
        statement: &S::Statement,
        params: Params<'_>,
    ) -> Result<Result<Tag>, Failure> {
        // Before the client hears that data is awaited: it may cancel at once.
        self.shared.begin_step();
        self.write().await?;
        let session = self.session;
        let deadline = self.deadline();
        let waiting = AtomicBool::new(false);
        let shared = &self.shared;
        let mut input = CopyIn {
            reply: &mut self.reply,
            outside: &mut self.outside,
            shared,
            format,
            lent: 0,
            state: State::Flowing,
            waiting: &waiting,
            deadline,
        };
        let run = {
            let mut registered = false;
            let mut timer = None;
            let mut work = std::pin::pin!(async {
                let run = session.copy_in(statement, params, &mut input).await;
                // A session may stop early, as at `\\.`; what follows is not for it.
                while run.is_ok() && matches!(input.next().await, Ok(Some(_))) {}
                run
            });
            std::future::poll_fn(|cx| {
                let done = guarded(work.as_mut(), cx);
                if done.is_ready() {
                    return done;
                }
                shared.register(cx.waker(), &mut registered);
                let interruption = if shared.stopping() == Stop::Now {
                    Interruption::Stopped
                } else if waiting.load(Ordering::Relaxed) {
                    return Poll::Pending;
                } else if shared.is_cancelled() {
                    Interruption::Cancelled
                } else if let Some(deadline) = deadline {
                    let timer = timer
                        .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline.at)));
                    ready!(timer.as_mut().poll(cx));
                    Interruption::TimedOut(deadline.of)
                } else {
                    return Poll::Pending;
                };
                tell(shared, session);
                Poll::Ready(Err(interruption))
            })
            .await
        };
        let (lent, failure) = (std::mem::take(&mut input.lent), input.state.failure());
        let failed = failure.is_some() || matches!(run, Ok(Err(_)));
        if failed && shared.is_cancelled() {
            tell(shared, session);
        }
        self.outside.side.advance(lent);
        match (run?, failure) {
            (_, Some(failure @ Failure::End(_))) => Err(failure),
            // Whatever the session made of it: the client did not mean what it had sent to be kept.
            (Ok(_), Some(failure)) => Err(failure),
            (run, _) => Ok(run),
        }
    }

    async fn copy_out(
        &mut self,
        format: Format,
        statement: &S::Statement,
        params: Params<'_>,
    ) -> Result<Result<Tag>, Failure> {
        let deadline = self.deadline();
        let session = self.session;
        let Self {
            reply,
            outside,
            shared,
            ..
        } = self;
        reply.begin(&Columns::NONE, &Formats::Text, false);
        let mut output = CopyOut { reply, format };
        shared.begin_step();
        let work = session.copy_out(statement, params, &mut output);
        let run = outside.attend(shared, deadline, session, work).await;
        let run = self.reply.conclude(run?);
        if run.is_ok() {
            self.reply.wire().answer(Connection::copy_done)?;
        }
        Ok(run)
    }
}
