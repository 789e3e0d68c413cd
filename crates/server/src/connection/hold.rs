//! Cursors WITH HOLD: when their transaction commits, the rows that are left are kept.

use std::sync::Arc;

use trunkline_proto::PortalName;

use super::portals::{Hold, Parked, State};
use super::resume::Progress;
use super::{Core, Failure};
use crate::formats::Formats;
use crate::held::Held;
use crate::park::Slot;
use crate::reply::{Reply, UNLIMITED};
use crate::{Columns, Error, Session, Tag};

impl<'s, S: Session> Core<'s, S> {
    /// Runs the cursors WITH HOLD of the transaction to their ends, before it is committed.
    ///
    /// # Errors
    ///
    /// 53400 if their rows take too much; what a cursor's statement fails with.
    #[cold]
    pub(super) async fn hold(&mut self) -> Result<(), Failure> {
        for name in self.portals.to_hold() {
            let name = PortalName::from_bytes(&name);
            let portal = self.portals.find(&name)?;
            let columns = portal.statement.columns.clone();
            let position = match &portal.state {
                State::Fresh => Some(0),
                State::Suspended(parked) => Some(parked.position),
                State::Fetching(_) | State::Finished(_) | State::Spent => None,
            };
            if let Some(position) = position {
                let room = self.config.max_held.saturating_sub(self.portals.held());
                self.reply.wire().divert(Some(room));
                let progress = self.advance(&name, UNLIMITED, Formats::Both).await;
                let rows = self.reply.wire().undivert();
                let Progress::Ended { tag, .. } = progress? else {
                    return Err(Error::internal("a portal without a limit was suspended").into());
                };
                let rows = rows?;
                let bytes = rows.len();
                let mut replay = self.replay(columns, rows, tag);
                replay.position = position;
                let portal = self.portals.find(&name)?;
                portal.state = State::Suspended(replay);
                portal.hold = Hold::Kept(bytes);
            } else {
                portal.hold = Hold::Kept(0);
            }
        }
        Ok(())
    }

    /// A portal that sends rows which were kept.
    fn replay(&self, columns: Columns, rows: Vec<u8>, tag: Tag) -> Parked<'s> {
        let slot = Arc::new(Slot::default());
        let mut reply = Reply::parked(Arc::clone(&slot), Arc::clone(&self.shared), columns);
        let future = async move {
            reply.resumed().await?;
            let mut rest = &rows[..];
            while let Some(row) = Held::next(&mut rest) {
                reply.row(row).await?;
            }
            Ok(tag)
        };
        Parked {
            future: Box::pin(future),
            slot,
            // So the tag counts what is sent, and not what there was.
            resumed: true,
            position: 0,
        }
    }
}
