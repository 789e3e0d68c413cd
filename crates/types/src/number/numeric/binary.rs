//! The codecs, and the binary layout: counts and flags, then digits to base 10000 (`numeric_send`).

use alloc::vec::Vec;

use super::digits::Digits;
use super::{MAX_SCALE, Numeric, Sign, text};
use crate::error::Fault;
use crate::{Decode, DecodeError, Encode, EncodeError, Type, wire};

const POSITIVE: u16 = 0;
const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xc000;
const INFINITY: u16 = 0xd000;
const NEG_INFINITY: u16 = 0xf000;
/// What PostgreSQL puts in place of an infinity's scale; receivers ignore it.
const INFINITY_SCALE: u16 = 0x20;

impl Encode for Numeric {
    fn accepts(ty: Type) -> bool {
        ty == Type::NUMERIC
    }

    fn encode_text(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.append_text(out);
        Ok(())
    }

    fn encode_binary(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let (sign, scale) = match self.sign {
            Sign::Positive => (POSITIVE, self.scale),
            Sign::Negative => (NEGATIVE, self.scale),
            Sign::NaN => (NAN, 0),
            Sign::Infinity => (INFINITY, INFINITY_SCALE),
            Sign::NegInfinity => (NEG_INFINITY, INFINITY_SCALE),
        };
        let digits = self.digits.as_slice();
        let count = u16::try_from(digits.len()).map_err(|_| EncodeError::Range(Type::NUMERIC))?;
        let mut header = [0; 8];
        header[..2].copy_from_slice(&count.to_be_bytes());
        header[2..4].copy_from_slice(&self.weight.to_be_bytes());
        header[4..6].copy_from_slice(&sign.to_be_bytes());
        header[6..].copy_from_slice(&scale.to_be_bytes());
        out.reserve(8 + 2 * digits.len());
        out.extend_from_slice(&header);
        for digit in digits {
            out.extend_from_slice(&digit.to_be_bytes());
        }
        Ok(())
    }
}

impl Decode<'_> for Numeric {
    fn accepts(ty: Type) -> bool {
        ty == Type::NUMERIC
    }

    fn from_text(ty: Type, raw: &[u8]) -> Result<Self, DecodeError> {
        text::parse(raw).map_err(|fault| DecodeError::text(ty, fault, raw))
    }

    /// Zeros at either end and digits beyond the scale are dropped, as `numeric_recv` does.
    fn from_binary(ty: Type, mut raw: &[u8]) -> Result<Self, DecodeError> {
        let count = u16::from_be_bytes(wire::take(ty, &mut raw)?);
        let weight = i16::from_be_bytes(wire::take(ty, &mut raw)?);
        let sign = u16::from_be_bytes(wire::take(ty, &mut raw)?);
        let scale = u16::from_be_bytes(wire::take(ty, &mut raw)?);
        let fail = |fault| Err(DecodeError::new(ty, fault));
        let sign = match sign {
            POSITIVE => Sign::Positive,
            NEGATIVE => Sign::Negative,
            NAN => Sign::NaN,
            INFINITY => Sign::Infinity,
            NEG_INFINITY => Sign::NegInfinity,
            _ => return fail(Fault::Invalid("invalid sign in external \"numeric\" value")),
        };
        if scale > MAX_SCALE {
            return fail(Fault::Invalid(
                "invalid scale in external \"numeric\" value",
            ));
        }
        match raw.len().cmp(&(usize::from(count) * 2)) {
            core::cmp::Ordering::Less => return fail(Fault::Insufficient),
            core::cmp::Ordering::Greater => return fail(Fault::Malformed),
            core::cmp::Ordering::Equal => {}
        }
        let (pairs, _) = raw.as_chunks::<2>();
        if pairs.iter().any(|pair| u16::from_be_bytes(*pair) > 9999) {
            return fail(Fault::Invalid(
                "invalid digit in external \"numeric\" value",
            ));
        }
        if !matches!(sign, Sign::Positive | Sign::Negative) {
            return Ok(Self::special(sign));
        }
        Ok(trimmed(sign, scale, weight, pairs))
    }
}

fn trimmed(sign: Sign, scale: u16, weight: i16, mut pairs: &[[u8; 2]]) -> Numeric {
    // Decimals that the scale lets stand, counted from the first digit.
    let shown = (i64::from(weight) + 1) * 4 + i64::from(scale);
    let shown = usize::try_from(shown).unwrap_or(0);
    pairs = pairs.get(..shown.div_ceil(4)).unwrap_or(pairs);
    let cut = match shown % 4 {
        _ if pairs.len() * 4 <= shown => 1,
        1 => 1000,
        2 => 100,
        _ => 10,
    };
    let is_last = pairs.len();
    let value = |i: usize, pair: &[u8; 2]| {
        let digit = u16::from_be_bytes(*pair);
        if i + 1 == is_last {
            digit - digit % cut
        } else {
            digit
        }
    };
    let Some(first) = pairs
        .iter()
        .enumerate()
        .position(|(i, pair)| value(i, pair) != 0)
    else {
        return Numeric {
            scale,
            ..Numeric::ZERO
        };
    };
    let last = pairs
        .iter()
        .enumerate()
        .rposition(|(i, pair)| value(i, pair) != 0)
        .unwrap_or(first);
    let mut digits = Digits::zeroed(last - first + 1);
    for (digit, (i, pair)) in digits
        .as_mut_slice()
        .iter_mut()
        .zip(pairs.iter().enumerate().skip(first))
    {
        *digit = value(i, pair);
    }
    // Fewer than 65536 zeros are dropped, but the weight may be near its least already: so far below any scale that nothing
    // of the number was shown, and it was zero.
    let weight = i32::from(weight) - i32::try_from(first).unwrap_or(i32::MAX);
    match i16::try_from(weight) {
        Ok(weight) => Numeric {
            sign,
            scale,
            weight,
            digits,
        },
        Err(_) => Numeric {
            scale,
            ..Numeric::ZERO
        },
    }
}
