//! Options that are integers, and those that are 0 or 1.

use std::time::Duration;

use super::conninfo::is_space;
use super::settings::Settings;
use super::{ConfigError, Keyword};

/// Reads an integer as libpq does: in 32 bits, with a sign or without, spaces around it.
pub(super) fn integer(keyword: Keyword, text: &str) -> Result<i32, ConfigError> {
    text.trim_matches(is_space)
        .parse()
        .map_err(|_| ConfigError::InvalidInteger {
            keyword,
            value: text.to_owned(),
        })
}

/// An integer option above zero; zero, less, and an option that was not given all mean the system's default.
pub(super) fn positive(settings: &Settings, keyword: Keyword) -> Result<Option<u32>, ConfigError> {
    let Some(text) = settings.get(keyword) else {
        return Ok(None);
    };
    let number = integer(keyword, text)?;
    Ok(u32::try_from(number).ok().filter(|number| *number > 0))
}

/// As [`positive`], for seconds.
pub(super) fn seconds(
    settings: &Settings,
    keyword: Keyword,
) -> Result<Option<Duration>, ConfigError> {
    Ok(positive(settings, keyword)?.map(|seconds| Duration::from_secs(seconds.into())))
}

/// The seconds in a duration, so that no part of it is lost.
pub(super) fn whole_seconds(duration: Duration) -> String {
    let up = u64::from(duration.subsec_nanos() > 0);
    let seconds = duration.as_secs().saturating_add(up);
    seconds.min(MAX).to_string()
}

/// The milliseconds in a duration, so that no part of it is lost.
pub(super) fn whole_milliseconds(duration: Duration) -> String {
    let milliseconds = duration.as_nanos().div_ceil(1_000_000);
    milliseconds.min(MAX.into()).to_string()
}

/// An option that is `0` or `1`. Empty is 0, as in libpq.
pub(super) fn switch(keyword: Keyword, text: &str) -> Result<bool, ConfigError> {
    match text {
        "1" => Ok(true),
        "0" | "" => Ok(false),
        _ => Err(ConfigError::InvalidValue {
            keyword,
            value: Some(text.to_owned()),
        }),
    }
}

/// The largest integer of an option.
const MAX: u64 = i32::MAX.unsigned_abs() as u64;
