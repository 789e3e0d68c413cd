//! Values that do not go with what they are asked for or given as.

use std::error::Error as StdError;
use std::fmt;

use trunkline_types::{DecodeError, EncodeError, Fault, Type};

/// What is wrong with a value of a result, or with a parameter. The connection has nothing to do with it.
#[derive(Debug)]
pub(crate) enum ValueError {
    /// The server's column names are UTF-8, as everything it sends.
    ColumnName { place: usize },
    /// A row of another number of values than were described.
    Width { found: usize, columns: usize },
    /// The Rust type has more or fewer fields than there are columns.
    ColumnCount { fields: usize, names: Vec<String> },
    /// No column has this name.
    NoColumn { name: String, names: Vec<String> },
    /// No column has this place.
    NoPlace { place: usize, columns: usize },
    /// Values of the column's type are not what the Rust type holds.
    ColumnType {
        name: String,
        ty: Type,
        rust: &'static str,
    },
    /// A value cannot be read.
    Column {
        name: String,
        ty: Type,
        rust: &'static str,
        source: DecodeError,
    },
    /// A value was read, and is none of the Rust type that it is meant for.
    Conversion {
        name: String,
        rust: &'static str,
        source: Box<dyn StdError + Send + Sync>,
    },
    /// Not as many parameters as the statement has.
    ParamCount { given: usize, wanted: usize },
    /// Values of the Rust type are none of the parameter's type.
    ParamType {
        place: usize,
        ty: Type,
        rust: &'static str,
    },
    /// A value cannot be written.
    Param {
        place: usize,
        ty: Type,
        rust: &'static str,
        source: EncodeError,
    },
}

impl ValueError {
    /// The fault beneath.
    pub(crate) fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Column { source, .. } => Some(source),
            Self::Param { source, .. } => Some(source),
            Self::Conversion { source, .. } => Some(&**source),
            _ => None,
        }
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ColumnName { place } => {
                write!(f, "the name of column {} is not UTF-8", place + 1)
            }
            Self::Width { found, columns } => {
                write!(
                    f,
                    "the server sent a row of {found} values in a result of {columns} columns"
                )
            }
            Self::ColumnCount { fields, names } => {
                let count = names.len();
                write!(f, "the row has {}", Count(count, "column"))?;
                if count > 0 {
                    write!(f, " ({})", Names(names))?;
                }
                write!(f, " and is to be read as {}", Count(*fields, "value"))
            }
            Self::NoColumn { name, names } if names.is_empty() => {
                write!(f, "there is no column \"{name}\": the row has no columns")
            }
            Self::NoColumn { name, names } => {
                write!(
                    f,
                    "there is no column \"{name}\": the row has {}",
                    Names(names)
                )
            }
            Self::NoPlace { place, columns } => {
                write!(
                    f,
                    "there is no column at place {place}: the row has {}, counted from 0",
                    Count(*columns, "column")
                )
            }
            Self::ColumnType { name, ty, rust } => {
                let rust = Short(rust);
                write!(
                    f,
                    "column \"{name}\" is of type {ty}, which cannot be read as {rust}{}",
                    Hint(*ty, "Decode")
                )
            }
            Self::Column {
                name,
                ty,
                rust,
                source,
            } if source.fault() == Fault::Null => {
                let rust = Short(rust);
                write!(
                    f,
                    "column \"{name}\" ({ty}) is NULL: read it as Option<{rust}>"
                )
            }
            Self::Column {
                name,
                ty,
                rust,
                source,
            } => {
                let rust = Short(rust);
                write!(
                    f,
                    "column \"{name}\" ({ty}) cannot be read as {rust}: {source}"
                )
            }
            Self::Conversion { name, rust, source } => {
                let rust = Short(rust);
                write!(f, "column \"{name}\" cannot be made a {rust}: {source}")
            }
            Self::ParamCount { given, wanted } => {
                let were = if *given == 1 { "was" } else { "were" };
                write!(
                    f,
                    "the statement has {}, and {given} {were} given",
                    Count(*wanted, "parameter")
                )
            }
            Self::ParamType { place, ty, rust } => {
                let rust = Short(rust);
                write!(
                    f,
                    "parameter ${} is of type {ty}, which {rust} cannot be given as{}",
                    place + 1,
                    Hint(*ty, "Encode")
                )
            }
            Self::Param {
                place,
                ty,
                rust,
                source,
            } => {
                let rust = Short(rust);
                write!(
                    f,
                    "parameter ${} ({ty}) cannot be given as this {rust}: {source}",
                    place + 1
                )
            }
        }
    }
}

/// What goes with a type that is not built in.
struct Hint(Type, &'static str);

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(ty, derive) = self;
        if ty.is_built_in() {
            return Ok(());
        }
        write!(
            f,
            "; a type of the database's own goes with text, or with #[derive({derive})]"
        )
    }
}

/// The name of a Rust type without the modules: `Option<String>`.
struct Short(&'static str);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_path = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':');
        let mut rest = self.0;
        while !rest.is_empty() {
            let path = rest.find(|c| !is_path(c)).unwrap_or(rest.len());
            let (path, behind) = rest.split_at(path);
            f.write_str(path.rsplit("::").next().unwrap_or(path))?;
            let end = behind.find(is_path).unwrap_or(behind.len());
            let (between, behind) = behind.split_at(end);
            f.write_str(between)?;
            rest = behind;
        }
        Ok(())
    }
}

/// `1 column`, `2 columns`.
struct Count(usize, &'static str);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(count, what) = self;
        let plural = if *count == 1 { "" } else { "s" };
        write!(f, "{count} {what}{plural}")
    }
}

/// Names with commas, and not more than fit a line or three.
struct Names<'a>(&'a [String]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 32;
        for (place, name) in self.0.iter().take(SHOWN).enumerate() {
            let separator = if place == 0 { "" } else { ", " };
            write!(f, "{separator}{name}")?;
        }
        match self.0.len().checked_sub(SHOWN) {
            Some(more) if more > 0 => write!(f, " and {more} more"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rust_types_are_called_as_one_writes_them() {
        let short = |name| Short(name).to_string();
        assert_eq!(short("alloc::string::String"), "String");
        assert_eq!(
            short("core::option::Option<alloc::vec::Vec<(i32, &a::b_c::D)>>"),
            "Option<Vec<(i32, &D)>>"
        );
        assert_eq!(short("[u8; 4]"), "[u8; 4]");
        assert_eq!(short("&[u8]"), "&[u8]");
        assert_eq!(short("&dyn a::Any"), "&dyn Any");
    }
}
