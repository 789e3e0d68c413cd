//! The grammar of connection URIs (PostgreSQL docs 32.1.1.2, RFC 3986):
//!
//! ```text
//! postgresql://[user[:password]@][host][:port][,…][/dbname][?name=value[&…]]
//! ```

use super::settings::Settings;
use super::{ConfigError, Keyword, mask, percent};

/// What follows `postgresql://` or `postgres://`; `None` for a text that starts with neither.
pub(super) fn after_scheme(text: &str) -> Option<&str> {
    text.strip_prefix("postgresql://")
        .or_else(|| text.strip_prefix("postgres://"))
}

/// Reads `uri`, of which `rest` is what [`after_scheme`] gave.
pub(super) fn parse(uri: &str, rest: &str) -> Result<Settings, ConfigError> {
    let mut settings = Settings::default();
    let rest = credentials(rest, &mut settings)?;
    let rest = hosts(uri, rest, &mut settings)?;
    let (database, query) = match rest.split_once('?') {
        Some((database, query)) => (database, query),
        None => (rest, ""),
    };
    // An empty name would keep PGDATABASE from being looked at.
    if let Some(database) = database.strip_prefix('/').filter(|name| !name.is_empty()) {
        store(&mut settings, Keyword::Dbname, database)?;
    }
    parameters(query, &mut settings)?;
    Ok(settings)
}

/// `user:password@`, if an `@` comes before the first `/`; gives back what follows.
fn credentials<'a>(text: &'a str, settings: &mut Settings) -> Result<&'a str, ConfigError> {
    let Some(at) = text
        .find(['@', '/'])
        .filter(|at| text[*at..].starts_with('@'))
    else {
        return Ok(text);
    };
    // libpq would take `host?password=p` for a user here, and look up the rest of the password as a host.
    if let Some((_, query)) = text[..at].split_once('?')
        && let Some((name, _)) = query.split_once('=')
        && Keyword::from_name(name.trim_matches(' ')).is_some()
    {
        return Err(ConfigError::AmbiguousCredentials);
    }
    let (user, password) = match text[..at].split_once(':') {
        Some((user, password)) => (user, password),
        None => (&text[..at], ""),
    };
    if !user.is_empty() {
        store(settings, Keyword::User, user)?;
    }
    if !password.is_empty() {
        store(settings, Keyword::Password, password)?;
    }
    Ok(&text[at + 1..])
}

/// `host:port,host:port`; gives back what follows, which is nothing, a path or a query.
///
/// Hosts and ports make one list each, and each list is decoded as a whole, as libpq does it.
fn hosts<'a>(uri: &str, text: &'a str, settings: &mut Settings) -> Result<&'a str, ConfigError> {
    let (mut hosts, mut ports) = (String::new(), String::new());
    let mut rest = text;
    loop {
        let (host, tail) = host(uri, rest)?;
        hosts.push_str(host);
        rest = tail;
        if let Some(tail) = rest.strip_prefix(':') {
            let end = tail.find(['/', '?', ',']).unwrap_or(tail.len());
            ports.push_str(&tail[..end]);
            rest = &tail[end..];
        }
        match rest.strip_prefix(',') {
            Some(tail) => rest = tail,
            None => break,
        }
        hosts.push(',');
        ports.push(',');
    }
    // What libpq would take for a host or a port here may be the end of a password, which no error may show.
    let is_number = |port: &str| {
        port.bytes()
            .all(|b| b.is_ascii_digit() || b" %+-".contains(&b))
    };
    let strange_port =
        (ports.contains('@') || rest.contains('@')) && !ports.split(',').all(is_number);
    if strange_port || hosts.split(',').any(|host| host.rfind('@') > Some(0)) {
        return Err(ConfigError::AmbiguousCredentials);
    }
    if !hosts.is_empty() {
        store(settings, Keyword::Host, &hosts)?;
    }
    if !ports.is_empty() {
        store(settings, Keyword::Port, &ports)?;
    }
    Ok(rest)
}

/// One host, in brackets or not; gives back what follows.
fn host<'a>(uri: &str, text: &'a str) -> Result<(&'a str, &'a str), ConfigError> {
    let Some(text) = text.strip_prefix('[') else {
        let end = text.find([':', '/', '?', ',']).unwrap_or(text.len());
        return Ok(text.split_at(end));
    };
    let Some((address, tail)) = text.split_once(']') else {
        return Err(ConfigError::UnclosedBracket(mask::uri(uri)));
    };
    if address.is_empty() {
        return Err(ConfigError::EmptyBracket(mask::uri(uri)));
    }
    match tail.chars().next() {
        None | Some(':' | '/' | '?' | ',') => Ok((address, tail)),
        Some(found) => Err(ConfigError::UnexpectedCharacter {
            found,
            position: uri.len() - tail.len() + 1,
            uri: mask::uri(uri),
        }),
    }
}

/// `name=value&name=value`.
fn parameters(query: &str, settings: &mut Settings) -> Result<(), ConfigError> {
    // After an `@` that is no credentials' end, or after a secret, a word may be a piece of a password.
    let stray = query.contains('@');
    let mut hidden = stray;
    let mut rest = query;
    while !rest.is_empty() {
        let parameter;
        (parameter, rest) = rest.split_once('&').unwrap_or((rest, ""));
        let Some((name, value)) = parameter.split_once('=') else {
            return Err(ConfigError::MissingSeparator(mask::word(parameter, hidden)));
        };
        if value.contains('=') {
            return Err(ConfigError::ExtraSeparator(mask::word(name, hidden)));
        }
        let name = percent::decode(name, hidden)?;
        // A name that is no option's may be a misspelt `password`.
        let secret = Keyword::from_name(&name).is_none_or(Keyword::is_secret);
        let value = percent::decode(value, secret)?;
        // JDBC's way to say it.
        if *name == "ssl" && *value == "true" {
            settings.set(Keyword::SslMode, "require");
        } else if !settings.store(&name, &value) {
            return Err(ConfigError::UnknownParameter(mask::word(&name, hidden)));
        }
        hidden = stray || secret;
    }
    Ok(())
}

/// Decodes a part and stores it.
fn store(settings: &mut Settings, keyword: Keyword, part: &str) -> Result<(), ConfigError> {
    let text = percent::decode(part, keyword.is_secret())?;
    settings.set(keyword, text.as_str());
    Ok(())
}
