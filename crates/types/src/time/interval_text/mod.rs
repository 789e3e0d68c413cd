//! Intervals as text: quantities with units, clock times and ISO 8601 durations.

mod input;
mod sum;
mod units;

use input::Input;
use sum::{Number, Sum};
use units::{CLOCK, DAY_BIT, DAYS, MONTH_BIT, SECOND_BIT, SECONDS, Unit, YEAR, YEAR_BIT};

use super::{HOUR, Interval, MINUTE};
use crate::error::Fault;
use crate::wire::trim;

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
                Some(word) => units::named(word)?,
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
