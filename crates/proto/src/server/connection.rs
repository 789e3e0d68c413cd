//! The machine of a session after login.

use core::fmt;

use super::ProtocolError;
use super::phase::{Owed, Path, Phase, Position};
use crate::auth::Authenticated;
use crate::frontend::{self, Target};
use crate::{Decode, Limits, frame};

/// The server's side of one session, from login to the end.
///
/// Feed it bytes with [`receive`](Self::receive), answer each event through its other methods, which append to the
/// caller's buffer, and write what they queued. It holds no buffer, no clock and no socket.
///
/// Only [`Login::finish`](super::Login::finish) makes one, and that needs the [`Authenticated`] that only a successful
/// exchange makes.
#[derive(Debug)]
pub struct Connection {
    pub(super) position: Position,
    limits: Limits,
}

/// A request of the frontend that is legal now.
///
/// Each names the answers that it is owed; until they are sent, [`Connection::receive`] yields nothing more (except
/// during COPY FROM STDIN).
///
/// `Debug` shows no SQL, parameters or data, only how long they are: people log what they see.
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

impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Query(query) => bytes(f, "Query", query.sql),
            Self::Parse(parse) => f
                .debug_struct("Parse")
                .field("statement", &parse.statement)
                .field("bytes", &parse.sql.len())
                .field("types", &parse.types)
                .finish(),
            Self::Bind(bind) => f
                .debug_struct("Bind")
                .field("portal", &bind.portal)
                .field("statement", &bind.statement)
                .field("parameters", &bind.params.len())
                .finish(),
            Self::Describe(target) => f.debug_tuple("Describe").field(target).finish(),
            Self::Execute(execute) => execute.fmt(f),
            Self::Close(target) => f.debug_tuple("Close").field(target).finish(),
            Self::Flush => f.write_str("Flush"),
            Self::Sync => f.write_str("Sync"),
            Self::FunctionCall(call) => f
                .debug_struct("FunctionCall")
                .field("function", &call.function)
                .field("arguments", &call.arguments.len())
                .finish(),
            Self::CopyData(data) => bytes(f, "CopyData", data),
            Self::CopyDone => f.write_str("CopyDone"),
            Self::CopyFail(reason) => bytes(f, "CopyFail", reason),
            Self::Terminate => f.write_str("Terminate"),
        }
    }
}

/// A name, and the length of what is better not shown.
pub(super) fn bytes(f: &mut fmt::Formatter<'_>, name: &str, shown: &[u8]) -> fmt::Result {
    write!(f, "{name}({} bytes)", shown.len())
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
                | Owed::MoreResults
                | Owed::Rows
                | Owed::FunctionResult
                | Owed::CopyTag(Path::Simple)
                | Owed::Ready
                | Owed::Settled
        )
    }

    /// Whether the session is over.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.position.phase == Phase::Closed
    }
}

#[inline]
fn decode<'a, M: Decode<'a>>(body: &'a [u8]) -> Result<M, ProtocolError> {
    M::decode(body).map_err(ProtocolError::Malformed)
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;
    use crate::server::Response;

    #[test]
    fn debug_shows_no_secrets() {
        let secret = b"swordfish";
        let numbers = format!("{secret:?}");
        for shown in [
            format!("{:?}", Event::Query(frontend::Query { sql: secret })),
            format!("{:?}", Event::CopyData(secret)),
            format!("{:?}", Event::CopyFail(secret)),
            format!("{:?}", Response::Password(secret)),
            format!("{:?}", Response::Sasl(secret)),
            format!("{:?}", Response::Gss(secret)),
            format!(
                "{:?}",
                Response::SaslInitial {
                    mechanism: secret,
                    data: Some(secret)
                }
            ),
        ] {
            assert!(shown.contains("9 bytes"), "{shown}");
            assert!(
                !shown.contains("swordfish") && !shown.contains(&numbers),
                "{shown}"
            );
        }
    }
}
