//! Types meet: literals and parameters take the type of their context, and one type is turned into another.

use trunkline_server::{Error, Result, SqlState, Type};

use super::Translator;
use super::node::{Node, Shape, text};
use super::types::{Storage, Typed, storage};
use crate::engines::sqlite::value;

/// How freely one type may become another.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Mode {
    /// An operand or argument: only without loss.
    Implicit,
    /// A value stored in a column.
    Assignment,
    /// The user wrote a cast.
    Explicit,
}

/// The place of a type in the ladder of numbers, the narrowest first.
pub(crate) fn rank(ty: Type) -> Option<u8> {
    Some(match ty {
        Type::INT2 => 0,
        Type::INT4 => 1,
        Type::INT8 => 2,
        Type::NUMERIC => 3,
        Type::FLOAT4 => 4,
        Type::FLOAT8 => 5,
        _ => return None,
    })
}

/// Whether it is one of the ladder of numbers.
pub(crate) fn is_number(ty: Type) -> bool {
    rank(ty).is_some()
}

/// A type whose values are strings of characters.
pub(crate) fn is_text(ty: Type) -> bool {
    matches!(ty, Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME)
}

fn is_integer(ty: Type) -> bool {
    matches!(ty, Type::INT2 | Type::INT4 | Type::INT8)
}

/// The one type for values of these types (a CASE, a UNION, a comparison); `None` when there is none.
pub(crate) fn common(types: impl IntoIterator<Item = Type>) -> Option<Type> {
    let mut common = Type::UNKNOWN;
    for ty in types {
        common = match (common, ty) {
            (a, b) if a == b => a,
            (Type::UNKNOWN, b) => b,
            (a, Type::UNKNOWN) => a,
            (Type::UNSPECIFIED, _) | (_, Type::UNSPECIFIED) => Type::UNSPECIFIED,
            (a, b) if rank(a).is_some() && rank(b).is_some() => {
                if rank(a) < rank(b) {
                    b
                } else {
                    a
                }
            }
            (a, b) if is_text(a) && is_text(b) => {
                if a == Type::NAME || b == Type::NAME {
                    Type::TEXT
                } else {
                    a
                }
            }
            (Type::DATE, b @ (Type::TIMESTAMP | Type::TIMESTAMPTZ)) => b,
            (a @ (Type::TIMESTAMP | Type::TIMESTAMPTZ), Type::DATE) => a,
            (Type::TIMESTAMP, Type::TIMESTAMPTZ) | (Type::TIMESTAMPTZ, Type::TIMESTAMP) => {
                Type::TIMESTAMPTZ
            }
            (a, b) if oid_like(a) && (oid_like(b) || is_integer(b)) => a,
            (a, b) if oid_like(b) && is_integer(a) => b,
            _ => return None,
        };
    }
    Some(common)
}

fn oid_like(ty: Type) -> bool {
    matches!(
        ty,
        Type::OID | Type::REGCLASS | Type::REGTYPE | Type::REGPROC | Type::XID
    )
}

/// Whether a value of type `from` becomes `to` in this mode.
pub(crate) fn allowed(from: Type, to: Type, mode: Mode) -> bool {
    if from == to || matches!(from, Type::UNKNOWN | Type::UNSPECIFIED) || to == Type::UNSPECIFIED {
        return true;
    }
    let needed = match (from, to) {
        (a, b) if rank(a).is_some() && rank(b).is_some() => {
            if rank(a) < rank(b) {
                Mode::Implicit
            } else {
                Mode::Assignment
            }
        }
        (a, b) if is_text(a) && is_text(b) => Mode::Implicit,
        (Type::DATE, Type::TIMESTAMP | Type::TIMESTAMPTZ)
        | (Type::TIMESTAMP, Type::TIMESTAMPTZ)
        | (Type::TIME, Type::INTERVAL | Type::TIMETZ) => Mode::Implicit,
        (a, b) if oid_like(b) && (is_integer(a) || oid_like(a)) => Mode::Implicit,
        (a, Type::INT4 | Type::INT8) if oid_like(a) => Mode::Assignment,
        (Type::TIMESTAMP | Type::TIMESTAMPTZ, Type::DATE | Type::TIME)
        | (Type::TIMESTAMPTZ, Type::TIMESTAMP | Type::TIMETZ)
        | (Type::INTERVAL | Type::TIMETZ, Type::TIME)
        | (Type::JSON, Type::JSONB)
        | (Type::JSONB, Type::JSON) => Mode::Assignment,
        (a, b) if is_text(b) && !is_text(a) => Mode::Assignment,
        (a, _) if is_text(a) => Mode::Explicit,
        (Type::BOOL, Type::INT4) | (Type::INT4, Type::BOOL) => Mode::Explicit,
        (Type::JSONB, b) if rank(b).is_some() || b == Type::BOOL => Mode::Explicit,
        (a, b) => match (a.element(), b.element()) {
            (Some(a), Some(b)) => return allowed(a, b, mode),
            _ => return false,
        },
    };
    mode >= needed
}

impl Translator<'_> {
    /// `node` as a value of `target`.
    ///
    /// # Errors
    ///
    /// 22P02 (or as the type says) for a literal that is no such value, 42804 for a type that cannot be stored so,
    /// 42846 for a cast that does not exist.
    pub(crate) fn convert(&mut self, node: Node, target: Typed, mode: Mode) -> Result<Node> {
        let Typed { ty, modifier } = target;
        let at = node.at;
        let done = match &node.shape {
            Shape::Param(n) if node.is_open() => {
                self.decide(*n, ty);
                Node { ty, ..node }
            }
            Shape::Null if node.is_open() => {
                return Ok(Node {
                    ty,
                    modifier,
                    ..node
                });
            }
            Shape::Literal(value) if node.is_open() => {
                let stored = value::input(value, ty, -1, true)
                    .map_err(|error| self.source.mark(error, at))?;
                // What a modifier refuses, PostgreSQL refuses when it runs, and without a position.
                let stored = match modifier {
                    0.. => value::restrict(stored, ty, modifier, mode == Mode::Explicit)?,
                    _ => stored,
                };
                return Ok(constant(&stored, ty).modifier(modifier).at(at));
            }
            Shape::Number(digits)
                if rank(ty).is_some() && (mode > Mode::Implicit || rank(node.ty) < rank(ty)) =>
            {
                let rounded = value::number(digits, ty, modifier)?;
                let mut constant = constant(&rounded, ty).modifier(modifier).at(at);
                if ty == Type::NUMERIC && modifier < 0 {
                    constant.shape = Shape::Number(digits.clone());
                }
                return Ok(constant);
            }
            _ if node.ty == ty || ty == Type::UNSPECIFIED => node,
            _ if allowed(node.ty, ty, mode) => cast(node, ty),
            _ => {
                let error = match mode {
                    Mode::Explicit => Error::new(
                        SqlState::CANNOT_COERCE,
                        format!(
                            "cannot cast type {} to {}",
                            node.ty.sql_name(),
                            ty.sql_name()
                        ),
                    ),
                    Mode::Assignment | Mode::Implicit => Error::new(
                        SqlState::DATATYPE_MISMATCH,
                        format!(
                            "expression is of type {}, but {} is needed",
                            node.ty.sql_name(),
                            ty.sql_name()
                        ),
                    )
                    .hint("You will need to rewrite or cast the expression."),
                };
                return Err(self.source.mark(error, at));
            }
        };
        Ok(modify(done, modifier, mode))
    }

    /// An operand that its context did not decide becomes text, as PostgreSQL's unknown does.
    pub(crate) fn settle(&mut self, node: Node) -> Result<Node> {
        if node.is_open() {
            return self.convert(
                node,
                Typed {
                    ty: Type::TEXT,
                    modifier: -1,
                },
                Mode::Implicit,
            );
        }
        Ok(node)
    }

    /// `node` as this type, without loss.
    pub(crate) fn implicit(&mut self, node: Node, ty: Type) -> Result<Node> {
        self.convert(node, Typed { ty, modifier: -1 }, Mode::Implicit)
    }

    /// All of them as the type to compare them as, the first with its collation; as [`Self::together`] otherwise.
    pub(crate) fn comparable(
        &mut self,
        nodes: Vec<Node>,
        place: &str,
    ) -> Result<(Vec<Node>, Type)> {
        let types: Vec<Type> = nodes.iter().map(|n| n.ty).collect();
        let nodes = match compared_as(&types) {
            Some(ty) => {
                let text = |node: Node| {
                    if !node.is_open() {
                        self.implicit(node, ty)
                    } else {
                        Ok(node)
                    }
                };
                nodes.into_iter().map(text).collect::<Result<_>>()?
            }
            None => nodes,
        };
        let (mut nodes, ty) = self.together(nodes, place)?;
        let rest = nodes.iter().skip(1);
        if ty == Type::BPCHAR
            && !(nodes.len() == 2 && rest.clone().all(|n| n.shape == Shape::Column))
        {
            let first = nodes.remove(0).collated();
            nodes.insert(0, first);
        }
        Ok((nodes, ty))
    }

    /// All of them as their common type.
    ///
    /// # Errors
    ///
    /// 42804 when they have none; `place` names the construct.
    pub(crate) fn together(&mut self, nodes: Vec<Node>, place: &str) -> Result<(Vec<Node>, Type)> {
        let Some(ty) = common(nodes.iter().map(|n| n.ty)) else {
            let mut names = nodes.iter().map(|n| n.ty).filter(|ty| *ty != Type::UNKNOWN);
            let (a, b) = (
                names.next().unwrap_or(Type::TEXT),
                names.next_back().unwrap_or(Type::TEXT),
            );
            let error = Error::new(
                SqlState::DATATYPE_MISMATCH,
                format!(
                    "{place} types {} and {} cannot be matched",
                    a.sql_name(),
                    b.sql_name()
                ),
            );
            return Err(match nodes.last() {
                Some(node) => self.source.mark(error, node.at),
                None => error,
            });
        };
        let ty = if ty == Type::UNKNOWN { Type::TEXT } else { ty };
        let nodes = nodes
            .into_iter()
            .map(|node| self.implicit(node, ty))
            .collect::<Result<_>>()?;
        Ok((nodes, ty))
    }
}

/// The type as which values of these types are compared, where it is not the common one: with blanks that count when one is
/// text, and without when a `varchar` meets a `char(n)`; with all their digits when a float4 meets another number.
fn compared_as(types: &[Type]) -> Option<Type> {
    let has = |ty| types.contains(&ty);
    if has(Type::FLOAT4)
        && types
            .iter()
            .any(|ty| *ty != Type::FLOAT4 && rank(*ty).is_some())
    {
        return Some(Type::FLOAT8);
    }
    if !has(Type::BPCHAR) {
        None
    } else if has(Type::TEXT) || has(Type::NAME) {
        Some(Type::TEXT)
    } else if has(Type::VARCHAR) {
        Some(Type::BPCHAR)
    } else {
        None
    }
}

/// A constant in SQLite's SQL.
pub(crate) fn constant(stored: &rusqlite::types::Value, ty: Type) -> Node {
    use rusqlite::types::Value;
    let sql = match stored {
        Value::Null => "NULL".to_owned(),
        Value::Integer(i64::MIN) => "(-9223372036854775807 - 1)".to_owned(),
        Value::Integer(i) if *i < 0 => format!("({i})"),
        Value::Integer(i) => i.to_string(),
        Value::Real(f) if f.is_infinite() => if *f > 0.0 { "9e999" } else { "(-9e999)" }.to_owned(),
        Value::Real(f) if f.is_sign_negative() => format!("({f:?})"),
        Value::Real(f) => format!("{f:?}"),
        Value::Text(t) => text(t),
        Value::Blob(b) => {
            let mut hex = String::with_capacity(b.len() * 2 + 3);
            hex.push_str("X'");
            for byte in b {
                hex.push_str(&format!("{byte:02x}"));
            }
            hex + "'"
        }
    };
    // A plain constant leaves the choice of an index to the column that it is compared with.
    let plain = if ty == Type::BPCHAR { Type::TEXT } else { ty };
    Node {
        ty,
        ..Node::new(sql, plain)
    }
}

/// A conversion that exists, in SQLite's SQL.
fn cast(node: Node, to: Type) -> Node {
    let from = node.ty;
    let sql = &node.sql;
    let sql = match (from, to) {
        (a, b) if (is_integer(a) || a == Type::BOOL) && is_integer(b) && rank(a) <= rank(b) => {
            sql.clone()
        }
        (_, Type::INT2) if is_integer(from) => format!("tl_int2({sql})"),
        (_, Type::INT4) if is_integer(from) => format!("tl_int4({sql})"),
        (a, Type::FLOAT8) if is_integer(a) || a == Type::FLOAT4 => format!("CAST({sql} AS REAL)"),
        (a, Type::NUMERIC) if is_integer(a) => sql.clone(),
        (a, Type::BOOL) if is_integer(a) => format!("({sql} <> 0)"),
        (a, b) if is_integer(a) && oid_like(b) && !matches!(node.shape, Shape::Number(_)) => {
            // The bits of an int4 are taken as they are.
            match a {
                Type::INT8 => format!("tl_oid({sql})"),
                _ => format!("({sql} & 4294967295)"),
            }
        }
        (Type::INT8, b) if oid_like(b) => format!("tl_oid({sql})"),
        (a, b) if oid_like(a) && (oid_like(b) || is_integer(b)) || is_integer(a) && oid_like(b) => {
            sql.clone()
        }
        (Type::UNSPECIFIED, b) if storage(b) == Storage::Any => sql.clone(),
        (a, b)
            if is_text(b)
                && (is_text(a) && a != Type::BPCHAR
                    || matches!(a, Type::JSON | Type::UUID | Type::XML)) =>
        {
            sql.clone()
        }
        (a, b) => format!("tl_cast({sql}, {}, {}, -1)", a.oid().0, b.oid().0),
    };
    let at = node.at;
    let sql = if from == Type::NUMERIC && to != Type::NUMERIC && sql == node.sql {
        format!("CAST({sql} AS TEXT)")
    } else {
        sql
    };
    Node::new(sql, to).at(at)
}

/// Applies a modifier: `varchar(3)`, `numeric(10,2)`, `timestamp(0)`.
fn modify(node: Node, modifier: i32, mode: Mode) -> Node {
    if modifier < 0 || node.modifier == modifier || node.ty == Type::UNSPECIFIED {
        return node;
    }
    let explicit = i32::from(mode == Mode::Explicit);
    let at = node.at;
    let sql = format!(
        "tl_modify({}, {}, {modifier}, {explicit})",
        node.sql,
        node.ty.oid().0
    );
    Node::new(sql, node.ty).modifier(modifier).at(at)
}
