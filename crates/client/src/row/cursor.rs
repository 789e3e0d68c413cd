//! Columns found by name, for what `#[derive(FromRow)]` writes.

use std::any::type_name;
use std::error::Error as StdError;

use trunkline_proto::codec::ValuesIter;
use trunkline_types::row::Source as _;
use trunkline_types::{Decode, Type};

use super::view::{Fields, decode, format, mistyped};
use super::{Columns, Row, ValueError};
use crate::Result;

/// What takes some columns of a row, found by their names, and leaves the others.
pub trait FromColumns<'r>: Sized {
    /// As [`FromRow::check`](super::FromRow::check), for the columns that it takes.
    fn check(columns: &mut ColumnCheck<'_>) -> Result<()>;

    /// As [`FromRow::from_row`](super::FromRow::from_row), for the columns that it takes.
    fn from_columns(cursor: &mut Cursor<'r>) -> Result<Self>;
}

/// Where the column of this name is, looked for from `place` on and then from the start: columns in the order of the fields are found
/// with one comparison each, and of two that share a name each finds its own.
#[inline]
fn find(columns: &Columns, place: usize, name: &str) -> Option<usize> {
    if columns
        .get(place)
        .is_some_and(|column| column.name() == name)
    {
        return Some(place);
    }
    search(columns, place, name)
}

#[inline(never)]
fn search(columns: &Columns, place: usize, name: &str) -> Option<usize> {
    let from = |start: usize| {
        let mut rest = columns.iter().enumerate().skip(start);
        rest.find(|(_, column)| column.name() == name)
    };
    from(place).or_else(|| from(0)).map(|(place, _)| place)
}

/// Holds the Rust types of fields against columns.
#[derive(Debug)]
pub struct ColumnCheck<'c> {
    columns: &'c Columns,
    place: usize,
}

impl<'c> ColumnCheck<'c> {
    /// All columns.
    #[must_use]
    pub fn new(columns: &'c Columns) -> Self {
        Self { columns, place: 0 }
    }

    /// Whether there is a column of this name that can be read as `T`.
    pub fn named<'r, T: Decode<'r>>(&mut self, name: &str) -> Result<()> {
        match find(self.columns, self.place, name) {
            Some(place) => self.at::<T>(place),
            None => Err(self.columns.no_column(name)),
        }
    }

    /// Whether a column of this name, if there is one, can be read as `T`.
    pub fn named_if_any<'r, T: Decode<'r>>(&mut self, name: &str) -> Result<()> {
        match find(self.columns, self.place, name) {
            Some(place) => self.at::<T>(place),
            None => Ok(()),
        }
    }

    /// Whether there are that many columns.
    pub fn count(&self, fields: usize) -> Result<()> {
        if self.columns.len() == fields {
            return Ok(());
        }
        Err(ValueError::ColumnCount {
            fields,
            names: self.columns.owned_names(),
        }
        .into())
    }

    /// Whether the next column can be read as `T`.
    pub fn following<'r, T: Decode<'r>>(&mut self) -> Result<()> {
        self.at::<T>(self.place)
    }

    fn at<'r, T: Decode<'r>>(&mut self, place: usize) -> Result<()> {
        self.place = place + 1;
        let ty = self.columns.types().get(place).copied();
        if T::accepts(ty.unwrap_or(Type::UNSPECIFIED)) {
            Ok(())
        } else {
            Err(mistyped(self.columns, place, type_name::<T>()))
        }
    }
}

/// Reads the values of a row for fields, in any order. The columns were checked in the same order.
#[derive(Debug)]
pub struct Cursor<'r> {
    row: Row<'r>,
    values: ValuesIter<'r>,
    /// The column whose value is next.
    place: usize,
}

impl<'r> Cursor<'r> {
    /// At the start of a row.
    #[inline]
    #[must_use]
    pub fn new(row: Row<'r>) -> Self {
        Self {
            row,
            values: row.values().iter(),
            place: 0,
        }
    }

    /// The value of the column of this name.
    #[inline]
    pub fn named<T: Decode<'r>>(&mut self, name: &str) -> Result<T> {
        match find(self.row.columns(), self.place, name) {
            Some(place) => self.at(place),
            None => Err(self.row.columns().no_column(name)),
        }
    }

    /// The value of the column of this name, if there is one.
    #[inline]
    pub fn named_if_any<T: Decode<'r>>(&mut self, name: &str) -> Result<Option<T>> {
        find(self.row.columns(), self.place, name)
            .map(|place| self.at(place))
            .transpose()
    }

    /// The next value.
    #[inline]
    pub fn following<T: Decode<'r>>(&mut self) -> Result<T> {
        self.at(self.place)
    }

    /// The value that was read last, in another type.
    #[inline]
    pub fn convert<T, U>(&self, value: T) -> Result<U>
    where
        U: TryFrom<T, Error: StdError + Send + Sync + 'static>,
    {
        convert(self.row, self.place, value)
    }

    #[inline]
    fn at<T: Decode<'r>>(&mut self, place: usize) -> Result<T> {
        if place != self.place {
            self.seek(place);
        }
        self.place = place + 1;
        let columns = self.row.columns();
        let ty = columns.types().get(place).copied();
        let value = self.values.next().flatten();
        decode(
            ty.unwrap_or(Type::UNSPECIFIED),
            format(columns, place),
            value,
        )
        .map_err(|error| self.row.unreadable(place, type_name::<T>(), error))
    }

    #[inline(never)]
    fn seek(&mut self, place: usize) {
        let steps = place.checked_sub(self.place).unwrap_or_else(|| {
            self.values = self.row.values().iter();
            place
        });
        if let Some(last) = steps.checked_sub(1) {
            self.values.nth(last);
        }
    }
}

/// Reads the values of a row whose columns begin as the fields do, which is known of most rows.
#[derive(Debug)]
pub struct InOrder<'r> {
    row: Row<'r>,
    fields: Fields<'r>,
    place: usize,
}

impl<'r> InOrder<'r> {
    /// At the start of a row, if its columns begin with these.
    #[inline]
    #[must_use]
    pub fn new(row: Row<'r>, names: &'static &'static [&'static str]) -> Option<Self> {
        row.columns().begin_with(names).then(|| Self {
            row,
            fields: row.fields(),
            place: 0,
        })
    }

    /// The next value, whose column has this name.
    #[inline]
    pub fn named<T: Decode<'r>>(&mut self, _: &str) -> Result<T> {
        let (row, place) = (self.row, self.place);
        self.place += 1;
        let ty = row.columns().types().get(place).copied();
        self.fields
            .value(place, ty.unwrap_or(Type::UNSPECIFIED))
            .map_err(|error| row.unreadable(place, type_name::<T>(), error))
    }

    /// As [`Cursor::convert`].
    #[inline]
    pub fn convert<T, U>(&self, value: T) -> Result<U>
    where
        U: TryFrom<T, Error: StdError + Send + Sync + 'static>,
    {
        convert(self.row, self.place, value)
    }
}

/// The value before `place`, in another type.
#[inline]
fn convert<T, U>(row: Row<'_>, place: usize, value: T) -> Result<U>
where
    U: TryFrom<T, Error: StdError + Send + Sync + 'static>,
{
    U::try_from(value).map_err(|source| {
        let place = place.saturating_sub(1);
        unconvertible(row.columns(), place, type_name::<U>(), source.into())
    })
}

#[cold]
fn unconvertible(
    columns: &Columns,
    place: usize,
    rust: &'static str,
    source: Box<dyn StdError + Send + Sync>,
) -> crate::Error {
    let column = columns.get(place);
    ValueError::Conversion {
        name: column.map_or_else(String::new, |column| column.name().to_owned()),
        rust,
        source,
    }
    .into()
}
