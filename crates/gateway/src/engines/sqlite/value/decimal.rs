//! Arithmetic on numerics, which are stored as text.

use std::str::FromStr;

use bigdecimal::num_bigint::BigInt;
use bigdecimal::{BigDecimal, RoundingMode, Signed, ToPrimitive, Zero};
use trunkline_server::{Error, Result, SqlState};

/// Digits after the point that PostgreSQL keeps at least in a quotient.
pub(super) const SIGNIFICANT: i64 = 16;
/// Digits after the point that PostgreSQL shows at most of what it rounds: quotients, roots, powers and logarithms.
pub(super) const SHOWN: i64 = 1000;
/// Digits before the point that a numeric has at most.
const WIDEST: i64 = 131_072;
/// Digits after the point that a numeric has at most.
const FINEST: i64 = 16_383;

/// A stored numeric.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Decimal {
    Finite(BigDecimal),
    Nan,
    Infinity,
    NegInfinity,
}

impl Decimal {
    /// # Errors
    ///
    /// 22P02 for what is no number; 22003 for one beyond PostgreSQL's limits.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        Ok(match text {
            "NaN" => Self::Nan,
            "Infinity" => Self::Infinity,
            "-Infinity" => Self::NegInfinity,
            _ => match BigDecimal::from_str(text) {
                Ok(number) => Self::Finite(bounded(number)?),
                Err(_) => {
                    let message = format!("invalid input syntax for type numeric: \"{text}\"");
                    return Err(Error::new(SqlState::INVALID_TEXT_REPRESENTATION, message));
                }
            },
        })
    }

    pub(crate) fn text(&self) -> String {
        match self {
            Self::Finite(number) => plain(number),
            Self::Nan => "NaN".to_owned(),
            Self::Infinity => "Infinity".to_owned(),
            Self::NegInfinity => "-Infinity".to_owned(),
        }
    }

    /// The sum, which is held against no limit, so that one beyond it may come back; see [`limited`](Self::limited).
    pub(crate) fn plus(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Finite(l), Self::Finite(r)) => {
                let wider = l.fractional_digit_count().max(r.fractional_digit_count());
                Self::Finite(scaled(l + r, wider))
            }
            _ => Self::from_f64(self.to_f64() + other.to_f64()),
        }
    }

    /// # Errors
    ///
    /// 22003 beyond PostgreSQL's limits.
    pub(crate) fn limited(self) -> Result<Self> {
        match self {
            Self::Finite(number) => bounded(number).map(Self::Finite),
            other => Ok(other),
        }
    }

    fn to_f64(&self) -> f64 {
        match self {
            Self::Finite(number) => number.to_f64().unwrap_or(f64::NAN),
            Self::Nan => f64::NAN,
            Self::Infinity => f64::INFINITY,
            Self::NegInfinity => f64::NEG_INFINITY,
        }
    }

    fn from_f64(number: f64) -> Self {
        if number.is_nan() {
            Self::Nan
        } else if number.is_infinite() {
            if number > 0.0 {
                Self::Infinity
            } else {
                Self::NegInfinity
            }
        } else {
            BigDecimal::from_str(&number.to_string()).map_or(Self::Nan, Self::Finite)
        }
    }
}

/// Within PostgreSQL's limits, and with a scale that is not negative.
///
/// # Errors
///
/// 22003 for more than 131,072 digits before the point. Digits after the 16,383rd behind it are rounded off.
pub(super) fn bounded(number: BigDecimal) -> Result<BigDecimal> {
    let scale = number.fractional_digit_count();
    if number.is_zero() {
        return Ok(BigDecimal::new(BigInt::zero(), scale.clamp(0, FINEST)));
    }
    let places = places(&number);
    if places > WIDEST {
        return Err(overflow());
    }
    // Less than half of the last digit; to round it would take as many digits as its scale says.
    if places < -FINEST {
        return Ok(BigDecimal::new(BigInt::zero(), FINEST));
    }
    match scale {
        ..0 => Ok(number.with_scale(0)),
        0..=FINEST => Ok(number),
        // Nines may carry over the limit.
        _ => bounded(scaled(number, FINEST)),
    }
}

/// Digits before the point; the zeros behind it when that is negative.
pub(super) fn places(number: &BigDecimal) -> i64 {
    let digits = i64::try_from(number.digits()).unwrap_or(i64::MAX);
    digits.saturating_sub(number.fractional_digit_count())
}

pub(super) fn overflow() -> Error {
    Error::new(
        SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
        "value overflows numeric format",
    )
}

/// With this many digits after the point, of which the last may be zeros.
pub(super) fn scaled(number: BigDecimal, scale: i64) -> BigDecimal {
    number.with_scale_round(scale, RoundingMode::HalfUp)
}

/// Never with an exponent; the scale is never negative.
pub(super) fn plain(number: &BigDecimal) -> String {
    let number = if number.fractional_digit_count() < 0 {
        number.with_scale(0)
    } else {
        number.clone()
    };
    number.to_plain_string()
}

/// `left op right` on stored numerics.
///
/// # Errors
///
/// 22012 for a division by zero; 22003 for a result beyond PostgreSQL's limits.
pub(crate) fn calculate(left: &str, op: &str, right: &str) -> Result<String> {
    let (l, r) = (Decimal::parse(left)?, Decimal::parse(right)?);
    let zero = matches!(&r, Decimal::Finite(r) if r.is_zero());
    if zero && matches!(op, "/" | "%") && l != Decimal::Nan {
        return Err(Error::new(SqlState::DIVISION_BY_ZERO, "division by zero"));
    }
    let result = match (&l, &r) {
        (Decimal::Finite(l), Decimal::Finite(r)) => {
            let (ls, rs) = (
                l.fractional_digit_count().max(0),
                r.fractional_digit_count().max(0),
            );
            let wider = ls.max(rs);
            Decimal::Finite(bounded(match op {
                "+" => scaled(l + r, wider),
                "-" => scaled(l - r, wider),
                "*" => product(l, r)?,
                "/" => divide(l, r),
                "%" => scaled(l % r, wider),
                _ => super::power::power(l, r)?,
            })?)
        }
        // The rules of the infinities are those of floats.
        _ => {
            let (a, b) = (l.to_f64(), r.to_f64());
            Decimal::from_f64(match op {
                "+" => a + b,
                "-" => a - b,
                "*" => a * b,
                "/" => a / b,
                "%" => a % b,
                _ => a.powf(b),
            })
        }
    };
    Ok(result.text())
}

/// Exact, with the digits that both operands have after the point.
fn product(left: &BigDecimal, right: &BigDecimal) -> Result<BigDecimal> {
    // It has as many digits before the point as both together, or one fewer.
    if !left.is_zero() && !right.is_zero() && places(left) + places(right) - 1 > WIDEST {
        return Err(overflow());
    }
    let scale = left.fractional_digit_count() + right.fractional_digit_count();
    Ok(scaled(left * right, scale))
}

/// A quotient with PostgreSQL's number of digits: at least sixteen significant ones, and no fewer than either operand shows.
pub(crate) fn divide(left: &BigDecimal, right: &BigDecimal) -> BigDecimal {
    quotient(left, right, quotient_scale(left, right))
}

/// The digits after the point of a quotient.
pub(crate) fn quotient_scale(left: &BigDecimal, right: &BigDecimal) -> i64 {
    let (lw, lf) = leading(left);
    let (rw, rf) = leading(right);
    let weight = if lf <= rf { lw - rw - 1 } else { lw - rw };
    (SIGNIFICANT - weight * 4)
        .max(left.fractional_digit_count())
        .max(right.fractional_digit_count())
        .clamp(0, SHOWN)
}

/// A quotient with this many digits after the point.
pub(super) fn quotient(left: &BigDecimal, right: &BigDecimal, scale: i64) -> BigDecimal {
    // Integers: left · 10^(scale + rs − ls) / right, rounded half away from zero.
    let (ln, ls) = left.as_bigint_and_exponent();
    let (rn, rs) = right.as_bigint_and_exponent();
    let shift = scale + rs - ls;
    let ten = |n: i64| BigInt::from(10).pow(u32::try_from(n).unwrap_or(0));
    let (numerator, denominator) = if shift >= 0 {
        (ln * ten(shift), rn)
    } else {
        (ln, rn * ten(-shift))
    };
    let doubled: BigInt = numerator.abs() * 2 + denominator.abs();
    let mut quotient: BigInt = doubled / (denominator.abs() * 2);
    if numerator.is_negative() != denominator.is_negative() {
        quotient = -quotient;
    }
    BigDecimal::new(quotient, scale)
}

/// The variance of `count` values, or its root, from their sum and the sum of their squares.
///
/// # Errors
///
/// 22003 for a result beyond PostgreSQL's limits.
pub(crate) fn spread(
    count: u64,
    divisor: u64,
    sum: &BigDecimal,
    squares: &BigDecimal,
    root: bool,
) -> Result<String> {
    let difference = squares * BigDecimal::from(count) - sum.square();
    if !difference.is_positive() {
        return Ok("0".to_owned());
    }
    let divisor = BigDecimal::from(count) * BigDecimal::from(divisor);
    let scale = quotient_scale(&difference, &divisor);
    let variance = quotient(&difference, &divisor, scale);
    let result = if root {
        super::power::root(&variance, scale)
    } else {
        variance
    };
    Ok(plain(&bounded(result)?))
}

/// The power of 10000 of a number's first base-10000 digit, and that digit.
pub(super) fn leading(number: &BigDecimal) -> (i64, i64) {
    let (digits, exponent) = number.as_bigint_and_exponent();
    let digits = digits.abs().to_string();
    if digits == "0" {
        return (0, 0);
    }
    let count = i64::try_from(digits.len()).unwrap_or(i64::MAX);
    // The decimal place of the first digit, counted from the point.
    let place = count - exponent - 1;
    let weight = place.div_euclid(4);
    let take = usize::try_from(place.rem_euclid(4) + 1).unwrap_or(1);
    let padded = format!("{digits:0<4}");
    let first = padded.get(..take).and_then(|d| d.parse().ok()).unwrap_or(0);
    (weight, first)
}

/// The whole part of a quotient.
///
/// # Errors
///
/// 22012 for a division by zero; 22003 for a result beyond PostgreSQL's limits.
pub(crate) fn whole_quotient(left: &str, right: &str) -> Result<String> {
    match (Decimal::parse(left)?, Decimal::parse(right)?) {
        (Decimal::Finite(l), Decimal::Finite(r)) if !r.is_zero() => {
            let ((ln, ls), (rn, rs)) = (l.as_bigint_and_exponent(), r.as_bigint_and_exponent());
            let ten = |n: i64| BigInt::from(10).pow(u32::try_from(n).unwrap_or(0));
            let whole = ln * ten((rs - ls).max(0)) / (rn * ten((ls - rs).max(0)));
            Ok(plain(&bounded(BigDecimal::new(whole, 0))?))
        }
        _ => truncate(&calculate(left, "/", right)?, 0),
    }
}

/// Rounded half away from zero to this many digits after the point; negative ones count to the left.
pub(crate) fn round(text: &str, places: i64) -> Result<String> {
    with_scale(text, places, RoundingMode::HalfUp)
}

/// Cut to this many digits after the point.
pub(crate) fn truncate(text: &str, places: i64) -> Result<String> {
    with_scale(text, places, RoundingMode::Down)
}

/// −1, 0 or 1.
pub(crate) fn sign(text: &str) -> Result<String> {
    Ok(match Decimal::parse(text)? {
        Decimal::Finite(number) if number.is_zero() => "0",
        Decimal::Finite(number) if number.is_negative() => "-1",
        Decimal::Finite(_) | Decimal::Infinity => "1",
        Decimal::NegInfinity => "-1",
        Decimal::Nan => "NaN",
    }
    .to_owned())
}

pub(crate) fn ceiling(text: &str) -> Result<String> {
    with_scale(text, 0, RoundingMode::Ceiling)
}

pub(crate) fn floor(text: &str) -> Result<String> {
    with_scale(text, 0, RoundingMode::Floor)
}

fn with_scale(text: &str, places: i64, mode: RoundingMode) -> Result<String> {
    Ok(match Decimal::parse(text)? {
        Decimal::Finite(number) => {
            let rounded = number.with_scale_round(places.clamp(-WIDEST, FINEST), mode);
            plain(&bounded(rounded)?)
        }
        other => other.text(),
    })
}

/// Rounded to a column's scale and held against its precision.
///
/// # Errors
///
/// 22003 `numeric field overflow`.
pub(crate) fn fit(text: &str, precision: i32, scale: i32) -> Result<String> {
    let overflow = |limit: i32| {
        Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "numeric field overflow").detail(format!(
            "A field with precision {precision}, scale {scale} must round to an absolute value less than 10^{limit}."
        ))
    };
    match Decimal::parse(text)? {
        Decimal::Finite(number) => {
            let rounded = number.with_scale_round(i64::from(scale), RoundingMode::HalfUp);
            let (digits, exponent) = rounded.as_bigint_and_exponent();
            let length = if digits.is_zero() {
                0
            } else {
                i64::try_from(digits.abs().to_string().len()).unwrap_or(i64::MAX)
            };
            if length - exponent > i64::from(precision - scale) {
                return Err(overflow(precision - scale));
            }
            Ok(plain(&rounded))
        }
        Decimal::Nan => Ok("NaN".to_owned()),
        _ => Err(Error::new(
            SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
            "numeric field overflow",
        )
        .detail(format!(
            "A field with precision {precision}, scale {scale} cannot hold an infinite value."
        ))),
    }
}

#[cfg(test)]
mod tests;
