//! SELECT, VALUES, set operations, WITH, ORDER BY and LIMIT.

use sqlparser::ast::{
    Distinct, GroupByExpr, NamedWindowExpr, OrderBy, OrderByKind, Query as Ast, Select, SelectItem,
    SetExpr, Values,
};
use sqlparser::tokenizer::Location;
use trunkline_server::{Error, Result, SqlState};

use super::Translator;
use super::functions::set_returning;
use super::node::{Node, quote};
use super::plan::Output;
use super::scope::{Scope, fold};

/// A translated body without ORDER BY.
pub(super) struct Body {
    pub(super) sql: String,
    pub(super) columns: Vec<Output>,
}

impl Translator<'_> {
    /// A query with all its clauses, and the columns of its result.
    pub(super) fn query(
        &mut self,
        query: &Ast,
        outer: Option<&Scope<'_>>,
    ) -> Result<(String, Vec<Output>)> {
        if query.for_clause.is_some() || !query.pipe_operators.is_empty() {
            return Err(self.unsupported("this clause", Location { line: 0, column: 0 }));
        }
        if !query.locks.is_empty() {
            self.locks = true;
        }
        // A query inside a clause is a place of its own.
        let clause = self.clause.take();
        let known = self.ctes.len();
        let mut sql = String::new();
        if let Some(with) = &query.with {
            sql.push_str(&self.with(with, outer)?);
        }
        let columns = match query.body.as_ref() {
            SetExpr::Select(select) => {
                let body = self.select(select, query.order_by.as_ref(), outer)?;
                sql.push_str(&body.sql);
                body.columns
            }
            other => {
                let body = self.body(other, outer)?;
                sql.push_str(&body.sql);
                if let Some(order) = &query.order_by {
                    sql.push_str(&self.output_order(order, &body.columns)?);
                }
                body.columns
            }
        };
        sql.push_str(&self.limit(query, outer)?);
        self.ctes.truncate(known);
        self.clause = clause;
        Ok((sql, columns))
    }

    pub(super) fn body(&mut self, body: &SetExpr, outer: Option<&Scope<'_>>) -> Result<Body> {
        match body {
            SetExpr::Select(select) => self.select(select, None, outer),
            SetExpr::Query(query) => {
                let (sql, columns) = self.query(query, outer)?;
                // SQLite takes no parentheses around a part of a compound.
                Ok(Body {
                    sql: format!("SELECT * FROM ({sql})"),
                    columns,
                })
            }
            SetExpr::Values(values) => self.values(values, outer),
            SetExpr::SetOperation {
                left,
                op,
                set_quantifier,
                right,
            } => {
                let left = self.deeper(|deeper| deeper.body(left, outer))?;
                let right = self.deeper(|deeper| deeper.body(right, outer))?;
                let body = self.set_operation(left, *op, *set_quantifier, right)?;
                self.made(&body.sql)?;
                Ok(body)
            }
            SetExpr::Table(table) => {
                let name = table.table_name.as_ref().map_or_else(String::new, fold);
                let sql = format!("SELECT * FROM {}", quote(&name));
                let statement = crate::engines::sqlite::parse::parse(&sql)?;
                match statement {
                    Some(sqlparser::ast::Statement::Query(query)) => self.body(&query.body, outer),
                    _ => Err(self.unsupported("TABLE", Location { line: 0, column: 0 })),
                }
            }
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {
                Err(self.unsupported(
                    "a data-modifying statement inside WITH",
                    Location { line: 0, column: 0 },
                ))
            }
        }
    }

    fn values(&mut self, values: &Values, outer: Option<&Scope<'_>>) -> Result<Body> {
        let scope = Scope::inside(outer);
        let mut rows: Vec<Vec<Node>> = Vec::new();
        for row in &values.rows {
            rows.push(
                row.content
                    .iter()
                    .map(|e| self.expr(&scope, e))
                    .collect::<Result<_>>()?,
            );
        }
        let width = rows.first().map_or(0, Vec::len);
        if rows.iter().any(|row| row.len() != width) {
            return Err(Error::new(
                SqlState::SYNTAX_ERROR,
                "VALUES lists must all be the same length",
            ));
        }
        let mut columns = Vec::new();
        let mut cells: Vec<Vec<String>> = vec![Vec::new(); rows.len()];
        for place in 0..width {
            let column: Vec<Node> = rows
                .iter()
                .filter_map(|row| row.get(place).cloned())
                .collect();
            let (column, ty) = self.together(column, "VALUES")?;
            for (row, node) in cells.iter_mut().zip(column) {
                row.push(node.sql);
            }
            columns.push(Output {
                name: format!("column{}", place + 1),
                ty,
                modifier: -1,
                origin: None,
            });
        }
        let rows: Vec<String> = cells
            .iter()
            .map(|row| format!("({})", row.join(", ")))
            .collect();
        Ok(Body {
            sql: format!("VALUES {}", rows.join(", ")),
            columns,
        })
    }

    fn select(
        &mut self,
        select: &Select,
        order: Option<&OrderBy>,
        outer: Option<&Scope<'_>>,
    ) -> Result<Body> {
        if select.into.is_some()
            || select.top.is_some()
            || select.qualify.is_some()
            || !select.lateral_views.is_empty()
        {
            return Err(self.unsupported("this clause of SELECT", select.select_token.0.span.start));
        }
        let mut scope = Scope::inside(outer);
        let mut from = self.from(&mut scope, &select.from)?;
        let lone = match select.projection.as_slice() {
            [SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }]
                if from.is_empty() =>
            {
                set_returning(expr)
            }
            _ => None,
        };
        if let Some(function) = lone {
            from = self.lone_function(&mut scope, function)?;
        }
        scope.uses.forget(0);
        scope.uses.grouped.set(has_keys(&select.group_by));
        let items = match lone {
            Some(_) => self.lone_item(&scope, &select.projection),
            None => self.projection(&scope, &select.projection)?,
        };
        let mut sql = String::from("SELECT ");
        match &select.distinct {
            None | Some(Distinct::All) => {}
            Some(Distinct::Distinct) => sql.push_str("DISTINCT "),
            Some(Distinct::On(_)) => {
                return Err(self.unsupported("DISTINCT ON", select.select_token.0.span.start));
            }
        }
        let list: Vec<String> = items
            .iter()
            .map(|(node, output)| {
                if output.name == "*" {
                    node.sql.clone()
                } else {
                    format!("{} AS {}", node.sql, quote(&output.name))
                }
            })
            .collect();
        // PostgreSQL allows a SELECT of nothing; SQLite wants something.
        sql.push_str(&if list.is_empty() {
            "NULL".to_owned()
        } else {
            list.join(", ")
        });
        let listed = sql.len();
        let aggregated = scope.uses.aggregated.get();
        if !from.is_empty() {
            sql.push_str(&format!(" FROM {from}"));
        }
        let mark = scope.uses.mark();
        if let Some(condition) = &select.selection {
            self.clause = Some("WHERE");
            let node = self.expr(&scope, condition)?;
            self.clause = None;
            sql.push_str(&format!(" WHERE {}", self.boolean(node, "WHERE")?.sql));
        }
        let keys = if let GroupByExpr::Expressions(keys, modifiers) = &select.group_by {
            if !modifiers.is_empty() {
                return Err(
                    self.unsupported("GROUP BY with modifiers", select.select_token.0.span.start)
                );
            }
            let keys = keys
                .iter()
                .map(|key| self.group_key(&scope, key, &items))
                .collect::<Result<Vec<_>>>()?;
            if !keys.is_empty() {
                sql.push_str(&format!(" GROUP BY {}", keys.join(", ")));
            }
            keys
        } else {
            return Err(self.unsupported("GROUP BY ALL", select.select_token.0.span.start));
        };
        scope.uses.forget(mark);
        // Without keys and aggregates in the list there is one group, on whose rows the list does not depend.
        let alone = select.having.is_some() && keys.is_empty() && !aggregated;
        if let Some(having) = &select.having {
            let node = self.expr(&scope, having)?;
            let condition = self.boolean(node, "HAVING")?.sql;
            if !alone {
                sql.push_str(&format!(" HAVING {condition}"));
            } else if scope.uses.aggregated.get() {
                // SQLite takes HAVING only beside an aggregate in the list.
                let rest = sql.split_off(listed);
                sql.push_str(&format!(" WHERE (SELECT {condition}{rest})"));
            } else {
                sql.truncate(listed);
                sql.push_str(&format!(" WHERE {condition}"));
            }
        }
        let mut windows = Vec::new();
        for definition in &select.named_window {
            let NamedWindowExpr::WindowSpec(spec) = &definition.1 else {
                return Err(self.unsupported("this WINDOW clause", definition.0.span.start));
            };
            windows.push(format!(
                "{} AS ({})",
                quote(&fold(&definition.0)),
                self.window(&scope, spec)?
            ));
        }
        if !windows.is_empty() {
            sql.push_str(&format!(" WINDOW {}", windows.join(", ")));
        }
        if let Some(order) = order.filter(|_| !alone) {
            let keys = match &order.kind {
                OrderByKind::Expressions(keys) => keys,
                OrderByKind::All(_) => {
                    return Err(self.unsupported("ORDER BY ALL", select.select_token.0.span.start));
                }
            };
            let mut parts = Vec::new();
            for key in keys {
                parts.push(self.order_key(&scope, key, &items)?);
            }
            sql.push_str(&format!(" ORDER BY {}", parts.join(", ")));
        }
        if !keys.is_empty() || select.having.is_some() || scope.uses.aggregated.get() {
            self.check_grouping(&scope, &keys)?;
        }
        Ok(Body {
            sql,
            columns: items.into_iter().map(|(_, output)| output).collect(),
        })
    }
}

fn has_keys(group_by: &GroupByExpr) -> bool {
    matches!(group_by, GroupByExpr::Expressions(keys, _) if !keys.is_empty())
}
