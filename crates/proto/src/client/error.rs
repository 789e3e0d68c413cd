//! What a server did wrong ([`ProtocolError`]), why a login is broken off ([`LoginError`]) and what a caller did wrong ([`Misuse`]).

use core::fmt;

use super::Method;
use crate::auth::UnusablePassword;
use crate::auth::scram::ClientError;
use crate::frame::FrameError;
use crate::frontend::ProtocolVersion;
use crate::{DecodeError, EncodeError};

/// The server broke the protocol. The connection cannot be used any more: no reply on it can be told from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProtocolError {
    /// A message whose frame is sound and whose body is not.
    Malformed {
        /// The type byte.
        tag: u8,
        /// What is wrong with the body.
        error: DecodeError,
    },
    /// A type byte that no backend message has, or none that is legal at this point of the login.
    UnknownMessage(u8),
    /// A length below the smallest or above the limit of its message.
    Length {
        /// The type byte.
        tag: u8,
        /// The length field as it came.
        length: i32,
    },
    /// A message that is not due.
    Unexpected {
        /// The type byte that came.
        tag: u8,
        /// What was due instead.
        expected: &'static str,
    },
    /// A row with another number of values than its description has columns.
    Columns {
        /// Columns of the description.
        described: usize,
        /// Values of the row.
        received: usize,
    },
    /// The answer to a request for encryption is none.
    EncryptionAnswer(u8),
    /// The server answered a request for encryption with an error.
    EncryptionError,
    /// Bytes followed the answer to a request for encryption before the handshake (CVE-2021-23222).
    DataBeforeEncryption,
    /// A NegotiateProtocolVersion that answers nothing that was asked (rule NV-04).
    Negotiation(
        /// What is wrong with it.
        &'static str,
    ),
    /// An authentication request that is not due (rule AU-02).
    AuthenticationOrder {
        /// Its code.
        code: i32,
        /// What was due instead.
        expected: &'static str,
    },
    /// A cancel key whose length the protocol version does not allow.
    CancelKey {
        /// Its length in bytes.
        length: usize,
    },
    /// More bytes than a server can need for a login (rule LM-03).
    LoginTooLong,
}

/// A type byte as a person reads it.
struct Tag(u8);

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_ascii_graphic() {
            write!(f, "'{}'", char::from(self.0))
        } else {
            write!(f, "0x{:02x}", self.0)
        }
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { tag, error } => {
                write!(f, "the server sent a malformed message of type {}: {error}", Tag(*tag))
            }
            Self::UnknownMessage(tag) => {
                write!(f, "the server sent a message of type {}, which is none here", Tag(*tag))
            }
            Self::Length { tag, length } => {
                write!(f, "the server sent a message of type {} with length {length}", Tag(*tag))
            }
            Self::Unexpected { tag, expected } => {
                write!(f, "the server sent a message of type {}, expected {expected}", Tag(*tag))
            }
            Self::Columns { described, received } => write!(
                f,
                "the server sent a row of {received} values for {described} columns"
            ),
            Self::EncryptionAnswer(byte) => write!(
                f,
                "the server answered the request for encryption with {}; is it PostgreSQL?",
                Tag(*byte)
            ),
            Self::EncryptionError => f.write_str(
                "the server answered the request for encryption with an error, which is not shown because nobody vouches for it; its own log has it",
            ),
            Self::DataBeforeEncryption => f.write_str(
                "the server sent data before the encryption it agreed to: somebody may be tampering with the connection",
            ),
            Self::Negotiation(what) => {
                write!(f, "the server negotiates the protocol version wrongly: {what}")
            }
            Self::AuthenticationOrder { code, expected } => write!(
                f,
                "the server sent authentication request {code}, expected {expected}"
            ),
            Self::CancelKey { length } => write!(
                f,
                "the server sent a cancel key of {length} bytes, which this protocol version does not have"
            ),
            Self::LoginTooLong => {
                f.write_str("the server sent more than a login can need, and still no end to it")
            }
        }
    }
}

impl core::error::Error for ProtocolError {}

impl From<FrameError> for ProtocolError {
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::UnknownType(tag) => Self::UnknownMessage(tag),
            FrameError::BadLength { tag, len } => Self::Length { tag, length: len },
            FrameError::BadStartupLength(length) => Self::Length { tag: 0, length },
        }
    }
}

/// Why the client breaks a login off. Nothing more may be sent on the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoginError {
    /// The server broke the protocol.
    Protocol(ProtocolError),
    /// The server asks for a method, or for none at all, that the policy does not accept.
    Method(Method),
    /// The policy requires channel binding, which this method has not (CVE-2025-49146).
    BindingRequired(Method),
    /// The server asks for a password, and there is none.
    NoPassword(Method),
    /// The password cannot be used.
    Password(UnusablePassword),
    /// The server offers no SASL mechanism that this client has.
    Mechanisms,
    /// The SCRAM exchange failed.
    Scram(ClientError),
    /// An authentication request that only servers of long ago make.
    Unsupported {
        /// Its code.
        code: i32,
    },
    /// The server speaks only a version below the lowest that the policy accepts.
    Version {
        /// What the server speaks.
        offered: ProtocolVersion,
        /// What the policy asks for at least.
        minimum: ProtocolVersion,
    },
    /// A response that cannot be encoded.
    Encode(EncodeError),
}

impl fmt::Display for LoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Protocol(error) => error.fmt(f),
            Self::Method(Method::None) => f.write_str(
                "the server lets the client in without asking who it is, which the accepted authentication methods rule out",
            ),
            Self::Method(Method::Password) => f.write_str(
                "the server asks for the password in clear, which is not accepted on this connection",
            ),
            Self::Method(method) => write!(
                f,
                "the server asks for {} authentication, which is not among the accepted methods",
                method.name()
            ),
            Self::BindingRequired(Method::None) => f.write_str(
                "channel binding is required, but the server lets the client in without authentication",
            ),
            Self::BindingRequired(method) => write!(
                f,
                "channel binding is required, but the server asks for {} authentication, which has none",
                method.name()
            ),
            Self::NoPassword(method) => {
                write!(f, "the server asks for {} authentication, but no password is given", method.name())
            }
            Self::Password(error) => error.fmt(f),
            Self::Mechanisms => {
                f.write_str("the server offers no SASL mechanism that this client has or may use")
            }
            Self::Scram(error) => error.fmt(f),
            Self::Unsupported { code } => {
                write!(f, "the server asks for authentication method {code}, which is not supported")
            }
            Self::Version { offered, minimum } => write!(
                f,
                "the server speaks protocol {offered} at most, but {minimum} is the lowest that is accepted"
            ),
            Self::Encode(error) => write!(f, "a response cannot be encoded: {error}"),
        }
    }
}

impl core::error::Error for LoginError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Protocol(error) => Some(error),
            Self::Scram(error) => Some(error),
            Self::Encode(error) => Some(error),
            _ => None,
        }
    }
}

impl From<ProtocolError> for LoginError {
    fn from(error: ProtocolError) -> Self {
        Self::Protocol(error)
    }
}

impl From<FrameError> for LoginError {
    fn from(error: FrameError) -> Self {
        Self::Protocol(error.into())
    }
}

impl From<ClientError> for LoginError {
    fn from(error: ClientError) -> Self {
        Self::Scram(error)
    }
}

impl From<EncodeError> for LoginError {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}

/// The caller asked the machine for something that the protocol does not allow now: a fault of our own side. Nothing was
/// appended to the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Misuse {
    /// The message is not allowed at this point.
    OutOfOrder,
    /// A request of the series failed; the server discards everything up to the next Sync.
    SyncDue,
    /// The connection is over.
    Closed,
    /// An OAuth token with bytes that RFC 6750 does not allow.
    Token,
    /// The message cannot be encoded.
    Encode(EncodeError),
}

impl From<EncodeError> for Misuse {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfOrder => {
                f.write_str("this message is not allowed at this point of the protocol")
            }
            Self::SyncDue => f.write_str("an earlier request failed: Sync is due first"),
            Self::Closed => f.write_str("the connection is over"),
            Self::Token => f.write_str("the OAuth token has characters that no bearer token has"),
            Self::Encode(error) => write!(f, "the message cannot be encoded: {error}"),
        }
    }
}

impl core::error::Error for Misuse {}
