//! UPDATE, and the assignments of ON CONFLICT.

use sqlparser::ast::{Assignment, AssignmentTarget, Expr, Update, UpdateTableFromKind};
use sqlparser::tokenizer::Location;
use trunkline_server::Result;

use super::Translator;
use super::dml::written;
use super::expr::unwrap;
use super::node::quote;
use super::plan::{Plan, Probe, TagKind};
use super::scope::Scope;
use crate::engines::sqlite::catalog::Table;

const NOWHERE: Location = Location { line: 0, column: 0 };

impl Translator<'_> {
    pub(super) fn assignments(
        &mut self,
        scope: &Scope<'_>,
        table: &Table,
        assignments: &[Assignment],
    ) -> Result<Vec<(String, String)>> {
        let mut parts = Vec::new();
        for assignment in assignments {
            match &assignment.target {
                AssignmentTarget::ColumnName(name) => {
                    let column = self.column_of(table, name)?;
                    let value = self.stored(scope, &assignment.value, column)?;
                    parts.push((column.name.clone(), value));
                }
                AssignmentTarget::Tuple(names) => match unwrap(&assignment.value) {
                    Expr::Tuple(values) if values.len() == names.len() => {
                        for (name, value) in names.iter().zip(values) {
                            let column = self.column_of(table, name)?;
                            let value = self.stored(scope, value, column)?;
                            parts.push((column.name.clone(), value));
                        }
                    }
                    _ => return Err(self.unsupported("this form of UPDATE … SET", NOWHERE)),
                },
            }
        }
        Ok(parts)
    }

    pub(super) fn update(&mut self, update: &Update) -> Result<Plan> {
        let (name, alias) = self.written_table(&update.table.relation)?;
        let table = self.target(name)?;
        let alias = alias.unwrap_or_else(|| table.name.clone());
        let mut scope = written(&table, &alias);
        let from = match &update.from {
            None => String::new(),
            Some(UpdateTableFromKind::BeforeSet(from) | UpdateTableFromKind::AfterSet(from)) => {
                self.from(&mut scope, from)?
            }
        };
        let set = self.assignments(&scope, &table, &update.assignments)?;
        let mut sql = format!("UPDATE {}", quote(&table.name));
        if alias != table.name {
            sql.push_str(&format!(" AS {}", quote(&alias)));
        }
        sql.push_str(&format!(" SET {}", set_list(&set)));
        let mut rows = changed_rows(&table, &alias, &set);
        if !from.is_empty() {
            sql.push_str(&format!(" FROM {from}"));
            rows.push_str(&format!(", {from}"));
        }
        if let Some(condition) = &update.selection {
            let node = self.expr(&scope, condition)?;
            let condition = format!(" WHERE {}", self.boolean(node, "WHERE")?.sql);
            sql.push_str(&condition);
            rows.push_str(&condition);
        }
        let probe = Probe {
            table: table.name.clone(),
            columns: table.columns.iter().map(|c| c.name.clone()).collect(),
            rows,
        };
        let columns = self.returning(&mut sql, &table, &alias, update.returning.as_deref())?;
        self.target = Some(table.name.clone());
        self.finish(sql, columns, TagKind::Update, Some(probe))
    }
}

/// `column = value, …`
pub(super) fn set_list(set: &[(String, String)]) -> String {
    let parts: Vec<String> = set
        .iter()
        .map(|(c, v)| format!("{} = {v}", quote(c)))
        .collect();
    parts.join(", ")
}

/// A query for the rows of the table as an UPDATE leaves them, up to the FROM list's first entry.
pub(super) fn changed_rows(table: &Table, alias: &str, set: &[(String, String)]) -> String {
    let values: Vec<String> = table
        .columns
        .iter()
        .map(|column| match set.iter().find(|(c, _)| *c == column.name) {
            Some((_, value)) => value.clone(),
            None => format!("{}.{}", quote(alias), quote(&column.name)),
        })
        .collect();
    format!(
        "SELECT {} FROM {} AS {}",
        values.join(", "),
        quote(&table.name),
        quote(alias)
    )
}
