//! The requests that are not answered yet, and how far the answer to the oldest has come.

use alloc::collections::VecDeque;

use super::ProtocolError;
use super::phase::{self, Reply, Request, Step, Turn};

/// What is expected of the server.
#[derive(Debug)]
pub(super) struct Queue {
    requests: VecDeque<Request>,
    pub(super) turn: Turn,
    /// Our data of a COPY is welcome.
    pub(super) sending: bool,
    /// An extended request failed and no Sync is under way: the server discards what comes.
    pub(super) skipping: bool,
    /// Syncs sent before the server asked for COPY data. It ignores those it reads while it waits for the data (rule CP-02),
    /// but if the COPY fails it may answer some of them.
    swallowed: u32,
    /// ReadyForQuery messages that such Syncs may still bring.
    strays: u32,
    /// Requests were sent behind one that turned out to be a COPY from us. The server takes them for a breach of the protocol; or
    /// the COPY fails first, and nobody can tell which of them it has read by then.
    doomed: bool,
}

impl Queue {
    pub(super) const fn new() -> Self {
        Self {
            requests: VecDeque::new(),
            turn: Turn::Start,
            sending: false,
            skipping: false,
            swallowed: 0,
            strays: 0,
            doomed: false,
        }
    }

    #[inline]
    pub(super) fn push(&mut self, request: Request) {
        self.skipping &= request != Request::Sync;
        self.requests.push_back(request);
    }

    pub(super) fn len(&self) -> usize {
        self.requests.len()
    }

    pub(super) fn head(&self) -> Option<Request> {
        self.requests.front().copied()
    }

    pub(super) fn last(&self) -> Option<Request> {
        self.requests.back().copied()
    }

    /// Nothing is expected any more.
    pub(super) fn clear(&mut self) {
        self.requests.clear();
        self.turn = Turn::Start;
        self.sending = false;
    }

    /// Whether a row is due, as [`phase::step`] has it: only while a Query or an Execute is answered, so never once the session is
    /// over.
    #[inline]
    pub(super) fn wants_row(&self) -> bool {
        self.turn == Turn::Rows || self.turn == Turn::Start && self.head() == Some(Request::Execute)
    }

    /// Takes a row that is due.
    #[inline]
    pub(super) fn row(&mut self) {
        if self.turn != Turn::Rows {
            self.turn(Turn::Rows);
        }
    }

    /// Takes a reply. `Ok(false)`: a stray one, to be passed over.
    #[inline]
    pub(super) fn reply(&mut self, reply: Reply, tag: u8) -> Result<bool, ProtocolError> {
        let step = match self.requests.front() {
            Some(request) => phase::step(*request, self.turn, reply),
            None => None,
        };
        match step {
            Some(Step::On(turn)) if turn == self.turn => {}
            Some(Step::On(turn)) => self.turn(turn),
            Some(Step::Answered) => self.answered(reply),
            None if reply == Reply::Ready && self.strays > 0 => {
                self.strays -= 1;
                return Ok(false);
            }
            None => return Err(self.unexpected(tag)),
        }
        Ok(true)
    }

    fn turn(&mut self, turn: Turn) {
        self.turn = turn;
        self.strays = 0;
        match turn {
            Turn::CopyIn | Turn::CopyBoth => {
                self.sending = true;
                self.swallow();
            }
            Turn::Between => {
                self.sending = false;
                self.swallowed = 0;
                self.doomed = false;
            }
            _ => {}
        }
    }

    /// Takes the Syncs that the server will ignore out of the queue, which is sound if nothing else is behind them.
    #[cold]
    fn swallow(&mut self) {
        let mut behind = self.requests.iter().skip(1);
        let syncs = behind.len();
        self.doomed = !behind.all(|request| *request == Request::Sync);
        if !self.doomed {
            self.swallowed = u32::try_from(syncs).unwrap_or(u32::MAX);
            self.requests.truncate(1);
        }
    }

    #[inline]
    fn answered(&mut self, reply: Reply) {
        self.requests.pop_front();
        self.turn = Turn::Start;
        if reply != Reply::Ready {
            self.sending = false;
            self.strays = 0;
            self.swallowed = 0;
            self.doomed = false;
        }
    }

    /// Takes an error that does not end the session by itself. `Ok(false)`: replies can no longer be told apart.
    pub(super) fn error(&mut self) -> Result<bool, ProtocolError> {
        let Some(request) = self.head() else {
            return Err(self.unexpected(b'E'));
        };
        if self.doomed {
            return Ok(false);
        }
        self.strays = if matches!(self.turn, Turn::CopyIn | Turn::CopyBoth | Turn::Tag) {
            self.swallowed
        } else {
            0
        };
        self.swallowed = 0;
        self.sending = false;
        if request.is_extended() {
            self.turn = Turn::Start;
            while self.head().is_some_and(|request| request != Request::Sync) {
                self.requests.pop_front();
            }
            self.skipping = self.requests.is_empty();
        } else {
            // A second one says that cleaning up after the first has failed as well.
            self.turn = Turn::Ready;
        }
        Ok(true)
    }

    #[cold]
    fn unexpected(&self, tag: u8) -> ProtocolError {
        ProtocolError::Unexpected {
            tag,
            expected: if self.skipping {
                "nothing: a Sync is due from the client"
            } else {
                phase::expected(self.head(), self.turn)
            },
        }
    }
}
