//! Query: SQL text to run at once.

use alloc::vec::Vec;

use crate::codec::{Reader, put};
use crate::{Decode, DecodeError, Encode, EncodeError, frame};

/// `Q`: one or more statements, run in order, their results as text (PostgreSQL docs 54.2.2).
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Query<'a> {
    /// The SQL, in the client's encoding.
    pub sql: &'a [u8],
}

impl Query<'_> {
    /// The type byte.
    pub const TAG: u8 = b'Q';
}

impl<'a> Decode<'a> for Query<'a> {
    #[inline]
    fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut body = Reader::new(body);
        let sql = body.text()?;
        body.finish()?;
        Ok(Self { sql })
    }
}

impl Encode for Query<'_> {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame::write(out, Self::TAG, |out| put::cstr(out, self.sql))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_ends_at_its_nul_and_the_body_with_it() {
        assert_eq!(Query::decode(b"select 1\0"), Ok(Query { sql: b"select 1" }));
        assert_eq!(Query::decode(b"\0"), Ok(Query { sql: b"" }));
        assert_eq!(
            Query::decode(b"select 1"),
            Err(DecodeError::UnterminatedString)
        );
        assert_eq!(
            Query::decode(b"select 1\0drop\0"),
            Err(DecodeError::Trailing)
        );
    }
}
