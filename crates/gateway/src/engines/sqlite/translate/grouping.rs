//! Which columns a grouped query may use outside of its aggregates: those that it groups by, those in an expression that it groups
//! by, and the others of a table whose primary key is among them. SQLite would take any row's value for the rest.

use std::cell::{Cell, RefCell};

use sqlparser::ast::Expr;
use sqlparser::tokenizer::Location;
use trunkline_server::{Error, Result, SqlState};

use super::Translator;
use super::node::{Node, quote};
use super::scope::{Merged, Relation, Scope, Visible};

/// What the expressions of one query level have used of its FROM clause so far.
#[derive(Debug, Default)]
pub(crate) struct Uses {
    list: RefCell<Vec<Use>>,
    /// There is a GROUP BY, and so perhaps an expression to group by.
    pub(super) grouped: Cell<bool>,
    /// An aggregate was called.
    pub(super) aggregated: Cell<bool>,
}

#[derive(Debug)]
enum Use {
    Column {
        relation: String,
        /// As SQLite knows it.
        column: String,
        /// As the message names it.
        name: String,
        /// Joined by USING: a bare name means this column too.
        merged: bool,
        at: Location,
        in_subquery: bool,
    },
    /// What was used since the entry `from` are parts of this expression.
    Whole { from: usize, sql: String },
}

impl Uses {
    pub(super) fn column(
        &self,
        relation: &Relation,
        column: &Visible,
        at: Location,
        in_subquery: bool,
    ) {
        self.list.borrow_mut().push(Use::Column {
            relation: relation.alias.clone(),
            column: column.stored.as_ref().unwrap_or(&column.name).clone(),
            name: column.name.clone(),
            merged: column.merged == Merged::Kept,
            at,
            in_subquery,
        });
    }

    /// A point to go back to.
    pub(super) fn mark(&self) -> usize {
        self.list.borrow().len()
    }

    /// What came since does not count: it was in WHERE, or inside an aggregate.
    pub(super) fn forget(&self, mark: usize) {
        self.list.borrow_mut().truncate(mark);
    }
}

impl Translator<'_> {
    /// An expression; of a grouped query, it is remembered which columns it was made of.
    pub(super) fn expr(&mut self, scope: &Scope<'_>, expr: &Expr) -> Result<Node> {
        let from = scope.uses.mark();
        let node = self.deeper(|deeper| deeper.expression(scope, expr))?;
        self.made(&node.sql)?;
        if !scope.uses.grouped.get() {
            return Ok(node);
        }
        let mut list = scope.uses.list.borrow_mut();
        if list.len() > from && !matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_)) {
            let sql = node.sql.clone();
            list.push(Use::Whole { from, sql });
        }
        drop(list);
        Ok(node)
    }

    /// Holds what was used against the keys of GROUP BY, which may be none.
    ///
    /// # Errors
    ///
    /// 42803 for a column that is neither grouped by nor inside an aggregate.
    pub(super) fn check_grouping(&self, scope: &Scope<'_>, keys: &[String]) -> Result<()> {
        let list = scope.uses.list.borrow();
        let mut allowed = vec![false; list.len()];
        for (at, entry) in list.iter().enumerate() {
            if let Use::Whole { from, sql } = entry
                && keys.contains(sql)
            {
                let parts = allowed.get_mut(*from..at).into_iter().flatten();
                parts.for_each(|part| *part = true);
            }
        }
        for (entry, allowed) in list.iter().zip(allowed) {
            let Use::Column {
                relation,
                column,
                name,
                merged,
                at,
                in_subquery,
            } = entry
            else {
                continue;
            };
            if allowed
                || is_key(keys, relation, column, *merged)
                || decided_by_primary_key(scope, keys, relation)
            {
                continue;
            }
            let message = if *in_subquery {
                format!("subquery uses ungrouped column \"{relation}.{name}\" from outer query")
            } else {
                format!(
                    "column \"{relation}.{name}\" must appear in the GROUP BY clause or be used in an aggregate function"
                )
            };
            let error = Error::new(SqlState::GROUPING_ERROR, message);
            return Err(self.source.mark(error, *at));
        }
        Ok(())
    }
}

fn is_key(keys: &[String], relation: &str, column: &str, merged: bool) -> bool {
    let bare = quote(column);
    let qualified = format!("{}.{bare}", quote(relation));
    keys.iter()
        .any(|key| *key == qualified || merged && *key == bare)
}

/// Whether the keys hold the whole primary key of the table: then each group has one row of it.
fn decided_by_primary_key(scope: &Scope<'_>, keys: &[String], alias: &str) -> bool {
    let relation = scope.relations.iter().find(|r| r.alias == alias);
    let columns = relation.map_or(&[][..], |r| r.columns.as_slice());
    let mut key = columns.iter().filter(|c| c.in_key).peekable();
    key.peek().is_some()
        && key.all(|c| {
            let column = c.stored.as_ref().unwrap_or(&c.name);
            is_key(keys, alias, column, c.merged == Merged::Kept)
        })
}
