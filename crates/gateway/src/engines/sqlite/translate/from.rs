//! FROM: tables, subqueries, table functions, joins.

use std::sync::Arc;

use sqlparser::ast::{
    Ident, Join, JoinConstraint, JoinOperator, ObjectName, TableAlias, TableFactor, TableWithJoins,
};
use sqlparser::tokenizer::Location;
use trunkline_server::{Error, Result, SqlState, Type};

use super::Translator;
use super::convert::common;
use super::node::quote;
use super::plan::Output;
use super::scope::{Merged, Relation, Scope, Visible, fold};
use crate::engines::sqlite::catalog::{Column, Kind, Table};

/// A common table expression in sight.
#[derive(Clone, Debug)]
pub(super) struct Cte {
    pub(super) name: String,
    pub(super) columns: Vec<Output>,
}

impl Translator<'_> {
    /// The whole FROM clause; its relations join `scope`.
    pub(super) fn from(
        &mut self,
        scope: &mut Scope<'_>,
        from: &[TableWithJoins],
    ) -> Result<String> {
        let mut parts = Vec::new();
        for item in from {
            parts.push(self.joined(scope, item)?);
        }
        Ok(parts.join(", "))
    }

    fn joined(&mut self, scope: &mut Scope<'_>, item: &TableWithJoins) -> Result<String> {
        let first = scope.relations.len();
        let mut sql = self.factor(scope, &item.relation)?;
        for join in &item.joins {
            sql.push_str(&self.join(scope, join, first)?);
        }
        Ok(sql)
    }

    fn join(&mut self, scope: &mut Scope<'_>, join: &Join, first: usize) -> Result<String> {
        let (words, constraint) = match &join.join_operator {
            JoinOperator::Join(c) | JoinOperator::Inner(c) => ("JOIN", c),
            JoinOperator::Left(c) | JoinOperator::LeftOuter(c) => ("LEFT JOIN", c),
            JoinOperator::Right(c) | JoinOperator::RightOuter(c) => ("RIGHT JOIN", c),
            JoinOperator::FullOuter(c) => ("FULL JOIN", c),
            JoinOperator::CrossJoin(c) => ("CROSS JOIN", c),
            _ => return Err(self.unsupported("this kind of join", Location { line: 0, column: 0 })),
        };
        let right_at = scope.relations.len();
        let right = self.factor(scope, &join.relation)?;
        let mut natural = "";
        let condition = match constraint {
            JoinConstraint::On(expr) => {
                let node = self.expr(scope, expr)?;
                format!(" ON {}", self.boolean(node, "JOIN/ON")?.sql)
            }
            JoinConstraint::Using(names) => {
                let names: Vec<String> = names.iter().filter_map(super::name::last).collect();
                self.merge(scope, first, right_at, &names)?;
                let names: Vec<String> = names.iter().map(|n| quote(n)).collect();
                format!(" USING ({})", names.join(", "))
            }
            JoinConstraint::Natural => {
                let (left, right) = scope.relations.split_at(right_at);
                let shared: Vec<String> = left
                    .iter()
                    .skip(first)
                    .flat_map(|r| &r.columns)
                    .filter(|c| {
                        c.merged != Merged::Hidden
                            && right
                                .iter()
                                .any(|r| r.columns.iter().any(|d| d.name == c.name))
                    })
                    .map(|c| c.name.clone())
                    .collect();
                self.merge(scope, first, right_at, &shared)?;
                natural = "NATURAL ";
                String::new()
            }
            JoinConstraint::None => String::new(),
            JoinConstraint::UsingAlias(..) => {
                return Err(
                    self.unsupported("JOIN USING with an alias", Location { line: 0, column: 0 })
                );
            }
        };
        Ok(format!(" {natural}{words} {right}{condition}"))
    }

    /// The columns of a USING clause show once.
    fn merge(
        &self,
        scope: &mut Scope<'_>,
        first: usize,
        right: usize,
        names: &[String],
    ) -> Result<()> {
        for name in names {
            let missing = |side: &str| {
                let message = format!(
                    "column \"{name}\" specified in USING clause does not exist in {side} table"
                );
                Error::new(SqlState::UNDEFINED_COLUMN, message)
            };
            let mut types = Vec::new();
            let (left_side, right_side) = scope.relations.split_at_mut(right);
            let left = left_side
                .iter_mut()
                .skip(first)
                .flat_map(|r| &mut r.columns)
                .find(|c| c.name == *name && c.merged != Merged::Hidden)
                .ok_or_else(|| missing("left"))?;
            types.push(left.ty);
            left.merged = Merged::Kept;
            let right = right_side
                .iter_mut()
                .flat_map(|r| &mut r.columns)
                .find(|c| c.name == *name)
                .ok_or_else(|| missing("right"))?;
            types.push(right.ty);
            right.merged = Merged::Hidden;
            if common(types).is_none() {
                let message = format!(
                    "JOIN/USING types {} and {} cannot be matched",
                    left.ty.sql_name(),
                    right.ty.sql_name()
                );
                return Err(Error::new(SqlState::DATATYPE_MISMATCH, message));
            }
        }
        Ok(())
    }

    fn factor(&mut self, scope: &mut Scope<'_>, factor: &TableFactor) -> Result<String> {
        match factor {
            TableFactor::Table {
                name,
                alias,
                args: None,
                with_ordinality: false,
                ..
            } => {
                let (sql, relation) = self.table(name, alias.as_ref())?;
                scope.add(relation)?;
                Ok(sql)
            }
            TableFactor::Table {
                name,
                alias,
                args: Some(args),
                with_ordinality: false,
                ..
            } => self.table_function(scope, name, &args.args, alias.as_ref()),
            // No table is a partition.
            TableFactor::Table {
                name,
                alias,
                args: Some(_),
                ..
            } if super::name::last(name).as_deref() == Some("pg_partition_ancestors") => {
                let (sql, relation) = named(
                    "(SELECT NULL AS relid, NULL AS depth WHERE false)",
                    "pg_partition_ancestors",
                    vec![
                        Visible::new("relid", Type::REGCLASS),
                        Visible::new("depth", Type::INT8),
                    ],
                    false,
                    alias.as_ref(),
                );
                scope.add(relation)?;
                Ok(sql)
            }
            TableFactor::Function {
                name,
                args,
                alias,
                with_ordinality: false,
                ..
            } => self.table_function(scope, name, args, alias.as_ref()),
            TableFactor::UNNEST {
                array_exprs,
                alias,
                with_offset: false,
                with_ordinality: false,
                ..
            } => {
                let [array] = array_exprs.as_slice() else {
                    return Err(self
                        .unsupported("UNNEST of several arrays", Location { line: 0, column: 0 }));
                };
                let node = self.expr(scope, array)?;
                self.unnest(scope, node, alias.as_ref())
            }
            TableFactor::Derived {
                lateral: false,
                subquery,
                alias,
                ..
            } => {
                let (sql, columns) = self.query(subquery, scope.outer)?;
                let unnamed = format!("tl_unnamed_{}", scope.relations.len());
                let (sql, relation) = derived(&sql, columns, alias.as_ref(), &unnamed);
                scope.add(relation)?;
                Ok(sql)
            }
            TableFactor::NestedJoin {
                table_with_joins,
                alias: None,
            } => {
                let sql = self.joined(scope, table_with_joins)?;
                Ok(format!("({sql})"))
            }
            TableFactor::Derived { alias, .. } => {
                let at = alias
                    .as_ref()
                    .map_or(Location { line: 0, column: 0 }, |a| a.name.span.start);
                Err(self.unsupported("LATERAL", at))
            }
            other => Err(self.unsupported(
                &format!("\"{other}\" in FROM"),
                Location { line: 0, column: 0 },
            )),
        }
    }

    /// A table, view, common table expression or catalog by name.
    fn table(
        &mut self,
        name: &ObjectName,
        alias: Option<&TableAlias>,
    ) -> Result<(String, Relation)> {
        let (schema, bare, at) = self.split(name)?;
        if schema.is_none()
            && let Some(cte) = self.ctes.iter().rev().find(|cte| cte.name == bare)
        {
            let columns: Vec<Visible> = cte.columns.iter().map(visible).collect();
            return Ok(named(&quote(&bare), &bare, columns, false, alias));
        }
        let catalog = schema
            .as_deref()
            .is_some_and(|s| matches!(s, "pg_catalog" | "information_schema"));
        let found = if catalog {
            None
        } else {
            self.catalog.table(&bare)?
        };
        match found {
            Some(table) => {
                let columns = table_columns(&table);
                let sql = match schema.as_deref() {
                    None | Some("public") => quote(&table.name),
                    Some(schema) => format!("{}.{}", quote(schema), quote(&table.name)),
                };
                Ok(named(
                    &sql,
                    &bare,
                    columns,
                    table.kind == Kind::Virtual,
                    alias,
                ))
            }
            None => match super::pg_catalog::relation(schema.as_deref(), &bare, self.catalog)? {
                Some((query, columns)) => {
                    let columns: Vec<Visible> = columns
                        .iter()
                        .map(|(name, ty)| Visible::new(*name, *ty))
                        .collect();
                    let query = query
                        .replace("$user", &self.facts.user.replace('\'', "''"))
                        .replace("$database", &self.facts.database.replace('\'', "''"));
                    let (sql, relation) =
                        named(&format!("({query})"), &bare, columns, false, alias);
                    Ok((
                        if alias.is_none() {
                            format!("{sql} AS {}", quote(&bare))
                        } else {
                            sql
                        },
                        relation,
                    ))
                }
                None => Err(self.no_relation(name, at)),
            },
        }
    }

    /// Schema and name; only the schemas that exist here pass.
    pub(super) fn split(&self, name: &ObjectName) -> Result<(Option<String>, String, Location)> {
        let parts: Vec<&Ident> = name.0.iter().filter_map(|p| p.as_ident()).collect();
        let at = parts
            .first()
            .map_or(Location { line: 0, column: 0 }, |p| p.span.start);
        match parts.as_slice() {
            [bare] => Ok((None, fold(bare), at)),
            [.., schema, bare] => {
                let schema = match fold(schema).as_str() {
                    "public" | "main" => "public".to_owned(),
                    known @ ("pg_catalog" | "information_schema" | "temp" | "pg_temp") => {
                        known.replace("pg_temp", "temp")
                    }
                    other => {
                        let message = format!("schema \"{other}\" does not exist");
                        // PostgreSQL speaks of the relation when it reads and of the schema when it creates.
                        let _ = message;
                        return Err(self.no_relation(name, at));
                    }
                };
                Ok((Some(schema), fold(bare), at))
            }
            [] => Err(self.unsupported("this name", at)),
        }
    }

    pub(super) fn no_relation(&self, name: &ObjectName, at: Location) -> Error {
        let parts: Vec<String> = name
            .0
            .iter()
            .filter_map(|p| p.as_ident())
            .map(fold)
            .collect();
        let message = format!("relation \"{}\" does not exist", parts.join("."));
        self.source
            .mark(Error::new(SqlState::UNDEFINED_TABLE, message), at)
    }

    /// The table that a statement writes to.
    pub(super) fn target(&self, name: &ObjectName) -> Result<Arc<Table>> {
        let (schema, bare, at) = self.split(name)?;
        let catalog = schema
            .as_deref()
            .is_some_and(|s| matches!(s, "pg_catalog" | "information_schema"));
        let table = if catalog {
            None
        } else {
            self.catalog.table(&bare)?
        };
        table.ok_or_else(|| self.no_relation(name, at))
    }
}

fn visible(output: &Output) -> Visible {
    Visible {
        modifier: output.modifier,
        origin: output.origin,
        ..Visible::new(output.name.clone(), output.ty)
    }
}

pub(super) fn table_columns(table: &Table) -> Vec<Visible> {
    let numbered = (1_i16..).zip(&table.columns);
    let key = table.primary_key.as_ref();
    let in_key = |c: &Column| key.is_some_and(|key| key.columns.contains(&c.name));
    numbered
        .map(|(number, c)| Visible {
            name: c.name.clone(),
            ty: c.ty,
            modifier: c.modifier,
            origin: Some((table.oid, number)),
            not_null: c.not_null,
            in_key: in_key(c),
            merged: Merged::No,
            stored: None,
        })
        .collect()
}

/// `source AS alias`, with the alias's column names over the stored ones.
pub(super) fn named(
    sql: &str,
    name: &str,
    mut columns: Vec<Visible>,
    open: bool,
    alias: Option<&TableAlias>,
) -> (String, Relation) {
    let Some(alias) = alias else {
        return (
            sql.to_owned(),
            Relation {
                alias: name.to_owned(),
                columns,
                open,
            },
        );
    };
    let alias_name = fold(&alias.name);
    for (column, renamed) in columns.iter_mut().zip(&alias.columns) {
        column.stored.get_or_insert_with(|| column.name.clone());
        column.name = fold(&renamed.name);
    }
    (
        format!("{sql} AS {}", quote(&alias_name)),
        Relation {
            alias: alias_name,
            columns,
            open,
        },
    )
}

/// A subquery in FROM, which PostgreSQL lets go without an alias since 16. Duplicate names in it stay reachable by their place only,
/// as in PostgreSQL they are ambiguous.
fn derived(
    sql: &str,
    columns: Vec<Output>,
    alias: Option<&TableAlias>,
    unnamed: &str,
) -> (String, Relation) {
    let columns = columns.iter().map(visible).collect();
    let sql = match alias {
        Some(_) => format!("({sql})"),
        None => format!("({sql}) AS {}", quote(unnamed)),
    };
    named(&sql, unnamed, columns, false, alias)
}
