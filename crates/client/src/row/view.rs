//! A row, borrowed from the buffer it was read into.

use std::any::type_name;
use std::fmt;

use trunkline_proto::Format;
use trunkline_proto::backend::DataRow;
use trunkline_proto::codec::{Values, ValuesIter};
use trunkline_types::row::Source;
use trunkline_types::{Decode, DecodeError, Type};

use super::{ColumnIndex, Columns, FromRow, OwnedRow, ValueError};
use crate::Result;

/// A row of a result. It borrows, so a copy costs nothing; [`to_owned`](Self::to_owned) makes one that may be kept.
///
/// ```
/// # use trunkline_client::{Result, Row};
/// # fn example(row: Row<'_>) -> Result<()> {
/// let id: i64 = row.get(0)?;
/// let name: Option<&str> = row.get("name")?;
/// let (id, name): (i64, Option<&str>) = row.decode()?;
/// # let _ = (id, name);
/// # Ok(())
/// # }
/// ```
#[derive(Copy, Clone)]
pub struct Row<'r> {
    columns: &'r Columns,
    values: Values<'r>,
}

impl<'r> Row<'r> {
    /// A row as it came, and the columns that were described before it.
    ///
    /// # Errors
    ///
    /// It has not as many values as there are columns.
    #[inline]
    pub fn new(columns: &'r Columns, row: DataRow<'r>) -> Result<Self> {
        let values = row.values;
        if values.len() != columns.len() {
            return Err(ValueError::Width {
                found: values.len(),
                columns: columns.len(),
            }
            .into());
        }
        Ok(Self { columns, values })
    }

    /// The number of columns.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are no columns, as in `select from t`.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The columns.
    #[inline]
    #[must_use]
    pub const fn columns(&self) -> &'r Columns {
        self.columns
    }

    /// The value of a column, by its place from 0 or by its name. `Option<_>` takes NULL.
    ///
    /// To find it, the values before it are stepped over: [`decode`](Self::decode) is the faster way to all of them.
    ///
    /// # Errors
    ///
    /// There is no such column, values of its type cannot be read as `T`, or this one cannot; the message names the column, its type
    /// and the Rust type.
    #[inline]
    pub fn get<T: Decode<'r>>(&self, index: impl ColumnIndex) -> Result<T> {
        let place = index.place(self.columns)?;
        let ty = self.ty(place);
        if !T::accepts(ty) {
            return Err(self.mistyped(place, type_name::<T>()));
        }
        decode(
            ty,
            self.format(place),
            self.values.iter().nth(place).flatten(),
        )
        .map_err(|error| self.unreadable(place, type_name::<T>(), error))
    }

    /// The whole row: a tuple, a struct with `#[derive(FromRow)]`, or whatever else is [`FromRow`].
    ///
    /// # Errors
    ///
    /// As [`FromRow::check`] and [`FromRow::from_row`].
    #[inline]
    pub fn decode<T: FromRow<'r>>(&self) -> Result<T> {
        self.columns.check::<T>()?;
        T::from_row(*self)
    }

    /// The bytes of a column's value as they came, by its place from 0; `None` for NULL, and where there is no such column.
    #[inline]
    #[must_use]
    pub fn raw(&self, place: usize) -> Option<&'r [u8]> {
        self.values.iter().nth(place).flatten()
    }

    /// The bytes of all values as they came, `None` for NULL.
    #[inline]
    #[must_use]
    pub fn values(&self) -> Values<'r> {
        self.values
    }

    /// A copy that may be kept.
    #[must_use]
    pub fn to_owned(&self) -> OwnedRow {
        OwnedRow::new(self.columns.clone(), self.values)
    }

    /// The values one after the other, each read as what is asked for.
    #[inline]
    pub(crate) fn fields(&self) -> Fields<'r> {
        Fields {
            columns: self.columns,
            format: self.columns.format(),
            values: self.values.iter(),
        }
    }

    #[inline]
    fn ty(&self, place: usize) -> Type {
        let types = self.columns.types();
        types.get(place).copied().unwrap_or(Type::UNSPECIFIED)
    }

    #[inline]
    fn format(&self, place: usize) -> Format {
        format(self.columns, place)
    }

    #[cold]
    pub(super) fn mistyped(&self, place: usize, rust: &'static str) -> crate::Error {
        mistyped(self.columns, place, rust)
    }

    #[cold]
    pub(super) fn unreadable(
        &self,
        place: usize,
        rust: &'static str,
        source: DecodeError,
    ) -> crate::Error {
        ValueError::Column {
            name: name(self.columns, place),
            ty: self.ty(place),
            rust,
            source,
        }
        .into()
    }
}

/// The complaint about a column whose type is not the Rust type's.
#[cold]
pub(super) fn mistyped(columns: &Columns, place: usize, rust: &'static str) -> crate::Error {
    ValueError::ColumnType {
        name: name(columns, place),
        ty: columns
            .get(place)
            .map_or(Type::UNSPECIFIED, |column| column.ty()),
        rust,
    }
    .into()
}

fn name(columns: &Columns, place: usize) -> String {
    columns
        .get(place)
        .map(|column| column.name().to_owned())
        .unwrap_or_default()
}

#[inline]
pub(super) fn format(columns: &Columns, place: usize) -> Format {
    columns
        .format()
        .or_else(|| columns.get(place).map(super::Column::format))
        .unwrap_or_default()
}

/// Always inlined: with what `T` is known, little of it is left, and it is run for each value.
#[inline(always)]
pub(super) fn decode<'r, T: Decode<'r>>(
    ty: Type,
    format: Format,
    value: Option<&'r [u8]>,
) -> Result<T, DecodeError> {
    match (value, format) {
        (None, _) => T::from_null(ty),
        (Some(raw), Format::Text) => from_text(ty, raw),
        (Some(raw), Format::Binary) => T::from_binary(ty, raw),
    }
}

/// Apart, since text is long to read: binary is then short enough to be read where it is asked for.
#[inline(never)]
fn from_text<'r, T: Decode<'r>>(ty: Type, raw: &'r [u8]) -> Result<T, DecodeError> {
    T::from_text(ty, raw)
}

/// The values of a row in their order.
#[derive(Debug)]
pub(crate) struct Fields<'r> {
    columns: &'r Columns,
    format: Option<Format>,
    values: ValuesIter<'r>,
}

impl<'r> Source<'r> for Fields<'r> {
    #[inline(always)]
    fn value<T: Decode<'r>>(&mut self, column: usize, ty: Type) -> Result<T, DecodeError> {
        let format = match self.format {
            Some(format) => format,
            None => format(self.columns, column),
        };
        decode(ty, format, self.values.next().flatten())
    }
}

/// Names and values: text as it is, and the bytes of what is not.
impl fmt::Debug for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (column, value) in self.columns.iter().zip(self.values) {
            match value {
                None => map.entry(&column.name(), &format_args!("NULL")),
                Some(raw) => match std::str::from_utf8(raw) {
                    Ok(text) if column.format() == Format::Text => map.entry(&column.name(), &text),
                    _ => map.entry(&column.name(), &raw),
                },
            };
        }
        map.finish()
    }
}
