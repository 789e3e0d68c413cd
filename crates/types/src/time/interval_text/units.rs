//! What the numbers of an interval count.

use crate::error::Fault;
use crate::time::{HOUR, MINUTE, SECOND};

/// What a number counts. The fraction of one goes down to the next that divides it.
#[derive(Copy, Clone, Eq, PartialEq)]
pub(super) enum Unit {
    Months(i32),
    Days(i32),
    Micros(i64),
}

pub(super) const YEAR: Unit = Unit::Months(12);
pub(super) const DAYS: Unit = Unit::Days(1);
pub(super) const SECONDS: Unit = Unit::Micros(SECOND);

pub(super) const SECOND_BIT: u16 = 1 << 2;
pub(super) const DAY_BIT: u16 = 1 << 5;
pub(super) const MONTH_BIT: u16 = 1 << 7;
pub(super) const YEAR_BIT: u16 = 1 << 8;
/// The bits that a clock time sets.
pub(super) const CLOCK: u16 = 0b1_1100;

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

/// The unit of this name, and its bit.
pub(super) fn named(word: &[u8]) -> Result<(u16, Unit), Fault> {
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
