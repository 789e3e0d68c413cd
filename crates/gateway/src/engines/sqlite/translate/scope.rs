//! The names that an expression can see.

use sqlparser::ast::Ident;
use sqlparser::tokenizer::Location;
use trunkline_server::{Error, Result, SqlState, Type};

use super::grouping::Uses;
use super::node::{Node, Shape, quote};
use crate::engines::sqlite::parse::Source;

/// The relations of one FROM clause, and those of the queries around it.
#[derive(Debug, Default)]
pub(crate) struct Scope<'o> {
    pub(crate) relations: Vec<Relation>,
    pub(crate) outer: Option<&'o Self>,
    pub(crate) uses: Uses,
}

/// One entry of FROM.
#[derive(Clone, Debug, Default)]
pub(crate) struct Relation {
    pub(crate) alias: String,
    pub(crate) columns: Vec<Visible>,
    /// Its columns are known to SQLite alone: any name is let through.
    pub(crate) open: bool,
}

/// One column of a relation.
#[derive(Clone, Debug)]
pub(crate) struct Visible {
    pub(crate) name: String,
    pub(crate) ty: Type,
    pub(crate) modifier: i32,
    pub(crate) origin: Option<(u32, i16)>,
    pub(crate) not_null: bool,
    /// A part of its table's primary key.
    pub(crate) in_key: bool,
    /// Merged by USING: `*` and a bare name mean the left one.
    pub(crate) merged: Merged,
    /// SQLite's own name, where it differs.
    pub(crate) stored: Option<String>,
}

/// A column's part in a USING or NATURAL join.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Merged {
    #[default]
    No,
    /// Stands for both; must be named without its table, so that SQLite coalesces.
    Kept,
    Hidden,
}

impl Visible {
    pub(crate) fn new(name: impl Into<String>, ty: Type) -> Self {
        Self {
            name: name.into(),
            ty,
            modifier: -1,
            origin: None,
            not_null: false,
            in_key: false,
            merged: Merged::No,
            stored: None,
        }
    }

    pub(crate) fn node(&self, relation: &Relation) -> Node {
        let name = quote(self.stored.as_deref().unwrap_or(&self.name));
        let sql = match self.merged {
            Merged::Kept => name,
            _ => format!("{}.{name}", quote(&relation.alias)),
        };
        Node {
            sql,
            ty: self.ty,
            modifier: self.modifier,
            shape: Shape::Column,
            at: Location { line: 0, column: 0 },
            origin: self.origin,
        }
    }
}

impl<'o> Scope<'o> {
    pub(crate) fn inside(outer: Option<&'o Self>) -> Self {
        Self {
            outer,
            ..Self::default()
        }
    }

    /// A relation joins the scope; two of one name are refused.
    pub(crate) fn add(&mut self, relation: Relation) -> Result<()> {
        if self
            .relations
            .iter()
            .any(|r| r.alias == relation.alias && !r.alias.is_empty())
        {
            return Err(Error::new(
                SqlState::DUPLICATE_ALIAS,
                format!("table name \"{}\" specified more than once", relation.alias),
            ));
        }
        self.relations.push(relation);
        Ok(())
    }

    /// A bare column name, here or in a query around; `None` when there is none.
    pub(crate) fn find(&self, source: Source<'_>, ident: &Ident) -> Result<Option<Node>> {
        self.lookup(source, ident, false)
    }

    fn lookup(&self, source: Source<'_>, ident: &Ident, in_subquery: bool) -> Result<Option<Node>> {
        let name = fold(ident);
        let mut found: Option<(&Relation, &Visible)> = None;
        for relation in &self.relations {
            for column in relation
                .columns
                .iter()
                .filter(|c| c.name == name && c.merged != Merged::Hidden)
            {
                if found.is_some() {
                    let error = Error::new(
                        SqlState::AMBIGUOUS_COLUMN,
                        format!("column reference \"{name}\" is ambiguous"),
                    );
                    return Err(source.mark(error, ident.span.start));
                }
                found = Some((relation, column));
            }
        }
        if let Some((relation, column)) = found {
            let at = ident.span.start;
            self.uses.column(relation, column, at, in_subquery);
            return Ok(Some(column.node(relation).at(at)));
        }
        let hidden = matches!(name.as_str(), "rowid" | "_rowid_" | "oid");
        if hidden && self.relations.len() == 1 {
            return Ok(Some(Node::new(name, Type::INT8).at(ident.span.start)));
        }
        if let Some(outer) = self.outer
            && let Some(node) = outer.lookup(source, ident, true)?
        {
            return Ok(Some(node));
        }
        if self.relations.iter().any(|r| r.open) {
            return Ok(Some(
                Node::new(quote(&name), Type::UNSPECIFIED).at(ident.span.start),
            ));
        }
        Ok(None)
    }

    /// The relation of this alias, here or around.
    pub(crate) fn relation(&self, alias: &str) -> Option<&Relation> {
        self.owned(alias).map(|(_, relation)| relation)
    }

    /// The relation of this alias and the scope that has it.
    fn owned(&self, alias: &str) -> Option<(&Self, &Relation)> {
        match self.relations.iter().find(|r| r.alias == alias) {
            Some(relation) => Some((self, relation)),
            None => self.outer.and_then(|outer| outer.owned(alias)),
        }
    }

    /// What was used so far, here and around.
    pub(crate) fn marks(&self) -> Vec<usize> {
        let around = std::iter::successors(Some(self), |scope| scope.outer);
        around.map(|scope| scope.uses.mark()).collect()
    }

    /// What was used here since does not count; or around, when nothing was used here.
    pub(crate) fn forget(&self, marks: &[usize]) {
        let around = std::iter::successors(Some(self), |scope| scope.outer);
        for (scope, mark) in around.zip(marks) {
            let used = scope.uses.mark() > *mark;
            scope.uses.forget(*mark);
            if used {
                return;
            }
        }
    }

    /// `table.column`.
    pub(crate) fn qualified(
        &self,
        source: Source<'_>,
        table: &Ident,
        ident: &Ident,
    ) -> Result<Node> {
        let (alias, name) = (fold(table), fold(ident));
        let Some((owner, relation)) = self.owned(&alias) else {
            let error = Error::new(
                SqlState::UNDEFINED_TABLE,
                format!("missing FROM-clause entry for table \"{alias}\""),
            );
            return Err(source.mark(error, table.span.start));
        };
        if let Some(column) = relation.columns.iter().find(|c| c.name == name) {
            let in_subquery = !std::ptr::eq(owner, self);
            owner
                .uses
                .column(relation, column, table.span.start, in_subquery);
            let column = Visible {
                merged: Merged::No,
                ..column.clone()
            };
            return Ok(column.node(relation).at(ident.span.start));
        }
        if relation.open || matches!(name.as_str(), "rowid" | "_rowid_") {
            let ty = if relation.open {
                Type::UNSPECIFIED
            } else {
                Type::INT8
            };
            return Ok(
                Node::new(format!("{}.{}", quote(&alias), quote(&name)), ty).at(ident.span.start)
            );
        }
        let error = Error::new(
            SqlState::UNDEFINED_COLUMN,
            format!("column {alias}.{name} does not exist"),
        );
        Err(source.mark(error, table.span.start))
    }
}

/// An identifier as PostgreSQL keeps it: lower case unless it was quoted.
pub(crate) fn fold(ident: &Ident) -> String {
    match ident.quote_style {
        Some(_) => ident.value.clone(),
        None => ident.value.to_lowercase(),
    }
}
