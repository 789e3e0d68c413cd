//! Intervals as text: quantities with units, clock times and ISO 8601 durations.

use super::{DAY, HOUR, Interval, MINUTE, SECOND};
use crate::error::Fault;
use crate::wire::{is_space, trim};

/// What a number counts. The fraction of one goes down to the next that divides it.
#[derive(Copy, Clone, Eq, PartialEq)]
enum Unit {
    Months(i32),
    Days(i32),
    Micros(i64),
}

const YEAR: Unit = Unit::Months(12);
const DAYS: Unit = Unit::Days(1);
const SECONDS: Unit = Unit::Micros(SECOND);

/// Names of units, and the bit that a unit sets so that it stands only once.
const UNITS: &[(u16, Unit, &[&str])] = &[
    (
        1 << 0,
        Unit::Micros(1),
        &[
            "microsecond",
            "microseconds",
            "us",
            "usec",
            "usecond",
            "useconds",
            "usecs",
            "microsecon",
        ],
    ),
    (
        1 << 1,
        Unit::Micros(1000),
        &[
            "millisecond",
            "milliseconds",
            "ms",
            "msec",
            "msecond",
            "mseconds",
            "msecs",
            "millisecon",
        ],
    ),
    (
        SECOND_BIT,
        SECONDS,
        &["second", "seconds", "s", "sec", "secs"],
    ),
    (
        1 << 3,
        Unit::Micros(MINUTE),
        &["minute", "minutes", "m", "min", "mins"],
    ),
    (
        1 << 4,
        Unit::Micros(HOUR),
        &["hour", "hours", "h", "hr", "hrs"],
    ),
    (DAY_BIT, DAYS, &["day", "days", "d"]),
    (1 << 6, Unit::Days(7), &["week", "weeks", "w"]),
    (
        MONTH_BIT,
        Unit::Months(1),
        &["month", "months", "mon", "mons"],
    ),
    (YEAR_BIT, YEAR, &["year", "years", "y", "yr", "yrs"]),
    (
        1 << 9,
        Unit::Months(120),
        &["decade", "decades", "dec", "decs"],
    ),
    (
        1 << 10,
        Unit::Months(1200),
        &["century", "centuries", "c", "cent"],
    ),
    (
        1 << 11,
        Unit::Months(12_000),
        &["millennium", "millennia", "mil", "mils"],
    ),
];
const SECOND_BIT: u16 = 1 << 2;
const DAY_BIT: u16 = 1 << 5;
const MONTH_BIT: u16 = 1 << 7;
const YEAR_BIT: u16 = 1 << 8;
/// The bits that a clock time sets.
const CLOCK: u16 = 0b1_1100;

pub(super) fn parse(raw: &[u8]) -> Result<Interval, Fault> {
    let text = trim(raw);
    for (word, value) in [
        ("infinity", Interval::INFINITY),
        ("+infinity", Interval::INFINITY),
        ("-infinity", Interval::NEG_INFINITY),
    ] {
        if text.eq_ignore_ascii_case(word.as_bytes()) {
            return Ok(value);
        }
    }
    match text {
        [b'P', rest @ ..] => iso(Input(rest)),
        _ => words(text),
    }
}

/// The sum of the parts read so far.
#[derive(Default)]
struct Sum {
    months: i32,
    days: i32,
    micros: i64,
}

impl Sum {
    /// Adds a quantity as PostgreSQL does: whole units exactly, the fraction in double precision.
    fn add(&mut self, Number { whole, fraction }: Number, unit: Unit) -> Result<(), Fault> {
        match unit {
            Unit::Months(size) => {
                self.add_months(whole, size)?;
                if size == 1 {
                    self.add_days_of(fraction * 30.0)?;
                } else {
                    self.add_months(round(fraction * f64::from(size)), 1)?;
                }
            }
            Unit::Days(size) => {
                self.add_days(whole, size)?;
                if size == 1 {
                    self.add_micros(round(fraction * to_f64(DAY)), 1)?;
                } else {
                    self.add_days_of(fraction * f64::from(size))?;
                }
            }
            Unit::Micros(size) => {
                self.add_micros(whole, size)?;
                self.add_micros(round(fraction * to_f64(size)), 1)?;
            }
        }
        Ok(())
    }

    fn add_months(&mut self, n: i64, size: i32) -> Result<(), Fault> {
        let n = i32::try_from(n)
            .ok()
            .and_then(|n| n.checked_mul(size))
            .ok_or(Fault::Range)?;
        self.months = self.months.checked_add(n).ok_or(Fault::Range)?;
        Ok(())
    }

    fn add_days(&mut self, n: i64, size: i32) -> Result<(), Fault> {
        let n = i32::try_from(n)
            .ok()
            .and_then(|n| n.checked_mul(size))
            .ok_or(Fault::Range)?;
        self.days = self.days.checked_add(n).ok_or(Fault::Range)?;
        Ok(())
    }

    /// Days with a fraction, which becomes a time.
    fn add_days_of(&mut self, days: f64) -> Result<(), Fault> {
        let whole = truncate(days);
        self.add_days(whole, 1)?;
        self.add_micros(round((days - to_f64(whole)) * to_f64(DAY)), 1)
    }

    fn add_micros(&mut self, n: i64, size: i64) -> Result<(), Fault> {
        let n = n.checked_mul(size).ok_or(Fault::Range)?;
        self.micros = self.micros.checked_add(n).ok_or(Fault::Range)?;
        Ok(())
    }

    fn finish(self) -> Interval {
        Interval::new(self.months, self.days, self.micros)
    }
}

/// `1 year 2 mons -3 days 04:05:06`, `@ 3 hours ago`, `1-2 3 4:05:06`.
fn words(text: &[u8]) -> Result<Interval, Fault> {
    // The signs are turned before the parts are added: the least number of microseconds has no opposite.
    let (is_ago, text) = match without_ago(text) {
        Some(before) => (true, before),
        None => (false, text),
    };
    let mut input = Input(text);
    let mut sum = Sum::default();
    let mut seen = 0;
    let mut once = |bits: u16| {
        let is_new = seen & bits == 0;
        seen |= bits;
        if is_new { Ok(()) } else { Err(Fault::Syntax) }
    };
    input.skip_ignored();
    if input.0.is_empty() {
        return Err(Fault::Syntax);
    }
    while !input.0.is_empty() {
        let is_negative = input.sign() != is_ago;
        let number = input.number()?.ok_or(Fault::Syntax)?;
        if input.eat(b':') {
            once(CLOCK)?;
            sum.add_micros(input.clock(number, is_negative)?, 1)?;
        } else if input.0.starts_with(b"-") && input.0.get(1).is_some_and(u8::is_ascii_digit) {
            input.eat(b'-');
            once(YEAR_BIT | MONTH_BIT)?;
            let months = input
                .number()?
                .filter(|months| *months < Number::whole(12))
                .ok_or(Fault::FieldRange)?;
            sum.add(number.signed(is_negative), YEAR)?;
            sum.add(months.signed(is_negative), Unit::Months(1))?;
        } else {
            input.skip_ignored();
            let (bit, unit) = match input.word() {
                Some(word) => unit(word)?,
                // A number alone counts seconds at the end, and days before a clock time.
                None if input.0.is_empty() => (SECOND_BIT, SECONDS),
                None => (DAY_BIT, DAYS),
            };
            once(bit)?;
            sum.add(number.signed(is_negative), unit)?;
        }
        input.skip_ignored();
    }
    Ok(sum.finish())
}

/// The text before the word `ago` at its end.
fn without_ago(text: &[u8]) -> Option<&[u8]> {
    let (before, word) = text.split_at_checked(text.len().checked_sub(3)?)?;
    let is_word = !before.last().is_some_and(u8::is_ascii_alphabetic);
    (is_word && word.eq_ignore_ascii_case(b"ago")).then(|| trim(before))
}

fn unit(word: &[u8]) -> Result<(u16, Unit), Fault> {
    UNITS
        .iter()
        .find(|(_, _, names)| {
            names
                .iter()
                .any(|name| name.as_bytes().eq_ignore_ascii_case(word))
        })
        .map(|(bit, unit, _)| (*bit, *unit))
        .ok_or(Fault::Syntax)
}

/// What follows the `P`: `1Y2M3DT4H5M6S`, or `0001-02-03T04:05:06`.
fn iso(mut input: Input<'_>) -> Result<Interval, Fault> {
    let mut sum = Sum::default();
    let mut is_time = false;
    let mut is_empty = true;
    while !input.0.is_empty() {
        if !is_time && input.eat(b'T') {
            // Nothing may follow it, as PostgreSQL has it.
            is_time = true;
            is_empty = false;
            continue;
        }
        let is_negative = input.sign();
        let size = input.number()?.ok_or(Fault::Syntax)?;
        let number = size.signed(is_negative);
        is_empty = false;
        let unit = match (input.next(), is_time) {
            (Some(b'Y') | None, false) => YEAR,
            (Some(b'M'), false) => Unit::Months(1),
            (Some(b'W'), false) => Unit::Days(7),
            (Some(b'D'), false) => DAYS,
            (Some(b'H') | None, true) => Unit::Micros(HOUR),
            (Some(b'M'), true) => Unit::Micros(MINUTE),
            (Some(b'S'), true) => SECONDS,
            (Some(b'-'), false) => {
                sum.add(number, YEAR)?;
                sum.add(input.number()?.ok_or(Fault::Syntax)?, Unit::Months(1))?;
                if input.eat(b'-') {
                    sum.add(input.number()?.ok_or(Fault::Syntax)?, DAYS)?;
                }
                continue;
            }
            (Some(b':'), true) => {
                sum.add_micros(input.clock(size, is_negative)?, 1)?;
                if !input.0.is_empty() {
                    return Err(Fault::Syntax);
                }
                continue;
            }
            _ => return Err(Fault::Syntax),
        };
        sum.add(number, unit)?;
    }
    if is_empty {
        Err(Fault::Syntax)
    } else {
        Ok(sum.finish())
    }
}

/// A decimal number in two parts of the same sign.
#[derive(Copy, Clone, PartialEq, PartialOrd)]
struct Number {
    whole: i64,
    fraction: f64,
}

impl Number {
    fn whole(whole: i64) -> Self {
        Self {
            whole,
            fraction: 0.0,
        }
    }

    /// Read without a sign, so that neither part can overflow.
    fn signed(self, is_negative: bool) -> Self {
        if is_negative {
            Self {
                whole: -self.whole,
                fraction: -self.fraction,
            }
        } else {
            self
        }
    }
}

/// What is left to read.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn eat(&mut self, wanted: u8) -> bool {
        let is_next = self.0.first() == Some(&wanted);
        if is_next {
            self.next();
        }
        is_next
    }

    /// Blanks, and the `@` and commas that only decorate.
    fn skip_ignored(&mut self) {
        while self
            .0
            .first()
            .is_some_and(|b| is_space(*b) || matches!(b, b'@' | b','))
        {
            self.next();
        }
    }

    /// Whether a minus is next; a sign is taken.
    fn sign(&mut self) -> bool {
        if self.eat(b'-') {
            return true;
        }
        self.eat(b'+');
        false
    }

    fn word(&mut self) -> Option<&'a [u8]> {
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
    fn number(&mut self) -> Result<Option<Number>, Fault> {
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

    fn digit(&mut self) -> Option<u8> {
        let digit = self.0.first().filter(|b| b.is_ascii_digit())? - b'0';
        self.next();
        Some(digit)
    }

    /// The rest of `H:MM[:SS[.f…]]` after the first colon, in microseconds; `MM:SS.f…` when there is but one colon.
    fn clock(&mut self, first: Number, is_negative: bool) -> Result<i64, Fault> {
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

/// To the nearest, halves to even, as `rint`. Fractions of units are far inside the range of `i64`.
fn round(x: f64) -> i64 {
    let whole = truncate(x);
    let rest = x - to_f64(whole);
    let up = rest.abs() > 0.5 || rest.abs() == 0.5 && whole % 2 != 0;
    whole
        + if up {
            if rest < 0.0 { -1 } else { 1 }
        } else {
            0
        }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "towards zero is what is wanted"
)]
fn truncate(x: f64) -> i64 {
    x as i64
}

#[allow(clippy::cast_precision_loss, reason = "units are small and exact")]
fn to_f64(n: i64) -> f64 {
    n as f64
}
