//! Arrays, and what is taken out of them.

use sqlparser::ast::{AccessExpr, BinaryOperator as Op, Expr, Subscript};
use sqlparser::tokenizer::Location;
use trunkline_server::{Error, Result, SqlState, Type};

use super::Translator;
use super::node::Node;
use super::scope::Scope;

impl Translator<'_> {
    /// `ARRAY[…]` with elements of one type.
    pub(super) fn array(&mut self, nodes: Vec<Node>, at: Location) -> Result<Node> {
        if nodes.is_empty() {
            let error = Error::new(
                SqlState::INDETERMINATE_DATATYPE,
                "cannot determine type of empty array",
            )
            .hint("Explicitly cast to the desired type, for example ARRAY[]::integer[].");
            return Err(self.source.mark(error, at));
        }
        let (nodes, ty) = self.together(nodes, "ARRAY")?;
        self.array_of(nodes, ty, at)
    }

    pub(super) fn array_of(&self, nodes: Vec<Node>, element: Type, at: Location) -> Result<Node> {
        let ty = if element.element().is_some() {
            Some(element)
        } else {
            element.array()
        };
        let Some(ty) = ty else {
            return Err(self.unsupported(&format!("an array of {}", element.sql_name()), at));
        };
        let items: String = nodes.iter().map(|n| format!(", {}", n.sql)).collect();
        Ok(Node::new(format!("tl_array({}{items})", element.oid().0), ty).at(at))
    }

    pub(super) fn access(
        &mut self,
        scope: &Scope<'_>,
        root: &Expr,
        chain: &[AccessExpr],
        at: Location,
    ) -> Result<Node> {
        let mut node = self.expr(scope, root)?;
        for access in chain {
            let AccessExpr::Subscript(Subscript::Index { index }) = access else {
                return Err(self.unsupported("this subscript", at));
            };
            let index = self.expr(scope, index)?;
            node = match node.ty.element() {
                Some(element) => {
                    let index = self.implicit(index, Type::INT4)?;
                    Node::new(
                        format!(
                            "tl_array_get({}, {}, {})",
                            node.sql,
                            node.ty.oid().0,
                            index.sql
                        ),
                        element,
                    )
                    .at(at)
                }
                None if node.ty == Type::JSONB => self.binary(node, &Op::Arrow, index, at)?,
                None => {
                    let message = format!(
                        "cannot subscript type {} because it does not support subscripting",
                        node.ty.sql_name()
                    );
                    return Err(self
                        .source
                        .mark(Error::new(SqlState::DATATYPE_MISMATCH, message), at));
                }
            };
        }
        Ok(node)
    }
}
