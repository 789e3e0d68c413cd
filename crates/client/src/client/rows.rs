//! The rows of a result, one after the other.

use std::fmt;
use std::future::poll_fn;

use trunkline_proto::Decode;
use trunkline_proto::backend::{CommandComplete, DataRow, RowDescription};

use super::answer::{Answer, Frame};
use super::fault::Fault;
use crate::error::Kind;
use crate::{Columns, FromRow, FromRowOwned, Result, Row};

/// Rows, taken while the server still sends them. A reader who is slow slows the server down, and so whoever waits behind.
///
/// Amid the rows the reader may ask for something else: what is left of them is kept meanwhile, in memory. If it is another task that asks,
/// and the reader waits for it, up to 64 MiB of them are kept once the reader has taken none for a tenth of a second.
///
/// Dropped before the end, the rest is read and thrown away.
#[must_use = "the server waits, and others behind it, until the rows are taken"]
pub struct Rows {
    answer: Answer,
    columns: Columns,
    affected: Option<u64>,
    suspended: bool,
    /// The statement's end has come.
    ended: bool,
}

impl Rows {
    /// From the start of an answer: up to what says that the statement runs. `columns`: if they are known.
    pub(crate) async fn begin(answer: Answer, columns: Option<Columns>) -> Result<Self> {
        let mut rows = Self {
            answer,
            columns: columns.clone().unwrap_or_else(Columns::none),
            affected: None,
            suspended: false,
            ended: false,
        };
        while let Some(frame) = rows.answer.peek().await? {
            match frame.tag {
                // The statement that is known is bound; all that follows are its rows.
                b'2' if columns.is_some() => {
                    rows.answer.next().await?;
                    break;
                }
                b'D' | b'C' | b'I' | b's' => break,
                b'T' => {
                    rows.columns = described(frame)?;
                    rows.answer.next().await?;
                    break;
                }
                b'G' | b'H' => return Err(Fault::Copy.into()),
                _ => drop(rows.answer.next().await?),
            }
        }
        Ok(rows)
    }

    /// Waits for an answer to be whole, and to begin well.
    pub(crate) async fn of_whole(mut answer: Answer, columns: Option<Columns>) -> Result<Self> {
        poll_fn(|cx| answer.poll_whole(cx)).await?;
        match answer.refusal() {
            Some(error) => Err(error),
            None => Ok(Self::whole(answer, columns)),
        }
    }

    /// Of an answer that is whole and at hand.
    pub(crate) fn whole(answer: Answer, columns: Option<Columns>) -> Self {
        Self {
            answer,
            columns: columns.unwrap_or_else(Columns::none),
            affected: None,
            suspended: false,
            ended: false,
        }
    }

    /// The next row, as a tuple, a struct that derives [`FromRow`], a [`Row`], or an [`OwnedRow`](crate::OwnedRow); `None` after the
    /// last one.
    ///
    /// # Errors
    ///
    /// The statement failed, also after some rows; the connection was lost; or the row cannot be read as `T`, after which the next
    /// one can be asked for.
    ///
    /// # Cancel safety
    ///
    /// No row is lost.
    #[inline]
    pub async fn next<'r, T: FromRow<'r>>(&'r mut self) -> Result<Option<T>> {
        if self.go_on().await? {
            self.row().map(Some)
        } else {
            Ok(None)
        }
    }

    /// Goes on to the next row. `false`: there was none left.
    #[inline]
    pub(crate) async fn go_on(&mut self) -> Result<bool> {
        while !self.advance()? {
            if self.answer.is_over() {
                return Ok(false);
            }
            self.answer.fill().await?;
        }
        Ok(true)
    }

    /// Goes on to the next row at hand. `false`: there is none.
    #[inline]
    pub(crate) fn advance(&mut self) -> Result<bool> {
        while let Some(frame) = self.answer.next_at_hand() {
            match frame.tag {
                b'D' => return Ok(true),
                b'C' => {
                    self.affected = rows_of(frame);
                    self.ended = true;
                }
                b'I' => self.ended = true,
                b's' => {
                    self.suspended = true;
                    self.ended = true;
                }
                b'T' => self.columns = described(frame)?,
                b'G' | b'H' => return Err(Fault::Copy.into()),
                _ => {}
            }
        }
        Ok(false)
    }

    /// The row that [`advance`](Self::advance) went to.
    #[inline]
    pub(crate) fn row<'r, T: FromRow<'r>>(&'r self) -> Result<T> {
        let Some(frame) = self.answer.last() else {
            return Err(Fault::Skipped.into());
        };
        let row = DataRow::decode(frame.body).map_err(|error| Kind::malformed(frame.tag, error))?;
        Row::new(&self.columns, row)?.decode()
    }

    /// All rows that are left.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    ///
    /// # Cancel safety
    ///
    /// Dropped, the rows are lost.
    pub async fn all<T: FromRowOwned>(mut self) -> Result<Vec<T>> {
        let mut all = Vec::new();
        while let Some(row) = self.next().await? {
            all.push(row);
        }
        Ok(all)
    }

    /// What the rows are made of.
    #[must_use]
    pub const fn columns(&self) -> &Columns {
        &self.columns
    }

    /// How many rows the statement has touched or returned: known after the last row, and only of statements that count.
    #[must_use]
    pub const fn affected(&self) -> Option<u64> {
        self.affected
    }

    /// Whether a portal may have more rows than were asked for: known after the last row.
    #[must_use]
    pub const fn has_more(&self) -> bool {
        self.suspended
    }
}

/// Answers that are whole and at hand.
impl Rows {
    /// Exactly one row.
    pub(crate) fn one<T: FromRowOwned>(mut self) -> Result<T> {
        let wanted = "one row";
        let Some(row) = self.pop()? else {
            let found = "none";
            return Err(Fault::Rows { wanted, found }.into());
        };
        self.expect_end(wanted)?;
        Ok(row)
    }

    /// A row or none.
    pub(crate) fn opt<T: FromRowOwned>(mut self) -> Result<Option<T>> {
        let row = self.pop()?;
        self.expect_end("at most one row")?;
        Ok(row)
    }

    /// All rows.
    pub(crate) fn rest<T: FromRowOwned>(mut self) -> Result<Vec<T>> {
        let mut rows = Vec::new();
        while let Some(row) = self.pop()? {
            rows.push(row);
        }
        Ok(rows)
    }

    /// How many rows were touched.
    pub(crate) fn count(mut self) -> Result<u64> {
        self.expect_end("no rows")?;
        Ok(self.affected.unwrap_or(0))
    }

    /// Whether the statement's tag, which is next at hand, is this one.
    pub(crate) fn tag_is(&self, tag: &[u8]) -> bool {
        let done = self.answer.at_hand().filter(|frame| frame.tag == b'C');
        done.and_then(|frame| CommandComplete::decode(frame.body).ok())
            .is_some_and(|done| done.tag == tag)
    }

    fn expect_end(&mut self, wanted: &'static str) -> Result<()> {
        let more = self.advance_at_hand()?;
        // What comes after may be the reason why there is no more.
        while self.advance_at_hand()? {}
        if more {
            let found = "more";
            return Err(Fault::Rows { wanted, found }.into());
        }
        Ok(())
    }

    #[inline]
    fn pop<T: FromRowOwned>(&mut self) -> Result<Option<T>> {
        if self.advance_at_hand()? {
            self.row().map(Some)
        } else {
            Ok(None)
        }
    }

    /// As [`advance`](Self::advance), and the end is that of the statement.
    #[inline]
    fn advance_at_hand(&mut self) -> Result<bool> {
        if self.advance()? {
            return Ok(true);
        }
        match self.answer.refusal() {
            Some(error) => Err(error),
            None if self.ended => Ok(false),
            None => Err(Fault::Skipped.into()),
        }
    }
}

/// The columns that a RowDescription tells of.
pub(crate) fn described(frame: Frame<'_>) -> Result<Columns> {
    let description =
        RowDescription::decode(frame.body).map_err(|error| Kind::malformed(frame.tag, error))?;
    Columns::new(&description)
}

/// The number at the end of a tag such as `INSERT 0 5`.
pub(crate) fn rows_of(frame: Frame<'_>) -> Option<u64> {
    let done = CommandComplete::decode(frame.body).ok()?;
    let space = done.tag.iter().rposition(|byte| !byte.is_ascii_digit())?;
    let (b' ', digits @ [_, ..]) = done.tag.get(space..)?.split_first()? else {
        return None;
    };
    digits.iter().try_fold(0_u64, |number, digit| {
        number.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
    })
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows")
            .field("columns", &self.columns)
            .field("affected", &self.affected)
            .finish_non_exhaustive()
    }
}
