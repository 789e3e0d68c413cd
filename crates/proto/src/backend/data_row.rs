//! DataRow: one row of a result.

use alloc::vec::Vec;

use crate::codec::{Reader, Values, put};
use crate::frame::Open;
use crate::{Decode, DecodeError, Encode, EncodeError, frame};

/// `D`: one row (PostgreSQL docs 54.7).
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct DataRow<'a> {
    /// The values, one for each column; there may be none.
    pub values: Values<'a>,
}

impl DataRow<'_> {
    /// The type byte.
    pub const TAG: u8 = b'D';

    /// Appends the head of a row, so that its values can be encoded straight into the buffer.
    ///
    /// Append `columns` fields next, each an Int32 length (−1 for NULL) and that many bytes, then
    /// [`close`](OpenRow::close) the row.
    ///
    /// ```
    /// use trunkline_proto::backend::DataRow;
    ///
    /// let mut out = vec![];
    /// let row = DataRow::open(&mut out, 1);
    /// out.extend_from_slice(b"\0\0\0\x02hi");
    /// row.close(&mut out)?;
    /// assert_eq!(out, b"D\0\0\0\x0C\0\x01\0\0\0\x02hi");
    /// # Ok::<(), trunkline_proto::EncodeError>(())
    /// ```
    #[inline]
    pub fn open(out: &mut Vec<u8>, columns: u16) -> OpenRow {
        let open = Open::typed(out, Self::TAG);
        out.extend_from_slice(&columns.to_be_bytes());
        OpenRow(open)
    }
}

/// A row being written: its length is still to be filled in.
#[derive(Debug)]
#[must_use = "a row that is neither closed nor abandoned has no length"]
pub struct OpenRow(Open);

impl OpenRow {
    /// Fills in the length.
    ///
    /// # Errors
    ///
    /// [`EncodeError::TooLong`] if the row does not fit an Int32 length; it is then taken out again.
    #[inline]
    pub fn close(self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.0.close(out)
    }

    /// Takes the row out of the buffer again.
    #[inline]
    pub fn abandon(self, out: &mut Vec<u8>) {
        self.0.abandon(out);
    }
}

impl<'a> Decode<'a> for DataRow<'a> {
    #[inline]
    fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut body = Reader::new(body);
        let values = Values::read(&mut body)?;
        body.finish()?;
        Ok(Self { values })
    }
}

impl Encode for DataRow<'_> {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame::fill(out, Self::TAG, self.values.wire_len(), |body| {
            self.values.fill(body)
        })
    }
}

/// Appends one field of a row: a value after its length, or NULL.
///
/// # Errors
///
/// [`EncodeError::TooLong`] if the value does not fit an Int32 length; nothing is appended then.
#[inline]
pub fn encode_field(value: Option<&[u8]>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    put::value(out, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_may_have_no_columns() {
        assert_eq!(
            DataRow::decode(b"\0\0"),
            Ok(DataRow {
                values: Values::EMPTY
            })
        );
    }

    #[test]
    fn counts_and_lengths_are_checked() {
        assert_eq!(
            DataRow::decode(b"\0\x01\xFF\xFF\xFF\xFE"),
            Err(DecodeError::NegativeLength(-2))
        );
        assert_eq!(
            DataRow::decode(b"\0\x02\xFF\xFF\xFF\xFF"),
            Err(DecodeError::Insufficient)
        );
        assert_eq!(
            DataRow::decode(b"\0\x01\xFF\xFF\xFF\xFF\0"),
            Err(DecodeError::Trailing)
        );
        assert_eq!(
            DataRow::decode(b"\0\x01\0\0\0\x02a"),
            Err(DecodeError::Insufficient)
        );
    }

    #[test]
    fn a_row_written_piecewise_is_the_same() {
        let (mut whole, mut pieces) = (Vec::new(), Vec::new());
        let values = [Some(&b"a"[..]), None];
        let row = DataRow {
            values: Values::from(&values),
        };
        assert_eq!(row.encode(&mut whole), Ok(()));
        let open = DataRow::open(&mut pieces, 2);
        let fields = encode_field(Some(b"a"), &mut pieces).and(encode_field(None, &mut pieces));
        assert_eq!(fields.and(open.close(&mut pieces)), Ok(()));
        assert_eq!(whole, pieces);
    }

    #[test]
    fn an_abandoned_row_leaves_nothing() {
        let mut out = b"before".to_vec();
        let open = DataRow::open(&mut out, 2);
        out.extend_from_slice(b"half");
        open.abandon(&mut out);
        assert_eq!(out, b"before");
    }
}
