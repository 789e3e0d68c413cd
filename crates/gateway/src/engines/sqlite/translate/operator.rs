//! Operators: what each means for the types of its operands.

use sqlparser::ast::{BinaryOperator as Op, UnaryOperator};
use sqlparser::tokenizer::Location;
use trunkline_server::{Error, Result, SqlState, Type};

use super::Translator;
use super::convert::{common, is_text, rank};
use super::literal::number;
use super::node::{Node, Shape};

/// The operators that SQLite evaluates on stored values just as PostgreSQL does.
pub(super) fn comparison(op: &Op) -> Option<&'static str> {
    Some(match op {
        Op::Eq => "=",
        Op::NotEq => "<>",
        Op::Lt => "<",
        Op::LtEq => "<=",
        Op::Gt => ">",
        Op::GtEq => ">=",
        _ => return None,
    })
}

impl Translator<'_> {
    pub(super) fn binary(
        &mut self,
        left: Node,
        op: &Op,
        right: Node,
        at: Location,
    ) -> Result<Node> {
        if let Some(sql) = comparison(op) {
            return self.compare(left, sql, right, at);
        }
        let bool_op = |sql: String| Ok(Node::new(sql, Type::BOOL).at(at));
        match op {
            Op::Plus | Op::Minus | Op::Multiply | Op::Divide | Op::Modulo | Op::PGExp => {
                self.arithmetic(left, op, right, at)
            }
            Op::StringConcat => self.concatenate(left, right, at),
            Op::PGBitwiseShiftLeft | Op::PGBitwiseShiftRight | Op::BitwiseAnd | Op::BitwiseOr => {
                let (mut both, ty) = self.together(vec![left, right], "operator")?;
                let (r, l) = (both.pop(), both.pop());
                let (Some(l), Some(r)) = (l, r) else {
                    return Err(self.no_operator(ty, op, ty, at));
                };
                Ok(Node::new(format!("({} {op} {})", l.sql, r.sql), ty).at(at))
            }
            Op::PGBitwiseXor | Op::BitwiseXor => {
                let (l, r) = (left.sql, right.sql);
                Ok(Node::new(format!("(({l} | {r}) - ({l} & {r}))"), left.ty).at(at))
            }
            Op::PGRegexMatch | Op::PGRegexIMatch | Op::PGRegexNotMatch | Op::PGRegexNotIMatch => {
                let l = self.implicit_text(left.with_blanks())?;
                let r = self.implicit_text(right)?;
                let negated = matches!(op, Op::PGRegexNotMatch | Op::PGRegexNotIMatch);
                let fold = i32::from(matches!(op, Op::PGRegexIMatch | Op::PGRegexNotIMatch));
                let not = if negated { "NOT " } else { "" };
                bool_op(format!("({not}tl_regex({}, {}, {fold}))", l.sql, r.sql))
            }
            Op::PGLikeMatch | Op::PGNotLikeMatch | Op::PGILikeMatch | Op::PGNotILikeMatch => {
                let negated = matches!(op, Op::PGNotLikeMatch | Op::PGNotILikeMatch);
                let fold = matches!(op, Op::PGILikeMatch | Op::PGNotILikeMatch);
                self.like(left, right, None, fold, negated)
            }
            Op::PGStartsWith => {
                let (l, r) = (self.implicit_text(left)?, self.implicit_text(right)?);
                bool_op(format!(
                    "(substr({}, 1, length({})) = {})",
                    l.sql, r.sql, r.sql
                ))
            }
            Op::Arrow
            | Op::LongArrow
            | Op::HashArrow
            | Op::HashLongArrow
            | Op::AtArrow
            | Op::ArrowAt
            | Op::Question => self.json_operator(left, op, right, at),
            Op::PGCustomBinaryOperator(parts) => {
                let Some(op) = parts.last().and_then(|name| custom(name)) else {
                    return Err(self.no_operator(left.ty, op, right.ty, at));
                };
                self.binary(left, &op, right, at)
            }
            _ => Err(self.no_operator(left.ty, op, right.ty, at)),
        }
    }

    /// `left op right`, both turned into their common type.
    pub(super) fn compare(
        &mut self,
        left: Node,
        op: &str,
        right: Node,
        at: Location,
    ) -> Result<Node> {
        // regclass and its kin compare with names, which their input turns into OIDs.
        if common([left.ty, right.ty]).is_none() {
            return Err(self.no_operator(left.ty, op, right.ty, at));
        }
        let (both, ty) = self.comparable(vec![left, right], "operator")?;
        let [l, r] = both.as_slice() else {
            return Err(self.no_operator(ty, op, ty, at));
        };
        if ty == Type::JSON || ty == Type::XML {
            return Err(self.no_operator(ty, op, ty, at));
        }
        let sql = match ty {
            // Their text does not sort by value.
            Type::INTERVAL | Type::TIMETZ => {
                format!("(tl_compare({}, {}, {}) {op} 0)", l.sql, r.sql, ty.oid().0)
            }
            _ => format!("({} {op} {})", l.sql, r.sql),
        };
        Ok(Node::new(sql, Type::BOOL).at(at))
    }

    fn concatenate(&mut self, left: Node, right: Node, at: Location) -> Result<Node> {
        let array = |node: &Node| node.ty.element().is_some();
        if array(&left) || array(&right) {
            let ty = if array(&left) { left.ty } else { right.ty };
            let element = |node: &Node| {
                if array(node) || node.is_open() && !matches!(node.shape, Shape::Null) {
                    ty
                } else {
                    ty.element().unwrap_or(ty)
                }
            };
            let (lt, rt) = (element(&left), element(&right));
            let (l, r) = (self.implicit(left, lt)?, self.implicit(right, rt)?);
            let sql = format!(
                "tl_array_cat({}, {}, {}, {})",
                l.sql,
                l.ty.oid().0,
                r.sql,
                r.ty.oid().0
            );
            return Ok(Node::new(sql, ty).at(at));
        }
        if left.ty == Type::JSONB || right.ty == Type::JSONB {
            let (l, r) = (
                self.implicit(left, Type::JSONB)?,
                self.implicit(right, Type::JSONB)?,
            );
            return Ok(
                Node::new(format!("tl_jsonb_cat({}, {})", l.sql, r.sql), Type::JSONB).at(at),
            );
        }
        if left.ty == Type::BYTEA || right.ty == Type::BYTEA {
            let (l, r) = (
                self.implicit(left, Type::BYTEA)?,
                self.implicit(right, Type::BYTEA)?,
            );
            return Ok(Node::new(
                format!("CAST(({} || {}) AS BLOB)", l.sql, r.sql),
                Type::BYTEA,
            )
            .at(at));
        }
        if !(left.is_open() || right.is_open() || is_text(left.ty) || is_text(right.ty))
            && left.ty != Type::UNSPECIFIED
            && right.ty != Type::UNSPECIFIED
        {
            return Err(self.no_operator(left.ty, "||", right.ty, at));
        }
        let (l, r) = (self.as_text(left)?, self.as_text(right)?);
        Ok(Node::new(format!("({} || {})", l.sql, r.sql), Type::TEXT).at(at))
    }

    fn json_operator(&mut self, left: Node, op: &Op, right: Node, at: Location) -> Result<Node> {
        let left = if left.is_open() {
            self.implicit(left, Type::JSONB)?
        } else {
            left
        };
        if !matches!(left.ty, Type::JSON | Type::JSONB | Type::UNSPECIFIED) {
            if let (Some(_), Op::AtArrow | Op::ArrowAt) = (left.ty.element(), op) {
                let right = self.implicit(right, left.ty)?;
                let (outer, inner) = if matches!(op, Op::AtArrow) {
                    (&left, &right)
                } else {
                    (&right, &left)
                };
                let sql = format!(
                    "tl_array_contains({}, {}, {})",
                    outer.sql,
                    inner.sql,
                    left.ty.oid().0
                );
                return Ok(Node::new(sql, Type::BOOL).at(at));
            }
            return Err(self.no_operator(left.ty, op, right.ty, at));
        }
        let json = left.ty.oid().0;
        let (sql, ty) = match op {
            Op::Arrow | Op::LongArrow => {
                let right = if rank(right.ty).is_some() {
                    right
                } else {
                    self.implicit(right, Type::TEXT)?
                };
                let as_text = i32::from(matches!(op, Op::LongArrow));
                (
                    format!(
                        "tl_json_member({}, {}, {as_text}, {json})",
                        left.sql, right.sql
                    ),
                    as_text,
                )
            }
            Op::HashArrow | Op::HashLongArrow => {
                let right = self.implicit(right, Type::TEXT_ARRAY)?;
                let as_text = i32::from(matches!(op, Op::HashLongArrow));
                (
                    format!(
                        "tl_json_path({}, {}, {as_text}, {json})",
                        left.sql, right.sql
                    ),
                    as_text,
                )
            }
            Op::Question => {
                let right = self.implicit(right, Type::TEXT)?;
                let sql = format!("tl_json_has({}, {})", left.sql, right.sql);
                return Ok(Node::new(sql, Type::BOOL).at(at));
            }
            _ => {
                let right = self.implicit(right, Type::JSONB)?;
                let (outer, inner) = if matches!(op, Op::AtArrow) {
                    (left.sql, right.sql)
                } else {
                    (right.sql, left.sql)
                };
                return Ok(
                    Node::new(format!("tl_jsonb_contains({outer}, {inner})"), Type::BOOL).at(at),
                );
            }
        };
        Ok(Node::new(sql, if ty == 1 { Type::TEXT } else { left.ty }).at(at))
    }

    pub(super) fn unary(&mut self, op: &UnaryOperator, node: Node, at: Location) -> Result<Node> {
        match op {
            UnaryOperator::Not | UnaryOperator::BangNot => {
                let node = self.boolean(node, "NOT")?;
                Ok(Node::new(format!("(NOT {})", node.sql), Type::BOOL).at(at))
            }
            UnaryOperator::Plus => Ok(node),
            UnaryOperator::Minus => match (&node.shape, node.ty) {
                (Shape::Number(digits), _) if !digits.starts_with('-') => {
                    Ok(number(&format!("-{digits}")).at(at))
                }
                (_, Type::NUMERIC) => Ok(Node::new(
                    format!("tl_numeric('0', '-', {})", node.sql),
                    Type::NUMERIC,
                )
                .at(at)),
                (_, Type::INT8) => {
                    Ok(Node::new(format!("tl_int8(0, '-', {})", node.sql), Type::INT8).at(at))
                }
                (_, ty @ (Type::INT2 | Type::INT4)) => Ok(Node::new(
                    format!("tl_{ty}(-{sql})", ty = ty.name(), sql = node.sql),
                    ty,
                )
                .at(at)),
                (_, Type::INTERVAL) => {
                    let oid = Type::INTERVAL.oid().0;
                    let sql = format!(
                        "tl_date({}, {oid}, '*', -1, {})",
                        node.sql,
                        Type::INT4.oid().0
                    );
                    Ok(Node::new(sql, Type::INTERVAL).at(at))
                }
                (_, ty) if rank(ty).is_some() || ty == Type::UNSPECIFIED => {
                    Ok(Node::new(format!("(-{})", node.sql), ty).at(at))
                }
                (_, Type::UNKNOWN) => {
                    let node = self.implicit(node, Type::FLOAT8)?;
                    Ok(Node::new(format!("(-{})", node.sql), Type::FLOAT8).at(at))
                }
                (_, ty) => {
                    let error = Error::new(
                        SqlState::UNDEFINED_FUNCTION,
                        format!("operator does not exist: - {}", ty.sql_name()),
                    );
                    Err(self.source.mark(error, at))
                }
            },
            UnaryOperator::BitwiseNot => Ok(Node::new(format!("(~{})", node.sql), node.ty).at(at)),
            UnaryOperator::PGAbs => Ok(Node::new(format!("abs({})", node.sql), node.ty).at(at)),
            UnaryOperator::PGSquareRoot => {
                let node = self.implicit(node, Type::FLOAT8)?;
                Ok(Node::new(format!("tl_sqrt({})", node.sql), Type::FLOAT8).at(at))
            }
            _ => Err(self.unsupported(&format!("operator {op}"), at)),
        }
    }

    /// A condition: a boolean, or something that may still become one.
    pub(super) fn boolean(&mut self, node: Node, place: &str) -> Result<Node> {
        if node.is_open() {
            return self.implicit(node, Type::BOOL);
        }
        if !matches!(node.ty, Type::BOOL | Type::UNSPECIFIED) {
            let message = format!(
                "argument of {place} must be type boolean, not type {}",
                node.ty.sql_name()
            );
            return Err(self
                .source
                .mark(Error::new(SqlState::DATATYPE_MISMATCH, message), node.at));
        }
        Ok(node)
    }

    /// Text, from text only.
    pub(super) fn implicit_text(&mut self, node: Node) -> Result<Node> {
        self.implicit(node, Type::TEXT)
    }

    /// Text, from anything, as `||` does.
    pub(super) fn as_text(&mut self, node: Node) -> Result<Node> {
        let target = super::types::Typed {
            ty: Type::TEXT,
            modifier: -1,
        };
        self.convert(node, target, super::convert::Mode::Assignment)
    }

    pub(super) fn like(
        &mut self,
        value: Node,
        pattern: Node,
        escape: Option<&str>,
        fold: bool,
        negated: bool,
    ) -> Result<Node> {
        let at = value.at;
        let value = self.implicit_text(value.with_blanks())?;
        let pattern = self.implicit_text(pattern)?;
        let not = if negated { "NOT " } else { "" };
        let escape = super::node::text(escape.unwrap_or("\\"));
        let sql = format!(
            "({not}tl_like({}, {}, {escape}, {}))",
            value.sql,
            pattern.sql,
            i32::from(fold)
        );
        Ok(Node::new(sql, Type::BOOL).at(at))
    }

    pub(super) fn no_operator(
        &self,
        left: Type,
        op: impl std::fmt::Display,
        right: Type,
        at: Location,
    ) -> Error {
        let message = format!(
            "operator does not exist: {} {op} {}",
            left.sql_name(),
            right.sql_name()
        );
        let error = Error::new(SqlState::UNDEFINED_FUNCTION, message).hint(
            "No operator matches the given name and argument types. You might need to add explicit type casts.",
        );
        self.source.mark(error, at)
    }
}

/// `OPERATOR(pg_catalog.~)` and its like.
fn custom(name: &str) -> Option<Op> {
    Some(match name {
        "=" => Op::Eq,
        "<>" | "!=" => Op::NotEq,
        "<" => Op::Lt,
        "<=" => Op::LtEq,
        ">" => Op::Gt,
        ">=" => Op::GtEq,
        "+" => Op::Plus,
        "-" => Op::Minus,
        "*" => Op::Multiply,
        "/" => Op::Divide,
        "~" => Op::PGRegexMatch,
        "~*" => Op::PGRegexIMatch,
        "!~" => Op::PGRegexNotMatch,
        "!~*" => Op::PGRegexNotIMatch,
        "~~" => Op::PGLikeMatch,
        "~~*" => Op::PGILikeMatch,
        "!~~" => Op::PGNotLikeMatch,
        "!~~*" => Op::PGNotILikeMatch,
        "||" => Op::StringConcat,
        _ => return None,
    })
}
