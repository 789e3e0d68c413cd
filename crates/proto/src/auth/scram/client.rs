//! The client's side of the exchange.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str;

use base64ct::{Base64, Encoding};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::attributes::{Attributes, is_printable};
use super::{ClientKeys, Derivation, Header, Key, Mechanism, NONCE_LEN, key_from_base64, keys};
use crate::auth::{Binding, Error, Sanitized, UnusablePassword, saslprep, verifier};

/// How many iterations a server may ask of a client, unless the client says otherwise.
pub const DEFAULT_ITERATION_CAP: u32 = 1_000_000;

/// An exchange about to begin.
pub struct Client {
    secret: Secret,
    nonce: String,
    binding: Binding,
    cap: u32,
    must_bind: bool,
}

/// What the client proves that it knows.
enum Secret {
    /// After SASLprep.
    Password(Zeroizing<Vec<u8>>),
    Keys(ClientKeys),
}

impl Client {
    /// `nonce`: random bytes, fresh for every connection.
    ///
    /// # Errors
    ///
    /// [`UnusablePassword`]: empty, or with a NUL.
    pub fn new(
        password: &[u8],
        nonce: [u8; NONCE_LEN],
        binding: Binding,
    ) -> Result<Self, UnusablePassword> {
        verifier::usable(password)?;
        let password = Zeroizing::new(saslprep::prepare(password).into_owned());
        Ok(Self::prove(Secret::Password(password), nonce, binding))
    }

    /// With keys in the place of the password. Nothing is hashed then, and they serve only with the salt and the iterations that they
    /// were made with.
    #[must_use]
    pub fn with_keys(keys: ClientKeys, nonce: [u8; NONCE_LEN], binding: Binding) -> Self {
        Self::prove(Secret::Keys(keys), nonce, binding)
    }

    fn prove(secret: Secret, nonce: [u8; NONCE_LEN], binding: Binding) -> Self {
        Self {
            secret,
            nonce: Base64::encode_string(&nonce),
            binding,
            cap: DEFAULT_ITERATION_CAP,
            must_bind: false,
        }
    }

    /// Accepts up to `cap` iterations instead of [`DEFAULT_ITERATION_CAP`]. A server that may ask for any number can keep a client
    /// busy for hours (CVE-2026-42198).
    #[must_use]
    pub const fn iteration_cap(mut self, cap: u32) -> Self {
        self.cap = cap;
        self
    }

    /// Takes SCRAM-SHA-256-PLUS or nothing, as libpq's `channel_binding=require`.
    ///
    /// The exchange sees to itself only: that the server asks for SASL at all is for the caller to insist on.
    #[must_use]
    pub const fn require_binding(mut self) -> Self {
        self.must_bind = true;
        self
    }

    /// Chooses among the mechanisms that the server offered; gives the choice and the first message.
    ///
    /// # Errors
    ///
    /// [`ClientError::Mechanisms`], [`ClientError::BindingRequired`], [`ClientError::PlusWithoutTls`].
    pub fn first<'m>(
        self,
        offered: impl IntoIterator<Item = &'m [u8]>,
    ) -> Result<(Mechanism, Vec<u8>, AwaitServerFirst), ClientError> {
        let (mut plain, mut plus) = (false, false);
        for mechanism in offered {
            match Mechanism::from_name(mechanism) {
                Some(Mechanism::Sha256) => plain = true,
                Some(Mechanism::Sha256Plus) => plus = true,
                None => {}
            }
        }
        let (mechanism, header) = match self.binding {
            Binding::Plaintext if plus => return Err(ClientError::PlusWithoutTls),
            Binding::ServerEndPoint(_) if plus => (Mechanism::Sha256Plus, Header::Bound),
            _ if self.must_bind => return Err(ClientError::BindingRequired),
            _ if !plain => return Err(ClientError::Mechanisms),
            // The server sees from this that somebody took -PLUS off its list.
            Binding::ServerEndPoint(_) => (Mechanism::Sha256, Header::Unoffered),
            Binding::Plaintext | Binding::Unbindable => (Mechanism::Sha256, Header::Unsupported),
        };
        // The user name is left empty: the startup packet has it.
        let bare = format!("n=,r={}", self.nonce);
        let message = format!("{}{bare}", header.text()).into_bytes();
        let next = AwaitServerFirst {
            attribute: header.attribute(&self.binding),
            client: self,
            bare,
        };
        Ok((mechanism, message, next))
    }
}

/// The first message is sent, the server's challenge is to come.
pub struct AwaitServerFirst {
    client: Client,
    attribute: String,
    bare: String,
}

impl AwaitServerFirst {
    /// Takes the challenge and answers it at once. The thread is busy for as long as the server asks, about a millisecond at 4096
    /// iterations; where that is too long to be deaf, use [`challenge`](Self::challenge).
    ///
    /// # Errors
    ///
    /// Those of [`challenge`](Self::challenge).
    pub fn respond(self, challenge: &[u8]) -> Result<(Vec<u8>, AwaitServerFinal), ClientError> {
        self.challenge(challenge).map(Proving::finish)
    }

    /// Takes the challenge. Nothing is hashed yet.
    ///
    /// # Errors
    ///
    /// [`ClientError::Malformed`], [`ClientError::Failed`], [`ClientError::Nonce`], [`ClientError::Salt`], [`ClientError::Iterations`],
    /// [`ClientError::TooManyIterations`].
    pub fn challenge(self, challenge: &[u8]) -> Result<Proving, ClientError> {
        let mut attributes = read(challenge)?;
        if attributes.peek() == b'm' {
            return Err(ClientError::Malformed(Error::Extension));
        }
        let nonce = attributes.value(b'r')?;
        let extended = nonce
            .strip_prefix(self.client.nonce.as_bytes())
            .is_some_and(|own| !own.is_empty() && is_printable(own));
        if !extended {
            return Err(ClientError::Nonce);
        }
        let nonce = str::from_utf8(nonce).map_err(|_| ClientError::Nonce)?;
        let salt = attributes.value(b's')?;
        let salt = str::from_utf8(salt)
            .ok()
            .and_then(|salt| Base64::decode_vec(salt).ok())
            .filter(|salt| !salt.is_empty())
            .ok_or(ClientError::Salt)?;
        let iterations = iterations(attributes.value(b'i')?, self.client.cap)?;
        while !attributes.rest().is_empty() {
            attributes.any()?;
        }

        let without_proof = format!("c={},r={nonce}", self.attribute);
        let conversation = [
            self.bare.as_bytes(),
            b",",
            challenge,
            b",",
            without_proof.as_bytes(),
        ]
        .concat();
        Ok(Proving {
            keys: match self.client.secret {
                Secret::Password(password) => {
                    Making::Derivation(Derivation::new(&password, &salt, iterations))
                }
                Secret::Keys(keys) => Making::Done(keys),
            },
            without_proof,
            conversation,
        })
    }
}

/// The challenge is known, the password is being hashed.
///
/// A caller that must not be deaf meanwhile [advances](Self::advance) by some thousand rounds at a time; dropping this gives up.
pub struct Proving {
    keys: Making,
    without_proof: String,
    conversation: Vec<u8>,
}

/// The keys, or their making.
enum Making {
    Derivation(Derivation),
    Done(ClientKeys),
}

impl Proving {
    /// Hashes `rounds` times more, at most. Says how many rounds are left.
    pub fn advance(&mut self, rounds: u32) -> u32 {
        match &mut self.keys {
            Making::Derivation(derivation) => {
                derivation.advance(rounds);
                derivation.left()
            }
            Making::Done(_) => 0,
        }
    }

    /// Does the rounds that are left; gives the answer to send.
    #[must_use]
    pub fn finish(self) -> (Vec<u8>, AwaitServerFinal) {
        let keys = match self.keys {
            Making::Derivation(derivation) => derivation.finish(),
            Making::Done(keys) => keys.into_keys(),
        };
        let conversation = [self.conversation.as_slice()];
        let proof = keys::proof(&keys, &conversation);
        let message = format!("{},p={}", self.without_proof, Base64::encode_string(&proof));
        let next = AwaitServerFinal {
            signature: keys::signature(&keys.server_key, &conversation),
        };
        (message.into_bytes(), next)
    }
}

/// The proof is sent, the server's own is to come. Until then its AuthenticationOk is worth nothing.
pub struct AwaitServerFinal {
    signature: Key,
}

impl AwaitServerFinal {
    /// Takes the data of AuthenticationSASLFinal.
    ///
    /// # Errors
    ///
    /// [`ClientError::Signature`]: this server does not know the password. [`ClientError::Failed`], [`ClientError::Malformed`].
    pub fn verify(self, message: &[u8]) -> Result<Verified, ClientError> {
        let mut attributes = read(message)?;
        let value = attributes.value(b'v')?;
        let signature = key_from_base64(value).ok_or(ClientError::Signature)?;
        if bool::from(signature.ct_eq(&self.signature)) {
            Ok(Verified(()))
        } else {
            Err(ClientError::Signature)
        }
    }
}

/// Proof that the server knows the password too. Only [`AwaitServerFinal::verify`] makes one.
#[derive(Debug)]
#[must_use = "only this makes the server's AuthenticationOk acceptable"]
pub struct Verified(());

/// Why a client breaks an exchange off. The connection is of no use after that.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ClientError {
    /// The server offers no mechanism that this client has.
    Mechanisms,
    /// Channel binding is required, and the server offers none or the link allows none.
    BindingRequired,
    /// Channel binding offered without TLS.
    PlusWithoutTls,
    /// A message that is not SCRAM's.
    Malformed(Error),
    /// The server ended the exchange with `e=`.
    Failed(Sanitized),
    /// A nonce that does not continue the client's.
    Nonce,
    /// A salt that is empty or no base64.
    Salt,
    /// An iteration count that is no positive number.
    Iterations,
    /// An iteration count over the client's cap.
    TooManyIterations {
        /// The cap.
        cap: u32,
    },
    /// The server does not prove that it knows the password.
    Signature,
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mechanisms => f.write_str(
                "the server offers none of the SASL mechanisms SCRAM-SHA-256 and SCRAM-SHA-256-PLUS",
            ),
            Self::BindingRequired => f.write_str(
                "channel binding is required, but the server does not offer it or the connection has no usable certificate",
            ),
            Self::PlusWithoutTls => f.write_str(
                "the server offers SCRAM-SHA-256-PLUS over a connection that is not encrypted: somebody may be relaying it",
            ),
            Self::Malformed(error) => {
                write!(f, "the server sent a {error}")?;
                match error.detail() {
                    Some(detail) => write!(f, ": {detail}"),
                    None => Ok(()),
                }
            }
            Self::Failed(reason) => write!(f, "the server ended the SCRAM exchange: {reason}"),
            Self::Nonce => f.write_str("the server's SCRAM nonce does not continue the client's"),
            Self::Salt => f.write_str("the server's SCRAM salt is empty or not base64"),
            Self::Iterations => {
                f.write_str("the server's SCRAM iteration count is not a positive number")
            }
            Self::TooManyIterations { cap } => write!(
                f,
                "the server asks for more than {cap} SCRAM iterations; raise the cap if the server is to be trusted with that"
            ),
            Self::Signature => {
                f.write_str("the server did not prove that it knows the password")
            }
        }
    }
}

impl core::error::Error for ClientError {}

impl From<Error> for ClientError {
    fn from(error: Error) -> Self {
        Self::Malformed(error)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("binding", &self.binding)
            .field("cap", &self.cap)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for AwaitServerFirst {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwaitServerFirst").finish_non_exhaustive()
    }
}

impl fmt::Debug for Proving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut proving = f.debug_struct("Proving");
        if let Making::Derivation(derivation) = &self.keys {
            proving.field("derivation", derivation);
        }
        proving.finish_non_exhaustive()
    }
}

impl fmt::Debug for AwaitServerFinal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwaitServerFinal").finish_non_exhaustive()
    }
}

/// A message of the server's, unless it is the end (`e=`, RFC 5802 section 5.1).
fn read(message: &[u8]) -> Result<Attributes<'_>, ClientError> {
    let mut attributes = Attributes::new(message)?;
    if attributes.peek() == b'e' {
        let reason = attributes.value(b'e')?;
        return Err(ClientError::Failed(Sanitized::new(reason)));
    }
    Ok(attributes)
}

fn iterations(digits: &[u8], cap: u32) -> Result<u32, ClientError> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(ClientError::Iterations);
    }
    // Digits only, so what does not fit is too large.
    let count: u32 = str::from_utf8(digits)
        .ok()
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(u32::MAX);
    match count {
        0 => Err(ClientError::Iterations),
        count if count > cap || count == u32::MAX => Err(ClientError::TooManyIterations { cap }),
        count => Ok(count),
    }
}
