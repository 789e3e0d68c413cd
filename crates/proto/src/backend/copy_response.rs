//! CopyInResponse, CopyOutResponse and CopyBothResponse: a COPY begins.

use alloc::vec::Vec;

use crate::codec::{Formats, Reader};
use crate::{Decode, DecodeError, Encode, EncodeError, Format, frame};

macro_rules! copy_response {
    ($(#[$doc:meta])* $name:ident = $tag:literal) => {
        $(#[$doc])*
        #[derive(Copy, Clone, Debug, Eq, PartialEq)]
        pub struct $name<'a> {
            /// Whether the stream is lines of text or PostgreSQL's binary COPY format.
            pub format: Format,
            /// The format code of every column; all text if the stream is.
            pub columns: Formats<'a>,
        }

        impl $name<'_> {
            /// The type byte.
            pub const TAG: u8 = $tag;
        }

        impl<'a> Decode<'a> for $name<'a> {
            fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
                let (format, columns) = read(body)?;
                Ok(Self { format, columns })
            }
        }

        impl Encode for $name<'_> {
            fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                let length = self.columns.wire_len().saturating_add(1);
                frame::fill(out, Self::TAG, length, |body| {
                    body.array([u8::from(self.format == Format::Binary)]);
                    self.columns.fill(body)
                })
            }
        }
    };
}

copy_response! {
    /// `G`: send the data (PostgreSQL docs 54.2.6).
    CopyInResponse = b'G'
}

copy_response! {
    /// `H`: the data follows (PostgreSQL docs 54.2.6).
    CopyOutResponse = b'H'
}

copy_response! {
    /// `W`: data flows both ways; only replication does this (PostgreSQL docs 54.2.6).
    CopyBothResponse = b'W'
}

fn read(body: &[u8]) -> Result<(Format, Formats<'_>), DecodeError> {
    let mut body = Reader::new(body);
    let [code] = body.array()?;
    let format = Format::try_from(i16::from(code.cast_signed()))
        .map_err(|unsupported| DecodeError::FormatCode(unsupported.0))?;
    let columns = Formats::read(&mut body)?;
    body.finish()?;
    Ok((format, columns))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats() {
        let both = CopyBothResponse {
            format: Format::Text,
            columns: Formats::EMPTY,
        };
        assert_eq!(CopyBothResponse::decode(b"\0\0\0"), Ok(both));
        let binary = CopyInResponse {
            format: Format::Binary,
            columns: Formats::from(&[1, 1]),
        };
        assert_eq!(
            CopyInResponse::decode(b"\x01\0\x02\0\x01\0\x01"),
            Ok(binary)
        );
        assert_eq!(
            CopyOutResponse::decode(b"\x02\0\0"),
            Err(DecodeError::FormatCode(2))
        );
        assert_eq!(
            CopyOutResponse::decode(b"\xFF\0\0"),
            Err(DecodeError::FormatCode(-1))
        );
    }
}
