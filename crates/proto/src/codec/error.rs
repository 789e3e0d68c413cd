//! What can be wrong with a body that was read, and with a message to be written.

use core::fmt;

use crate::SqlState;

/// Why a body is not the message that its type byte says.
///
/// The text of each is PostgreSQL's own, and so is its SQLSTATE, `08P01` for all of them. The frame around the
/// body was whole: the stream is in step, and the error is an ordinary one (PostgreSQL docs 54.2.2).
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
#[non_exhaustive]
pub enum DecodeError {
    /// The body ends where a byte should be.
    NoData,
    /// The body ends inside a number or a run of bytes.
    Insufficient,
    /// A length is negative, and is not the −1 that means NULL.
    NegativeLength(i32),
    /// The same, in the arguments of a FunctionCall, for which PostgreSQL has a text of its own.
    ArgumentSize(i32),
    /// Bytes are left after the last field.
    Trailing,
    /// A string has no NUL before the end of the body.
    UnterminatedString,
    /// A startup packet does not end in a terminator, or has a name without a value.
    StartupLayout,
    /// A password has a NUL inside or none at its end.
    PasswordSize,
    /// A cancel key is shorter or longer than the protocol allows; the length is in bytes.
    CancelKeyLength(usize),
    /// Describe names something other than a statement (`S`) or a portal (`P`).
    DescribeTarget(u8),
    /// Close names something other than a statement (`S`) or a portal (`P`).
    CloseTarget(u8),
    /// A reply's format code is neither 0 (text) nor 1 (binary).
    FormatCode(i16),
    /// ReadyForQuery's status is none of `I`, `T` and `E`.
    TransactionStatus(u8),
    /// An authentication request has a code that no version of the protocol defines.
    AuthenticationCode(i32),
    /// NegotiateProtocolVersion claims a negative number of options.
    NegativeCount(i32),
    /// A list of names has an empty one where it may not end.
    EmptyString,
    /// No message of this direction has the type byte.
    UnknownType(u8),
}

impl DecodeError {
    /// The SQLSTATE to answer with: `08P01`, protocol violation.
    #[must_use]
    pub const fn sqlstate(self) -> SqlState {
        SqlState::PROTOCOL_VIOLATION
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoData => f.write_str("no data left in message"),
            Self::Insufficient | Self::NegativeLength(_) => {
                f.write_str("insufficient data left in message")
            }
            Self::ArgumentSize(size) => {
                write!(f, "invalid argument size {size} in function call message")
            }
            Self::Trailing | Self::EmptyString => f.write_str("invalid message format"),
            Self::UnterminatedString => f.write_str("invalid string in message"),
            Self::StartupLayout => {
                f.write_str("invalid startup packet layout: expected terminator as last byte")
            }
            Self::PasswordSize => f.write_str("invalid password packet size"),
            Self::CancelKeyLength(_) => f.write_str("invalid length of cancel key"),
            Self::DescribeTarget(kind) => write!(f, "invalid DESCRIBE message subtype {kind}"),
            Self::CloseTarget(kind) => write!(f, "invalid CLOSE message subtype {kind}"),
            Self::FormatCode(code) => write!(f, "unsupported format code: {code}"),
            Self::TransactionStatus(status) => write!(f, "invalid transaction status {status}"),
            Self::AuthenticationCode(code) => {
                write!(f, "authentication method {code} not supported")
            }
            Self::NegativeCount(count) => write!(f, "invalid number of options {count}"),
            Self::UnknownType(tag) => write!(f, "invalid message type {tag}"),
        }
    }
}

impl core::error::Error for DecodeError {}

/// Why a message cannot be written.
///
/// Each is a value of the caller's that has no form on the wire. Writing it all the same is how lengths wrap
/// and data is read as messages, so nothing is written.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
#[non_exhaustive]
pub enum EncodeError {
    /// A string holds a NUL, which would end it early.
    NulInString,
    /// A string that stands in a list ended by an empty one is itself empty.
    EmptyString,
    /// A count does not fit its two bytes.
    TooManyItems {
        /// The most that fits.
        limit: usize,
    },
    /// A value or the whole message does not fit its four-byte length.
    TooLong {
        /// The most bytes that fit.
        limit: usize,
    },
    /// A cancel key is shorter or longer than the protocol allows; the length is in bytes.
    CancelKeyLength(usize),
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NulInString => f.write_str("a string of the protocol cannot contain a NUL byte"),
            Self::EmptyString => f.write_str("a name in this list cannot be empty"),
            Self::TooManyItems { limit } => {
                write!(f, "a message holds at most {limit} items of a kind")
            }
            Self::TooLong { limit } => {
                write!(f, "a message or value is at most {limit} bytes long")
            }
            Self::CancelKeyLength(length) => {
                write!(
                    f,
                    "a cancel key is 4 to 256 bytes long, this one has {length}"
                )
            }
        }
    }
}

impl core::error::Error for EncodeError {}
