//! The sample data of `--demo`: the log of a small observatory.

use std::cell::RefCell;
use std::sync::Arc;

use rusqlite::Connection;
use trunkline_server::Error;

use super::catalog::{Cache, Catalog, Reader};
use super::database::{Database, OpenError};
use super::settings::Settings;
use super::shared::Shared;
use super::translate::{Facts, Plan, translate};

const SQL: &str = include_str!("demo.sql");

/// Loads the sample, unless its tables are there already.
pub(super) fn load(database: &Database) -> Result<(), OpenError> {
    let facts = Facts {
        user: "postgres".to_owned(),
        database: "postgres".to_owned(),
    };
    let shared = Arc::new(Shared::new(facts, None, Settings::default()));
    let failed = |error: Error| OpenError::new(format!("cannot load the sample data: {error}"));
    let connection = database
        .connect(&shared)
        .map_err(|error| failed(Error::internal(error)))?;
    run(&connection, &shared).map_err(failed)
}

fn run(connection: &Connection, shared: &Shared) -> Result<(), Error> {
    let cache = RefCell::new(Cache::default());
    let catalog = Reader::new(connection, &cache, &shared.reads);
    if catalog.table("observations")?.is_some() {
        return Ok(());
    }
    let execute = |sql: &str| {
        connection.execute_batch(sql).map_err(|error| {
            let failure = shared.failure.take();
            failure.unwrap_or_else(|| Error::internal(error))
        })
    };
    execute("BEGIN IMMEDIATE")?;
    // No statement of the file holds a semicolon but at its end.
    for statement in SQL.split(";\n") {
        match translate(statement, &[], &catalog, &shared.facts)? {
            Plan::Query(query) => execute(&query.sql)?,
            Plan::Batch { statements, .. } => statements.iter().try_for_each(|sql| execute(sql))?,
            _ => {}
        }
    }
    execute("COMMIT")
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a panic is the failure report of a test"
    )]

    use super::*;

    #[test]
    fn the_sample_loads_once() {
        let database = Database::in_memory().unwrap();
        load(&database).unwrap();
        load(&database).unwrap();
        let facts = Facts {
            user: String::new(),
            database: String::new(),
        };
        let shared = Arc::new(Shared::new(facts, None, Settings::default()));
        let connection = database.connect(&shared).unwrap();
        let count: i64 = connection
            .query_row("SELECT count(*) FROM observations", [], |row| row.get(0))
            .unwrap();
        assert_eq!(count, 180);
    }
}
