//! Constants as written: numbers, strings in all their quotings, typed strings, intervals.

use sqlparser::ast::{Expr, Interval, TypedString, Value, ValueWithSpan};
use trunkline_server::{Error, Result, SqlState, Type};

use super::Translator;
use super::convert::Mode;
use super::node::{Node, Shape, text};
use super::types::{Typed, resolve};

impl Translator<'_> {
    pub(super) fn value(&mut self, value: &ValueWithSpan) -> Result<Node> {
        let at = value.span.start;
        let node = match &value.value {
            Value::Number(digits, _) => number(digits),
            Value::Boolean(b) => Node::new(if *b { "1" } else { "0" }, Type::BOOL),
            Value::Null => Node::new("NULL", Type::UNKNOWN).shaped(Shape::Null),
            Value::Placeholder(name) => self
                .parameter(name)
                .map_err(|error| self.source.mark(error, at))?,
            Value::HexStringLiteral(hex) => {
                return Err(self.unsupported(&format!("bit string X'{hex}'"), at));
            }
            other => match other.clone().into_string() {
                Some(string) => string_literal(string),
                None => return Err(self.unsupported("this kind of literal", at)),
            },
        };
        Ok(node.at(at))
    }

    /// `$n`.
    fn parameter(&mut self, name: &str) -> Result<Node> {
        let missing = || {
            Error::new(
                SqlState::UNDEFINED_PARAMETER,
                format!("there is no parameter {name}"),
            )
        };
        let number: usize = name
            .strip_prefix('$')
            .and_then(|n| n.parse().ok())
            .ok_or_else(missing)?;
        if number == 0 || number > 65535 {
            return Err(missing());
        }
        if self.params.len() < number {
            self.params.resize(number, Type::UNSPECIFIED);
        }
        let given = self
            .params
            .get(number - 1)
            .copied()
            .unwrap_or(Type::UNSPECIFIED);
        let ty = if given == Type::UNSPECIFIED {
            Type::UNKNOWN
        } else {
            given
        };
        let node = Node::new(format!("?{number}"), ty);
        Ok(node.shaped(Shape::Param(number)))
    }

    /// `date '2024-01-01'`.
    pub(super) fn typed_string(&mut self, typed: &TypedString) -> Result<Node> {
        let literal = self.value(&typed.value)?;
        self.convert(literal, resolve(&typed.data_type)?, Mode::Explicit)
    }

    /// `interval '1 day'`, `interval '3' hour`.
    pub(super) fn interval(&mut self, interval: &Interval) -> Result<Node> {
        let mut literal = self.value_of(&interval.value)?;
        if let (Shape::Literal(written), Some(field)) = (&literal.shape, &interval.leading_field) {
            let written = if written.chars().any(char::is_alphabetic) {
                written.clone()
            } else {
                format!("{written} {field}")
            };
            literal = Node {
                sql: text(&written),
                shape: Shape::Literal(written),
                ..literal
            };
        }
        self.convert(
            literal,
            Typed {
                ty: Type::INTERVAL,
                modifier: -1,
            },
            Mode::Explicit,
        )
    }

    fn value_of(&mut self, expr: &Expr) -> Result<Node> {
        match expr {
            Expr::Value(value) => self.value(value),
            _ => Err(Error::new(
                SqlState::SYNTAX_ERROR,
                "syntax error in interval literal",
            )),
        }
    }
}

/// A quoted string, whose type the context decides.
pub(super) fn string_literal(string: String) -> Node {
    Node::new(text(&string), Type::UNKNOWN).shaped(Shape::Literal(string))
}

/// A number: int4, int8 or numeric, the first that holds it.
pub(super) fn number(digits: &str) -> Node {
    let digits = digits.replace('_', "");
    let whole = if let Some(hex) = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"))
    {
        i64::from_str_radix(hex, 16).ok()
    } else {
        digits.parse::<i64>().ok()
    };
    match whole {
        Some(n) => {
            let ty = if i32::try_from(n).is_ok() {
                Type::INT4
            } else {
                Type::INT8
            };
            let sql = if n < 0 {
                format!("({n})")
            } else {
                n.to_string()
            };
            Node::new(sql, ty).shaped(Shape::Number(n.to_string()))
        }
        None => {
            Node::new(text(&plain(&digits)), Type::NUMERIC).shaped(Shape::Number(plain(&digits)))
        }
    }
}

/// Without an exponent and with a digit before the point: the form in which numerics are stored.
pub(super) fn plain(digits: &str) -> String {
    digits
        .parse::<trunkline_types::Numeric>()
        .map_or_else(|_| digits.to_owned(), |n| n.to_string())
}
