//! What the translator asks of the database's schema.

mod read;
mod reads;

use std::sync::Arc;

use trunkline_server::{Result, Type};

pub(crate) use read::{Cache, Reader};
pub(crate) use reads::Reads;

/// The tables and functions that a statement may name.
pub(crate) trait Catalog {
    /// The table or view of this name (already folded to lower case where it was not quoted).
    fn table(&self, name: &str) -> Result<Option<Arc<Table>>>;

    /// Every table and view that lasts, SQLite's own aside.
    ///
    /// # Errors
    ///
    /// XX000 when SQLite cannot read its schema.
    fn tables(&self) -> Result<Vec<Arc<Table>>> {
        Ok(Vec::new())
    }

    /// Whether the table has any rows.
    ///
    /// # Errors
    ///
    /// XX000 when SQLite cannot read it.
    fn has_rows(&self, _table: &Table) -> Result<bool> {
        Ok(false)
    }

    /// The tables and views that a view reads itself.
    ///
    /// # Errors
    ///
    /// XX000 when SQLite cannot read the schema.
    fn sources(&self, _view: &Table) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    /// Whether SQLite itself knows a function of this name.
    fn is_function(&self, name: &str) -> bool;
}

/// A table or view.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Table {
    /// Its name as stored.
    pub(crate) name: String,
    /// Stable while the table lives: what RowDescription gives as the table's OID.
    pub(crate) oid: u32,
    pub(crate) kind: Kind,
    pub(crate) columns: Vec<Column>,
    /// The columns of the primary key, in its order.
    pub(crate) primary_key: Option<Key>,
    pub(crate) unique: Vec<Key>,
    pub(crate) checks: Vec<String>,
    /// What each of them demands, as SQLite's SQL.
    pub(crate) conditions: Vec<String>,
    pub(crate) foreign: Vec<ForeignKey>,
}

/// What sort of relation it is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Kind {
    #[default]
    Table,
    View,
    /// Its columns are known to SQLite alone.
    Virtual,
}

/// One column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) ty: Type,
    /// `atttypmod`, or −1.
    pub(crate) modifier: i32,
    pub(crate) not_null: bool,
    /// The default, as SQLite's SQL.
    pub(crate) default: Option<String>,
    /// Filled by the rowid when it is left out.
    pub(crate) identity: bool,
    pub(crate) generated: bool,
}

/// A primary key or unique constraint.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Key {
    pub(crate) name: String,
    pub(crate) columns: Vec<String>,
}

/// A reference to another table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ForeignKey {
    pub(crate) name: String,
    pub(crate) columns: Vec<String>,
    pub(crate) parent: String,
    pub(crate) parent_columns: Vec<String>,
    /// `ON DELETE …`, with a blank before each.
    pub(crate) actions: String,
}

impl Table {
    /// The column of this name and its number, counted from 1 as `attnum` is.
    pub(crate) fn column(&self, name: &str) -> Option<(i16, &Column)> {
        let at = self
            .columns
            .iter()
            .position(|c| c.name == name)
            .or_else(|| {
                self.columns
                    .iter()
                    .position(|c| c.name.eq_ignore_ascii_case(name))
            })?;
        Some((i16::try_from(at + 1).ok()?, self.columns.get(at)?))
    }

    /// The key constraint of this name.
    pub(crate) fn key(&self, name: &str) -> Option<&Key> {
        self.primary_key
            .iter()
            .chain(&self.unique)
            .find(|key| key.name == name)
    }
}
