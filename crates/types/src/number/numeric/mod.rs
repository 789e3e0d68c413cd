//! `numeric` (PostgreSQL docs 8.1.2): decimal numbers of up to 131072 digits before the point and 16383 after it.

mod binary;
mod convert;
mod digits;
mod order;
#[cfg(test)]
mod tests;
mod text;

use digits::Digits;

/// The most digits after the point.
const MAX_SCALE: u16 = 0x3fff;

/// An exact decimal number, `NaN` or one of the infinities, with the number of digits that it shows after its point.
///
/// Nothing is lost on the way from PostgreSQL and back. Up to 40 significant digits are held without allocation. Numbers are
/// equal by value, as in SQL: 1.0 is 1.00, `NaN` equals itself and is above all others.
///
/// A text of a few bytes (`1e131071`) may stand for many digits: the longest number prints as 147,457 bytes.
///
/// ```
/// use trunkline_types::Numeric;
///
/// let price: Numeric = "12345.6700".parse()?;
/// assert_eq!(price.scale(), 4);
/// assert_eq!(price.to_string(), "12345.6700");
/// assert_eq!(price, Numeric::new(1_234_567, 2).unwrap());
/// # Ok::<(), trunkline_types::DecodeError>(())
/// ```
#[derive(Clone)]
pub struct Numeric {
    sign: Sign,
    /// Digits after the point in text.
    scale: u16,
    /// The power of 10000 of the first digit.
    weight: i16,
    /// To base 10000, without zeros at either end. None at all for 0, `NaN` and the infinities, whose weight is 0.
    digits: Digits,
}

/// In their order, which is the numbers' too.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash)]
enum Sign {
    NegInfinity,
    Negative,
    Positive,
    Infinity,
    NaN,
}

impl Numeric {
    /// 0.
    pub const ZERO: Self = Self::special(Sign::Positive);
    /// Not a number.
    pub const NAN: Self = Self::special(Sign::NaN);
    /// Above every number; PostgreSQL 14 and later.
    pub const INFINITY: Self = Self::special(Sign::Infinity);
    /// Below every number; PostgreSQL 14 and later.
    pub const NEG_INFINITY: Self = Self::special(Sign::NegInfinity);

    const fn special(sign: Sign) -> Self {
        Self {
            sign,
            scale: 0,
            weight: 0,
            digits: Digits::EMPTY,
        }
    }

    /// `unscaled` / 10^`scale`, shown with `scale` digits after the point; `None` if those are more than 16383.
    #[must_use]
    pub fn new(unscaled: i128, scale: u16) -> Option<Self> {
        convert::scaled(unscaled, scale)
    }

    /// How many digits the number shows after its point.
    #[must_use]
    pub const fn scale(&self) -> u16 {
        self.scale
    }

    /// Whether it is `NaN`.
    #[must_use]
    pub fn is_nan(&self) -> bool {
        self.sign == Sign::NaN
    }

    /// Whether it is a number, neither `NaN` nor infinite.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        matches!(self.sign, Sign::Negative | Sign::Positive)
    }

    /// Whether it is below zero.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        matches!(self.sign, Sign::Negative | Sign::NegInfinity)
    }

    /// Whether it is 0.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.sign == Sign::Positive && self.digits.is_empty()
    }

    /// The number from decimal digits (values, not characters), `point` of which stand before the point. `None` if it is too
    /// large.
    fn from_decimal(
        is_negative: bool,
        decimal: impl Iterator<Item = u8> + Clone,
        point: i64,
        scale: u16,
    ) -> Option<Self> {
        let leading = decimal.clone().take_while(|d| *d == 0).count();
        let significant = decimal.skip(leading);
        let Some(last) = significant
            .clone()
            .enumerate()
            .filter(|(_, d)| *d != 0)
            .map(|(i, _)| i)
            .last()
        else {
            return Some(Self {
                scale,
                ..Self::ZERO
            });
        };
        let count = last + 1;
        let first = point - 1 - i64::try_from(leading).ok()?;
        let weight = i16::try_from(first.div_euclid(4)).ok()?;
        // Zeros before the first digit that fill up its group of four.
        let pad = usize::try_from(3 - first.rem_euclid(4)).ok()?;
        let mut digits = Digits::zeroed((pad + count).div_ceil(4));
        let groups = digits.as_mut_slice().iter_mut();
        let mut decimals = significant.take(count);
        let mut missing = pad;
        for group in groups {
            for _ in missing..4 {
                *group = *group * 10 + u16::from(decimals.next().unwrap_or(0));
            }
            missing = 0;
        }
        Some(Self {
            sign: if is_negative {
                Sign::Negative
            } else {
                Sign::Positive
            },
            scale,
            weight,
            digits,
        })
    }

    /// The digit of this power of 10000.
    #[inline]
    fn digit(&self, power: i32) -> u16 {
        usize::try_from(i32::from(self.weight) - power)
            .ok()
            .and_then(|i| self.digits.as_slice().get(i))
            .copied()
            .unwrap_or(0)
    }
}

impl Default for Numeric {
    fn default() -> Self {
        Self::ZERO
    }
}
