//! Function calls: a table of signatures, as `pg_proc` has, and the few functions that need more than one line.

mod special;
mod table;

use sqlparser::ast::{Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments};
use sqlparser::tokenizer::Location;
use trunkline_server::{Error, Result, SqlState, Type};

use super::Translator;
use super::convert::{Mode, allowed};
use super::name::last;
use super::node::{Node, quote};
use super::scope::Scope;
use super::types::Typed;
pub(super) use table::ENTRIES;

/// How a function of the table becomes SQLite's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) args: &'static [Type],
    /// How many of the last arguments may be left out.
    pub(super) optional: usize,
    /// The last argument may be repeated.
    pub(super) variadic: bool,
    pub(super) result: Type,
    /// The SQLite function.
    calls: &'static str,
}

impl Translator<'_> {
    pub(super) fn function(&mut self, scope: &Scope<'_>, function: &Function) -> Result<Node> {
        let at = match function.name.0.last().and_then(|part| part.as_ident()) {
            Some(ident) => ident.span.start,
            None => Location { line: 0, column: 0 },
        };
        let Some(name) = last(&function.name) else {
            return Err(self.unsupported("this function name", at));
        };
        if matches!(function.args, FunctionArguments::None) {
            return match self.niladic(&name) {
                Some(node) => Ok(node.at(at)),
                None => Err(self.source.mark(
                    Error::new(
                        SqlState::UNDEFINED_COLUMN,
                        format!("column \"{name}\" does not exist"),
                    ),
                    at,
                )),
            };
        }
        if let Some(node) = self.aggregate(scope, &name, function, at)? {
            return Ok(node);
        }
        if name == "array"
            && let FunctionArguments::Subquery(query) = &function.args
        {
            let (sql, columns) = self.query(query, Some(scope))?;
            let element = columns.first().map_or(Type::TEXT, |c| c.ty);
            let Some(ty) = element.array() else {
                return Err(self.unsupported("this array", at));
            };
            let column = quote(columns.first().map_or("", |c| c.name.as_str()));
            let sql = format!(
                "(SELECT tl_array_agg({column}, {}) FROM ({sql}))",
                element.oid().0
            );
            return Ok(Node::new(format!("coalesce({sql}, '{{}}')"), ty).at(at));
        }
        let args = self.arguments(scope, &function.args, at)?;
        self.call(&name, args, at)
    }

    pub(super) fn arguments(
        &mut self,
        scope: &Scope<'_>,
        args: &FunctionArguments,
        at: Location,
    ) -> Result<Vec<Node>> {
        let FunctionArguments::List(list) = args else {
            return Err(self.unsupported("a subquery as the argument list", at));
        };
        list.args
            .iter()
            .map(|arg| self.argument(scope, arg, at))
            .collect()
    }

    pub(super) fn argument(
        &mut self,
        scope: &Scope<'_>,
        arg: &FunctionArg,
        at: Location,
    ) -> Result<Node> {
        match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))
            | FunctionArg::Named {
                arg: FunctionArgExpr::Expr(expr),
                ..
            } => self.expr(scope, expr),
            _ => Err(self.unsupported("this kind of argument", at)),
        }
    }

    /// A call of a plain function.
    pub(super) fn call(&mut self, name: &str, args: Vec<Node>, at: Location) -> Result<Node> {
        if let Some(node) = self.special(name, &args, at)? {
            return Ok(node.at(at));
        }
        let mut candidates = table::ENTRIES.iter().filter(|e| e.name == name).peekable();
        let known = candidates.peek().is_some();
        // Exact types first, then those that need a conversion.
        let candidates: Vec<&Entry> = candidates.collect();
        let best = candidates
            .iter()
            .find(|e| matches(e, &args, |from, to| from == to || from == Type::UNKNOWN))
            .or_else(|| {
                let fitting = candidates.iter().filter(|e| {
                    matches(e, &args, |from, to| {
                        to == Type::ANY || allowed(from, to, Mode::Implicit)
                    })
                });
                // Of several, the first with the most arguments of just its types.
                fitting.rev().max_by_key(|e| {
                    let pairs = args.iter().zip(e.args);
                    pairs.filter(|(node, ty)| node.ty == **ty).count()
                })
            });
        if let Some(entry) = best {
            let mut sqls = Vec::new();
            let mut first = Type::UNSPECIFIED;
            for (i, node) in args.into_iter().enumerate() {
                let ty = entry
                    .args
                    .get(i)
                    .or(entry.args.last())
                    .copied()
                    .unwrap_or(Type::ANY);
                let node = if ty == Type::ANY {
                    self.settle(node)?
                } else {
                    self.implicit(node, ty)?
                };
                if i == 0 {
                    first = node.ty;
                }
                // A function that takes anything needs to be told what it got.
                sqls.push(match (ty, node.ty) {
                    (Type::ANY, Type::BOOL) => {
                        format!("tl_output({}, {})", node.sql, node.ty.oid().0)
                    }
                    (Type::ANY, _) => self.as_text(node.with_blanks())?.sql,
                    _ => node.sql,
                });
            }
            let result = if entry.result == Type::ANY {
                first
            } else {
                entry.result
            };
            return Ok(Node::new(format!("{}({})", entry.calls, sqls.join(", ")), result).at(at));
        }
        if !known && !is_internal(name) && self.catalog.is_function(name) {
            let sqls: Vec<String> = args.into_iter().map(|n| n.sql).collect();
            return Ok(Node::new(
                format!("{}({})", quote(name), sqls.join(", ")),
                Type::UNSPECIFIED,
            )
            .at(at));
        }
        // `int4(x)`: a type's name used as a function casts.
        if let ([one], Some(ty)) = (args.as_slice(), Type::from_name(name)) {
            return Ok(self
                .convert(one.clone(), Typed { ty, modifier: -1 }, Mode::Explicit)?
                .at(at));
        }
        let types: Vec<&str> = args.iter().map(|n| n.ty.sql_name()).collect();
        let error = Error::new(
            SqlState::UNDEFINED_FUNCTION,
            format!("function {name}({}) does not exist", types.join(", ")),
        )
        .hint("No function matches the given name and argument types. You might need to add explicit type casts.");
        Err(self.source.mark(error, at))
    }
}

fn matches(entry: &Entry, args: &[Node], fits: impl Fn(Type, Type) -> bool) -> bool {
    let most = entry.args.len();
    let count_fits = if entry.variadic {
        args.len() + 1 >= most
    } else {
        args.len() <= most && args.len() + entry.optional >= most
    };
    count_fits
        && args.iter().enumerate().all(|(i, node)| {
            entry
                .args
                .get(i)
                .or(entry.args.last())
                .is_some_and(|ty| fits(node.ty, *ty))
        })
}

/// SQLite's functions that are about itself: clients see none of them.
fn is_internal(name: &str) -> bool {
    ["tl_", "sqlite_", "fts3_", "fts5", "rtree"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
        || matches!(
            name,
            "load_extension" | "match" | "matchinfo" | "offsets" | "optimize"
        )
}

/// Whether a function call among the columns makes rows.
pub(super) fn set_returning(expr: &Expr) -> Option<&Function> {
    match expr {
        Expr::Function(function) => {
            let name = last(&function.name)?;
            matches!(name.as_str(), "generate_series" | "unnest").then_some(function)
        }
        _ => None,
    }
}
