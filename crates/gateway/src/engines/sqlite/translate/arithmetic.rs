//! `+`, `-`, `*`, `/`, `%` and `^`, of numbers and of dates.

use sqlparser::ast::BinaryOperator as Op;
use sqlparser::tokenizer::Location;
use trunkline_server::{Error, Result, SqlState, Type};

use super::Translator;
use super::convert::{common, rank};
use super::node::{Node, Shape};

impl Translator<'_> {
    pub(super) fn arithmetic(
        &mut self,
        left: Node,
        op: &Op,
        right: Node,
        at: Location,
    ) -> Result<Node> {
        if let Some(node) = self.date_arithmetic(&left, op, &right, at)? {
            return Ok(node);
        }
        if left.ty == Type::UNSPECIFIED || right.ty == Type::UNSPECIFIED {
            return Ok(Node::new(
                format!("({} {op} {})", left.sql, right.sql),
                Type::UNSPECIFIED,
            )
            .at(at));
        }
        let unknown = left.is_open() && right.is_open();
        let (left_ty, right_ty) = (left.ty, right.ty);
        let ty = common([left_ty, right_ty]).filter(|ty| rank(*ty).is_some());
        let Some(ty) = ty else {
            if unknown {
                let message = format!(
                    "operator is not unique: {} {op} {}",
                    left_ty.name(),
                    right_ty.name()
                );
                let error = Error::new(SqlState::AMBIGUOUS_FUNCTION, message)
                    .hint("Could not choose a best candidate operator. You might need to add explicit type casts.");
                return Err(self.source.mark(error, at));
            }
            return Err(self.no_operator(left_ty, op, right_ty, at));
        };
        // Operators on float4 and another number exist for float8 only.
        let mixed = ty == Type::FLOAT4
            && [left_ty, right_ty]
                .iter()
                .any(|ty| !matches!(*ty, Type::FLOAT4 | Type::UNKNOWN));
        let ty = if mixed { Type::FLOAT8 } else { ty };
        let ty = match (op, ty) {
            (Op::PGExp, Type::NUMERIC) => Type::NUMERIC,
            (Op::PGExp, _) => Type::FLOAT8,
            (_, ty) => ty,
        };
        let divisor = match &right.shape {
            Shape::Number(digits) => digits.chars().any(|c| ('1'..='9').contains(&c)),
            _ => false,
        };
        let (l, r) = (self.implicit(left, ty)?.sql, self.implicit(right, ty)?.sql);
        let sql = match (ty, op) {
            (Type::NUMERIC, op) => format!("tl_numeric({l}, '{op}', {r})"),
            (Type::FLOAT4 | Type::FLOAT8, Op::PGExp) => format!("tl_power({l}, {r})"),
            (Type::FLOAT4 | Type::FLOAT8, Op::Divide) if !divisor => format!("tl_divide({l}, {r})"),
            (Type::FLOAT4 | Type::FLOAT8, Op::Modulo) => {
                return Err(self.no_operator(left_ty, op, right_ty, at));
            }
            // NaN is stored as text, which SQLite would take for 0.
            (Type::FLOAT4 | Type::FLOAT8, _) => format!("tl_float({l}, '{op}', {r})"),
            (_, Op::Modulo | Op::Divide) if divisor => format!("({l} {op} {r})"),
            (_, Op::Modulo) => format!("tl_mod({l}, {r})"),
            (_, Op::Divide) => format!("tl_div({l}, {r}, {})", ty.size()),
            (Type::INT8, _) => format!("tl_int8({l}, '{op}', {r})"),
            (Type::INT2, _) => format!("tl_int2({l} {op} {r})"),
            (_, _) => format!("tl_int4({l} {op} {r})"),
        };
        let node = Node::new(sql, ty).at(at);
        if ty == Type::FLOAT4 {
            let (from, to) = (Type::FLOAT8.oid().0, Type::FLOAT4.oid().0);
            let sql = format!("tl_cast({}, {from}, {to}, -1)", node.sql);
            return Ok(Node { sql, ..node });
        }
        Ok(node)
    }

    /// Dates, times and intervals; `None` when neither operand is one.
    pub(super) fn date_arithmetic(
        &mut self,
        left: &Node,
        op: &Op,
        right: &Node,
        at: Location,
    ) -> Result<Option<Node>> {
        let plus = matches!(op, Op::Plus);
        let sum = plus || matches!(op, Op::Minus);
        let result = match (left.ty, right.ty) {
            (Type::DATE, Type::INT4 | Type::INT2 | Type::INT8) if sum => Type::DATE,
            (Type::INT4 | Type::INT2, Type::DATE) if plus => Type::DATE,
            (Type::DATE, Type::DATE) if sum && !plus => Type::INT4,
            (Type::DATE, Type::UNKNOWN) if sum && !plus => {
                let right = self.implicit(right.clone(), Type::DATE)?;
                return self.date_arithmetic(left, op, &right, at);
            }
            (Type::DATE, Type::INTERVAL) if sum => Type::TIMESTAMP,
            (Type::INTERVAL, Type::DATE) if plus => Type::TIMESTAMP,
            (Type::DATE, Type::TIME) if plus => Type::TIMESTAMP,
            (ty @ (Type::TIMESTAMP | Type::TIMESTAMPTZ | Type::TIME), Type::INTERVAL) if sum => ty,
            (Type::INTERVAL, ty @ (Type::TIMESTAMP | Type::TIMESTAMPTZ | Type::TIME)) if plus => ty,
            (ty @ (Type::TIMESTAMP | Type::TIMESTAMPTZ), Type::UNKNOWN) if sum => {
                let wanted = if plus { Type::INTERVAL } else { ty };
                let right = self.implicit(right.clone(), wanted)?;
                return self.date_arithmetic(left, op, &right, at);
            }
            (Type::INTERVAL, Type::UNKNOWN) if sum => {
                let right = self.implicit(right.clone(), Type::INTERVAL)?;
                return self.date_arithmetic(left, op, &right, at);
            }
            (
                Type::TIMESTAMP | Type::TIMESTAMPTZ | Type::DATE,
                Type::TIMESTAMP | Type::TIMESTAMPTZ | Type::DATE,
            ) if sum && !plus => {
                let (both, _) = self.together(vec![left.clone(), right.clone()], "operator")?;
                let [l, r] = both.as_slice() else {
                    return Ok(None);
                };
                let sql = format!(
                    "tl_date({}, {}, '-', {}, {})",
                    l.sql,
                    l.ty.oid().0,
                    r.sql,
                    r.ty.oid().0
                );
                return Ok(Some(Node::new(sql, Type::INTERVAL).at(at)));
            }
            (Type::TIME, Type::TIME) if sum && !plus => Type::INTERVAL,
            (Type::INTERVAL, Type::INTERVAL) if sum => Type::INTERVAL,
            (Type::INTERVAL, ty)
                if rank(ty).is_some() && matches!(op, Op::Multiply | Op::Divide) =>
            {
                Type::INTERVAL
            }
            (ty, Type::INTERVAL) if rank(ty).is_some() && matches!(op, Op::Multiply) => {
                Type::INTERVAL
            }
            _ => return Ok(None),
        };
        let sql = format!(
            "tl_date({}, {}, '{op}', {}, {})",
            left.sql,
            left.ty.oid().0,
            right.sql,
            right.ty.oid().0
        );
        Ok(Some(Node::new(sql, result).at(at)))
    }
}
