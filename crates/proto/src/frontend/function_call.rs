//! FunctionCall: calls a function by its OID.

use alloc::vec::Vec;

use crate::codec::{Formats, Reader, Values};
use crate::{Decode, DecodeError, Encode, EncodeError, Oid, frame};

/// `F`: calls a function without SQL (PostgreSQL docs 54.2.5).
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct FunctionCall<'a> {
    /// The function.
    pub function: Oid,
    /// How the arguments are written: none means text, one holds for all, else one each.
    pub formats: Formats<'a>,
    /// The arguments.
    pub arguments: Values<'a>,
    /// How the result shall be written: a raw format code.
    pub result_format: i16,
}

impl FunctionCall<'_> {
    /// The type byte.
    pub const TAG: u8 = b'F';
}

impl<'a> Decode<'a> for FunctionCall<'a> {
    fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut body = Reader::new(body);
        let function = Oid(body.u32()?);
        let formats = Formats::read(&mut body)?;
        let arguments = Values::read(&mut body).map_err(|error| match error {
            DecodeError::NegativeLength(length) => DecodeError::ArgumentSize(length),
            error => error,
        })?;
        let result_format = body.i16()?;
        body.finish()?;
        Ok(Self {
            function,
            formats,
            arguments,
            result_format,
        })
    }
}

impl Encode for FunctionCall<'_> {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let lists = self
            .formats
            .wire_len()
            .saturating_add(self.arguments.wire_len());
        frame::fill(out, Self::TAG, lists.saturating_add(6), |body| {
            body.array(self.function.0.to_be_bytes());
            self.formats.fill(body)?;
            self.arguments.fill(body)?;
            body.array(self.result_format.to_be_bytes());
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_in_order() {
        let call = FunctionCall::decode(
            b"\0\0\x06\x80\0\x01\0\x01\0\x02\0\0\0\x01a\xFF\xFF\xFF\xFF\0\x01",
        );
        let arguments = [Some(&b"a"[..]), None];
        let expected = FunctionCall {
            function: Oid(1664),
            formats: Formats::from(&[1]),
            arguments: Values::from(&arguments),
            result_format: 1,
        };
        assert_eq!(call, Ok(expected));
    }

    #[test]
    fn a_bad_size_has_a_text_of_its_own() {
        let call = FunctionCall::decode(b"\0\0\0\0\0\0\0\x01\xFF\xFF\xFF\xFE\0\0");
        assert_eq!(call, Err(DecodeError::ArgumentSize(-2)));
    }
}
