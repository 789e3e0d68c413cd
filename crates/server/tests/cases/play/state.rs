//! What a transaction may change, and so may take back: tables and settings.

use std::collections::BTreeMap;

use trunkline_server::{Error, SqlState};

use super::error_at;
use super::statement::{Column, When};

#[derive(Clone, Default)]
pub struct State {
    pub tables: BTreeMap<String, Table>,
    pub settings: BTreeMap<String, String>,
    /// Notifications that wait for the commit.
    pub notifications: Vec<(String, String)>,
}

#[derive(Clone)]
pub struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Value>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Null,
    Int(i32),
    Long(i64),
    Text(String),
    Bool(bool),
    Void,
}

impl State {
    pub fn table(&self, (name, place): &(String, u32)) -> Result<&Table, Error> {
        self.tables.get(name).ok_or_else(|| no_table(name, *place))
    }

    pub fn table_mut(&mut self, (name, place): &(String, u32)) -> Result<&mut Table, Error> {
        self.tables
            .get_mut(name)
            .ok_or_else(|| no_table(name, *place))
    }

    /// Whether a commit has something to check.
    pub fn defers(&self) -> bool {
        self.tables
            .values()
            .flat_map(|table| &table.columns)
            .any(|column| column.unique == Some(When::AtCommit))
    }

    /// Checks the constraints that were put off to the commit.
    pub fn check_deferred(&self) -> Result<(), Error> {
        self.tables
            .iter()
            .try_for_each(|(name, table)| table.check_unique(name, When::AtCommit))
    }
}

fn no_table(name: &str, place: u32) -> Error {
    error_at(
        SqlState::UNDEFINED_TABLE,
        place,
        format!("relation \"{name}\" does not exist"),
    )
}

impl Table {
    /// Adds rows, all or none.
    pub fn insert(&mut self, name: &str, rows: Vec<Vec<Value>>) -> Result<(), Error> {
        for row in &rows {
            for (column, value) in self.columns.iter().zip(row) {
                check(name, column, value)?;
            }
        }
        let before = self.rows.len();
        self.rows.extend(rows);
        self.check_unique(name, When::AtOnce)
            .inspect_err(|_| self.rows.truncate(before))
    }

    fn check_unique(&self, name: &str, when: When) -> Result<(), Error> {
        for (at, column) in self
            .columns
            .iter()
            .enumerate()
            .filter(|(_, column)| column.unique == Some(when))
        {
            for (later, row) in self.rows.iter().enumerate() {
                let same = |other: &&Vec<Value>| other[at] == row[at] && row[at] != Value::Null;
                if let (Some(_), Value::Int(n)) = (self.rows[..later].iter().find(same), &row[at]) {
                    let constraint = format!("{name}_{}_key", column.name);
                    let message =
                        format!("duplicate key value violates unique constraint \"{constraint}\"");
                    return Err(Error::new(SqlState::UNIQUE_VIOLATION, message)
                        .detail(format!("Key ({})=({n}) already exists.", column.name))
                        .schema("pg_temp_1")
                        .table(name)
                        .constraint(constraint));
                }
            }
        }
        Ok(())
    }
}

fn check(table: &str, column: &Column, value: &Value) -> Result<(), Error> {
    if column.not_null && *value == Value::Null {
        let message = format!(
            "null value in column \"{}\" of relation \"{table}\" violates not-null constraint",
            column.name
        );
        return Err(Error::new(SqlState::NOT_NULL_VIOLATION, message)
            .detail("Failing row contains a null.")
            .schema("pg_temp_1")
            .table(table)
            .column(&*column.name));
    }
    if let (true, Value::Int(n)) = (column.positive, value)
        && *n <= 0
    {
        let constraint = format!("{table}_{}_check", column.name);
        let message =
            format!("new row for relation \"{table}\" violates check constraint \"{constraint}\"");
        return Err(Error::new(SqlState::CHECK_VIOLATION, message)
            .detail(format!("Failing row contains ({n})."))
            .schema("pg_temp_1")
            .table(table)
            .constraint(constraint));
    }
    Ok(())
}
