//! What the catalogs tell of tables that SQLite's own schema does not: the exact types of columns, the names of keys, and
//! constraints with their definitions.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::engines::sqlite::catalog::{ForeignKey, Kind, Table};
use crate::engines::sqlite::translate::node::text;

/// Keys have no entry of their own in SQLite's schema: their indexes are numbered from here.
const KEYS: u32 = 1 << 29;
/// Constraints are numbered from here.
const CONSTRAINTS: u32 = KEYS + (1 << 28);
/// Numbers that each table has for its keys, and for its constraints.
const PER_TABLE: u32 = 64;

/// The common table expressions over which the catalogs are queries, without `WITH`.
pub(super) fn tables(tables: &[Arc<Table>]) -> String {
    let mut rows = Rows::default();
    for table in tables {
        rows.table(table, tables);
    }
    let list = [
        part("tl_tables(oid, natts, checks)", 3, &rows.tables),
        part(
            "tl_columns(rel, name, ty, num, modifier, required, filler, generated)",
            8,
            &rows.columns,
        ),
        part(
            "tl_keys(oid, rel, name, natts, is_primary, keys, definition)",
            7,
            &rows.keys,
        ),
        part(
            "tl_constraints(oid, name, kind, rel, ix, parent, upd, del, keys, parent_keys, definition)",
            11,
            &rows.constraints,
        ),
    ];
    list.join(", ")
}

#[derive(Default)]
struct Rows {
    tables: Vec<String>,
    columns: Vec<String>,
    keys: Vec<String>,
    constraints: Vec<String>,
}

impl Rows {
    fn table(&mut self, table: &Table, all: &[Arc<Table>]) {
        let oid = table.oid;
        self.tables.push(format!(
            "({oid}, {}, {})",
            table.columns.len(),
            table.checks.len()
        ));
        for (number, column) in (1..).zip(&table.columns) {
            let filler = match &column.default {
                _ if column.identity && table.kind == Kind::Table => text(&format!(
                    "nextval('{}_{}_seq'::regclass)",
                    table.name, column.name
                )),
                Some(default) => text(default),
                None => "NULL".to_owned(),
            };
            self.columns.push(format!(
                "({oid}, {}, {}, {number}, {}, {}, {filler}, {})",
                text(&column.name),
                column.ty.oid().0,
                column.modifier,
                i32::from(column.not_null || is_key(table, &column.name)),
                text(if column.generated { "s" } else { "" }),
            ));
        }
        let base = oid.saturating_sub(16384).saturating_mul(PER_TABLE);
        let mut next = CONSTRAINTS.saturating_add(base);
        let mut constraint = |values: String| {
            self.constraints.push(format!("({next}, {values})"));
            next = next.saturating_add(1);
        };
        let primary = table.primary_key.iter().map(|key| (true, key));
        let unique = table.unique.iter().map(|key| (false, key));
        for (index, (is_primary, key)) in (KEYS.saturating_add(base)..).zip(primary.chain(unique)) {
            let (kind, words) = if is_primary {
                ("p", "PRIMARY KEY")
            } else {
                ("u", "UNIQUE")
            };
            let keys = text(&numbers(table, &key.columns));
            let columns = list(&key.columns);
            let definition = format!(
                "CREATE UNIQUE INDEX {} ON public.{} USING btree ({columns})",
                name(&key.name),
                name(&table.name)
            );
            self.keys.push(format!(
                "({index}, {oid}, {}, {}, {}, {keys}, {})",
                text(&key.name),
                key.columns.len(),
                i32::from(is_primary),
                text(&definition)
            ));
            for (number, column) in (1..).zip(&key.columns) {
                if let Some((_, column)) = table.column(column) {
                    self.columns.push(format!(
                        "({index}, {}, {}, {number}, {}, 0, NULL, '')",
                        text(&column.name),
                        column.ty.oid().0,
                        column.modifier
                    ));
                }
            }
            constraint(format!(
                "{}, '{kind}', {oid}, {index}, 0, ' ', ' ', {keys}, NULL, {}",
                text(&key.name),
                text(&format!("{words} ({columns})"))
            ));
        }
        for (check, condition) in table.checks.iter().zip(&table.conditions) {
            constraint(format!(
                "{}, 'c', {oid}, 0, 0, ' ', ' ', NULL, NULL, {}",
                text(check),
                text(&format!("CHECK ({condition})"))
            ));
        }
        for key in &table.foreign {
            let parent = all
                .iter()
                .find(|parent| parent.name.eq_ignore_ascii_case(&key.parent));
            let parent_keys = parent.map_or_else(
                || "NULL".to_owned(),
                |parent| text(&numbers(parent, &key.parent_columns)),
            );
            constraint(format!(
                "{}, 'f', {oid}, 0, {}, '{}', '{}', {}, {parent_keys}, {}",
                text(&key.name),
                parent.map_or(0, |parent| parent.oid),
                action(key, "UPDATE"),
                action(key, "DELETE"),
                text(&numbers(table, &key.columns)),
                text(&format!(
                    "FOREIGN KEY ({}) REFERENCES {}({}){}",
                    list(&key.columns),
                    name(&key.parent),
                    list(&key.parent_columns),
                    key.actions
                ))
            ));
        }
    }
}

/// A common table expression of these rows, which may be none.
fn part(head: &str, width: usize, rows: &[String]) -> String {
    if rows.is_empty() {
        let nulls = vec!["NULL"; width].join(", ");
        return format!("{head} AS (SELECT {nulls} WHERE false)");
    }
    format!("{head} AS (VALUES {})", rows.join(", "))
}

fn is_key(table: &Table, column: &str) -> bool {
    let key = table.primary_key.as_ref();
    key.is_some_and(|key| key.columns.iter().any(|c| c == column))
}

/// The columns by their numbers, as an array.
fn numbers(table: &Table, columns: &[String]) -> String {
    let numbers: Vec<String> = columns
        .iter()
        .filter_map(|column| Some(table.column(column)?.0.to_string()))
        .collect();
    format!("{{{}}}", numbers.join(","))
}

/// `confupdtype` or `confdeltype`.
fn action(key: &ForeignKey, event: &str) -> char {
    let rest = key.actions.split_once(&format!(" ON {event} "));
    match rest.map(|(_, rest)| rest) {
        Some(rest) if rest.starts_with("RESTRICT") => 'r',
        Some(rest) if rest.starts_with("CASCADE") => 'c',
        Some(rest) if rest.starts_with("SET NULL") => 'n',
        Some(rest) if rest.starts_with("SET DEFAULT") => 'd',
        _ => 'a',
    }
}

fn list(names: &[String]) -> String {
    names.iter().map(|n| name(n)).collect::<Vec<_>>().join(", ")
}

/// A name as PostgreSQL prints it: in quotes where it needs them.
fn name(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain {
        return name.to_owned();
    }
    let mut quoted = String::new();
    // Writing to a String cannot fail.
    let _ = write!(quoted, "\"{}\"", name.replace('"', "\"\""));
    quoted
}
