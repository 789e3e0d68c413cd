//! The built-in types: their OIDs, names and shapes (PostgreSQL docs 8, 51.64 `pg_type`).

mod name;
mod table;
#[cfg(test)]
mod tests;

use core::fmt;

use crate::Oid;

/// A PostgreSQL type, by its OID.
///
/// The constants are the built-in types; their OIDs are the same on every server. A type made with `CREATE TYPE`
/// has an OID of its own database and is held just as well, but nothing else is known of it here.
///
/// ```
/// use trunkline_types::Type;
///
/// assert_eq!(Type::INT4.name(), "int4");
/// assert_eq!(Type::INT4.sql_name(), "integer");
/// assert_eq!(Type::INT4.array(), Some(Type::INT4_ARRAY));
/// assert_eq!(Type::from_name("timestamp with time zone"), Some(Type::TIMESTAMPTZ));
/// ```
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct Type(Oid);

/// What sort of type it is: `pg_type.typtype`, with arrays told apart.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A scalar.
    Base,
    /// A true array, with dimensions and bounds.
    Array,
    /// A range over another type.
    Range,
    /// A set of ranges.
    Multirange,
    /// A type that no column can have: `record`, `void`, `anyelement`.
    Pseudo,
    /// Not built in: an enum, domain, composite or extension type of one database.
    Unknown,
}

struct Row {
    name: &'static str,
    sql_name: &'static str,
    size: i16,
    inner: u32,
    array: u32,
    kind: Kind,
    delimiter: u8,
}

impl Type {
    /// OID 0: the type is left to the server to infer.
    pub const UNSPECIFIED: Self = Self(Oid(0));

    /// The type with this OID, built in or not.
    #[must_use]
    pub const fn from_oid(oid: Oid) -> Self {
        Self(oid)
    }

    /// Its OID.
    #[must_use]
    pub const fn oid(self) -> Oid {
        self.0
    }

    /// The catalog's name (`int4`, `_int4`, `timestamptz`), or `???` for a type that is not built in.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().map_or("???", |row| row.name)
    }

    /// The name in SQL (`integer`, `integer[]`, `timestamp with time zone`), as PostgreSQL puts it in messages;
    /// `???` for a type that is not built in.
    #[must_use]
    pub fn sql_name(self) -> &'static str {
        self.row().map_or("???", |row| row.sql_name)
    }

    /// Bytes of a value in binary, or −1 when it varies, −2 for a C string: `pg_type.typlen`, as RowDescription
    /// carries it.
    #[must_use]
    pub fn size(self) -> i16 {
        self.row().map_or(-1, |row| row.size)
    }

    /// What sort of type it is.
    #[must_use]
    pub fn kind(self) -> Kind {
        self.row().map_or(Kind::Unknown, |row| row.kind)
    }

    /// The type of an array's elements; `None` when it is not a built-in array.
    #[must_use]
    pub fn element(self) -> Option<Self> {
        self.row()
            .filter(|row| row.kind == Kind::Array)
            .map(|row| Self(Oid(row.inner)))
    }

    /// The type of a range's or multirange's bounds.
    #[must_use]
    pub fn bound(self) -> Option<Self> {
        self.row()
            .filter(|row| matches!(row.kind, Kind::Range | Kind::Multirange))
            .map(|row| Self(Oid(row.inner)))
    }

    /// The type of arrays of this one, if there is such.
    #[must_use]
    pub fn array(self) -> Option<Self> {
        self.row()
            .filter(|row| row.array != 0)
            .map(|row| Self(Oid(row.array)))
    }

    /// What stands between the elements of an array in text: `;` for `box`, `,` for all others that are built in.
    ///
    /// Of a type that is not built in it is not known (`pg_type.typdelim` has it), and given as `,`: enums and composites have that, as
    /// has all but what its maker gave another.
    #[must_use]
    pub fn delimiter(self) -> u8 {
        self.row().map_or(b',', |row| row.delimiter)
    }

    /// Whether it is one of the constants.
    #[must_use]
    pub fn is_built_in(self) -> bool {
        self.row().is_some()
    }

    /// The type of this name, as the catalog (`int4`, `_int4`) or SQL spells it (`integer`, `varchar(20)`,
    /// `double precision`, `int4[]`, `timestamp(3) with time zone`); case and surplus blanks do not matter.
    ///
    /// As in SQL, `char` is `character`; the one-byte internal type is `"char"`, quoted.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        name::lookup(name)
    }
}

impl From<Oid> for Type {
    fn from(oid: Oid) -> Self {
        Self(oid)
    }
}

impl From<Type> for Oid {
    fn from(ty: Type) -> Self {
        ty.0
    }
}

impl fmt::Debug for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.row() {
            Some(row) => f.write_str(row.name),
            None => write!(f, "oid {}", self.0.0),
        }
    }
}

/// The name in SQL, or `oid N` for a type that is not built in.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.row() {
            Some(row) => f.write_str(row.sql_name),
            None => write!(f, "oid {}", self.0.0),
        }
    }
}

/// One constant, one row and one entry of [`Type::ALL`] a line: constant, OID, names, size, inner type, array, kind, delimiter.
macro_rules! types {
    ($($id:ident $oid:literal $name:literal $sql:literal $size:literal $inner:literal $array:literal $kind:ident $delimiter:literal;)*) => {
        impl super::Type {
            $(
                #[doc = concat!("`", $sql, "`, OID ", stringify!($oid), ".")]
                pub const $id: Self = Self(crate::Oid($oid));
            )*

            /// Every built-in type, in the order of their OIDs.
            pub const ALL: &[Self] = &[$(Self::$id),*];

            pub(super) const fn row(self) -> Option<&'static super::Row> {
                match self.0.0 {
                    $($oid => Some(&super::Row {
                        name: $name,
                        sql_name: $sql,
                        size: $size,
                        inner: $inner,
                        array: $array,
                        kind: Kind::$kind,
                        delimiter: $delimiter,
                    }),)*
                    _ => None,
                }
            }
        }
    };
}
use types;
