//! Casts as written.

use sqlparser::ast::Expr;
use sqlparser::tokenizer::Location;
use trunkline_server::{Result, Type};

use super::Translator;
use super::convert::Mode;
use super::expr::unwrap;
use super::node::Node;
use super::scope::Scope;
use super::types::Typed;

impl Translator<'_> {
    pub(super) fn cast_expr(
        &mut self,
        scope: &Scope<'_>,
        inner: &Expr,
        target: Typed,
        at: Location,
    ) -> Result<Node> {
        // ARRAY[]::int[] has no elements to tell the type.
        if let (Expr::Array(array), Some(element)) = (unwrap(inner), target.ty.element()) {
            let element = Typed {
                ty: element,
                modifier: target.modifier,
            };
            let mut nodes = Vec::new();
            for item in &array.elem {
                let node = self.expr(scope, item)?;
                nodes.push(self.convert(node, element, Mode::Explicit)?);
            }
            return self.array_of(nodes, element.ty, at);
        }
        let node = self.expr(scope, inner)?;
        let at = node.at;
        match target.ty {
            Type::REGCLASS => self.regclass(node, at),
            // There are three, and what is asked for is the name.
            Type::REGNAMESPACE if node.ty == Type::OID => Ok(Node::new(
                format!(
                    "(CASE {} WHEN 11 THEN 'pg_catalog' WHEN 2200 THEN 'public' WHEN 13000 THEN 'information_schema' END)",
                    node.sql
                ),
                Type::NAME,
            )
            .at(at)),
            _ => Ok(self.convert(node, target, Mode::Explicit)?.collated().at(at)),
        }
    }
}
