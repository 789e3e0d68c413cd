//! The bodies of `p`, the one type byte that means four messages.

use alloc::vec::Vec;
use core::fmt;

use super::{PasswordMessage, SaslInitialResponse, SaslResponse};
use crate::codec::put;
use crate::{Decode, DecodeError, Encode, EncodeError, frame};

/// A `p` whose meaning is not known yet: only the request that it answers says which message it is.
#[derive(Copy, Clone, Eq, PartialEq)]
pub struct AuthenticationResponse<'a> {
    /// The body as it came.
    pub body: &'a [u8],
}

impl<'a> AuthenticationResponse<'a> {
    /// The type byte.
    pub const TAG: u8 = b'p';

    /// Read as the answer to a request for a password, in clear or as MD5.
    ///
    /// # Errors
    ///
    /// [`DecodeError::PasswordSize`] if it is not exactly one string.
    pub fn password(&self) -> Result<PasswordMessage<'a>, DecodeError> {
        Decode::decode(self.body)
    }

    /// Read as the answer to AuthenticationSASL.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if the body is not a mechanism and a response.
    pub fn sasl_initial(&self) -> Result<SaslInitialResponse<'a>, DecodeError> {
        Decode::decode(self.body)
    }

    /// Read as the answer to AuthenticationSASLContinue.
    #[must_use]
    pub const fn sasl(&self) -> SaslResponse<'a> {
        SaslResponse { data: self.body }
    }

    /// Read as the answer to AuthenticationGSS, AuthenticationSSPI or AuthenticationGSSContinue.
    #[must_use]
    pub const fn gss(&self) -> GssResponse<'a> {
        GssResponse { token: self.body }
    }
}

/// `p`, in answer to AuthenticationGSS, AuthenticationSSPI or AuthenticationGSSContinue
/// (PostgreSQL docs 54.2.1).
#[derive(Copy, Clone, Eq, PartialEq)]
pub struct GssResponse<'a> {
    /// The token.
    pub token: &'a [u8],
}

impl GssResponse<'_> {
    /// The type byte.
    pub const TAG: u8 = b'p';
}

impl<'a> Decode<'a> for AuthenticationResponse<'a> {
    fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        Ok(Self { body })
    }
}

impl Encode for AuthenticationResponse<'_> {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame::write(out, Self::TAG, |out| put::bytes(out, self.body))
    }
}

impl<'a> Decode<'a> for GssResponse<'a> {
    fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        Ok(Self { token: body })
    }
}

impl Encode for GssResponse<'_> {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame::write(out, Self::TAG, |out| put::bytes(out, self.token))
    }
}

/// Keeps passwords, proofs and tokens out of logs.
impl fmt::Debug for AuthenticationResponse<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthenticationResponse")
            .finish_non_exhaustive()
    }
}

/// Keeps tokens out of logs.
impl fmt::Debug for GssResponse<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GssResponse").finish_non_exhaustive()
    }
}
