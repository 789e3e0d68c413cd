//! Expressions.

use sqlparser::ast::{
    BinaryOperator as Op, CaseWhen, CeilFloorKind, DateTimeField, Expr, Query as Ast, Spanned,
    TrimWhereField,
};
use sqlparser::tokenizer::Location;
use trunkline_server::{Error, Result, SqlState, Type};

use super::Translator;
use super::node::{Node, text};
use super::operator::comparison;
use super::scope::{Scope, fold};
use super::types::resolve;

impl Translator<'_> {
    pub(super) fn expression(&mut self, scope: &Scope<'_>, expr: &Expr) -> Result<Node> {
        let at = start(expr);
        match expr {
            Expr::Identifier(ident) => match scope.find(self.source, ident)? {
                Some(node) => Ok(node),
                None => match self.keyword(&fold(ident)) {
                    Some(node) if ident.quote_style.is_none() => Ok(node.at(at)),
                    _ => {
                        let message = format!("column \"{}\" does not exist", fold(ident));
                        Err(self
                            .source
                            .mark(Error::new(SqlState::UNDEFINED_COLUMN, message), at))
                    }
                },
            },
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [.., table, column] => scope.qualified(self.source, table, column),
                _ => Err(self.unsupported("this name", at)),
            },
            Expr::Value(value) => self.value(value),
            Expr::TypedString(typed) => self.typed_string(typed),
            Expr::Interval(interval) => self.interval(interval),
            Expr::Nested(inner) => self.expr(scope, inner),
            Expr::Prefixed { value, .. } => self.expr(scope, value),
            Expr::UnaryOp { op, expr } => {
                let node = self.expr(scope, expr)?;
                self.unary(op, node, at)
            }
            Expr::BinaryOp {
                op: op @ (Op::And | Op::Or),
                ..
            } => self.logical(scope, expr, op),
            Expr::BinaryOp { left, op, right } => self.binary_expr(scope, left, op, right, at),
            Expr::IsNull(inner) => self.postfix(scope, inner, "IS NULL"),
            Expr::IsNotNull(inner) => self.postfix(scope, inner, "IS NOT NULL"),
            Expr::IsTrue(inner) => self.is_bool(scope, inner, "IS TRUE"),
            Expr::IsNotTrue(inner) => self.is_bool(scope, inner, "IS NOT TRUE"),
            Expr::IsFalse(inner) => self.is_bool(scope, inner, "IS FALSE"),
            Expr::IsNotFalse(inner) => self.is_bool(scope, inner, "IS NOT FALSE"),
            Expr::IsUnknown(inner) => self.is_bool(scope, inner, "IS NULL"),
            Expr::IsNotUnknown(inner) => self.is_bool(scope, inner, "IS NOT NULL"),
            Expr::IsDistinctFrom(l, r) => self.distinct_from(scope, l, r, "IS NOT", at),
            Expr::IsNotDistinctFrom(l, r) => self.distinct_from(scope, l, r, "IS", at),
            Expr::Between {
                expr,
                negated,
                low,
                high,
            } => {
                let subject = self.expr(scope, expr)?;
                let (low, high) = (self.expr(scope, low)?, self.expr(scope, high)?);
                let not = if *negated { "NOT " } else { "" };
                let from = self.compare(subject.clone(), ">=", low, at)?;
                // A parameter that the lower bound decided has its type now.
                let subject = self.expr(scope, expr).unwrap_or(subject);
                let to = self.compare(subject, "<=", high, at)?;
                Ok(Node::new(format!("({not}({} AND {}))", from.sql, to.sql), Type::BOOL).at(at))
            }
            Expr::In {
                expr,
                target,
                negated,
                ..
            } => self.in_target(scope, expr, target, *negated, at),
            Expr::Like {
                negated,
                expr,
                pattern,
                escape_char,
                any: false,
            } => self.like_expr(
                scope,
                expr,
                pattern,
                escape_char.as_deref(),
                false,
                *negated,
            ),
            Expr::ILike {
                negated,
                expr,
                pattern,
                escape_char,
                any: false,
            } => self.like_expr(scope, expr, pattern, escape_char.as_deref(), true, *negated),
            Expr::SimilarTo {
                negated,
                expr,
                pattern,
                ..
            } => {
                let (value, pattern) = (self.expr(scope, expr)?, self.expr(scope, pattern)?);
                let value = self.implicit_text(value.with_blanks())?;
                let pattern = self.implicit_text(pattern)?;
                let not = if *negated { "NOT " } else { "" };
                Ok(Node::new(
                    format!("({not}tl_similar({}, {}))", value.sql, pattern.sql),
                    Type::BOOL,
                )
                .at(at))
            }
            Expr::AnyOp {
                left,
                compare_op,
                right,
                ..
            } => self.quantified(scope, left, compare_op, right, true, at),
            Expr::AllOp {
                left,
                compare_op,
                right,
            } => self.quantified(scope, left, compare_op, right, false, at),
            Expr::Cast {
                expr, data_type, ..
            } => self.cast_expr(
                scope,
                expr,
                resolve(data_type).map_err(|e| self.source.mark(e, at))?,
                at,
            ),
            Expr::Case {
                operand,
                conditions,
                else_result,
                ..
            } => self.case(
                scope,
                operand.as_deref(),
                conditions,
                else_result.as_deref(),
                at,
            ),
            Expr::Exists { subquery, negated } => {
                let (sql, _) = self.query(subquery, Some(scope))?;
                let not = if *negated { "NOT " } else { "" };
                Ok(Node::new(format!("({not}EXISTS ({sql}))"), Type::BOOL).at(at))
            }
            Expr::Subquery(query) => self.scalar_subquery(scope, query, at),
            Expr::Function(function) => self.function(scope, function),
            Expr::Extract { field, expr, .. } => {
                let node = self.expr(scope, expr)?;
                self.extract(&field_name(field), node, true, at)
            }
            Expr::Ceil {
                expr,
                field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime),
            } => {
                let node = self.expr(scope, expr)?;
                self.call("ceil", vec![node], at)
            }
            Expr::Floor {
                expr,
                field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime),
            } => {
                let node = self.expr(scope, expr)?;
                self.call("floor", vec![node], at)
            }
            Expr::Position { expr, r#in } => {
                let (needle, hay) = (self.expr(scope, expr)?, self.expr(scope, r#in)?);
                self.call("strpos", vec![hay, needle], at)
            }
            Expr::Substring {
                expr,
                substring_from,
                substring_for,
                ..
            } => {
                let mut args = vec![self.expr(scope, expr)?];
                match (substring_from, substring_for) {
                    (Some(from), _) => args.push(self.expr(scope, from)?),
                    (None, Some(_)) => args.push(super::literal::number("1")),
                    (None, None) => {}
                }
                if let Some(count) = substring_for {
                    args.push(self.expr(scope, count)?);
                }
                self.call("substring", args, at)
            }
            Expr::Trim {
                trim_where,
                trim_what,
                expr,
                trim_characters,
            } => {
                let name = match trim_where {
                    Some(TrimWhereField::Leading) => "ltrim",
                    Some(TrimWhereField::Trailing) => "rtrim",
                    _ => "btrim",
                };
                let mut args = vec![self.expr(scope, expr)?];
                if let Some(what) = trim_what {
                    args.push(self.expr(scope, what)?);
                }
                for what in trim_characters.iter().flatten() {
                    args.push(self.expr(scope, what)?);
                }
                self.call(name, args, at)
            }
            Expr::Overlay {
                expr,
                overlay_what,
                overlay_from,
                overlay_for,
            } => {
                let mut args = Vec::new();
                for part in [
                    Some(expr),
                    Some(overlay_what),
                    Some(overlay_from),
                    overlay_for.as_ref(),
                ]
                .into_iter()
                .flatten()
                {
                    args.push(self.expr(scope, part)?);
                }
                self.call("overlay", args, at)
            }
            Expr::AtTimeZone {
                timestamp,
                time_zone,
            } => {
                let (value, zone) = (self.expr(scope, timestamp)?, self.expr(scope, time_zone)?);
                self.call("timezone", vec![zone, value], at)
            }
            Expr::Collate { expr, collation } => {
                let node = self.expr(scope, expr)?;
                match super::name::last(collation).as_deref() {
                    Some(
                        "c" | "C" | "POSIX" | "default" | "ucs_basic" | "binary" | "pg_c_utf8",
                    ) => Ok(node),
                    Some("nocase") => {
                        Ok(Node::new(format!("({} COLLATE NOCASE)", node.sql), node.ty).at(at))
                    }
                    _ => {
                        let message = format!(
                            "collation \"{collation}\" for encoding \"UTF8\" does not exist"
                        );
                        Err(self
                            .source
                            .mark(Error::new(SqlState::UNDEFINED_OBJECT, message), at))
                    }
                }
            }
            Expr::Array(array) => {
                let nodes = array
                    .elem
                    .iter()
                    .map(|e| self.expr(scope, e))
                    .collect::<Result<Vec<_>>>()?;
                self.array(nodes, at)
            }
            Expr::CompoundFieldAccess { root, access_chain } => {
                self.access(scope, root, access_chain, at)
            }
            Expr::Tuple(_) => Err(self.unsupported("a row outside a comparison", at)),
            other => Err(self.unsupported(&format!("\"{other}\""), at)),
        }
    }

    /// What PostgreSQL's grammar takes for a value though it looks like a name.
    fn keyword(&mut self, name: &str) -> Option<Node> {
        match name {
            "current_user" | "session_user" | "user" | "current_role" | "current_catalog"
            | "current_schema" | "current_date" | "current_time" | "current_timestamp"
            | "localtime" | "localtimestamp" => self.niladic(name),
            _ => None,
        }
    }

    fn binary_expr(
        &mut self,
        scope: &Scope<'_>,
        left: &Expr,
        op: &Op,
        right: &Expr,
        at: Location,
    ) -> Result<Node> {
        if let (Expr::Tuple(l), Expr::Tuple(r), Some(sql)) =
            (unwrap(left), unwrap(right), comparison(op))
        {
            return self.rows(scope, l, sql, r, at);
        }
        let (l, r) = (self.expr(scope, left)?, self.expr(scope, right)?);
        let at = if at.line == 0 { l.at } else { at };
        self.binary(l, op, r, at)
    }

    fn postfix(&mut self, scope: &Scope<'_>, inner: &Expr, test: &str) -> Result<Node> {
        let node = self.expr(scope, inner)?;
        Ok(Node::new(format!("({} {test})", node.sql), Type::BOOL).at(node.at))
    }

    fn is_bool(&mut self, scope: &Scope<'_>, inner: &Expr, test: &str) -> Result<Node> {
        let node = self.expr(scope, inner)?;
        let node = self.boolean(node, test)?;
        Ok(Node::new(format!("({} {test})", node.sql), Type::BOOL).at(node.at))
    }

    fn case(
        &mut self,
        scope: &Scope<'_>,
        operand: Option<&Expr>,
        whens: &[CaseWhen],
        otherwise: Option<&Expr>,
        at: Location,
    ) -> Result<Node> {
        let mut tests = Vec::new();
        let mut results = Vec::new();
        for when in whens {
            let condition = self.expr(scope, &when.condition)?;
            let test = match operand {
                Some(operand) => {
                    let operand = self.expr(scope, operand)?;
                    self.compare(operand, "=", condition, at)?
                }
                None => self.boolean(condition, "CASE/WHEN")?,
            };
            tests.push(test.sql);
            results.push(self.expr(scope, &when.result)?);
        }
        if let Some(otherwise) = otherwise {
            results.push(self.expr(scope, otherwise)?);
        }
        let (mut results, ty) = self.together(results, "CASE")?;
        let last = if otherwise.is_some() {
            results.pop()
        } else {
            None
        };
        let mut sql = String::from("CASE");
        for (test, result) in tests.iter().zip(&results) {
            sql.push_str(&format!(" WHEN {test} THEN {}", result.sql));
        }
        if let Some(last) = last {
            sql.push_str(&format!(" ELSE {}", last.sql));
        }
        Ok(Node::new(format!("({sql} END)"), ty).at(at))
    }

    fn scalar_subquery(&mut self, scope: &Scope<'_>, query: &Ast, at: Location) -> Result<Node> {
        let (sql, columns) = self.query(query, Some(scope))?;
        match columns.as_slice() {
            [one] => Ok(Node::new(format!("({sql})"), one.ty)
                .modifier(one.modifier)
                .at(at)),
            _ => {
                let error = Error::new(
                    SqlState::SYNTAX_ERROR,
                    "subquery must return only one column",
                );
                Err(self.source.mark(error, at))
            }
        }
    }

    /// `extract(field from x)` is numeric, `date_part` a float.
    pub(super) fn extract(
        &mut self,
        field: &str,
        node: Node,
        numeric: bool,
        at: Location,
    ) -> Result<Node> {
        let node = if node.is_open() {
            self.implicit(node, Type::TIMESTAMPTZ)?
        } else {
            node
        };
        if !matches!(
            node.ty,
            Type::DATE
                | Type::TIME
                | Type::TIMETZ
                | Type::TIMESTAMP
                | Type::TIMESTAMPTZ
                | Type::INTERVAL
        ) {
            let message = format!(
                "function pg_catalog.extract(unknown, {}) does not exist",
                node.ty.sql_name()
            );
            return Err(self
                .source
                .mark(Error::new(SqlState::UNDEFINED_FUNCTION, message), at));
        }
        let sql = format!(
            "tl_extract({}, {}, {})",
            text(field),
            node.sql,
            node.ty.oid().0
        );
        Ok(if numeric {
            Node::new(sql, Type::NUMERIC).at(at)
        } else {
            Node::new(format!("CAST({sql} AS REAL)"), Type::FLOAT8).at(at)
        })
    }
}

fn field_name(field: &DateTimeField) -> String {
    match field {
        DateTimeField::Custom(ident) => ident.value.to_lowercase(),
        other => other.to_string().to_lowercase(),
    }
}

/// Without the parentheses around.
pub(super) fn unwrap(expr: &Expr) -> &Expr {
    match expr {
        Expr::Nested(inner) => unwrap(inner),
        _ => expr,
    }
}

/// Where the expression begins; nowhere for a binary one, which the caller places.
fn start(mut expr: &Expr) -> Location {
    if matches!(expr, Expr::BinaryOp { .. }) {
        return Location { line: 0, column: 0 };
    }
    // The parser's own `span` walks the whole of a chain, and for each of its links.
    loop {
        expr = match expr {
            Expr::BinaryOp { left: inner, .. }
            | Expr::IsNull(inner)
            | Expr::IsNotNull(inner)
            | Expr::IsTrue(inner)
            | Expr::IsNotTrue(inner)
            | Expr::IsFalse(inner)
            | Expr::IsNotFalse(inner)
            | Expr::IsUnknown(inner)
            | Expr::IsNotUnknown(inner)
            | Expr::IsDistinctFrom(inner, _)
            | Expr::IsNotDistinctFrom(inner, _)
            | Expr::Between { expr: inner, .. }
            | Expr::In { expr: inner, .. }
            | Expr::Like { expr: inner, .. }
            | Expr::ILike { expr: inner, .. }
            | Expr::SimilarTo { expr: inner, .. }
            | Expr::AnyOp { left: inner, .. }
            | Expr::AllOp { left: inner, .. }
            | Expr::Cast { expr: inner, .. }
            | Expr::Collate { expr: inner, .. }
            | Expr::CompoundFieldAccess { root: inner, .. }
            | Expr::Nested(inner)
            | Expr::AtTimeZone {
                timestamp: inner, ..
            } => inner,
            Expr::Identifier(ident) => return ident.span.start,
            Expr::Value(value) => return value.span.start,
            _ => return expr.span().start,
        }
    }
}
