//! Rows that cannot be read or written.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use trunkline_proto::SqlState;
use trunkline_proto::copy::{self, Context, InvalidOptions, Row};

use crate::{DecodeError, EncodeError, Type};

/// Why a row of COPY data cannot be read or written. It prints as PostgreSQL words it.
#[derive(Clone, Debug)]
pub struct Error(Box<Reason>);

#[derive(Clone, Debug)]
enum Reason {
    Options(InvalidOptions),
    Data(copy::Error),
    /// The line ends before this column.
    Missing {
        name: String,
        line: u64,
        text: Option<Vec<u8>>,
    },
    Value {
        error: DecodeError,
        column: usize,
        line: u64,
        /// The value, if it is text and not NULL.
        text: Option<Option<Vec<u8>>>,
    },
    /// The Rust type does not go with the column's.
    Mismatch {
        name: String,
        ty: Type,
    },
    /// A row of another number of values than there are columns.
    Width(usize),
    Encode(EncodeError),
    Write(trunkline_proto::EncodeError),
}

impl Error {
    #[cold]
    fn new(reason: Reason) -> Self {
        Self(Box::new(reason))
    }

    #[cold]
    pub(super) fn width(columns: usize) -> Self {
        Self::new(Reason::Width(columns))
    }

    #[cold]
    pub(super) fn misfit(names: &[String], types: &[Type], column: usize) -> Self {
        match (names.get(column), types.get(column)) {
            (Some(name), Some(ty)) => Self::new(Reason::Mismatch {
                name: name.clone(),
                ty: *ty,
            }),
            _ => Self::width(types.len()),
        }
    }

    #[cold]
    pub(super) fn missing(names: &[String], row: Row<'_>) -> Self {
        Self::new(Reason::Missing {
            name: names.get(row.len()).cloned().unwrap_or_default(),
            line: row.line(),
            text: row.text().map(<[u8]>::to_vec),
        })
    }

    #[cold]
    pub(super) fn value(error: DecodeError, column: usize, row: Row<'_>) -> Self {
        let value = row.get(column).flatten().map(<[u8]>::to_vec);
        Self::new(Reason::Value {
            error,
            column,
            line: row.line(),
            text: row.text().map(|_| value),
        })
    }

    /// The code PostgreSQL gives; 42804 if the Rust type does not go with the columns.
    #[must_use]
    pub fn sqlstate(&self) -> SqlState {
        match &*self.0 {
            Reason::Options(error) => error.sqlstate(),
            Reason::Data(error) => error.sqlstate(),
            Reason::Missing { .. } => SqlState::BAD_COPY_FILE_FORMAT,
            Reason::Value { error, .. } => error.sqlstate(),
            Reason::Mismatch { .. } | Reason::Width(_) => SqlState::DATATYPE_MISMATCH,
            Reason::Encode(error) => error.sqlstate(),
            Reason::Write(trunkline_proto::EncodeError::NulInString) => {
                SqlState::CHARACTER_NOT_IN_REPERTOIRE
            }
            Reason::Write(_) => SqlState::PROGRAM_LIMIT_EXCEEDED,
        }
    }

    /// What to do about it, where PostgreSQL knows.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match &*self.0 {
            Reason::Data(error) => error.hint(),
            _ => None,
        }
    }

    /// What PostgreSQL adds as the error's context: `COPY people, line 3, column id: "seven"`. None for what is not in the data.
    #[must_use]
    pub fn context<'a, S: AsRef<str>>(
        &'a self,
        table: &'a str,
        names: &'a [S],
    ) -> Option<Context<'a>> {
        match &*self.0 {
            Reason::Data(error) => error.context(table, names),
            Reason::Missing { line, text, .. } => {
                Some(Context::of_line(table, *line, text.as_deref()))
            }
            Reason::Value {
                column, line, text, ..
            } => {
                let name = names.get(*column).map_or("", AsRef::as_ref);
                let value = text.as_ref().map(Option::as_deref);
                Some(Context::of_column(table, *line, name, value))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Reason::Options(error) => error.fmt(f),
            Reason::Data(error) => error.fmt(f),
            Reason::Missing { name, .. } => write!(f, "missing data for column \"{name}\""),
            Reason::Value { error, .. } => error.fmt(f),
            Reason::Mismatch { name, ty } => write!(
                f,
                "the Rust type does not go with column \"{name}\", which is of type {ty}"
            ),
            Reason::Width(columns) => {
                write!(
                    f,
                    "the row has not as many values as there are columns, {columns}"
                )
            }
            Reason::Encode(error) => error.fmt(f),
            Reason::Write(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for Error {}

impl From<InvalidOptions> for Error {
    fn from(error: InvalidOptions) -> Self {
        Self::new(Reason::Options(error))
    }
}

impl From<copy::Error> for Error {
    fn from(error: copy::Error) -> Self {
        Self::new(Reason::Data(error))
    }
}

impl From<EncodeError> for Error {
    fn from(error: EncodeError) -> Self {
        Self::new(Reason::Encode(error))
    }
}

impl From<trunkline_proto::EncodeError> for Error {
    fn from(error: trunkline_proto::EncodeError) -> Self {
        Self::new(Reason::Write(error))
    }
}
