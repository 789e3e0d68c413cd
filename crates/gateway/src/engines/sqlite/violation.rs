//! The particulars of a violated constraint, which SQLite does not tell.

mod row;

use rusqlite::types::{Value, ValueRef};
use trunkline_server::{Error, SqlState};

use super::catalog::{Catalog, ForeignKey, Key, Table};
use super::engine::Engine;
use super::translate::{Query, TagKind, quote};
use super::value::output;
pub(crate) use row::failing;

/// The values of the key that an INSERT duplicated: of the rows that it was to store, the first whose key is taken.
pub(crate) fn duplicate(
    engine: &Engine,
    query: &Query,
    params: &[Value],
    table: &Table,
    key: &Key,
) -> Option<Vec<String>> {
    let probe = query
        .probe
        .as_ref()
        .filter(|probe| probe.table == table.name && query.tag == TagKind::Insert)?;
    let names: Vec<String> = probe.columns.iter().map(|c| quote(c)).collect();
    let given: Vec<String> = key
        .columns
        .iter()
        .map(|c| format!("s.{}", quote(c)))
        .collect();
    let same: Vec<String> = key
        .columns
        .iter()
        .map(|c| format!("t.{0} = s.{0}", quote(c)))
        .collect();
    if !key.columns.iter().all(|c| probe.columns.contains(c)) {
        return None;
    }
    let sql = format!(
        "WITH tl_given({}) AS ({}) SELECT {given} FROM tl_given AS s WHERE EXISTS (SELECT 1 FROM {} AS t WHERE {}) \
         UNION ALL SELECT {given} FROM tl_given AS s GROUP BY {given} HAVING count(*) > 1 LIMIT 1",
        names.join(", "),
        probe.rows,
        quote(&table.name),
        same.join(" AND "),
        given = given.join(", "),
    );
    let mut statement = engine.connection.prepare(&sql).ok()?;
    for (at, value) in params.iter().enumerate().take(statement.parameter_count()) {
        statement.raw_bind_parameter(at + 1, value).ok()?;
    }
    let mut rows = statement.raw_query();
    let row = rows.next().ok()??;
    let cell = |at: usize, name: &String| -> Option<String> {
        let (_, column) = table.column(name)?;
        shown(row.get_ref(at).ok()?, column.ty)
    };
    key.columns
        .iter()
        .enumerate()
        .map(|(at, name)| cell(at, name))
        .collect()
}

fn shown(value: ValueRef<'_>, ty: trunkline_server::Type) -> Option<String> {
    output(value, ty).ok().map(std::borrow::Cow::into_owned)
}

/// Which foreign key a statement violates. SQLite only says that one is: so the statement is run once more with the check put
/// off, the violations are listed, and everything is undone.
pub(crate) fn foreign_key(engine: &Engine, query: &Query, params: &[Value]) -> Option<Error> {
    let connection = &engine.connection;
    let alone = connection.is_autocommit();
    if query.sql.is_empty() {
        return None;
    }
    let begin = if alone {
        "BEGIN IMMEDIATE"
    } else {
        "SAVEPOINT tl_probe"
    };
    connection.execute_batch(begin).ok()?;
    let found = connection
        .pragma_update(None, "defer_foreign_keys", true)
        .ok()
        .and_then(|()| {
            let mut statement = connection.prepare(&query.sql).ok()?;
            for (at, value) in params.iter().enumerate().take(statement.parameter_count()) {
                statement.raw_bind_parameter(at + 1, value).ok()?;
            }
            let mut rows = statement.raw_query();
            while rows.next().ok()?.is_some() {}
            drop(rows);
            violated(engine, query)
        });
    let undo = if alone {
        "ROLLBACK"
    } else {
        "ROLLBACK TO tl_probe; RELEASE tl_probe"
    };
    // The transaction fails in any case.
    let _ = connection.execute_batch(undo);
    let _ = connection.pragma_update(None, "defer_foreign_keys", false);
    found
}

fn violated(engine: &Engine, query: &Query) -> Option<Error> {
    let connection = &engine.connection;
    let mut check = connection
        .prepare("SELECT \"table\", rowid, parent, fkid FROM pragma_foreign_key_check LIMIT 1")
        .ok()?;
    let (child, rowid, parent, id): (String, Option<i64>, String, i64) = check
        .query_row([], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .ok()?;
    let table = engine.catalog().table(&child).ok()??;
    let mut list =
        connection.prepare("SELECT \"from\", coalesce(\"to\", '') FROM pragma_foreign_key_list(?1) WHERE id = ?2 ORDER BY seq").ok()?;
    let pairs: Vec<(String, String)> = list
        .query_map((&child, id), |row| Ok((row.get(0)?, row.get(1)?)))
        .ok()?
        .collect::<rusqlite::Result<_>>()
        .ok()?;
    let columns: Vec<String> = pairs.iter().map(|(from, _)| from.clone()).collect();
    let key: Option<&ForeignKey> = table.foreign.iter().find(|key| key.columns == columns);
    let name = key.map_or_else(
        || format!("{child}_{}_fkey", columns.join("_")),
        |key| key.name.clone(),
    );
    let values = rowid.and_then(|rowid| {
        let names: Vec<String> = columns.iter().map(|c| quote(c)).collect();
        let sql = format!(
            "SELECT {} FROM {} WHERE rowid = ?1",
            names.join(", "),
            quote(&child)
        );
        let mut statement = connection.prepare(&sql).ok()?;
        let mut rows = statement.query([rowid]).ok()?;
        let row = rows.next().ok()??;
        let cell =
            |at: usize, name: &String| shown(row.get_ref(at).ok()?, table.column(name)?.1.ty);
        columns
            .iter()
            .enumerate()
            .map(|(at, name)| cell(at, name))
            .collect::<Option<Vec<String>>>()
    });
    let values = values.unwrap_or_default().join(", ");
    // The statement wrote to the child, or took the parent away.
    let from_parent = query.target.as_deref() == Some(parent.as_str()) && parent != child;
    let error = if from_parent {
        let referred: Vec<String> = pairs.into_iter().map(|(_, to)| to).collect();
        Error::new(
            SqlState::FOREIGN_KEY_VIOLATION,
            format!("update or delete on table \"{parent}\" violates foreign key constraint \"{name}\" on table \"{child}\""),
        )
        .detail(format!("Key ({})=({values}) is still referenced from table \"{child}\".", referred.join(", ")))
    } else {
        Error::new(
            SqlState::FOREIGN_KEY_VIOLATION,
            format!(
                "insert or update on table \"{child}\" violates foreign key constraint \"{name}\""
            ),
        )
        .detail(format!(
            "Key ({})=({values}) is not present in table \"{parent}\".",
            columns.join(", ")
        ))
    };
    Some(error.schema("public").table(child).constraint(name))
}
