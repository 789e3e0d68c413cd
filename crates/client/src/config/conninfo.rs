//! The grammar of keyword/value strings: `host=localhost dbname='my db'` (PostgreSQL docs 32.1.1.1).

use std::fmt;

use zeroize::Zeroizing;

use super::settings::Settings;
use super::{ConfigError, Keyword, mask};

/// Reads a keyword/value string. Of an option that is given twice, the last text counts.
pub(super) fn parse(text: &str) -> Result<Settings, ConfigError> {
    let mut settings = Settings::default();
    let mut rest = text.trim_start_matches(is_space);
    let mut after_secret = false;
    while !rest.is_empty() {
        let (name, tail) = name(rest, after_secret)?;
        let (value, tail) = value(tail.trim_start_matches(is_space))?;
        if !settings.store(name, &value) {
            return Err(ConfigError::UnknownOption(mask::word(name, after_secret)));
        }
        after_secret = Keyword::from_name(name).is_some_and(Keyword::is_secret);
        rest = tail.trim_start_matches(is_space);
    }
    Ok(settings)
}

/// Writes options so that [`parse`] reads them: a value is quoted where it must be.
pub(super) fn write<'a>(
    settings: impl Iterator<Item = (Keyword, &'a str)>,
    out: &mut impl fmt::Write,
) -> fmt::Result {
    for (index, (keyword, value)) in settings.enumerate() {
        let space = if index == 0 { "" } else { " " };
        write!(out, "{space}{keyword}=")?;
        let quoted =
            value.is_empty() || value.contains(|c| is_space(c) || matches!(c, '\'' | '\\'));
        if !quoted {
            out.write_str(value)?;
            continue;
        }
        out.write_char('\'')?;
        for character in value.chars() {
            if matches!(character, '\'' | '\\') {
                out.write_char('\\')?;
            }
            out.write_char(character)?;
        }
        out.write_char('\'')?;
    }
    Ok(())
}

/// What C's `isspace` takes for a space.
pub(super) fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t'..='\r')
}

/// A name and the `=` after it; gives back what follows.
fn name(text: &str, after_secret: bool) -> Result<(&str, &str), ConfigError> {
    let end = text.find(|c| c == '=' || is_space(c)).unwrap_or(text.len());
    let (name, tail) = text.split_at(end);
    match tail.trim_start_matches(is_space).strip_prefix('=') {
        Some(tail) => Ok((name, tail)),
        None => Err(ConfigError::MissingEquals(mask::word(name, after_secret))),
    }
}

/// A value, quoted or up to a space; gives back what follows. A backslash makes the next character an ordinary one.
fn value(text: &str) -> Result<(Zeroizing<String>, &str), ConfigError> {
    let mut value = Zeroizing::new(String::with_capacity(text.len()));
    let (quoted, body) = match text.strip_prefix('\'') {
        Some(body) => (true, body),
        None => (false, text),
    };
    let mut characters = body.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            '\'' if quoted => return Ok((value, &body[index + 1..])),
            _ if !quoted && is_space(character) => return Ok((value, &body[index + 1..])),
            _ => value.push(character),
        }
    }
    if quoted {
        return Err(ConfigError::UnterminatedQuote);
    }
    Ok((value, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(&'static str, String)> {
        parse(text)
            .unwrap_or_else(|e| panic!("{text}: {e}"))
            .iter()
            .map(|(keyword, value)| (keyword.name(), value.to_owned()))
            .collect()
    }

    #[test]
    fn values_are_read_as_libpq_reads_them() {
        for (text, expected) in [
            ("", vec![]),
            (" \t\r\n", vec![]),
            ("host=a port=1", vec![("host", "a"), ("port", "1")]),
            ("host = a  port\n=\t1 ", vec![("host", "a"), ("port", "1")]),
            ("user=", vec![("user", "")]),
            ("user=''", vec![("user", "")]),
            ("user= host=a", vec![("user", "host=a")]),
            ("user='it''s", vec![]),
            (
                r"user='it\'s' dbname='a\\b'",
                vec![("user", "it's"), ("dbname", r"a\b")],
            ),
            (r"user=it\'s\ me", vec![("user", "it's me")]),
            (r"user=a\", vec![("user", "a")]),
            ("user=a'b", vec![("user", "a'b")]),
            ("user='a'dbname=b", vec![("user", "a"), ("dbname", "b")]),
            ("user=a user=b", vec![("user", "b")]),
            ("requiressl=1", vec![("sslmode", "require")]),
            ("requiressl=0", vec![("sslmode", "prefer")]),
            ("user=\u{a0}é", vec![("user", "\u{a0}é")]),
        ] {
            if text == "user='it''s" {
                assert_eq!(
                    parse(text).map(|_| ()),
                    Err(ConfigError::MissingEquals(Some("'s".to_owned())))
                );
                continue;
            }
            let expected: Vec<_> = expected
                .into_iter()
                .map(|(name, value)| (name, value.to_owned()))
                .collect();
            assert_eq!(pairs(text), expected, "{text}");
        }
    }

    #[test]
    fn errors_are_libpqs() {
        for (text, expected) in [
            (
                "host",
                "missing \"=\" after \"host\" in connection info string",
            ),
            (
                "host a",
                "missing \"=\" after \"host\" in connection info string",
            ),
            (
                "user='a",
                "unterminated quoted string in connection info string",
            ),
            (
                r"user='a\",
                "unterminated quoted string in connection info string",
            ),
            (
                r"user='a\'",
                "unterminated quoted string in connection info string",
            ),
            // SEC-84: what is not known is not passed over.
            ("hosts=a", "invalid connection option \"hosts\""),
            ("HOST=a", "invalid connection option \"HOST\""),
            ("=a", "invalid connection option \"\""),
            ("authtype=a", "invalid connection option \"authtype\""),
            ("ssl=true", "invalid connection option \"ssl\""),
        ] {
            assert_eq!(
                parse(text).map(|_| ()).map_err(|e| e.to_string()),
                Err(expected.to_owned())
            );
        }
    }

    #[test]
    fn no_error_shows_a_secret() {
        for text in [
            "password=very secret",
            "password=very secret=1",
            "password='very' 'secret'",
            "sslpassword=very secret",
            "oauth_client_secret=very secret",
            "postgre://ada:secret@host/db",
            "postgre://ada:secret@host/db?sslmode=require",
            "postgre://ada:se=cret@host/db",
        ] {
            let error = parse(text)
                .map(|_| ())
                .map_err(|e| (e.to_string(), format!("{e:?}")));
            let Err((shown, debug)) = error else {
                panic!("{text} was read");
            };
            assert!(!shown.contains("cret"), "{shown}");
            assert!(!debug.contains("cret"), "{debug}");
        }
    }
}
