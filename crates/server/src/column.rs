//! The columns of a result.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use trunkline_proto::backend::{EncodedRowDescription, Field};
use trunkline_proto::{Format, Oid};
use trunkline_types::Type;

/// One column of a result, as RowDescription tells it to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    name: Cow<'static, str>,
    ty: Type,
    table: Oid,
    number: i16,
    modifier: i32,
}

impl Column {
    /// A column with its name and type.
    pub fn new(name: impl Into<Cow<'static, str>>, ty: Type) -> Self {
        Self {
            name: name.into(),
            ty,
            table: Oid(0),
            number: 0,
            modifier: -1,
        }
    }

    /// The table and the number of the column in it, from 1, if it is a plain column of a table.
    #[must_use]
    pub fn table(mut self, table: Oid, number: i16) -> Self {
        self.table = table;
        self.number = number;
        self
    }

    /// The type modifier, such as the length of a `varchar(10)` plus 4; −1, the default, is none.
    #[must_use]
    pub fn modifier(mut self, modifier: i32) -> Self {
        self.modifier = modifier;
        self
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The type.
    #[must_use]
    pub fn ty(&self) -> Type {
        self.ty
    }

    pub(crate) fn field(&self, format: Format) -> Field<'_> {
        Field {
            name: self.name.as_bytes(),
            table: self.table,
            column: self.number,
            ty: self.ty.oid(),
            size: self.ty.size(),
            modifier: self.modifier,
            format,
        }
    }
}

impl<N: Into<Cow<'static, str>>> From<(N, Type)> for Column {
    fn from((name, ty): (N, Type)) -> Self {
        Self::new(name, ty)
    }
}

/// The columns of a result; cheap to clone, so that a session which prepares the same statement again and again may
/// keep them.
#[derive(Debug, Clone, Default)]
pub struct Columns(Option<Arc<Shape>>);

#[derive(Debug)]
struct Shape {
    columns: Box<[Column]>,
    types: Box<[Type]>,
    /// RowDescription with all columns in text, once it has been asked for.
    description: OnceLock<Option<EncodedRowDescription>>,
}

impl Columns {
    /// No columns: the statement returns no rows.
    pub const NONE: Self = Self(None);

    pub(crate) fn as_slice(&self) -> &[Column] {
        self.0.as_ref().map_or(&[], |shape| &shape.columns)
    }

    /// RowDescription in text, kept, if the columns are: those of a statement that is prepared, or those that a session
    /// keeps for itself. For others it would only cost memory.
    #[inline]
    pub(crate) fn description(&self) -> Option<&EncodedRowDescription> {
        let shape = self.0.as_ref()?;
        if let Some(description) = shape.description.get() {
            return description.as_ref();
        }
        if Arc::strong_count(shape) == 1 {
            return None;
        }
        let fields = shape
            .columns
            .iter()
            .map(|column| column.field(Format::Text));
        shape
            .description
            .get_or_init(|| EncodedRowDescription::new(fields).ok())
            .as_ref()
    }

    /// About the bytes that they take, with the description that may be kept of them. Columns that several statements share
    /// are taken for each one's own.
    pub(crate) fn size(&self) -> usize {
        /// Of a column in RowDescription, beside its name.
        const FIELD: usize = 19;
        let names: usize = self.as_slice().iter().map(|column| column.name.len()).sum();
        let each = size_of::<Column>() + size_of::<Type>() + FIELD;
        self.as_slice().len() * each + 2 * names
    }

    #[inline]
    pub(crate) fn types(&self) -> &[Type] {
        self.0.as_ref().map_or(&[], |shape| &shape.types)
    }

    /// Whether the statement returns rows at all; a result may have rows of no columns.
    pub(crate) fn returns_rows(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn same_as(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        }
    }
}

impl<C: Into<Column>> FromIterator<C> for Columns {
    fn from_iter<I: IntoIterator<Item = C>>(columns: I) -> Self {
        let columns: Box<[Column]> = columns.into_iter().map(Into::into).collect();
        let types = columns.iter().map(Column::ty).collect();
        Self(Some(Arc::new(Shape {
            columns,
            types,
            description: OnceLock::new(),
        })))
    }
}

impl<C: Into<Column>, const N: usize> From<[C; N]> for Columns {
    fn from(columns: [C; N]) -> Self {
        columns.into_iter().collect()
    }
}

impl<C: Into<Column>> From<Vec<C>> for Columns {
    fn from(columns: Vec<C>) -> Self {
        columns.into_iter().collect()
    }
}
