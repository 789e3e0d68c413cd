//! What `prepare` gives back.

use trunkline_proto::Format;
use trunkline_types::Type;

use crate::Columns;

/// A statement that has been prepared: the session's own form of it, and what the protocol needs to know.
#[derive(Debug, Clone)]
pub struct Prepared<S> {
    pub(crate) statement: S,
    pub(crate) columns: Columns,
    pub(crate) params: Vec<Type>,
    pub(crate) flow: Flow,
    pub(crate) outside_transaction: bool,
}

/// How the statement's data flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// Rows, or nothing but a tag.
    Rows,
    CopyIn {
        format: Format,
        columns: u16,
    },
    CopyOut {
        format: Format,
        columns: u16,
    },
}

impl<S> Prepared<S> {
    /// A statement without parameters that returns no rows.
    pub fn new(statement: S) -> Self {
        Self {
            statement,
            columns: Columns::NONE,
            params: Vec::new(),
            flow: Flow::Rows,
            outside_transaction: false,
        }
    }

    /// The columns of the result: an array or a vector of `(name, type)` pairs or [`Column`](crate::Column)s, or a
    /// [`Columns`] kept from before. A result of rows without columns is `[(); 0]`-like: an empty `Vec<Column>`.
    #[must_use]
    pub fn columns(mut self, columns: impl Into<Columns>) -> Self {
        self.columns = columns.into();
        self
    }

    /// The types of the parameters `$1`, `$2`, …
    #[must_use]
    pub fn params(mut self, types: impl IntoIterator<Item = Type>) -> Self {
        self.params = types.into_iter().collect();
        self
    }

    /// The statement is a `COPY … FROM STDIN` of this many columns: it runs through
    /// [`Session::copy_in`](crate::Session::copy_in).
    #[must_use]
    pub fn copy_in(mut self, format: Format, columns: u16) -> Self {
        self.flow = Flow::CopyIn { format, columns };
        self
    }

    /// The statement is a `COPY … TO STDOUT` of this many columns: it runs through
    /// [`Session::copy_out`](crate::Session::copy_out).
    #[must_use]
    pub fn copy_out(mut self, format: Format, columns: u16) -> Self {
        self.flow = Flow::CopyOut { format, columns };
        self
    }

    /// The statement cannot run inside a transaction block, like VACUUM; there it fails with 25001.
    #[must_use]
    pub fn outside_transaction(mut self) -> Self {
        self.outside_transaction = true;
        self
    }
}
