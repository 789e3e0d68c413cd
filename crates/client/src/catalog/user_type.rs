//! What is known of one type.

use trunkline_proto::Oid;
use trunkline_types::Type;

use crate::{Result, Row};

/// A type that is not built in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserType {
    oid: Oid,
    schema: Box<str>,
    name: Box<str>,
    array: Oid,
    kind: Kind,
}

/// What sort of type it is, and what it is made of: `pg_type.typtype`, with arrays told apart (PostgreSQL docs 51.64).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A type that an extension made in C.
    Base,
    /// One of some labels.
    Enum {
        /// The labels, in their order.
        labels: Box<[String]>,
    },
    /// Another type with conditions.
    Domain {
        /// The type beneath, which may be a domain itself.
        base: Type,
    },
    /// Several values; each table has such a type, of its rows.
    Composite {
        /// The values, in their order.
        attributes: Box<[Attribute]>,
    },
    /// An array.
    Array {
        /// The type of its elements.
        element: Type,
    },
    /// A range.
    Range {
        /// The type of its bounds.
        bound: Type,
    },
    /// A set of ranges.
    Multirange {
        /// The type of the ranges' bounds.
        bound: Type,
    },
    /// A type that no column can have.
    Pseudo,
}

/// One value of a composite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// What it is called.
    pub name: String,
    /// Its type.
    pub ty: Type,
}

/// The row of [`SQL`](super::SQL).
type Found = (
    Oid,
    Box<str>,
    Box<str>,
    String,
    Oid,
    Oid,
    Oid,
    Vec<String>,
    Vec<String>,
    Vec<Oid>,
    Option<Oid>,
);

impl UserType {
    pub(super) fn from_row(row: Row<'_>) -> Result<Self> {
        let (oid, schema, name, kind, array, base, element, labels, names, types, bound): Found =
            row.decode()?;
        let bound = Type::from_oid(bound.unwrap_or_default());
        let kind = match kind.as_str() {
            "e" => Kind::Enum {
                labels: labels.into(),
            },
            "d" => Kind::Domain {
                base: Type::from_oid(base),
            },
            "c" => Kind::Composite {
                attributes: names
                    .into_iter()
                    .zip(types)
                    .map(|(name, ty)| Attribute {
                        name,
                        ty: Type::from_oid(ty),
                    })
                    .collect(),
            },
            "a" => Kind::Array {
                element: Type::from_oid(element),
            },
            "r" => Kind::Range { bound },
            "m" => Kind::Multirange { bound },
            "p" => Kind::Pseudo,
            _ => Kind::Base,
        };
        Ok(Self {
            oid,
            schema,
            name,
            array,
            kind,
        })
    }

    /// Its OID.
    #[must_use]
    pub const fn oid(&self) -> Oid {
        self.oid
    }

    /// Its OID as a type.
    #[must_use]
    pub const fn ty(&self) -> Type {
        Type::from_oid(self.oid)
    }

    /// The schema that it is in.
    #[must_use]
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// What it is called there.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The type of arrays of it, if there is one.
    #[must_use]
    pub fn array(&self) -> Option<Type> {
        (self.array != Oid::UNSPECIFIED).then_some(Type::from_oid(self.array))
    }

    /// What sort of type it is.
    #[must_use]
    pub const fn kind(&self) -> &Kind {
        &self.kind
    }
}
