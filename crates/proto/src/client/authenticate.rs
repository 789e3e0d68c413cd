//! The exchanges within a login, and the order of their steps (rule AU-02).
//!
//! ```text
//!  Asked ─ R(0) ─▶ done, if the policy takes no authentication at all
//!        ─ R(3) R(5) ─▶ our password ─▶ Answered ─ R(0) ─▶ done
//!        ─ R(10) ─ SCRAM ─▶ Challenge ─ R(11) ─▶ Hashing ─▶ Signature ─ R(12) ─▶ Verified ─ R(0) ─▶ done
//!                ─ OAUTHBEARER ─▶ our token ─▶ Bearer ─ R(0) ─▶ done
//!                                                     ─ R(11) ─▶ Refused, only an error follows
//!                               ─▶ no token ─▶ Discovery ─ R(11) ─▶ Refused
//!        ─ R(7) R(9) ─▶ our token ─▶ Gss ─ R(8), our token … our last token ─▶ GssComplete ─ R(0) ─▶ done
//! ```

use alloc::vec::Vec;
use core::{fmt, mem};

use zeroize::Zeroizing;

use super::{Credentials, LoginError, Method, Misuse, Policy, Progress, ProtocolError};
use crate::auth::{md5, scram};
use crate::backend::Authentication;
use crate::codec::Strings;
use crate::frontend::{GssResponse, PasswordMessage, SaslInitialResponse, SaslResponse};
use crate::{Encode, EncodeError};

const OAUTHBEARER: &[u8] = b"OAUTHBEARER";
/// What PostgreSQL accepts of a token in one message.
const MAX_TOKEN: usize = 65_535;

/// Where the exchange stands.
enum State {
    /// Nothing has been asked for yet.
    Asked,
    /// A password is sent.
    Answered,
    Challenge(scram::AwaitServerFirst),
    /// The caller is hashing.
    Hashing(scram::Proving),
    Signature(scram::AwaitServerFinal),
    /// The server has proved that it knows the password.
    Verified(scram::Verified),
    /// The caller is to give a token.
    TokenDue,
    /// A token is sent.
    Bearer,
    /// No token is sent: the server is to say where they come from.
    Discovery,
    /// The token was refused.
    Refused,
    /// The caller is to give a GSSAPI or SSPI token.
    GssDue,
    /// The server's next token is due.
    Gss,
    /// The mechanism is content with the server.
    GssComplete,
    Done,
    /// The exchange failed; nothing is accepted.
    Failed,
}

pub(super) struct Exchange {
    state: State,
    user: Vec<u8>,
    credentials: Credentials,
    policy: Policy,
}

impl Exchange {
    pub(super) fn new(user: &[u8], credentials: Credentials, policy: Policy) -> Self {
        Self {
            state: State::Asked,
            user: user.into(),
            credentials,
            policy,
        }
    }

    /// Whether the caller has something to do before the server can go on.
    pub(super) const fn waits(&self) -> bool {
        matches!(
            self.state,
            State::Hashing(_) | State::TokenDue | State::GssDue
        )
    }

    /// Takes an authentication request.
    pub(super) fn request<'a>(
        &mut self,
        request: &Authentication<'a>,
        output: &mut Vec<u8>,
    ) -> Result<Option<Progress<'a>>, LoginError> {
        // Whatever fails leaves a state that accepts nothing.
        let state = mem::replace(&mut self.state, State::Failed);
        let (state, progress) = match (state, request) {
            (State::Asked, _) => self.begin(request, output)?,
            (
                State::Answered | State::Verified(_) | State::Bearer | State::GssComplete,
                Authentication::Ok,
            ) => (State::Done, Some(Progress::Authenticated)),
            (State::Discovery, Authentication::Ok) => {
                // It was shown nothing, and lets anybody in.
                self.policy.allows(Method::None)?;
                (State::Done, Some(Progress::Authenticated))
            }
            (State::Challenge(exchange), Authentication::SaslContinue(data)) => (
                State::Hashing(exchange.challenge(data)?),
                Some(Progress::Hash),
            ),
            (State::Signature(exchange), Authentication::SaslFinal(data)) => {
                (State::Verified(exchange.verify(data)?), None)
            }
            (State::Bearer | State::Discovery, Authentication::SaslContinue(data)) => {
                // The server waits for exactly this before it says its error.
                SaslResponse { data: b"\x01" }.encode(output)?;
                (State::Refused, Some(Progress::OAuthRefused(data)))
            }
            (State::Gss, Authentication::GssContinue(token)) => {
                (State::GssDue, Some(Progress::Gss(Some(token))))
            }
            (state, request) => {
                return Err(ProtocolError::AuthenticationOrder {
                    code: request.code(),
                    expected: state.expected(),
                }
                .into());
            }
        };
        self.state = state;
        Ok(progress)
    }

    /// The first request chooses the method.
    fn begin<'a>(
        &mut self,
        request: &Authentication<'a>,
        output: &mut Vec<u8>,
    ) -> Result<(State, Option<Progress<'a>>), LoginError> {
        Ok(match request {
            Authentication::Ok => {
                self.policy.allows(Method::None)?;
                (State::Done, Some(Progress::Authenticated))
            }
            Authentication::CleartextPassword => {
                let password = self.password(Method::Password)?;
                PasswordMessage {
                    password: &password,
                }
                .encode(output)?;
                (State::Answered, None)
            }
            Authentication::Md5Password { salt } => {
                let password = self.password(Method::Md5)?;
                let response = md5::response(&self.user, &password, *salt);
                PasswordMessage {
                    password: response.as_bytes(),
                }
                .encode(output)?;
                (State::Answered, None)
            }
            Authentication::Sasl(mechanisms) => self.sasl(*mechanisms, output)?,
            Authentication::Gss => {
                self.policy.allows(Method::Gss)?;
                (State::GssDue, Some(Progress::Gss(None)))
            }
            Authentication::Sspi => {
                self.policy.allows(Method::Sspi)?;
                (State::GssDue, Some(Progress::Sspi))
            }
            Authentication::KerberosV4
            | Authentication::KerberosV5
            | Authentication::CryptPassword { .. }
            | Authentication::ScmCredential => {
                return Err(LoginError::Unsupported {
                    code: request.code(),
                });
            }
            Authentication::GssContinue(_)
            | Authentication::SaslContinue(_)
            | Authentication::SaslFinal(_) => {
                return Err(ProtocolError::AuthenticationOrder {
                    code: request.code(),
                    expected: State::Asked.expected(),
                }
                .into());
            }
        })
    }

    /// SCRAM where it is offered and can be used, else a token.
    fn sasl(
        &mut self,
        mechanisms: Strings<'_>,
        output: &mut Vec<u8>,
    ) -> Result<(State, Option<Progress<'static>>), LoginError> {
        let offers_scram = mechanisms
            .iter()
            .any(|name| scram::Mechanism::from_name(name).is_some());
        let takes_token =
            mechanisms.contains(OAUTHBEARER) && self.policy.methods.contains(Method::OAuth);
        let can_scram = offers_scram
            && self.policy.methods.contains(Method::Scram)
            && (self.credentials.password.is_some() || self.credentials.scram_keys.is_some());
        if !can_scram && takes_token {
            self.policy.allows(Method::OAuth)?;
            return Ok((State::TokenDue, Some(Progress::OAuth)));
        }
        if !offers_scram {
            return Err(if mechanisms.contains(OAUTHBEARER) {
                LoginError::Method(Method::OAuth)
            } else {
                LoginError::Mechanisms
            });
        }
        let Credentials { nonce, binding, .. } = self.credentials;
        let mut exchange = match self.credentials.scram_keys.take() {
            Some(keys) => {
                self.policy.allows(Method::Scram)?;
                scram::Client::with_keys(keys, nonce, binding)
            }
            None => {
                let password = self.password(Method::Scram)?;
                scram::Client::new(&password, nonce, binding).map_err(LoginError::Password)?
            }
        }
        .iteration_cap(self.policy.iteration_cap);
        if self.policy.require_binding {
            exchange = exchange.require_binding();
        }
        let (mechanism, first, next) = exchange.first(mechanisms.iter())?;
        SaslInitialResponse {
            mechanism: mechanism.name().as_bytes(),
            data: Some(&first),
        }
        .encode(output)?;
        Ok((State::Challenge(next), None))
    }

    /// The password, which no other exchange of this login needs.
    fn password(&mut self, method: Method) -> Result<Zeroizing<Vec<u8>>, LoginError> {
        self.policy.allows(method)?;
        self.credentials
            .password
            .take()
            .ok_or(LoginError::NoPassword(method))
    }

    pub(super) fn hash(&mut self, rounds: u32, output: &mut Vec<u8>) -> Result<u32, LoginError> {
        let State::Hashing(exchange) = &mut self.state else {
            return Ok(0);
        };
        let left = exchange.advance(rounds);
        if left > 0 {
            return Ok(left);
        }
        let State::Hashing(exchange) = mem::replace(&mut self.state, State::Failed) else {
            return Ok(0);
        };
        let (data, next) = exchange.finish();
        SaslResponse { data: &data }.encode(output)?;
        self.state = State::Signature(next);
        Ok(0)
    }

    pub(super) fn oauth(
        &mut self,
        token: Option<&[u8]>,
        output: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        if !matches!(self.state, State::TokenDue) {
            return Err(Misuse::OutOfOrder);
        }
        let mut data = Zeroizing::new(Vec::from(b"n,,\x01auth=".as_slice()));
        if let Some(token) = token {
            if !is_bearer_token(token) {
                return Err(Misuse::Token);
            }
            data.reserve_exact(token.len().saturating_add(16));
            data.extend_from_slice(b"Bearer ");
            data.extend_from_slice(token);
        }
        data.extend_from_slice(b"\x01\x01");
        SaslInitialResponse {
            mechanism: OAUTHBEARER,
            data: Some(&data),
        }
        .encode(output)?;
        self.state = match token {
            Some(_) => State::Bearer,
            None => State::Discovery,
        };
        Ok(())
    }

    pub(super) fn gss(&mut self, token: &[u8], output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.gss_token(Some(token), State::Gss, output)
    }

    pub(super) fn gss_last(
        &mut self,
        token: Option<&[u8]>,
        output: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        self.gss_token(token, State::GssComplete, output)
    }

    fn gss_token(
        &mut self,
        token: Option<&[u8]>,
        next: State,
        output: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        if !matches!(self.state, State::GssDue) {
            return Err(Misuse::OutOfOrder);
        }
        if let Some(token) = token {
            if token.len() > MAX_TOKEN {
                return Err(Misuse::Encode(EncodeError::TooLong { limit: MAX_TOKEN }));
            }
            GssResponse { token }.encode(output)?;
        }
        self.state = next;
        Ok(())
    }
}

impl State {
    const fn expected(&self) -> &'static str {
        match self {
            Self::Asked => "the first request of an exchange",
            Self::Answered => "AuthenticationOk",
            Self::Challenge(_) => "SCRAM's challenge (AuthenticationSASLContinue)",
            Self::Hashing(_) | Self::TokenDue | Self::GssDue => "nothing: the client's turn",
            Self::Signature(_) => {
                "the server's proof that it knows the password (AuthenticationSASLFinal)"
            }
            Self::Verified(_) => "AuthenticationOk after the server's proof",
            Self::Bearer => "AuthenticationOk, or what is wrong with the token",
            Self::Discovery => "where OAuth tokens come from (AuthenticationSASLContinue)",
            Self::Refused => "an error that says why the token is refused",
            Self::Gss => "the server's token (AuthenticationGSSContinue)",
            Self::GssComplete => "AuthenticationOk after the mechanism's last token",
            Self::Done | Self::Failed => "nothing: the exchange is over",
        }
    }
}

/// RFC 6750 section 2.1: `b64token`.
fn is_bearer_token(token: &[u8]) -> bool {
    let body = token
        .iter()
        .rposition(|byte| *byte != b'=')
        .map_or(&[][..], |last| token.get(..=last).unwrap_or_default());
    !body.is_empty()
        && body
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(byte))
}

/// Keeps secrets out of logs.
impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("expects", &self.state.expected())
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
