//! Rows and parameters as Rust values.
//!
//! | file | idea |
//! |---|---|
//! | `columns` | what a result is made of, and the name or place that a value is asked for by |
//! | `view` | a row, borrowed from where it was read to |
//! | `owned` | a row that was copied |
//! | `from_row` | what a row can become |
//! | `cursor` | columns found by name, for the derive |
//! | `params` | the values for `$1`, `$2`, … |
//! | `bind` | those values, and their formats, in a Bind |
//! | `error` | what does not go with what |

mod bind;
mod columns;
mod cursor;
mod error;
mod from_row;
mod owned;
mod params;
#[cfg(test)]
mod tests;
mod view;

pub(crate) use bind::{Binding, ParamTypes, bind};
pub use columns::{Column, ColumnIndex, Columns};
pub use cursor::{ColumnCheck, Cursor, FromColumns, InOrder};
pub(crate) use error::ValueError;
pub use from_row::{FromRow, FromRowOwned};
pub use owned::OwnedRow;
pub use params::Params;
pub use view::Row;
