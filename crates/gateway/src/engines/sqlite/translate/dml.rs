//! INSERT, UPDATE, DELETE, TRUNCATE and COPY.

use sqlparser::ast::{
    ConflictTarget, Delete, Expr, FromTable, Insert, ObjectName, OnConflict, OnConflictAction,
    OnInsert, SelectItem, SetExpr, Spanned, SqliteOnConflict, TableFactor, TableObject, Truncate,
    TruncateIdentityOption,
};
use sqlparser::tokenizer::Location;
use trunkline_server::{Error, Result, SqlState};

use super::Translator;
use super::convert::Mode;
use super::expr::unwrap;
use super::from::table_columns;
use super::name::last;
use super::node::{Node, Shape, quote, text};
use super::plan::{Output, Plan, Probe, Query, TagKind};
use super::scope::{Merged, Relation, Scope, Visible, fold};
use super::types::Typed;
use super::update::set_list;
use crate::engines::sqlite::catalog::{Column, Table};

const NOWHERE: Location = Location { line: 0, column: 0 };

impl Translator<'_> {
    pub(super) fn insert(&mut self, insert: &Insert) -> Result<Plan> {
        let TableObject::TableName(name) = &insert.table else {
            return Err(self.unsupported("INSERT into this", insert.insert_token.0.span.start));
        };
        let table = self.target(name)?;
        let alias = insert
            .table_alias
            .as_ref()
            .map_or_else(|| table.name.clone(), |a| fold(&a.alias));
        let columns: Vec<&Column> = if insert.columns.is_empty() {
            table.columns.iter().filter(|c| !c.generated).collect()
        } else {
            insert
                .columns
                .iter()
                .map(|name| self.column_of(&table, name))
                .collect::<Result<_>>()?
        };
        let verb = match (&insert.or, insert.replace_into) {
            (_, true) | (Some(SqliteOnConflict::Replace), _) => "INSERT OR REPLACE",
            (Some(SqliteOnConflict::Ignore), _) => "INSERT OR IGNORE",
            (Some(_), _) => return Err(self.unsupported("this form of INSERT OR", NOWHERE)),
            (None, false) => "INSERT",
        };
        let known = self.ctes.len();
        let mut body = format!("{verb} INTO {}", quote(&table.name));
        if alias != table.name {
            body.push_str(&format!(" AS {}", quote(&alias)));
        }
        let probe = match &insert.source {
            None => {
                body.push_str(" DEFAULT VALUES");
                Probe {
                    table: table.name.clone(),
                    ..Probe::default()
                }
            }
            Some(source) => {
                let (width, rows) =
                    self.rows_to_store(source, &columns, insert.columns.is_empty())?;
                let stored = columns.get(..width).unwrap_or(&columns);
                let names: Vec<String> = stored.iter().map(|c| quote(&c.name)).collect();
                body.push_str(&format!(" ({}) {rows}", names.join(", ")));
                Probe {
                    table: table.name.clone(),
                    columns: stored.iter().map(|c| c.name.clone()).collect(),
                    rows,
                }
            }
        };
        match &insert.on {
            None => {}
            Some(OnInsert::OnConflict(conflict)) => {
                body.push_str(&self.on_conflict(&table, &alias, conflict)?)
            }
            Some(_) => return Err(self.unsupported("ON DUPLICATE KEY UPDATE", NOWHERE)),
        }
        let columns = self.returning(&mut body, &table, &alias, insert.returning.as_deref())?;
        self.ctes.truncate(known);
        self.target = Some(table.name.clone());
        self.finish(body, columns, TagKind::Insert, Some(probe))
    }

    /// The source of an INSERT, each column in the type of its target; with the number of columns.
    fn rows_to_store(
        &mut self,
        source: &sqlparser::ast::Query,
        columns: &[&Column],
        all: bool,
    ) -> Result<(usize, String)> {
        let count_error = |more: bool| {
            let (a, b) = if more {
                ("expressions", "target columns")
            } else {
                ("target columns", "expressions")
            };
            Error::new(
                SqlState::SYNTAX_ERROR,
                format!("INSERT has more {a} than {b}"),
            )
        };
        let plain =
            source.with.is_none() && source.order_by.is_none() && source.limit_clause.is_none();
        if let (SetExpr::Values(values), true) = (source.body.as_ref(), plain) {
            let scope = Scope::default();
            let mut rows = Vec::new();
            let width = values.rows.first().map_or(0, |row| row.content.len());
            for row in &values.rows {
                if row.content.len() > columns.len() {
                    let at = row
                        .content
                        .get(columns.len())
                        .map_or(NOWHERE, |e| e.span().start);
                    return Err(self.source.mark(count_error(true), at));
                }
                if row.content.len() < columns.len() && !all {
                    return Err(count_error(false));
                }
                if row.content.len() != width {
                    return Err(Error::new(
                        SqlState::SYNTAX_ERROR,
                        "VALUES lists must all be the same length",
                    ));
                }
                let mut cells = Vec::new();
                for (expr, column) in row.content.iter().zip(columns) {
                    cells.push(self.stored(&scope, expr, column)?);
                }
                rows.push(format!("({})", cells.join(", ")));
            }
            return Ok((width, format!("VALUES {}", rows.join(", "))));
        }
        let open = self.open_items(source, columns)?;
        let (sql, outputs) = self.query(source, None)?;
        if outputs.len() > columns.len() {
            return Err(count_error(true));
        }
        if outputs.len() < columns.len() && !all {
            return Err(count_error(false));
        }
        let names: Vec<String> = (1..=outputs.len())
            .map(|n| quote(&format!("c{n}")))
            .collect();
        let mut items = Vec::new();
        for (place, ((name, output), column)) in names.iter().zip(&outputs).zip(columns).enumerate()
        {
            let node = Node {
                modifier: output.modifier,
                ..Node::new(name.as_str(), output.ty)
            };
            let node = if open.contains(&place) {
                let (ty, modifier) = (column.ty, -1);
                self.convert(node, Typed { ty, modifier }, Mode::Explicit)?
            } else {
                node
            };
            items.push(self.assign(node, column)?.sql);
        }
        // WHERE true keeps SQLite from reading ON CONFLICT as a join's ON.
        let rows = format!(
            "SELECT {} FROM (WITH tl_source({}) AS ({sql}) SELECT * FROM tl_source) WHERE true",
            items.join(", "),
            names.join(", ")
        );
        Ok((outputs.len(), rows))
    }

    /// The places of the literals in the select list of an INSERT's SELECT, which are of their columns' types, not text. Parameters get
    /// these types at once.
    fn open_items(
        &mut self,
        source: &sqlparser::ast::Query,
        columns: &[&Column],
    ) -> Result<Vec<usize>> {
        let SetExpr::Select(select) = source.body.as_ref() else {
            return Ok(Vec::new());
        };
        let mut open = Vec::new();
        // DISTINCT compares them, as text.
        if select.distinct.is_some() {
            return Ok(open);
        }
        for (place, (item, column)) in select.projection.iter().zip(columns).enumerate() {
            let (SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) = item
            else {
                // A star moves the places of what follows.
                break;
            };
            let Expr::Value(value) = unwrap(expr) else {
                continue;
            };
            let node = self.value(value)?;
            match node.shape {
                Shape::Param(number) => self.decide(number, column.ty),
                _ if node.is_open() => open.push(place),
                _ => {}
            }
        }
        Ok(open)
    }

    /// One value for a column; DEFAULT is the column's own.
    pub(super) fn stored(
        &mut self,
        scope: &Scope<'_>,
        expr: &Expr,
        column: &Column,
    ) -> Result<String> {
        if is_default(expr) {
            return Ok(column
                .default
                .as_ref()
                .map_or_else(|| "NULL".to_owned(), |sql| format!("({sql})")));
        }
        let target = Typed {
            ty: column.ty,
            modifier: column.modifier,
        };
        if let (Expr::Array(_), Some(_)) = (unwrap(expr), column.ty.element()) {
            return Ok(self.cast_expr(scope, expr, target, NOWHERE)?.sql);
        }
        let node = self.expr(scope, expr)?;
        Ok(self.assign(node, column)?.sql)
    }

    pub(super) fn assign(&mut self, node: Node, column: &Column) -> Result<Node> {
        let (at, from) = (node.at, node.ty);
        let target = Typed {
            ty: column.ty,
            modifier: column.modifier,
        };
        self.convert(node, target, Mode::Assignment)
            .map_err(|error| {
                if error.sqlstate() != SqlState::DATATYPE_MISMATCH {
                    return error;
                }
                let message = format!(
                    "column \"{}\" is of type {} but expression is of type {}",
                    column.name,
                    column.ty.sql_name(),
                    from.sql_name()
                );
                let error = Error::new(SqlState::DATATYPE_MISMATCH, message)
                    .hint("You will need to rewrite or cast the expression.");
                self.source.mark(error, at)
            })
    }

    pub(super) fn column_of<'t>(&self, table: &'t Table, name: &ObjectName) -> Result<&'t Column> {
        let ident = name.0.last().and_then(|p| p.as_ident());
        let (name, at) = ident.map_or((String::new(), NOWHERE), |i| (fold(i), i.span.start));
        self.named_column(table, &name, at)
    }

    pub(super) fn named_column<'t>(
        &self,
        table: &'t Table,
        name: &str,
        at: Location,
    ) -> Result<&'t Column> {
        match table.columns.iter().find(|c| c.name == name) {
            Some(column) => Ok(column),
            None => {
                let message = format!(
                    "column \"{name}\" of relation \"{}\" does not exist",
                    table.name
                );
                Err(self
                    .source
                    .mark(Error::new(SqlState::UNDEFINED_COLUMN, message), at))
            }
        }
    }

    fn on_conflict(&mut self, table: &Table, alias: &str, conflict: &OnConflict) -> Result<String> {
        let mut sql = String::from(" ON CONFLICT");
        match &conflict.conflict_target {
            None => {}
            Some(ConflictTarget::Columns { columns, predicate }) => {
                let mut names = Vec::new();
                for ident in columns {
                    names.push(quote(
                        &self
                            .named_column(table, &fold(ident), ident.span.start)?
                            .name,
                    ));
                }
                sql.push_str(&format!(" ({})", names.join(", ")));
                if let Some(predicate) = predicate {
                    let scope = written(table, alias);
                    let node = self.expr(&scope, predicate)?;
                    sql.push_str(&format!(" WHERE {}", node.sql));
                }
            }
            Some(ConflictTarget::OnConstraint(name)) => {
                let name = last(name).unwrap_or_default();
                let Some(key) = table.key(&name) else {
                    let message = format!(
                        "constraint \"{name}\" for table \"{}\" does not exist",
                        table.name
                    );
                    return Err(Error::new(SqlState::UNDEFINED_OBJECT, message));
                };
                let names: Vec<String> = key.columns.iter().map(|c| quote(c)).collect();
                sql.push_str(&format!(" ({})", names.join(", ")));
            }
        }
        match &conflict.action {
            OnConflictAction::DoNothing => sql.push_str(" DO NOTHING"),
            OnConflictAction::DoUpdate(update) => {
                let mut scope = Scope::default();
                let columns = table_columns(table);
                scope.add(Relation {
                    alias: alias.to_owned(),
                    columns: columns.clone(),
                    open: false,
                })?;
                // A bare name means the stored row, so the new one's columns are seen through `excluded` alone.
                let hidden = columns
                    .into_iter()
                    .map(|c| Visible {
                        merged: Merged::Hidden,
                        ..c
                    })
                    .collect();
                scope.add(Relation {
                    alias: "excluded".to_owned(),
                    columns: hidden,
                    open: false,
                })?;
                let set = self.assignments(&scope, table, &update.assignments)?;
                sql.push_str(&format!(" DO UPDATE SET {}", set_list(&set)));
                if let Some(condition) = &update.selection {
                    let node = self.expr(&scope, condition)?;
                    sql.push_str(&format!(" WHERE {}", self.boolean(node, "WHERE")?.sql));
                }
            }
        }
        Ok(sql)
    }

    pub(super) fn delete(&mut self, delete: &Delete) -> Result<Plan> {
        let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
        let [from] = from.as_slice() else {
            return Err(self.unsupported("DELETE from several tables", NOWHERE));
        };
        let (name, alias) = self.written_table(&from.relation)?;
        let table = self.target(name)?;
        let alias = alias.unwrap_or_else(|| table.name.clone());
        let mut scope = written(&table, &alias);
        let using = match &delete.using {
            None => String::new(),
            Some(using) => self.from(&mut scope, using)?,
        };
        let mut sql = format!("DELETE FROM {}", quote(&table.name));
        if alias != table.name && using.is_empty() {
            sql.push_str(&format!(" AS {}", quote(&alias)));
        }
        let condition = match &delete.selection {
            None => None,
            Some(condition) => {
                let node = self.expr(&scope, condition)?;
                Some(self.boolean(node, "WHERE")?.sql)
            }
        };
        match (condition, using.is_empty()) {
            (None, true) => {}
            (Some(condition), true) => sql.push_str(&format!(" WHERE {condition}")),
            // SQLite has no USING: the rows to go are found by a join.
            (condition, false) => sql.push_str(&format!(
                " WHERE rowid IN (SELECT {0}.rowid FROM {1} AS {0}, {using} WHERE {2})",
                quote(&alias),
                quote(&table.name),
                condition.unwrap_or_else(|| "true".to_owned())
            )),
        }
        let columns = self.returning(&mut sql, &table, &alias, delete.returning.as_deref())?;
        self.target = Some(table.name.clone());
        self.finish(sql, columns, TagKind::Delete, None)
    }

    pub(super) fn written_table<'q>(
        &self,
        factor: &'q TableFactor,
    ) -> Result<(&'q ObjectName, Option<String>)> {
        match factor {
            TableFactor::Table { name, alias, .. } => {
                Ok((name, alias.as_ref().map(|a| fold(&a.name))))
            }
            _ => Err(self.unsupported("writing to this", NOWHERE)),
        }
    }

    pub(super) fn returning(
        &mut self,
        sql: &mut String,
        table: &Table,
        alias: &str,
        items: Option<&[SelectItem]>,
    ) -> Result<Option<Vec<Output>>> {
        let Some(items) = items else { return Ok(None) };
        let scope = written(table, alias);
        let items = self.projection(&scope, items)?;
        let list: Vec<String> = items
            .iter()
            .map(|(node, output)| format!("{} AS {}", node.sql, quote(&output.name)))
            .collect();
        sql.push_str(&format!(" RETURNING {}", list.join(", ")));
        Ok(Some(items.into_iter().map(|(_, output)| output).collect()))
    }

    pub(super) fn finish(
        &mut self,
        sql: String,
        columns: Option<Vec<Output>>,
        tag: TagKind,
        probe: Option<Probe>,
    ) -> Result<Plan> {
        let params = self.finish_params()?;
        Ok(Plan::Query(Query {
            sql,
            params,
            columns,
            tag,
            locks: self.locks,
            target: self.target.take(),
            pick: None,
            probe,
        }))
    }

    pub(super) fn truncate(&mut self, truncate: &Truncate) -> Result<Plan> {
        let mut statements = Vec::new();
        for target in &truncate.table_names {
            let table = self.target(&target.name)?;
            statements.push(format!("DELETE FROM {}", quote(&table.name)));
            let restart = matches!(truncate.identity, Some(TruncateIdentityOption::Restart));
            if restart && table.columns.iter().any(|c| c.identity) {
                statements.push(format!(
                    "DELETE FROM sqlite_sequence WHERE name = {}",
                    text(&table.name)
                ));
            }
        }
        Ok(Plan::Batch {
            notices: std::mem::take(&mut self.notices),
            statements,
            tag: TagKind::Fixed("TRUNCATE TABLE"),
        })
    }
}

/// The scope of the table that is written to. SQLite knows it by the alias.
pub(super) fn written(table: &Table, alias: &str) -> Scope<'static> {
    let relation = Relation {
        alias: alias.to_owned(),
        columns: table_columns(table),
        open: false,
    };
    Scope {
        relations: vec![relation],
        ..Scope::default()
    }
}

fn is_default(expr: &Expr) -> bool {
    match expr {
        Expr::Identifier(ident) => {
            ident.quote_style.is_none() && ident.value.eq_ignore_ascii_case("default")
        }
        _ => false,
    }
}
