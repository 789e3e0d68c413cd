//! Numbers as text: `-12.3400`, `1.5e3`, `NaN`, `Infinity`.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::{self, FromStr};

use super::{MAX_SCALE, Numeric, Sign};
use crate::error::Fault;
use crate::number::PAIRS;
use crate::{Decode, DecodeError, Type, wire};

/// Exponents beyond this overflow whatever they multiply.
const MAX_EXPONENT: i64 = 1_000_000_000;

impl Numeric {
    /// As PostgreSQL prints it: no exponent, `scale` digits after the point.
    pub(super) fn append_text(&self, out: &mut Vec<u8>) {
        match self.sign {
            Sign::NaN => return out.extend_from_slice(b"NaN"),
            Sign::Infinity => return out.extend_from_slice(b"Infinity"),
            Sign::NegInfinity => return out.extend_from_slice(b"-Infinity"),
            Sign::Negative => out.push(b'-'),
            Sign::Positive => {}
        }
        out.reserve(
            usize::from(self.weight.max(0).unsigned_abs()) * 4 + usize::from(self.scale) + 9,
        );
        if self.weight < 0 || self.digits.is_empty() {
            out.push(b'0');
        } else {
            let first = four(self.digit(i32::from(self.weight)));
            let zeros = first.iter().take(3).take_while(|b| **b == b'0').count();
            out.extend_from_slice(&first[zeros..]);
            for power in (0..i32::from(self.weight)).rev() {
                out.extend_from_slice(&four(self.digit(power)));
            }
        }
        if self.scale == 0 {
            return;
        }
        out.push(b'.');
        let end = out.len() + usize::from(self.scale);
        for power in 1..=i32::from(self.scale.div_ceil(4)) {
            out.extend_from_slice(&four(self.digit(-power)));
        }
        out.truncate(end);
    }
}

/// A digit to base 10000 as four decimals.
#[inline]
fn four(digit: u16) -> [u8; 4] {
    let high = digit / 100;
    let [a, b] = PAIRS[usize::from(high)];
    let [c, d] = PAIRS[usize::from(digit - high * 100)];
    [a, b, c, d]
}

impl fmt::Display for Numeric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::new();
        self.append_text(&mut text);
        f.pad(str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for Numeric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<&Numeric> for String {
    fn from(number: &Numeric) -> Self {
        let mut text = Vec::new();
        number.append_text(&mut text);
        Self::from_utf8(text).unwrap_or_default()
    }
}

/// As PostgreSQL reads it: blanks around, a sign, an exponent, `_` between digits.
impl FromStr for Numeric {
    type Err = DecodeError;

    fn from_str(text: &str) -> Result<Self, DecodeError> {
        Self::from_text(Type::NUMERIC, text.as_bytes())
    }
}

pub(super) fn parse(raw: &[u8]) -> Result<Numeric, Fault> {
    let text = wire::trim(raw);
    let (is_negative, number) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if !number
        .first()
        .is_some_and(|b| b.is_ascii_digit() || *b == b'.')
    {
        return special(text, number, is_negative);
    }
    let (number, exponent) = match number.iter().position(|b| matches!(b, b'e' | b'E')) {
        Some(at) => {
            let (number, exponent) = number.split_at_checked(at).ok_or(Fault::Syntax)?;
            (
                number,
                parse_exponent(exponent.get(1..).unwrap_or_default())?,
            )
        }
        None => (number, 0),
    };
    let (before, after) = match number.iter().position(|b| *b == b'.') {
        Some(at) => {
            let (before, after) = number.split_at_checked(at).ok_or(Fault::Syntax)?;
            (before, after.get(1..).unwrap_or_default())
        }
        None => (number, &number[..0]),
    };
    let (before_count, after_count) = (count_digits(before)?, count_digits(after)?);
    if before_count + after_count == 0 {
        return Err(Fault::Syntax);
    }
    let scale = u16::try_from((after_count - exponent).max(0))
        .ok()
        .filter(|scale| *scale <= MAX_SCALE);
    let decimal = before
        .iter()
        .chain(after)
        .filter(|b| **b != b'_')
        .map(|b| b - b'0');
    scale
        .and_then(|scale| {
            Numeric::from_decimal(is_negative, decimal, before_count + exponent, scale)
        })
        .ok_or(Fault::Range)
}

fn special(text: &[u8], number: &[u8], is_negative: bool) -> Result<Numeric, Fault> {
    // NaN has no sign.
    if text.eq_ignore_ascii_case(b"NaN") {
        return Ok(Numeric::NAN);
    }
    if !number.eq_ignore_ascii_case(b"Infinity") && !number.eq_ignore_ascii_case(b"inf") {
        return Err(Fault::Syntax);
    }
    Ok(if is_negative {
        Numeric::NEG_INFINITY
    } else {
        Numeric::INFINITY
    })
}

/// Digits with single underscores between them.
fn count_digits(text: &[u8]) -> Result<i64, Fault> {
    let mut count = 0;
    let mut may_underscore = false;
    for b in text {
        match b {
            b'0'..=b'9' => {
                count += 1;
                may_underscore = true;
            }
            b'_' if may_underscore => may_underscore = false,
            _ => return Err(Fault::Syntax),
        }
    }
    if text.is_empty() || may_underscore {
        Ok(count)
    } else {
        Err(Fault::Syntax)
    }
}

fn parse_exponent(text: &[u8]) -> Result<i64, Fault> {
    let (is_negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if count_digits(digits)? == 0 {
        return Err(Fault::Syntax);
    }
    let mut exponent = 0;
    for b in digits.iter().filter(|b| **b != b'_') {
        exponent = (exponent * 10 + i64::from(b - b'0')).min(MAX_EXPONENT);
    }
    Ok(if is_negative { -exponent } else { exponent })
}
