//! The catalog out of SQLite's schema.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};
use sqlparser::ast::{ColumnOption, CreateTable, Expr, Statement, TableConstraint};
use trunkline_server::{Error, Result, Type};

use super::{Catalog, Column, ForeignKey, Key, Kind, Reads, Table};
use crate::engines::sqlite::parse::parse;
use crate::engines::sqlite::translate::quote;
use crate::engines::sqlite::translate::types::{declared, view_types_in};

/// OIDs of tables start where PostgreSQL's own objects end.
const FIRST_OID: u32 = 16384;
/// Temporary tables are numbered apart.
const FIRST_TEMPORARY_OID: u32 = 1 << 30;

/// The schema of one connection, remembered until it changes.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    version: (i64, i64),
    tables: HashMap<String, Option<Arc<Table>>>,
}

/// Reads the schema through a connection.
#[derive(Debug)]
pub(crate) struct Reader<'c> {
    connection: &'c Connection,
    cache: &'c RefCell<Cache>,
    reads: &'c Reads,
}

impl<'c> Reader<'c> {
    pub(crate) fn new(
        connection: &'c Connection,
        cache: &'c RefCell<Cache>,
        reads: &'c Reads,
    ) -> Self {
        Self {
            connection,
            cache,
            reads,
        }
    }

    fn version(&self) -> rusqlite::Result<(i64, i64)> {
        let one = |sql| {
            self.connection
                .prepare_cached(sql)?
                .query_row([], |row| row.get(0))
        };
        Ok((
            one("PRAGMA main.schema_version")?,
            one("PRAGMA temp.schema_version")?,
        ))
    }

    fn load(&self, name: &str) -> rusqlite::Result<Option<Table>> {
        for (schema, first) in [("temp", FIRST_TEMPORARY_OID), ("main", FIRST_OID)] {
            let sql = format!(
                "SELECT name, type, rowid, coalesce(sql, '') FROM {schema}.sqlite_schema \
                 WHERE type IN ('table', 'view') AND (name = ?1 OR name = ?1 COLLATE NOCASE) ORDER BY name <> ?1 LIMIT 1"
            );
            let found = self
                .connection
                .prepare_cached(&sql)?
                .query_row([name], |row| {
                    Ok((
                        row.get::<_, String>(0)?,
                        row.get::<_, String>(1)?,
                        row.get::<_, u32>(2)?,
                        row.get::<_, String>(3)?,
                    ))
                })
                .optional()?;
            if let Some((stored, kind, rowid, text)) = found {
                let mut table = Table {
                    name: stored,
                    oid: first.saturating_add(rowid),
                    ..Table::default()
                };
                table.kind = if kind == "view" {
                    Kind::View
                } else {
                    Kind::Table
                };
                self.columns(schema, &mut table)?;
                if table.kind == Kind::View {
                    for (column, typed) in table.columns.iter_mut().zip(view_types_in(&text)) {
                        (column.ty, column.modifier) = (typed.ty, typed.modifier);
                    }
                }
                if table.kind == Kind::Table {
                    let definition = match parse(&text) {
                        Ok(Some(Statement::CreateTable(create))) => Some(create),
                        _ => None,
                    };
                    self.constraints(schema, &mut table, definition.as_ref())?;
                }
                return Ok(Some(table));
            }
        }
        // SQLite's own tables, which have no definition.
        if matches!(
            name,
            "sqlite_schema" | "sqlite_master" | "sqlite_sequence" | "sqlite_temp_schema"
        ) {
            return Ok(Some(Table {
                name: name.to_owned(),
                kind: Kind::Virtual,
                ..Table::default()
            }));
        }
        Ok(None)
    }

    fn columns(&self, schema: &str, table: &mut Table) -> rusqlite::Result<()> {
        let sql = format!(
            "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?1, '{schema}')"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query([&table.name])?;
        let mut key: Vec<(i64, String)> = Vec::new();
        while let Some(row) = rows.next()? {
            let (name, declaration): (String, String) = (row.get(0)?, row.get(1)?);
            let hidden: i64 = row.get(5)?;
            if hidden == 1 {
                continue;
            }
            let typed = declared(&declaration);
            let place: i64 = row.get(4)?;
            if place > 0 {
                key.push((place, name.clone()));
            }
            table.columns.push(Column {
                name,
                ty: typed.ty,
                modifier: typed.modifier,
                not_null: row.get::<_, i64>(2)? != 0,
                default: row.get(3)?,
                identity: place == 1 && declaration.eq_ignore_ascii_case("integer"),
                generated: hidden != 0,
            });
        }
        key.sort();
        if key.len() > 1 {
            // Only a single column can be the rowid.
            table.columns.iter_mut().for_each(|c| c.identity = false);
        }
        if !key.is_empty() {
            let name = format!("{}_pkey", table.name);
            table.primary_key = Some(Key {
                name,
                columns: key.into_iter().map(|(_, name)| name).collect(),
            });
        }
        for column in table.columns.iter_mut().filter(|c| c.identity) {
            column.not_null = true;
        }
        Ok(())
    }

    fn constraints(
        &self,
        schema: &str,
        table: &mut Table,
        definition: Option<&CreateTable>,
    ) -> rusqlite::Result<()> {
        if let Some(create) = definition {
            named(table, create);
        }
        // Unique indexes made later: ALTER TABLE ADD PRIMARY KEY is one, by its name.
        let sql =
            format!("SELECT name, origin FROM pragma_index_list(?1, '{schema}') WHERE \"unique\"");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let indexes: Vec<(String, String)> = statement
            .query_map([&table.name], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        for (index, origin) in indexes {
            let sql = format!("SELECT name FROM pragma_index_info(?1, '{schema}') ORDER BY seqno");
            let mut statement = self.connection.prepare_cached(&sql)?;
            let columns: Vec<Option<String>> = statement
                .query_map([&index], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            let columns: Vec<String> = columns.into_iter().flatten().collect();
            match origin.as_str() {
                "c" if table.primary_key.is_none() && index == format!("{}_pkey", table.name) => {
                    table.primary_key = Some(Key {
                        name: index,
                        columns,
                    });
                }
                "c" => table.unique.push(Key {
                    name: index,
                    columns,
                }),
                "u" if !table
                    .unique
                    .iter()
                    .chain(&table.primary_key)
                    .any(|key| key.columns == columns) =>
                {
                    let name = format!("{}_{}_key", table.name, columns.join("_"));
                    table.unique.push(Key { name, columns });
                }
                _ => {}
            }
        }
        if table.foreign.is_empty() {
            self.foreign(schema, table)?;
        }
        Ok(())
    }

    fn foreign(&self, schema: &str, table: &mut Table) -> rusqlite::Result<()> {
        let sql = format!(
            "SELECT id, \"table\", \"from\", coalesce(\"to\", '') FROM pragma_foreign_key_list(?1, '{schema}') ORDER BY id, seq"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query([&table.name])?;
        let mut last = None;
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            let (parent, from, to): (String, String, String) =
                (row.get(1)?, row.get(2)?, row.get(3)?);
            if last != Some(id) {
                table.foreign.push(ForeignKey {
                    parent,
                    ..ForeignKey::default()
                });
                last = Some(id);
            }
            if let Some(key) = table.foreign.last_mut() {
                key.columns.push(from);
                key.parent_columns.push(to);
            }
        }
        for key in &mut table.foreign {
            key.name = format!("{}_{}_fkey", table.name, key.columns.join("_"));
        }
        Ok(())
    }
}

/// The names that the definition gives, in the form that this engine writes.
fn named(table: &mut Table, create: &CreateTable) {
    let mut serial_key = None;
    for column in &create.columns {
        for option in &column.options {
            let name = option.name.as_ref().map(|n| n.value.clone());
            match (&option.option, name) {
                (ColumnOption::PrimaryKey(_), Some(name)) => serial_key = Some(name),
                // How wide a serial is: see the translation of CREATE TABLE.
                (ColumnOption::Check(_), Some(name)) if name == "int4" || name == "int2" => {
                    let ty = if name == "int4" {
                        Type::INT4
                    } else {
                        Type::INT2
                    };
                    if let Some(column) = table
                        .columns
                        .iter_mut()
                        .find(|c| c.name == column.name.value)
                    {
                        column.ty = ty;
                    }
                }
                (ColumnOption::Check(check), Some(name)) => {
                    table.checks.push(name);
                    table.conditions.push(check.expr.to_string());
                }
                _ => {}
            }
        }
    }
    if let Some(name) = serial_key {
        // The rowid is not the key when a sequence's name stands there.
        if name.ends_with("_seq") {
            table.primary_key = None;
        } else if let Some(key) = &mut table.primary_key {
            key.name = name;
        }
    }
    for constraint in &create.constraints {
        match constraint {
            TableConstraint::PrimaryKey(key) => {
                if let (Some(name), Some(found)) = (&key.name, &mut table.primary_key) {
                    found.name.clone_from(&name.value);
                }
            }
            TableConstraint::Unique(unique) => {
                let columns = unique
                    .columns
                    .iter()
                    .filter_map(|c| match &c.column.expr {
                        Expr::Identifier(ident) => Some(ident.value.clone()),
                        _ => None,
                    })
                    .collect::<Vec<_>>();
                let name = unique.name.as_ref().map_or_else(
                    || format!("{}_{}_key", table.name, columns.join("_")),
                    |n| n.value.clone(),
                );
                let key = Key { name, columns };
                if table.primary_key.is_none() && key.name.ends_with("_pkey") {
                    table.primary_key = Some(key);
                } else {
                    table.unique.push(key);
                }
            }
            TableConstraint::Check(check) => {
                if let Some(name) = &check.name {
                    table.checks.push(name.value.clone());
                    table.conditions.push(check.expr.to_string());
                }
            }
            TableConstraint::ForeignKey(key) => {
                let columns: Vec<String> = key.columns.iter().map(|c| c.value.clone()).collect();
                table.foreign.push(ForeignKey {
                    name: key.name.as_ref().map_or_else(
                        || format!("{}_{}_fkey", table.name, columns.join("_")),
                        |n| n.value.clone(),
                    ),
                    columns,
                    parent: key
                        .foreign_table
                        .0
                        .last()
                        .and_then(|p| p.as_ident())
                        .map(|i| i.value.clone())
                        .unwrap_or_default(),
                    parent_columns: key
                        .referred_columns
                        .iter()
                        .map(|c| c.value.clone())
                        .collect(),
                    actions: [("DELETE", &key.on_delete), ("UPDATE", &key.on_update)]
                        .into_iter()
                        .filter_map(|(event, action)| {
                            Some(format!(" ON {event} {}", action.as_ref()?))
                        })
                        .collect(),
                });
            }
            _ => {}
        }
    }
}

impl Catalog for Reader<'_> {
    fn table(&self, name: &str) -> Result<Option<Arc<Table>>> {
        let version = self.version().map_err(Error::internal)?;
        {
            let mut cache = self.cache.borrow_mut();
            if cache.version != version {
                cache.version = version;
                cache.tables.clear();
            }
            if let Some(table) = cache.tables.get(name) {
                return Ok(table.clone());
            }
        }
        let table = self.load(name).map_err(Error::internal)?.map(Arc::new);
        self.cache
            .borrow_mut()
            .tables
            .insert(name.to_owned(), table.clone());
        Ok(table)
    }

    fn tables(&self) -> Result<Vec<Arc<Table>>> {
        let sql = "SELECT name FROM main.sqlite_schema WHERE type IN ('table', 'view') \
                   AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid";
        let names: Vec<String> = self
            .connection
            .prepare_cached(sql)
            .and_then(|mut s| s.query_map([], |row| row.get(0))?.collect())
            .map_err(Error::internal)?;
        let mut tables = Vec::new();
        for name in names {
            tables.extend(self.table(&name)?);
        }
        Ok(tables)
    }

    fn has_rows(&self, table: &Table) -> Result<bool> {
        let sql = format!("SELECT EXISTS (SELECT 1 FROM {})", quote(&table.name));
        self.connection
            .query_row(&sql, [], |row| row.get(0))
            .map_err(Error::internal)
    }

    fn sources(&self, view: &Table) -> Result<Vec<String>> {
        let mut sources = Vec::new();
        for (by, source) in self.reads.of_view(self.connection, &view.name) {
            let by = by.filter(|by| *by != view.name);
            let other = by.map(|by| self.table(&by)).transpose()?.flatten();
            // What another view reads is that one's; a subquery of the view itself is known by its alias.
            let own = other.is_none_or(|table| table.kind != Kind::View);
            if own && source != view.name && !sources.contains(&source) {
                sources.push(source);
            }
        }
        Ok(sources)
    }

    fn is_function(&self, name: &str) -> bool {
        let sql = "SELECT EXISTS (SELECT 1 FROM pragma_function_list WHERE name = ?1)";
        let found = self
            .connection
            .prepare_cached(sql)
            .and_then(|mut s| s.query_row([name], |row| row.get::<_, bool>(0)));
        found.unwrap_or(false)
    }
}
