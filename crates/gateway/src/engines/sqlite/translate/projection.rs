//! The columns of a select list or RETURNING clause.

use sqlparser::ast::{SelectItem, SelectItemQualifiedWildcardKind};
use sqlparser::tokenizer::Location;
use trunkline_server::{Error, Result, SqlState, Type};

use super::Translator;
use super::name::output_name;
use super::node::{Node, quote};
use super::plan::Output;
use super::scope::{Merged, Relation, Scope, Visible, fold};

impl Translator<'_> {
    pub(super) fn lone_item(
        &self,
        scope: &Scope<'_>,
        projection: &[SelectItem],
    ) -> Vec<(Node, Output)> {
        let column = scope
            .relations
            .last()
            .and_then(|r| r.columns.first().map(|c| (c, c.node(r))));
        let alias = match projection.first() {
            Some(SelectItem::ExprWithAlias { alias, .. }) => Some(fold(alias)),
            _ => None,
        };
        column
            .map(|(c, node)| {
                let output = Output {
                    name: alias.unwrap_or_else(|| c.name.clone()),
                    ty: node.ty,
                    modifier: -1,
                    origin: None,
                };
                (node, output)
            })
            .into_iter()
            .collect()
    }

    /// The columns of a select list or RETURNING clause, `*` spread out.
    pub(super) fn projection(
        &mut self,
        scope: &Scope<'_>,
        items: &[SelectItem],
    ) -> Result<Vec<(Node, Output)>> {
        let mut list = Vec::new();
        for item in items {
            match item {
                SelectItem::UnnamedExpr(expr) => {
                    let node = self.expr(scope, expr)?;
                    list.push(self.item(node, output_name(expr))?);
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    let node = self.expr(scope, expr)?;
                    list.push(self.item(node, fold(alias))?);
                }
                SelectItem::Wildcard(options) => {
                    let at = options.wildcard_token.0.span.start;
                    if scope.relations.is_empty() {
                        return Err(Error::new(
                            SqlState::SYNTAX_ERROR,
                            "SELECT * with no tables specified is not valid",
                        ));
                    }
                    for relation in scope.relations.iter().filter(|r| !r.open) {
                        for column in relation.columns.iter().filter(|c| c.merged == Merged::Kept) {
                            list.push(spread(scope, relation, column, at));
                        }
                    }
                    for relation in &scope.relations {
                        if relation.open {
                            list.push(star(&format!("{}.*", quote(&relation.alias))));
                        }
                        for column in relation.columns.iter().filter(|c| c.merged == Merged::No) {
                            list.push(spread(scope, relation, column, at));
                        }
                    }
                }
                SelectItem::QualifiedWildcard(
                    SelectItemQualifiedWildcardKind::ObjectName(name),
                    _,
                ) => {
                    let alias = super::name::last(name).unwrap_or_default();
                    let at = name.0.first().and_then(|part| part.as_ident());
                    let at = at.map_or(Location { line: 0, column: 0 }, |i| i.span.start);
                    let Some(relation) = scope.relation(&alias) else {
                        let message = format!("missing FROM-clause entry for table \"{alias}\"");
                        return Err(Error::new(SqlState::UNDEFINED_TABLE, message));
                    };
                    if relation.open {
                        list.push(star(&format!("{}.*", quote(&relation.alias))));
                    }
                    for column in &relation.columns {
                        let column = Visible {
                            merged: Merged::No,
                            ..column.clone()
                        };
                        list.push(spread(scope, relation, &column, at));
                    }
                }
                _ => {
                    return Err(
                        self.unsupported("this select item", Location { line: 0, column: 0 })
                    );
                }
            }
        }
        Ok(list)
    }

    pub(super) fn item(&mut self, node: Node, name: String) -> Result<(Node, Output)> {
        let node = self.settle(node)?;
        let output = Output {
            name,
            ty: node.ty,
            modifier: node.modifier,
            origin: node.origin,
        };
        Ok((node, output))
    }
}

pub(super) fn spread(
    scope: &Scope<'_>,
    relation: &Relation,
    column: &Visible,
    at: Location,
) -> (Node, Output) {
    scope.uses.column(relation, column, at, false);
    let node = column.node(relation);
    let output = Output {
        name: column.name.clone(),
        ty: column.ty,
        modifier: column.modifier,
        origin: column.origin,
    };
    (node, output)
}

/// Columns that SQLite alone knows.
pub(super) fn star(sql: &str) -> (Node, Output) {
    let output = Output {
        name: "*".to_owned(),
        ty: Type::UNSPECIFIED,
        modifier: -1,
        origin: None,
    };
    (Node::new(sql, Type::UNSPECIFIED), output)
}
