//! Execute: a portal runs.

use std::sync::Arc;

use trunkline_proto::frontend::Execute;
use trunkline_proto::server::Connection;
use trunkline_proto::sql::Control;
use trunkline_proto::{PortalName, SqlState};

use super::portals::State;
use super::resume::{Progress, cannot_run};
use super::run::{Work, run};
use super::statements::{Kind, Statement};
use super::transaction::{Block, is_about_names, is_exit};
use super::{Core, Failure};
use crate::params::{Params, bad_format};
use crate::prepared::Flow;
use crate::reply::{Reply, UNLIMITED};
use crate::{Error, Result, Session, Tag};

impl<S: Session> Core<'_, S> {
    /// Runs a portal. `rest` is what came behind the message.
    #[inline]
    pub(super) async fn execute<'i>(
        &mut self,
        execute: &Execute<'i>,
        rest: &mut &'i [u8],
    ) -> Result<(), Failure> {
        // A statement that is alone up to Sync is its own transaction; one of several shares theirs (rule EQ-33).
        if self.transaction.block == Block::None && !(is_sync(rest) && self.session.commits_alone())
        {
            self.begin_series(&execute.portal).await?;
        }
        let limit = u64::try_from(execute.max_rows)
            .ok()
            .filter(|limit| *limit > 0)
            .unwrap_or(UNLIMITED);

        let deadline = self.deadline();
        let Self {
            session,
            reply,
            outside,
            shared,
            portals,
            transaction,
            ..
        } = self;
        let portal = portals.find(&execute.portal)?;
        let fresh = matches!(portal.state, State::Fresh);
        let (Kind::User(statement), true, Flow::Rows, None, false) = (
            &portal.statement.kind,
            fresh && (limit == UNLIMITED || !portal.statement.columns.returns_rows()),
            portal.statement.flow,
            portal.bad_format,
            transaction.block == Block::Failed || portal.statement.outside_transaction,
        ) else {
            return self.execute_specially(&execute.portal, limit, rest).await;
        };
        portal.state = State::Spent;
        let work = Work::<S> {
            statement,
            params: Params::new(&portal.values, &portal.statement.params),
            columns: &portal.statement.columns,
            formats: &portal.formats,
            described: false,
        };
        let tag = run!(work, deadline, *session, reply, outside, shared)?;
        complete(reply, &tag)?;
        portal.state = State::Finished(tag);
        Ok(())
    }

    /// Everything but the first, unlimited run of an ordinary statement.
    #[cold]
    async fn execute_specially<'i>(
        &mut self,
        name: &PortalName<'i>,
        limit: u64,
        rest: &mut &'i [u8],
    ) -> Result<(), Failure> {
        let failed = self.transaction.block == Block::Failed;
        let mut statement = Arc::clone(&self.portals.find(name)?.statement);
        if let Kind::Control | Kind::Declare(_) = &statement.kind {
            match self.execute_control(name, &statement, limit).await? {
                None => return Ok(()),
                Some(executed) => statement = executed,
            }
        }
        if let Kind::Empty = statement.kind {
            // Even in a failed transaction, and as often as one likes.
            self.reply.wire().answer(Connection::empty_query)?;
            return Ok(());
        }
        if failed {
            return Err(super::transaction::failed().into());
        }
        let portal = self.portals.find(name)?;
        if let Some(code) = portal.bad_format {
            return Err(bad_format(code).into());
        }
        // A finished command must not run again; a finished query has no more rows (rule EQ-23).
        match &portal.state {
            State::Finished(_) if !statement.columns.returns_rows() => {
                return Err(cannot_run(name).into());
            }
            State::Spent | State::Fetching(_) => return Err(cannot_run(name).into()),
            State::Suspended(_) | State::Finished(_) => {
                return self.execute_partly(name, limit).await;
            }
            State::Fresh => {}
        }
        let Kind::User(user) = &statement.kind else {
            return Err(Error::internal("only a session's statement comes so far").into());
        };
        if statement.outside_transaction {
            self.transaction.admit_outside(&statement.sql, false)?;
        }
        if statement.flow == Flow::Rows && statement.columns.returns_rows() && limit != UNLIMITED {
            return self.execute_partly(name, limit).await;
        }

        let portal = self.portals.find(name)?;
        portal.state = State::Spent;
        let (values, formats) = (std::mem::take(&mut portal.values), portal.formats.clone());
        let work = Work::<S> {
            statement: user,
            params: Params::new(&values, &statement.params),
            columns: &statement.columns,
            formats: &formats,
            described: false,
        };
        let tag = self.run(statement.flow, work, rest).await?;
        self.complete(&tag)?;
        self.portals.find(name)?.state = State::Finished(tag);
        Ok(())
    }

    /// Runs a portal up to its row limit.
    async fn execute_partly(&mut self, name: &PortalName<'_>, limit: u64) -> Result<(), Failure> {
        let formats = self.portals.find(name)?.formats.clone();
        match self.advance(name, limit, formats).await? {
            Progress::Suspended => self.suspended(),
            Progress::Ended { tag, .. } => self.complete(&tag),
        }
    }

    /// Runs the portal of a control statement. That of EXECUTE becomes one of the statement which is to be executed,
    /// and is still to be run.
    async fn execute_control(
        &mut self,
        name: &PortalName<'_>,
        statement: &Arc<Statement<S::Statement>>,
        limit: u64,
    ) -> Result<Option<Arc<Statement<S::Statement>>>, Failure> {
        let Some(control) = self.session.control(&statement.sql) else {
            return Err(Error::internal("a control statement is one no more").into());
        };
        let is_spent = matches!(self.portals.find(name)?.state, State::Spent);
        if self.transaction.block == Block::Failed && (is_spent || !is_exit(&control)) {
            return Err(super::transaction::failed().into());
        }
        let tag = match (&control, &statement.kind) {
            (Control::Execute { .. }, _) => return Ok(Some(self.substitute(name)?)),
            (Control::Fetch { .. } | Control::Move { .. }, _) => {
                Box::pin(self.execute_fetch(name, &control, limit)).await?;
                return Ok(None);
            }
            _ if !matches!(self.portals.find(name)?.state, State::Fresh) => {
                return Err(cannot_run(name).into());
            }
            (Control::Close(closed), _) if closed.as_bytes() == name.as_bytes() => {
                return Err(Error::new(
                    SqlState::INVALID_CURSOR_STATE,
                    format!("cannot drop active portal \"{name}\""),
                )
                .into());
            }
            (Control::Declare(cursor), Kind::Declare(query)) => {
                let values = std::mem::take(&mut self.portals.find(name)?.values);
                self.declare(cursor, query, values).await?
            }
            _ => self.control(&control, &statement.sql).await?,
        };
        self.complete(&tag)?;
        // The end of a transaction takes the portal with it.
        if let Ok(portal) = self.portals.find(name) {
            portal.state = State::Finished(tag);
        }
        Ok(None)
    }

    /// Opens the transaction of a series of several statements, unless the first of them must stand outside of one.
    #[cold]
    async fn begin_series(&mut self, name: &PortalName<'_>) -> Result<(), Failure> {
        let mut statement = Arc::clone(&self.portals.find(name)?.statement);
        let mut named = false;
        if let Kind::Control = &statement.kind {
            let executed = match self.session.control(&statement.sql) {
                Some(Control::Execute { .. }) => Some(self.substitute(name)?),
                Some(control) => {
                    named = is_about_names(&control);
                    None
                }
                None => None,
            };
            statement = executed.unwrap_or(statement);
        }
        if named || matches!(statement.kind, Kind::User(_)) && !statement.outside_transaction {
            self.begin_implicit().await?;
        }
        Ok(())
    }

    /// PortalSuspended.
    pub(super) fn suspended(&mut self) -> Result<(), Failure> {
        Ok(self.reply.wire().answer(Connection::portal_suspended)?)
    }

    /// CommandComplete.
    #[inline]
    pub(super) fn complete(&mut self, tag: &Tag) -> Result<(), Failure> {
        complete(&mut self.reply, tag)
    }
}

/// Whether a Sync comes next.
#[inline]
fn is_sync(rest: &[u8]) -> bool {
    rest.starts_with(b"S\0\0\0\x04")
}

#[inline]
fn complete(reply: &mut Reply, tag: &Tag) -> Result<(), Failure> {
    let told = reply.wire().answer(|machine, output| match tag.rows {
        Some(rows) => machine.rows_complete(&tag.verb, rows, output),
        None => machine.command_complete(&tag.verb, output),
    });
    Ok(told?)
}
