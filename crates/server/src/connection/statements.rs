//! Prepared statements and their lifetimes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use trunkline_proto::SqlState;
use trunkline_proto::StatementName;
use trunkline_types::Type;

use super::budget::{Budget, Charge};
use super::simple::utf8;
use crate::prepared::{Flow, Prepared};
use crate::{Columns, Error, Result};

/// A prepared statement of the protocol.
#[derive(Debug)]
pub(super) struct Statement<S> {
    pub(super) kind: Kind<S>,
    pub(super) columns: Columns,
    pub(super) params: Vec<Type>,
    pub(super) flow: Flow,
    pub(super) outside_transaction: bool,
    pub(super) sql: Box<str>,
    name: Box<[u8]>,
    /// What it takes: its text, which the session most likely keeps in some form, the types of its parameters, the columns
    /// of its result, and what every statement takes.
    bytes: usize,
    /// The bytes are counted: those of a statement with a name.
    charge: Option<Charge>,
    /// If not, they are as long as portals keep it: once for all of them.
    shared: Mutex<Weak<Charge>>,
}

/// About what a statement takes whatever it is: itself, twice its name, and its place in the map.
const FIXED: usize = 400;

/// What a statement is.
#[derive(Debug)]
pub(super) enum Kind<S> {
    /// Blank: Execute gives EmptyQueryResponse.
    Empty,
    /// BEGIN and its like, which the library carries out. The text is kept, since it is cheap to parse.
    Control,
    /// DECLARE, with the query of the cursor, whose parameters are those of the statement.
    Declare(Arc<Statement<S>>),
    /// The session's.
    User(S),
}

impl<S> Statement<S> {
    pub(super) fn new(name: &StatementName<'_>, sql: &str, prepared: Prepared<S>) -> Self {
        Self {
            bytes: size(sql, &prepared.params) + prepared.columns.size(),
            charge: None,
            shared: Mutex::default(),
            kind: Kind::User(prepared.statement),
            columns: prepared.columns,
            params: prepared.params,
            flow: prepared.flow,
            outside_transaction: prepared.outside_transaction,
            // Only an error message shows it.
            sql: if prepared.outside_transaction {
                sql.into()
            } else {
                "".into()
            },
            name: name.key().into(),
        }
    }

    pub(super) fn without_session(
        name: &StatementName<'_>,
        sql: &str,
        kind: Kind<S>,
        types: &[Type],
    ) -> Self {
        let inner = match &kind {
            Kind::Declare(query) => query.bytes,
            Kind::Empty | Kind::Control | Kind::User(_) => 0,
        };
        Self {
            bytes: size(sql, types) + inner,
            charge: None,
            shared: Mutex::default(),
            kind,
            columns: Columns::NONE,
            params: types.to_vec(),
            flow: Flow::Rows,
            outside_transaction: false,
            sql: sql.into(),
            name: name.key().into(),
        }
    }

    /// The same statement under a name.
    pub(super) fn named(mut self, name: &StatementName<'_>) -> Self {
        self.name = name.key().into();
        self
    }

    /// The same control statement, with the columns that its result has now.
    pub(super) fn with_columns(&self, columns: Columns) -> Self {
        let bytes = (self.bytes + columns.size()).saturating_sub(self.columns.size());
        Self {
            kind: Kind::Control,
            columns,
            params: self.params.clone(),
            flow: self.flow,
            outside_transaction: self.outside_transaction,
            sql: self.sql.clone(),
            name: self.name.clone(),
            bytes,
            charge: None,
            shared: Mutex::default(),
        }
    }

    /// Counts the bytes for a portal that keeps it alive, unless they are counted already: the first of several counts them,
    /// the last to go gives them back.
    ///
    /// # Errors
    ///
    /// 53200 if statements and portals take too much.
    pub(super) fn share(&self, budget: &mut Budget) -> Result<Option<Arc<Charge>>> {
        if self.charge.is_some() {
            return Ok(None);
        }
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(charge) = shared.upgrade() {
            return Ok(Some(charge));
        }
        let charge = Arc::new(budget.charge(self.bytes)?);
        *shared = Arc::downgrade(&charge);
        Ok(Some(charge))
    }

    /// The name, for messages.
    pub(super) fn shown_name(&self) -> String {
        String::from_utf8_lossy(&self.name).into_owned()
    }
}

/// The statements of a session.
#[derive(Debug)]
pub(super) struct Statements<S> {
    unnamed: Option<Arc<Statement<S>>>,
    named: HashMap<Box<[u8]>, Arc<Statement<S>>>,
    /// The named statement looked up last: drivers run one statement again and again.
    recent: Option<Arc<Statement<S>>>,
    limit: usize,
}

impl<S> Statements<S> {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            unnamed: None,
            named: HashMap::new(),
            recent: None,
            limit,
        }
    }

    /// Finds a statement.
    ///
    /// # Errors
    ///
    /// 26000.
    #[inline]
    pub(super) fn find(&mut self, name: &StatementName<'_>) -> Result<&Arc<Statement<S>>> {
        if name.is_unnamed() {
            return self.unnamed.as_ref().ok_or_else(no_unnamed);
        }
        let key = name.key();
        if self
            .recent
            .as_ref()
            .is_none_or(|recent| *recent.name != *key)
        {
            let found = self.named.get(key).ok_or_else(|| missing(name))?;
            self.recent = Some(Arc::clone(found));
        }
        self.recent.as_ref().ok_or_else(no_unnamed)
    }

    /// Whether a new statement may have this name.
    ///
    /// # Errors
    ///
    /// 42P05 if a statement has it; 53400 if there are too many.
    pub(super) fn admit(&self, name: &StatementName<'_>) -> Result<()> {
        if name.is_unnamed() {
            return Ok(());
        }
        if self.named.contains_key(name.key()) {
            return Err(Error::new(
                SqlState::DUPLICATE_PREPARED_STATEMENT,
                format!("prepared statement \"{name}\" already exists"),
            ));
        }
        if self.named.len() >= self.limit {
            return Err(Error::new(
                SqlState::CONFIGURATION_LIMIT_EXCEEDED,
                format!("a session may have {} prepared statements", self.limit),
            )
            .hint("Close statements that are not needed any more."));
        }
        Ok(())
    }

    /// Keeps a statement under a name that was [admitted](Self::admit).
    ///
    /// # Errors
    ///
    /// 53200 if statements and portals take too much.
    pub(super) fn insert(
        &mut self,
        name: &StatementName<'_>,
        mut statement: Statement<S>,
        budget: &mut Budget,
    ) -> Result<()> {
        if name.is_unnamed() {
            self.unnamed = Some(Arc::new(statement));
        } else {
            statement.charge = Some(budget.charge(statement.bytes)?);
            self.named.insert(name.key().into(), Arc::new(statement));
        }
        Ok(())
    }

    /// The unnamed statement goes with the next Parse of one, even a failing one, and with every simple Query.
    pub(super) fn remove_unnamed(&mut self) {
        self.unnamed = None;
    }

    /// Removes a statement; says whether there was one. Portals made from it live on (they have their own share).
    pub(super) fn remove(&mut self, name: &StatementName<'_>) -> bool {
        self.recent = None;
        if name.is_unnamed() {
            return self.unnamed.take().is_some();
        }
        let removed = self.named.remove(name.key()).is_some();
        if self.named.is_empty() {
            self.named.shrink_to_fit();
        }
        removed
    }

    /// DEALLOCATE ALL and DISCARD ALL leave the unnamed statement: it has no name to deallocate.
    pub(super) fn clear_named(&mut self) {
        self.recent = None;
        self.named = HashMap::new();
    }
}

fn size(sql: &str, types: &[Type]) -> usize {
    FIXED + sql.len() + size_of_val(types)
}

#[cold]
fn no_unnamed() -> Error {
    Error::new(
        SqlState::INVALID_SQL_STATEMENT_NAME,
        "unnamed prepared statement does not exist",
    )
}

#[cold]
pub(super) fn missing(name: &StatementName<'_>) -> Error {
    // What cannot be a name is not merely missing.
    if let Err(error) = utf8(name.as_bytes()) {
        return error;
    }
    Error::new(
        SqlState::INVALID_SQL_STATEMENT_NAME,
        format!("prepared statement \"{name}\" does not exist"),
    )
}
