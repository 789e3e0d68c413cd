//! Execute: runs a portal.

use alloc::vec::Vec;

use crate::codec::{Reader, put};
use crate::{Decode, DecodeError, Encode, EncodeError, PortalName, frame};

/// `E`: runs a portal, or goes on with one that was suspended (PostgreSQL docs 54.2.3).
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Execute<'a> {
    /// The portal to run.
    pub portal: PortalName<'a>,
    /// The most rows to send before suspending; 0 or less means all.
    pub max_rows: i32,
}

impl Execute<'_> {
    /// The type byte.
    pub const TAG: u8 = b'E';
}

impl<'a> Decode<'a> for Execute<'a> {
    #[inline]
    fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut body = Reader::new(body);
        let portal = PortalName::from_bytes(body.cstr()?);
        let max_rows = body.i32()?;
        body.finish()?;
        Ok(Self { portal, max_rows })
    }
}

impl Encode for Execute<'_> {
    #[inline]
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let rows = self.max_rows.to_be_bytes();
        // The unnamed portal is the usual one.
        if self.portal.is_unnamed() {
            let [a, b, c, d] = rows;
            out.extend_from_slice(&[Self::TAG, 0, 0, 0, 9, 0, a, b, c, d]);
            return Ok(());
        }
        frame::write(out, Self::TAG, |out| {
            put::cstr(out, self.portal.as_bytes())?;
            out.extend_from_slice(&rows);
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_limit_is_signed() {
        let all = Execute {
            portal: PortalName::from("p"),
            max_rows: -1,
        };
        assert_eq!(Execute::decode(b"p\0\xFF\xFF\xFF\xFF"), Ok(all));
        assert_eq!(
            Execute::decode(b"p\0\0\0\0"),
            Err(DecodeError::Insufficient)
        );
        assert_eq!(
            Execute::decode(b"p\0\0\0\0\0\0"),
            Err(DecodeError::Trailing)
        );
    }
}
