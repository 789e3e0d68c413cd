//! ParameterDescription: the parameters of a prepared statement.

use alloc::vec::Vec;

use crate::codec::{Oids, Reader, put};
use crate::{Decode, DecodeError, Encode, EncodeError, Oid, frame};

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
        frame::fill(out, Self::TAG, self.types.wire_len(), |body| {
            self.types.fill(body)
        })
    }
}

/// Appends a ParameterDescription of types that are listed as they are written, so that no list of OIDs need be kept.
///
/// # Errors
///
/// [`EncodeError::TooManyItems`] for more than 65,535 parameters; `out` is then as it was before.
pub fn encode_parameter_description(
    types: impl ExactSizeIterator<Item = Oid>,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    frame::write(out, ParameterDescription::TAG, |out| {
        put::count(out, types.len())?;
        types.for_each(|oid| out.extend_from_slice(&oid.0.to_be_bytes()));
        Ok(())
    })
}
