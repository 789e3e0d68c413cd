//! `real` and `double precision` (PostgreSQL docs 8.1.3), in text as `extra_float_digits` = 1 prints them: the
//! shortest digits that read back as the same number, with an exponent from 10¹⁵ (`real`: 10⁶) up and below 10⁻⁴.

use alloc::vec::Vec;
use core::str;

use super::digits::text_field;
use super::shortest::{Binary, Shortest};
use crate::error::Fault;
use crate::{Decode, DecodeError, Encode, EncodeError, Type, wire};

/// `$least..$above` is where there is no exponent.
macro_rules! float {
    ($rust:ty, $ty:ident, $size:literal, $field:literal, $least:literal, $above:literal, $plain:ident, $rare:ident) => {
        impl Encode for $rust {
            fn accepts(ty: Type) -> bool {
                ty == Type::$ty
            }

            #[inline]
            fn encode_text(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                let mut buffer = zmij::Buffer::new();
                match $plain(*self, &mut buffer) {
                    Some(text) => out.extend_from_slice(text),
                    None => $rare(*self, out),
                }
                Ok(())
            }

            #[inline]
            fn encode_binary(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                let value = if self.is_nan() { Self::NAN } else { *self };
                out.extend_from_slice(&value.to_be_bytes());
                Ok(())
            }

            #[inline]
            fn field_text(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                let mut buffer = zmij::Buffer::new();
                let Some(text) = $plain(*self, &mut buffer) else {
                    return wire::field(out, |out| {
                        $rare(*self, out);
                        Ok(())
                    });
                };
                text_field(text, out);
                Ok(())
            }

            #[inline]
            fn field_binary(&self, _: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                // There is one NaN in PostgreSQL, whatever bits this one has.
                let value = if self.is_nan() { Self::NAN } else { *self };
                let mut field = [0; $field];
                field[3] = $size;
                field[4..].copy_from_slice(&value.to_be_bytes());
                out.extend_from_slice(&field);
                Ok(())
            }
        }

        impl Decode<'_> for $rust {
            fn accepts(ty: Type) -> bool {
                ty == Type::$ty
            }

            fn from_text(ty: Type, raw: &[u8]) -> Result<Self, DecodeError> {
                let fail = |fault| DecodeError::text(ty, fault, raw);
                let text = str::from_utf8(wire::trim(raw)).map_err(|_| fail(Fault::Syntax))?;
                let value: Self = text.parse().map_err(|_| fail(Fault::Syntax))?;
                // Too large or too small a number must not become infinity or zero.
                let is_number = text.bytes().any(|b| b.is_ascii_digit());
                if is_number && (value.is_infinite() || value == 0.0 && !is_zero(text)) {
                    return Err(fail(Fault::Range));
                }
                Ok(value)
            }

            #[inline]
            fn from_binary(ty: Type, raw: &[u8]) -> Result<Self, DecodeError> {
                wire::exact(ty, raw).map(Self::from_be_bytes)
            }
        }

        /// The text of a number that has no exponent in it.
        #[inline]
        fn $plain(value: $rust, buffer: &mut zmij::Buffer) -> Option<&[u8]> {
            // The bits of numbers above zero sort as they do; the shift drops the sign.
            const LEAST: u64 = ($least as $rust).to_bits() as u64;
            const ABOVE: u64 = ($above as $rust).to_bits() as u64;
            if u64::from(value.abs().to_bits()).wrapping_sub(LEAST) >= ABOVE - LEAST {
                return None;
            }
            match buffer.format_finite(value).as_bytes() {
                [text @ .., b'.', b'0'] => Some(text),
                text => Some(text),
            }
        }

        #[cold]
        #[inline(never)]
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_possible_wrap,
            reason = "11 bits of exponent"
        )]
        fn $rare(value: $rust, out: &mut Vec<u8>) {
            const FRACTION: u32 = <$rust>::MANTISSA_DIGITS - 1;
            if !value.is_finite() || value == 0.0 {
                return out.extend_from_slice(special(f64::from(value)));
            }
            let magnitude = value.abs();
            let bits = magnitude.to_bits();
            let exponent = (bits >> FRACTION) as i32;
            let fraction = u64::from(bits) & ((1 << FRACTION) - 1);
            // Numbers below the normal range have no hidden bit, and the exponent of the least normal one.
            let hidden = u64::from(exponent > 0) << FRACTION;
            let binary = Binary {
                significand: hidden | fraction,
                exponent: exponent.max(1) - <$rust>::MAX_EXP - FRACTION as i32 + 1,
                is_power: fraction == 0,
            };
            Shortest::new(zmij::Buffer::new().format_finite(magnitude))
                .off_the_bound(&binary, f64::from(magnitude), |text| {
                    text.parse() == Ok(magnitude)
                })
                .write_scientific(value.is_sign_negative(), out);
        }
    };
}

float!(f32, FLOAT4, 4, 8, 1e-4, 1e6, plain_f32, rare_f32);
float!(f64, FLOAT8, 8, 12, 1e-4, 1e15, plain_f64, rare_f64);

/// Zeros, infinities and `NaN`.
fn special(value: f64) -> &'static [u8] {
    match value {
        0.0 if value.is_sign_negative() => b"-0",
        0.0 => b"0",
        f64::INFINITY => b"Infinity",
        f64::NEG_INFINITY => b"-Infinity",
        _ => b"NaN",
    }
}

/// Whether the digits before the exponent are all zeros.
fn is_zero(text: &str) -> bool {
    !text
        .bytes()
        .take_while(|b| !matches!(b, b'e' | b'E'))
        .any(|b| matches!(b, b'1'..=b'9'))
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::float_cmp,
        reason = "a panic is the failure report of a test"
    )]

    use alloc::string::String;

    use super::*;

    fn text(value: impl Encode) -> String {
        let mut out = Vec::new();
        value.field_text(Type::FLOAT8, &mut out).unwrap();
        assert_eq!(
            out[..4],
            u32::try_from(out.len() - 4).unwrap().to_be_bytes()
        );
        String::from_utf8(out.split_off(4)).unwrap()
    }

    #[test]
    fn prints_as_postgresql() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (-1.5, "-1.5"),
            (0.1, "0.1"),
            (1e-4, "0.0001"),
            (1e-5, "1e-05"),
            (-1.25e-5, "-1.25e-05"),
            (1e14, "100000000000000"),
            (999_999_999_999_999.9, "999999999999999.9"),
            (1e15, "1e+15"),
            (1e20, "1e+20"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
            // PostgreSQL avoids decimals halfway between two numbers: libraries that read them wrong exist.
            (1e23, "9.999999999999999e+22"),
            (9_007_199_254_740_993.0, "9.007199254740992e+15"),
        ] {
            assert_eq!(text(value), expected);
        }
        for (value, expected) in [
            (0.1f32, "0.1"),
            (999_999.0, "999999"),
            (1e6, "1e+06"),
            (1e-4, "0.0001"),
            (1e-5, "1e-05"),
            (8_388_608.0, "8.388608e+06"),
            (1e-45, "1e-45"),
            (f32::MAX, "3.4028235e+38"),
        ] {
            assert_eq!(text(value), expected);
        }
    }

    #[test]
    fn reads_what_postgresql_reads() {
        for (text, value) in [
            (" 1 ", 1.0),
            ("1e3", 1000.0),
            (".5", 0.5),
            ("5.", 5.0),
            ("inf", f64::INFINITY),
            ("-Infinity", f64::NEG_INFINITY),
            ("0e-999", 0.0),
        ] {
            assert_eq!(
                f64::from_text(Type::FLOAT8, text.as_bytes()).unwrap(),
                value,
                "{text}"
            );
        }
        assert!(f64::from_text(Type::FLOAT8, b"nan").unwrap().is_nan());
        for (text, code) in [
            ("", "22P02"),
            ("1e400", "22003"),
            ("1e-400", "22003"),
            ("1,5", "22P02"),
            ("12a", "22P02"),
        ] {
            assert_eq!(
                f64::from_text(Type::FLOAT8, text.as_bytes())
                    .unwrap_err()
                    .sqlstate()
                    .as_str(),
                code,
                "{text}"
            );
        }
        let error = f32::from_text(Type::FLOAT4, b"1e39").unwrap_err();
        assert_eq!(
            alloc::format!("{error}"),
            "\"1e39\" is out of range for type real"
        );
    }

    #[test]
    fn there_is_one_nan_in_binary() {
        let mut out = Vec::new();
        f64::from_bits(0xfff0_0000_0000_0001)
            .encode_binary(Type::FLOAT8, &mut out)
            .unwrap();
        assert_eq!(out, 0x7ff8_0000_0000_0000u64.to_be_bytes());
    }
}
