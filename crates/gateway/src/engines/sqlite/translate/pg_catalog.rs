//! The system catalogs, as far as clients ask for them when they connect: each is a query over SQLite's schema.

mod empty;
mod information_schema;
mod objects;
mod proc;
mod schema;
mod server;
mod types;

use std::sync::Arc;

use trunkline_server::{Result, Type};

use crate::engines::sqlite::catalog::{Catalog, Table};

/// Names and types.
type Columns = &'static [(&'static str, Type)];

struct Relation {
    schema: &'static str,
    name: &'static str,
    oid: u32,
    columns: Columns,
    query: &'static str,
}

/// The query that stands for a catalog, and its columns.
///
/// # Errors
///
/// XX000 when the schema cannot be read.
pub(super) fn relation(
    schema: Option<&str>,
    name: &str,
    catalog: &dyn Catalog,
) -> Result<Option<(String, Columns)>> {
    let Some(found) = relations().find(|r| r.name == name && schema.is_none_or(|s| s == r.schema))
    else {
        return Ok(None);
    };
    // Unqualified, only pg_catalog is on the search path.
    if schema.is_none() && found.schema != "pg_catalog" {
        return Ok(None);
    }
    let query = match name {
        "pg_type" => types::types(),
        "pg_proc" => proc::query(),
        // None of these rows exist here.
        _ if found.query.is_empty() => {
            let nulls: Vec<String> = found
                .columns
                .iter()
                .map(|(name, _)| format!("NULL AS {name}"))
                .collect();
            format!("SELECT {} WHERE false", nulls.join(", "))
        }
        _ if found.query.contains(" tl_") => with_tables(found.query, &catalog.tables()?),
        _ => found.query.to_owned(),
    };
    Ok(Some((query, found.columns)))
}

/// The query for the definition of a constraint or an index, by its OID.
///
/// # Errors
///
/// XX000 when the schema cannot be read.
pub(super) fn definition(of: &str, oid: &str, catalog: &dyn Catalog) -> Result<String> {
    let (table, column) = match of {
        "pg_constraint" => ("SELECT oid, definition FROM tl_constraints", "oid"),
        _ => (objects::INDEX, "indexrelid"),
    };
    let query = with_tables(table, &catalog.tables()?);
    Ok(format!(
        "(SELECT definition FROM ({query}) WHERE {column} = {oid})"
    ))
}

/// The query for what `pg_proc` has in this column beside those that clients see, by the OID.
pub(super) fn of_function(column: &str, oid: &str) -> String {
    format!(
        "(SELECT {column} FROM ({}) WHERE oid = {oid})",
        proc::query()
    )
}

fn with_tables(query: &str, tables: &[Arc<Table>]) -> String {
    format!("WITH {} {query}", schema::tables(tables))
}

/// The OID of the function `array_in`, by which clients tell arrays.
pub(crate) const ARRAY_IN: u32 = 750;

/// The OID of a catalog.
pub(super) fn oid(name: &str) -> Option<u32> {
    relations()
        .find(|r| r.name == name && r.schema == "pg_catalog")
        .map(|r| r.oid)
}

const BOOL: Type = Type::BOOL;
const INT2: Type = Type::INT2;
const INT4: Type = Type::INT4;
const NAME: Type = Type::NAME;
const OID: Type = Type::OID;
const TEXT: Type = Type::TEXT;
const CHAR: Type = Type::CHAR;
const FLOAT4: Type = Type::FLOAT4;

/// Every catalog.
fn relations() -> impl Iterator<Item = &'static Relation> {
    [
        objects::RELATIONS,
        types::RELATIONS,
        server::RELATIONS,
        empty::RELATIONS,
        information_schema::RELATIONS,
    ]
    .into_iter()
    .flatten()
}
