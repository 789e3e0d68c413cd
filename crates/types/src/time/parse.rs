//! Dates and times as drivers and people send them: ISO 8601 in the spellings that PostgreSQL takes.
//!
//! A date is `YYYY-MM-DD` or `YYYYMMDD`, with three digits of year or more; a time follows after `T` or blanks, then an
//! offset, then `AD` or `BC`.

use super::calendar::month_length;
use super::{HOUR, MINUTE, SECOND};
use crate::error::Fault;
use crate::wire::{is_space, trim};

/// What a date or timestamp was read as.
pub(super) enum Moment {
    Infinity,
    NegInfinity,
    At {
        /// A date that exists, of at most seven digits of year; 1 BC is year 0.
        date: (i32, u8, u8),
        /// Microseconds from its midnight, at most one day and one second.
        micros: i64,
        /// Seconds east of UTC; 0 if not given.
        offset: i32,
    },
}

pub(super) fn moment(raw: &[u8]) -> Result<Moment, Fault> {
    let text = trim(raw);
    for (word, moment) in [
        ("infinity", Moment::Infinity),
        ("+infinity", Moment::Infinity),
        ("-infinity", Moment::NegInfinity),
        (
            "epoch",
            Moment::At {
                date: (1970, 1, 1),
                micros: 0,
                offset: 0,
            },
        ),
    ] {
        if text.eq_ignore_ascii_case(word.as_bytes()) {
            return Ok(moment);
        }
    }
    let mut input = Input(text);
    let (year, month, day) = input.date()?;
    let mut micros = 0;
    let mut offset = None;
    let has_t = input.eat(b'T') || input.eat(b't');
    let blank = input.skip_blanks();
    if has_t || blank && input.peek().is_some_and(|b| b.is_ascii_digit()) {
        micros = input.clock()?;
        input.skip_blanks();
    }
    if !input.0.is_empty() {
        offset = input.offset()?;
        input.skip_blanks();
    }
    let year = match input.0 {
        _ if year == 0 => return Err(Fault::FieldRange),
        b"" => year,
        era if era.eq_ignore_ascii_case(b"BC") => 1 - year,
        era if era.eq_ignore_ascii_case(b"AD") => year,
        _ => return Err(Fault::Syntax),
    };
    if !(1..=12).contains(&month) || day < 1 || day > month_length(year, month) {
        return Err(Fault::FieldRange);
    }
    Ok(Moment::At {
        date: (year, month, day),
        micros,
        offset: offset.unwrap_or(0),
    })
}

/// A time of day in microseconds, and its offset east of UTC in seconds if it has one.
pub(super) fn time(raw: &[u8]) -> Result<(i64, Option<i32>), Fault> {
    let text = trim(raw);
    if text.eq_ignore_ascii_case(b"allballs") {
        return Ok((0, Some(0)));
    }
    let mut input = Input(text);
    // A date before it is dropped, as PostgreSQL does.
    let is_timestamp = text.iter().take_while(|b| b.is_ascii_digit()).count() > 2
        && text.contains(&b'-')
        && text.contains(&b':');
    if is_timestamp {
        let before_zone = Input(text).date();
        if before_zone.is_ok() {
            input.date()?;
            if !input.skip_blanks() {
                return Err(Fault::Syntax);
            }
        }
    } else {
        let _ = input.eat(b'T') || input.eat(b't');
    }
    let micros = input.clock()?;
    input.skip_blanks();
    let offset = input.offset()?;
    if input.0.is_empty() {
        Ok((micros, offset))
    } else {
        Err(Fault::Syntax)
    }
}

/// What is left to read.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    fn eat(&mut self, wanted: u8) -> bool {
        match self.0 {
            [first, rest @ ..] if *first == wanted => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    fn skip_blanks(&mut self) -> bool {
        let before = self.0.len();
        while let [first, rest @ ..] = self.0
            && is_space(*first)
        {
            self.0 = rest;
        }
        self.0.len() < before
    }

    /// Digits as a number, and how many they were; more than nine are refused.
    fn digits(&mut self) -> Result<(u32, usize), Fault> {
        let (mut n, mut count) = (0, 0);
        while let [digit @ b'0'..=b'9', rest @ ..] = self.0 {
            if count == 9 {
                return Err(Fault::Range);
            }
            n = n * 10 + u32::from(digit - b'0');
            count += 1;
            self.0 = rest;
        }
        if count == 0 {
            Err(Fault::Syntax)
        } else {
            Ok((n, count))
        }
    }

    /// One or two digits.
    fn two(&mut self) -> Result<u8, Fault> {
        match self.digits()? {
            (n, 1 | 2) => u8::try_from(n).map_err(|_| Fault::FieldRange),
            _ => Err(Fault::Syntax),
        }
    }

    /// Year, month and day as written: not yet known to exist.
    fn date(&mut self) -> Result<(i32, u8, u8), Fault> {
        let (n, count) = self.digits()?;
        if !self.eat(b'-') {
            if count != 8 {
                return Err(Fault::Syntax);
            }
            #[allow(clippy::cast_possible_truncation, reason = "remainders of 100")]
            return Ok((
                (n / 10_000).cast_signed(),
                (n / 100 % 100) as u8,
                (n % 100) as u8,
            ));
        }
        if count < 3 {
            return Err(Fault::Syntax);
        }
        if count > 7 {
            return Err(Fault::Range);
        }
        let month = self.two()?;
        if !self.eat(b'-') {
            return Err(Fault::Syntax);
        }
        Ok((n.cast_signed(), month, self.two()?))
    }

    /// `HH:MM[:SS[.f…]]`, or `HHMM[SS[.f…]]`. Second 60 is the next minute's 0; hour 24 is for 24:00:00 alone.
    fn clock(&mut self) -> Result<i64, Fault> {
        let (n, count) = self.digits()?;
        let (hour, minute, second) = if self.eat(b':') {
            let minute = self.two()?;
            let second = if self.eat(b':') { self.two()? } else { 0 };
            (n, u32::from(minute), u32::from(second))
        } else {
            match count {
                6 => (n / 10_000, n / 100 % 100, n % 100),
                4 => (n / 100, n % 100, 0),
                _ => return Err(Fault::Syntax),
            }
        };
        let micros = if self.eat(b'.') { self.fraction() } else { 0 };
        if hour > 24 || minute > 59 || second > 60 {
            return Err(Fault::FieldRange);
        }
        let total = i64::from(hour) * HOUR
            + i64::from(minute) * MINUTE
            + i64::from(second) * SECOND
            + micros;
        if hour == 24 && total > 24 * HOUR || second == 60 && micros > 0 {
            return Err(Fault::FieldRange);
        }
        Ok(total)
    }

    /// Digits after the point, in microseconds rounded to the nearest, halves to even.
    fn fraction(&mut self) -> i64 {
        let (mut micros, mut unit) = (0, SECOND / 10);
        let (mut seventh, mut more) = (0, false);
        while let [digit @ b'0'..=b'9', rest @ ..] = self.0 {
            let digit = i64::from(digit - b'0');
            if unit > 0 {
                micros += digit * unit;
                unit /= 10;
                if unit == 0 {
                    unit = -1;
                }
            } else if unit == -1 {
                seventh = digit;
                unit = -2;
            } else {
                more |= digit > 0;
            }
            self.0 = rest;
        }
        let up = seventh > 5 || seventh == 5 && (more || micros % 2 == 1);
        micros + i64::from(up)
    }

    /// `Z`, `UTC`, `GMT` or `±HH[[:]MM[[:]SS]]`, if one is next; seconds east of UTC.
    fn offset(&mut self) -> Result<Option<i32>, Fault> {
        for name in [&b"UTC"[..], b"GMT", b"Z"] {
            if let Some((head, rest)) = self.0.split_at_checked(name.len())
                && head.eq_ignore_ascii_case(name)
                && !rest.first().is_some_and(u8::is_ascii_alphanumeric)
            {
                self.0 = rest;
                return Ok(Some(0));
            }
        }
        let is_east = match self.peek() {
            Some(b'+') => true,
            Some(b'-') => false,
            _ => return Ok(None),
        };
        self.0 = self.0.get(1..).unwrap_or_default();
        let (n, count) = self.digits()?;
        let (hours, minutes, seconds) = match count {
            1 | 2 => {
                let minutes = if self.eat(b':') { self.two()? } else { 0 };
                let seconds = if self.eat(b':') { self.two()? } else { 0 };
                (n, u32::from(minutes), u32::from(seconds))
            }
            3 | 4 => (n / 100, n % 100, 0),
            6 => (n / 10_000, n / 100 % 100, n % 100),
            _ => return Err(Fault::Syntax),
        };
        if hours > 15 || minutes > 59 || seconds > 59 {
            return Err(Fault::ZoneRange);
        }
        let size = (hours * 3600 + minutes * 60 + seconds).cast_signed();
        Ok(Some(if is_east { size } else { -size }))
    }
}
