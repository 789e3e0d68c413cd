//! The server and the session as SQL sees them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::types::{Value, ValueRef};
use trunkline_server::{Error, Result, SqlState, Type};
use trunkline_types::{Oid, Uuid};

use super::{Registry, text_value};
use crate::engines::sqlite::shared::Shared;
use crate::engines::sqlite::translate::types::declared;
use crate::engines::sqlite::value::{clock, output};

pub(super) fn register(registry: &Registry<'_>, shared: &Arc<Shared>) -> rusqlite::Result<()> {
    registry.volatile("tl_uuid", 0, |_| {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(Error::internal)?;
        // Version 4, variant 1.
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        text_value(Uuid::from_bytes(bytes).to_string())
    })?;
    let session = Arc::clone(shared);
    registry.volatile("tl_sleep", 1, move |a| {
        sleep(&session, a.real(0)?)?;
        text_value("")
    })?;
    let session = Arc::clone(shared);
    registry.volatile("tl_backend_pid", 0, move |_| {
        Ok(Value::Integer(i64::from(session.pid)))
    })?;
    let session = Arc::clone(shared);
    registry.volatile("tl_user", -1, move |_| {
        text_value(session.facts.user.as_str())
    })?;
    let session = Arc::clone(shared);
    registry.volatile("tl_setting", 2, move |a| {
        let name = a.text(0)?;
        match session.settings().show(&name) {
            Ok(value) => text_value(value),
            Err(_) if a.integer(1)? != 0 => Ok(Value::Null),
            Err(error) => Err(error),
        }
    })?;
    let session = Arc::clone(shared);
    registry.volatile("tl_settings", 0, move |_| {
        let all = session.settings().all();
        let map: serde_json::Map<String, serde_json::Value> = all
            .into_iter()
            .map(|(name, value)| (name, serde_json::Value::from(value)))
            .collect();
        text_value(serde_json::Value::Object(map).to_string())
    })?;
    let session = Arc::clone(shared);
    registry.volatile("tl_set_config", 3, move |a| {
        let (name, local) = (a.text(0)?, a.integer(2)? != 0);
        session.set(&name, Some(&a.text(1)?), local)?;
        text_value(session.settings().show(&name)?)
    })?;
    let started = clock().to_string();
    registry.lenient("tl_started", 0, move |_| text_value(started.clone()))?;
    registry.lenient("tl_encoding", 1, |a| {
        text_value(if a.integer(0)? == 6 { "UTF8" } else { "" })
    })?;
    registry.lenient("tl_declared", 2, |a| {
        let typed = declared(&a.text(0)?);
        let ty = if typed.ty == Type::UNSPECIFIED {
            Type::TEXT
        } else {
            typed.ty
        };
        Ok(Value::Integer(if a.integer(1)? == 0 {
            i64::from(ty.oid().0)
        } else {
            i64::from(typed.modifier)
        }))
    })?;
    for arity in [1, 2] {
        registry.lenient("tl_format_type", arity, |a| {
            if a.is_null(0) {
                return Ok(Value::Null);
            }
            let oid = u32::try_from(a.integer(0)?).unwrap_or(0);
            let name = Type::from_oid(Oid(oid)).sql_name();
            let modifier = if a.len() > 1 && !a.is_null(1) {
                i32::try_from(a.integer(1)?).unwrap_or(-1)
            } else {
                -1
            };
            text_value(crate::engines::sqlite::translate::types::with_modifier(
                name,
                Type::from_oid(Oid(oid)),
                modifier,
            ))
        })?;
    }
    registry.strict("tl_size_pretty", 1, |a| {
        let bytes = a.integer(0)?;
        text_value(if bytes < 10_240 {
            format!("{bytes} bytes")
        } else {
            format!("{} kB", (bytes + 512) / 1024)
        })
    })?;
    registry.lenient("tl_greatest", -1, |a| extreme(a, true))?;
    registry.lenient("tl_least", -1, |a| extreme(a, false))
}

/// GREATEST and LEAST pass over NULLs.
fn extreme(a: &super::Args<'_, '_>, greatest: bool) -> Result<Value> {
    let ty = a.ty(0)?;
    let mut best: Option<ValueRef<'_>> = None;
    for at in 1..a.len() {
        let value = a.raw(at);
        if value == ValueRef::Null {
            continue;
        }
        let wins = match best {
            None => true,
            Some(best) => {
                let order = compare(value, best, ty)?;
                if greatest {
                    order.is_gt()
                } else {
                    order.is_lt()
                }
            }
        };
        if wins {
            best = Some(value);
        }
    }
    match best {
        None => Ok(Value::Null),
        Some(value) => value.try_into().map_err(Error::internal),
    }
}

fn compare(a: ValueRef<'_>, b: ValueRef<'_>, ty: Type) -> Result<std::cmp::Ordering> {
    Ok(match (a, b) {
        (ValueRef::Integer(a), ValueRef::Integer(b)) => a.cmp(&b),
        (ValueRef::Real(a), ValueRef::Real(b)) => a.total_cmp(&b),
        _ => {
            let (a, b) = (output(a, ty)?, output(b, ty)?);
            match (a.parse::<trunkline_types::Numeric>(), b.parse()) {
                (Ok(a), Ok(b)) if ty == Type::NUMERIC => a.cmp(&b),
                _ => a.cmp(&b),
            }
        }
    })
}

/// Sleeps in short steps, so that a cancel is heard.
fn sleep(session: &Shared, seconds: f64) -> Result<()> {
    let end = Duration::try_from_secs_f64(seconds.max(0.0))
        .ok()
        .and_then(|d| Instant::now().checked_add(d));
    loop {
        if session.is_stopped() {
            return Err(Error::new(
                SqlState::QUERY_CANCELED,
                "canceling statement due to user request",
            ));
        }
        let left = end.map_or(Duration::from_secs(1), |end| {
            end.saturating_duration_since(Instant::now())
        });
        if left.is_zero() {
            return Ok(());
        }
        session.wait(left.min(Duration::from_millis(500)));
    }
}
