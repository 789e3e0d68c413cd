//! Why a server refuses a login.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

use crate::SqlState;

/// What was wrong with a client's part of an exchange. The server answers it with a FATAL error and closes.
///
/// `Display` is PostgreSQL's message; [`detail`](Self::detail) is its DETAIL. Both are safe to send: they hold nothing that the
/// client did not send, and [`Rejected`](Self::Rejected) does not say which of its causes it was.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// The password is wrong, the user does not exist, or its secret does not serve this method.
    Rejected,
    /// A password message whose body is not exactly one string that ends in NUL.
    PasswordPacket,
    /// An empty password, which never opens anything.
    EmptyPassword,
    /// A SASL mechanism that was not offered.
    Mechanism,
    /// A SCRAM message without a byte.
    Empty,
    /// A SCRAM message with a NUL in it.
    Nul,
    /// SCRAM-SHA-256-PLUS with a header that says there is no channel binding.
    BindingMissing,
    /// SCRAM-SHA-256 with a header that says there is channel binding.
    BindingUnexpected,
    /// The client was told, by somebody in between, that this server cannot bind to the channel.
    Downgrade,
    /// A channel binding other than `tls-server-end-point`.
    BindingType(Sanitized),
    /// A channel-binding flag other than `n`, `y` and `p`.
    BindingFlag(u8),
    /// Something else where a comma must stand. NUL here and below is the end of the message.
    Comma(u8),
    /// The client wants to act as another user (`a=`).
    AuthorizationIdentity,
    /// An attribute before the user name that does not belong there.
    HeaderAttribute(u8),
    /// An extension that the client insists on (`m=`).
    Extension,
    /// Another attribute than the one that must follow.
    Attribute {
        /// The attribute that must follow.
        expected: u8,
        /// What stands there.
        found: u8,
    },
    /// An attribute without `=`.
    Equals(u8),
    /// Something that is not an attribute, or the end, where one must follow.
    NoAttribute(u8),
    /// A nonce that is empty. PostgreSQL takes it; the exchange's freshness on the client's side would rest on nothing.
    EmptyNonce,
    /// A nonce with bytes that are not printable ASCII.
    NonceCharacter,
    /// A nonce other than the one that the server sent.
    Nonce,
    /// The certificate that the client saw is not the one that this server showed.
    BindingCheck,
    /// The second message repeats another header than the first one had.
    BindingAttribute,
    /// A proof that is not the base64 of 32 bytes.
    Proof,
    /// Something after the proof.
    Trailing,
}

impl Error {
    /// The SQLSTATE of the answer: 28P01, 28000, 0A000 or 08P01.
    #[must_use]
    pub const fn sqlstate(&self) -> SqlState {
        match self {
            Self::Rejected | Self::EmptyPassword => SqlState::INVALID_PASSWORD,
            Self::Downgrade | Self::BindingCheck => SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
            Self::AuthorizationIdentity | Self::Extension => SqlState::FEATURE_NOT_SUPPORTED,
            _ => SqlState::PROTOCOL_VIOLATION,
        }
    }

    /// The message for the client that said it is `user`: it names the user where PostgreSQL's does.
    #[must_use]
    pub fn message(&self, user: &str) -> String {
        match self {
            Self::Rejected => format!("password authentication failed for user \"{user}\""),
            other => other.to_string(),
        }
    }

    /// The DETAIL of the answer, where PostgreSQL gives one.
    #[must_use]
    pub fn detail(&self) -> Option<String> {
        Some(match self {
            Self::Empty => "The message is empty.".into(),
            Self::Nul => "Message length does not match input length.".into(),
            Self::BindingMissing => "The client selected SCRAM-SHA-256-PLUS, but the SCRAM message does not include channel binding data.".into(),
            Self::BindingUnexpected => "The client selected SCRAM-SHA-256 without channel binding, but the SCRAM message includes channel binding data.".into(),
            Self::Downgrade => "The client supports SCRAM channel binding but thinks the server does not.  However, this server does support channel binding.".into(),
            Self::BindingFlag(found) => format!("Unexpected channel-binding flag \"{}\".", Byte(*found)),
            Self::Comma(found) => format!("Comma expected, but found character \"{}\".", Byte(*found)),
            Self::HeaderAttribute(found) => format!("Unexpected attribute \"{}\" in client-first-message.", Byte(*found)),
            Self::Attribute { expected, found } => format!("Expected attribute \"{}\" but found \"{}\".", Byte(*expected), Byte(*found)),
            Self::Equals(attribute) => format!("Expected character \"=\" for attribute \"{}\".", Byte(*attribute)),
            Self::NoAttribute(0) => "Attribute expected, but found end of string.".into(),
            Self::NoAttribute(found) => format!("Attribute expected, but found invalid character \"{}\".", Byte(*found)),
            Self::EmptyNonce => "The nonce is empty.".into(),
            Self::Nonce => "Nonce does not match.".into(),
            Self::Proof => "Malformed proof in client-final-message.".into(),
            Self::Trailing => "Garbage found at the end of client-final-message.".into(),
            _ => return None,
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rejected => "password authentication failed",
            Self::PasswordPacket => "invalid password packet size",
            Self::EmptyPassword => "empty password returned by client",
            Self::Mechanism => "client selected an invalid SASL authentication mechanism",
            Self::Downgrade => "SCRAM channel binding negotiation error",
            Self::BindingType(found) => {
                return write!(f, "unsupported SCRAM channel-binding type \"{found}\"");
            }
            Self::AuthorizationIdentity => {
                "client uses authorization identity, but it is not supported"
            }
            Self::Extension => "client requires an unsupported SCRAM extension",
            Self::NonceCharacter => "non-printable characters in SCRAM nonce",
            Self::Nonce => "invalid SCRAM response",
            Self::BindingCheck => "SCRAM channel binding check failed",
            Self::BindingAttribute => {
                "unexpected SCRAM channel-binding attribute in client-final-message"
            }
            _ => "malformed SCRAM message",
        })
    }
}

impl core::error::Error for Error {}

/// The head of a string from the peer, fit for an error message: 30 bytes at most, `?` for what is not printable ASCII.
#[derive(Copy, Clone, Eq, PartialEq)]
pub struct Sanitized([u8; Self::LIMIT]);

impl Sanitized {
    const LIMIT: usize = 30;

    pub(super) fn new(raw: &[u8]) -> Self {
        let mut shown = [0; Self::LIMIT];
        for (to, from) in shown.iter_mut().zip(raw) {
            *to = if from.is_ascii_graphic() { *from } else { b'?' };
        }
        Self(shown)
    }
}

impl fmt::Display for Sanitized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .take_while(|byte| **byte != 0)
            .try_for_each(|byte| fmt::Write::write_char(f, char::from(*byte)))
    }
}

impl fmt::Debug for Sanitized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// A byte from the peer: itself if it is printable ASCII, else its number.
struct Byte(u8);

impl fmt::Display for Byte {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_ascii_graphic() {
            fmt::Write::write_char(f, char::from(self.0))
        } else {
            write!(f, "{:#04x}", self.0)
        }
    }
}
