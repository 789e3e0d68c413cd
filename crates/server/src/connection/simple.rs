//! Query: the text is split, and each statement is prepared and run.

use trunkline_proto::SqlState;
use trunkline_proto::server::Connection;
use trunkline_proto::sql::{self, Control, List, Statement};

use super::outside::tell;
use super::run::Work;
use super::statements::Kind;
use super::transaction::{Block, cancellable};
use super::{Core, Failure};
use crate::formats::Formats;
use crate::params::Params;
use crate::reply;
use crate::{Error, Result, Session, Tag};

/// Where in a Query a statement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// There is no other.
    Alone,
    /// Others follow.
    Amid,
    /// Others went before.
    Last,
}

impl<S: Session> Core<'_, S> {
    /// Carries a Query out, and sends ReadyForQuery. `rest` is what came behind it.
    pub(super) async fn query<'i>(
        &mut self,
        text: &'i [u8],
        rest: &mut &'i [u8],
    ) -> Result<(), Failure> {
        self.transaction.in_query = false;
        self.statements.remove_unnamed();
        self.portals.remove(&trunkline_proto::PortalName::UNNAMED);
        let text = utf8(text)?;
        if let Some(statement) = sql::plain(text) {
            self.statement(text, &statement, Place::Alone, rest).await?;
            return self.end_request().await;
        }

        let mut pieces = sql::split(text).filter(|piece| !piece.is_blank());
        let Some(first) = pieces.next() else {
            self.reply.wire().answer(Connection::empty_query)?;
            return self.end_request().await;
        };
        match pieces.next() {
            None => {
                check_ends(&first, text)?;
                self.statement(text, &first, Place::Alone, rest).await?;
            }
            // Boxed, because its size would otherwise be that of every idle session.
            Some(_) => Box::pin(self.statements_of(text, rest)).await?,
        }
        self.end_request().await
    }

    /// ReadyForQuery; outside of a transaction, what was bound before is gone (rule EQ-24).
    #[inline]
    pub(super) async fn end_request(&mut self) -> Result<(), Failure> {
        if !self.transaction.is_open() {
            self.portals.clear();
        }
        self.ready().await
    }

    /// Several statements: a syntax error anywhere means that nothing runs (rule SQ-02), and all of them are one
    /// transaction (rule SQ-03).
    #[cold]
    async fn statements_of<'i>(
        &mut self,
        text: &'i str,
        rest: &mut &'i [u8],
    ) -> Result<(), Failure> {
        let pieces = || sql::split(text).filter(|piece| !piece.is_blank());
        let mut count = 0;
        for piece in pieces() {
            count += 1;
            check_ends(&piece, text)?;
            let (inner, offset) = match self.session.control(piece.text) {
                None => (piece.text, 0),
                Some(Control::Prepare {
                    statement, offset, ..
                }) => (statement, offset),
                Some(Control::Declare(cursor)) => (cursor.query, cursor.offset),
                Some(_) => continue,
            };
            self.session
                .check_syntax(inner)
                .map_err(|error| error.shift(position(text, piece.offset + offset) - 1))?;
        }
        self.transaction.in_query = true;
        for (number, piece) in (1..).zip(pieces()) {
            let place = if number == count {
                Place::Last
            } else {
                Place::Amid
            };
            // A cancel that came as the one before ended.
            if self.shared.is_cancelled() {
                tell(&self.shared, self.session);
                return Err(reply::cancelled().into());
            }
            self.statement(text, &piece, place, rest).await?;
            if self.reply.wire().is_full() {
                self.write().await?;
            }
        }
        self.transaction.in_query = false;
        Ok(())
    }

    /// One statement of a Query.
    async fn statement<'i>(
        &mut self,
        text: &'i str,
        piece: &Statement<'i>,
        place: Place,
        rest: &mut &'i [u8],
    ) -> Result<(), Failure> {
        // The transaction of the series that the Query stands in; it goes on after a Query of one statement, and ends with
        // one of several (rule SQ-20).
        let joined = self.transaction.block == Block::Implicit;
        let session = self.session;
        if let Some(control) = session.control(piece.text) {
            let tag = match &control {
                Control::Execute { name, arguments } => {
                    Box::pin(self.execute_by_name(name, *arguments, place, rest)).await?
                }
                Control::Fetch { .. } | Control::Move { .. } => {
                    self.transaction.admit()?;
                    Box::pin(self.fetch(&control)).await?
                }
                _ => self
                    .control(&control, piece.text)
                    .await
                    .map_err(|failure| failure.shift(characters(text, piece)))?,
            };
            return self.complete_at(place, joined, &tag).await;
        }
        if let Err(failed) = self.transaction.admit() {
            // A syntax error is found even in a failed transaction, before anything else is looked at.
            session
                .check_syntax(piece.text)
                .map_err(|error| error.shift(characters(text, piece)))?;
            return Err(failed.into());
        }
        let prepared = cancellable!(self, session.prepare(piece.text, &[]));
        let prepared = prepared?.map_err(|error| error.shift(characters(text, piece)))?;
        if !prepared.params.is_empty() {
            return Err(no_parameters().into());
        }
        self.admit_columns(&prepared.columns)?;
        self.enter(prepared.outside_transaction, piece.text, place)
            .await?;

        let work = Work {
            statement: &prepared.statement,
            params: Params::none(),
            columns: &prepared.columns,
            formats: &Formats::Text,
            described: true,
        };
        let run = self.run(prepared.flow, work, rest).await;
        let tag = run.map_err(|failure| failure.shift(characters(text, piece)))?;
        self.complete_at(place, joined, &tag).await
    }

    /// Opens the transaction that a statement of a Query needs, if that is implied.
    #[inline]
    async fn enter(&mut self, outside: bool, sql: &str, place: Place) -> Result<(), Failure> {
        if outside {
            // Several statements share a transaction, even before it is open.
            self.transaction.admit_outside(sql, place != Place::Alone)?;
        } else if self.transaction.block == Block::None
            && (place != Place::Alone || !self.session.commits_alone())
        {
            self.begin_implicit().await?;
        }
        Ok(())
    }

    /// EXECUTE.
    async fn execute_by_name(
        &mut self,
        name: &str,
        arguments: List<'_>,
        place: Place,
        rest: &mut &[u8],
    ) -> Result<Tag, Failure> {
        self.transaction.admit()?;
        let (statement, values) = self.executed(name, arguments)?;
        let Kind::User(user) = &statement.kind else {
            return Err(Error::internal("EXECUTE of a control statement").into());
        };
        self.enter(statement.outside_transaction, &statement.sql, place)
            .await?;
        let work = Work {
            statement: user,
            params: Params::new(&values, &statement.params),
            columns: &statement.columns,
            formats: &Formats::Text,
            described: true,
        };
        self.run(statement.flow, work, rest).await
    }

    /// CommandComplete, after the commit if this was the last statement: what could not be committed is not complete.
    #[inline]
    async fn complete_at(&mut self, place: Place, joined: bool, tag: &Tag) -> Result<(), Failure> {
        let ends = match place {
            Place::Alone => !joined,
            Place::Amid => false,
            Place::Last => true,
        };
        if ends && self.transaction.block == Block::Implicit {
            self.commit().await?;
        }
        self.complete(tag)
    }
}

/// The text of a statement.
///
/// # Errors
///
/// 22021.
#[inline]
pub(super) fn utf8(text: &[u8]) -> Result<&str> {
    std::str::from_utf8(text).map_err(|error| {
        let bad: Vec<String> = text
            .iter()
            .skip(error.valid_up_to())
            .take(error.error_len().unwrap_or(3))
            .map(|byte| format!("0x{byte:02x}"))
            .collect();
        Error::new(
            SqlState::CHARACTER_NOT_IN_REPERTOIRE,
            format!(
                "invalid byte sequence for encoding \"UTF8\": {}",
                bad.join(" ")
            ),
        )
    })
}

/// Refuses a statement whose quote or comment does not end.
///
/// # Errors
///
/// 42601.
pub(super) fn check_ends(piece: &Statement<'_>, text: &str) -> Result<()> {
    match piece.unterminated() {
        None => Ok(()),
        Some(fault) => Err(Error::new(fault.sqlstate(), fault.to_string())
            .position(position(text, piece.offset + fault.offset()))),
    }
}

#[cold]
pub(super) fn no_parameters() -> Error {
    Error::new(
        SqlState::UNDEFINED_PARAMETER,
        "there is no parameter $1: a simple query has no parameters",
    )
}

/// How many characters stand before the statement. They are counted for an error only: counted for each of many
/// statements they would take the square of the text's length.
#[inline]
fn characters(text: &str, piece: &Statement<'_>) -> u32 {
    if piece.offset == 0 {
        0
    } else {
        position(text, piece.offset) - 1
    }
}

/// The position of a byte, in characters from 1.
pub(super) fn position(text: &str, offset: usize) -> u32 {
    u32::try_from(sql::position(text, offset)).unwrap_or(u32::MAX)
}
