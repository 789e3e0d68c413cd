//! SET and SHOW: the settings of a session.

use std::collections::BTreeMap;
use std::time::Duration;

use trunkline_server::{Error, Result, SqlState, client_encoding};

use super::functions::is_utc;

/// What a setting accepts.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Any,
    Bool,
    /// Only these, in this spelling.
    Words(&'static [&'static str]),
    Integer,
    /// What the library answers for.
    Encoding,
    /// Milliseconds unless a unit is written.
    Time,
    /// A time zone: the engine keeps time in UTC alone.
    Zone,
    /// `ISO, MDY` and its like: only ISO is printed.
    DateStyle,
    /// Cannot be set.
    Fixed,
}

/// A setting: its name as PostgreSQL reports it, its default, what it accepts, and whether clients are told of changes.
struct Known(&'static str, &'static str, Kind, bool);

const LEVELS: &[&str] = &[
    "serializable",
    "repeatable read",
    "read committed",
    "read uncommitted",
];

const KNOWN: &[Known] = &[
    Known("application_name", "", Kind::Any, true),
    Known("bytea_output", "hex", Kind::Words(&["hex"]), false),
    Known("client_encoding", "UTF8", Kind::Encoding, true),
    Known("client_min_messages", "notice", Kind::Any, false),
    Known("DateStyle", "ISO, MDY", Kind::DateStyle, true),
    Known("default_transaction_deferrable", "off", Kind::Bool, false),
    Known(
        "default_transaction_isolation",
        "read committed",
        Kind::Words(LEVELS),
        false,
    ),
    Known("default_transaction_read_only", "off", Kind::Bool, true),
    Known("extra_float_digits", "1", Kind::Integer, false),
    Known(
        "idle_in_transaction_session_timeout",
        "0",
        Kind::Time,
        false,
    ),
    Known("idle_session_timeout", "0", Kind::Time, false),
    Known("in_hot_standby", "off", Kind::Fixed, true),
    Known("integer_datetimes", "on", Kind::Fixed, true),
    Known(
        "IntervalStyle",
        "postgres",
        Kind::Words(&["postgres"]),
        true,
    ),
    Known("is_superuser", "on", Kind::Fixed, true),
    Known("jit", "off", Kind::Bool, false),
    Known("lc_messages", "C", Kind::Any, false),
    Known("lc_monetary", "C", Kind::Any, false),
    Known("lc_numeric", "C", Kind::Any, false),
    Known("lc_time", "C", Kind::Any, false),
    Known("lock_timeout", "0", Kind::Time, false),
    Known("max_connections", "100", Kind::Fixed, false),
    Known("max_identifier_length", "63", Kind::Fixed, false),
    Known("role", "none", Kind::Any, false),
    Known("row_security", "on", Kind::Bool, false),
    Known("search_path", "\"$user\", public", Kind::Any, true),
    Known("server_encoding", "UTF8", Kind::Fixed, true),
    Known("server_version", super::SERVER_VERSION, Kind::Fixed, true),
    Known(
        "server_version_num",
        super::SERVER_VERSION_NUMBER,
        Kind::Fixed,
        false,
    ),
    Known("session_authorization", "", Kind::Any, true),
    Known(
        "standard_conforming_strings",
        "on",
        Kind::Words(&["on"]),
        true,
    ),
    Known("statement_timeout", "0", Kind::Time, false),
    Known("synchronous_commit", "on", Kind::Any, false),
    Known("TimeZone", "UTC", Kind::Zone, true),
    Known("transaction_deferrable", "off", Kind::Bool, false),
    Known(
        "transaction_isolation",
        "read committed",
        Kind::Words(LEVELS),
        false,
    ),
    Known("transaction_read_only", "off", Kind::Bool, false),
    Known("transaction_timeout", "0", Kind::Time, false),
    Known("work_mem", "4MB", Kind::Any, false),
    Known("xmloption", "content", Kind::Any, false),
];

fn known(name: &str) -> Option<&'static Known> {
    KNOWN
        .iter()
        .find(|known| known.0.eq_ignore_ascii_case(name))
}

/// The settings of one session.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Settings {
    /// What the session began with, where it is not the default.
    start: BTreeMap<String, String>,
    set: BTreeMap<String, String>,
    /// SET LOCAL, until the transaction ends.
    local: BTreeMap<String, String>,
}

impl Settings {
    /// A setting from the startup packet.
    ///
    /// # Errors
    ///
    /// 42704 for an unknown name, 22023 or 0A000 for a bad value. A time zone other than UTC is let pass and stays UTC, because drivers
    /// send that of their machine: what is reported is the truth.
    pub(crate) fn start(&mut self, name: &str, value: &str) -> Result<()> {
        let (name, value) = match check(name, value) {
            Ok(checked) => checked,
            Err(_) if name.eq_ignore_ascii_case("timezone") => return Ok(()),
            Err(error) => return Err(error),
        };
        self.start.insert(name, value);
        Ok(())
    }

    /// The role that the session is of.
    pub(crate) fn set_user(&mut self, user: &str) {
        self.start
            .insert("session_authorization".to_owned(), user.to_owned());
    }

    /// The name as PostgreSQL spells it, which is that of SHOW's column.
    ///
    /// # Errors
    ///
    /// 42704.
    pub(crate) fn spelling(&self, name: &str) -> Result<String> {
        canonical(name)
    }

    /// `SET name = value`; `None` is the default.
    ///
    /// # Errors
    ///
    /// 42704 for an unknown name, 22023 or 0A000 for a bad value, 55P02 for one that cannot be changed.
    pub(crate) fn set(&mut self, name: &str, value: Option<&str>, local: bool) -> Result<()> {
        let Some(value) = value else {
            let name = canonical(name)?;
            self.local.remove(&name);
            self.set.remove(&name);
            return Ok(());
        };
        let (name, value) = check(name, value)?;
        if local {
            self.local.insert(name, value);
        } else {
            self.local.remove(&name);
            self.set.insert(name, value);
        }
        Ok(())
    }

    /// The value in force.
    ///
    /// # Errors
    ///
    /// 42704.
    pub(crate) fn show(&self, name: &str) -> Result<String> {
        let name = canonical(name)?;
        let found = [&self.local, &self.set, &self.start]
            .into_iter()
            .find_map(|values| values.get(&name));
        // Outside of a transaction these are what the next one begins with.
        if found.is_none() && name.starts_with("transaction_") && name != "transaction_timeout" {
            return self.show(&format!("default_{name}"));
        }
        match (found, known(&name)) {
            (Some(value), _) => Ok(value.clone()),
            (None, Some(known)) => Ok(known.1.to_owned()),
            (None, None) => Err(unrecognized(&name)),
        }
    }

    pub(crate) fn reset_all(&mut self) {
        self.set.clear();
        self.local.clear();
    }

    /// The transaction is over.
    pub(crate) fn end_transaction(&mut self) {
        self.local.clear();
        for name in [
            "transaction_isolation",
            "transaction_read_only",
            "transaction_deferrable",
        ] {
            self.set.remove(name);
        }
    }

    /// Every setting with its value.
    pub(crate) fn all(&self) -> Vec<(String, String)> {
        let mut all: BTreeMap<String, String> = KNOWN
            .iter()
            .map(|k| (k.0.to_owned(), k.1.to_owned()))
            .collect();
        for values in [&self.start, &self.set, &self.local] {
            all.extend(values.clone());
        }
        let mut all: Vec<_> = all.into_iter().collect();
        all.sort_by_key(|(name, _)| name.to_lowercase());
        all
    }

    /// Those that clients follow.
    pub(crate) fn reported(&self) -> impl Iterator<Item = (&'static str, String)> {
        KNOWN
            .iter()
            .filter(|k| k.3)
            .map(|k| (k.0, self.show(k.0).unwrap_or_default()))
    }

    /// A time setting; `None` when it is 0.
    pub(crate) fn duration(&self, name: &str) -> Option<Duration> {
        let value = self.show(name).ok()?;
        let millis = milliseconds(&value)?;
        (millis > 0).then(|| Duration::from_millis(millis))
    }

    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.show(name).is_ok_and(|value| value == "on")
    }
}

fn unrecognized(name: &str) -> Error {
    Error::new(
        SqlState::UNDEFINED_OBJECT,
        format!("unrecognized configuration parameter \"{name}\""),
    )
}

/// The name as it is kept. Those with a dot are anyone's.
fn canonical(name: &str) -> Result<String> {
    match known(name) {
        Some(known) => Ok(known.0.to_owned()),
        None if name.contains('.') => Ok(name.to_owned()),
        None => Err(unrecognized(name)),
    }
}

fn check(name: &str, value: &str) -> Result<(String, String)> {
    let invalid = |name: &str| {
        Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("invalid value for parameter \"{name}\": \"{value}\""),
        )
    };
    let Some(Known(stored, default, kind, _)) = known(name) else {
        return canonical(name).map(|name| (name, value.to_owned()));
    };
    let value = match kind {
        Kind::Any => value.to_owned(),
        Kind::Fixed if value == *default => value.to_owned(),
        Kind::Fixed => {
            let message = format!("parameter \"{stored}\" cannot be changed");
            return Err(Error::new(SqlState::CANT_CHANGE_RUNTIME_PARAM, message));
        }
        Kind::Bool => match value.to_lowercase().as_str() {
            "on" | "true" | "yes" | "1" | "t" | "y" => "on".to_owned(),
            "off" | "false" | "no" | "0" | "f" | "n" => "off".to_owned(),
            _ => {
                return Err(Error::new(
                    SqlState::INVALID_PARAMETER_VALUE,
                    format!("parameter \"{stored}\" requires a Boolean value"),
                ));
            }
        },
        Kind::Encoding => client_encoding(value)?.to_owned(),
        Kind::Words(words) => match words.iter().find(|word| word.eq_ignore_ascii_case(value)) {
            Some(word) => (*word).to_owned(),
            None => return Err(invalid(stored)),
        },
        Kind::Integer => match value.trim().parse::<i32>() {
            Ok(n) => n.to_string(),
            Err(_) => return Err(invalid(stored)),
        },
        Kind::Time => match milliseconds(value) {
            Some(millis) => spelled(millis),
            None => return Err(invalid(stored)),
        },
        Kind::Zone if is_utc(value) => value.to_owned(),
        Kind::Zone => return Err(invalid(stored).hint("This engine keeps time in UTC alone.")),
        Kind::DateStyle => {
            let words = value.to_uppercase();
            let known = words
                .split(',')
                .map(str::trim)
                .all(|word| matches!(word, "ISO" | "MDY" | "DMY" | "YMD"));
            if !known {
                return Err(invalid(stored).hint("This engine prints dates in ISO style alone."));
            }
            "ISO, MDY".to_owned()
        }
    };
    Ok(((*stored).to_owned(), value))
}

fn milliseconds(value: &str) -> Option<u64> {
    let value = value.trim();
    let digits = value
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(value.len());
    let (number, unit) = value.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let factor = match unit.trim() {
        "" | "ms" => 1,
        "us" => return Some(number.div_ceil(1000)),
        "s" => 1000,
        "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number
        .checked_mul(factor)
        .filter(|millis| *millis <= 2_147_483_647)
}

/// In the largest unit that divides it, as SHOW prints.
fn spelled(millis: u64) -> String {
    for (factor, unit) in [
        (86_400_000, "d"),
        (3_600_000, "h"),
        (60_000, "min"),
        (1000, "s"),
    ] {
        if millis > 0 && millis.is_multiple_of(factor) {
            return format!("{}{unit}", millis / factor);
        }
    }
    if millis == 0 {
        "0".to_owned()
    } else {
        format!("{millis}ms")
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a panic is the failure report of a test"
    )]

    use super::*;

    #[test]
    fn names_fold_and_values_are_checked() {
        let mut settings = Settings::default();
        settings.set("TIMEZONE", Some("UTC"), false).unwrap();
        assert_eq!(settings.show("timezone").unwrap(), "UTC");
        settings
            .set("statement_timeout", Some("1500"), false)
            .unwrap();
        assert_eq!(settings.show("statement_timeout").unwrap(), "1500ms");
        settings
            .set("statement_timeout", Some("2000"), false)
            .unwrap();
        assert_eq!(settings.show("statement_timeout").unwrap(), "2s");
        assert_eq!(
            settings.duration("statement_timeout"),
            Some(Duration::from_secs(2))
        );
        let code = |result: Result<()>| result.unwrap_err().sqlstate();
        assert_eq!(
            code(settings.set("no_such", Some("1"), false)),
            SqlState::UNDEFINED_OBJECT
        );
        assert_eq!(
            code(settings.set("extra_float_digits", Some("x"), false)),
            SqlState::INVALID_PARAMETER_VALUE
        );
        assert_eq!(
            code(settings.set("server_version", Some("1"), false)),
            SqlState::CANT_CHANGE_RUNTIME_PARAM
        );
        settings.set("my.own", Some("x"), false).unwrap();
        assert_eq!(settings.show("my.own").unwrap(), "x");
    }

    #[test]
    fn local_ends_with_the_transaction() {
        let mut settings = Settings::default();
        settings.set("application_name", Some("a"), false).unwrap();
        settings.set("application_name", Some("b"), true).unwrap();
        assert_eq!(settings.show("application_name").unwrap(), "b");
        settings.end_transaction();
        assert_eq!(settings.show("application_name").unwrap(), "a");
        settings.set("application_name", None, false).unwrap();
        assert_eq!(settings.show("application_name").unwrap(), "");
    }
}
