//! SQL's cursors: DECLARE, FETCH, MOVE and CLOSE. A cursor is a portal (rule EQ-40), however it was made.

use std::sync::Arc;

use trunkline_proto::sql::{Control, Cursor, Direction};
use trunkline_proto::{PortalName, SqlState};
use trunkline_types::Type;

use super::portals::{Hold, Portal, State};
use super::resume::{Progress, cannot_run};
use super::simple::position;
use super::statements::{Kind, Statement};
use super::transaction::Block;
use super::{Core, Failure};
use crate::formats::Formats;
use crate::params::{Values, bad_format};
use crate::prepared::Flow;
use crate::reply::{self, UNLIMITED};
use crate::{Columns, Error, Result, Session, Tag};

/// The rows that a FETCH or MOVE is about: so many are passed over, then so many are its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rows {
    skipped: u64,
    wanted: u64,
}

impl Rows {
    const NONE: Self = Self {
        skipped: 0,
        wanted: 0,
    };

    /// The one row that is so many ahead.
    fn ahead(count: u64) -> Self {
        Self {
            skipped: count.saturating_sub(1),
            wanted: 1,
        }
    }
}

/// Where a cursor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    /// Before its first row.
    Start,
    /// On the row of that number, from 1.
    On(u64),
    /// Behind its last row.
    End,
}

impl<S: Session> Core<'_, S> {
    /// Prepares the query of a cursor. `text` is the whole DECLARE.
    pub(super) async fn prepare_cursor(
        &mut self,
        cursor: &Cursor<'_>,
        types: &[Type],
        text: &str,
    ) -> Result<Arc<Statement<S::Statement>>, Failure> {
        if cursor.scroll == Some(true) {
            return Err(Error::unsupported("SCROLL cursors are not supported")
                .hint("Declare the cursor without SCROLL, and fetch forward.")
                .into());
        }
        let shift = position(text, cursor.offset) - 1;
        let statement = self.prepare_inner(cursor.query, types, shift).await?;
        if !statement.columns.returns_rows() {
            return Err(super::namespace::no_place(cursor.query, shift).into());
        }
        Ok(Arc::new(statement))
    }

    /// Whether a cursor may be declared now; opens the transaction that it needs, if that is implied.
    pub(super) async fn admit_cursor(&mut self, cursor: &Cursor<'_>) -> Result<(), Failure> {
        if self.transaction.block == Block::None {
            // One that is held commits with its own statement.
            if !cursor.hold && !self.transaction.in_query {
                return Err(super::transaction::only_in_block("DECLARE CURSOR").into());
            }
            self.begin_implicit().await?;
        }
        Ok(())
    }

    /// DECLARE: a portal is made.
    pub(super) async fn declare(
        &mut self,
        cursor: &Cursor<'_>,
        statement: &Arc<Statement<S::Statement>>,
        values: Values,
    ) -> Result<Tag, Failure> {
        self.admit_cursor(cursor).await?;
        let name = PortalName::from_bytes(cursor.name.as_bytes());
        self.portals.admit(&name)?;
        let mut portal = Portal::new(statement);
        portal.values = values;
        portal.depth = self.transaction.depth();
        portal.binary = cursor.binary;
        portal.hold = if cursor.hold { Hold::Wanted } else { Hold::No };
        portal.pay(&mut self.budget)?;
        self.portals.insert(&name, portal);
        Ok(Tag::new("DECLARE CURSOR"))
    }

    /// The columns of a FETCH.
    pub(super) fn columns_of_cursor(&mut self, name: &str) -> Columns {
        match self.portals.find(&PortalName::from_bytes(name.as_bytes())) {
            Ok(portal) => portal.statement.columns.clone(),
            // It may be there by the time that the statement runs.
            Err(_) => Columns::NONE,
        }
    }

    /// FETCH and MOVE in a Query.
    pub(super) async fn fetch(&mut self, control: &Control<'_>) -> Result<Tag, Failure> {
        let (cursor, direction) = target(control)?;
        let name = PortalName::from_bytes(cursor.as_bytes());
        let at = self.cursor_position(&name)?;
        if let Control::Move { .. } = control {
            return self.move_cursor(&name, direction, at).await;
        }
        let rows = at.to(direction)?;
        let portal = self.portals.find(&name)?;
        let formats = if portal.binary {
            Formats::Binary
        } else {
            Formats::Text
        };
        let columns = portal.statement.columns.clone();
        reply::describe(self.reply.wire(), &columns, &formats)?;
        self.skip(&name, rows.skipped).await?;
        let sent = self.take(&name, rows.wanted, formats).await?;
        Ok(Tag::counted("FETCH", sent))
    }

    /// The Execute of a FETCH or MOVE.
    pub(super) async fn execute_fetch(
        &mut self,
        own: &PortalName<'_>,
        control: &Control<'_>,
        limit: u64,
    ) -> Result<(), Failure> {
        let (cursor, direction) = target(control)?;
        let name = PortalName::from_bytes(cursor.as_bytes());
        let portal = self.portals.find(own)?;
        if let Some(code) = portal.bad_format {
            return Err(bad_format(code).into());
        }
        let formats = portal.formats.clone();
        let left = match std::mem::replace(&mut portal.state, State::Spent) {
            State::Fresh if matches!(control, Control::Move { .. }) => {
                let at = self.cursor_position(&name)?;
                let tag = self.move_cursor(&name, direction, at).await?;
                return self.finish(own, tag);
            }
            State::Fresh => {
                let rows = self.cursor_position(&name)?.to(direction)?;
                self.skip(&name, rows.skipped).await?;
                rows.wanted
            }
            State::Fetching(left) => left,
            State::Finished(tag) if tag.verb == "FETCH" => 0,
            State::Suspended(_) | State::Finished(_) | State::Spent => {
                return Err(cannot_run(own).into());
            }
        };
        let sent = self.take(&name, left.min(limit), formats).await?;
        if sent < limit {
            return self.finish(own, Tag::counted("FETCH", sent));
        }
        self.portals.find(own)?.state = State::Fetching(left.saturating_sub(sent));
        self.suspended()
    }

    fn finish(&mut self, own: &PortalName<'_>, tag: Tag) -> Result<(), Failure> {
        self.complete(&tag)?;
        self.portals.find(own)?.state = State::Finished(tag);
        Ok(())
    }

    /// MOVE: to another row, and no row is sent.
    async fn move_cursor(
        &mut self,
        name: &PortalName<'_>,
        direction: Direction,
        at: Position,
    ) -> Result<Tag, Failure> {
        let moved = match (direction, at) {
            // To the row where it is.
            (Direction::Forward(Some(0)), Position::On(_)) => 1,
            _ => {
                let rows = at.to(direction)?;
                self.skip(name, rows.skipped).await?;
                self.skip(name, rows.wanted).await?
            }
        };
        Ok(Tag::counted("MOVE", moved))
    }

    /// Lets a cursor pass over so many rows; says how many there were.
    async fn skip(&mut self, name: &PortalName<'_>, count: u64) -> Result<u64, Failure> {
        if count == 0 {
            return Ok(0);
        }
        self.reply.wire().divert(None);
        let taken = self.take(name, count, Formats::Text).await;
        self.reply.wire().undivert()?;
        taken
    }

    /// Lets a cursor send so many rows; says how many there were.
    async fn take(
        &mut self,
        name: &PortalName<'_>,
        count: u64,
        formats: Formats,
    ) -> Result<u64, Failure> {
        if count == 0 {
            return Ok(0);
        }
        Ok(match self.advance(name, count, formats).await? {
            Progress::Suspended => count,
            Progress::Ended { sent, .. } => sent,
        })
    }

    /// Finds a cursor.
    ///
    /// # Errors
    ///
    /// 34000; 55000 for a portal that returns no rows.
    fn cursor_position(&mut self, name: &PortalName<'_>) -> Result<Position> {
        let portal = self.portals.find(name).map_err(|_| missing(name))?;
        if let Kind::Control = portal.statement.kind {
            self.substitute(name)?;
        }
        let portal = self.portals.find(name)?;
        let statement = &portal.statement;
        let is_query = matches!(statement.kind, Kind::User(_))
            && statement.flow == Flow::Rows
            && statement.columns.returns_rows()
            && !statement.outside_transaction;
        match &portal.state {
            State::Fresh if is_query => Ok(Position::Start),
            State::Suspended(parked) if parked.position == 0 => Ok(Position::Start),
            State::Suspended(parked) => Ok(Position::On(parked.position)),
            State::Finished(_) if is_query => Ok(Position::End),
            _ => Err(cannot_run(name)),
        }
    }
}

impl Position {
    /// The rows that lie in a direction.
    ///
    /// # Errors
    ///
    /// 55000 for rows that lie behind.
    fn to(self, direction: Direction) -> Result<Rows> {
        let ahead = |count: i64| u64::try_from(count).ok().filter(|count| *count > 0);
        match (direction, self) {
            (Direction::Forward(None), _) => Ok(Rows {
                skipped: 0,
                wanted: UNLIMITED,
            }),
            // The row where it is would have to be read again.
            (Direction::Forward(Some(0)), Self::On(_)) => Err(only_forward()),
            (Direction::Forward(Some(wanted)), _) => Ok(Rows { skipped: 0, wanted }),
            (Direction::Relative(count), _) => {
                ahead(count).map(Rows::ahead).ok_or_else(only_forward)
            }
            (Direction::Absolute(0), Self::Start) => Ok(Rows::NONE),
            (Direction::Absolute(number), Self::Start) => {
                ahead(number).map(Rows::ahead).ok_or_else(only_forward)
            }
            (Direction::Absolute(number), Self::On(here)) => ahead(number)
                .and_then(|number| number.checked_sub(here))
                .filter(|count| *count > 0)
                .map(Rows::ahead)
                .ok_or_else(only_forward),
            (Direction::Absolute(_), Self::End) | (Direction::Backward(_), _) => {
                Err(only_forward())
            }
        }
    }
}

fn target<'c>(control: &'c Control<'_>) -> Result<(&'c str, Direction)> {
    match control {
        Control::Fetch { cursor, direction } | Control::Move { cursor, direction } => {
            Ok((cursor, *direction))
        }
        _ => Err(Error::internal("neither FETCH nor MOVE")),
    }
}

#[cold]
fn only_forward() -> Error {
    Error::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        "cursor can only scan forward",
    )
}

#[cold]
pub(super) fn missing(name: &PortalName<'_>) -> Error {
    Error::new(
        SqlState::INVALID_CURSOR_NAME,
        format!("cursor \"{name}\" does not exist"),
    )
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a panic is the failure report of a test"
    )]

    use super::*;

    #[test]
    fn only_forward_from_anywhere() {
        use Direction::{Absolute, Backward, Forward, Relative};
        use Position::{End, On, Start};
        let rows = |skipped, wanted| Some(Rows { skipped, wanted });
        for (direction, at, expected) in [
            (Forward(None), Start, rows(0, UNLIMITED)),
            (Forward(None), End, rows(0, UNLIMITED)),
            (Forward(Some(3)), On(2), rows(0, 3)),
            (Forward(Some(0)), Start, rows(0, 0)),
            (Forward(Some(0)), On(1), None),
            (Forward(Some(0)), End, rows(0, 0)),
            (Relative(3), On(2), rows(2, 1)),
            (Relative(-1), On(2), None),
            (Absolute(1), Start, rows(0, 1)),
            (Absolute(5), Start, rows(4, 1)),
            (Absolute(5), On(2), rows(2, 1)),
            (Absolute(3), On(2), rows(0, 1)),
            (Absolute(2), On(2), None),
            (Absolute(1), On(2), None),
            (Absolute(0), Start, rows(0, 0)),
            (Absolute(0), On(1), None),
            (Absolute(-1), Start, None),
            (Absolute(9), End, None),
            (Backward(Some(1)), Start, None),
            (Backward(None), End, None),
            (Absolute(i64::MAX), On(1), rows(i64::MAX as u64 - 2, 1)),
        ] {
            match (at.to(direction), expected) {
                (Ok(rows), Some(expected)) => assert_eq!(rows, expected, "{direction:?} {at:?}"),
                (Err(error), None) => assert_eq!(error.sqlstate().as_str(), "55000"),
                (got, expected) => panic!("{direction:?} {at:?}: {got:?}, not {expected:?}"),
            }
        }
    }
}
