//! Bind: parameter values for a prepared statement.

use alloc::vec::Vec;

use crate::codec::{Formats, Reader, Values, cstr_len};
use crate::{Decode, DecodeError, Encode, EncodeError, PortalName, StatementName, frame};

/// `B`: makes a portal out of a prepared statement and the values of its parameters (PostgreSQL docs 54.2.3).
///
/// The lists are views over the body. They were checked as a whole when the message was decoded.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Bind<'a> {
    /// What the portal will be called.
    pub portal: PortalName<'a>,
    /// The statement to bind.
    pub statement: StatementName<'a>,
    /// How the values are written: none means text, one holds for all, else one each.
    pub param_formats: Formats<'a>,
    /// The values.
    pub params: Values<'a>,
    /// How the columns of the result shall be written: none means text, one holds for all, else one each.
    pub result_formats: Formats<'a>,
}

impl Bind<'_> {
    /// The type byte.
    pub const TAG: u8 = b'B';
}

impl<'a> Decode<'a> for Bind<'a> {
    #[inline]
    fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut body = Reader::new(body);
        let portal = PortalName::from_bytes(body.cstr()?);
        let statement = StatementName::from_bytes(body.cstr()?);
        let param_formats = Formats::read(&mut body)?;
        let params = Values::read(&mut body)?;
        let result_formats = Formats::read(&mut body)?;
        body.finish()?;
        Ok(Self {
            portal,
            statement,
            param_formats,
            params,
            result_formats,
        })
    }
}

impl Encode for Bind<'_> {
    #[inline]
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let (portal, statement) = (self.portal.as_bytes(), self.statement.as_bytes());
        let length = cstr_len(portal)
            .saturating_add(cstr_len(statement))
            .saturating_add(self.param_formats.wire_len())
            .saturating_add(self.params.wire_len())
            .saturating_add(self.result_formats.wire_len());
        frame::fill(out, Self::TAG, length, |body| {
            body.cstr(portal)?;
            body.cstr(statement)?;
            self.param_formats.fill(body)?;
            self.params.fill(body)?;
            self.result_formats.fill(body)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] =
        b"p\0s\0\0\x01\0\x01\0\x03\0\0\0\x01a\xFF\xFF\xFF\xFF\0\0\0\0\0\x02\0\0\0\x01";

    #[test]
    fn all_lists_are_read() {
        let params = [Some(&b"a"[..]), None, Some(b"")];
        let expected = Bind {
            portal: PortalName::from("p"),
            statement: StatementName::from("s"),
            param_formats: Formats::from(&[1]),
            params: Values::from(&params),
            result_formats: Formats::from(&[0, 1]),
        };
        let bind = Bind::decode(BODY);
        assert_eq!(bind, Ok(expected));
        assert_eq!(bind.map(|bind| bind.params.iter().len()), Ok(3));
    }

    #[test]
    fn lengths_under_minus_one_and_past_the_end() {
        let with_length = |length: i32| {
            let mut body = b"\0\0\0\0\0\x01".to_vec();
            body.extend_from_slice(&length.to_be_bytes());
            body.extend_from_slice(b"\0\0");
            body
        };
        assert!(Bind::decode(&with_length(-1)).is_ok());
        assert_eq!(
            Bind::decode(&with_length(-2)),
            Err(DecodeError::NegativeLength(-2))
        );
        assert_eq!(
            Bind::decode(&with_length(3)),
            Err(DecodeError::Insufficient)
        );
        assert_eq!(
            Bind::decode(&with_length(i32::MAX)),
            Err(DecodeError::Insufficient)
        );
    }

    #[test]
    fn counts_over_32767_are_positive() {
        let mut body = b"\0\0\0\0\xFF\xFF".to_vec();
        body.resize(body.len() + 65535 * 4, 0xFF);
        body.extend_from_slice(b"\0\0");
        assert_eq!(Bind::decode(&body).map(|bind| bind.params.len()), Ok(65535));
    }
}
