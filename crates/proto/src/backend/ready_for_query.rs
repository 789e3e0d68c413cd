//! ReadyForQuery: the server waits for the next command.

use alloc::vec::Vec;

use crate::codec::Reader;
use crate::{Decode, DecodeError, Encode, EncodeError};

/// `Z`: a cycle is over (PostgreSQL docs 54.2.2).
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct ReadyForQuery {
    /// Where the session's transaction stands.
    pub status: TransactionStatus,
}

/// Where a session's transaction stands.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
#[repr(u8)]
pub enum TransactionStatus {
    /// In no transaction block.
    Idle = b'I',
    /// In a transaction block.
    InTransaction = b'T',
    /// In a transaction block that failed: everything is refused until it is rolled back.
    Failed = b'E',
}

impl ReadyForQuery {
    /// The type byte.
    pub const TAG: u8 = b'Z';
}

impl Decode<'_> for ReadyForQuery {
    #[inline]
    fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let mut body = Reader::new(body);
        let status = body.u8()?;
        body.finish()?;
        let status = match status {
            b'I' => TransactionStatus::Idle,
            b'T' => TransactionStatus::InTransaction,
            b'E' => TransactionStatus::Failed,
            status => return Err(DecodeError::TransactionStatus(status)),
        };
        Ok(Self { status })
    }
}

impl Encode for ReadyForQuery {
    #[inline]
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.extend_from_slice(&[Self::TAG, 0, 0, 0, 5, self.status as u8]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_letters_and_no_others() {
        for (letter, status) in [
            (b'I', TransactionStatus::Idle),
            (b'T', TransactionStatus::InTransaction),
            (b'E', TransactionStatus::Failed),
        ] {
            assert_eq!(
                ReadyForQuery::decode(&[letter]),
                Ok(ReadyForQuery { status })
            );
        }
        assert_eq!(
            ReadyForQuery::decode(b"X"),
            Err(DecodeError::TransactionStatus(b'X'))
        );
        assert_eq!(ReadyForQuery::decode(b""), Err(DecodeError::NoData));
        assert_eq!(ReadyForQuery::decode(b"II"), Err(DecodeError::Trailing));
    }
}
