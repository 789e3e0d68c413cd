//! SELECT, VALUES, set operations, WITH, ORDER BY and LIMIT.

use sqlparser::ast::{
    Cte as CteAst, CteAsMaterialized, Distinct, GroupByExpr, NamedWindowExpr, OrderBy, OrderByKind,
    Query as Ast, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, SetOperator,
    SetQuantifier, Values, With,
};
use sqlparser::tokenizer::Location;
use trunkline_server::{Error, Result, SqlState, Type};

use super::Translator;
use super::convert::common;
use super::from::Cte;
use super::functions::set_returning;
use super::name::output_name;
use super::node::{Node, quote};
use super::plan::Output;
use super::scope::{Merged, Relation, Scope, Visible, fold};

/// A translated body without ORDER BY.
struct Body {
    sql: String,
    columns: Vec<Output>,
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

    fn body(&mut self, body: &SetExpr, outer: Option<&Scope<'_>>) -> Result<Body> {
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
                let left = self.body(left, outer)?;
                let right = self.body(right, outer)?;
                self.set_operation(left, *op, *set_quantifier, right)
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

    fn set_operation(
        &mut self,
        left: Body,
        op: SetOperator,
        quantifier: SetQuantifier,
        right: Body,
    ) -> Result<Body> {
        let words = match (op, quantifier) {
            (SetOperator::Union, SetQuantifier::All) => "UNION ALL",
            (SetOperator::Union, _) => "UNION",
            (SetOperator::Intersect, SetQuantifier::None | SetQuantifier::Distinct) => "INTERSECT",
            (SetOperator::Except, SetQuantifier::None | SetQuantifier::Distinct) => "EXCEPT",
            _ => {
                return Err(self.unsupported(
                    &format!("{op} {quantifier}"),
                    Location { line: 0, column: 0 },
                ));
            }
        };
        if left.columns.len() != right.columns.len() {
            let message = format!("each {op} query must have the same number of columns");
            return Err(Error::new(SqlState::SYNTAX_ERROR, message));
        }
        let mut columns = Vec::new();
        for (l, r) in left.columns.iter().zip(&right.columns) {
            let Some(ty) = common([l.ty, r.ty]) else {
                let message = format!(
                    "{op} types {} and {} cannot be matched",
                    l.ty.sql_name(),
                    r.ty.sql_name()
                );
                return Err(Error::new(SqlState::DATATYPE_MISMATCH, message));
            };
            let modifier = if l.ty == r.ty && l.modifier == r.modifier {
                l.modifier
            } else {
                -1
            };
            columns.push(Output {
                name: l.name.clone(),
                ty,
                modifier,
                origin: None,
            });
        }
        let (l, r) = (
            self.cast_body(left, &columns)?,
            self.cast_body(right, &columns)?,
        );
        Ok(Body {
            sql: format!("{l} {words} {r}"),
            columns,
        })
    }

    /// A part of a compound with its columns turned into the compound's types.
    fn cast_body(&mut self, body: Body, wanted: &[Output]) -> Result<String> {
        let same = body.columns.iter().zip(wanted).all(|(a, b)| a.ty == b.ty);
        // Only the left of a chain of operators may be a compound itself.
        if same {
            return Ok(body.sql);
        }
        let names: Vec<String> = (1..=body.columns.len()).map(|n| format!("c{n}")).collect();
        let mut items = Vec::new();
        for ((name, have), want) in names.iter().zip(&body.columns).zip(wanted) {
            let node = Node::new(quote(name), have.ty);
            items.push(format!(
                "{} AS {}",
                self.implicit(node, want.ty)?.sql,
                quote(&want.name)
            ));
        }
        Ok(format!(
            "SELECT {} FROM (WITH tl_part({}) AS ({}) SELECT * FROM tl_part)",
            items.join(", "),
            names.join(", "),
            body.sql
        ))
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

    fn with(&mut self, with: &With, outer: Option<&Scope<'_>>) -> Result<String> {
        let mut parts = Vec::new();
        for cte in &with.cte_tables {
            parts.push(self.cte(cte, with.recursive, outer)?);
        }
        let recursive = if with.recursive { "RECURSIVE " } else { "" };
        Ok(format!("WITH {recursive}{} ", parts.join(", ")))
    }

    fn cte(&mut self, cte: &CteAst, recursive: bool, outer: Option<&Scope<'_>>) -> Result<String> {
        let name = fold(&cte.alias.name);
        let rename = |mut columns: Vec<Output>| {
            for (column, alias) in columns.iter_mut().zip(&cte.alias.columns) {
                column.name = fold(&alias.name);
            }
            columns
        };
        let (sql, columns) = match cte.query.body.as_ref() {
            SetExpr::SetOperation {
                left,
                op,
                set_quantifier,
                right,
            } if recursive && cte.query.with.is_none() => {
                // The first part alone gives the types that the second sees.
                let first = self.body(left, outer)?;
                self.ctes.push(Cte {
                    name: name.clone(),
                    columns: rename(first.columns.clone()),
                });
                let second = self.body(right, outer);
                self.ctes.pop();
                let body = self.set_operation(first, *op, *set_quantifier, second?)?;
                let limit = self.limit(&cte.query, outer)?;
                (body.sql + &limit, body.columns)
            }
            _ => self.query(&cte.query, outer)?,
        };
        let columns = rename(columns);
        let names: Vec<String> = columns.iter().map(|c| quote(&c.name)).collect();
        let materialized = match cte.materialized {
            Some(CteAsMaterialized::Materialized) => "MATERIALIZED ",
            Some(CteAsMaterialized::NotMaterialized) => "NOT MATERIALIZED ",
            None => "",
        };
        let list = if names.is_empty() {
            String::new()
        } else {
            format!("({})", names.join(", "))
        };
        self.ctes.push(Cte {
            name: name.clone(),
            columns,
        });
        Ok(format!("{}{list} AS {materialized}({sql})", quote(&name)))
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
        if let Some(having) = &select.having {
            let node = self.expr(&scope, having)?;
            sql.push_str(&format!(" HAVING {}", self.boolean(node, "HAVING")?.sql));
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
        if let Some(order) = order {
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

    fn lone_item(&self, scope: &Scope<'_>, projection: &[SelectItem]) -> Vec<(Node, Output)> {
        let column = scope
            .relations
            .last()
            .and_then(|r| r.columns.first().map(|c| (c, c.node(r))));
        let alias = match projection.first() {
            Some(SelectItem::ExprWithAlias { alias, .. }) => Some(fold(alias)),
            _ => None,
        };
        column
            .map(|(c, node)| {
                let output = Output {
                    name: alias.unwrap_or_else(|| c.name.clone()),
                    ty: node.ty,
                    modifier: -1,
                    origin: None,
                };
                (node, output)
            })
            .into_iter()
            .collect()
    }

    /// The columns of a select list or RETURNING clause, `*` spread out.
    pub(super) fn projection(
        &mut self,
        scope: &Scope<'_>,
        items: &[SelectItem],
    ) -> Result<Vec<(Node, Output)>> {
        let mut list = Vec::new();
        for item in items {
            match item {
                SelectItem::UnnamedExpr(expr) => {
                    let node = self.expr(scope, expr)?;
                    list.push(self.item(node, output_name(expr))?);
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    let node = self.expr(scope, expr)?;
                    list.push(self.item(node, fold(alias))?);
                }
                SelectItem::Wildcard(options) => {
                    let at = options.wildcard_token.0.span.start;
                    if scope.relations.is_empty() {
                        return Err(Error::new(
                            SqlState::SYNTAX_ERROR,
                            "SELECT * with no tables specified is not valid",
                        ));
                    }
                    for relation in scope.relations.iter().filter(|r| !r.open) {
                        for column in relation.columns.iter().filter(|c| c.merged == Merged::Kept) {
                            list.push(spread(scope, relation, column, at));
                        }
                    }
                    for relation in &scope.relations {
                        if relation.open {
                            list.push(star(&format!("{}.*", quote(&relation.alias))));
                        }
                        for column in relation.columns.iter().filter(|c| c.merged == Merged::No) {
                            list.push(spread(scope, relation, column, at));
                        }
                    }
                }
                SelectItem::QualifiedWildcard(
                    SelectItemQualifiedWildcardKind::ObjectName(name),
                    _,
                ) => {
                    let alias = super::name::last(name).unwrap_or_default();
                    let at = name.0.first().and_then(|part| part.as_ident());
                    let at = at.map_or(Location { line: 0, column: 0 }, |i| i.span.start);
                    let Some(relation) = scope.relation(&alias) else {
                        let message = format!("missing FROM-clause entry for table \"{alias}\"");
                        return Err(Error::new(SqlState::UNDEFINED_TABLE, message));
                    };
                    if relation.open {
                        list.push(star(&format!("{}.*", quote(&relation.alias))));
                    }
                    for column in &relation.columns {
                        let column = Visible {
                            merged: Merged::No,
                            ..column.clone()
                        };
                        list.push(spread(scope, relation, &column, at));
                    }
                }
                _ => {
                    return Err(
                        self.unsupported("this select item", Location { line: 0, column: 0 })
                    );
                }
            }
        }
        Ok(list)
    }

    fn item(&mut self, node: Node, name: String) -> Result<(Node, Output)> {
        let node = self.settle(node)?;
        let output = Output {
            name,
            ty: node.ty,
            modifier: node.modifier,
            origin: node.origin,
        };
        Ok((node, output))
    }
}

fn has_keys(group_by: &GroupByExpr) -> bool {
    matches!(group_by, GroupByExpr::Expressions(keys, _) if !keys.is_empty())
}

fn spread(
    scope: &Scope<'_>,
    relation: &Relation,
    column: &Visible,
    at: Location,
) -> (Node, Output) {
    scope.uses.column(relation, column, at, false);
    let node = column.node(relation);
    let output = Output {
        name: column.name.clone(),
        ty: column.ty,
        modifier: column.modifier,
        origin: column.origin,
    };
    (node, output)
}

/// Columns that SQLite alone knows.
fn star(sql: &str) -> (Node, Output) {
    let output = Output {
        name: "*".to_owned(),
        ty: Type::UNSPECIFIED,
        modifier: -1,
        origin: None,
    };
    (Node::new(sql, Type::UNSPECIFIED), output)
}
