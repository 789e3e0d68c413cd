//! From the startup packet to the first ReadyForQuery.
//!
//! ```text
//!  start ─▶ Negotiating ── v ──▶ Authenticating ── R … R(0) ──▶ Opening ── Z ──▶ Ready ─ finish ─▶ Connection
//!               └───────────── R ────────▲                        S K N, any order
//!
//!  any ── E, or our refusal ──▶ Over
//! ```

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use super::authenticate::Exchange;
use super::connection::decode;
use super::{CancelKey, Connection, LoginError, Misuse, Policy, ProtocolError};
use crate::auth::Binding;
use crate::auth::scram::{ClientKeys, NONCE_LEN};
use crate::backend::{
    BackendKeyData, ErrorResponse, NegotiateProtocolVersion, NoticeResponse, ParameterStatus,
    ReadyForQuery, TransactionStatus,
};
use crate::frontend::{ProtocolVersion, Startup};
use crate::{Encode, ReplyLimits, frame};

/// What the client can prove itself with.
#[derive(Clone)]
pub struct Credentials {
    /// The password, if there is one.
    pub password: Option<Zeroizing<Vec<u8>>>,
    /// Keys in the place of the password, for SCRAM alone; used even if there is a password.
    pub scram_keys: Option<ClientKeys>,
    /// Random bytes for SCRAM, fresh for every connection.
    pub nonce: [u8; NONCE_LEN],
    /// The link's channel binding: whether there is TLS, and the hash of the server's certificate.
    pub binding: Binding,
}

/// Keeps the password out of logs.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("password", &self.password.as_ref().map(|_| ".."))
            .field("scram_keys", &self.scram_keys)
            .field("binding", &self.binding)
            .finish_non_exhaustive()
    }
}

/// What a login has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// The password must be hashed: call [`Login::hash`] until nothing is left, a few thousand rounds at a time where the caller
    /// must not be deaf meanwhile.
    Hash,
    /// The server takes an OAuth token: call [`Login::oauth`].
    OAuth,
    /// The server refuses the token, or there was none: its JSON says where tokens come from (RFC 7628 section 3.2.2). Its
    /// error follows.
    OAuthRefused(&'a [u8]),
    /// A GSSAPI exchange begins (`None`) or goes on with the server's token: call [`Login::gss`], or [`Login::gss_last`].
    Gss(Option<&'a [u8]>),
    /// As [`Gss`](Self::Gss), of an SSPI exchange.
    Sspi,
    /// AuthenticationOk, and the policy is content.
    Authenticated,
    /// A parameter and its value.
    ParameterStatus(ParameterStatus<'a>),
    /// A notice.
    Notice(NoticeResponse<'a>),
    /// The server refuses the login, which is over. Nobody vouches for the words before [`Authenticated`](Self::Authenticated).
    Error(ErrorResponse<'a>),
    /// Done: call [`Login::finish`].
    Ready,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Negotiating,
    Authenticating,
    Opening,
    Ready(TransactionStatus),
    Over,
}

/// The client's side of a login.
#[derive(Debug)]
pub struct Login {
    phase: Phase,
    exchange: Exchange,
    requested: ProtocolVersion,
    version: ProtocolVersion,
    min_version: ProtocolVersion,
    /// The protocol options (`_pq_.…`) that were asked for.
    options: Vec<Box<[u8]>>,
    key: Option<CancelKey>,
    limits: ReplyLimits,
    /// Bytes that the server may still send before the phase is over.
    budget: u32,
}

/// The newest version that this crate speaks.
const NEWEST: ProtocolVersion = ProtocolVersion::V3_2;

impl Login {
    /// Begins: appends the startup packet to `output`. Its `user` parameter is also what MD5 hashes.
    ///
    /// # Errors
    ///
    /// [`LoginError::Encode`]: a parameter that has a NUL in it, or an empty name.
    pub fn start(
        startup: &Startup<'_>,
        credentials: Credentials,
        policy: &Policy,
        limits: ReplyLimits,
        output: &mut Vec<u8>,
    ) -> Result<Self, LoginError> {
        startup.encode(output)?;
        let user = startup.parameters.value(b"user").unwrap_or_default();
        Ok(Self {
            phase: Phase::Negotiating,
            exchange: Exchange::new(user, credentials, *policy),
            requested: startup.version,
            version: startup.version,
            min_version: policy.min_version,
            options: startup
                .parameters
                .iter()
                .map(|(name, _)| name)
                .filter(|name| name.starts_with(b"_pq_."))
                .map(Into::into)
                .collect(),
            key: None,
            budget: limits.unauthenticated,
            limits,
        })
    }

    /// Takes the next message from the front of `input`, and appends what answers it to `output`. `Ok(None)`: it is not whole,
    /// read more; or something is due from the caller, or the login is over.
    ///
    /// # Errors
    ///
    /// [`LoginError`]: the client breaks the login off; close without a word.
    pub fn receive<'a>(
        &mut self,
        input: &mut &'a [u8],
        output: &mut Vec<u8>,
    ) -> Result<Option<Progress<'a>>, LoginError> {
        let progress = self.next(input, output);
        if progress.is_err() {
            self.phase = Phase::Over;
        }
        progress
    }

    fn next<'a>(
        &mut self,
        input: &mut &'a [u8],
        output: &mut Vec<u8>,
    ) -> Result<Option<Progress<'a>>, LoginError> {
        loop {
            let opening = match self.phase {
                Phase::Negotiating | Phase::Authenticating if self.exchange.waits() => {
                    return Ok(None);
                }
                Phase::Negotiating | Phase::Authenticating => false,
                Phase::Opening => true,
                Phase::Ready(_) | Phase::Over => return Ok(None),
            };
            let limits = &self.limits;
            let limit = |tag| match tag {
                b'Z' if opening => limits.max_len(tag),
                _ => limits.authentication_max(tag),
            };
            let before = input.len();
            let Some((tag, body)) = frame::split(input, limit)? else {
                return Ok(None);
            };
            let taken = u32::try_from(before - input.len()).unwrap_or(u32::MAX);
            self.budget = self
                .budget
                .checked_sub(taken)
                .ok_or(ProtocolError::LoginTooLong)?;
            if let Some(progress) = self.message(tag, body, output)? {
                return Ok(Some(progress));
            }
        }
    }

    fn message<'a>(
        &mut self,
        tag: u8,
        body: &'a [u8],
        output: &mut Vec<u8>,
    ) -> Result<Option<Progress<'a>>, LoginError> {
        Ok(Some(match (tag, self.phase) {
            (b'E', _) => {
                self.phase = Phase::Over;
                Progress::Error(decode(tag, body)?)
            }
            (b'N', _) => Progress::Notice(decode(tag, body)?),
            (b'v', Phase::Negotiating) => {
                self.negotiate(&decode(tag, body)?)?;
                return Ok(None);
            }
            (b'R', Phase::Negotiating | Phase::Authenticating) => {
                self.phase = Phase::Authenticating;
                if self.version > NEWEST {
                    return Err(ProtocolError::Negotiation(
                        "it does not answer a version that no server speaks",
                    )
                    .into());
                }
                let progress = self.exchange.request(&decode(tag, body)?, output)?;
                if matches!(progress, Some(Progress::Authenticated)) {
                    self.phase = Phase::Opening;
                    self.budget = self.limits.opening;
                }
                return Ok(progress);
            }
            (b'S', Phase::Opening) => Progress::ParameterStatus(decode(tag, body)?),
            (b'K', Phase::Opening) if self.key.is_none() => {
                self.key = Some(self.cancel_key(&decode(tag, body)?)?);
                return Ok(None);
            }
            (b'Z', Phase::Opening) => {
                let ReadyForQuery { status } = decode(tag, body)?;
                self.phase = Phase::Ready(status);
                Progress::Ready
            }
            (_, phase) => {
                return Err(ProtocolError::Unexpected {
                    tag,
                    expected: match phase {
                        Phase::Negotiating => {
                            "NegotiateProtocolVersion or an authentication request"
                        }
                        Phase::Authenticating => "an authentication request",
                        _ => "ParameterStatus, BackendKeyData or ReadyForQuery",
                    },
                }
                .into());
            }
        }))
    }

    /// Rule NV-04.
    fn negotiate(&mut self, answer: &NegotiateProtocolVersion<'_>) -> Result<(), LoginError> {
        let NegotiateProtocolVersion { version, options } = *answer;
        let wrong = |what| Err(ProtocolError::Negotiation(what).into());
        if version.major() != 3 {
            return wrong("its major version is not 3");
        }
        if version > self.requested {
            return wrong("its version is higher than the one asked for");
        }
        if version == ProtocolVersion::new(3, 1) {
            return wrong("there is no version 3.1");
        }
        if version > NEWEST {
            return wrong("no server speaks its version");
        }
        if version == self.requested && options.iter().next().is_none() {
            return wrong("it changes nothing");
        }
        for option in options.iter() {
            if !option.starts_with(b"_pq_.") {
                return wrong("it refuses something that is no protocol option");
            }
            if !self.options.iter().any(|asked| **asked == *option) {
                return wrong("it refuses an option that was not asked for");
            }
        }
        if version < self.min_version {
            return Err(LoginError::Version {
                offered: version,
                minimum: self.min_version,
            });
        }
        self.version = version;
        self.phase = Phase::Authenticating;
        Ok(())
    }

    fn cancel_key(&self, data: &BackendKeyData<'_>) -> Result<CancelKey, ProtocolError> {
        let length = data.key.len();
        let legal = if self.version < ProtocolVersion::V3_2 {
            length == 4
        } else {
            length <= self.limits.cancel_key
        };
        if legal {
            Ok(CancelKey::new(data.pid, data.key))
        } else {
            Err(ProtocolError::CancelKey { length })
        }
    }

    /// Hashes the password for at most `rounds` rounds; says how many are left. At 0 the response has been appended to `output`.
    ///
    /// # Errors
    ///
    /// [`LoginError::Encode`].
    pub fn hash(&mut self, rounds: u32, output: &mut Vec<u8>) -> Result<u32, LoginError> {
        self.exchange.hash(rounds, output)
    }

    /// Answers [`Progress::OAuth`]: with `token`, or with none to be told where tokens come from.
    ///
    /// # Errors
    ///
    /// [`Misuse`]: not asked for, or a token that RFC 6750 does not allow.
    pub fn oauth(&mut self, token: Option<&[u8]>, output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.exchange.oauth(token, output)
    }

    /// Answers [`Progress::Gss`] and [`Progress::Sspi`] with a token of the mechanism's, which expects another one of the server's.
    ///
    /// # Errors
    ///
    /// [`Misuse`]: not asked for, or over 65535 bytes.
    pub fn gss(&mut self, token: &[u8], output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.exchange.gss(token, output)
    }

    /// Answers in the same way when the mechanism has come to its end: it is content with the server, and this is its last token, if it
    /// has one. Only after this the server's AuthenticationOk is worth anything.
    ///
    /// # Errors
    ///
    /// [`Misuse`]: not asked for, or over 65535 bytes.
    pub fn gss_last(&mut self, token: Option<&[u8]>, output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.exchange.gss_last(token, output)
    }

    /// The version that is spoken, once the server has had its say.
    #[must_use]
    pub const fn version(&self) -> ProtocolVersion {
        self.version
    }

    /// Opens the session.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] unless [`Progress::Ready`] has come.
    pub fn finish(self) -> Result<Connection, Misuse> {
        match self.phase {
            Phase::Ready(status) => {
                Ok(Connection::new(self.version, self.key, status, self.limits))
            }
            _ => Err(Misuse::OutOfOrder),
        }
    }
}
