//! SCRAM-SHA-256 and SCRAM-SHA-256-PLUS, both sides.
//!
//! ```text
//!  client                                              server
//!  Client ── first ──▶  n,,n=,r=CLIENT                 Server ── select ──▶ AwaitFinal
//!  AwaitServerFirst     ◀──  r=CLIENT+SERVER,s=SALT,i=COUNT
//!     └─ respond ──▶    c=biws,r=…,p=PROOF             AwaitFinal ── last ──▶ Authenticated
//!  AwaitServerFinal     ◀──  v=SIGNATURE
//!     └─ verify ──▶ Verified
//! ```
//!
//! A step consumes its state: an exchange that failed cannot be gone on with, and the end cannot be reached but through the middle.
//!
//! Source: PostgreSQL docs 54.3.1, RFC 5802, RFC 7677.

mod attributes;
mod client;
mod keys;
mod server;
#[cfg(test)]
mod tests;

pub use client::{
    AwaitServerFinal, AwaitServerFirst, Client, ClientError, DEFAULT_ITERATION_CAP, Proving,
    Verified,
};
pub use keys::ClientKeys;
pub(super) use keys::{Derivation, Key, key_from_base64};
pub use server::{AwaitFinal, AwaitFirst, Selected, Server};

use super::Binding;
use alloc::string::String;
use base64ct::{Base64, Encoding};

/// Number of random bytes in a nonce: 18 bytes are 24 characters of base64.
pub const NONCE_LEN: usize = 18;

/// What the length field of a SASL message from the client may say at most. PostgreSQL answers a longer one as a wrong password.
pub const MAX_MESSAGE_LEN: u32 = 1024;

/// A SASL mechanism of this family.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub enum Mechanism {
    /// SCRAM-SHA-256: no channel binding.
    Sha256,
    /// SCRAM-SHA-256-PLUS: bound to the server's certificate.
    Sha256Plus,
}

impl Mechanism {
    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SCRAM-SHA-256",
            Self::Sha256Plus => "SCRAM-SHA-256-PLUS",
        }
    }

    /// The mechanism that goes by `name`.
    #[must_use]
    pub fn from_name(name: &[u8]) -> Option<Self> {
        [Self::Sha256, Self::Sha256Plus]
            .into_iter()
            .find(|mechanism| mechanism.name().as_bytes() == name)
    }

    /// What a server offers on a link, in the order of its preference: the content of AuthenticationSASL.
    #[must_use]
    pub const fn offered(binding: &Binding) -> &'static [Self] {
        match binding {
            Binding::Plaintext | Binding::Unbindable => &[Self::Sha256],
            Binding::ServerEndPoint(_) => &[Self::Sha256Plus, Self::Sha256],
        }
    }
}

/// The only channel-binding type in use.
const BINDING_TYPE: &[u8] = b"tls-server-end-point";

/// The start of a client's first message (RFC 5801's gs2 header), which its second message repeats in base64.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
enum Header {
    /// `n`: the client cannot or will not bind.
    Unsupported,
    /// `y`: the client could, and believes that the server cannot.
    Unoffered,
    /// `p`: binding to the server's certificate.
    Bound,
}

impl Header {
    const fn text(self) -> &'static str {
        match self {
            Self::Unsupported => "n,,",
            Self::Unoffered => "y,,",
            Self::Bound => "p=tls-server-end-point,,",
        }
    }

    /// The value of `c=` in the client's second message.
    fn attribute(self, binding: &Binding) -> String {
        let mut raw = alloc::vec::Vec::from(self.text());
        if let (Self::Bound, Binding::ServerEndPoint(end_point)) = (self, binding) {
            raw.extend_from_slice(end_point.as_bytes());
        }
        Base64::encode_string(&raw)
    }
}
