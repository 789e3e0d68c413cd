//! SET and SHOW.

use sqlparser::ast::{
    ContextModifier, Expr, Ident, Set, TransactionAccessMode, TransactionMode, UnaryOperator, Value,
};

use super::Translator;
use super::plan::{Command, Plan, SetScope};
use super::scope::fold;

/// A SET as a command; or what of it is not supported.
pub(super) fn set(set: &Set) -> Result<Command, String> {
    Ok(match set {
        Set::SingleAssignment {
            scope,
            variable,
            values,
            ..
        } => {
            let local = matches!(scope, Some(ContextModifier::Local));
            let name = variable.to_string().replace('"', "").to_lowercase();
            let value = if let [one] = values.as_slice() {
                value(one)?
            } else {
                Some(list(values)?)
            };
            Command::Set {
                name,
                value,
                scope: scope_of(local),
            }
        }
        Set::SetTimeZone { local, value: zone } => {
            let zone = match value(zone)? {
                Some(zone) if zone.eq_ignore_ascii_case("local") => None,
                other => other,
            };
            Command::Set {
                name: "timezone".to_owned(),
                value: zone,
                scope: scope_of(*local),
            }
        }
        Set::SetNames { charset_name, .. } => Command::Set {
            name: "client_encoding".to_owned(),
            value: Some(charset_name.value.clone()),
            scope: SetScope::Session,
        },
        Set::SetNamesDefault {} => Command::Set {
            name: "client_encoding".to_owned(),
            value: None,
            scope: SetScope::Session,
        },
        Set::SetTransaction { modes, session, .. } => {
            let mut isolation = None;
            let mut read_only = None;
            for mode in modes {
                match mode {
                    TransactionMode::IsolationLevel(level) => {
                        isolation = Some(level.to_string().to_lowercase())
                    }
                    TransactionMode::AccessMode(mode) => {
                        read_only = Some(matches!(mode, TransactionAccessMode::ReadOnly))
                    }
                }
            }
            Command::Characteristics {
                isolation,
                read_only,
                session: *session,
            }
        }
        Set::SetRole { .. } | Set::SetSessionAuthorization(_) => Command::Set {
            name: "role".to_owned(),
            value: None,
            scope: SetScope::Session,
        },
        other => return Err(other.to_string()),
    })
}

fn scope_of(local: bool) -> SetScope {
    if local {
        SetScope::Local
    } else {
        SetScope::Session
    }
}

fn list(values: &[Expr]) -> Result<String, String> {
    let values: Vec<String> = values
        .iter()
        .map(|v| Ok(value(v)?.unwrap_or_default()))
        .collect::<Result<_, String>>()?;
    Ok(values.join(", "))
}

/// A setting's value as text; `None` for DEFAULT.
fn value(expr: &Expr) -> Result<Option<String>, String> {
    Ok(match expr {
        Expr::Identifier(Ident {
            quote_style: None,
            value,
            ..
        }) if value.eq_ignore_ascii_case("default") => None,
        Expr::Identifier(ident) => Some(fold(ident)),
        Expr::CompoundIdentifier(parts) => {
            Some(parts.iter().map(fold).collect::<Vec<_>>().join("."))
        }
        Expr::Value(value) => Some(match &value.value {
            Value::Number(digits, _) => digits.clone(),
            Value::Boolean(b) => if *b { "on" } else { "off" }.to_owned(),
            other => other
                .clone()
                .into_string()
                .ok_or_else(|| format!("SET to {other}"))?,
        }),
        Expr::UnaryOp {
            op: UnaryOperator::Minus,
            expr,
        } => value(expr)?.map(|v| format!("-{v}")),
        Expr::Nested(inner) => value(inner)?,
        other => return Err(format!("SET to {other}")),
    })
}

impl Translator<'_> {
    pub(super) fn show(&self, variable: &[Ident]) -> Plan {
        let words: Vec<String> = variable.iter().map(|w| w.value.to_lowercase()).collect();
        Plan::Command(match words.join(" ").as_str() {
            "all" => Command::ShowAll,
            "transaction isolation level" => Command::Show("transaction_isolation".to_owned()),
            "time zone" => Command::Show("timezone".to_owned()),
            "session authorization" => Command::Show("session_authorization".to_owned()),
            _ => Command::Show(words.join(".")),
        })
    }
}
