//! RowDescription: the columns of a result.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::codec::{Reader, put};
use crate::{Decode, DecodeError, Encode, EncodeError, Format, Oid, frame};

/// `T`: the columns of the rows that follow, or would (PostgreSQL docs 54.7).
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct RowDescription<'a> {
    /// The columns; there may be none.
    pub fields: FieldList<'a>,
}

/// A column of a result.
#[derive(Copy, Clone, Eq, PartialEq)]
pub struct Field<'a> {
    /// What it is called.
    pub name: &'a [u8],
    /// The table that it is a column of, or 0.
    pub table: Oid,
    /// Its number in that table, from 1, or 0.
    pub column: i16,
    /// Its type; of a domain, the type underneath.
    pub ty: Oid,
    /// Bytes of a value of the type; −1 if they vary, −2 for a NUL-terminated string.
    pub size: i16,
    /// The type's modifier, such as the precision of a numeric; −1 if it has none.
    pub modifier: i32,
    /// How the values are written; text in the description of a statement, which has no formats yet.
    pub format: Format,
}

impl RowDescription<'_> {
    /// The type byte.
    pub const TAG: u8 = b'T';
}

impl<'a> Decode<'a> for RowDescription<'a> {
    #[inline]
    fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(body);
        let count = reader.count()?;
        let bytes = reader.peek();
        for _ in 0..count {
            Field::read(&mut reader)?;
        }
        reader.finish()?;
        Ok(Self {
            fields: FieldList(Source::Wire { bytes, count }),
        })
    }
}

impl Encode for RowDescription<'_> {
    #[inline]
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame::write(out, Self::TAG, |out| {
            put::count(out, self.fields.len())?;
            self.fields.iter().try_for_each(|field| field.write(out))
        })
    }
}

/// Appends a RowDescription of fields that are made as they are written, so that none need be kept.
///
/// # Errors
///
/// [`EncodeError::TooManyItems`] for more than 65,535 fields, [`EncodeError::NulInString`] for a name that holds a NUL
/// byte; `out` is then as it was before.
pub fn encode_row_description<'f>(
    fields: impl ExactSizeIterator<Item = Field<'f>>,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    frame::write(out, RowDescription::TAG, |out| {
        put::count(out, fields.len())?;
        fields.into_iter().try_for_each(|field| field.write(out))
    })
}

/// A RowDescription that was encoded before, to be sent again and again.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EncodedRowDescription(Box<[u8]>);

impl EncodedRowDescription {
    /// Encodes it.
    ///
    /// # Errors
    ///
    /// As [`encode_row_description`].
    pub fn new<'f>(fields: impl ExactSizeIterator<Item = Field<'f>>) -> Result<Self, EncodeError> {
        let mut encoded = Vec::new();
        encode_row_description(fields, &mut encoded)?;
        Ok(Self(encoded.into_boxed_slice()))
    }
}

impl Encode for EncodedRowDescription {
    #[inline]
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.extend_from_slice(&self.0);
        Ok(())
    }
}

impl<'a> Field<'a> {
    #[inline]
    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            name: reader.cstr()?,
            table: Oid(reader.u32()?),
            column: reader.i16()?,
            ty: Oid(reader.u32()?),
            size: reader.i16()?,
            modifier: reader.i32()?,
            format: Format::try_from(reader.i16()?)
                .map_err(|code| DecodeError::FormatCode(code.0))?,
        })
    }

    #[inline]
    fn write(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let [t0, t1, t2, t3] = self.table.0.to_be_bytes();
        let [c0, c1] = self.column.to_be_bytes();
        let [y0, y1, y2, y3] = self.ty.0.to_be_bytes();
        let [s0, s1] = self.size.to_be_bytes();
        let [m0, m1, m2, m3] = self.modifier.to_be_bytes();
        let [f0, f1] = self.format.code().to_be_bytes();
        out.reserve(self.name.len() + 19);
        put::cstr(out, self.name)?;
        // One copy of a known size instead of six.
        out.extend_from_slice(&[
            t0, t1, t2, t3, c0, c1, y0, y1, y2, y3, s0, s1, m0, m1, m2, m3, f0, f1,
        ]);
        Ok(())
    }
}

impl fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Field")
            .field("name", &String::from_utf8_lossy(self.name))
            .field("table", &self.table.0)
            .field("column", &self.column)
            .field("ty", &self.ty.0)
            .field("size", &self.size)
            .field("modifier", &self.modifier)
            .field("format", &self.format)
            .finish()
    }
}

/// The columns of a [`RowDescription`]: a view over a decoded body, or a slice to be encoded.
#[derive(Copy, Clone)]
pub struct FieldList<'a>(Source<'a>);

#[derive(Copy, Clone)]
enum Source<'a> {
    /// `count` fields, known to be well formed.
    Wire {
        bytes: &'a [u8],
        count: usize,
    },
    Slice(&'a [Field<'a>]),
}

impl<'a> FieldList<'a> {
    /// The number of columns.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        match self.0 {
            Source::Wire { count, .. } => count,
            Source::Slice(fields) => fields.len(),
        }
    }

    /// Whether there are none.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The columns in order.
    #[inline]
    #[must_use]
    pub const fn iter(&self) -> FieldListIter<'a> {
        FieldListIter(self.0)
    }
}

impl<'a> From<&'a [Field<'a>]> for FieldList<'a> {
    fn from(fields: &'a [Field<'a>]) -> Self {
        Self(Source::Slice(fields))
    }
}

impl<'a, const N: usize> From<&'a [Field<'a>; N]> for FieldList<'a> {
    fn from(fields: &'a [Field<'a>; N]) -> Self {
        Self(Source::Slice(fields))
    }
}

impl PartialEq for FieldList<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for FieldList<'_> {}

impl fmt::Debug for FieldList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a> IntoIterator for FieldList<'a> {
    type Item = Field<'a>;
    type IntoIter = FieldListIter<'a>;

    #[inline]
    fn into_iter(self) -> FieldListIter<'a> {
        self.iter()
    }
}

/// The columns of a [`FieldList`], in order.
#[derive(Clone)]
pub struct FieldListIter<'a>(Source<'a>);

impl<'a> Iterator for FieldListIter<'a> {
    type Item = Field<'a>;

    #[inline]
    fn next(&mut self) -> Option<Field<'a>> {
        match &mut self.0 {
            Source::Wire { bytes, count } => {
                *count = count.checked_sub(1)?;
                let mut reader = Reader::new(bytes);
                let field = Field::read(&mut reader).ok()?;
                *bytes = reader.rest();
                Some(field)
            }
            Source::Slice(fields) => {
                let (first, rest) = fields.split_first()?;
                *fields = rest;
                Some(*first)
            }
        }
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = FieldList(self.0).len();
        (len, Some(len))
    }
}

impl ExactSizeIterator for FieldListIter<'_> {}
impl core::iter::FusedIterator for FieldListIter<'_> {}

impl fmt::Debug for FieldListIter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_may_have_no_columns() {
        let none = RowDescription {
            fields: FieldList::from(&[]),
        };
        assert_eq!(RowDescription::decode(b"\0\0"), Ok(none));
    }

    #[test]
    fn format_codes_are_0_and_1() {
        let mut body = b"\0\x01a\0\0\0\0\0\0\0\0\0\0\x17\0\x04\xFF\xFF\xFF\xFF\0\x01".to_vec();
        let expected = [Field {
            name: b"a",
            table: Oid(0),
            column: 0,
            ty: Oid(23),
            size: 4,
            modifier: -1,
            format: Format::Binary,
        }];
        let fields = RowDescription {
            fields: FieldList::from(&expected),
        };
        assert_eq!(RowDescription::decode(&body), Ok(fields));
        body.pop();
        body.push(2);
        assert_eq!(
            RowDescription::decode(&body),
            Err(DecodeError::FormatCode(2))
        );
    }
}
