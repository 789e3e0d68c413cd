//! ParameterDescription: the parameters of a prepared statement.

use alloc::vec::Vec;

use crate::codec::{Oids, Reader};
use crate::{Decode, DecodeError, Encode, EncodeError, frame};

/// `t`: the types of a statement's parameters (PostgreSQL docs 54.2.3).
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct ParameterDescription<'a> {
    /// One OID for each parameter.
    pub types: Oids<'a>,
}

impl ParameterDescription<'_> {
    /// The type byte.
    pub const TAG: u8 = b't';
}

impl<'a> Decode<'a> for ParameterDescription<'a> {
    fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut body = Reader::new(body);
        let types = Oids::read(&mut body)?;
        body.finish()?;
        Ok(Self { types })
    }
}

impl Encode for ParameterDescription<'_> {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame::write(out, Self::TAG, |out| self.types.write(out))
    }
}
