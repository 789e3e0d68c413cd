//! A translated expression: its SQLite text and what is known of its value.

use sqlparser::tokenizer::Location;
use trunkline_server::Type;

/// The collation that orders numerics, which are stored as text, by their value.
pub(crate) const NUMERIC: &str = "trunkline_numeric";

/// SQLite's collation that ignores blanks at the end.
pub(crate) const BLANK_PADDED: &str = "RTRIM";

/// An expression in SQLite's SQL, with PostgreSQL's type.
///
/// `sql` can stand anywhere an operand can: operators come in parentheses.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) sql: String,
    /// `UNKNOWN` is a literal, parameter or NULL whose context has not decided yet; `UNSPECIFIED` is known only to SQLite.
    pub(crate) ty: Type,
    pub(crate) modifier: i32,
    pub(crate) shape: Shape,
    pub(crate) at: Location,
    /// Table OID and column number, for RowDescription.
    pub(crate) origin: Option<(u32, i16)>,
}

/// What can still be decided about an expression when its context is known.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    /// A quoted literal: becomes a constant of the type that its context asks for.
    Literal(String),
    /// A number as written.
    Number(String),
    /// `$n`, counted from 1.
    Param(usize),
    Null,
    Column,
    Other,
}

impl Node {
    /// An expression with nothing left to decide.
    pub(crate) fn new(sql: impl Into<String>, ty: Type) -> Self {
        let sql = sql.into();
        let sql = match ty {
            Type::NUMERIC => numeric(&sql),
            Type::BPCHAR => blank_padded(&sql),
            _ => sql,
        };
        Self {
            sql,
            ty,
            modifier: -1,
            shape: Shape::Other,
            at: Location { line: 0, column: 0 },
            origin: None,
        }
    }

    /// The same, of this shape.
    pub(crate) fn shaped(mut self, shape: Shape) -> Self {
        self.shape = shape;
        self
    }

    pub(crate) fn at(mut self, at: Location) -> Self {
        self.at = at;
        self
    }

    pub(crate) fn modifier(mut self, modifier: i32) -> Self {
        self.modifier = modifier;
        self
    }

    /// The same with the collation of its type, where it is no column that brings it along.
    pub(crate) fn collated(self) -> Self {
        if self.ty == Type::BPCHAR && self.shape != Shape::Column {
            let sql = blank_padded(&self.sql);
            return Self { sql, ..self };
        }
        self
    }

    /// The same as plain text, with the blanks that pad a `char(n)`.
    pub(crate) fn with_blanks(self) -> Self {
        if self.ty == Type::BPCHAR {
            return Self {
                ty: Type::TEXT,
                ..self
            };
        }
        self
    }

    /// Whether the context may still choose the type.
    pub(crate) fn is_open(&self) -> bool {
        self.ty == Type::UNKNOWN
    }
}

/// A numeric carries text affinity and the collation, so that it compares and sorts by value wherever it stands.
pub(crate) fn numeric(sql: &str) -> String {
    format!("(CAST({sql} AS TEXT) COLLATE {NUMERIC})")
}

/// `char(n)` carries the collation to which blanks at the end are nothing.
fn blank_padded(sql: &str) -> String {
    format!("({sql} COLLATE {BLANK_PADDED})")
}

/// An identifier, quoted for SQLite.
pub(crate) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text literal for SQLite. A NUL cannot be written inside quotes.
pub(crate) fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}
