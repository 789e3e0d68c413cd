//! SET, SHOW and their like.

use std::time::Duration;

use trunkline_server::{Error, Result, SessionHandle, SqlState, client_encoding};

use super::state::State;

pub const SETTINGS: [(&str, &str); 10] = [
    ("application_name", ""),
    ("client_encoding", "UTF8"),
    ("datestyle", "ISO, MDY"),
    ("timezone", "UTC"),
    ("search_path", "\"$user\", public"),
    ("extra_float_digits", "1"),
    ("work_mem", "4MB"),
    ("server_version", "18.0"),
    ("intervalstyle", "postgres"),
    ("statement_timeout", "0"),
];

/// Settings that change without a word to the client.
pub const QUIET: [&str; 3] = ["extra_float_digits", "work_mem", "statement_timeout"];

/// What PostgreSQL calls a setting that clients follow.
pub fn reported(name: &str) -> &str {
    match name {
        "timezone" => "TimeZone",
        "datestyle" => "DateStyle",
        "intervalstyle" => "IntervalStyle",
        name => name,
    }
}

pub fn set(state: &mut State, name: &str, value: &str) -> Result<()> {
    let name = name.to_lowercase();
    if !state.settings.contains_key(&name) && !name.contains('.') && !name.ends_with("_timeout") {
        return Err(unknown_setting(&name));
    }
    let value = match name.as_str() {
        "client_encoding" => client_encoding(value)?,
        "datestyle" => "ISO, MDY",
        _ => value,
    };
    state.settings.insert(name, value.into());
    Ok(())
}

/// The time limits are the library's.
pub fn limit(handle: &SessionHandle, name: &str, value: &str) {
    let limit = value
        .parse()
        .ok()
        .filter(|limit| *limit > 0)
        .map(Duration::from_millis);
    match name {
        "statement_timeout" => handle.statement_timeout(limit),
        "idle_session_timeout" => handle.idle_timeout(limit),
        "idle_in_transaction_session_timeout" => handle.idle_in_transaction_timeout(limit),
        "transaction_timeout" => handle.transaction_timeout(limit),
        _ => {}
    }
}

pub fn unknown_setting(name: &str) -> Error {
    Error::new(
        SqlState::UNDEFINED_OBJECT,
        format!("unrecognized configuration parameter \"{name}\""),
    )
}
