//! CREATE INDEX and VIEW, ALTER TABLE, DROP.

use sqlparser::ast::{
    AlterTable, AlterTableOperation, CreateIndex, CreateView, Expr, IndexColumn, ObjectName,
    ObjectType, RenameTableNameKind, TableConstraint,
};
use sqlparser::tokenizer::Location;
use trunkline_server::{Error, Result, SqlState};

use super::Translator;
use super::ddl::Draft;
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

    pub(super) fn drop(
        &mut self,
        object: ObjectType,
        if_exists: bool,
        cascade: bool,
        names: &[ObjectName],
    ) -> Result<Plan> {
        let (words, tag, noun) = match object {
            ObjectType::Table => ("TABLE", "DROP TABLE", "table"),
            ObjectType::View => ("VIEW", "DROP VIEW", "view"),
            ObjectType::Index => ("INDEX", "DROP INDEX", "index"),
            _ => return Err(self.unsupported(&format!("DROP {object}"), NOWHERE)),
        };
        if object == ObjectType::Table {
            self.unreferred(cascade, names)?;
        }
        let mut statements = Vec::new();
        for name in self.children_first(names)? {
            let (_, bare, _) = self.split(name)?;
            let missing = object != ObjectType::Index && self.catalog.table(&bare)?.is_none();
            if missing && if_exists {
                let message = format!("{noun} \"{bare}\" does not exist, skipping");
                self.notices
                    .push((SqlState::SUCCESSFUL_COMPLETION, message));
            }
            if missing && !if_exists {
                return Err(Error::new(
                    SqlState::UNDEFINED_TABLE,
                    format!("{noun} \"{bare}\" does not exist"),
                ));
            }
            let exists = if if_exists { "IF EXISTS " } else { "" };
            statements.push(format!("DROP {words} {exists}{}", quote(&bare)));
        }
        Ok(Plan::Batch {
            notices: std::mem::take(&mut self.notices),
            statements,
            tag: TagKind::Fixed(tag),
        })
    }

    /// Refuses to drop a table that one which stays refers to: SQLite would delete the rows first, and with them, or instead of
    /// them, what the references say.
    ///
    /// # Errors
    ///
    /// 2BP01 as PostgreSQL; 0A000 with CASCADE, since SQLite cannot drop a constraint alone.
    fn unreferred(&self, cascade: bool, names: &[ObjectName]) -> Result<()> {
        let dropped = names
            .iter()
            .map(|name| {
                let (_, bare, _) = self.split(name)?;
                Ok(self
                    .catalog
                    .table(&bare)?
                    .map_or(bare, |table| table.name.clone()))
            })
            .collect::<Result<Vec<String>>>()?;
        let among = |name: &str| dropped.iter().find(|d| d.eq_ignore_ascii_case(name));
        let mut lines = Vec::new();
        let mut parents: Vec<&String> = Vec::new();
        for table in self.catalog.tables()? {
            if among(&table.name).is_some() {
                continue;
            }
            for key in &table.foreign {
                let Some(parent) = among(&key.parent) else {
                    continue;
                };
                if !parents.contains(&parent) {
                    parents.push(parent);
                }
                lines.push(format!(
                    "constraint {} on table {} depends on table {parent}",
                    key.name, table.name
                ));
            }
        }
        if lines.is_empty() {
            return Ok(());
        }
        let detail = lines.join("\n");
        if cascade {
            return Err(Error::unsupported(
                "DROP TABLE … CASCADE of a table that others refer to is not supported",
            )
            .detail(detail)
            .hint("Drop the tables that refer to it first, or in the same DROP TABLE."));
        }
        let message = match parents.as_slice() {
            [one] if dropped.len() == 1 => {
                format!("cannot drop table {one} because other objects depend on it")
            }
            _ => "cannot drop desired object(s) because other objects depend on them".to_owned(),
        };
        Err(Error::new(SqlState::DEPENDENT_OBJECTS_STILL_EXIST, message)
            .detail(detail)
            .hint("Use DROP ... CASCADE to drop the dependent objects too."))
    }

    /// The names in an order that lets SQLite drop them: none while another refers to it.
    fn children_first<'n>(&self, names: &'n [ObjectName]) -> Result<Vec<&'n ObjectName>> {
        let mut left = Vec::new();
        for name in names {
            let (_, bare, _) = self.split(name)?;
            let table = self.catalog.table(&bare)?;
            let parents: Vec<String> = table
                .iter()
                .flat_map(|table| &table.foreign)
                .map(|key| key.parent.to_lowercase())
                .collect();
            left.push((name, bare.to_lowercase(), parents));
        }
        let mut ordered = Vec::new();
        while !left.is_empty() {
            let free = left
                .iter()
                .position(|(_, bare, _)| {
                    !left
                        .iter()
                        .any(|(_, other, parents)| other != bare && parents.contains(bare))
                })
                // A circle: SQLite says whether its rows allow it.
                .unwrap_or(0);
            ordered.push(left.remove(free).0);
        }
        Ok(ordered)
    }
}
