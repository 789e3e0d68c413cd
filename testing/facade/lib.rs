//! A user of the façade who gave it a name of its own: what derives write must find its way. That it compiles is the test.

use database::client::FromRow;

/// A row with a borrowed column.
#[derive(FromRow, Debug)]
pub struct Person<'a> {
    /// From a column of this name.
    pub id: i64,
    /// Borrowed from the row.
    pub name: &'a str,
}

/// A row of one column.
#[derive(FromRow, Debug)]
pub struct Count(
    /// The column.
    pub i64,
);
