//! Execute: a portal runs, is suspended at its row limit, and goes on.

use std::sync::Arc;
use std::task::Poll;

use trunkline_proto::PortalName;
use trunkline_proto::SqlState;
use trunkline_proto::frontend::Execute;

use super::portals::{Parked, State};
use super::statements::Kind;
use super::transaction::{Block, is_about_names, is_exit};
use super::{Core, End, Failure};
use crate::params::{Params, bad_format};
use crate::park::Slot;
use crate::prepared::Flow;
use crate::reply::{Reply, UNLIMITED};
use crate::{Error, Result, Session, Tag};

impl<'s, S: Session> Core<'s, S> {
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
        reply.begin(&portal.statement.columns, &portal.formats, false);
        reply.wire().ensure_buffer();
        let params = Params::new(&portal.values, &portal.statement.params);
        shared.begin_statement();
        let work = session.execute(statement, params, reply);
        let run = outside.attend(shared, deadline, *session, work).await;
        shared.end_statement();
        let tag = run??;
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
        let session = self.session;
        let failed = self.transaction.block == Block::Failed;
        let portal = self.portals.find(name)?;
        let statement = Arc::clone(&portal.statement);
        if let Kind::Control = statement.kind {
            let Some(control) = session.control(&statement.sql) else {
                return Err(Error::internal("a control statement is one no more").into());
            };
            if failed && !is_exit(&control) {
                return Err(super::transaction::failed().into());
            }
            if !matches!(
                std::mem::replace(&mut portal.state, State::Spent),
                State::Fresh
            ) {
                return Err(cannot_run(name).into());
            }
            let tag = self.control(&control).await?;
            return self.complete(&tag);
        }
        self.transaction.admit()?;
        if let Some(code) = portal.bad_format {
            return Err(bad_format(code).into());
        }
        match std::mem::replace(&mut portal.state, State::Spent) {
            State::Suspended(parked) => return self.resume(name, parked, limit).await,
            State::Finished(tag) => {
                // A finished query has no more rows; a finished command must not run again (rule EQ-23).
                if !statement.columns.returns_rows() {
                    return Err(cannot_run(name).into());
                }
                let tag = Tag {
                    rows: tag.rows.map(|_| 0),
                    ..tag
                };
                self.complete(&tag)?;
                self.portals.find(name)?.state = State::Finished(tag);
                return Ok(());
            }
            State::Spent => return Err(cannot_run(name).into()),
            State::Fresh => {}
        }
        let user = match &statement.kind {
            Kind::User(user) => user,
            Kind::Empty | Kind::Control => {
                portal.state = State::Fresh;
                let wire = self.reply.wire();
                wire.ensure_buffer();
                wire.machine
                    .empty_query(&mut wire.output)
                    .map_err(Error::internal)?;
                return Ok(());
            }
        };
        if statement.outside_transaction {
            self.transaction.admit_outside(&statement.sql, false)?;
        }
        if statement.flow == Flow::Rows && statement.columns.returns_rows() && limit != UNLIMITED {
            let parked = self.park(name)?;
            return self.resume(name, parked, limit).await;
        }

        let values = std::mem::take(&mut self.portals.find(name)?.values);
        let params = Params::new(&values, &statement.params);
        let run = if statement.flow == Flow::Rows {
            let formats = self.portals.find(name)?.formats.clone();
            let deadline = self.deadline();
            let Self {
                reply,
                outside,
                shared,
                ..
            } = self;
            reply.begin(&statement.columns, &formats, false);
            reply.wire().ensure_buffer();
            shared.begin_statement();
            let work = session.execute(user, params, reply);
            let run = outside.attend(shared, deadline, session, work).await;
            shared.end_statement();
            run?
        } else {
            self.copy(statement.flow, user, params, rest).await?
        };
        let tag = run?;
        self.complete(&tag)?;
        self.portals.find(name)?.state = State::Finished(tag);
        Ok(())
    }

    /// Opens the transaction of a series of several statements, unless the first of them must stand outside of one.
    #[cold]
    async fn begin_series(&mut self, name: &PortalName<'_>) -> Result<(), Failure> {
        let statement = &self.portals.find(name)?.statement;
        let joins = match &statement.kind {
            Kind::User(_) => !statement.outside_transaction,
            Kind::Empty => false,
            Kind::Control => self
                .session
                .control(&statement.sql)
                .is_some_and(|control| is_about_names(&control)),
        };
        if joins {
            self.begin_implicit().await?;
        }
        Ok(())
    }

    /// Makes the future of a portal that has a row limit. It is boxed, since it outlives this Execute.
    fn park(&mut self, name: &PortalName<'_>) -> Result<Parked<'s>, Failure> {
        let session = self.session;
        let slot = Arc::new(Slot::default());
        let portal = self.portals.find(name)?;
        let statement = Arc::clone(&portal.statement);
        let values = std::mem::take(&mut portal.values);
        let mut reply = Reply::parked(
            Arc::clone(&slot),
            Arc::clone(&self.shared),
            statement.columns.clone(),
            portal.formats.clone(),
        );
        let future = async move {
            reply.resumed().await?;
            let Kind::User(user) = &statement.kind else {
                return Err(Error::internal("only a session's statement has rows"));
            };
            let params = Params::new(&values, &statement.params);
            session.execute(user, params, &mut reply).await
        };
        Ok(Parked {
            future: Box::pin(future),
            slot,
            resumed: false,
        })
    }

    /// Lets a portal run until it has sent `limit` rows, or ends.
    async fn resume(
        &mut self,
        name: &PortalName<'_>,
        mut parked: Parked<'s>,
        limit: u64,
    ) -> Result<(), Failure> {
        let again = std::mem::replace(&mut parked.resumed, true);
        let Some(mut wire) = self.reply.lend_wire() else {
            return Err(Error::internal("the connection's wire is away").into());
        };
        wire.ensure_buffer();
        parked.slot.resume(wire, limit);

        let deadline = self.deadline();
        self.shared.begin_statement();
        let slot = Arc::clone(&parked.slot);
        self.lent = Some(Arc::clone(&slot));
        let future = &mut parked.future;
        let work = std::future::poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Ready(run) => Poll::Ready(Some(run)),
            Poll::Pending if slot.is_suspended() => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        });
        let outcome = self
            .outside
            .attend(&self.shared, deadline, self.session, work)
            .await;
        self.shared.end_statement();

        let suspended = matches!(outcome, Ok(None));
        let parked = if suspended {
            Some(parked)
        } else {
            // A statement that was stopped is dropped, which gives the wire back.
            drop(parked);
            None
        };
        self.lent = None;
        let Some((wire, sent)) = slot.take() else {
            tracing::error!("a portal kept the connection's wire");
            return Err(End::Closed.into());
        };
        self.reply.return_wire(wire);

        let Some(run) = outcome? else {
            let wire = self.reply.wire();
            wire.machine
                .portal_suspended(&mut wire.output)
                .map_err(Error::internal)?;
            if let Some(parked) = parked {
                self.portals.find(name)?.state = State::Suspended(parked);
            }
            return Ok(());
        };
        let mut tag = run?;
        if again {
            // The tag counts the rows of this Execute (rule EQ-21).
            tag.rows = tag.rows.map(|_| sent);
        }
        self.complete(&tag)?;
        self.portals.find(name)?.state = State::Finished(tag);
        Ok(())
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
    let wire = reply.wire();
    wire.ensure_buffer();
    let told = match tag.rows {
        Some(rows) => wire
            .machine
            .rows_complete(&tag.verb, rows, &mut wire.output),
        None => wire.machine.command_complete(&tag.verb, &mut wire.output),
    };
    told.map_err(|misuse| Error::internal(misuse).into())
}

#[cold]
fn cannot_run(name: &PortalName<'_>) -> Error {
    Error::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!("portal \"{name}\" cannot be run"),
    )
}
