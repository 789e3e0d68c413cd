//! AND and OR.

use sqlparser::ast::{BinaryOperator as Op, Expr};
use trunkline_server::Result;
use trunkline_server::Type;

use super::Translator;
use super::node::Node;
use super::scope::Scope;

/// Conditions in a row before they get parentheses: SQLite's limit for the depth of a tree is 1000, and its trees are as deep as
/// a row is long.
const ROW: usize = 64;

impl Translator<'_> {
    /// A chain of the same of the two, however long: object mappers write one of thousands.
    pub(super) fn logical(&mut self, scope: &Scope<'_>, expr: &Expr, op: &Op) -> Result<Node> {
        let (first, rest) = chain(expr, op);
        let word = op.to_string();
        let first = self.expr(scope, first)?;
        let at = first.at;
        let mut first = Some(first);
        let mut conditions = Vec::new();
        for next in rest {
            let next = self.expr(scope, next)?;
            for node in first.take().into_iter().chain([next]) {
                conditions.push(self.boolean(node, &word)?.sql);
            }
        }
        while conditions.len() > 1 {
            let rows = conditions.chunks(ROW);
            conditions = rows
                .map(|row| match row {
                    [one] => one.clone(),
                    _ => format!("({})", row.join(&format!(" {word} "))),
                })
                .collect();
        }
        Ok(Node::new(conditions.concat(), Type::BOOL).at(at))
    }
}

/// The members of a chain, which leans to the left in the tree: the first, and the others in their order.
fn chain<'e>(expr: &'e Expr, op: &Op) -> (&'e Expr, Vec<&'e Expr>) {
    let (mut first, mut rest) = (expr, Vec::new());
    while let Expr::BinaryOp {
        left,
        op: this,
        right,
    } = first
        && this == op
    {
        rest.push(right.as_ref());
        first = left;
    }
    rest.reverse();
    (first, rest)
}
