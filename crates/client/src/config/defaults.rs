//! What stands in for options that were not given: a service, then environment variables (PostgreSQL docs 32.15, 32.17).

use super::settings::Settings;
use super::{ConfigError, Environment, Keyword, SslMode, check, service};

/// Gives the options that have not been given, from whatever gives them first.
pub(super) fn fill(settings: &mut Settings, around: &Environment) -> Result<(), ConfigError> {
    service::fill(settings, around)?;
    for keyword in Keyword::ALL.iter().copied() {
        let Some(name) = keyword.variable() else {
            continue;
        };
        if settings.get(keyword).is_some() {
            continue;
        }
        if let Some(text) = around.text(name)? {
            let mut alone = Settings::default();
            alone.set(keyword, text);
            check::values(&alone).map_err(|error| ConfigError::InVariable {
                name,
                error: Box::new(error),
            })?;
            settings.set(keyword, text);
        }
    }
    // Older than PGSSLMODE, which therefore comes first.
    if let Some(text) = around.text("PGREQUIRESSL")?
        && text.starts_with('1')
    {
        settings.fill(Keyword::SslMode, SslMode::Require.as_str());
    }
    Ok(())
}

/// Settings of the session that only environment variables give, by the name that the server knows them by.
pub(super) fn session(around: &Environment) -> Result<Vec<(&'static str, String)>, ConfigError> {
    let mut given = Vec::new();
    for (name, parameter) in [
        ("PGDATESTYLE", "datestyle"),
        ("PGTZ", "timezone"),
        ("PGGEQO", "geqo"),
    ] {
        match around.text(name)? {
            Some(text) if !text.eq_ignore_ascii_case("default") => {
                given.push((parameter, text.to_owned()));
            }
            _ => {}
        }
    }
    Ok(given)
}
