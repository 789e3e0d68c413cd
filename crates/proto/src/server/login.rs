//! The login: one authentication exchange, then the session or nothing.

use alloc::vec::Vec;
use core::fmt;

use super::connection::bytes;
use super::{Connection, Consequence, Misuse, ProtocolError, report};
use crate::auth::Authenticated;
use crate::backend::{Authentication, Report, Severity};
use crate::frame::FrameError;
use crate::frontend::{ProtocolVersion, SaslInitialResponse};
use crate::{Decode, Encode, Limits, frame};

/// The server's side of a connection between its startup packet and `AuthenticationOk`.
///
/// A request is made of the frontend, its response received, until the exchange (in [`crate::auth`]) gives the
/// [`Authenticated`] that [`finish`](Self::finish) takes. Every error here is FATAL.
#[derive(Debug)]
pub struct Login {
    limits: Limits,
    version: ProtocolVersion,
    awaited: Awaited,
    /// The exchange that has begun, of those that have several steps.
    begun: Begun,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begun {
    Nothing,
    Sasl,
    Gss,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Awaited {
    Nothing,
    Password,
    SaslInitial,
    Sasl,
    Gss,
}

/// A response of the frontend to an authentication request.
///
/// `Debug` shows nothing of it but its length.
pub enum Response<'a> {
    /// The body of a PasswordMessage, with its terminator: [`crate::auth`] checks its form (rule PW-01).
    Password(&'a [u8]),
    /// The mechanism chosen, and the first message of the exchange if it came along.
    SaslInitial {
        /// As it came; perhaps none that was offered.
        mechanism: &'a [u8],
        /// `None` if the frontend waits for an empty challenge first.
        data: Option<&'a [u8]>,
    },
    /// A further message of the SASL exchange.
    Sasl(&'a [u8]),
    /// A GSSAPI or SSPI token.
    Gss(&'a [u8]),
}

impl fmt::Debug for Response<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Password(body) => bytes(f, "Password", body),
            Self::SaslInitial { mechanism, data } => {
                bytes(f, "SaslInitial", mechanism)?;
                data.map_or(Ok(()), |data| bytes(f, " with data", data))
            }
            Self::Sasl(data) => bytes(f, "Sasl", data),
            Self::Gss(data) => bytes(f, "Gss", data),
        }
    }
}

impl Login {
    pub(super) fn new(limits: Limits, version: ProtocolVersion) -> Self {
        Self {
            limits,
            version,
            awaited: Awaited::Nothing,
            begun: Begun::Nothing,
        }
    }

    /// The protocol version of the connection.
    #[must_use]
    pub fn version(&self) -> ProtocolVersion {
        self.version
    }

    /// Sends an authentication request, after which its response is awaited.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] for a request that is not one (`Ok`, `SaslFinal`, obsolete ones), for a second request
    /// before the response to the first, and for a continuation of what was never begun.
    pub fn request(
        &mut self,
        request: &Authentication<'_>,
        output: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        if self.awaited != Awaited::Nothing {
            return Err(Misuse::OutOfOrder);
        }
        let (awaited, begun) = match (request, self.begun) {
            (Authentication::CleartextPassword | Authentication::Md5Password { .. }, _) => {
                (Awaited::Password, Begun::Nothing)
            }
            (Authentication::Sasl(_), _) => (Awaited::SaslInitial, Begun::Sasl),
            (Authentication::SaslContinue(_), Begun::Sasl) => (Awaited::Sasl, Begun::Sasl),
            (Authentication::Gss | Authentication::Sspi, _) => (Awaited::Gss, Begun::Gss),
            (Authentication::GssContinue(_), Begun::Gss) => (Awaited::Gss, Begun::Gss),
            _ => return Err(Misuse::OutOfOrder),
        };
        request.encode(output)?;
        self.awaited = awaited;
        self.begun = begun;
        Ok(())
    }

    /// Takes the response from the front of `input`. `Ok(None)`: read more.
    ///
    /// # Errors
    ///
    /// A [`ProtocolError`]; hand it to [`reject`](Self::reject).
    pub fn receive<'a>(
        &mut self,
        input: &mut &'a [u8],
    ) -> Result<Option<Response<'a>>, ProtocolError> {
        let awaited = self.awaited;
        let sasl = matches!(awaited, Awaited::SaslInitial | Awaited::Sasl);
        if awaited == Awaited::Nothing {
            return Ok(None);
        }
        if let Some(&tag) = input.first()
            && tag != b'p'
        {
            return Err(ProtocolError::ExpectedResponse { sasl, tag });
        }
        let whole = self.limits.authentication_max(b'p')?;
        let limit = if sasl {
            self.limits.scram.min(whole)
        } else {
            whole
        };
        let body = match frame::split(input, |_| Ok(limit)) {
            Ok(Some((_, body))) => body,
            Ok(None) => return Ok(None),
            // PostgreSQL reports an oversized SASL message as a failed login, and says nothing to other ones.
            Err(FrameError::BadLength { len, .. }) if sasl && len.cast_unsigned() > limit => {
                return Err(ProtocolError::ResponseTooLong);
            }
            Err(error) => return Err(error.into()),
        };
        self.awaited = Awaited::Nothing;
        Ok(Some(match awaited {
            Awaited::SaslInitial => {
                let initial =
                    SaslInitialResponse::decode(body).map_err(ProtocolError::Malformed)?;
                Response::SaslInitial {
                    mechanism: initial.mechanism,
                    data: initial.data,
                }
            }
            Awaited::Sasl => Response::Sasl(body),
            Awaited::Gss => Response::Gss(body),
            Awaited::Password | Awaited::Nothing => Response::Password(body),
        }))
    }

    /// Opens the session: sends the last message of a SASL exchange if there is one, and `AuthenticationOk`.
    ///
    /// ParameterStatus, BackendKeyData and the first ReadyForQuery are then the caller's to send.
    ///
    /// # Errors
    ///
    /// [`Misuse::Encode`] for a final message over the limit of a message.
    pub fn finish(
        self,
        authenticated: Authenticated,
        last: Option<&[u8]>,
        output: &mut Vec<u8>,
    ) -> Result<Connection, Misuse> {
        if let Some(data) = last {
            Authentication::SaslFinal(data).encode(output)?;
        }
        Authentication::Ok.encode(output)?;
        Ok(Connection::new(authenticated, self.limits))
    }

    /// Refuses the login: writes what PostgreSQL answers to this error. Close afterwards.
    pub fn reject(&mut self, error: &ProtocolError, output: &mut Vec<u8>) -> Consequence {
        match error.consequence() {
            Consequence::Disconnect => Consequence::Disconnect,
            _ => {
                report::protocol(error, Severity::Fatal, output);
                Consequence::Terminate
            }
        }
    }

    /// Refuses the login with this error. Close afterwards.
    pub fn refuse(&mut self, error: &Report<'_>, output: &mut Vec<u8>) {
        // Nothing can be wrong with the order here, and an error that cannot be encoded is better dropped than sent.
        let _ = report::fatal(error, output);
    }
}
