//! Where a text has its parameters.

use core::ops::Range;

use memchr::memchr_iter;

use super::lexer::{Kind, Lexer, Unclosed};

/// The parameters of a text, such as `$1`, each with its place in bytes and its number: those in quotes and comments are none.
///
/// ```
/// use trunkline_proto::sql;
///
/// let found: Vec<_> = sql::parameters("select $2, '$1' -- $3").collect();
/// assert_eq!(found, [(7..9, 2)]);
/// ```
pub fn parameters(sql: &str) -> impl Iterator<Item = (Range<usize>, usize)> {
    let mut lexer = Lexer::new(sql);
    core::iter::from_fn(move || {
        loop {
            let token = lexer.token()?;
            if token.kind != Kind::Other {
                continue;
            }
            let number = lexer.text(token).strip_prefix('$');
            if let Some(number) = number.and_then(|digits| digits.parse().ok()) {
                return Some((token.start..token.end, number));
            }
        }
    })
}

/// What keeps literals out of the places of a text's [parameters].
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Obstacle {
    /// A parameter stands right beside a string or another parameter: with a line break between, two strings are one, by the first
    /// one's rules for backslashes (PostgreSQL docs 4.1.2.1).
    Neighbour,
    /// Whether a backslash before a quote ends the string or not depends on `standard_conforming_strings` or, behind a character that
    /// is not ASCII, on `client_encoding`. Both may be others by the time the server reads the text.
    Backslash,
}

/// What keeps literals out of the places of a text's parameters, if anything does. Without it, the text has its parameters in the
/// same places under every `standard_conforming_strings` and `client_encoding`, and a literal there stays one.
///
/// ```
/// use trunkline_proto::sql::{Obstacle, obstacle};
///
/// assert_eq!(obstacle(r"select $1, '\d', E'it\'s'"), None);
/// assert_eq!(obstacle("select E'a'\n$1"), Some(Obstacle::Neighbour));
/// assert_eq!(obstacle(r"select $1 like $2 escape '\'"), Some(Obstacle::Backslash));
/// ```
#[must_use]
pub fn obstacle(sql: &str) -> Option<Obstacle> {
    let mut lexer = Lexer::new(sql);
    let mut before = Side::Else;
    while let Some(token) = lexer.token() {
        let text = lexer.text(token);
        let side = Side::of(token.kind, text);
        if matches!(
            (before, side),
            (Side::Parameter, Side::Parameter | Side::String) | (Side::String, Side::Parameter)
        ) {
            return Some(Obstacle::Neighbour);
        }
        if side == Side::String && is_ambiguous(text.as_bytes()) {
            return Some(Obstacle::Backslash);
        }
        before = side;
    }
    None
}

/// What a token is to its neighbours.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
enum Side {
    Parameter,
    /// In single quotes, with a prefix or without, closed or not.
    String,
    Else,
}

impl Side {
    fn of(kind: Kind, text: &str) -> Self {
        match kind {
            Kind::String
            | Kind::Unterminated(Unclosed::String | Unclosed::BitString | Unclosed::HexString) => {
                Self::String
            }
            Kind::Other if text.ends_with('\'') => Self::String,
            Kind::Other if text.starts_with('$') => Self::Parameter,
            _ => Self::Else,
        }
    }
}

/// Whether backslashes right before a quote of a string mean one thing here and another there.
fn is_ambiguous(string: &[u8]) -> bool {
    let escapes = matches!(string.first(), Some(b'e' | b'E'));
    memchr_iter(b'\'', string).any(|quote| {
        let before = string.get(..quote).unwrap_or_default();
        let first = before.iter().rev().find(|byte| **byte != b'\\');
        // In some encodings a backslash is the second byte of a character (SEC-81).
        before.ends_with(b"\\") && (!escapes || first.is_some_and(|byte| !byte.is_ascii()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn obstacles() {
        for (sql, expected) in [
            ("select $1, 'a', $2", None),
            ("select 'a' || $1 || 'b'", None),
            (
                "select '\\n', $1, E'\\n', E'\\'', E'\\\\', E'\u{e9}\\n'",
                None,
            ),
            ("select \"a\\\", $$\\'$$, $1 -- '\\'\n/* '\\' */", None),
            ("select $a$x$a$ $1", None),
            ("select E'a'\n$1", Some(Obstacle::Neighbour)),
            ("select E'a' -- b\n -- c\r$1", Some(Obstacle::Neighbour)),
            ("select 'a'\n'b' /* c */ $1", Some(Obstacle::Neighbour)),
            ("select U&'a'\n$1", Some(Obstacle::Neighbour)),
            ("select X'00'\n$1", Some(Obstacle::Neighbour)),
            ("select $1\n'a'", Some(Obstacle::Neighbour)),
            ("select $1\n'a", Some(Obstacle::Neighbour)),
            ("select $1\n$2", Some(Obstacle::Neighbour)),
            ("select $1, '\\'", Some(Obstacle::Backslash)),
            ("select $1, '\\\\'", Some(Obstacle::Backslash)),
            ("select $1, 'a\\''b'", Some(Obstacle::Backslash)),
            ("select $1, 'a'\n'b\\'", Some(Obstacle::Backslash)),
            ("select $1, 'a\\''b", Some(Obstacle::Backslash)),
            ("select $1, N'\\'", Some(Obstacle::Backslash)),
            ("select $1, E'\u{c1}\\''", Some(Obstacle::Backslash)),
            ("select $1, e'\u{c1}\\\\'", Some(Obstacle::Backslash)),
        ] {
            assert_eq!(obstacle(sql), expected, "{sql}");
        }
    }
}
