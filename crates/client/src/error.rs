//! What went wrong, as one opaque type.

use std::error::Error as StdError;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};

use trunkline_proto::client::{LoginError, Misuse, ProtocolError};
use trunkline_proto::{DecodeError, EncodeError, SqlState};
use trunkline_types::copy::Error as CopyError;

use crate::client::Fault;
use crate::row::ValueError;
use crate::{ConfigError, ServerError};

/// The result of whatever talks to a server.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something failed. `Display` says the cause, not only the occasion.
pub struct Error(Box<Kind>);

#[derive(Debug)]
pub(crate) enum Kind {
    Config(ConfigError),
    /// The system refused something.
    Io {
        what: String,
        source: io::Error,
    },
    /// The TLS configuration cannot be made, or the handshake failed.
    Tls {
        what: String,
        source: Option<Box<dyn StdError + Send + Sync>>,
    },
    Login(LoginError),
    /// A method that needs a hook: there is none, it failed, or what the server says to it will not do.
    Method {
        what: String,
        source: Option<Box<dyn StdError + Send + Sync>>,
    },
    /// The connection has served to find out where OAuth tokens come from; one is on its way for the next.
    TokenDue,
    Protocol(ProtocolError),
    Misuse(Misuse),
    Server(Box<ServerError>),
    /// The same, of a request that may have committed a part of what it does before.
    InPart(Box<ServerError>),
    /// The same, of a server that is not known and has not satisfied the login's policy: its words may be anybody's.
    Stranger(Box<ServerError>),
    /// The server refused a password that came from this file.
    Passfile(PathBuf, Error),
    /// A request to cancel failed; the session that it was for has nothing to do with that.
    Cancel(Error),
    /// `connect_timeout` ran out.
    Timeout(Duration),
    /// The stream ended where a message was due.
    Eof,
    /// Used after the end.
    Closed,
    /// The server is not what `target_session_attrs` asks for.
    TargetSession(&'static str),
    /// The process at the other end of a Unix socket is another user's.
    Peer(String),
    /// A value does not go with its column or parameter, or with the Rust type.
    Value(ValueError),
    /// A request of a client that failed for a reason of its own.
    Use(Fault),
    /// The session ended, and with it all that was under way.
    Lost(Arc<Error>),
    /// The session ended before this was sent.
    Unsent(Arc<Error>),
    /// A message that was let through cannot be read.
    Malformed(u8, DecodeError),
    /// Typed COPY data is not what its columns say.
    Copy(CopyError),
    /// The server cannot be told to cancel.
    NoCancelKey,
    /// Asked for, understood, and not there.
    Unsupported(&'static str),
    /// Every host failed, each with its reason.
    Hosts(Vec<(String, Error)>),
}

impl Error {
    pub(crate) fn io(what: impl Into<String>, source: io::Error) -> Self {
        Kind::Io {
            what: what.into(),
            source,
        }
        .into()
    }

    pub(crate) fn tls(
        what: impl Into<String>,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Kind::Tls {
            what: what.into(),
            source: Some(source.into()),
        }
        .into()
    }

    pub(crate) fn kind(&self) -> &Kind {
        &self.0
    }

    /// What the server said, if it is the server that refused. Of several hosts that failed, the last that said something.
    #[must_use]
    pub fn server(&self) -> Option<&ServerError> {
        match &*self.0 {
            Kind::Server(error) | Kind::InPart(error) | Kind::Stranger(error) => Some(error),
            Kind::Passfile(_, error) => error.server(),
            Kind::Lost(error) | Kind::Unsent(error) => error.server(),
            Kind::Hosts(hosts) => hosts.iter().rev().find_map(|(_, error)| error.server()),
            _ => None,
        }
    }

    /// The server's SQLSTATE.
    #[must_use]
    pub fn sqlstate(&self) -> Option<SqlState> {
        self.server().map(ServerError::sqlstate)
    }

    /// Whether the connection is of no use any more (or there never was one), as opposed to one request having failed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        match &*self.0 {
            Kind::Server(error) | Kind::InPart(error) => error.is_fatal(),
            Kind::Misuse(misuse) => *misuse == Misuse::Closed,
            Kind::Value(_)
            | Kind::Use(_)
            | Kind::Copy(_)
            | Kind::Malformed(..)
            | Kind::NoCancelKey
            | Kind::Cancel(_) => false,
            _ => true,
        }
    }

    /// Whether to do it again cannot do anything twice, and may well succeed. If it was part of a transaction, all of the transaction is
    /// to be done again; if [`is_closed`](Self::is_closed), on another connection.
    ///
    /// | what | why |
    /// |---|---|
    /// | no connection was made: no answer, the connection was lost, `connect_timeout` | nothing was asked for yet |
    /// | a server that refuses connections for the time being: 57P03, 53300 and the rest of class 53, class 08, 57P01, 57P02 | the same |
    /// | no server is of the kind that `target_session_attrs` asks for | the same; roles change hands |
    /// | the session was over before the request was sent, or a request before it in its pipeline had failed | it was not run |
    /// | 40001 serialization failure, 40P01 deadlock | the transaction was undone (PostgreSQL docs 13.5); but see below |
    /// | 55P03 a lock was not to be had in time | the statement was undone (docs 19.11.1, `lock_timeout`; `NOWAIT`); but see below |
    /// | 57P05, 25P03 the session was idle for too long | it ended before it took the request (docs 19.11.1) |
    ///
    /// What is undone is the transaction that was open when the error came. A request that may have committed another one before is not
    /// undone as a whole, and of a [`Client`](crate::Client)'s it is false: CALL and DO (a procedure may COMMIT), REINDEX, what is done
    /// CONCURRENTLY, several statements with a COMMIT before the last. It goes by the SQL, and does not see into a portal of such a
    /// statement or into [`copy_in`](crate::Client::copy_in) of several. An error that was made of a [`ServerError`] knows no SQL:
    /// after such a request on a [`Connection`](crate::Connection), do not go by this.
    ///
    /// Of everything else it is not certain, or doing it again changes nothing. Where a request was sent and its answer was lost, the
    /// server may have carried it out: so too with 57P01, which may come after a COMMIT that is done (docs 19.5.1, `synchronous_commit`).
    /// A refused login, a certificate or a configuration stays as it is.
    #[must_use]
    pub fn safe_to_retry(&self) -> bool {
        use SqlState as S;

        match &*self.0 {
            Kind::Hosts(tried) => tried.iter().any(|(_, error)| error.is_passing()),
            Kind::Unsent(_) | Kind::Misuse(Misuse::Closed) | Kind::Use(Fault::Skipped) => true,
            Kind::Server(error) => matches!(
                error.sqlstate(),
                S::SERIALIZATION_FAILURE
                    | S::DEADLOCK_DETECTED
                    | S::LOCK_NOT_AVAILABLE
                    | S::IDLE_SESSION_TIMEOUT
                    | S::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
            ),
            Kind::Lost(error) => error.server().is_some_and(|server| {
                matches!(
                    server.sqlstate(),
                    S::IDLE_SESSION_TIMEOUT | S::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
                )
            }),
            _ => false,
        }
    }

    /// Whether what kept a connection from being made may pass by itself.
    fn is_passing(&self) -> bool {
        match &*self.0 {
            Kind::Io { .. } | Kind::Eof | Kind::Timeout(_) | Kind::TargetSession(_) => true,
            Kind::Hosts(tried) => tried.iter().any(|(_, error)| error.is_passing()),
            Kind::Server(error) | Kind::Stranger(error) => {
                let sqlstate = error.sqlstate();
                matches!(sqlstate.class(), "08" | "53")
                    || matches!(
                        sqlstate,
                        SqlState::CANNOT_CONNECT_NOW
                            | SqlState::ADMIN_SHUTDOWN
                            | SqlState::CRASH_SHUTDOWN
                    )
            }
            _ => false,
        }
    }

    /// Whether `connect_timeout` ran out.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        match &*self.0 {
            Kind::Timeout(_) => true,
            Kind::Cancel(error) => error.is_timeout(),
            Kind::Hosts(hosts) => hosts.iter().any(|(_, error)| error.is_timeout()),
            _ => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Kind::Config(error) => error.fmt(f),
            Kind::Io { what, source } => write!(f, "{what}: {source}"),
            Kind::Tls {
                what,
                source: Some(source),
            }
            | Kind::Method {
                what,
                source: Some(source),
            } => write!(f, "{what}: {source}"),
            Kind::Tls { what, source: None } | Kind::Method { what, source: None } => {
                f.write_str(what)
            }
            Kind::TokenDue => f.write_str("an OAuth token is needed first"),
            Kind::Login(error) => error.fmt(f),
            Kind::Protocol(error) => error.fmt(f),
            Kind::Misuse(error) => error.fmt(f),
            Kind::Server(error) | Kind::InPart(error) => error.fmt(f),
            Kind::Passfile(path, error) => {
                write!(f, "{error}; the password was taken from {}", path.display())
            }
            Kind::Stranger(error) => {
                write!(f, "{error}, says a server that has not proved who it is")
            }
            Kind::Cancel(error) => write!(f, "cancelling failed: {error}"),
            Kind::Timeout(after) => write!(
                f,
                "no answer after {} s, which is all the time it may take",
                after.as_secs_f64()
            ),
            Kind::Eof => f.write_str(
                "the server closed the connection unexpectedly: it may have been shut down or have crashed",
            ),
            Kind::Closed => f.write_str("the connection is closed"),
            Kind::TargetSession(wanted) => write!(f, "the server is not what target_session_attrs asks for: {wanted}"),
            Kind::Peer(what) => f.write_str(what),
            Kind::Value(error) => error.fmt(f),
            Kind::Use(fault) => fault.fmt(f),
            Kind::Lost(error) | Kind::Unsent(error) => error.fmt(f),
            Kind::Malformed(tag, error) => {
                write!(f, "a message of type {:?} cannot be read: {error}", char::from(*tag))
            }
            Kind::Copy(error) => error.fmt(f),
            Kind::NoCancelKey => {
                f.write_str("the server gave no key to cancel with, so that nothing on this connection can be cancelled")
            }
            Kind::Unsupported(what) => write!(f, "{what} is not supported by this client"),
            Kind::Hosts(hosts) => {
                for (number, (host, error)) in hosts.iter().enumerate() {
                    let separator = if number == 0 { "" } else { "\n" };
                    write!(f, "{separator}connecting to {host} failed: {error}")?;
                }
                Ok(())
            }
        }
    }
}

/// As `Display`, since it is what a `main` that returns an error prints; `{:#?}` shows the inside.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            self.0.fmt(f)
        } else {
            fmt::Display::fmt(self, f)
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &*self.0 {
            Kind::Io { source, .. } => Some(source),
            Kind::Tls {
                source: Some(source),
                ..
            }
            | Kind::Method {
                source: Some(source),
                ..
            } => Some(&**source),
            Kind::Value(error) => error.source(),
            Kind::Lost(error) | Kind::Unsent(error) => error.source(),
            Kind::Hosts(hosts) => hosts
                .last()
                .map(|(_, error)| error as &(dyn StdError + 'static)),
            _ => None,
        }
    }
}

impl Kind {
    /// A message of this type whose body is not what it should be.
    #[cold]
    pub(crate) fn malformed(tag: u8, error: DecodeError) -> Error {
        Self::Malformed(tag, error).into()
    }
}

impl From<Kind> for Error {
    fn from(kind: Kind) -> Self {
        Self(Box::new(kind))
    }
}

macro_rules! from {
    ($($type:ty => $variant:ident),+) => {
        $(impl From<$type> for Error {
            fn from(error: $type) -> Self {
                Kind::$variant(error).into()
            }
        })+
    };
}

from!(ConfigError => Config, LoginError => Login, ProtocolError => Protocol, Misuse => Misuse, ValueError => Value, CopyError => Copy);

impl From<EncodeError> for Error {
    fn from(error: EncodeError) -> Self {
        Kind::Misuse(error.into()).into()
    }
}

impl From<ServerError> for Error {
    fn from(error: ServerError) -> Self {
        Kind::Server(Box::new(error)).into()
    }
}

#[cfg(test)]
mod tests;
