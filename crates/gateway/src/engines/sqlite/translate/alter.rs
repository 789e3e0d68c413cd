//! CREATE INDEX and VIEW, ALTER TABLE.

use sqlparser::ast::{
    AlterTable, AlterTableOperation, CreateIndex, CreateView, Expr, IndexColumn,
    RenameTableNameKind, TableConstraint,
};
use sqlparser::tokenizer::Location;
use trunkline_server::{Error, Result, SqlState};

use super::Translator;
use super::draft::Draft;
use super::name::last;
use super::node::quote;
use super::plan::{Output, Plan, TagKind};
use super::scope::{Relation, Scope, Visible, fold};
use super::types::view_types;

const NOWHERE: Location = Location { line: 0, column: 0 };

impl Translator<'_> {
    pub(super) fn create_index(&mut self, create: &CreateIndex) -> Result<Plan> {
        let table = self.target(&create.table_name)?;
        let columns = super::from::table_columns(&table)
            .into_iter()
            .map(|c| Visible {
                merged: super::scope::Merged::Kept,
                ..c
            })
            .collect();
        let scope = Scope {
            relations: vec![Relation {
                alias: table.name.clone(),
                columns,
                open: false,
            }],
            ..Scope::default()
        };
        let mut keys = Vec::new();
        let mut words = Vec::new();
        for column in &create.columns {
            words.push(match &column.column.expr {
                Expr::Identifier(ident) => fold(ident),
                _ => "expr".to_owned(),
            });
            let node = self.expr(&scope, &column.column.expr)?;
            let descending = matches!(
                column.column.options.sort,
                Some(sqlparser::ast::OrderBySort::Desc)
            );
            keys.push(format!(
                "{}{}",
                node.sql,
                if descending { " DESC" } else { "" }
            ));
        }
        let name = match &create.name {
            Some(name) => self.split(name)?.1,
            None => format!("{}_{}_idx", table.name, words.join("_")),
        };
        let unique = if create.unique { "UNIQUE " } else { "" };
        let exists = if create.if_not_exists {
            "IF NOT EXISTS "
        } else {
            ""
        };
        let mut sql = format!(
            "CREATE {unique}INDEX {exists}{} ON {} ({})",
            quote(&name),
            quote(&table.name),
            keys.join(", ")
        );
        if let Some(predicate) = &create.predicate {
            let node = self.expr(&scope, predicate)?;
            sql.push_str(&format!(" WHERE {}", self.boolean(node, "WHERE")?.sql));
        }
        Ok(Plan::Batch {
            notices: std::mem::take(&mut self.notices),
            statements: vec![sql],
            tag: TagKind::Fixed("CREATE INDEX"),
        })
    }

    pub(super) fn create_view(&mut self, create: &CreateView) -> Result<Plan> {
        if create.materialized {
            return Err(self.unsupported("a materialized view", NOWHERE));
        }
        let (_, name, _) = self.split(&create.name)?;
        let existing = self.catalog.table(&name)?;
        if existing.is_some() && !create.or_replace && !create.if_not_exists {
            return Err(Error::new(
                SqlState::DUPLICATE_TABLE,
                format!("relation \"{name}\" already exists"),
            ));
        }
        let (sql, outputs) = self.query(&create.query, None)?;
        let names: Vec<String> = outputs
            .iter()
            .enumerate()
            .map(|(at, o): (usize, &Output)| {
                quote(
                    &create
                        .columns
                        .get(at)
                        .map_or_else(|| o.name.clone(), |c| fold(&c.name)),
                )
            })
            .collect();
        let mut statements = Vec::new();
        if create.or_replace {
            statements.push(format!("DROP VIEW IF EXISTS {}", quote(&name)));
        }
        let exists = if create.if_not_exists {
            "IF NOT EXISTS "
        } else {
            ""
        };
        let temporary = if create.temporary { "TEMP " } else { "" };
        statements.push(format!(
            "CREATE {temporary}VIEW {exists}{} ({}) AS {} {sql}",
            quote(&name),
            names.join(", "),
            view_types(&outputs)
        ));
        Ok(Plan::Batch {
            notices: std::mem::take(&mut self.notices),
            statements,
            tag: TagKind::Fixed("CREATE VIEW"),
        })
    }

    pub(super) fn alter_table(&mut self, alter: &AlterTable) -> Result<Plan> {
        let tag = TagKind::Fixed("ALTER TABLE");
        let (_, bare, _) = self.split(&alter.name)?;
        if alter.if_exists && self.catalog.table(&bare)?.is_none() {
            return Ok(Plan::Batch {
                notices: std::mem::take(&mut self.notices),
                statements: Vec::new(),
                tag,
            });
        }
        let table = self.target(&alter.name)?;
        let quoted = quote(&table.name);
        let mut statements = Vec::new();
        for operation in &alter.operations {
            match operation {
                AlterTableOperation::AddConstraint {
                    constraint: TableConstraint::PrimaryKey(key),
                    ..
                } => {
                    let name = key
                        .name
                        .as_ref()
                        .map_or_else(|| format!("{}_pkey", table.name), fold);
                    statements.push(self.unique_index(&name, &table.name, &key.columns)?);
                }
                AlterTableOperation::AddConstraint {
                    constraint: TableConstraint::Unique(key),
                    ..
                } => {
                    let scope_columns: Vec<String> = key
                        .columns
                        .iter()
                        .map(|c| c.column.expr.to_string())
                        .collect();
                    let name = key.name.as_ref().map_or_else(
                        || format!("{}_{}_key", table.name, scope_columns.join("_")),
                        fold,
                    );
                    statements.push(self.unique_index(&name, &table.name, &key.columns)?);
                }
                AlterTableOperation::AddColumn {
                    column_def,
                    if_not_exists,
                    ..
                } => {
                    if *if_not_exists && table.column(&fold(&column_def.name)).is_some() {
                        continue;
                    }
                    if table.column(&fold(&column_def.name)).is_some() {
                        let message = format!(
                            "column \"{}\" of relation \"{}\" already exists",
                            fold(&column_def.name),
                            table.name
                        );
                        return Err(Error::new(SqlState::DUPLICATE_COLUMN, message));
                    }
                    let mut draft = Draft::of(&table.name);
                    let scope = self.draft_scope(&table.name, std::slice::from_ref(column_def))?;
                    self.draft_column(&mut draft, &scope, column_def)?;
                    if let Some(column) = draft.unfilled()
                        && self.catalog.has_rows(&table)?
                    {
                        let message = format!(
                            "column \"{column}\" of relation \"{}\" contains null values",
                            table.name
                        );
                        return Err(Error::new(SqlState::NOT_NULL_VIOLATION, message)
                            .schema("public")
                            .table(table.name.clone())
                            .column(column.to_owned()));
                    }
                    statements.extend(draft.additions());
                }
                AlterTableOperation::DropColumn {
                    column_names,
                    if_exists,
                    ..
                } => {
                    for ident in column_names {
                        let name = fold(ident);
                        if table.column(&name).is_none() {
                            if *if_exists {
                                continue;
                            }
                            let message = format!(
                                "column \"{name}\" of relation \"{}\" does not exist",
                                table.name
                            );
                            return Err(Error::new(SqlState::UNDEFINED_COLUMN, message));
                        }
                        statements
                            .push(format!("ALTER TABLE {quoted} DROP COLUMN {}", quote(&name)));
                    }
                }
                AlterTableOperation::RenameColumn {
                    old_column_name,
                    new_column_name,
                } => statements.push(format!(
                    "ALTER TABLE {quoted} RENAME COLUMN {} TO {}",
                    quote(&fold(old_column_name)),
                    quote(&fold(new_column_name))
                )),
                AlterTableOperation::RenameTable {
                    table_name: RenameTableNameKind::To(name) | RenameTableNameKind::As(name),
                } => {
                    statements.push(format!(
                        "ALTER TABLE {quoted} RENAME TO {}",
                        quote(&last(name).unwrap_or_default())
                    ));
                }
                AlterTableOperation::OwnerTo { .. } => {}
                other => return Err(self.unsupported(&format!("ALTER TABLE … {other}"), NOWHERE)),
            }
        }
        Ok(Plan::Batch {
            statements,
            tag,
            notices: std::mem::take(&mut self.notices),
        })
    }

    pub(super) fn unique_index(
        &self,
        name: &str,
        table: &str,
        columns: &[IndexColumn],
    ) -> Result<String> {
        let mut names = Vec::new();
        for column in columns {
            match &column.column.expr {
                Expr::Identifier(ident) => names.push(quote(&fold(ident))),
                _ => return Err(self.unsupported("an expression in a key", NOWHERE)),
            }
        }
        Ok(format!(
            "CREATE UNIQUE INDEX {} ON {} ({})",
            quote(name),
            quote(table),
            names.join(", ")
        ))
    }
}
