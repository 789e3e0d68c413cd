//! Reading numbers, words and clock times off a text.

use super::sum::{Number, round, to_f64};
use crate::error::Fault;
use crate::time::{HOUR, MINUTE, SECOND};
use crate::wire::is_space;

/// What is left to read.
pub(super) struct Input<'a>(pub(super) &'a [u8]);

impl<'a> Input<'a> {
    pub(super) fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    pub(super) fn eat(&mut self, wanted: u8) -> bool {
        let is_next = self.0.first() == Some(&wanted);
        if is_next {
            self.next();
        }
        is_next
    }

    /// Blanks, and the `@` and commas that only decorate.
    pub(super) fn skip_ignored(&mut self) {
        while self
            .0
            .first()
            .is_some_and(|b| is_space(*b) || matches!(b, b'@' | b','))
        {
            self.next();
        }
    }

    /// Whether a minus is next; a sign is taken.
    pub(super) fn sign(&mut self) -> bool {
        if self.eat(b'-') {
            return true;
        }
        self.eat(b'+');
        false
    }

    pub(super) fn word(&mut self) -> Option<&'a [u8]> {
        let length = self
            .0
            .iter()
            .position(|b| !b.is_ascii_alphabetic())
            .unwrap_or(self.0.len());
        if length == 0 {
            return None;
        }
        let (word, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(word)
    }

    /// Digits with a point among or around them, if they are next.
    pub(super) fn number(&mut self) -> Result<Option<Number>, Fault> {
        let (mut whole, mut is_number) = (0i64, false);
        while let Some(digit) = self.digit() {
            whole = whole
                .checked_mul(10)
                .and_then(|n| n.checked_add(i64::from(digit)))
                .ok_or(Fault::Range)?;
            is_number = true;
        }
        let mut fraction = 0.0;
        if self.eat(b'.') {
            // The first 18 digits say all that a double can hold.
            let (mut digits, mut scale) = (0i64, 1i64);
            while let Some(digit) = self.digit() {
                if let Some(next) = scale.checked_mul(10) {
                    digits = digits * 10 + i64::from(digit);
                    scale = next;
                }
                is_number = true;
            }
            fraction = to_f64(digits) / to_f64(scale);
        }
        Ok(is_number.then_some(Number { whole, fraction }))
    }

    pub(super) fn digit(&mut self) -> Option<u8> {
        let digit = self.0.first().filter(|b| b.is_ascii_digit())? - b'0';
        self.next();
        Some(digit)
    }

    /// The rest of `H:MM[:SS[.f…]]` after the first colon, in microseconds; `MM:SS.f…` when there is but one colon.
    pub(super) fn clock(&mut self, first: Number, is_negative: bool) -> Result<i64, Fault> {
        let second = self.number()?.ok_or(Fault::Syntax)?;
        let (hours, minutes, seconds) = if self.eat(b':') {
            (first, second, self.number()?.ok_or(Fault::Syntax)?)
        } else if second.fraction != 0.0 {
            (Number::whole(0), first, second)
        } else {
            (first, second, Number::whole(0))
        };
        if hours.fraction != 0.0 || minutes.fraction != 0.0 {
            return Err(Fault::Syntax);
        }
        if minutes.whole > 59 || seconds.whole > 60 {
            return Err(Fault::FieldRange);
        }
        let rest = minutes.whole * MINUTE
            + seconds.whole * SECOND
            + round(seconds.fraction * to_f64(SECOND));
        let sign = if is_negative { -1 } else { 1 };
        (hours.whole * sign)
            .checked_mul(HOUR)
            .and_then(|micros| micros.checked_add(rest * sign))
            .ok_or(Fault::Range)
    }
}
