//! `rust_decimal::Decimal` is `numeric`: every one of them can be written, and those of up to 28 digits be read.

use ::rust_decimal::Decimal;

use super::by_way_of;
use crate::Numeric;

by_way_of!(Decimal, Numeric, NUMERIC, to, from);

fn to(decimal: &Decimal) -> Option<Numeric> {
    Numeric::new(decimal.mantissa(), u16::try_from(decimal.scale()).ok()?)
}

/// Exactly or not at all.
fn from(number: Numeric) -> Option<Decimal> {
    Decimal::try_from_i128_with_scale(number.unscaled()?, number.scale().into()).ok()
}
