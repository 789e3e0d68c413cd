//! Casts and type modifiers.

use rusqlite::types::{Value, ValueRef};
use trunkline_server::{Error, Result, SqlState, Type};
use trunkline_types::{Decode, Numeric, Time, TimeTz, Timestamp, TimestampTz};

use super::number::overflow;
use super::{Registry, bool_value, text_value};
use crate::engines::sqlite::value::{self, Tree, decimal, integer, out_of_range, real};

pub(super) fn register(registry: &Registry<'_>) -> rusqlite::Result<()> {
    registry.strict("tl_cast", 4, |a| cast(a.raw(0), a.ty(1)?, a.ty(2)?))?;
    registry.strict("tl_modify", 4, |a| {
        let modifier = i32::try_from(a.integer(2)?).unwrap_or(-1);
        let ty = a.ty(1)?;
        let stored: Value = match a.raw(0) {
            // A numeric of someone else's file may be a float.
            other if ty == Type::NUMERIC => Value::Text(value::output(other, ty)?.into_owned()),
            other => other.try_into().map_err(Error::internal)?,
        };
        value::restrict(stored, ty, modifier, a.integer(3)? != 0)
    })?;
    registry.strict("tl_output", 2, |a| {
        text_value(value::output(a.raw(0), a.ty(1)?)?)
    })?;
    registry.strict("tl_int2", 1, |a| integer(a.integer(0)?, Type::INT2))?;
    registry.strict("tl_oid", 1, |a| integer(a.integer(0)?, Type::OID))?;
    registry.strict("tl_int4", 1, |a| integer(a.integer(0)?, Type::INT4))?;
    registry.strict("tl_limit", 2, |a| {
        let n = a.integer(0)?;
        if n < 0 {
            let place = a.text(1)?;
            let code = if place == "LIMIT" {
                SqlState::INVALID_ROW_COUNT_IN_LIMIT_CLAUSE
            } else {
                SqlState::INVALID_ROW_COUNT_IN_RESULT_OFFSET_CLAUSE
            };
            return Err(Error::new(code, format!("{place} must not be negative")));
        }
        Ok(Value::Integer(n))
    })?;
    registry.strict("tl_step", 1, |a| match a.integer(0)? {
        0 => Err(Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            "step size cannot equal zero",
        )),
        step => Ok(Value::Integer(step)),
    })?;
    registry.lenient("tl_true", -1, |_| bool_value(true))?;
    registry.lenient("tl_false", -1, |_| bool_value(false))?;
    registry.lenient("tl_null", -1, |_| Ok(Value::Null))?;
    registry.lenient("tl_zero", -1, |_| Ok(Value::Integer(0)))?;
    registry.lenient("tl_void", -1, |_| text_value(""))?;
    registry.strict("tl_first", -1, |a| text_value(a.text(0)?))
}

/// A value of one type as another, where SQLite's own CAST would not do.
fn cast(stored: ValueRef<'_>, from: Type, to: Type) -> Result<Value> {
    match (from, to) {
        (Type::FLOAT4 | Type::FLOAT8, Type::INT2 | Type::INT4 | Type::INT8) => {
            let f = match stored {
                ValueRef::Real(f) => f,
                #[allow(
                    clippy::cast_precision_loss,
                    reason = "it is a float that SQLite keeps as an integer"
                )]
                ValueRef::Integer(i) => i as f64,
                _ => return Err(out_of_range(to)),
            };
            match Numeric::from(f.round_ties_even()).to_i64() {
                Some(n) => integer(n, to),
                None => Err(out_of_range(to)),
            }
        }
        (Type::NUMERIC, Type::INT2 | Type::INT4 | Type::INT8) => {
            let text = value::output(stored, from)?;
            match decimal::round(&text, 0)?.parse() {
                Ok(n) => integer(n, to),
                Err(_) if text == "NaN" => Err(Error::new(
                    SqlState::FEATURE_NOT_SUPPORTED,
                    format!("cannot convert NaN to {}", to.sql_name()),
                )),
                Err(_) => Err(out_of_range(to)),
            }
        }
        (_, Type::FLOAT4) if from == Type::FLOAT8 || from == Type::NUMERIC => {
            let f: f64 = value::output(stored, from)?
                .parse()
                .map_err(|_| out_of_range(to))?;
            #[allow(
                clippy::cast_possible_truncation,
                reason = "rounding is what the cast asks for"
            )]
            let narrow = f as f32;
            if narrow.is_infinite() && f.is_finite() {
                return Err(overflow());
            }
            if narrow == 0.0 && f != 0.0 {
                return Err(Error::new(
                    SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
                    "value out of range: underflow",
                ));
            }
            Ok(real(f64::from(narrow)))
        }
        (Type::NUMERIC, Type::FLOAT8) => {
            let f: f64 = value::output(stored, from)?
                .parse()
                .map_err(|_| out_of_range(to))?;
            Ok(real(f))
        }
        (Type::FLOAT4 | Type::FLOAT8, Type::NUMERIC) => {
            // PostgreSQL goes through the digits that are sure: 6 or 15.
            let text = value::output(stored, from)?;
            text_value(text.parse::<Numeric>().map_err(Error::from)?.to_string())
        }
        (Type::BOOL, _) if matches!(to, Type::TEXT | Type::VARCHAR | Type::BPCHAR) => {
            text_value(if stored == ValueRef::Integer(0) {
                "false"
            } else {
                "true"
            })
        }
        (Type::DATE, Type::TIMESTAMP | Type::TIMESTAMPTZ) => {
            value::input(&value::output(stored, from)?, to, -1, true)
        }
        (Type::TIMESTAMP, Type::DATE) => {
            text_value(moment::<Timestamp>(stored, from)?.date().to_string())
        }
        (Type::TIMESTAMPTZ, Type::DATE) => {
            text_value(moment::<TimestampTz>(stored, from)?.date().to_string())
        }
        (Type::TIMESTAMP, Type::TIME) => Ok(moment::<Timestamp>(stored, from)?
            .time()
            .map_or(Value::Null, |t| Value::Text(t.to_string()))),
        (Type::TIMESTAMPTZ, Type::TIME) => Ok(moment::<TimestampTz>(stored, from)?
            .time()
            .map_or(Value::Null, |t| Value::Text(t.to_string()))),
        (Type::TIMESTAMPTZ, Type::TIMETZ) => {
            let time = moment::<TimestampTz>(stored, from)?.time();
            Ok(time
                .and_then(|t| TimeTz::new(t, 0))
                .map_or(Value::Null, |t| Value::Text(t.to_string())))
        }
        (Type::TIMESTAMP, Type::TIMESTAMPTZ) => {
            let moment: Timestamp = moment(stored, from)?;
            Ok(TimestampTz::from_micros(moment.micros())
                .map_or(Value::Null, |t| Value::Text(t.to_string())))
        }
        (Type::TIMESTAMPTZ, Type::TIMESTAMP) => {
            let moment: TimestampTz = moment(stored, from)?;
            Ok(Timestamp::from_micros(moment.micros())
                .map_or(Value::Null, |t| Value::Text(t.to_string())))
        }
        (Type::TIMETZ, Type::TIME) => {
            text_value(moment::<TimeTz>(stored, from)?.time().to_string())
        }
        (Type::TIME, Type::TIMETZ) => Ok(TimeTz::new(moment::<Time>(stored, from)?, 0)
            .map_or(Value::Null, |t| Value::Text(t.to_string()))),
        (Type::INTERVAL, Type::TIME) => {
            let interval: trunkline_types::Interval = moment(stored, from)?;
            Ok(
                Time::from_micros(interval.micros().rem_euclid(86_400_000_000))
                    .map_or(Value::Null, |t| Value::Text(t.to_string())),
            )
        }
        (Type::JSONB, _)
            if to == Type::BOOL || crate::engines::sqlite::translate::is_number(to) =>
        {
            let text = value::output(stored, from)?;
            let tree = Tree::parse(&text)?;
            match (tree.kind(), to) {
                ("boolean", Type::BOOL) => value::input(&text, to, -1, true),
                ("number", ty) if ty != Type::BOOL => value::number(&tree.normal(), ty, -1),
                (kind, _) => Err(Error::new(
                    SqlState::INVALID_PARAMETER_VALUE,
                    format!("cannot cast jsonb {kind} to type {}", to.sql_name()),
                )),
            }
        }
        (Type::BPCHAR, _) if matches!(to, Type::TEXT | Type::VARCHAR) => {
            text_value(value::output(stored, from)?.trim_end_matches(' '))
        }
        (Type::UNSPECIFIED, _) => {
            let from = match stored {
                ValueRef::Integer(_) => Type::INT8,
                ValueRef::Real(_) => Type::FLOAT8,
                ValueRef::Blob(_) => Type::BYTEA,
                _ => Type::TEXT,
            };
            if from == to {
                return stored.try_into().map_err(Error::internal);
            }
            cast(stored, from, to)
        }
        // Everything else goes through text, as PostgreSQL's I/O conversions do.
        _ => value::input(&value::output(stored, from)?, to, -1, true),
    }
}

fn moment<T: for<'a> Decode<'a>>(stored: ValueRef<'_>, ty: Type) -> Result<T> {
    T::from_text(ty, value::output(stored, ty)?.as_bytes()).map_err(Error::from)
}
