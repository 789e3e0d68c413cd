//! What the types of one database are: its enums, domains and composites, and what is made of them.
//!
//! The built-in types are [`Type`]'s constants, the same on every server. All others have OIDs that a database gave them, and a
//! [`Catalog`] says what is behind those, once it was told: [`SQL`] asks for some types and everything beneath them, and
//! [`Catalog::add`] takes the rows.
//!
//! ```no_run
//! use trunkline_client::catalog::{self, Catalog, Kind};
//! use trunkline_client::{Columns, Connection, Event, Result};
//! use trunkline_proto::frontend::Target;
//! use trunkline_proto::{Format, Oid, PortalName, StatementName};
//! use trunkline_types::Type;
//!
//! # async fn example(connection: &mut Connection, mood: Oid) -> Result<()> {
//! let catalog = Catalog::new();
//! let (portal, statement) = (PortalName::UNNAMED, StatementName::UNNAMED);
//! connection.parse(statement, catalog::SQL, &[])?;
//! connection.bind_values(portal, statement, &[Type::OID_ARRAY], (vec![mood],), &[Format::Binary])?;
//! connection.describe(Target::Portal(portal))?;
//! connection.execute(portal, 0)?;
//! connection.sync()?;
//! let mut columns = Columns::none();
//! loop {
//!     match connection.next().await? {
//!         Event::RowDescription(description) => columns = Columns::new(&description)?,
//!         Event::DataRow(row) => catalog.add(trunkline_client::Row::new(&columns, row)?)?,
//!         Event::Ready(_) => break,
//!         _ => {}
//!     }
//! }
//! if let Some(Kind::Enum { labels }) = catalog.find(mood).map(|ty| ty.kind().clone()) {
//!     println!("{labels:?}");
//! }
//! # Ok(())
//! # }
//! ```

mod resolve;
#[cfg(test)]
mod tests;
mod user_type;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use trunkline_proto::{Oid, SqlState};
use trunkline_types::Type;

pub use user_type::{Attribute, Kind, UserType};

use crate::{Result, Row, ServerError};

/// The statement that asks for the types whose OIDs `$1`, an `oid[]`, has, and for those beneath them that are not built in: each a
/// row for [`Catalog::add`]. It is for PostgreSQL 14 and later.
pub const SQL: &str = include_str!("catalog/lookup.sql");

/// The types of one database that were looked up. It may be shared: what one asked for, all know.
#[derive(Default)]
pub struct Catalog(Mutex<HashMap<Oid, Arc<UserType>>>);

impl Catalog {
    /// Nothing is known yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What is known of the type with this OID. Nothing is of built-in types: see [`Type`].
    #[must_use]
    pub fn find(&self, oid: Oid) -> Option<Arc<UserType>> {
        self.types().get(&oid).cloned()
    }

    /// What is known of the type of this name in this schema.
    #[must_use]
    pub fn find_name(&self, schema: &str, name: &str) -> Option<Arc<UserType>> {
        let types = self.types();
        let mut types = types.values();
        types
            .find(|ty| ty.schema() == schema && ty.name() == name)
            .cloned()
    }

    /// Takes what [`SQL`] gave a row of.
    ///
    /// # Errors
    ///
    /// It is no such row.
    pub fn add(&self, row: Row<'_>) -> Result<()> {
        let ty = UserType::from_row(row)?;
        self.types().insert(ty.oid(), Arc::new(ty));
        Ok(())
    }

    /// Those of these types that are neither built in nor known: what to ask for.
    #[must_use]
    pub fn unknown(&self, types: impl IntoIterator<Item = Type>) -> Vec<Oid> {
        let known = self.types();
        let mut unknown: Vec<_> = types
            .into_iter()
            .filter(|ty| *ty != Type::UNSPECIFIED && !ty.is_built_in())
            .map(Type::oid)
            .filter(|oid| !known.contains_key(oid))
            .collect();
        unknown.sort_unstable();
        unknown.dedup();
        unknown
    }

    /// What a value is written and read as, if its type is `ty`: of a domain the type beneath, whose values have the same form; left
    /// open ([`Type::UNSPECIFIED`], text) for an array of domains, whose elements are theirs. All others are what they are.
    #[must_use]
    pub fn base(&self, ty: Type) -> Type {
        resolve::base(ty, |ty| self.find(ty.oid()))
    }

    /// Forgets everything, to have it looked up anew.
    pub fn clear(&self) {
        self.types().clear();
    }

    /// Forgets everything if this error says that a type is gone: 42704, or "cache lookup failed", which is an XX000. Gives whether it
    /// did.
    pub fn invalidate(&self, error: &ServerError) -> bool {
        let stale = matches!(
            error.sqlstate(),
            SqlState::UNDEFINED_OBJECT | SqlState::INTERNAL_ERROR
        );
        if stale {
            self.clear();
        }
        stale
    }

    fn types(&self) -> MutexGuard<'_, HashMap<Oid, Arc<UserType>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.types().values()).finish()
    }
}
