//! To and from the numbers of Rust.

use alloc::string::String;

use super::{MAX_SCALE, Numeric, Sign};

/// Decimals of the largest `u128`.
const U128_DIGITS: usize = 39;

pub(super) fn scaled(unscaled: i128, scale: u16) -> Option<Numeric> {
    if scale > MAX_SCALE {
        return None;
    }
    let mut decimal = [0; U128_DIGITS];
    let mut rest = unscaled.unsigned_abs();
    for digit in decimal.iter_mut().rev() {
        if rest == 0 {
            break;
        }
        #[allow(clippy::cast_possible_truncation, reason = "a remainder of ten")]
        let low = (rest % 10) as u8;
        *digit = low;
        rest /= 10;
    }
    let point = i64::try_from(U128_DIGITS).ok()? - i64::from(scale);
    Numeric::from_decimal(unscaled < 0, decimal.iter().copied(), point, scale)
}

macro_rules! from_integer {
    ($($rust:ty),*) => {$(
        impl From<$rust> for Numeric {
            fn from(n: $rust) -> Self {
                // 39 digits are far from what a numeric can hold.
                scaled(i128::from(n), 0).unwrap_or(Self::ZERO)
            }
        }
    )*};
}

from_integer!(i8, i16, i32, i64, i128, u8, u16, u32, u64);

/// The shortest decimal that reads back as the same number.
impl From<f64> for Numeric {
    fn from(x: f64) -> Self {
        if x.is_nan() {
            Self::NAN
        } else if x.is_infinite() {
            if x > 0.0 {
                Self::INFINITY
            } else {
                Self::NEG_INFINITY
            }
        } else {
            // 1e308 and 5e-324 are well inside the range.
            let mut buffer = zmij::Buffer::new();
            let text = buffer.format_finite(x);
            text.strip_suffix(".0")
                .unwrap_or(text)
                .parse()
                .unwrap_or(Self::ZERO)
        }
    }
}

impl Numeric {
    /// The value times 10^scale, if that fits: with [`scale`](Self::scale) the whole number.
    #[must_use]
    pub fn unscaled(&self) -> Option<i128> {
        if !self.is_finite() {
            return None;
        }
        let mut n = 0i128;
        for power in (0..=i32::from(self.weight.max(0))).rev() {
            n = n
                .checked_mul(10_000)?
                .checked_sub(i128::from(self.digit(power)))?;
        }
        let mut left = self.scale;
        let mut power = -1;
        while left > 0 {
            let (factor, digit) = match left {
                1 => (10, self.digit(power) / 1000),
                2 => (100, self.digit(power) / 100),
                3 => (1000, self.digit(power) / 10),
                _ => (10_000, self.digit(power)),
            };
            n = n.checked_mul(factor)?.checked_sub(i128::from(digit))?;
            left = left.saturating_sub(4);
            power -= 1;
        }
        if self.sign == Sign::Negative {
            Some(n)
        } else {
            n.checked_neg()
        }
    }

    /// The value as an integer, if it is one and fits.
    #[must_use]
    pub fn to_i128(&self) -> Option<i128> {
        let count = i32::try_from(self.digits.as_slice().len()).ok()?;
        let is_whole = self.digits.is_empty() || count <= i32::from(self.weight) + 1;
        if is_whole {
            Self {
                scale: 0,
                ..self.clone()
            }
            .unscaled()
        } else {
            None
        }
    }

    /// The value as an integer, if it is one and fits.
    #[must_use]
    pub fn to_i64(&self) -> Option<i64> {
        self.to_i128().and_then(|n| n.try_into().ok())
    }

    /// The nearest number in double precision; infinite if there is none.
    #[must_use]
    pub fn to_f64(&self) -> f64 {
        match self.sign {
            Sign::NaN => f64::NAN,
            Sign::Infinity => f64::INFINITY,
            Sign::NegInfinity => f64::NEG_INFINITY,
            // What PostgreSQL does, too.
            Sign::Negative | Sign::Positive => String::from(self).parse().unwrap_or(f64::NAN),
        }
    }
}
