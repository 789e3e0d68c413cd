//! Keeping secrets out of messages that quote what was written.

/// A URI without the password and the query it may have.
///
/// Everything from the first `:` of the authority to its last `@` counts as a password, so that one with a stray `@` or `/` in it is
/// hidden as well.
pub(super) fn uri(text: &str) -> String {
    let start = text.find("://").map_or(0, |scheme| scheme + 3);
    let (scheme, rest) = text.split_at(start);
    let (user, rest) = match rest.rfind('@').map(|at| rest.split_at(at)) {
        Some((credentials, host)) => match credentials.split_once(':') {
            Some((user, _)) => (format!("{user}:***"), host),
            None => (credentials.to_owned(), host),
        },
        None => (String::new(), rest),
    };
    match rest.split_once('?') {
        Some((before, query)) if !query.is_empty() => format!("{scheme}{user}{before}?***"),
        _ => format!("{scheme}{user}{rest}"),
    }
}

/// A word that no rule expected, unless what stood before it was a secret that it may continue.
pub(super) fn word(text: &str, after_secret: bool) -> Option<String> {
    (!after_secret).then(|| uri(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_loses_its_password_and_nothing_else() {
        for (from, to) in [
            ("postgres://[::1", "postgres://[::1"),
            ("postgres://ada@[::1", "postgres://ada@[::1"),
            ("postgres://ada:secret@[::1", "postgres://ada:***@[::1"),
            ("postgres://ada:se@cr/et@[::1", "postgres://ada:***@[::1"),
            ("postgres://[::1?password=secret", "postgres://[::1?***"),
            (
                "postgre://ada:secret@host/db?sslmode",
                "postgre://ada:***@host/db?***",
            ),
            ("ada:secret@host", "ada:***@host"),
            ("host?", "host?"),
        ] {
            assert_eq!(uri(from), to);
        }
    }
}
