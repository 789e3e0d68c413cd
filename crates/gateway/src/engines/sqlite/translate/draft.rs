//! A table under construction, and what it becomes in SQLite's SQL.

use trunkline_server::{Error, Result, SqlState, Type};

use super::node::{BLANK_PADDED, NUMERIC, quote};
use super::types::{Typed, declaration};

/// A table under construction.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) table: String,
    pub(super) columns: Vec<Drafted>,
    pub(super) constraints: Vec<Constraint>,
    pub(super) primary_key: Option<(String, Vec<String>)>,
    pub(super) checks: usize,
}

/// A constraint other than the primary key.
pub(super) struct Constraint {
    pub(super) name: String,
    pub(super) kind: Kind,
}

pub(super) enum Kind {
    Unique(Vec<String>),
    /// The condition.
    Check(String),
    /// The columns, and from REFERENCES on.
    Foreign(Vec<String>, String),
}

pub(super) struct Drafted {
    pub(super) name: String,
    pub(super) typed: Typed,
    pub(super) serial: bool,
    pub(super) not_null: bool,
    pub(super) rest: String,
}

impl Constraint {
    /// As a part of CREATE TABLE.
    pub(super) fn of_table(&self) -> String {
        let list = |names: &[String]| {
            names
                .iter()
                .map(|c| quote(c))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let body = match &self.kind {
            Kind::Unique(columns) => format!("UNIQUE ({})", list(columns)),
            Kind::Check(condition) => format!("CHECK ({condition})"),
            Kind::Foreign(columns, references) => {
                format!("FOREIGN KEY ({}) {references}", list(columns))
            }
        };
        format!("CONSTRAINT {} {body}", quote(&self.name))
    }

    /// As a part of a column's definition; SQLite adds no column with a unique constraint.
    pub(super) fn of_column(&self) -> Option<String> {
        let body = match &self.kind {
            Kind::Unique(_) => return None,
            Kind::Check(condition) => format!("CHECK ({condition})"),
            Kind::Foreign(_, references) => references.clone(),
        };
        Some(format!(" CONSTRAINT {} {body}", quote(&self.name)))
    }
}

impl Draft {
    /// A draft for this table.
    pub(super) fn of(table: &str) -> Self {
        Self {
            table: table.to_owned(),
            ..Self::default()
        }
    }

    /// The column that no row may leave empty and nothing fills.
    pub(super) fn unfilled(&self) -> Option<&str> {
        let unfilled = |c: &&Drafted| c.not_null && !c.serial && c.rest.is_empty();
        self.columns.iter().find(unfilled).map(|c| c.name.as_str())
    }

    /// The statements that add the columns of this draft to the table.
    pub(super) fn additions(&self) -> Vec<String> {
        let table = quote(&self.table);
        let mut statements = Vec::new();
        for column in &self.columns {
            let mut text = column_text(&column.name, column.typed);
            if column.not_null {
                text.push_str(" NOT NULL");
            }
            text.push_str(&column.rest);
            text.extend(self.constraints.iter().filter_map(Constraint::of_column));
            statements.push(format!("ALTER TABLE {table} ADD COLUMN {text}"));
        }
        for constraint in &self.constraints {
            if let Kind::Unique(columns) = &constraint.kind {
                let columns: Vec<String> = columns.iter().map(|c| quote(c)).collect();
                let name = quote(&constraint.name);
                statements.push(format!(
                    "CREATE UNIQUE INDEX {name} ON {table} ({})",
                    columns.join(", ")
                ));
            }
        }
        statements
    }

    pub(super) fn set_primary_key(
        &mut self,
        name: Option<String>,
        columns: Vec<String>,
    ) -> Result<()> {
        if self.primary_key.is_some() {
            let message = format!(
                "multiple primary keys for table \"{}\" are not allowed",
                self.table
            );
            return Err(Error::new(SqlState::INVALID_TABLE_DEFINITION, message));
        }
        let name = name.unwrap_or_else(|| format!("{}_pkey", self.table));
        self.primary_key = Some((name, columns));
        Ok(())
    }

    /// The definition of the columns and constraints.
    ///
    /// A serial column is SQLite's rowid: that alone fills itself. Its declared type must read `INTEGER`, so a named CHECK
    /// says how wide it is. When the primary key is another column, that one is made unique and not null instead.
    pub(super) fn finish(mut self) -> String {
        let key = self.primary_key.take();
        let serial = self.columns.iter().position(|c| c.serial);
        let mut parts = Vec::new();
        for (place, column) in self.columns.iter().enumerate() {
            let in_key = key
                .as_ref()
                .is_some_and(|(_, columns)| columns.contains(&column.name));
            let name = quote(&column.name);
            if Some(place) == serial {
                let constraint = key
                    .as_ref()
                    .filter(|(_, columns)| columns.as_slice() == [column.name.clone()]);
                let constraint = constraint.map_or_else(
                    || format!("{}_{}_seq", self.table, column.name),
                    |(name, _)| name.clone(),
                );
                let mut text = format!(
                    "{name} INTEGER CONSTRAINT {} PRIMARY KEY AUTOINCREMENT",
                    quote(&constraint)
                );
                match column.typed.ty {
                    Type::INT4 => text.push_str(&format!(
                        " CONSTRAINT int4 CHECK ({name} BETWEEN -2147483648 AND 2147483647)"
                    )),
                    Type::INT2 => text.push_str(&format!(
                        " CONSTRAINT int2 CHECK ({name} BETWEEN -32768 AND 32767)"
                    )),
                    _ => {}
                }
                parts.push(text);
                continue;
            }
            let mut text = column_text(&column.name, column.typed);
            if column.not_null || in_key {
                text.push_str(" NOT NULL");
            }
            text.push_str(&column.rest);
            parts.push(text);
        }
        if let Some((name, columns)) = key {
            let serial_name = serial
                .and_then(|at| self.columns.get(at))
                .map(|c| c.name.clone());
            let is_serial = columns.len() == 1 && columns.first() == serial_name.as_ref();
            let list: Vec<String> = columns.iter().map(|c| quote(c)).collect();
            let words = if serial.is_some() {
                "UNIQUE"
            } else {
                "PRIMARY KEY"
            };
            if !is_serial {
                parts.push(format!(
                    "CONSTRAINT {} {words} ({})",
                    quote(&name),
                    list.join(", ")
                ));
            }
        }
        parts.extend(self.constraints.iter().map(Constraint::of_table));
        parts.join(", ")
    }
}

pub(super) fn column_text(name: &str, typed: Typed) -> String {
    let collation = match typed.ty {
        Type::NUMERIC => format!(" COLLATE {NUMERIC}"),
        Type::BPCHAR => format!(" COLLATE {BLANK_PADDED}"),
        _ => String::new(),
    };
    let declared = if typed.ty == Type::UNSPECIFIED {
        String::new()
    } else {
        declaration(typed)
    };
    format!("{} {declared}{collation}", quote(name))
        .trim_end()
        .to_owned()
}
