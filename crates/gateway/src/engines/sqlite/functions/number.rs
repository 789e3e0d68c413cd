//! Arithmetic that must fail where SQLite would answer NULL or a float.

use rusqlite::types::Value;
use trunkline_server::{Error, Result, SqlState, Type};

use super::{Registry, text_value};
use crate::engines::sqlite::value::{decimal, integer, out_of_range, power, real};

pub(super) fn register(registry: &Registry<'_>) -> rusqlite::Result<()> {
    registry.strict("tl_int8", 3, |a| {
        let (l, op, r) = (a.integer(0)?, a.text(1)?, a.integer(2)?);
        let result = match op.as_ref() {
            "+" => l.checked_add(r),
            "-" => l.checked_sub(r),
            _ => l.checked_mul(r),
        };
        result
            .map(Value::Integer)
            .ok_or_else(|| out_of_range(Type::INT8))
    })?;
    registry.strict("tl_div", 3, |a| {
        let (l, r) = (a.integer(0)?, a.integer(1)?);
        if r == 0 {
            return Err(by_zero());
        }
        let ty = match a.integer(2)? {
            2 => Type::INT2,
            4 => Type::INT4,
            _ => Type::INT8,
        };
        let quotient = l.checked_div(r).ok_or_else(|| out_of_range(ty))?;
        integer(quotient, ty)
    })?;
    registry.strict("tl_mod", 2, |a| {
        let (l, r) = (a.integer(0)?, a.integer(1)?);
        if r == 0 {
            Err(by_zero())
        } else {
            Ok(Value::Integer(l.checked_rem(r).unwrap_or(0)))
        }
    })?;
    registry.strict("tl_divide", 2, |a| {
        let (l, r) = (a.real(0)?, a.real(1)?);
        if r == 0.0 {
            Err(by_zero())
        } else {
            Ok(real(l / r))
        }
    })?;
    registry.strict("tl_float", 3, |a| {
        let (l, r) = (a.real(0)?, a.real(2)?);
        let result = match a.text(1)?.as_ref() {
            "+" => l + r,
            "-" => l - r,
            "*" => l * r,
            _ => l / r,
        };
        if result.is_infinite() && l.is_finite() && r.is_finite() {
            return Err(overflow());
        }
        Ok(real(result))
    })?;
    let plain: [(&str, Function); 11] = [
        ("tl_ceil", f64::ceil),
        ("tl_floor", f64::floor),
        ("tl_trunc", f64::trunc),
        ("tl_exp", f64::exp),
        ("tl_sin", f64::sin),
        ("tl_cos", f64::cos),
        ("tl_tan", f64::tan),
        ("tl_atan", f64::atan),
        ("tl_degrees", f64::to_degrees),
        ("tl_radians", f64::to_radians),
        ("tl_cbrt", f64::cbrt),
    ];
    for (name, function) in plain {
        registry.strict(name, 1, move |a| Ok(real(function(a.real(0)?))))?;
    }
    registry.strict("tl_atan2", 2, |a| Ok(real(a.real(0)?.atan2(a.real(1)?))))?;
    registry.strict("tl_pi", 0, |_| Ok(real(std::f64::consts::PI)))?;
    registry.strict("tl_power", 2, |a| {
        let (base, exponent) = (a.real(0)?, a.real(1)?);
        if base == 0.0 && exponent < 0.0 {
            return Err(power::undefined_power());
        }
        if base < 0.0 && exponent.is_finite() && exponent.fract() != 0.0 {
            return Err(power::complex_power());
        }
        let result = base.powf(exponent);
        if result.is_infinite() && a.real(0)?.is_finite() && a.real(1)?.is_finite() {
            return Err(overflow());
        }
        Ok(real(result))
    })?;
    registry.strict("tl_numeric", 3, |a| {
        text_value(decimal::calculate(&a.text(0)?, &a.text(1)?, &a.text(2)?)?)
    })?;
    registry.strict("tl_numeric_div", 2, |a| {
        text_value(decimal::whole_quotient(&a.text(0)?, &a.text(1)?)?)
    })?;
    registry.strict("tl_numeric_power", 2, |a| {
        text_value(decimal::calculate(&a.text(0)?, "^", &a.text(1)?)?)
    })?;
    registry.strict("tl_numeric_log", 1, |a| {
        text_value(power::log("10", &a.text(0)?)?)
    })?;
    registry.strict("tl_numeric_log", 2, |a| {
        text_value(power::log(&a.text(0)?, &a.text(1)?)?)
    })?;
    registry.strict("tl_numeric_sqrt", 1, |a| {
        text_value(power::sqrt(&a.text(0)?)?)
    })?;
    registry.strict("tl_numeric_exp", 1, |a| {
        text_value(power::exp(&a.text(0)?)?)
    })?;
    registry.strict("tl_numeric_ln", 1, |a| text_value(power::ln(&a.text(0)?)?))?;
    registry.strict("tl_numeric_sign", 1, |a| {
        text_value(decimal::sign(&a.text(0)?)?)
    })?;
    registry.strict("tl_numeric_mod", 2, |a| {
        text_value(decimal::calculate(&a.text(0)?, "%", &a.text(1)?)?)
    })?;
    registry.strict("tl_numeric_abs", 1, |a| {
        text_value(a.text(0)?.trim_start_matches('-'))
    })?;
    registry.strict("tl_numeric_round", 1, |a| {
        text_value(decimal::round(&a.text(0)?, 0)?)
    })?;
    registry.strict("tl_numeric_round", 2, |a| {
        text_value(decimal::round(&a.text(0)?, a.integer(1)?)?)
    })?;
    registry.strict("tl_numeric_trunc", 1, |a| {
        text_value(decimal::truncate(&a.text(0)?, 0)?)
    })?;
    registry.strict("tl_numeric_trunc", 2, |a| {
        text_value(decimal::truncate(&a.text(0)?, a.integer(1)?)?)
    })?;
    registry.strict("tl_numeric_ceil", 1, |a| {
        text_value(decimal::ceiling(&a.text(0)?)?)
    })?;
    registry.strict("tl_numeric_floor", 1, |a| {
        text_value(decimal::floor(&a.text(0)?)?)
    })?;
    registry.strict("tl_rint", 1, |a| Ok(real(a.real(0)?.round_ties_even())))?;
    registry.strict("tl_sign", 1, |a| {
        let f = a.real(0)?;
        Ok(real(if f == 0.0 { 0.0 } else { f.signum() }))
    })?;
    registry.strict("tl_sqrt", 1, |a| {
        let f = a.real(0)?;
        if f < 0.0 {
            return Err(power::negative_root());
        }
        Ok(real(f.sqrt()))
    })?;
    registry.strict("tl_ln", 1, |a| Ok(real(logarithm(a.real(0)?)?.ln())))?;
    registry.strict("tl_log10", 1, |a| Ok(real(logarithm(a.real(0)?)?.log10())))?;
    registry.volatile("tl_random", 0, |_| {
        let bits = getrandom::u64().map_err(Error::internal)? >> 11;
        #[allow(clippy::cast_precision_loss, reason = "53 bits are exact")]
        Ok(Value::Real(bits as f64 / (1_u64 << 53) as f64))
    })
}

/// A function of floats that cannot fail.
type Function = fn(f64) -> f64;

fn by_zero() -> Error {
    Error::new(SqlState::DIVISION_BY_ZERO, "division by zero")
}

pub(super) fn overflow() -> Error {
    Error::new(
        SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
        "value out of range: overflow",
    )
}

fn logarithm(f: f64) -> Result<f64> {
    if f > 0.0 {
        return Ok(f);
    }
    Err(power::no_logarithm(f == 0.0))
}
