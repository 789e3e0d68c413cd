//! What a peer did wrong ([`ProtocolError`]) and what a caller did wrong ([`Misuse`]).

use core::fmt;

use crate::frame::FrameError;
use crate::{DecodeError, SqlState};

/// The frontend broke the protocol.
///
/// A fact about the peer; [`consequence`](Self::consequence) says what follows, and the machine's `reject` writes the
/// answer that PostgreSQL gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProtocolError {
    /// A message whose frame is sound and whose body is not (rule FR-04).
    Malformed(DecodeError),
    /// A type byte that no frontend message has (rule FR-02).
    UnknownMessage(u8),
    /// A length below the smallest or above the limit of its message (rule FR-03).
    Length {
        /// The type byte, or 0 for a startup packet.
        tag: u8,
        /// The length field as it came.
        length: i32,
    },
    /// Something other than CopyData, CopyDone or CopyFail during COPY FROM STDIN (rule CP-03).
    UnexpectedInCopy(u8),
    /// The protocol version asked for has another major number than 3.
    UnsupportedVersion {
        /// Upper half of the version word.
        major: u16,
        /// Lower half of the version word.
        minor: u16,
    },
    /// The parameters of a StartupMessage are not pairs of strings closed by one NUL byte (rule SP-02).
    StartupLayout,
    /// A CancelRequest whose key is empty or too long.
    BadCancelRequest,
    /// A StartupMessage without a user name.
    NoUser,
    /// `replication` is neither a boolean nor `database`.
    BadReplication,
    /// Bytes followed an SSLRequest before it was answered (CVE-2021-23214).
    DataAfterTlsRequest,
    /// Bytes followed a GSSENCRequest before it was answered (rule ST-06).
    DataAfterGssRequest,
    /// A message other than the response that the authentication waits for.
    ExpectedResponse {
        /// Whether a SASL response was due, rather than a password.
        sasl: bool,
        /// The type byte that came.
        tag: u8,
    },
    /// A SASL response that is longer than its mechanism allows.
    ResponseTooLong,
}

/// What a [`ProtocolError`] does to the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consequence {
    /// An ErrorResponse; the session goes on.
    Report,
    /// An ErrorResponse of severity FATAL, then the connection is closed.
    Terminate,
    /// The connection is closed without a word: the stream cannot be trusted.
    Disconnect,
}

impl ProtocolError {
    /// What follows from the error.
    #[must_use]
    pub fn consequence(&self) -> Consequence {
        match self {
            Self::Malformed(_) => Consequence::Report,
            Self::Length { .. } | Self::BadCancelRequest => Consequence::Disconnect,
            _ => Consequence::Terminate,
        }
    }

    /// The SQLSTATE that PostgreSQL reports.
    #[must_use]
    pub fn sqlstate(&self) -> SqlState {
        match self {
            Self::UnsupportedVersion { .. } => SqlState::FEATURE_NOT_SUPPORTED,
            Self::NoUser => SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
            Self::BadReplication => SqlState::INVALID_PARAMETER_VALUE,
            Self::ResponseTooLong => SqlState::INVALID_PASSWORD,
            _ => SqlState::PROTOCOL_VIOLATION,
        }
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => error.fmt(f),
            Self::UnknownMessage(tag) => write!(f, "invalid frontend message type {tag}"),
            Self::Length { tag: 0, .. } => f.write_str("invalid length of startup packet"),
            Self::Length { .. } => f.write_str("invalid message length"),
            Self::BadCancelRequest => f.write_str("invalid length of a cancel request's key"),
            Self::UnexpectedInCopy(tag) => write!(
                f,
                "unexpected message type 0x{tag:02X} during COPY from stdin"
            ),
            Self::UnsupportedVersion { major, minor } => write!(
                f,
                "unsupported frontend protocol {major}.{minor}: server supports 3.0 to 3.2"
            ),
            Self::StartupLayout => {
                f.write_str("invalid startup packet layout: expected terminator as last byte")
            }
            Self::NoUser => f.write_str("no PostgreSQL user name specified in startup packet"),
            Self::BadReplication => f.write_str("invalid value for parameter \"replication\""),
            Self::DataAfterTlsRequest => f.write_str("received unencrypted data after SSL request"),
            Self::DataAfterGssRequest => {
                f.write_str("received unencrypted data after GSSAPI encryption request")
            }
            Self::ExpectedResponse { sasl: true, tag } => {
                write!(f, "expected SASL response, got message type {tag}")
            }
            Self::ExpectedResponse { sasl: false, tag } => {
                write!(f, "expected password response, got message type {tag}")
            }
            Self::ResponseTooLong => f.write_str("password authentication failed"),
        }
    }
}

impl core::error::Error for ProtocolError {}

/// The caller asked the machine for something that the protocol does not allow now: a fault of our own side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Misuse {
    /// The message is not due at this point.
    OutOfOrder,
    /// The message cannot be encoded.
    Encode(crate::EncodeError),
}

impl From<crate::EncodeError> for Misuse {
    fn from(error: crate::EncodeError) -> Self {
        Self::Encode(error)
    }
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfOrder => {
                f.write_str("this message is not due at this point of the protocol")
            }
            Self::Encode(error) => write!(f, "the message cannot be encoded: {error}"),
        }
    }
}

impl core::error::Error for Misuse {}

impl From<FrameError> for ProtocolError {
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::UnknownType(tag) => Self::UnknownMessage(tag),
            FrameError::BadLength { tag, len } => Self::Length { tag, length: len },
            FrameError::BadStartupLength(length) => Self::Length { tag: 0, length },
        }
    }
}
