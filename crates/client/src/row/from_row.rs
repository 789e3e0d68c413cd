//! What a row can become.

use trunkline_types::DecodeRow;

use super::view::mistyped;
use super::{Columns, OwnedRow, Row, ValueError};
use crate::Result;

/// What a row can become: a tuple of up to 16 values, a `Vec` of one type, a struct with `#[derive(FromRow)]`, the [`Row`] as it is,
/// or an [`OwnedRow`]. `'r` is the lifetime of the row's bytes, from which strings and byte slices may be borrowed.
#[diagnostic::on_unimplemented(
    message = "a row cannot be read as `{Self}`",
    note = "a row of one column is a tuple with a comma: `(value,)`",
    note = "a struct takes `#[derive(FromRow)]`",
    note = "each value must implement `Decode`: integers, floats, `&str`, `String`, `bool`, `Option<_>`, …"
)]
pub trait FromRow<'r>: Sized {
    /// Whether rows of these columns can become this Rust type: asked once a result, not once a row.
    ///
    /// # Errors
    ///
    /// The number of columns is wrong, one is not there, or the type of one does not go with the Rust type's.
    fn check(columns: &Columns) -> Result<()>;

    /// Reads a row whose columns were checked.
    ///
    /// # Errors
    ///
    /// A value cannot be read.
    fn from_row(row: Row<'r>) -> Result<Self>;
}

/// What a row can become that borrows nothing of it.
#[diagnostic::on_unimplemented(
    message = "a row cannot be read as `{Self}` and given away",
    note = "a row of one column is a tuple with a comma: `(value,)`",
    note = "a struct takes `#[derive(FromRow)]`, and owns its fields here: `String`, not `&str`",
    note = "what borrows is lent by `query`, whose `Rows::next` gives one row after the other"
)]
pub trait FromRowOwned: for<'r> FromRow<'r> {}

impl<T: for<'r> FromRow<'r>> FromRowOwned for T {}

impl<'r, T: DecodeRow<'r>> FromRow<'r> for T {
    fn check(columns: &Columns) -> Result<()> {
        <T as DecodeRow<'r>>::check(columns.types()).map_err(|place| misfit::<T>(columns, place))
    }

    #[inline]
    fn from_row(row: Row<'r>) -> Result<Self> {
        T::decode_row(row.columns().types(), &mut row.fields())
            .map_err(|(place, error)| row.unreadable(place, T::rust_type(place), error))
    }
}

impl<'r> FromRow<'r> for Row<'r> {
    fn check(_: &Columns) -> Result<()> {
        Ok(())
    }

    #[inline]
    fn from_row(row: Self) -> Result<Self> {
        Ok(row)
    }
}

impl FromRow<'_> for OwnedRow {
    fn check(_: &Columns) -> Result<()> {
        Ok(())
    }

    fn from_row(row: Row<'_>) -> Result<Self> {
        Ok(row.to_owned())
    }
}

#[cold]
fn misfit<'r, T: DecodeRow<'r>>(columns: &Columns, place: usize) -> crate::Error {
    if place < columns.len() {
        return mistyped(columns, place, T::rust_type(place));
    }
    let fields = (0..)
        .take_while(|place| !T::rust_type(*place).is_empty())
        .count();
    ValueError::ColumnCount {
        fields,
        names: columns.owned_names(),
    }
    .into()
}
