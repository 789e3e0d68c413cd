//! Typed rows to and from the fields of COPY data.

use trunkline_proto::copy::{Layout, Row, RowWriter};

use super::error::Error;
use crate::row::{Sink, Source};
use crate::{Decode, DecodeError, Encode, Type};

/// The fields of a row being written.
pub(super) struct Fields<'a, 'w>(pub(super) &'a mut RowWriter<'w>);

impl Sink for Fields<'_, '_> {
    type Error = Error;

    #[inline]
    fn value<T: Encode>(&mut self, value: &T, ty: Type) -> Result<(), Error> {
        if value.is_null() {
            self.0.null();
            return Ok(());
        }
        match self.0.layout() {
            Layout::Text | Layout::Csv => self.0.field_with(|out| Ok(value.encode_text(ty, out)?)),
            Layout::Binary => self.0.field_with(|out| Ok(value.encode_binary(ty, out)?)),
        }
    }

    #[cold]
    fn misfit(&mut self, columns: usize) -> Error {
        Error::width(columns)
    }
}

/// The fields of a row that was read.
pub(super) struct Read<'a> {
    pub(super) layout: Layout,
    pub(super) row: Row<'a>,
}

impl<'a> Source<'a> for Read<'a> {
    #[inline]
    fn value<T: Decode<'a>>(&mut self, column: usize, ty: Type) -> Result<T, DecodeError> {
        match (self.row.get(column).flatten(), self.layout) {
            (None, _) => T::from_null(ty),
            (Some(raw), Layout::Text | Layout::Csv) => T::from_text(ty, raw),
            (Some(raw), Layout::Binary) => T::from_binary(ty, raw),
        }
    }
}
