//! UNION, INTERSECT and EXCEPT.

use sqlparser::ast::{SetOperator, SetQuantifier};
use sqlparser::tokenizer::Location;
use trunkline_server::{Error, Result, SqlState};

use super::Translator;
use super::convert::common;
use super::node::{Node, quote};
use super::plan::Output;
use super::query::Body;

impl Translator<'_> {
    pub(super) fn set_operation(
        &mut self,
        left: Body,
        op: SetOperator,
        quantifier: SetQuantifier,
        right: Body,
    ) -> Result<Body> {
        let words = match (op, quantifier) {
            (SetOperator::Union, SetQuantifier::All) => "UNION ALL",
            (SetOperator::Union, _) => "UNION",
            (SetOperator::Intersect, SetQuantifier::None | SetQuantifier::Distinct) => "INTERSECT",
            (SetOperator::Except, SetQuantifier::None | SetQuantifier::Distinct) => "EXCEPT",
            _ => {
                return Err(self.unsupported(
                    &format!("{op} {quantifier}"),
                    Location { line: 0, column: 0 },
                ));
            }
        };
        if left.columns.len() != right.columns.len() {
            let message = format!("each {op} query must have the same number of columns");
            return Err(Error::new(SqlState::SYNTAX_ERROR, message));
        }
        let mut columns = Vec::new();
        for (l, r) in left.columns.iter().zip(&right.columns) {
            let Some(ty) = common([l.ty, r.ty]) else {
                let message = format!(
                    "{op} types {} and {} cannot be matched",
                    l.ty.sql_name(),
                    r.ty.sql_name()
                );
                return Err(Error::new(SqlState::DATATYPE_MISMATCH, message));
            };
            let modifier = if l.ty == r.ty && l.modifier == r.modifier {
                l.modifier
            } else {
                -1
            };
            columns.push(Output {
                name: l.name.clone(),
                ty,
                modifier,
                origin: None,
            });
        }
        let (l, r) = (
            self.cast_body(left, &columns)?,
            self.cast_body(right, &columns)?,
        );
        Ok(Body {
            sql: format!("{l} {words} {r}"),
            columns,
        })
    }

    /// A part of a compound with its columns turned into the compound's types.
    pub(super) fn cast_body(&mut self, body: Body, wanted: &[Output]) -> Result<String> {
        let same = body.columns.iter().zip(wanted).all(|(a, b)| a.ty == b.ty);
        // Only the left of a chain of operators may be a compound itself.
        if same {
            return Ok(body.sql);
        }
        let names: Vec<String> = (1..=body.columns.len()).map(|n| format!("c{n}")).collect();
        let mut items = Vec::new();
        for ((name, have), want) in names.iter().zip(&body.columns).zip(wanted) {
            let node = Node::new(quote(name), have.ty);
            items.push(format!(
                "{} AS {}",
                self.implicit(node, want.ty)?.sql,
                quote(&want.name)
            ));
        }
        Ok(format!(
            "SELECT {} FROM (WITH tl_part({}) AS ({}) SELECT * FROM tl_part)",
            items.join(", "),
            names.join(", "),
            body.sql
        ))
    }
}
