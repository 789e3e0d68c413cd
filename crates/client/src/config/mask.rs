//! Keeping secrets out of messages that quote what was written.

/// A URI without the password and the query it may have.
///
/// A password may hold a stray `@`, `/` or `?`, and a query a stray `@`. Where that leaves open what is what, all but the user is hidden.
pub(super) fn uri(text: &str) -> String {
    let start = text.find("://").map_or(0, |scheme| scheme + 3);
    let (scheme, rest) = text.split_at(start);
    let query = rest.find('?');
    let Some(at) = rest.rfind('@') else {
        return format!("{scheme}{}", without_query(rest));
    };
    let user = &rest[..rest.find([':', '/', '?', '@', '[']).unwrap_or(at)];
    if query.is_some_and(|query| query < at) {
        return format!("{scheme}{user}***");
    }
    let password = if user.len() == at { "" } else { ":***" };
    format!("{scheme}{user}{password}{}", without_query(&rest[at..]))
}

fn without_query(text: &str) -> String {
    match text.split_once('?') {
        Some((before, query)) if !query.is_empty() => format!("{before}?***"),
        _ => text.to_owned(),
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
            ("postgres://ada:se?cret@[::1", "postgres://ada***"),
            ("postgres://[::1?password=sec@ret", "postgres://***"),
            ("postgres://ada@[::1?password=sec@ret", "postgres://ada***"),
            ("host?", "host?"),
        ] {
            assert_eq!(uri(from), to);
        }
    }
}
