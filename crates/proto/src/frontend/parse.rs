//! Parse: SQL text to make a prepared statement of.

use alloc::vec::Vec;

use crate::codec::{Oids, Reader, cstr_len};
use crate::{Decode, DecodeError, Encode, EncodeError, StatementName, frame};

/// `P`: makes a prepared statement (PostgreSQL docs 54.2.3).
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Parse<'a> {
    /// What the statement will be called.
    pub statement: StatementName<'a>,
    /// The SQL, in the client's encoding: one statement at most.
    pub sql: &'a [u8],
    /// Types of the first parameters; 0, or none given, leaves a type to be inferred.
    pub types: Oids<'a>,
}

impl Parse<'_> {
    /// The type byte.
    pub const TAG: u8 = b'P';
}

impl<'a> Decode<'a> for Parse<'a> {
    #[inline]
    fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut body = Reader::new(body);
        let statement = StatementName::from_bytes(body.cstr()?);
        let sql = body.text()?;
        let types = Oids::read(&mut body)?;
        body.finish()?;
        Ok(Self {
            statement,
            sql,
            types,
        })
    }
}

impl Encode for Parse<'_> {
    #[inline]
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let statement = self.statement.as_bytes();
        let length = cstr_len(statement)
            .saturating_add(cstr_len(self.sql))
            .saturating_add(self.types.wire_len());
        frame::fill(out, Self::TAG, length, |body| {
            body.cstr(statement)?;
            body.cstr(self.sql)?;
            self.types.fill(body)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Oid;

    #[test]
    fn types_are_as_many_as_counted() {
        let parse = Parse::decode(b"s\0select $1\0\0\x02\0\0\0\x17\0\0\0\0");
        let expected = Parse {
            statement: StatementName::from("s"),
            sql: b"select $1",
            types: Oids::from(&[Oid(23), Oid(0)]),
        };
        assert_eq!(parse, Ok(expected));
        assert_eq!(
            Parse::decode(b"\0\0\0\x01\0\0\0"),
            Err(DecodeError::Insufficient)
        );
        assert_eq!(Parse::decode(b"\0\0\0\0\0"), Err(DecodeError::Trailing));
    }
}
