//! Prepared statements.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use trunkline_proto::sql::commits_midway;
use trunkline_proto::{Format, PortalName, StatementName};
use trunkline_types::{Kind, Type};

use super::Fault;
use crate::{Columns, Result};

/// A statement that the server has parsed. Cheap to clone; when the last clone is gone and the client's cache has forgotten it too,
/// the server is told to forget it with the next request.
///
/// It belongs to the session that prepared it.
#[derive(Clone)]
pub struct Statement(Arc<Prepared>);

struct Prepared {
    name: Name,
    sql: Box<str>,
    /// It may commit a part of what it does before it fails.
    divisible: bool,
    params: Box<[Type]>,
    /// The types that values are given as, where it was found out what is beneath domains.
    beneath: OnceLock<Box<[Type]>>,
    columns: Columns,
    formats: Box<[Format]>,
}

/// A name on the server, which is to be closed when this is dropped: also if nobody knows whether the server has it.
pub(crate) struct Name {
    named: Named,
    text: Box<str>,
    dropped: Arc<Dropped>,
}

/// The names that nobody uses any more. It also tells one session from another.
#[derive(Debug, Default)]
pub(crate) struct Dropped(Mutex<Vec<(Named, Box<str>)>>);

/// What a name is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Named {
    Statement,
    Portal,
}

impl Dropped {
    pub(crate) fn take(&self) -> Vec<(Named, Box<str>)> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Name {
    pub(crate) fn new(named: Named, number: u64, dropped: &Arc<Dropped>) -> Self {
        Self {
            named,
            text: format!("trunkline_{number}").into(),
            dropped: Arc::clone(dropped),
        }
    }

    pub(crate) fn as_statement(&self) -> StatementName<'_> {
        StatementName::from(&*self.text)
    }

    pub(crate) fn as_portal(&self) -> PortalName<'_> {
        PortalName::from(&*self.text)
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        let text = std::mem::take(&mut self.text);
        let mut dropped = self
            .dropped
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        dropped.push((self.named, text));
    }
}

impl Statement {
    pub(crate) fn new(name: Name, sql: &str, params: Box<[Type]>, columns: &Columns) -> Self {
        let formats: Box<[Format]> = columns.types().iter().map(|ty| format_of(*ty)).collect();
        Self(Arc::new(Prepared {
            name,
            sql: sql.into(),
            divisible: commits_midway(sql),
            params,
            beneath: OnceLock::new(),
            columns: columns.in_formats(formats.iter().copied()),
            formats,
        }))
    }

    /// The SQL that was prepared.
    #[must_use]
    pub fn sql(&self) -> &str {
        &self.0.sql
    }

    /// Whether it may commit a part of what it does before it fails.
    pub(crate) fn is_divisible(&self) -> bool {
        self.0.divisible
    }

    /// The types of `$1`, `$2`, …
    #[must_use]
    pub fn params(&self) -> &[Type] {
        &self.0.params
    }

    /// The columns of its result; none if it returns no rows.
    #[must_use]
    pub fn columns(&self) -> &Columns {
        &self.0.columns
    }

    /// The types that values are given as.
    #[inline]
    pub(crate) fn given(&self) -> &[Type] {
        self.0.beneath.get().unwrap_or(&self.0.params)
    }

    /// Notes the types that values are given as. `false`: that was done before.
    pub(crate) fn see_through(&self, beneath: Box<[Type]>) -> bool {
        self.0.beneath.set(beneath).is_ok()
    }

    pub(crate) fn name(&self) -> StatementName<'_> {
        self.0.name.as_statement()
    }

    /// The formats that its columns are asked for in.
    pub(crate) fn formats(&self) -> &[Format] {
        &self.0.formats
    }

    /// Whether both are clones of one.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Whether it was prepared in this session.
    ///
    /// # Errors
    ///
    /// It was not.
    pub(crate) fn check_home(&self, home: &Arc<Dropped>) -> Result<()> {
        if Arc::ptr_eq(&self.0.name.dropped, home) {
            Ok(())
        } else {
            Err(Fault::Foreign.into())
        }
    }
}

/// Binary for what is known to have such a form, all the way down. A type of the user's may lack the function that makes it, as some
/// built-in ones do, and the query would fail; and in a record, or in an array of any type, there may be one of the user's, whose values
/// only its text lets be told from those of another.
fn format_of(ty: Type) -> Format {
    let element = ty.element().unwrap_or(ty);
    match element {
        Type::ACLITEM | Type::GTSVECTOR => Format::Text,
        _ => match element.kind() {
            Kind::Base | Kind::Range | Kind::Multirange => Format::Binary,
            _ => Format::Text,
        },
    }
}

impl fmt::Debug for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Statement")
            .field("sql", &self.0.sql)
            .field("params", &self.0.params)
            .field("columns", &self.0.columns)
            .finish_non_exhaustive()
    }
}

/// What a query runs: SQL, or a statement that was prepared before.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Source<'a> {
    /// SQL; how it is run is the client's [`Mode`](super::Mode).
    Sql(&'a str),
    /// A prepared statement.
    Statement(&'a Statement),
}

impl<'a> From<&'a str> for Source<'a> {
    fn from(sql: &'a str) -> Self {
        Self::Sql(sql)
    }
}

impl<'a> From<&'a String> for Source<'a> {
    fn from(sql: &'a String) -> Self {
        Self::Sql(sql)
    }
}

impl<'a> From<&'a Statement> for Source<'a> {
    fn from(statement: &'a Statement) -> Self {
        Self::Statement(statement)
    }
}
