//! A row that was copied out of the buffer.

use std::fmt;

use trunkline_proto::backend::DataRow;
use trunkline_proto::codec::Values;
use trunkline_proto::{Decode as _, Encode as _, frame};
use trunkline_types::Decode;

use super::{ColumnIndex, Columns, FromRow, Row};
use crate::Result;

/// A row that owns its values. It shares its [`Columns`] with the other rows of the result.
#[derive(Clone)]
pub struct OwnedRow {
    columns: Columns,
    /// The row as a frame.
    frame: Box<[u8]>,
}

impl OwnedRow {
    pub(super) fn new(columns: Columns, values: Values<'_>) -> Self {
        let mut frame = Vec::new();
        let encoded = DataRow { values }.encode(&mut frame);
        debug_assert!(encoded.is_ok(), "a row that came in a frame fits one");
        Self {
            columns,
            frame: frame.into(),
        }
    }

    /// The row, borrowed.
    #[must_use]
    pub fn row(&self) -> Row<'_> {
        let body = self.frame.get(frame::HEADER_LEN..).unwrap_or_default();
        DataRow::decode(body)
            .ok()
            .and_then(|row| Row::new(&self.columns, row).ok())
            .expect("it was a row of these columns when it was copied")
    }

    /// The number of columns.
    #[must_use]
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Whether there are no columns.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// The columns.
    #[must_use]
    pub const fn columns(&self) -> &Columns {
        &self.columns
    }

    /// As [`Row::get`].
    ///
    /// # Errors
    ///
    /// As [`Row::get`].
    pub fn get<'r, T: Decode<'r>>(&'r self, index: impl ColumnIndex) -> Result<T> {
        self.row().get(index)
    }

    /// As [`Row::decode`].
    ///
    /// # Errors
    ///
    /// As [`Row::decode`].
    pub fn decode<'r, T: FromRow<'r>>(&'r self) -> Result<T> {
        self.row().decode()
    }

    /// As [`Row::raw`].
    #[must_use]
    pub fn raw(&self, place: usize) -> Option<&[u8]> {
        self.row().raw(place)
    }
}

impl From<Row<'_>> for OwnedRow {
    fn from(row: Row<'_>) -> Self {
        row.to_owned()
    }
}

impl fmt::Debug for OwnedRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.row().fmt(f)
    }
}
