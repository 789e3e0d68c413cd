//! GROUP BY, ORDER BY and LIMIT.

use sqlparser::ast::{Expr, LimitClause, OrderBy, OrderByExpr, OrderByKind, Query as Ast, Value};
use sqlparser::tokenizer::Location;
use trunkline_server::{Error, Result, SqlState, Type};

use super::Translator;
use super::node::{Node, Shape};
use super::plan::Output;
use super::scope::{Scope, fold};

impl Translator<'_> {
    pub(super) fn group_key(
        &mut self,
        scope: &Scope<'_>,
        key: &Expr,
        items: &[(Node, Output)],
    ) -> Result<String> {
        if let Some(place) = self.ordinal(key, items.len(), "GROUP BY")? {
            return Ok(items
                .get(place)
                .map_or_else(String::new, |(node, _)| node.sql.clone()));
        }
        if let Expr::Identifier(ident) = key
            && scope.find(self.source, ident)?.is_none()
            && let Some((node, _)) = items.iter().find(|(_, output)| output.name == fold(ident))
        {
            return Ok(node.sql.clone());
        }
        let node = self.expr(scope, key)?;
        Ok(self.settle(node)?.sql)
    }

    /// `ORDER BY 2`: an output column by its number, counted from 0 here.
    pub(super) fn ordinal(&self, key: &Expr, count: usize, place: &str) -> Result<Option<usize>> {
        let Expr::Value(value) = key else {
            return Ok(None);
        };
        let Value::Number(digits, _) = &value.value else {
            return Ok(None);
        };
        match digits.parse::<usize>() {
            Ok(n) if (1..=count).contains(&n) => Ok(Some(n - 1)),
            _ => {
                let message = format!("{place} position {digits} is not in select list");
                Err(self.source.mark(
                    Error::new(SqlState::INVALID_COLUMN_REFERENCE, message),
                    value.span.start,
                ))
            }
        }
    }

    pub(super) fn order_key(
        &mut self,
        scope: &Scope<'_>,
        key: &OrderByExpr,
        items: &[(Node, Output)],
    ) -> Result<String> {
        let place = match &key.expr {
            Expr::Identifier(ident) => {
                let name = fold(ident);
                items.iter().position(|(_, output)| output.name == name)
            }
            other => self.ordinal(other, items.len(), "ORDER BY")?,
        };
        let (sql, ty, nullable) =
            match place.and_then(|place| items.get(place).map(|item| (place, item))) {
                Some((place, (node, _))) => {
                    ((place + 1).to_string(), node.ty, !is_not_null(scope, node))
                }
                None => {
                    let node = self.expr(scope, &key.expr)?;
                    let node = self.settle(node)?;
                    let nullable = !is_not_null(scope, &node);
                    // A constant would be taken for a column's number.
                    let sql = if matches!(node.shape, Shape::Number(_)) {
                        format!("+{}", node.sql)
                    } else {
                        node.sql.clone()
                    };
                    (sql, node.ty, nullable)
                }
            };
        let sql = match (ty, sql.parse::<usize>()) {
            (Type::INTERVAL | Type::TIMETZ, Ok(place)) => {
                let inner = items
                    .get(place - 1)
                    .map_or_else(String::new, |(node, _)| node.sql.clone());
                format!("tl_sort_key({inner}, {})", ty.oid().0)
            }
            (Type::INTERVAL | Type::TIMETZ, Err(_)) => {
                format!("tl_sort_key({sql}, {})", ty.oid().0)
            }
            _ => sql,
        };
        Ok(sql + direction(key, nullable))
    }

    /// The keys of an ORDER BY inside an aggregate or window.
    pub(super) fn sort_keys(&mut self, scope: &Scope<'_>, keys: &[OrderByExpr]) -> Result<String> {
        let mut parts = Vec::new();
        for key in keys {
            let node = self.expr(scope, &key.expr)?;
            let node = self.settle(node)?;
            let nullable = !is_not_null(scope, &node);
            parts.push(node.sql + direction(key, nullable));
        }
        Ok(parts.join(", "))
    }

    /// ORDER BY after a set operation: output columns only.
    pub(super) fn output_order(&mut self, order: &OrderBy, columns: &[Output]) -> Result<String> {
        let OrderByKind::Expressions(keys) = &order.kind else {
            return Err(self.unsupported("ORDER BY ALL", Location { line: 0, column: 0 }));
        };
        let mut parts = Vec::new();
        for key in keys {
            let place = match &key.expr {
                Expr::Identifier(ident) => columns.iter().position(|c| c.name == fold(ident)),
                other => self.ordinal(other, columns.len(), "ORDER BY")?,
            };
            let Some(place) = place else {
                return Err(Error::new(
                    SqlState::FEATURE_NOT_SUPPORTED,
                    "invalid UNION/INTERSECT/EXCEPT ORDER BY clause",
                )
                .detail("Only result column names can be used, not expressions or functions."));
            };
            parts.push((place + 1).to_string() + direction(key, true));
        }
        Ok(format!(" ORDER BY {}", parts.join(", ")))
    }

    pub(super) fn limit(&mut self, query: &Ast, outer: Option<&Scope<'_>>) -> Result<String> {
        let scope = Scope::inside(outer);
        let (limit, offset) = match &query.limit_clause {
            None => (None, None),
            Some(LimitClause::LimitOffset {
                limit,
                offset,
                limit_by,
            }) if limit_by.is_empty() => (limit.as_ref(), offset.as_ref().map(|o| &o.value)),
            Some(LimitClause::OffsetCommaLimit { offset, limit }) => (Some(limit), Some(offset)),
            Some(_) => return Err(self.unsupported("LIMIT BY", Location { line: 0, column: 0 })),
        };
        let one = Expr::Value(Value::Number("1".to_owned(), false).into());
        let limit = match (&query.fetch, limit) {
            (Some(fetch), None) if !fetch.percent && !fetch.with_ties => {
                Some(fetch.quantity.as_ref().unwrap_or(&one))
            }
            (Some(_), _) => {
                return Err(
                    self.unsupported("FETCH FIRST in this form", Location { line: 0, column: 0 })
                );
            }
            (None, limit) => limit,
        };
        let mut count = |expr: Option<&Expr>, place: &str| -> Result<Option<String>> {
            let Some(expr) = expr else { return Ok(None) };
            let node = self.expr(&scope, expr)?;
            let node = self.implicit(node, Type::INT8)?;
            Ok(match node.shape {
                Shape::Null => None,
                Shape::Number(_) => Some(node.sql),
                _ => Some(format!("tl_limit({}, '{place}')", node.sql)),
            })
        };
        let limit = count(limit, "LIMIT")?;
        let offset = count(offset, "OFFSET")?;
        Ok(match (limit, offset) {
            (None, None) => String::new(),
            (Some(limit), None) => format!(" LIMIT {limit}"),
            (limit, Some(offset)) => format!(
                " LIMIT {} OFFSET {offset}",
                limit.unwrap_or_else(|| "-1".to_owned())
            ),
        })
    }
}

fn is_not_null(scope: &Scope<'_>, node: &Node) -> bool {
    // An outer join can make any column null.
    let alone = scope.relations.len() == 1;
    alone
        && node.shape == Shape::Column
        && scope
            .relations
            .iter()
            .flat_map(|r| &r.columns)
            .any(|c| c.not_null && c.origin.is_some() && c.origin == node.origin)
}

/// PostgreSQL sorts nulls as larger than everything, SQLite as smaller.
fn direction(key: &OrderByExpr, nullable: bool) -> &'static str {
    use sqlparser::ast::OrderBySort;
    let ascending = match &key.options.sort {
        None | Some(OrderBySort::Asc) => true,
        Some(OrderBySort::Desc) => false,
        Some(_) => true,
    };
    let nulls_first = key.options.nulls_first.unwrap_or(!ascending);
    match (ascending, nulls_first, nullable) {
        (true, _, false) | (true, true, true) => "",
        (false, _, false) | (false, false, true) => " DESC",
        (true, false, true) => " NULLS LAST",
        (false, true, true) => " DESC NULLS FIRST",
    }
}
