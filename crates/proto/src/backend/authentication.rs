//! Authentication requests: what a server wants to see before it lets a client in.

use alloc::vec::Vec;

use crate::codec::{Reader, Strings, put};
use crate::{Decode, DecodeError, Encode, EncodeError, frame};

/// `R`: a request for credentials, a step of an exchange, or the end of it (PostgreSQL docs 54.2.1).
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Authentication<'a> {
    /// 0: the client is who it says.
    Ok,
    /// 1: Kerberos 4, long gone.
    KerberosV4,
    /// 2: Kerberos 5, gone since PostgreSQL 9.4.
    KerberosV5,
    /// 3: send the password as it is.
    CleartextPassword,
    /// 4: send the password through crypt(3), gone since PostgreSQL 8.4.
    CryptPassword {
        /// Goes into the hash.
        salt: [u8; 2],
    },
    /// 5: send an MD5 hash of the password.
    Md5Password {
        /// Goes into the hash; another one each time.
        salt: [u8; 4],
    },
    /// 6: the credentials of a Unix socket, gone since PostgreSQL 9.1.
    ScmCredential,
    /// 7: begin a GSSAPI exchange.
    Gss,
    /// 8: go on with a GSSAPI or SSPI exchange.
    GssContinue(
        /// The server's token.
        &'a [u8],
    ),
    /// 9: begin an SSPI exchange.
    Sspi,
    /// 10: begin a SASL exchange with one of these mechanisms, the server's favourite first.
    Sasl(Strings<'a>),
    /// 11: go on with a SASL exchange.
    SaslContinue(
        /// The mechanism's message.
        &'a [u8],
    ),
    /// 12: the server's last word in a SASL exchange.
    SaslFinal(
        /// The mechanism's message.
        &'a [u8],
    ),
}

impl Authentication<'_> {
    /// The type byte.
    pub const TAG: u8 = b'R';

    /// The code on the wire.
    #[must_use]
    pub const fn code(&self) -> i32 {
        match self {
            Self::Ok => 0,
            Self::KerberosV4 => 1,
            Self::KerberosV5 => 2,
            Self::CleartextPassword => 3,
            Self::CryptPassword { .. } => 4,
            Self::Md5Password { .. } => 5,
            Self::ScmCredential => 6,
            Self::Gss => 7,
            Self::GssContinue(_) => 8,
            Self::Sspi => 9,
            Self::Sasl(_) => 10,
            Self::SaslContinue(_) => 11,
            Self::SaslFinal(_) => 12,
        }
    }
}

impl<'a> Decode<'a> for Authentication<'a> {
    fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut body = Reader::new(body);
        let request = match body.i32()? {
            0 => Self::Ok,
            1 => Self::KerberosV4,
            2 => Self::KerberosV5,
            3 => Self::CleartextPassword,
            4 => Self::CryptPassword {
                salt: body.array()?,
            },
            5 => Self::Md5Password {
                salt: body.array()?,
            },
            6 => Self::ScmCredential,
            7 => Self::Gss,
            8 => Self::GssContinue(body.rest()),
            9 => Self::Sspi,
            10 => Self::Sasl(Strings::read_terminated(&mut body)?),
            11 => Self::SaslContinue(body.rest()),
            12 => Self::SaslFinal(body.rest()),
            code => return Err(DecodeError::AuthenticationCode(code)),
        };
        body.finish()?;
        Ok(request)
    }
}

impl Encode for Authentication<'_> {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame::write(out, Self::TAG, |out| {
            put::i32(out, self.code());
            match self {
                Self::CryptPassword { salt } => put::bytes(out, salt),
                Self::Md5Password { salt } => put::bytes(out, salt),
                Self::GssContinue(data) | Self::SaslContinue(data) | Self::SaslFinal(data) => {
                    put::bytes(out, data)
                }
                Self::Sasl(mechanisms) => {
                    // An empty name is what ends the list.
                    if mechanisms.contains(b"") {
                        return Err(EncodeError::EmptyString);
                    }
                    mechanisms.write(out)?;
                    out.push(0);
                    Ok(())
                }
                Self::Ok
                | Self::KerberosV4
                | Self::KerberosV5
                | Self::CleartextPassword
                | Self::ScmCredential
                | Self::Gss
                | Self::Sspi => Ok(()),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_agrees_with_the_code() {
        assert_eq!(Authentication::decode(b"\0\0\0\0"), Ok(Authentication::Ok));
        assert_eq!(
            Authentication::decode(b"\0\0\0\0\0"),
            Err(DecodeError::Trailing)
        );
        assert_eq!(
            Authentication::decode(b"\0\0\0\x05abc"),
            Err(DecodeError::Insufficient)
        );
        assert_eq!(
            Authentication::decode(b"\0\0\0\x05abcde"),
            Err(DecodeError::Trailing)
        );
        assert_eq!(
            Authentication::decode(b"\0\0\0\x0D"),
            Err(DecodeError::AuthenticationCode(13))
        );
    }

    #[test]
    fn mechanisms_end_with_an_empty_one() {
        let list = Authentication::decode(b"\0\0\0\x0AA\0B\0\0");
        assert_eq!(
            list,
            Ok(Authentication::Sasl(Strings::from(&[&b"A"[..], b"B"])))
        );
        assert_eq!(
            Authentication::decode(b"\0\0\0\x0AA\0"),
            Err(DecodeError::UnterminatedString)
        );
        assert_eq!(
            Authentication::decode(b"\0\0\0\x0AA\0\0B\0"),
            Err(DecodeError::Trailing)
        );
    }

    #[test]
    fn an_empty_mechanism_would_end_the_list() {
        let mut out = Vec::new();
        let mechanisms = [&b"A"[..], b"", b"B"];
        let list = Authentication::Sasl(Strings::from(&mechanisms));
        assert_eq!(
            (list.encode(&mut out), out.len()),
            (Err(EncodeError::EmptyString), 0)
        );
    }
}
