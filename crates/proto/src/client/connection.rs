//! The machine of a session after login.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use super::ProtocolError;
use super::phase::{Reply, Request};
use super::queue::Queue;
use crate::backend::{
    self, CommandComplete, CopyBothResponse, CopyInResponse, CopyOutResponse, DataRow,
    ErrorResponse, FunctionCallResponse, NoticeResponse, NotificationResponse,
    ParameterDescription, ParameterStatus, RowDescription, TransactionStatus, code,
};
use crate::frontend::{CancelRequest, ProtocolVersion};
use crate::{Decode, Encode, ReplyLimits, frame};

/// The client's side of one session, from the first ReadyForQuery to the end.
///
/// Send with its methods (`query`, `parse`, `bind`, …), which append to the caller's buffer; feed it what arrives with
/// [`receive`](Self::receive). Requests may be sent while others are unanswered. It holds no buffer, no clock and no socket, and
/// allocates only when more requests are unanswered than ever before.
///
/// Only [`Login::finish`](super::Login::finish) makes one.
#[derive(Debug)]
pub struct Connection {
    pub(super) queue: Queue,
    /// Nothing may be sent, nothing is expected.
    pub(super) closed: bool,
    failed: Option<ProtocolError>,
    /// Columns of the result of a Query; an Execute's are known to whoever described its statement.
    columns: Option<usize>,
    status: TransactionStatus,
    version: ProtocolVersion,
    key: Option<CancelKey>,
    limits: ReplyLimits,
}

/// A message of the server that is due now, or one of those that may come at any time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A statement is prepared.
    ParseComplete,
    /// A portal is made.
    BindComplete,
    /// A statement or portal is dropped.
    CloseComplete,
    /// The parameters of a statement.
    Parameters(ParameterDescription<'a>),
    /// The columns of the rows to come, or of what was described.
    RowDescription(RowDescription<'a>),
    /// What was described returns no rows.
    NoData,
    /// One row. For an Execute hold it against the columns you know: the machine does not know them.
    DataRow(DataRow<'a>),
    /// A statement is done.
    CommandComplete(CommandComplete<'a>),
    /// The text had no statement.
    EmptyQuery,
    /// The row limit of Execute is reached.
    PortalSuspended,
    /// The result of a function.
    FunctionResult(FunctionCallResponse<'a>),
    /// Send data with [`Connection::copy_data`], end it with [`Connection::copy_done`] or [`Connection::copy_fail`].
    CopyIn(CopyInResponse<'a>),
    /// [`CopyData`](Self::CopyData) follows.
    CopyOut(CopyOutResponse<'a>),
    /// Data goes both ways.
    CopyBoth(CopyBothResponse<'a>),
    /// A piece of COPY data.
    CopyData(&'a [u8]),
    /// The end of the server's COPY data.
    CopyDone,
    /// A Query, FunctionCall or series is over.
    Ready(TransactionStatus),
    /// A request failed; in a series also all that follow up to its Sync. Or the session is over: see
    /// [`Connection::is_closed`]. That is also so when a COPY from us fails and other requests were sent before its
    /// [`CopyIn`](Self::CopyIn) came: nobody knows which of them the server has taken for data (rule CP-02).
    Error(ErrorResponse<'a>),
    /// At any time.
    Notice(NoticeResponse<'a>),
    /// At any time: a parameter has a new value.
    ParameterStatus(ParameterStatus<'a>),
    /// At any time: somebody sent a notification.
    Notification(NotificationResponse<'a>),
    /// A ReadyForQuery that may be passed over: it answers a Sync that the server could have ignored, because it was sent before
    /// a COPY from us began (rule CP-02).
    Stray,
}

/// What a CancelRequest must show.
#[derive(Clone)]
pub struct CancelKey {
    pid: i32,
    key: Zeroizing<Box<[u8]>>,
}

impl CancelKey {
    pub(super) fn new(pid: i32, key: &[u8]) -> Self {
        Self {
            pid,
            key: Zeroizing::new(key.into()),
        }
    }

    /// The process that serves the session.
    #[must_use]
    pub const fn pid(&self) -> i32 {
        self.pid
    }

    /// Appends a CancelRequest, to be sent on a connection of its own (rule CA-04: encrypted like the session's).
    pub fn request(&self, output: &mut Vec<u8>) {
        CancelRequest {
            pid: self.pid,
            key: &self.key,
        }
        .encode(output)
        .expect("a key that was received can be sent");
    }
}

/// Keeps the key out of logs.
impl fmt::Debug for CancelKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelKey")
            .field("pid", &self.pid)
            .finish_non_exhaustive()
    }
}

impl Connection {
    pub(super) const fn new(
        version: ProtocolVersion,
        key: Option<CancelKey>,
        status: TransactionStatus,
        limits: ReplyLimits,
    ) -> Self {
        Self {
            queue: Queue::new(),
            closed: false,
            failed: None,
            columns: None,
            status,
            version,
            key,
            limits,
        }
    }

    /// The protocol version that is spoken.
    #[must_use]
    pub const fn version(&self) -> ProtocolVersion {
        self.version
    }

    /// The key to cancel requests with; some poolers give none.
    #[must_use]
    pub const fn cancel_key(&self) -> Option<&CancelKey> {
        self.key.as_ref()
    }

    /// Where the session's transaction stood at the last ReadyForQuery.
    #[must_use]
    pub const fn status(&self) -> TransactionStatus {
        self.status
    }

    /// Requests that are not answered yet, Flush apart.
    #[must_use]
    pub fn unanswered(&self) -> usize {
        self.queue.len()
    }

    /// Whether the server wants COPY data now.
    #[must_use]
    pub const fn wants_data(&self) -> bool {
        self.queue.sending
    }

    /// Whether a request of an extended series failed, so that nothing but Sync may be sent.
    #[must_use]
    pub const fn is_skipping(&self) -> bool {
        self.queue.skipping
    }

    /// Whether the last request that is unanswered belongs to an extended series whose Sync is not sent, or was sent and thrown away by
    /// the server because a COPY from us had begun (rule CP-02).
    #[must_use]
    pub fn owes_sync(&self) -> bool {
        self.queue.skipping || self.queue.last().is_some_and(Request::is_extended)
    }

    /// Whether the session is over: by Terminate, by an error of severity FATAL, by a breach of the protocol.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.closed
    }

    /// The largest length field that a message of this type may have, for a reader that waits for a whole one.
    ///
    /// # Errors
    ///
    /// [`FrameError::UnknownType`](frame::FrameError::UnknownType), which [`receive`](Self::receive) makes the end of the session.
    #[inline]
    pub const fn max_len(&self, tag: u8) -> Result<u32, frame::FrameError> {
        self.limits.max_len(tag)
    }

    /// Takes the next message from the front of `input`. `Ok(None)`: it is not whole, read more; or the session is over.
    ///
    /// # Errors
    ///
    /// A [`ProtocolError`], which ends the session; from then on always the same one.
    #[inline]
    pub fn receive<'a>(
        &mut self,
        input: &mut &'a [u8],
    ) -> Result<Option<Event<'a>>, ProtocolError> {
        if self.closed {
            return self.failed.map_or(Ok(None), Err);
        }
        let event = self.next(input);
        if let Err(error) = event {
            self.fail(error);
        }
        event
    }

    #[cold]
    fn fail(&mut self, error: ProtocolError) {
        self.close_for_good();
        self.failed = Some(error);
    }

    /// Takes a row from the front of `input` if that is what stands there, whole and due: the short way through most of a result.
    /// `None`, and `input` untouched, in every other case: ask [`receive`](Self::receive).
    #[inline]
    pub fn row<'a>(&mut self, input: &mut &'a [u8]) -> Option<DataRow<'a>> {
        if !self.queue.wants_row() {
            return None;
        }
        let (&[tag, a, b, c, d], after) = input.split_first_chunk()?;
        let length = u32::from_be_bytes([a, b, c, d]);
        if tag != DataRow::TAG || length > self.limits.large {
            return None;
        }
        let (body, rest) = after.split_at_checked(usize::try_from(length).ok()?.checked_sub(4)?)?;
        let row = DataRow::decode(body).ok()?;
        self.check_columns(row.values.len()).ok()?;
        self.queue.row();
        *input = rest;
        Some(row)
    }

    #[inline]
    fn next<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Event<'a>>, ProtocolError> {
        let limits = &self.limits;
        match frame::split(input, |tag| limits.max_len(tag))? {
            Some((tag, body)) => self.message(tag, body),
            None => Ok(None),
        }
    }

    #[inline]
    fn message<'a>(&mut self, tag: u8, body: &'a [u8]) -> Result<Option<Event<'a>>, ProtocolError> {
        Ok(Some(match tag {
            b'D' => {
                self.queue.reply(Reply::DataRow, tag)?;
                let row: DataRow<'a> = decode(tag, body)?;
                self.check_columns(row.values.len())?;
                Event::DataRow(row)
            }
            b'C' => {
                self.queue.reply(Reply::CommandComplete, tag)?;
                self.columns = None;
                Event::CommandComplete(decode(tag, body)?)
            }
            b'2' => {
                self.queue.reply(Reply::BindComplete, tag)?;
                decode::<backend::BindComplete>(tag, body)?;
                Event::BindComplete
            }
            b'Z' => {
                let backend::ReadyForQuery { status } = decode(tag, body)?;
                let due = self.queue.reply(Reply::Ready, tag)?;
                self.status = status;
                if due {
                    Event::Ready(status)
                } else {
                    Event::Stray
                }
            }
            b'd' => {
                self.queue.reply(Reply::CopyData, tag)?;
                Event::CopyData(body)
            }
            b'1' => {
                self.queue.reply(Reply::ParseComplete, tag)?;
                decode::<backend::ParseComplete>(tag, body)?;
                Event::ParseComplete
            }
            b'T' => {
                self.queue.reply(Reply::RowDescription, tag)?;
                let columns: RowDescription<'a> = decode(tag, body)?;
                if self.queue.head() == Some(Request::Query) {
                    self.columns = Some(columns.fields.len());
                }
                Event::RowDescription(columns)
            }
            b'E' => Event::Error(self.error(decode(tag, body)?)?),
            _ => return self.rare(tag, body),
        }))
    }

    /// What is not on the way of an ordinary query.
    #[inline(never)]
    fn rare<'a>(&mut self, tag: u8, body: &'a [u8]) -> Result<Option<Event<'a>>, ProtocolError> {
        Ok(Some(match tag {
            b'N' => Event::Notice(decode(tag, body)?),
            b'S' => Event::ParameterStatus(decode(tag, body)?),
            b'A' => Event::Notification(decode(tag, body)?),
            b't' => {
                self.queue.reply(Reply::ParameterDescription, tag)?;
                Event::Parameters(decode(tag, body)?)
            }
            b'n' => {
                self.queue.reply(Reply::NoData, tag)?;
                decode::<backend::NoData>(tag, body)?;
                Event::NoData
            }
            b'3' => {
                self.queue.reply(Reply::CloseComplete, tag)?;
                decode::<backend::CloseComplete>(tag, body)?;
                Event::CloseComplete
            }
            b'I' => {
                self.queue.reply(Reply::EmptyQuery, tag)?;
                decode::<backend::EmptyQueryResponse>(tag, body)?;
                Event::EmptyQuery
            }
            b's' => {
                self.queue.reply(Reply::PortalSuspended, tag)?;
                decode::<backend::PortalSuspended>(tag, body)?;
                Event::PortalSuspended
            }
            b'V' => {
                self.queue.reply(Reply::FunctionResult, tag)?;
                Event::FunctionResult(decode(tag, body)?)
            }
            b'G' => {
                self.queue.reply(Reply::CopyIn, tag)?;
                Event::CopyIn(decode(tag, body)?)
            }
            b'H' => {
                self.queue.reply(Reply::CopyOut, tag)?;
                Event::CopyOut(decode(tag, body)?)
            }
            b'W' => {
                self.queue.reply(Reply::CopyBoth, tag)?;
                Event::CopyBoth(decode(tag, body)?)
            }
            b'c' => {
                self.queue.reply(Reply::CopyDone, tag)?;
                decode::<backend::CopyDone>(tag, body)?;
                Event::CopyDone
            }
            // BackendKeyData belongs to the login (rule CL-10).
            _ => return Err(ProtocolError::UnknownMessage(tag)),
        }))
    }

    #[cold]
    fn error<'a>(&mut self, error: ErrorResponse<'a>) -> Result<ErrorResponse<'a>, ProtocolError> {
        self.columns = None;
        if is_fatal(&error) || !self.queue.error()? {
            self.close_for_good();
        }
        Ok(error)
    }

    #[inline]
    fn check_columns(&self, received: usize) -> Result<(), ProtocolError> {
        match self.columns {
            Some(described) if described != received => Err(ProtocolError::Columns {
                described,
                received,
            }),
            _ => Ok(()),
        }
    }

    pub(super) fn close_for_good(&mut self) {
        self.closed = true;
        self.queue.clear();
    }

    /// Refuses everything from now on: for a driver whose socket failed, or that wrote half a message and cannot write the rest.
    pub fn abandon(&mut self) {
        self.close_for_good();
    }
}

/// Whether the session ends with this error. Servers before 9.6 send only the translated word; what cannot be read is not fatal,
/// and the end of the stream tells.
fn is_fatal(error: &ErrorResponse<'_>) -> bool {
    let fields = error.fields;
    let word = fields
        .value(code::SEVERITY_NONLOCALIZED)
        .or_else(|| fields.value(code::SEVERITY));
    matches!(word, Some(b"FATAL" | b"PANIC"))
}

#[inline]
pub(super) fn decode<'a, T: Decode<'a>>(tag: u8, body: &'a [u8]) -> Result<T, ProtocolError> {
    T::decode(body).map_err(|error| ProtocolError::Malformed { tag, error })
}
