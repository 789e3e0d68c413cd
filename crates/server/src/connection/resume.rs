//! Portals that run a part of the way: Execute with a row limit, and FETCH.

use std::sync::Arc;
use std::task::Poll;

use trunkline_proto::PortalName;
use trunkline_proto::SqlState;

use super::portals::{Parked, State};
use super::statements::Kind;
use super::{Core, End, Failure};
use crate::formats::Formats;
use crate::params::Params;
use crate::park::Slot;
use crate::reply::Reply;
use crate::{Error, Result, Session, Tag};

/// How far a portal came.
#[derive(Debug)]
pub(super) enum Progress {
    /// It has sent as many rows as it may, and waits.
    Suspended,
    /// It has come to its end, with so many rows; its tag counts these alone, unless they are all.
    Ended { tag: Tag, sent: u64 },
}

impl<'s, S: Session> Core<'s, S> {
    /// Lets a portal of rows run until it has sent `limit` rows, or ends.
    pub(super) async fn advance(
        &mut self,
        name: &PortalName<'_>,
        limit: u64,
        formats: Formats,
    ) -> Result<Progress, Failure> {
        let portal = self.portals.find(name)?;
        let parked = match std::mem::replace(&mut portal.state, State::Spent) {
            State::Fresh => self.park(name)?,
            State::Suspended(parked) => parked,
            State::Finished(tag) => {
                let tag = Tag {
                    rows: tag.rows.map(|_| 0),
                    ..tag
                };
                portal.state = State::Finished(tag.clone());
                return Ok(Progress::Ended { tag, sent: 0 });
            }
            state @ (State::Fetching(_) | State::Spent) => {
                portal.state = state;
                return Err(cannot_run(name).into());
            }
        };
        self.resume(name, parked, limit, formats).await
    }

    /// Makes the future of a portal that may be suspended. It is boxed, since it outlives this request.
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
        );
        let future = async move {
            reply.resumed().await?;
            let Kind::User(user) = &statement.kind else {
                return Err(Error::internal("only a session's statement has rows"));
            };
            let params = Params::new(&values, &statement.params);
            let run = session.execute(user, params, &mut reply).await;
            reply.conclude(run)
        };
        Ok(Parked {
            future: Box::pin(future),
            slot,
            resumed: false,
            position: 0,
        })
    }

    async fn resume(
        &mut self,
        name: &PortalName<'_>,
        mut parked: Parked<'s>,
        limit: u64,
        formats: Formats,
    ) -> Result<Progress, Failure> {
        let again = std::mem::replace(&mut parked.resumed, true);
        let Some(mut wire) = self.reply.lend_wire() else {
            return Err(Error::internal("the connection's wire is away").into());
        };
        wire.ensure_buffer();
        parked.slot.resume(wire, limit, formats);

        let deadline = self.deadline();
        self.shared.begin_step();
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
            if let Some(mut parked) = parked {
                parked.position = parked.position.saturating_add(sent);
                self.portals.find(name)?.state = State::Suspended(parked);
            }
            return Ok(Progress::Suspended);
        };
        let mut tag = run?;
        if again {
            // The tag counts the rows of this Execute (rule EQ-21).
            tag.rows = tag.rows.map(|_| sent);
        }
        self.portals.find(name)?.state = State::Finished(tag.clone());
        Ok(Progress::Ended { tag, sent })
    }
}

#[cold]
pub(super) fn cannot_run(name: &PortalName<'_>) -> Error {
    Error::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!("portal \"{name}\" cannot be run"),
    )
}
