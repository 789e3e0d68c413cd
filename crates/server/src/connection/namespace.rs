//! The names that SQL and the protocol share (rule EQ-40): PREPARE, EXECUTE, DEALLOCATE, CLOSE and DISCARD.

use std::sync::Arc;

use trunkline_proto::sql::{Control, Discard, List};
use trunkline_proto::{PortalName, SqlState, StatementName};
use trunkline_types::Type;

use super::arguments;
use super::resume::cannot_run;
use super::simple::{no_parameters, position};
use super::statements::{self, Kind, Statement};
use super::transaction::hook;
use super::{Core, Failure, cursors};
use crate::params::Values;
use crate::prepared::Flow;
use crate::{Columns, Error, Result, Session, Tag};

impl<S: Session> Core<'_, S> {
    /// Carries out a statement about names. `text` is all of it.
    pub(super) async fn namespace(
        &mut self,
        control: &Control<'_>,
        text: &str,
    ) -> Result<Tag, Failure> {
        let session = self.session;
        match control {
            Control::Prepare {
                name,
                types,
                statement,
                offset,
            } => {
                let name = StatementName::from_bytes(name.as_bytes());
                let types = parameter_types(*types)?;
                let shift = position(text, *offset) - 1;
                let prepared = self.prepare_inner(statement, &types, shift).await?;
                self.statements.admit(&name)?;
                self.statements
                    .insert(&name, prepared.named(&name), &mut self.budget)?;
            }
            Control::Declare(cursor) => {
                self.admit_cursor(cursor).await?;
                let statement = self.prepare_cursor(cursor, &[], text).await?;
                if !statement.params.is_empty() {
                    return Err(no_parameters().into());
                }
                return self.declare(cursor, &statement, Values::NONE).await;
            }
            Control::Deallocate(name) => {
                let name = StatementName::from_bytes(name.as_bytes());
                if !self.statements.remove(&name) {
                    return Err(statements::missing(&name).into());
                }
            }
            Control::DeallocateAll => self.statements.clear_named(),
            Control::Close(name) => {
                let portal = PortalName::from_bytes(name.as_bytes());
                if !self.portals.contains(name.as_bytes()) {
                    return Err(cursors::missing(&portal).into());
                }
                self.portals.remove(&portal);
            }
            Control::CloseAll => self.portals.clear_named(),
            Control::Discard(Discard::All) => {
                self.transaction
                    .admit_outside("DISCARD ALL", self.transaction.in_query)?;
                self.portals.clear();
                self.portals.clear_named();
                self.statements.clear_named();
                hook!(self, session.discard())??;
            }
            Control::Discard(_) => {}
            other => {
                return Err(Error::unsupported(format!("{} is not supported", other.tag())).into());
            }
        }
        Ok(Tag::new(control.tag()))
    }

    /// Prepares the statement that stands inside another. `shift` is the number of characters before it.
    pub(super) async fn prepare_inner(
        &mut self,
        sql: &str,
        types: &[Type],
        shift: u32,
    ) -> Result<Statement<S::Statement>, Failure> {
        let session = self.session;
        if session.control(sql).is_some() {
            return Err(no_place(sql, shift).into());
        }
        let prepared = self.prepare(sql, types, shift).await?;
        if prepared.flow != Flow::Rows || prepared.outside_transaction {
            return Err(no_place(sql, shift).into());
        }
        Ok(Statement::new(&StatementName::UNNAMED, sql, prepared))
    }

    /// The statement and the parameters of an EXECUTE.
    ///
    /// # Errors
    ///
    /// 26000; those of [`arguments::values`].
    pub(super) fn executed(
        &mut self,
        name: &str,
        arguments: List<'_>,
    ) -> Result<(Arc<Statement<S::Statement>>, Values)> {
        let statement = self
            .statements
            .find(&StatementName::from_bytes(name.as_bytes()))?;
        let Kind::User(user) = &statement.kind else {
            return Err(
                Error::unsupported("EXECUTE runs no statements that control the session")
                    .hint("Bind the statement, or send its text."),
            );
        };
        let values = arguments::values(name, arguments, &statement.params)?;
        self.session.revalidate(user)?;
        Ok((Arc::clone(statement), values))
    }

    /// Makes a portal of an EXECUTE into one of the statement that is to be executed.
    ///
    /// # Errors
    ///
    /// As [`executed`](Self::executed); 55000 for a portal of another statement; 53200 if its values are too large.
    #[cold]
    pub(super) fn substitute(
        &mut self,
        name: &PortalName<'_>,
    ) -> Result<Arc<Statement<S::Statement>>> {
        let own = Arc::clone(&self.portals.find(name)?.statement);
        let Some(Control::Execute {
            name: executed,
            arguments,
        }) = self.session.control(&own.sql)
        else {
            return Err(cannot_run(name));
        };
        let (statement, values) = self.executed(&executed, arguments)?;
        let portal = self.portals.find(name)?;
        portal.turn_into(Arc::clone(&statement), values, &mut self.budget)?;
        Ok(statement)
    }

    /// A control statement that returns rows has the columns of what it refers to, and that may be another by now.
    #[cold]
    pub(super) fn current(
        &mut self,
        statement: Arc<Statement<S::Statement>>,
    ) -> Arc<Statement<S::Statement>> {
        let (Kind::Control, Some(control)) =
            (&statement.kind, self.session.control(&statement.sql))
        else {
            return statement;
        };
        let columns = self.columns_of(&control);
        if columns.same_as(&statement.columns) {
            return statement;
        }
        Arc::new(statement.with_columns(columns))
    }

    /// The columns that a control statement returns.
    pub(super) fn columns_of(&mut self, control: &Control<'_>) -> Columns {
        match control {
            Control::Execute { name, .. } => {
                match self
                    .statements
                    .find(&StatementName::from_bytes(name.as_bytes()))
                {
                    Ok(statement) => statement.columns.clone(),
                    Err(_) => Columns::NONE,
                }
            }
            Control::Fetch { cursor, .. } => self.columns_of_cursor(cursor),
            _ => Columns::NONE,
        }
    }
}

/// The types of a PREPARE.
///
/// # Errors
///
/// 42704.
fn parameter_types(types: List<'_>) -> Result<Vec<Type>> {
    types
        .iter()
        .map(|name| match Type::from_name(name) {
            // To be inferred.
            Some(Type::UNKNOWN) => Ok(Type::UNSPECIFIED),
            Some(ty) => Ok(ty),
            None => Err(arguments::no_type(name)),
        })
        .collect()
}

/// A statement that cannot stand inside another: to PostgreSQL that is a matter of syntax.
#[cold]
pub(super) fn no_place(sql: &str, shift: u32) -> Error {
    let word = sql
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .next()
        .unwrap_or_default();
    Error::new(
        SqlState::SYNTAX_ERROR,
        format!("syntax error at or near \"{word}\""),
    )
    .position(shift.saturating_add(1))
}
