//! The grammar of DECLARE, FETCH and MOVE.

use alloc::borrow::Cow;

use super::parser::Parser;
use crate::sql::cursor::{Cursor, Direction};
use crate::sql::lexer::Kind;

impl<'a> Parser<'a> {
    /// What follows the word DECLARE.
    pub(super) fn declare(&mut self) -> Option<Cursor<'a>> {
        let name = self.name()?;
        let (mut binary, mut scroll, mut sensitive) = (false, None, None);
        while !self.accept("cursor") {
            // What contradicts itself is for an error message.
            if self.accept("binary") {
                binary = true;
            } else if self.accept("scroll") {
                agree(&mut scroll, true)?;
            } else if self.accept("no") {
                self.expect("scroll")?;
                agree(&mut scroll, false)?;
            } else if self.accept("insensitive") {
                agree(&mut sensitive, false)?;
            } else {
                self.expect("asensitive")?;
                agree(&mut sensitive, true)?;
            }
        }
        let hold = self.accept("with");
        if hold || self.accept("without") {
            self.expect("hold")?;
        }
        if !self.is("for") {
            return None;
        }
        let (query, offset) = self.inner()?;
        Some(Cursor {
            name,
            binary,
            scroll,
            hold,
            query,
            offset,
        })
    }

    /// What follows the words FETCH and MOVE: where to, and the cursor.
    pub(super) fn fetch(&mut self) -> Option<(Cow<'a, str>, Direction)> {
        let direction = self.direction()?;
        let _ = self.accept("from") || self.accept("in");
        Some((self.name()?, direction))
    }

    /// One row ahead, if nothing is said. The words are names of cursors, too, if no name follows them.
    fn direction(&mut self) -> Option<Direction> {
        const ONE: Option<u64> = Some(1);
        if self.accept("all") {
            return Some(Direction::Forward(None));
        }
        let ends = self
            .ahead()
            .is_none_or(|token| token.kind == Kind::Symbol(b';'));
        Some(if ends || self.accept("next") {
            Direction::Forward(ONE)
        } else if self.accept("prior") {
            Direction::Backward(ONE)
        } else if self.accept("first") {
            Direction::Absolute(1)
        } else if self.accept("last") {
            Direction::Absolute(-1)
        } else if self.accept("absolute") {
            Direction::Absolute(self.integer()?)
        } else if self.accept("relative") {
            match self.integer()? {
                0 => Direction::Forward(Some(0)),
                rows => Direction::Relative(rows),
            }
        } else if self.accept("forward") {
            if self.accept("all") {
                Direction::Forward(None)
            } else if self.at_integer() {
                Direction::rows(self.integer()?)
            } else {
                Direction::Forward(ONE)
            }
        } else if self.accept("backward") {
            if self.accept("all") {
                Direction::Backward(None)
            } else if self.at_integer() {
                Direction::rows(-self.integer()?)
            } else {
                Direction::Backward(ONE)
            }
        } else if self.at_integer() {
            Direction::rows(self.integer()?)
        } else {
            Direction::Forward(ONE)
        })
    }

    fn at_integer(&self) -> bool {
        self.is_symbol(b'-') || self.is_symbol(b'+') || self.is_kind(Kind::Other)
    }

    /// PostgreSQL's have 32 bits.
    fn integer(&mut self) -> Option<i64> {
        let negative = self.symbol(b'-');
        if !negative {
            self.symbol(b'+');
        }
        let number: i64 = self.digits()?.parse::<i32>().ok()?.into();
        Some(if negative { -number } else { number })
    }
}

/// Notes which of two opposites was said; `None` if both were.
fn agree(said: &mut Option<bool>, now: bool) -> Option<()> {
    (said.replace(now) != Some(!now)).then_some(())
}
