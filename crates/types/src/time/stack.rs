//! A text of bounded length on the stack, with room for the length of a field before it.

use alloc::vec::Vec;
use core::str;

use crate::number::{PAIRS, ZEROS, spread};

/// Longer than the longest text: an interval of all six units at their extremes.
const SIZE: usize = 96;
/// Four bytes of length come first.
const START: usize = 4;

pub(super) struct Stack {
    bytes: [u8; SIZE],
    end: usize,
}

impl Stack {
    #[inline]
    pub(super) const fn new() -> Self {
        Self {
            bytes: [0; SIZE],
            end: START,
        }
    }

    #[inline]
    pub(super) fn push<const N: usize>(&mut self, bytes: [u8; N]) {
        self.bytes[self.end..self.end + N].copy_from_slice(&bytes);
        self.end += N;
    }

    /// Two digits; `n` < 100.
    #[inline]
    pub(super) fn two(&mut self, n: u8) {
        self.push(PAIRS[usize::from(n)]);
    }

    pub(super) fn number(&mut self, n: u64) {
        for b in itoa::Buffer::new().format(n).bytes() {
            self.push([b]);
        }
    }

    /// A year from 1 on, with four digits or more.
    #[inline]
    pub(super) fn year(&mut self, year: u32) {
        if year < 10_000 {
            #[allow(clippy::cast_possible_truncation, reason = "both are below 100")]
            let (high, low) = ((year / 100) as u8, (year % 100) as u8);
            self.two(high);
            self.two(low);
        } else {
            self.number(u64::from(year));
        }
    }

    /// A point and up to six digits, or nothing for zero.
    #[inline]
    pub(super) fn fraction(&mut self, micros: u32) {
        if micros > 0 {
            let (text, count) = fraction(micros);
            self.push(text);
            self.end -= text.len() - count;
        }
    }

    /// `HH:MM:SS` and a fraction.
    #[inline]
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a day has 86400 seconds"
    )]
    pub(super) fn clock(&mut self, micros: i64) {
        let seconds = (micros / super::SECOND) as u32;
        let fraction = (micros % super::SECOND) as u32;
        let minutes = seconds / 60;
        let hours = minutes / 60;
        let [h1, h2] = PAIRS[hours as usize];
        let [m1, m2] = PAIRS[(minutes - hours * 60) as usize];
        let [s1, s2] = PAIRS[(seconds - minutes * 60) as usize];
        self.push([h1, h2, b':', m1, m2, b':', s1, s2]);
        self.fraction(fraction);
    }

    /// `YYYY-MM-DD`, the year without its era: 1 BC is year 0.
    #[inline]
    pub(super) fn date(&mut self, (year, month, day): (i32, u8, u8)) {
        let year = if year > 0 { year } else { 1 - year };
        self.year(year.unsigned_abs());
        let [m1, m2] = PAIRS[usize::from(month)];
        let [d1, d2] = PAIRS[usize::from(day)];
        self.push([b'-', m1, m2, b'-', d1, d2]);
    }

    /// `+HH`, and minutes and seconds where there are any; seconds to the east, less than a day.
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "each is below 60")]
    pub(super) fn offset(&mut self, seconds: i32) {
        let size = seconds.unsigned_abs();
        self.push([if seconds < 0 { b'-' } else { b'+' }]);
        self.two((size / 3600) as u8);
        if !size.is_multiple_of(3600) {
            self.push([b':']);
            self.two((size / 60 % 60) as u8);
        }
        if !size.is_multiple_of(60) {
            self.push([b':']);
            self.two((size % 60) as u8);
        }
    }

    #[inline]
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[START..self.end]
    }

    pub(super) fn as_str(&self) -> &str {
        str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// Appends length and text.
    #[allow(clippy::cast_possible_truncation, reason = "at most SIZE")]
    pub(super) fn field(mut self, out: &mut Vec<u8>) {
        self.bytes[START - 1] = (self.end - START) as u8;
        out.extend_from_slice(&self.bytes[..self.end]);
    }
}

/// `.` and the digits of a fraction above zero without zeros at their end, and how many bytes that is.
#[inline]
pub(super) fn fraction(micros: u32) -> ([u8; 8], usize) {
    // One zero before, where the point goes, and one behind.
    let digits = spread(micros * 10);
    let count = 8 - digits.leading_zeros() / 8;
    let text = digits + ZEROS - u64::from(b'0' - b'.');
    (text.to_le_bytes(), count as usize)
}
