//! The columns of a result.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use trunkline_proto::backend::{Field, RowDescription};
use trunkline_proto::{Format, Oid};
use trunkline_types::Type;

use super::{FromRow, ValueError};
use crate::Result;

/// A column of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    name: Box<str>,
    ty: Type,
    table: Oid,
    attribute: i16,
    size: i16,
    modifier: i32,
    format: Format,
}

impl Column {
    fn new(field: &Field<'_>, place: usize) -> Result<Self> {
        let name = std::str::from_utf8(field.name).map_err(|_| ValueError::ColumnName { place })?;
        Ok(Self {
            name: name.into(),
            ty: Type::from_oid(field.ty),
            table: field.table,
            attribute: field.column,
            size: field.size,
            modifier: field.modifier,
            format: field.format,
        })
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its type; of a domain, the type underneath.
    #[must_use]
    pub const fn ty(&self) -> Type {
        self.ty
    }

    /// The table that it is a column of; none if it is computed.
    #[must_use]
    pub fn table(&self) -> Option<Oid> {
        (self.table != Oid::UNSPECIFIED).then_some(self.table)
    }

    /// Its number in that table, from 1; negative for system columns.
    #[must_use]
    pub fn attribute(&self) -> Option<i16> {
        (self.attribute != 0).then_some(self.attribute)
    }

    /// Bytes of a value in binary; −1 if they vary, −2 for a C string.
    #[must_use]
    pub const fn size(&self) -> i16 {
        self.size
    }

    /// The type's modifier, such as the precision of a numeric; −1 if it has none.
    #[must_use]
    pub const fn modifier(&self) -> i32 {
        self.modifier
    }

    /// How its values are written.
    #[must_use]
    pub const fn format(&self) -> Format {
        self.format
    }
}

/// The columns of a result, in their order. A clone shares them.
///
/// It is a slice of [`Column`]s, and knows them by name as well.
#[derive(Clone)]
pub struct Columns(Arc<Shared>);

struct Shared {
    columns: Box<[Column]>,
    types: Box<[Type]>,
    /// The format of all columns, if they have one.
    format: Option<Format>,
    /// The [`FromRow::check`] that was passed last, by its address: 0 for none.
    passed: AtomicUsize,
    /// The list of names that was last found to be that of the first columns, by the address of the reference to it: 0 for none.
    begun: AtomicUsize,
}

impl Columns {
    /// The columns that a RowDescription tells of, in the formats that it gives. Those of a statement's description are all text,
    /// since the formats are chosen later: see [`in_format`](Self::in_format).
    ///
    /// # Errors
    ///
    /// A name is not UTF-8.
    pub fn new(description: &RowDescription<'_>) -> Result<Self> {
        let columns = description
            .fields
            .iter()
            .enumerate()
            .map(|(place, field)| Column::new(&field, place))
            .collect::<Result<Box<[Column]>>>()?;
        Ok(Self::from_columns(columns))
    }

    fn from_columns(columns: Box<[Column]>) -> Self {
        let format = columns.first().map_or(Format::Text, Column::format);
        Self(Arc::new(Shared {
            types: columns.iter().map(Column::ty).collect(),
            format: columns
                .iter()
                .all(|column| column.format == format)
                .then_some(format),
            columns,
            passed: AtomicUsize::new(0),
            begun: AtomicUsize::new(0),
        }))
    }

    /// No columns.
    #[must_use]
    pub fn none() -> Self {
        Self::from_columns(Box::default())
    }

    /// These columns with their values in one format: that which was asked for in the Bind.
    #[must_use]
    pub fn in_format(&self, format: Format) -> Self {
        self.in_formats(std::iter::repeat_n(format, self.len()))
    }

    /// These columns with their values in these formats. Columns beyond the last format keep theirs.
    #[must_use]
    pub fn in_formats(&self, formats: impl IntoIterator<Item = Format>) -> Self {
        let mut columns = self.0.columns.clone();
        for (column, format) in columns.iter_mut().zip(formats) {
            column.format = format;
        }
        Self::from_columns(columns)
    }

    /// The names, in their order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.iter().map(Column::name)
    }

    /// The types, in their order.
    #[must_use]
    pub fn types(&self) -> &[Type] {
        &self.0.types
    }

    /// The place of the first column of this name, from 0. Upper and lower case differ.
    #[must_use]
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.iter().position(|column| &*column.name == name)
    }

    /// The place of the column of this name, looked for at `hint` first.
    ///
    /// # Errors
    ///
    /// There is none; the message lists those there are.
    #[inline]
    pub fn find(&self, name: &str, hint: usize) -> Result<usize> {
        if self.get(hint).is_some_and(|column| &*column.name == name) {
            return Ok(hint);
        }
        self.index_of(name).ok_or_else(|| self.no_column(name))
    }

    /// Whether rows of these columns can be read as `T`. The answer is kept for the type asked for last, so that to ask again for each
    /// row costs a comparison.
    ///
    /// # Errors
    ///
    /// As [`FromRow::check`].
    #[inline]
    pub fn check<'r, T: FromRow<'r>>(&self) -> Result<()> {
        let check: fn(&Self) -> Result<()> = T::check;
        let check = check as usize;
        if self.0.passed.load(Ordering::Relaxed) == check {
            return Ok(());
        }
        self.check_anew::<T>(check)
    }

    #[cold]
    fn check_anew<'r, T: FromRow<'r>>(&self, check: usize) -> Result<()> {
        T::check(self)?;
        self.0.passed.store(check, Ordering::Relaxed);
        Ok(())
    }

    /// Whether the first columns have these names. That they have is remembered for the list asked for last.
    ///
    /// A list may be the beginning of another at the same address. References to the two are different and have addresses of their own.
    #[inline]
    pub(super) fn begin_with(&self, names: &'static &'static [&'static str]) -> bool {
        let key = std::ptr::from_ref(names).addr();
        self.0.begun.load(Ordering::Relaxed) == key || self.begin_anew(names, key)
    }

    #[inline(never)]
    fn begin_anew(&self, names: &[&str], key: usize) -> bool {
        let begins = self.len() >= names.len() && self.names().zip(names).all(|(a, b)| a == *b);
        if begins {
            self.0.begun.store(key, Ordering::Relaxed);
        }
        begins
    }

    /// The format of all columns, if they have one.
    #[inline]
    pub(super) fn format(&self) -> Option<Format> {
        self.0.format
    }

    #[cold]
    pub(super) fn no_column(&self, name: &str) -> crate::Error {
        ValueError::NoColumn {
            name: name.to_owned(),
            names: self.owned_names(),
        }
        .into()
    }

    #[cold]
    pub(super) fn owned_names(&self) -> Vec<String> {
        self.names().map(str::to_owned).collect()
    }
}

impl Deref for Columns {
    type Target = [Column];

    #[inline]
    fn deref(&self) -> &[Column] {
        &self.0.columns
    }
}

impl<'a> IntoIterator for &'a Columns {
    type Item = &'a Column;
    type IntoIter = std::slice::Iter<'a, Column>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl PartialEq for Columns {
    fn eq(&self, other: &Self) -> bool {
        self[..] == other[..]
    }
}

impl Eq for Columns {}

impl fmt::Debug for Columns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

/// What a column is asked for by: its place, from 0, or its name.
pub trait ColumnIndex {
    /// The place of the column, from 0, among these.
    ///
    /// # Errors
    ///
    /// There is no such column.
    fn place(&self, columns: &Columns) -> Result<usize>;
}

impl ColumnIndex for usize {
    #[inline]
    fn place(&self, columns: &Columns) -> Result<usize> {
        if *self < columns.len() {
            return Ok(*self);
        }
        Err(ValueError::NoPlace {
            place: *self,
            columns: columns.len(),
        }
        .into())
    }
}

impl ColumnIndex for str {
    #[inline]
    fn place(&self, columns: &Columns) -> Result<usize> {
        columns
            .index_of(self)
            .ok_or_else(|| columns.no_column(self))
    }
}

impl ColumnIndex for String {
    #[inline]
    fn place(&self, columns: &Columns) -> Result<usize> {
        self.as_str().place(columns)
    }
}

impl<I: ColumnIndex + ?Sized> ColumnIndex for &I {
    #[inline]
    fn place(&self, columns: &Columns) -> Result<usize> {
        (**self).place(columns)
    }
}
