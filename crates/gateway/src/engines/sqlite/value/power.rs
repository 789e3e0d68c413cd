//! Roots, powers and logarithms of numerics, with as many digits as PostgreSQL shows.
//!
//! They are calculated as whole numbers of some decimal places more than are shown.

use bigdecimal::num_bigint::BigInt;
use bigdecimal::{BigDecimal, RoundingMode, Signed, ToPrimitive, Zero};
use trunkline_server::{Error, Result, SqlState};

use super::decimal::{self, Decimal, SHOWN, SIGNIFICANT, leading, overflow, places, scaled};

/// Decimal places that are calculated beyond those that are shown.
const GUARD: i64 = 20;
/// Decimal places that are calculated at most, which takes noticeable time.
const FINEST: i64 = 5000;
/// Bits of a whole power that is calculated exactly: twice those of a numeric with the most digits.
const EXACT: u64 = 1_000_000;
/// Places before the point that a numeric has at most.
const WIDEST: f64 = 131_072.0;
/// The powers of ten from which PostgreSQL takes e to a number, and powers that are not whole, for too large: e^6000.
const LARGEST: f64 = 6000.0 * std::f64::consts::LOG10_E;

/// The square root.
///
/// # Errors
///
/// 2201F of a negative number.
pub(crate) fn sqrt(text: &str) -> Result<String> {
    match Decimal::parse(text)? {
        Decimal::Finite(number) if number.is_negative() => Err(negative_root()),
        Decimal::NegInfinity => Err(negative_root()),
        Decimal::Finite(number) => {
            let (weight, _) = leading(&number);
            let scale = (SIGNIFICANT - ((weight + 1) * 2 - 1)).max(number.fractional_digit_count());
            Ok(decimal::plain(&root(&number, scale.clamp(0, SHOWN))))
        }
        other => Ok(other.text()),
    }
}

/// The square root with this many digits after the point.
pub(crate) fn root(number: &BigDecimal, scale: i64) -> BigDecimal {
    let fixed = fixed(number, 2 * (scale + 1));
    scaled(BigDecimal::new(whole_root(&fixed), scale + 1), scale)
}

/// The whole part of the root of a number that is not negative, to which each step gives twice the digits: one division of
/// the number's own length in all, where Newton's method takes one for each step.
fn whole_root(number: &BigInt) -> BigInt {
    let Some(half) = number.bits().checked_sub(1).map(|top| top / 2) else {
        return BigInt::zero();
    };
    let (mut root, mut known) = (BigInt::from(1), 0);
    for shift in (0..u64::BITS - half.leading_zeros()).rev() {
        let before = known;
        known = half >> shift;
        root =
            (&root << (known - before - 1)) + (number >> (2 * half - before - known + 1)) / &root;
    }
    if &root * &root > *number {
        root -= 1;
    }
    root
}

/// e to this power.
///
/// # Errors
///
/// 22003 when that is too large.
pub(crate) fn exp(text: &str) -> Result<String> {
    Ok(match Decimal::parse(text)? {
        Decimal::Finite(number) => {
            let weight = number.to_f64().unwrap_or(f64::NAN) * std::f64::consts::LOG10_E;
            let scale = scale_of(weight, LARGEST, number.fractional_digit_count())?;
            decimal::plain(&exponential(&number, scale, working(weight, scale)))
        }
        Decimal::NegInfinity => "0".to_owned(),
        other => other.text(),
    })
}

/// The natural logarithm.
///
/// # Errors
///
/// 2201E of zero and of negative numbers.
pub(crate) fn ln(text: &str) -> Result<String> {
    let Decimal::Finite(number) = positive(text)? else {
        return Ok(text.to_owned());
    };
    let scale = (SIGNIFICANT - weight_of_ln(&number)).max(number.fractional_digit_count());
    let scale = scale.clamp(0, SHOWN);
    let rounded = scaled(logarithm(&number, scale + GUARD), scale);
    Ok(decimal::plain(&rounded))
}

/// The logarithm to this base.
///
/// # Errors
///
/// 2201E of zero and of negative numbers; 22012 to the base 1.
pub(crate) fn log(base: &str, text: &str) -> Result<String> {
    let (base, number) = match (positive(base)?, positive(text)?) {
        (Decimal::Finite(base), Decimal::Finite(number)) => (base, number),
        (Decimal::Nan, _) | (_, Decimal::Nan) => return Ok("NaN".to_owned()),
        (Decimal::Infinity, Decimal::Infinity) => return Ok("NaN".to_owned()),
        (Decimal::Infinity, _) => return Ok("0".to_owned()),
        _ => return Ok("Infinity".to_owned()),
    };
    let (weight, base_weight) = (weight_of_ln(&number), weight_of_ln(&base));
    let scale = (SIGNIFICANT - (weight - base_weight))
        .max(base.fractional_digit_count())
        .max(number.fractional_digit_count())
        .clamp(0, SHOWN);
    // The smaller the divisor, the more of its places count, and of the quotient's own.
    let small = (-base_weight).max(0) + (weight - base_weight).max(0);
    let digits = (scale + GUARD + small).min(FINEST);
    let divisor = logarithm(&base, digits);
    if divisor.is_zero() {
        return Err(Error::new(SqlState::DIVISION_BY_ZERO, "division by zero"));
    }
    let quotient = decimal::quotient(&logarithm(&number, digits), &divisor, scale);
    Ok(decimal::plain(&quotient))
}

/// `base ^ exponent`.
///
/// # Errors
///
/// 2201F for what has no real value; 22003 when it is too large.
pub(crate) fn power(base: &BigDecimal, exponent: &BigDecimal) -> Result<BigDecimal> {
    if base.is_zero() && exponent.is_negative() {
        return Err(undefined_power());
    }
    if let Some(n) = exponent.to_i64().filter(|_| exponent.is_integer())
        && let Some(exact) = whole_power(base, n)?
    {
        return Ok(exact);
    }
    let odd = exponent.is_integer() && !(exponent % BigDecimal::from(2)).is_zero();
    if base.is_negative() && !exponent.is_integer() {
        return Err(complex_power());
    }
    if base.is_zero() {
        return Ok(scaled(BigDecimal::zero(), whole_scale(base)));
    }
    let size = base.abs();
    let factor = places(exponent).max(0);
    let natural = |digits: i64| {
        let digits = digits.saturating_add(factor).min(FINEST);
        scaled(logarithm(&size, digits) * exponent, digits)
    };
    let near = (-weight_of_ln(&size)).max(0);
    let rough = natural(2 * GUARD + near).to_f64().unwrap_or(f64::NAN);
    let weight = rough * std::f64::consts::LOG10_E;
    let wider = base
        .fractional_digit_count()
        .max(exponent.fractional_digit_count());
    let limit = if exponent.is_integer() {
        WIDEST
    } else {
        LARGEST
    };
    let scale = scale_of(weight, limit, wider)?;
    let result = match exponent.to_i64().filter(|_| exponent.is_integer()) {
        Some(n) => {
            let scale = whole_scale(base);
            rounded_power(&size, n, working(weight, scale), scale)
        }
        None => {
            let digits = working(weight, scale);
            exponential(&natural(digits), scale, digits.min(FINEST))
        }
    };
    Ok(if base.is_negative() && odd {
        -result
    } else {
        result
    })
}

pub(crate) fn complex_power() -> Error {
    Error::new(
        SqlState::INVALID_ARGUMENT_FOR_POWER_FUNCTION,
        "a negative number raised to a non-integer power yields a complex result",
    )
}

pub(crate) fn undefined_power() -> Error {
    Error::new(
        SqlState::INVALID_ARGUMENT_FOR_POWER_FUNCTION,
        "zero raised to a negative power is undefined",
    )
}

pub(crate) fn negative_root() -> Error {
    Error::new(
        SqlState::INVALID_ARGUMENT_FOR_POWER_FUNCTION,
        "cannot take square root of a negative number",
    )
}

pub(crate) fn no_logarithm(is_zero: bool) -> Error {
    let what = if is_zero { "zero" } else { "a negative number" };
    Error::new(
        SqlState::INVALID_ARGUMENT_FOR_LOGARITHM,
        format!("cannot take logarithm of {what}"),
    )
}

fn positive(text: &str) -> Result<Decimal> {
    match Decimal::parse(text)? {
        Decimal::Finite(number) if !number.is_positive() => Err(no_logarithm(number.is_zero())),
        Decimal::NegInfinity => Err(no_logarithm(false)),
        other => Ok(other),
    }
}

/// The digits after the point that PostgreSQL shows of a whole power.
fn whole_scale(base: &BigDecimal) -> i64 {
    SIGNIFICANT.max(base.fractional_digit_count()).min(SHOWN)
}

/// A small whole power, exactly, and rounded to what is shown; `None` when it is not small.
fn whole_power(base: &BigDecimal, n: i64) -> Result<Option<BigDecimal>> {
    let scale = whole_scale(base);
    if n != 0 && !base.is_zero() {
        // The power of ten of the result lies between these.
        let places = places(base);
        let (one, other) = (n.saturating_mul(places - 1), n.saturating_mul(places));
        #[allow(clippy::cast_precision_loss, reason = "it is held against a limit")]
        if one.min(other) as f64 > WIDEST {
            return Err(overflow());
        }
        if one.max(other) < -scale - 1 {
            return Ok(Some(BigDecimal::new(BigInt::zero(), scale)));
        }
    }
    let (digits, exponent) = base.normalized().into_bigint_and_exponent();
    let times = match u32::try_from(n.unsigned_abs()) {
        Ok(times) if digits.bits().saturating_mul(times.into()) <= EXACT => times,
        _ => return Ok(None),
    };
    let result = BigDecimal::new(digits.pow(times), exponent * i64::from(times));
    Ok(Some(if n < 0 {
        decimal::quotient(&BigDecimal::from(1), &result, scale)
    } else {
        scaled(result, scale)
    }))
}

/// A whole power of a positive number, of which so many digits are kept on the way.
fn rounded_power(base: &BigDecimal, n: i64, digits: i64, scale: i64) -> BigDecimal {
    // Four bits a digit, and those that the error of each step takes.
    let bits = u64::try_from(digits).unwrap_or(0) * 4 + 128;
    // As a mantissa and a power of two: to cut it is a shift.
    let cut = |mantissa: BigInt, exponent: i64| {
        let over = mantissa.bits().saturating_sub(bits);
        (mantissa >> over, exponent.saturating_add_unsigned(over))
    };
    let (top, places) = base.as_bigint_and_exponent();
    let bottom = BigInt::from(10).pow(u32::try_from(places).unwrap_or(0));
    let (top, bottom) = if n < 0 { (bottom, top) } else { (top, bottom) };
    let shift = (bits + bottom.bits()).saturating_sub(top.bits()) + 1;
    let exponent = -i64::try_from(shift).unwrap_or(i64::MAX);
    let mut square = cut((top << shift) / bottom, exponent);
    let (mut left, mut result) = (n.unsigned_abs(), (BigInt::from(1), 0_i64));
    while left > 0 {
        if left & 1 == 1 {
            result = cut(&result.0 * &square.0, result.1.saturating_add(square.1));
        }
        left >>= 1;
        if left > 0 {
            square = cut(&square.0 * &square.0, square.1.saturating_mul(2));
        }
    }
    let (mantissa, exponent) = result;
    let places = scale + 1;
    let shown = mantissa * BigInt::from(10).pow(u32::try_from(places).unwrap_or(0));
    let shown = if exponent < 0 {
        shown >> exponent.unsigned_abs()
    } else {
        shown << exponent
    };
    scaled(BigDecimal::new(shown, places), scale)
}

/// Digits to calculate for a result of this decimal weight that shows so many after the point.
fn working(weight: f64, scale: i64) -> i64 {
    #[allow(
        clippy::cast_possible_truncation,
        reason = "it is held against the limits"
    )]
    let before = weight.clamp(0.0, WIDEST) as i64;
    before + scale + GUARD
}

/// The digits after the point for a result of this decimal weight: sixteen significant ones, and no fewer than the operands show.
fn scale_of(weight: f64, limit: f64, operands: i64) -> Result<i64> {
    if weight >= limit || weight.is_nan() {
        return Err(overflow());
    }
    #[allow(
        clippy::cast_possible_truncation,
        reason = "it is held against the limits"
    )]
    let weight = weight.max(-16383.0) as i64;
    Ok((SIGNIFICANT - weight).max(operands).clamp(0, SHOWN))
}

/// The decimal weight of the natural logarithm, as PostgreSQL estimates it.
fn weight_of_ln(number: &BigDecimal) -> i64 {
    let off = number - BigDecimal::from(1);
    if off.is_zero() {
        return 0;
    }
    let near = off.abs() <= BigDecimal::new(1.into(), 1);
    let size = if near {
        let (digits, exponent) = off.as_bigint_and_exponent();
        let count = i64::try_from(digits.abs().to_string().len()).unwrap_or(i64::MAX);
        return count - exponent - 1;
    } else {
        logarithm(number, 2 * GUARD)
            .to_f64()
            .unwrap_or(1.0)
            .abs()
            .log10()
    };
    #[allow(
        clippy::cast_possible_truncation,
        reason = "the logarithm of a logarithm is small"
    )]
    let weight = size as i64;
    weight
}

/// One, with so many decimal places.
fn one(digits: i64) -> BigInt {
    BigInt::from(10).pow(u32::try_from(digits).unwrap_or(0))
}

/// As a whole number of `places` decimal places.
fn fixed(number: &BigDecimal, places: i64) -> BigInt {
    number
        .with_scale_round(places, RoundingMode::Down)
        .as_bigint_and_exponent()
        .0
}

/// The natural logarithm of ten, to nearly so many places.
fn ln_10(one: &BigInt) -> BigInt {
    // 46 · artanh(1/31) + 34 · artanh(1/49) + 20 · artanh(1/161)
    let artanh = |n: u32| {
        let mut term = one / n;
        let (mut sum, mut odd) = (term.clone(), 1_u32);
        while !term.is_zero() {
            term /= n * n;
            odd += 2;
            sum += &term / odd;
        }
        sum
    };
    artanh(31) * 46 + artanh(49) * 34 + artanh(161) * 20
}

/// The natural logarithm of a positive number, to nearly so many places.
fn logarithm(number: &BigDecimal, places: i64) -> BigDecimal {
    let (digits, exponent) = number.as_bigint_and_exponent();
    let count = i64::try_from(digits.to_string().len()).unwrap_or(i64::MAX);
    // number = mantissa · 10^tens, the mantissa from 1 to 10.
    let tens = count - exponent - 1;
    let mut mantissa = fixed(&BigDecimal::new(digits, count - 1), places);
    let one = one(places);
    // Each root halves the logarithm; after five, the series converges fast. A number near one has need of none.
    let mut halvings = 0_u32;
    while &mantissa - &one > &one / 10 {
        mantissa = whole_root(&(mantissa * &one));
        halvings += 1;
    }
    // ln m = 2 · artanh((m − 1) / (m + 1))
    let y = (&mantissa - &one) * &one / (&mantissa + &one);
    let square = &y * &y / &one;
    let (mut term, mut sum, mut n) = (y.clone(), y, 1_u32);
    while !term.is_zero() {
        term = term * &square / &one;
        n += 2;
        sum += &term / n;
    }
    let natural = sum * 2 * BigInt::from(2).pow(halvings) + ln_10(&one) * tens;
    BigDecimal::new(natural, places)
}

/// e to this power, with `scale` digits after the point, calculated with so many digits.
fn exponential(power: &BigDecimal, scale: i64, digits: i64) -> BigDecimal {
    let one = one(digits);
    let x = fixed(power, digits);
    // power = tens · ln 10 + rest
    let ln_10 = ln_10(&one);
    let (mut tens, mut rest) = (&x / &ln_10, &x % &ln_10);
    if rest.is_negative() {
        tens -= 1;
        rest += ln_10;
    }
    let (mut term, mut sum, mut n) = (one.clone(), one.clone(), 0_u32);
    while !term.is_zero() {
        n += 1;
        term = term * &rest / &one / n;
        sum += &term;
    }
    let tens = tens.to_i64().unwrap_or(i64::MIN);
    // Too small to be seen, and it may be so by any number of digits.
    if tens < -scale - 2 {
        return BigDecimal::new(BigInt::zero(), scale);
    }
    scaled(BigDecimal::new(sum, digits - tens), scale)
}

#[cfg(test)]
mod tests;
