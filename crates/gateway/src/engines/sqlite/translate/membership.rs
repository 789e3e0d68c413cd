//! Tests of more than two values: IN, ANY, ALL, rows, LIKE, IS DISTINCT FROM.

use sqlparser::ast::{BinaryOperator as Op, Expr, InTarget, Query as Ast};
use sqlparser::tokenizer::Location;
use trunkline_server::{Error, Result, SqlState, Type};

use super::Translator;
use super::expr::unwrap;
use super::node::{Node, Shape};
use super::scope::Scope;

impl Translator<'_> {
    pub(super) fn in_target(
        &mut self,
        scope: &Scope<'_>,
        expr: &Expr,
        target: &InTarget,
        negated: bool,
        at: Location,
    ) -> Result<Node> {
        let not = if negated { "NOT " } else { "" };
        match target {
            InTarget::List(list) => {
                if let Expr::Tuple(left) = unwrap(expr) {
                    let mut any = Vec::new();
                    for item in list {
                        let Expr::Tuple(right) = unwrap(item) else {
                            return Err(self.unsupported("IN with rows of different shape", at));
                        };
                        any.push(self.rows(scope, left, "=", right, at)?.sql);
                    }
                    return Ok(
                        Node::new(format!("({not}({}))", any.join(" OR ")), Type::BOOL).at(at),
                    );
                }
                let mut nodes = vec![self.expr(scope, expr)?];
                for item in list {
                    nodes.push(self.expr(scope, item)?);
                }
                let (mut nodes, ty) = self.comparable(nodes, "IN")?;
                let subject = nodes.remove(0).collated();
                // Values without affinity on the right, and SQLite compares with the affinity of the left.
                if matches!(ty, Type::INTERVAL | Type::TIMETZ) {
                    let any = nodes
                        .into_iter()
                        .map(|n| self.compare(subject.clone(), "=", n, at).map(|n| n.sql))
                        .collect::<Result<Vec<_>>>()?;
                    return Ok(
                        Node::new(format!("({not}({}))", any.join(" OR ")), Type::BOOL).at(at),
                    );
                }
                let list: Vec<String> = nodes.into_iter().map(|n| n.sql).collect();
                Ok(Node::new(
                    format!("({} {not}IN ({}))", subject.sql, list.join(", ")),
                    Type::BOOL,
                )
                .at(at))
            }
            InTarget::Subquery(query) => self.in_query(scope, expr, query, negated, at),
            InTarget::Unnest(array) => self.quantified(scope, expr, &Op::Eq, array, !negated, at),
            InTarget::Table { .. } => Err(self.unsupported("IN with a table", at)),
        }
    }

    pub(super) fn in_query(
        &mut self,
        scope: &Scope<'_>,
        expr: &Expr,
        query: &Ast,
        negated: bool,
        at: Location,
    ) -> Result<Node> {
        let not = if negated { "NOT " } else { "" };
        let left = match unwrap(expr) {
            Expr::Tuple(parts) => parts
                .iter()
                .map(|e| self.expr(scope, e))
                .collect::<Result<Vec<_>>>()?,
            _ => vec![self.expr(scope, expr)?],
        };
        let (sql, columns) = self.query(query, Some(scope))?;
        if columns.len() != left.len() {
            let many = if columns.len() > left.len() {
                "many"
            } else {
                "few"
            };
            let error = Error::new(
                SqlState::SYNTAX_ERROR,
                format!("subquery has too {many} columns"),
            );
            return Err(self.source.mark(error, at));
        }
        let mut subjects = Vec::new();
        for (node, column) in left.into_iter().zip(&columns) {
            subjects.push(self.implicit(node, column.ty)?.collated().sql);
        }
        let subject = match subjects.as_slice() {
            [one] => one.clone(),
            many => format!("({})", many.join(", ")),
        };
        Ok(Node::new(format!("({subject} {not}IN ({sql}))"), Type::BOOL).at(at))
    }

    /// `x op ANY (…)` and `x op ALL (…)`, over an array or a subquery.
    pub(super) fn quantified(
        &mut self,
        scope: &Scope<'_>,
        left: &Expr,
        op: &Op,
        right: &Expr,
        any: bool,
        at: Location,
    ) -> Result<Node> {
        if let Expr::Subquery(query) = unwrap(right) {
            return match (op, any) {
                (Op::Eq, true) => self.in_query(scope, left, query, false, at),
                (Op::NotEq, false) => self.in_query(scope, left, query, true, at),
                _ => Err(self.unsupported("ANY or ALL of a subquery with this operator", at)),
            };
        }
        let subject = self.expr(scope, left)?;
        let array = self.expr(scope, right)?;
        let wanted = if subject.is_open() {
            Type::TEXT
        } else {
            subject.ty
        };
        let array = if array.is_open() {
            let ty = wanted.array().unwrap_or(Type::TEXT_ARRAY);
            self.implicit(array, ty)?
        } else {
            array
        };
        let Some(element) = array.ty.element() else {
            let error = Error::new(
                SqlState::WRONG_OBJECT_TYPE,
                "op ANY/ALL (array) requires array on right side",
            );
            return Err(self.source.mark(error, at));
        };
        let elements = elements(&array);
        let value = Node::new("value", element);
        match (op, any) {
            (Op::Eq, true) | (Op::NotEq, false) => {
                let (both, _) = self.comparable(vec![subject, value], "operator")?;
                let [l, r] = both.as_slice() else {
                    return Err(self.unsupported("ANY", at));
                };
                let not = if any { "" } else { "NOT " };
                Ok(Node::new(
                    format!("({} {not}IN (SELECT {} FROM {elements}))", l.sql, r.sql),
                    Type::BOOL,
                )
                .at(at))
            }
            _ => {
                let test = self.binary(subject, op, value, at)?;
                // Null elements make the answer null unless another decides it, which max and min reproduce closely.
                let (aggregate, empty) = if any { ("max", 0) } else { ("min", 1) };
                let sql = format!(
                    "(SELECT CASE WHEN count(*) = 0 THEN {empty} ELSE {aggregate}({}) END FROM {elements})",
                    test.sql
                );
                Ok(Node::new(sql, Type::BOOL).at(at))
            }
        }
    }

    pub(super) fn like_expr(
        &mut self,
        scope: &Scope<'_>,
        value: &Expr,
        pattern: &Expr,
        escape: Option<&Expr>,
        fold: bool,
        negated: bool,
    ) -> Result<Node> {
        let (value, pattern) = (self.expr(scope, value)?, self.expr(scope, pattern)?);
        let escape = match escape {
            None => None,
            Some(expr) => match self.expr(scope, expr)?.shape {
                Shape::Literal(character) => Some(character),
                _ => return Err(self.unsupported("ESCAPE with other than a literal", value.at)),
            },
        };
        self.like(value, pattern, escape.as_deref(), fold, negated)
    }

    /// `(a, b) < (c, d)`: SQLite has row values, whose parts need one type each.
    pub(super) fn rows(
        &mut self,
        scope: &Scope<'_>,
        left: &[Expr],
        op: &str,
        right: &[Expr],
        at: Location,
    ) -> Result<Node> {
        if left.len() != right.len() {
            let error = Error::new(
                SqlState::SYNTAX_ERROR,
                "unequal number of entries in row expressions",
            );
            return Err(self.source.mark(error, at));
        }
        let (mut ls, mut rs) = (Vec::new(), Vec::new());
        for (l, r) in left.iter().zip(right) {
            let (l, r) = (self.expr(scope, l)?, self.expr(scope, r)?);
            let (mut both, _) = self.comparable(vec![l, r], "row")?;
            rs.extend(both.pop().map(|n| n.sql));
            ls.extend(both.pop().map(|n| n.sql));
        }
        Ok(Node::new(
            format!("(({}) {op} ({}))", ls.join(", "), rs.join(", ")),
            Type::BOOL,
        )
        .at(at))
    }

    pub(super) fn distinct_from(
        &mut self,
        scope: &Scope<'_>,
        l: &Expr,
        r: &Expr,
        op: &str,
        at: Location,
    ) -> Result<Node> {
        let (l, r) = (self.expr(scope, l)?, self.expr(scope, r)?);
        self.compare_is(l, op, r, at)
    }

    pub(super) fn compare_is(&mut self, l: Node, op: &str, r: Node, at: Location) -> Result<Node> {
        let (both, _) = self.comparable(vec![l, r], "operator")?;
        match both.as_slice() {
            [l, r] => Ok(Node::new(format!("({} {op} {})", l.sql, r.sql), Type::BOOL).at(at)),
            _ => Err(self.unsupported("IS DISTINCT FROM", at)),
        }
    }
}

/// The elements of an array as rows with a column `value`, in the form that they are stored in.
pub(super) fn elements(array: &Node) -> String {
    format!(
        "json_each(tl_array_json({}, {}))",
        array.sql,
        array.ty.oid().0
    )
}
