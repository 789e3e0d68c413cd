//! The machine of a session after login.

use alloc::vec::Vec;

use super::phase::{Kind, Owed, Path, Phase, Position};
use super::{Consequence, Misuse, ProtocolError, report};
use crate::auth::Authenticated;
use crate::backend::{self, Report, Severity, TransactionStatus};
use crate::frontend::{self, Target};
use crate::{Decode, Encode, EncodeError, Limits, frame};

/// The server's side of one session, from login to the end.
///
/// Feed it bytes with [`receive`](Self::receive), answer each event through the methods below, which append to the
/// caller's buffer, and write what they queued. It holds no buffer, no clock and no socket.
///
/// Only [`Login::finish`](super::Login::finish) makes one, and that needs the [`Authenticated`] that only a successful
/// exchange makes.
#[derive(Debug)]
pub struct Connection {
    position: Position,
    limits: Limits,
}

/// A request of the frontend that is legal now.
///
/// Each names the answers that it is owed; until they are sent, [`Connection::receive`] yields nothing more (except
/// during COPY FROM STDIN).
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// Simple query: any number of results, then [`Connection::ready`].
    Query(frontend::Query<'a>),
    /// [`Connection::parse_complete`].
    Parse(frontend::Parse<'a>),
    /// [`Connection::bind_complete`].
    Bind(frontend::Bind<'a>),
    /// For a statement [`Connection::parameters`] first; then [`Connection::row_description`] or [`Connection::no_data`].
    Describe(Target<'a>),
    /// [`Connection::data_row`] any number of times, then [`Connection::command_complete`],
    /// [`Connection::empty_query`] or [`Connection::portal_suspended`]; or a COPY.
    Execute(frontend::Execute<'a>),
    /// [`Connection::close_complete`].
    Close(Target<'a>),
    /// Nothing is owed: write what is queued.
    Flush,
    /// [`Connection::ready`], and before it one error if the commit failed.
    Sync,
    /// [`Connection::function_result`], then [`Connection::ready`].
    FunctionCall(frontend::FunctionCall<'a>),
    /// A piece of COPY data; its boundaries mean nothing (rule CP-07).
    CopyData(&'a [u8]),
    /// The end of the COPY data; [`Connection::command_complete`] is owed.
    CopyDone,
    /// The frontend gave the COPY up, for this reason; an error is owed (57014, rule CP-05).
    CopyFail(&'a [u8]),
    /// The frontend says goodbye; close the connection.
    Terminate,
}

impl Connection {
    pub(super) fn new(_: Authenticated, limits: Limits) -> Self {
        Self {
            position: Position::OPENING,
            limits,
        }
    }

    /// Takes the next request from the front of `input`.
    ///
    /// `Ok(None)` means that the input holds no whole request (read more), or that an answer is still owed. Messages
    /// which the protocol says to ignore are consumed silently.
    ///
    /// # Errors
    ///
    /// A [`ProtocolError`]; hand it to [`reject`](Self::reject). The message at fault has been consumed.
    #[inline]
    pub fn receive<'a>(
        &mut self,
        input: &mut &'a [u8],
    ) -> Result<Option<Event<'a>>, ProtocolError> {
        loop {
            match self.position.phase {
                Phase::Ready if self.position.owed == Owed::Nothing => {}
                Phase::CopyIn | Phase::CopyBoth | Phase::Skipping => {}
                _ => return Ok(None),
            }
            let limits = &self.limits;
            let Some((tag, body)) = frame::split(input, |tag| limits.max_len(tag))? else {
                return Ok(None);
            };
            if self.position.phase == Phase::Ready {
                if let Some(event) = self.command(tag, body)? {
                    return Ok(Some(event));
                }
            } else if let Some(event) = self.restricted(tag, body)? {
                return Ok(Some(event));
            }
        }
    }

    /// A message while any command is welcome.
    #[inline]
    fn command<'a>(&mut self, tag: u8, body: &'a [u8]) -> Result<Option<Event<'a>>, ProtocolError> {
        let (owed, event) = match tag {
            b'B' => {
                self.position.owed = Owed::BindComplete;
                return Ok(Some(Event::Bind(decode(body)?)));
            }
            b'E' => {
                self.position.owed = Owed::Execution;
                return Ok(Some(Event::Execute(decode(body)?)));
            }
            b'S' => {
                self.position.owed = Owed::Ready;
                decode::<frontend::Sync>(body)?;
                return Ok(Some(Event::Sync));
            }
            b'P' => {
                self.position.owed = Owed::ParseComplete;
                return Ok(Some(Event::Parse(decode(body)?)));
            }
            b'Q' => {
                self.position.owed = Owed::Results;
                return Ok(Some(Event::Query(decode(body)?)));
            }
            b'D' => {
                self.position.owed = Owed::Complaint;
                let frontend::Describe(target) = decode(body)?;
                let owed = match target {
                    Target::Statement(_) => Owed::Parameters,
                    Target::Portal(_) => Owed::Description,
                };
                (owed, Event::Describe(target))
            }
            b'C' => {
                self.position.owed = Owed::CloseComplete;
                let frontend::Close(target) = decode(body)?;
                return Ok(Some(Event::Close(target)));
            }
            b'H' => {
                self.position.owed = Owed::Complaint;
                decode::<frontend::Flush>(body)?;
                (Owed::Nothing, Event::Flush)
            }
            b'F' => {
                self.position.owed = Owed::FunctionResult;
                return Ok(Some(Event::FunctionCall(decode(body)?)));
            }
            // A COPY that failed early leaves its data on the way; it must not be taken for commands (rule CP-06).
            b'd' | b'c' | b'f' => return Ok(None),
            b'X' => {
                self.position.phase = Phase::Closed;
                (Owed::Nothing, Event::Terminate)
            }
            _ => return Err(ProtocolError::UnknownMessage(tag)),
        };
        self.position.owed = owed;
        Ok(Some(event))
    }

    /// A message while skipping to Sync, or during a COPY.
    #[cold]
    fn restricted<'a>(
        &mut self,
        tag: u8,
        body: &'a [u8],
    ) -> Result<Option<Event<'a>>, ProtocolError> {
        match (self.position.phase, tag) {
            (Phase::Skipping, b'S') => {
                self.position = Position {
                    phase: Phase::Ready,
                    owed: Owed::Ready,
                };
                decode::<frontend::Sync>(body)?;
                Ok(Some(Event::Sync))
            }
            (Phase::Skipping, b'X') => {
                self.position.phase = Phase::Closed;
                Ok(Some(Event::Terminate))
            }
            (Phase::Skipping, b'p') => Err(ProtocolError::UnknownMessage(tag)),
            (Phase::Skipping, _) => Ok(None),
            (Phase::CopyIn | Phase::CopyBoth, b'd') => Ok(Some(Event::CopyData(body))),
            (Phase::CopyIn | Phase::CopyBoth, b'c') => {
                self.position.phase = Phase::Ready;
                Ok(Some(Event::CopyDone))
            }
            (Phase::CopyIn, b'f') => {
                let frontend::CopyFail { reason } = decode(body)?;
                self.position.phase = Phase::Ready;
                Ok(Some(Event::CopyFail(reason)))
            }
            // The frontend may not know yet that its series has become a COPY (rule CP-02).
            (Phase::CopyIn, b'H' | b'S') => Ok(None),
            (_, tag) => Err(ProtocolError::UnexpectedInCopy(tag)),
        }
    }

    /// Whether the frontend is to be read now: nothing is owed, or COPY data is expected.
    #[must_use]
    pub fn is_receptive(&self) -> bool {
        match self.position.phase {
            Phase::Ready => self.position.owed == Owed::Nothing,
            Phase::CopyIn | Phase::CopyBoth | Phase::Skipping => true,
            Phase::Opening | Phase::CopyOut | Phase::Closed => false,
        }
    }

    /// Whether an error was reported, and what follows is skipped up to Sync. Write the error before you wait for more:
    /// a frontend that sent Flush, which is skipped too, sends no Sync before it has read it.
    #[must_use]
    pub fn is_skipping(&self) -> bool {
        self.position.phase == Phase::Skipping
    }

    /// Whether COPY data is expected from the frontend.
    #[must_use]
    pub fn is_copying_in(&self) -> bool {
        matches!(self.position.phase, Phase::CopyIn | Phase::CopyBoth)
    }

    /// Whether an error of the current request would be answered by skipping to Sync, as for every extended message.
    #[must_use]
    pub fn skips_on_error(&self) -> bool {
        !matches!(
            self.position.owed,
            Owed::Results
                | Owed::Rows
                | Owed::FunctionResult
                | Owed::CopyTag(Path::Simple)
                | Owed::Ready
        )
    }

    /// Whether the session is over.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.position.phase == Phase::Closed
    }

    #[inline]
    fn step(&mut self, kind: Kind) -> Result<(), Misuse> {
        self.position = self.position.after(kind)?;
        Ok(())
    }

    /// Steps, and encodes `message`; if that fails nothing has happened.
    #[inline]
    fn emit(
        &mut self,
        kind: Kind,
        message: &impl Encode,
        output: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        let next = self.position.after(kind)?;
        message.encode(output)?;
        self.position = next;
        Ok(())
    }

    /// ParameterStatus: at any time between messages.
    ///
    /// # Errors
    ///
    /// [`Misuse::Encode`] if a string holds a NUL byte; [`Misuse::OutOfOrder`] once the session is over.
    pub fn parameter_status(
        &mut self,
        name: &str,
        value: &str,
        output: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        self.open()?;
        backend::ParameterStatus {
            name: name.as_bytes(),
            value: value.as_bytes(),
        }
        .encode(output)?;
        Ok(())
    }

    /// BackendKeyData: once, before the first ReadyForQuery.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] after it; [`Misuse::Encode`] for a key outside 4–256 bytes.
    pub fn backend_key(
        &mut self,
        pid: i32,
        key: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        if self.position.phase != Phase::Opening {
            return Err(Misuse::OutOfOrder);
        }
        backend::BackendKeyData { pid, key }.encode(output)?;
        Ok(())
    }

    /// NoticeResponse: at any time between messages. Its severity should be one of a notice.
    ///
    /// # Errors
    ///
    /// As [`parameter_status`](Self::parameter_status).
    pub fn notice(&mut self, notice: &Report<'_>, output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.open()?;
        notice.encode_notice(output)?;
        Ok(())
    }

    /// NotificationResponse: between transactions, never in the middle of one (rule AS-05).
    ///
    /// # Errors
    ///
    /// As [`parameter_status`](Self::parameter_status).
    pub fn notification(
        &mut self,
        pid: i32,
        channel: &str,
        payload: &str,
        output: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        self.open()?;
        backend::NotificationResponse {
            pid,
            channel: channel.as_bytes(),
            payload: payload.as_bytes(),
        }
        .encode(output)?;
        Ok(())
    }

    fn open(&self) -> Result<(), Misuse> {
        match self.position.phase {
            Phase::Closed => Err(Misuse::OutOfOrder),
            _ => Ok(()),
        }
    }

    /// ParseComplete.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] unless a Parse is to be answered.
    #[inline]
    pub fn parse_complete(&mut self, output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.emit(Kind::ParseComplete, &backend::ParseComplete, output)
    }

    /// BindComplete.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] unless a Bind is to be answered.
    #[inline]
    pub fn bind_complete(&mut self, output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.emit(Kind::BindComplete, &backend::BindComplete, output)
    }

    /// CloseComplete.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] unless a Close is to be answered.
    pub fn close_complete(&mut self, output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.emit(Kind::CloseComplete, &backend::CloseComplete, output)
    }

    /// ParameterDescription.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] unless the Describe of a statement is to be answered; [`Misuse::Encode`] for more than
    /// 65,535 parameters.
    pub fn parameters(&mut self, types: &[crate::Oid], output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.emit(
            Kind::ParameterDescription,
            &backend::ParameterDescription {
                types: types.into(),
            },
            output,
        )
    }

    /// RowDescription.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] in answer to Execute, which never sends one (rule EQ-12), and wherever rows are not
    /// described; [`Misuse::Encode`] for more than 65,535 columns or a NUL byte in a name.
    pub fn row_description<'f>(
        &mut self,
        columns: impl ExactSizeIterator<Item = backend::Field<'f>>,
        output: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        let next = self.position.after(Kind::RowDescription)?;
        backend::encode_row_description(columns, output)?;
        self.position = next;
        Ok(())
    }

    /// RowDescription, encoded before.
    ///
    /// # Errors
    ///
    /// As [`row_description`](Self::row_description).
    #[inline]
    pub fn described(
        &mut self,
        description: &backend::EncodedRowDescription,
        output: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        self.emit(Kind::RowDescription, description, output)
    }

    /// NoData.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] unless a Describe is to be answered.
    pub fn no_data(&mut self, output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.emit(Kind::NoData, &backend::NoData, output)
    }

    /// Whether a DataRow may be sent now. Once it may, it may until the command completes, so a caller with many rows
    /// asks once.
    #[inline]
    #[must_use]
    pub fn allows_rows(&self) -> bool {
        self.position.phase == Phase::Ready
            && matches!(self.position.owed, Owed::Execution | Owed::Rows)
    }

    /// DataRow: values in the result's formats, `None` for NULL.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] where no rows are due; [`Misuse::Encode`] for more than 65,535 values or one that is over
    /// the limit of a message.
    #[inline]
    pub fn data_row<'v>(
        &mut self,
        values: impl ExactSizeIterator<Item = Option<&'v [u8]>>,
        output: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        let next = self.position.after(Kind::DataRow)?;
        let columns = u16::try_from(values.len()).map_err(|_| EncodeError::TooManyItems {
            limit: usize::from(u16::MAX),
        })?;
        let row = backend::DataRow::open(output, columns);
        for value in values {
            if let Err(error) = backend::encode_field(value, output) {
                row.abandon(output);
                return Err(error.into());
            }
        }
        row.close(output)?;
        self.position = next;
        Ok(())
    }

    /// CommandComplete with this tag.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] unless a command is to be completed; [`Misuse::Encode`] if the tag holds a NUL byte.
    pub fn command_complete(&mut self, tag: &str, output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.emit(
            Kind::CommandComplete,
            &backend::CommandComplete {
                tag: tag.as_bytes(),
            },
            output,
        )
    }

    /// CommandComplete with a tag of a verb and a row count, such as `SELECT 5` (`INSERT 0` is the verb of inserts).
    ///
    /// # Errors
    ///
    /// As [`command_complete`](Self::command_complete).
    #[inline]
    pub fn rows_complete(
        &mut self,
        verb: &str,
        rows: u64,
        output: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        let next = self.position.after(Kind::CommandComplete)?;
        backend::encode_tag(verb, rows, output)?;
        self.position = next;
        Ok(())
    }

    /// EmptyQueryResponse.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] unless a command is to be completed.
    pub fn empty_query(&mut self, output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.emit(Kind::EmptyQuery, &backend::EmptyQueryResponse, output)
    }

    /// PortalSuspended: the row limit of Execute was reached.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] unless an Execute is to be answered.
    pub fn portal_suspended(&mut self, output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.emit(Kind::PortalSuspended, &backend::PortalSuspended, output)
    }

    /// FunctionCallResponse; `None` is NULL.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] unless a FunctionCall is to be answered; [`Misuse::Encode`] for a value over the limit of
    /// a message.
    pub fn function_result(
        &mut self,
        value: Option<&[u8]>,
        output: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        self.emit(
            Kind::FunctionResult,
            &backend::FunctionCallResponse { value },
            output,
        )
    }

    /// CopyInResponse: the frontend is asked for data.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] unless a command is to be answered.
    pub fn copy_in(
        &mut self,
        response: &backend::CopyInResponse<'_>,
        output: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        self.emit(Kind::CopyInResponse, response, output)
    }

    /// CopyOutResponse: data follows.
    ///
    /// # Errors
    ///
    /// As [`copy_in`](Self::copy_in).
    pub fn copy_out(
        &mut self,
        response: &backend::CopyOutResponse<'_>,
        output: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        self.emit(Kind::CopyOutResponse, response, output)
    }

    /// CopyBothResponse: data flows in both directions, as in streaming replication.
    ///
    /// # Errors
    ///
    /// As [`copy_in`](Self::copy_in).
    pub fn copy_both(
        &mut self,
        response: &backend::CopyBothResponse<'_>,
        output: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        self.emit(Kind::CopyBothResponse, response, output)
    }

    /// Whether CopyData may be sent now; like [`allows_rows`](Self::allows_rows).
    #[must_use]
    pub fn allows_copy_data(&self) -> bool {
        matches!(self.position.phase, Phase::CopyOut | Phase::CopyBoth)
    }

    /// CopyData: a piece of the data.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] outside COPY TO STDOUT; [`Misuse::Encode`] for a piece over the limit of a message.
    pub fn copy_data(&mut self, data: &[u8], output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.emit(Kind::CopyData, &frontend::CopyData { data }, output)
    }

    /// CopyDone: the data is complete; the tag follows.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] outside COPY TO STDOUT.
    pub fn copy_done(&mut self, output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.step(Kind::CopyDone)?;
        frontend::CopyDone.encode(output)?;
        Ok(())
    }

    /// ErrorResponse of severity ERROR: the current request failed. What the protocol says follows: after an extended
    /// message the machine skips to Sync, after a simple one [`ready`](Self::ready) is owed.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] if nothing is owed; an idle frontend can only be told something [`fatal`](Self::fatal).
    pub fn error(&mut self, error: &Report<'_>, output: &mut Vec<u8>) -> Result<(), Misuse> {
        let next = self.position.after_error()?;
        report::error(error, output)?;
        self.position = next;
        Ok(())
    }

    /// ErrorResponse of severity FATAL; the session is over.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] if it was over already.
    pub fn fatal(&mut self, error: &Report<'_>, output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.open()?;
        report::fatal(error, output)?;
        self.position.phase = Phase::Closed;
        Ok(())
    }

    /// Answers a [`ProtocolError`] as PostgreSQL does, and says what it means for the connection.
    pub fn reject(&mut self, error: &ProtocolError, output: &mut Vec<u8>) -> Consequence {
        let consequence = error.consequence();
        match consequence {
            Consequence::Report if self.position.after_error().is_ok() => {
                report::protocol(error, Severity::Error, output);
                if let Ok(next) = self.position.after_error() {
                    self.position = next;
                }
            }
            Consequence::Disconnect => self.position.phase = Phase::Closed,
            _ => {
                // Two errors in a row: the first is the cause (rule CP-03).
                if matches!(error, ProtocolError::UnexpectedInCopy(_)) {
                    report::protocol(error, Severity::Error, output);
                    report::lost_synchronization(output);
                } else {
                    report::protocol(error, Severity::Fatal, output);
                }
                self.position.phase = Phase::Closed;
                return Consequence::Terminate;
            }
        }
        consequence
    }

    /// ReadyForQuery: the request, or the series up to Sync, is answered.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] while something else is owed.
    #[inline]
    pub fn ready(&mut self, status: TransactionStatus, output: &mut Vec<u8>) -> Result<(), Misuse> {
        let next = self.position.after_ready()?;
        backend::ReadyForQuery { status }.encode(output)?;
        self.position = next;
        Ok(())
    }
}

#[inline]
fn decode<'a, M: Decode<'a>>(body: &'a [u8]) -> Result<M, ProtocolError> {
    M::decode(body).map_err(ProtocolError::Malformed)
}
