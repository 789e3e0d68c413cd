//! SQLite's errors as PostgreSQL's.

use rusqlite::ffi::ErrorCode;
use rusqlite::{Error as Sqlite, ffi};
use trunkline_server::{Error, SqlState};

use super::catalog::{Catalog, Key, Table};
use super::parse::too_deep;
use super::translate::quote;

/// What is known of the statement that failed.
pub(crate) struct Context<'a> {
    pub(crate) catalog: &'a dyn Catalog,
    /// The job was told to stop.
    pub(crate) is_stopped: bool,
    /// The table that the statement writes to.
    pub(crate) target: Option<&'a str>,
    /// Finds the values of a duplicate key.
    pub(crate) duplicate: &'a dyn Fn(&Table, &Key) -> Option<Vec<String>>,
    /// Tells of the row of which a condition is true.
    pub(crate) row: &'a dyn Fn(&Table, &str) -> Option<String>,
}

/// The error with its SQLSTATE, message and fields.
pub(crate) fn translate(error: Sqlite, context: &Context<'_>) -> Error {
    let (code, message) = match &error {
        Sqlite::SqliteFailure(code, message) => (*code, message.clone().unwrap_or_default()),
        Sqlite::SqlInputError { error, msg, .. } => (*error, msg.clone()),
        _ => return Error::internal(error),
    };
    match code.code {
        ErrorCode::OperationInterrupted => Error::new(
            SqlState::QUERY_CANCELED,
            "canceling statement due to user request",
        ),
        ErrorCode::DatabaseBusy if context.is_stopped => Error::new(
            SqlState::QUERY_CANCELED,
            "canceling statement due to user request",
        ),
        ErrorCode::DatabaseBusy if code.extended_code == ffi::SQLITE_BUSY_SNAPSHOT => Error::new(
            SqlState::SERIALIZATION_FAILURE,
            "could not serialize access due to concurrent update",
        )
        .hint("The transaction might succeed if retried."),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Error::new(
            SqlState::LOCK_NOT_AVAILABLE,
            "canceling statement due to lock timeout",
        ),
        ErrorCode::ConstraintViolation => constraint(code.extended_code, &message, context),
        ErrorCode::ReadOnly => Error::new(
            SqlState::READ_ONLY_SQL_TRANSACTION,
            "cannot write: the database file is read-only",
        ),
        ErrorCode::DiskFull => Error::new(
            SqlState::DISK_FULL,
            "could not extend the database file: no space left on device",
        ),
        ErrorCode::OutOfMemory => Error::new(SqlState::OUT_OF_MEMORY, "out of memory"),
        ErrorCode::TooBig => Error::new(
            SqlState::PROGRAM_LIMIT_EXCEEDED,
            "value or statement too large",
        ),
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
            Error::new(SqlState::DATA_CORRUPTED, "the database file is damaged").caused_by(error)
        }
        _ => plain(&message, error),
    }
}

/// Errors that SQLite tells apart by their words alone. Most of them the translator has found before.
fn plain(message: &str, error: Sqlite) -> Error {
    let after = |prefix: &str| {
        message
            .strip_prefix(prefix)
            .map(|rest| rest.split(" in ").next().unwrap_or(rest).trim().to_owned())
    };
    if let Some(name) = after("no such table: ") {
        return Error::new(
            SqlState::UNDEFINED_TABLE,
            format!(
                "relation \"{}\" does not exist",
                name.trim_start_matches("main.")
            ),
        );
    }
    if let Some(name) = after("no such column: ") {
        return Error::new(
            SqlState::UNDEFINED_COLUMN,
            format!("column \"{}\" does not exist", name.trim_matches('"')),
        );
    }
    if let Some(name) = after("no such function: ") {
        return Error::new(
            SqlState::UNDEFINED_FUNCTION,
            format!("function {name} does not exist"),
        );
    }
    if let Some(name) = after("no such index: ") {
        return Error::new(
            SqlState::UNDEFINED_OBJECT,
            format!("index \"{name}\" does not exist"),
        );
    }
    if let Some(name) = message.strip_suffix(" already exists") {
        let name = name.rsplit(' ').next().unwrap_or(name).trim_matches('"');
        return Error::new(
            SqlState::DUPLICATE_TABLE,
            format!("relation \"{name}\" already exists"),
        );
    }
    if message.starts_with("Expression tree is too large")
        || message.starts_with("too many terms in compound")
        || message.starts_with("parser stack overflow")
        || message.starts_with("Recursion limit")
    {
        return too_deep().detail(format!("SQLite says: {message}."));
    }
    if message.contains("integer overflow") {
        return Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "bigint out of range");
    }
    if message.contains("ON CONFLICT clause does not match") {
        return Error::new(
            SqlState::INVALID_COLUMN_REFERENCE,
            "there is no unique or exclusion constraint matching the ON CONFLICT specification",
        );
    }
    if let Some((view, _)) = message
        .strip_prefix("error in view ")
        .and_then(|rest| rest.split_once(" after drop column"))
    {
        return Error::new(
            SqlState::DEPENDENT_OBJECTS_STILL_EXIST,
            format!("cannot drop the column because view {view} depends on it"),
        )
        .hint("Drop the view first.");
    }
    if message.contains("misuse of aggregate") {
        return Error::new(
            SqlState::GROUPING_ERROR,
            "aggregate functions are not allowed here",
        )
        .detail(message.to_owned());
    }
    if message.contains("foreign key mismatch") {
        return Error::new(
            SqlState::INVALID_FOREIGN_KEY,
            "there is no unique constraint matching given keys for the referenced table",
        )
        .detail(message.to_owned());
    }
    if message.contains("FOREIGN KEY constraint failed") {
        return Error::new(
            SqlState::FOREIGN_KEY_VIOLATION,
            "a foreign key constraint is violated",
        );
    }
    if message.starts_with("near ")
        || message.contains("syntax error")
        || message.contains("incomplete input")
    {
        return Error::new(SqlState::SYNTAX_ERROR, "syntax error")
            .detail(format!("SQLite: {message}."));
    }
    if message.contains("JSON") {
        return Error::new(
            SqlState::INVALID_TEXT_REPRESENTATION,
            "invalid input syntax for type json",
        )
        .detail(message.to_owned());
    }
    // Its words are about the client's own statement: better told than hidden.
    Error::new(
        SqlState::SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION,
        format!("SQLite: {message}"),
    )
    .caused_by(error)
}

fn constraint(extended: i32, message: &str, context: &Context<'_>) -> Error {
    let what = message.split_once("failed: ").map_or("", |(_, what)| what);
    // `t.a, t.b`
    let columns: Vec<&str> = what
        .split(", ")
        .filter_map(|c| c.rsplit_once('.').map(|(_, column)| column))
        .collect();
    let table_name = what.split('.').next().unwrap_or_default();
    let table = context.catalog.table(table_name).ok().flatten();
    let place = |error: Error| {
        if table_name.is_empty() {
            error
        } else {
            error.schema("public").table(table_name)
        }
    };
    match extended {
        ffi::SQLITE_CONSTRAINT_NOTNULL => {
            let column = columns.first().copied().unwrap_or_default();
            let error = Error::new(
                SqlState::NOT_NULL_VIOLATION,
                format!(
                    "null value in column \"{column}\" of relation \"{table_name}\" violates not-null constraint"
                ),
            );
            let failure = format!("{} IS NULL", quote(column));
            let row = table.as_deref().and_then(|t| (context.row)(t, &failure));
            place(with_detail(error, row)).column(column)
        }
        ffi::SQLITE_CONSTRAINT_UNIQUE
        | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
        | ffi::SQLITE_CONSTRAINT_ROWID => {
            let key = table.as_deref().and_then(|t| {
                // An index over an expression is told by its name.
                let index = what
                    .strip_prefix("index '")
                    .and_then(|rest| rest.strip_suffix('\''));
                t.primary_key.iter().chain(&t.unique).find(|key| {
                    Some(key.name.as_str()) == index
                        || key
                            .columns
                            .iter()
                            .map(String::as_str)
                            .eq(columns.iter().copied())
                })
            });
            let name = key.map_or_else(
                || format!("{table_name}_{}_key", columns.join("_")),
                |key| key.name.clone(),
            );
            let mut error = Error::new(
                SqlState::UNIQUE_VIOLATION,
                format!("duplicate key value violates unique constraint \"{name}\""),
            );
            if let (Some(table), Some(key)) = (&table, key)
                && let Some(values) = (context.duplicate)(table, key)
            {
                error = error.detail(format!(
                    "Key ({})=({}) already exists.",
                    key.columns.join(", "),
                    values.join(", ")
                ));
            }
            place(error).constraint(name)
        }
        ffi::SQLITE_CONSTRAINT_CHECK => {
            // A serial column is as wide as its type: the check stands for the type's range.
            if what == "int4" || what == "int2" {
                let name = if what == "int4" {
                    "integer"
                } else {
                    "smallint"
                };
                return Error::new(
                    SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
                    format!("{name} out of range"),
                );
            }
            let table = context.target.unwrap_or_default();
            let described = context.catalog.table(table).ok().flatten();
            let row = described.as_deref().and_then(|t| {
                let at = t.checks.iter().position(|check| check == what)?;
                (context.row)(t, &format!("NOT ({})", t.conditions.get(at)?))
            });
            let message =
                format!("new row for relation \"{table}\" violates check constraint \"{what}\"");
            with_detail(Error::new(SqlState::CHECK_VIOLATION, message), row)
                .schema("public")
                .table(table)
                .constraint(what)
        }
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY | ffi::SQLITE_CONSTRAINT_TRIGGER => Error::new(
            SqlState::FOREIGN_KEY_VIOLATION,
            "a foreign key constraint is violated",
        ),
        _ => Error::new(SqlState::INTEGRITY_CONSTRAINT_VIOLATION, message.to_owned()),
    }
}

fn with_detail(error: Error, detail: Option<String>) -> Error {
    match detail {
        Some(detail) => error.detail(detail),
        None => error,
    }
}
