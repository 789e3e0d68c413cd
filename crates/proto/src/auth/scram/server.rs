//! The server's side of the exchange.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::str;

use base64ct::{Base64, Encoding};
use subtle::Choice;

use super::attributes::{Attributes, is_printable};
use super::{BINDING_TYPE, Header, Mechanism, NONCE_LEN, key_from_base64, keys};
use crate::auth::{Authenticated, Binding, Error, Mock, Sanitized, Secret, Verifier};

/// An exchange about to begin: the client is to be offered [`Mechanism::offered`].
#[derive(Debug)]
pub struct Server {
    role: Role,
    nonce: String,
    binding: Binding,
}

/// What the client's choice of a mechanism led to.
#[derive(Debug)]
pub enum Selected {
    /// It sent no first message along: it gets an AuthenticationSASLContinue without data, and sends it then.
    Empty(AwaitFirst),
    /// It did: it gets an AuthenticationSASLContinue with these bytes.
    Challenge(AwaitFinal, Vec<u8>),
}

/// The mechanism is agreed, the client's first message is to come.
#[derive(Debug)]
pub struct AwaitFirst {
    server: Server,
    mechanism: Mechanism,
}

/// The challenge is sent, the client's proof is to come.
#[derive(Debug)]
pub struct AwaitFinal {
    role: Role,
    nonce: String,
    binding: Binding,
    header: Header,
    /// The first message without its header, a comma, the server's answer, a comma: the head of RFC 5802's AuthMessage.
    conversation: Vec<u8>,
}

impl Server {
    /// An exchange that the password behind `secret` opens. `nonce`: random bytes, fresh for every connection.
    #[must_use]
    pub fn new(secret: &Secret, nonce: [u8; NONCE_LEN], binding: Binding) -> Self {
        Self::with(secret, Choice::from(1), nonce, binding)
    }

    /// An exchange that looks the same and that nothing opens, for a `user` without a secret.
    #[must_use]
    pub fn mock(user: &[u8], mock: &Mock, nonce: [u8; NONCE_LEN], binding: Binding) -> Self {
        Self::with(&mock.secret(user), Choice::from(0), nonce, binding)
    }

    /// The one of the two that fits what is stored for `user`: [`mock`](Self::mock) if that is nothing, or an MD5 hash.
    #[must_use]
    pub fn for_user(
        user: &[u8],
        stored: Option<&Verifier>,
        mock: &Mock,
        nonce: [u8; NONCE_LEN],
        binding: Binding,
    ) -> Self {
        // Made in either case, so that the case does not show in the time.
        let mocked = mock.secret(user);
        let (secret, genuine) = match stored {
            Some(Verifier::Scram(secret)) => (secret, 1),
            Some(Verifier::Md5(_)) | None => (&mocked, 0),
        };
        Self::with(secret, Choice::from(genuine), nonce, binding)
    }

    /// Takes SASLInitialResponse: the mechanism's name and, unless its length was −1, the client's first message.
    ///
    /// # Errors
    ///
    /// [`Error::Mechanism`] for a mechanism that was not offered, and those of [`AwaitFirst::first`].
    pub fn select(self, mechanism: &[u8], initial: Option<&[u8]>) -> Result<Selected, Error> {
        let mechanism = Mechanism::from_name(mechanism)
            .filter(|mechanism| Mechanism::offered(&self.binding).contains(mechanism))
            .ok_or(Error::Mechanism)?;
        let next = AwaitFirst {
            server: self,
            mechanism,
        };
        match initial {
            None => Ok(Selected::Empty(next)),
            Some(message) => {
                let (next, challenge) = next.first(message)?;
                Ok(Selected::Challenge(next, challenge))
            }
        }
    }

    fn with(secret: &Secret, genuine: Choice, nonce: [u8; NONCE_LEN], binding: Binding) -> Self {
        Self {
            role: Role {
                secret: secret.clone(),
                genuine,
            },
            nonce: Base64::encode_string(&nonce),
            binding,
        }
    }
}

impl AwaitFirst {
    /// Takes the client's first message; gives the challenge to answer with.
    ///
    /// # Errors
    ///
    /// A message that is malformed (08P01), asks for what PostgreSQL does not have (0A000), or shows that somebody kept -PLUS from the
    /// client (28000).
    pub fn first(self, message: &[u8]) -> Result<(AwaitFinal, Vec<u8>), Error> {
        let Self { server, mechanism } = self;
        let mut attributes = Attributes::new(message)?;
        let header = header(&mut attributes, mechanism, &server.binding)?;

        let bare = attributes.rest();
        if attributes.peek() == b'm' {
            return Err(Error::Extension);
        }
        // The name here is ignored: the startup packet has said who the user is.
        attributes.value(b'n')?;
        let client_nonce = attributes.value(b'r')?;
        if !is_printable(client_nonce) {
            return Err(Error::NonceCharacter);
        }
        let client_nonce = str::from_utf8(client_nonce).map_err(|_| Error::NonceCharacter)?;
        if client_nonce.is_empty() {
            return Err(Error::EmptyNonce);
        }
        while !attributes.rest().is_empty() {
            attributes.any()?;
        }

        let nonce = format!("{client_nonce}{}", server.nonce);
        let challenge = format!(
            "r={nonce},s={},i={}",
            Base64::encode_string(&server.role.secret.salt),
            server.role.secret.iterations
        )
        .into_bytes();
        let next = AwaitFinal {
            role: server.role,
            nonce,
            binding: server.binding,
            header,
            conversation: [bare, b",", &challenge, b","].concat(),
        };
        Ok((next, challenge))
    }
}

impl AwaitFinal {
    /// Takes the client's second message; gives the proof that the client is who it says, and what to send in
    /// AuthenticationSASLFinal, right before AuthenticationOk.
    ///
    /// # Errors
    ///
    /// [`Error::Rejected`] (28P01) for a wrong password and in a mock exchange; [`Error::BindingCheck`] (28000) if the client saw another
    /// certificate; a malformed message (08P01).
    pub fn last(self, message: &[u8]) -> Result<(Authenticated, Vec<u8>), Error> {
        let mut attributes = Attributes::new(message)?;
        let binding = attributes.value(b'c')?;
        if binding != self.header.attribute(&self.binding).as_bytes() {
            return Err(match self.header {
                Header::Bound => Error::BindingCheck,
                Header::Unsupported | Header::Unoffered => Error::BindingAttribute,
            });
        }
        let nonce = attributes.value(b'r')?;
        let (without_proof, proof) = loop {
            let before = attributes.rest();
            if let (b'p', value) = attributes.any()? {
                // The comma before the proof is not part of what is signed.
                let length = message.len() - before.len() - 1;
                break (message.get(..length).unwrap_or_default(), value);
            }
        };
        let proof = key_from_base64(proof).ok_or(Error::Proof)?;
        if !attributes.rest().is_empty() || message.ends_with(b",") {
            return Err(Error::Trailing);
        }
        if nonce != self.nonce.as_bytes() {
            return Err(Error::Nonce);
        }

        let conversation = [self.conversation.as_slice(), without_proof];
        let proven = keys::proves(&proof, &self.role.secret.stored_key, &conversation);
        let signature = keys::signature(&self.role.secret.server_key, &conversation);
        if bool::from(proven & self.role.genuine) {
            let answer = format!("v={}", Base64::encode_string(&signature));
            Ok((Authenticated::proven(), answer.into_bytes()))
        } else {
            Err(Error::Rejected)
        }
    }
}

/// The gs2 header: flag, authorization identity, and what the flag must be for the mechanism and the link.
fn header(
    attributes: &mut Attributes<'_>,
    mechanism: Mechanism,
    binding: &Binding,
) -> Result<Header, Error> {
    let header = match (attributes.peek(), mechanism) {
        (b'n' | b'y', Mechanism::Sha256Plus) => return Err(Error::BindingMissing),
        (b'p', Mechanism::Sha256) => return Err(Error::BindingUnexpected),
        // "I could, but you cannot": yet this server offered it. Somebody took -PLUS off the list.
        (b'y', Mechanism::Sha256) if matches!(binding, Binding::ServerEndPoint(_)) => {
            return Err(Error::Downgrade);
        }
        (b'n', Mechanism::Sha256) => Header::Unsupported,
        (b'y', Mechanism::Sha256) => Header::Unoffered,
        (b'p', Mechanism::Sha256Plus) => {
            let kind = attributes.value(b'p')?;
            if kind != BINDING_TYPE {
                return Err(Error::BindingType(Sanitized::new(kind)));
            }
            Header::Bound
        }
        (flag, _) => return Err(Error::BindingFlag(flag)),
    };
    if header != Header::Bound {
        attributes.byte();
        attributes.comma()?;
    }
    match attributes.byte() {
        b',' => Ok(header),
        b'a' => Err(Error::AuthorizationIdentity),
        found => Err(Error::HeaderAttribute(found)),
    }
}

/// The user's secret, or what stands in for it.
#[derive(Debug)]
struct Role {
    secret: Secret,
    /// No for a mock.
    genuine: Choice,
}
