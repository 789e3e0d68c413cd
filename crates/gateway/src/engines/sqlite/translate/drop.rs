//! DROP, and what depends on what is dropped.

use std::sync::Arc;

use sqlparser::ast::{ObjectName, ObjectType};
use sqlparser::tokenizer::Location;
use trunkline_server::{Error, Result, SqlState};

use super::Translator;
use super::node::quote;
use super::plan::{Notice, Plan, TagKind};
use crate::engines::sqlite::catalog::{Kind, Table};

const NOWHERE: Location = Location { line: 0, column: 0 };

/// Something that cannot stay when another object goes.
struct Dependent {
    /// `view v`
    what: String,
    /// `table t`
    on: String,
    /// The view to drop with it; a constraint cannot be dropped alone.
    view: Option<String>,
}

impl Translator<'_> {
    pub(super) fn drop(
        &mut self,
        object: ObjectType,
        if_exists: bool,
        cascade: bool,
        names: &[ObjectName],
    ) -> Result<Plan> {
        let (words, tag, noun) = match object {
            ObjectType::Table => ("TABLE", "DROP TABLE", "table"),
            ObjectType::View => ("VIEW", "DROP VIEW", "view"),
            ObjectType::Index => ("INDEX", "DROP INDEX", "index"),
            _ => return Err(self.unsupported(&format!("DROP {object}"), NOWHERE)),
        };
        let mut dropped = Vec::new();
        for name in self.children_first(names)? {
            let (_, bare, _) = self.split(name)?;
            let found = self.catalog.table(&bare)?;
            if object != ObjectType::Index {
                match &found {
                    Some(table) => refuse_other_kind(table, &object)?,
                    None if if_exists => self.notices.push(Notice::new(
                        SqlState::SUCCESSFUL_COMPLETION,
                        format!("{noun} \"{bare}\" does not exist, skipping"),
                    )),
                    None => {
                        let message = format!("{noun} \"{bare}\" does not exist");
                        return Err(Error::new(SqlState::UNDEFINED_TABLE, message));
                    }
                }
            }
            dropped.push((bare, found));
        }
        let gone: Vec<&Table> = dropped
            .iter()
            .filter_map(|(_, found)| found.as_deref())
            .collect();
        let mut statements = Vec::new();
        if object != ObjectType::Index {
            let dependents = self.dependents(&gone)?;
            for view in self.cascaded(&gone, &dependents, cascade)? {
                statements.push(format!("DROP VIEW {}", quote(&view)));
            }
        }
        let exists = if if_exists { "IF EXISTS " } else { "" };
        for (bare, _) in &dropped {
            statements.push(format!("DROP {words} {exists}{}", quote(bare)));
        }
        Ok(Plan::Batch {
            notices: std::mem::take(&mut self.notices),
            statements,
            tag: TagKind::Fixed(tag),
        })
    }

    /// The views to drop too.
    ///
    /// # Errors
    ///
    /// 2BP01 without CASCADE; 0A000 when a foreign key depends on the tables, since SQLite cannot drop a constraint alone, and would
    /// delete the rows first, and with them, or instead of them, what the references say.
    fn cascaded(
        &mut self,
        gone: &[&Table],
        dependents: &[Dependent],
        cascade: bool,
    ) -> Result<Vec<String>> {
        if dependents.is_empty() {
            return Ok(Vec::new());
        }
        let list = |lines: Vec<String>| lines.join("\n");
        let depends = |d: &Dependent| format!("{} depends on {}", d.what, d.on);
        if !cascade {
            let message = match gone {
                [one] => format!(
                    "cannot drop {} because other objects depend on it",
                    described(one)
                ),
                _ => {
                    "cannot drop desired object(s) because other objects depend on them".to_owned()
                }
            };
            return Err(Error::new(SqlState::DEPENDENT_OBJECTS_STILL_EXIST, message)
                .detail(list(dependents.iter().map(depends).collect()))
                .hint("Use DROP ... CASCADE to drop the dependent objects too."));
        }
        let keys: Vec<String> = dependents
            .iter()
            .filter(|d| d.view.is_none())
            .map(depends)
            .collect();
        if !keys.is_empty() {
            return Err(Error::unsupported(
                "DROP TABLE … CASCADE of a table that others refer to is not supported",
            )
            .detail(list(keys))
            .hint("Drop the tables that refer to it first, or in the same DROP TABLE."));
        }
        let code = SqlState::SUCCESSFUL_COMPLETION;
        self.notices.push(match dependents {
            [one] => Notice::new(code, format!("drop cascades to {}", one.what)),
            many => Notice {
                detail: Some(list(
                    many.iter()
                        .map(|d| format!("drop cascades to {}", d.what))
                        .collect(),
                )),
                ..Notice::new(
                    code,
                    format!("drop cascades to {} other objects", many.len()),
                )
            },
        });
        Ok(dependents.iter().filter_map(|d| d.view.clone()).collect())
    }

    /// What depends on these, directly or through a view, and is not among them.
    fn dependents(&self, gone: &[&Table]) -> Result<Vec<Dependent>> {
        let among = |name: &str| gone.iter().find(|t| t.name.eq_ignore_ascii_case(name));
        let all = self.catalog.tables()?;
        let mut sources: Vec<(&Table, Vec<String>)> = Vec::new();
        for view in all
            .iter()
            .map(Arc::as_ref)
            .filter(|table| table.kind == Kind::View)
        {
            if among(&view.name).is_none() {
                sources.push((view, self.catalog.sources(view)?));
            }
        }
        let mut found = Vec::new();
        let mut on: Vec<&Table> = gone.to_vec();
        on.reverse();
        // The views of a view come right after it.
        while let Some(object) = on.pop() {
            let reads = |names: &[String]| {
                names
                    .iter()
                    .any(|name| name.eq_ignore_ascii_case(&object.name))
            };
            let (users, rest): (Vec<_>, Vec<_>) =
                sources.into_iter().partition(|(_, names)| reads(names));
            sources = rest;
            if let Some(place) = found
                .iter()
                .position(|d: &Dependent| d.view.as_deref() == Some(object.name.as_str()))
            {
                let users = users.iter().map(|(view, _)| dependent_view(view, object));
                let tail = found.split_off(place + 1);
                found.extend(users);
                found.extend(tail);
            } else {
                found.extend(users.iter().map(|(view, _)| dependent_view(view, object)));
            }
            on.extend(users.iter().rev().map(|(view, _)| *view));
        }
        for table in all.iter().filter(|table| among(&table.name).is_none()) {
            for key in &table.foreign {
                if let Some(parent) = among(&key.parent) {
                    found.push(Dependent {
                        what: format!("constraint {} on table {}", key.name, table.name),
                        on: described(parent),
                        view: None,
                    });
                }
            }
        }
        Ok(found)
    }

    /// The names in an order that lets SQLite drop them: none while another refers to it.
    fn children_first<'n>(&self, names: &'n [ObjectName]) -> Result<Vec<&'n ObjectName>> {
        let mut left = Vec::new();
        for name in names {
            let (_, bare, _) = self.split(name)?;
            let table = self.catalog.table(&bare)?;
            let parents: Vec<String> = table
                .iter()
                .flat_map(|table| &table.foreign)
                .map(|key| key.parent.to_lowercase())
                .collect();
            left.push((name, bare.to_lowercase(), parents));
        }
        let mut ordered = Vec::new();
        while !left.is_empty() {
            let free = left
                .iter()
                .position(|(_, bare, _)| {
                    !left
                        .iter()
                        .any(|(_, other, parents)| other != bare && parents.contains(bare))
                })
                // A circle: SQLite says whether its rows allow it.
                .unwrap_or(0);
            ordered.push(left.remove(free).0);
        }
        Ok(ordered)
    }
}

fn dependent_view(view: &Table, on: &Table) -> Dependent {
    Dependent {
        what: described(view),
        on: described(on),
        view: Some(view.name.clone()),
    }
}

/// `table t` or `view v`
fn described(table: &Table) -> String {
    let noun = if table.kind == Kind::View {
        "view"
    } else {
        "table"
    };
    format!("{noun} {}", table.name)
}

fn refuse_other_kind(table: &Table, object: &ObjectType) -> Result<()> {
    let is_view = table.kind == Kind::View;
    let (noun, hint) = match (object, is_view) {
        (ObjectType::Table, true) => ("a table", "Use DROP VIEW to remove a view."),
        (ObjectType::View, false) => ("a view", "Use DROP TABLE to remove a table."),
        _ => return Ok(()),
    };
    let message = format!("\"{}\" is not {noun}", table.name);
    Err(Error::new(SqlState::WRONG_OBJECT_TYPE, message).hint(hint))
}
