//! CREATE, ALTER and DROP.

use sqlparser::ast::{
    ColumnDef, ColumnOption, CreateTable, DataType, Expr, ForeignKeyConstraint, GeneratedAs,
    IndexColumn, ReferentialAction, TableConstraint,
};
use sqlparser::tokenizer::Location;
use trunkline_server::{Error, Result, SqlState, Type};

use super::Translator;
use super::convert::Mode;
use super::draft::{Constraint, Draft, Drafted, Kind, column_text};
use super::name::last;
use super::node::quote;
use super::plan::{Notice, Plan, TagKind};
use super::scope::{Relation, Scope, Visible, fold};
use super::types::{Typed, resolve};

const NOWHERE: Location = Location { line: 0, column: 0 };

impl Translator<'_> {
    pub(super) fn create_table(&mut self, create: &CreateTable) -> Result<Plan> {
        if create.like.is_some()
            || create.partition_by.is_some()
            || create.partition_of.is_some()
            || create.inherits.is_some()
        {
            return Err(self.unsupported("LIKE, INHERITS or PARTITION in CREATE TABLE", NOWHERE));
        }
        let (_, name, _) = self.split(&create.name)?;
        if create.if_not_exists && self.catalog.table(&name)?.is_some() {
            let message = format!("relation \"{name}\" already exists, skipping");
            self.notices
                .push(Notice::new(SqlState::DUPLICATE_TABLE, message));
        }
        if !create.if_not_exists && self.catalog.table(&name)?.is_some() {
            let message = format!("relation \"{name}\" already exists");
            return Err(Error::new(SqlState::DUPLICATE_TABLE, message));
        }
        let exists = if create.if_not_exists {
            "IF NOT EXISTS "
        } else {
            ""
        };
        let temporary = if create.temporary { "TEMP " } else { "" };
        let head = format!("CREATE {temporary}TABLE {exists}{}", quote(&name));
        if let Some(query) = &create.query {
            return self.create_table_as(
                &head,
                &name,
                query,
                create.with_data.as_ref().is_none_or(|w| w.data),
            );
        }
        let mut draft = Draft {
            table: name,
            ..Draft::default()
        };
        let scope = self.draft_scope(&draft.table, &create.columns)?;
        for column in &create.columns {
            self.draft_column(&mut draft, &scope, column)?;
        }
        for constraint in &create.constraints {
            self.draft_constraint(&mut draft, &scope, constraint)?;
        }
        let rowid = if create
            .sqlite_table_options
            .options
            .contains(&sqlparser::ast::SqliteTableOption::WithoutRowid)
        {
            " WITHOUT ROWID"
        } else {
            ""
        };
        let sql = format!("{head} ({}){rowid}", draft.finish());
        Ok(Plan::Batch {
            notices: std::mem::take(&mut self.notices),
            statements: vec![sql],
            tag: TagKind::Fixed("CREATE TABLE"),
        })
    }

    /// CREATE TABLE AS, in two steps: SQLite's own would forget the types.
    fn create_table_as(
        &mut self,
        head: &str,
        name: &str,
        query: &sqlparser::ast::Query,
        data: bool,
    ) -> Result<Plan> {
        let (sql, outputs) = self.query(query, None)?;
        let columns: Vec<String> = outputs
            .iter()
            .map(|o| {
                column_text(
                    &o.name,
                    Typed {
                        ty: o.ty,
                        modifier: o.modifier,
                    },
                )
            })
            .collect();
        let mut statements = vec![format!("{head} ({})", columns.join(", "))];
        if data {
            statements.push(format!("INSERT INTO {} {sql}", quote(name)));
        }
        let tag = if data {
            TagKind::Select
        } else {
            TagKind::Fixed("CREATE TABLE AS")
        };
        Ok(Plan::Batch {
            statements,
            tag,
            notices: std::mem::take(&mut self.notices),
        })
    }

    pub(super) fn draft_scope(&self, table: &str, columns: &[ColumnDef]) -> Result<Scope<'static>> {
        let mut visible: Vec<Visible> = Vec::new();
        for column in columns {
            let name = fold(&column.name);
            if visible.iter().any(|c| c.name == name) {
                let message = format!("column \"{name}\" specified more than once");
                return Err(Error::new(SqlState::DUPLICATE_COLUMN, message));
            }
            let (typed, _) = self.column_type(&column.data_type, column.name.span.start)?;
            // Constraints name the columns bare.
            let merged = super::scope::Merged::Kept;
            visible.push(Visible {
                modifier: typed.modifier,
                merged,
                ..Visible::new(name, typed.ty)
            });
        }
        Ok(Scope {
            relations: vec![Relation {
                alias: table.to_owned(),
                columns: visible,
                open: false,
            }],
            ..Scope::default()
        })
    }

    /// The type, and whether it is one of the serials.
    fn column_type(&self, data_type: &DataType, at: Location) -> Result<(Typed, bool)> {
        let name = data_type.to_string().to_lowercase();
        let serial = match name.as_str() {
            "serial" | "serial4" => Some(Type::INT4),
            "bigserial" | "serial8" => Some(Type::INT8),
            "smallserial" | "serial2" => Some(Type::INT2),
            _ => None,
        };
        match serial {
            Some(ty) => Ok((Typed { ty, modifier: -1 }, true)),
            None if matches!(data_type, DataType::Unspecified) => Ok((
                Typed {
                    ty: Type::TEXT,
                    modifier: -1,
                },
                false,
            )),
            None => Ok((
                resolve(data_type).map_err(|error| self.source.mark(error, at))?,
                false,
            )),
        }
    }

    pub(super) fn draft_column(
        &mut self,
        draft: &mut Draft,
        scope: &Scope<'_>,
        column: &ColumnDef,
    ) -> Result<()> {
        let name = fold(&column.name);
        let (typed, serial) = self.column_type(&column.data_type, column.name.span.start)?;
        let mut drafted = Drafted {
            name: name.clone(),
            typed,
            serial,
            not_null: serial,
            rest: String::new(),
        };
        for option in &column.options {
            let constraint_name = option.name.as_ref().map(fold);
            match &option.option {
                ColumnOption::Null => {}
                ColumnOption::NotNull => drafted.not_null = true,
                ColumnOption::Default(expr) => {
                    let node = self.expr(&Scope::default(), expr)?;
                    let node = self.convert(node, typed, Mode::Assignment)?;
                    drafted.rest.push_str(&format!(" DEFAULT ({})", node.sql));
                }
                ColumnOption::PrimaryKey(_) => {
                    draft.set_primary_key(constraint_name, vec![name.clone()])?
                }
                ColumnOption::Unique(_) => {
                    let key =
                        constraint_name.unwrap_or_else(|| format!("{}_{name}_key", draft.table));
                    draft.constraints.push(Constraint {
                        name: key,
                        kind: Kind::Unique(vec![name.clone()]),
                    });
                }
                ColumnOption::Check(check) => {
                    let constraint = constraint_name.or_else(|| check.name.as_ref().map(fold));
                    self.draft_check(draft, scope, constraint, Some(&name), &check.expr)?;
                }
                ColumnOption::ForeignKey(key) => {
                    let mut key = key.clone();
                    key.columns = vec![column.name.clone()];
                    self.draft_foreign_key(draft, constraint_name, &key)?;
                }
                ColumnOption::Generated {
                    generated_as: GeneratedAs::Always | GeneratedAs::ByDefault,
                    generation_expr: None,
                    ..
                }
                | ColumnOption::Identity(_) => {
                    drafted.serial = true;
                    drafted.not_null = true;
                }
                ColumnOption::Generated {
                    generation_expr: Some(expr),
                    ..
                } => {
                    let node = self.expr(scope, expr)?;
                    let node = self.convert(node, typed, Mode::Assignment)?;
                    drafted
                        .rest
                        .push_str(&format!(" GENERATED ALWAYS AS ({}) STORED", node.sql));
                }
                ColumnOption::Collation(_) | ColumnOption::Comment(_) => {}
                ColumnOption::DialectSpecific(tokens) => {
                    let words: Vec<String> = tokens
                        .iter()
                        .map(|t| t.to_string().to_lowercase())
                        .collect();
                    if words.iter().any(|w| w == "autoincrement") {
                        drafted.serial = true;
                    }
                }
                other => {
                    return Err(self.unsupported(
                        &format!("column option \"{other}\""),
                        column.name.span.start,
                    ));
                }
            }
        }
        draft.columns.push(drafted);
        Ok(())
    }

    fn draft_constraint(
        &mut self,
        draft: &mut Draft,
        scope: &Scope<'_>,
        constraint: &TableConstraint,
    ) -> Result<()> {
        match constraint {
            TableConstraint::PrimaryKey(key) => {
                let columns = self.key_columns(scope, &key.columns)?;
                draft.set_primary_key(key.name.as_ref().map(fold), columns)
            }
            TableConstraint::Unique(key) => {
                let columns = self.key_columns(scope, &key.columns)?;
                let name = key.name.as_ref().map_or_else(
                    || format!("{}_{}_key", draft.table, columns.join("_")),
                    fold,
                );
                draft.constraints.push(Constraint {
                    name,
                    kind: Kind::Unique(columns),
                });
                Ok(())
            }
            TableConstraint::Check(check) => self.draft_check(
                draft,
                scope,
                check.name.as_ref().map(fold),
                None,
                &check.expr,
            ),
            TableConstraint::ForeignKey(key) => {
                self.draft_foreign_key(draft, key.name.as_ref().map(fold), key)
            }
            other => Err(self.unsupported(&format!("constraint \"{other}\""), NOWHERE)),
        }
    }

    fn key_columns(&self, scope: &Scope<'_>, columns: &[IndexColumn]) -> Result<Vec<String>> {
        columns
            .iter()
            .map(|column| match &column.column.expr {
                Expr::Identifier(ident) => {
                    if scope.find(self.source, ident)?.is_none() {
                        let message =
                            format!("column \"{}\" named in key does not exist", fold(ident));
                        return Err(self.source.mark(
                            Error::new(SqlState::UNDEFINED_COLUMN, message),
                            ident.span.start,
                        ));
                    }
                    Ok(fold(ident))
                }
                _ => Err(self.unsupported("an expression in a key", NOWHERE)),
            })
            .collect()
    }

    fn draft_check(
        &mut self,
        draft: &mut Draft,
        scope: &Scope<'_>,
        name: Option<String>,
        column: Option<&str>,
        expr: &Expr,
    ) -> Result<()> {
        let node = self.expr(scope, expr)?;
        let node = self.boolean(node, "CHECK")?;
        let name = name.unwrap_or_else(|| {
            let number = if draft.checks == 0 {
                String::new()
            } else {
                draft.checks.to_string()
            };
            match column {
                Some(column) => format!("{}_{column}_check", draft.table),
                None => {
                    draft.checks += 1;
                    format!("{}_check{number}", draft.table)
                }
            }
        });
        draft.constraints.push(Constraint {
            name,
            kind: Kind::Check(node.sql),
        });
        Ok(())
    }

    fn draft_foreign_key(
        &mut self,
        draft: &mut Draft,
        name: Option<String>,
        key: &ForeignKeyConstraint,
    ) -> Result<()> {
        let columns: Vec<String> = key.columns.iter().map(fold).collect();
        let name = name.unwrap_or_else(|| format!("{}_{}_fkey", draft.table, columns.join("_")));
        let parent = last(&key.foreign_table).unwrap_or_default();
        let referred: Vec<String> = if !key.referred_columns.is_empty() {
            key.referred_columns.iter().map(fold).collect()
        } else if parent == draft.table {
            draft
                .primary_key
                .as_ref()
                .map(|(_, columns)| columns.clone())
                .unwrap_or_default()
        } else {
            let table = self.target(&key.foreign_table)?;
            match &table.primary_key {
                Some(key) => key.columns.clone(),
                None => {
                    let message =
                        format!("there is no primary key for referenced table \"{parent}\"");
                    return Err(Error::new(SqlState::UNDEFINED_OBJECT, message));
                }
            }
        };
        if parent != draft.table {
            self.target(&key.foreign_table)?;
        }
        let referred: Vec<String> = referred.iter().map(|c| quote(c)).collect();
        let mut sql = format!("REFERENCES {} ({})", quote(&parent), referred.join(", "));
        for (event, action) in [("DELETE", &key.on_delete), ("UPDATE", &key.on_update)] {
            if let Some(action) = action {
                let words = match action {
                    ReferentialAction::Restrict => "RESTRICT",
                    ReferentialAction::Cascade => "CASCADE",
                    ReferentialAction::SetNull => "SET NULL",
                    ReferentialAction::NoAction => "NO ACTION",
                    ReferentialAction::SetDefault => "SET DEFAULT",
                };
                sql.push_str(&format!(" ON {event} {words}"));
            }
        }
        let deferred = key.characteristics.as_ref().is_some_and(|c| {
            c.deferrable == Some(true) && c.to_string().contains("INITIALLY DEFERRED")
        });
        if deferred {
            sql.push_str(" DEFERRABLE INITIALLY DEFERRED");
        }
        draft.constraints.push(Constraint {
            name,
            kind: Kind::Foreign(columns, sql),
        });
        Ok(())
    }
}
