//! The row that a statement could not store, for the detail of the error.

use rusqlite::types::Value;

use super::shown;
use crate::engines::sqlite::catalog::{Column, Table};
use crate::engines::sqlite::engine::Engine;
use crate::engines::sqlite::translate::{Probe, Query, TagKind, quote, text};

/// Bytes of a value that are told.
const WIDEST: usize = 64;

/// `Failing row contains (…).`: of the rows that the statement was to store, the first of which `failure`, a condition in SQLite's
/// SQL, is true.
pub(crate) fn failing(
    engine: &Engine,
    query: &Query,
    params: &[Value],
    table: &Table,
    failure: &str,
) -> Option<String> {
    let probe = query.probe.as_ref().filter(|p| p.table == table.name)?;
    // What fills a generated column is known to SQLite alone.
    if table.columns.iter().any(|c| c.generated) {
        return None;
    }
    let given: Vec<String> = probe.columns.iter().map(|c| quote(c)).collect();
    let source = if given.is_empty() {
        "SELECT NULL".to_owned()
    } else {
        format!(
            "WITH tl_given({}) AS ({}) SELECT * FROM tl_given",
            given.join(", "),
            probe.rows
        )
    };
    let whole: Vec<String> = table
        .columns
        .iter()
        .map(|column| stored(engine, query, table, probe, column))
        .collect();
    let names: Vec<String> = table.columns.iter().map(|c| quote(&c.name)).collect();
    let names = names.join(", ");
    let sql = format!(
        "WITH tl_row({names}) AS (SELECT {} FROM ({source})) SELECT {names} FROM tl_row WHERE {failure} LIMIT 1",
        whole.join(", ")
    );
    let mut statement = engine.connection.prepare(&sql).ok()?;
    for (at, value) in params.iter().enumerate().take(statement.parameter_count()) {
        statement.raw_bind_parameter(at + 1, value).ok()?;
    }
    let mut rows = statement.raw_query();
    let row = rows.next().ok()??;
    let mut values = Vec::new();
    for (at, column) in table.columns.iter().enumerate() {
        let value = row.get_ref(at).ok()?;
        values.push(match value {
            rusqlite::types::ValueRef::Null => "null".to_owned(),
            value => clipped(shown(value, column.ty)?),
        });
    }
    Some(format!("Failing row contains ({}).", values.join(", ")))
}

/// What the statement was to store in a column: what it gives, or what fills the column when it gives nothing.
fn stored(engine: &Engine, query: &Query, table: &Table, probe: &Probe, column: &Column) -> String {
    let name = quote(&column.name);
    let given = probe.columns.contains(&column.name);
    if column.identity && query.tag == TagKind::Insert {
        let next = format!("{} + row_number() OVER ()", last_number(engine, table));
        return if given {
            format!("coalesce({name}, {next})")
        } else {
            next
        };
    }
    match &column.default {
        _ if given => name,
        Some(default) => format!("({default})"),
        None => "NULL".to_owned(),
    }
}

/// The highest number that an identity column has had.
fn last_number(engine: &Engine, table: &Table) -> i64 {
    let one = |sql: &str| {
        engine
            .connection
            .query_row(sql, [], |row| row.get::<_, i64>(0))
    };
    let highest = one(&format!(
        "SELECT coalesce(max(rowid), 0) FROM {}",
        quote(&table.name)
    ));
    // The table of sequences is there only once a table has one.
    let sequence = one(&format!(
        "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = {}",
        text(&table.name)
    ));
    highest.unwrap_or(0).max(sequence.unwrap_or(0))
}

fn clipped(mut value: String) -> String {
    if value.len() > WIDEST {
        let end = (0..=WIDEST).rev().find(|at| value.is_char_boundary(*at));
        value.truncate(end.unwrap_or(0));
        value.push_str("...");
    }
    value
}
