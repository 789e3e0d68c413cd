//! An error as the server reported it, kept after its message is gone.

use std::borrow::Cow;
use std::fmt;

use trunkline_proto::SqlState;
use trunkline_proto::backend::{ErrorResponse, Fields, NoticeResponse, Report, Severity, code};

/// What a server said in an ErrorResponse, with all its fields (PostgreSQL docs 54.8).
#[derive(Clone, PartialEq, Eq)]
pub struct ServerError(Vec<(u8, Box<[u8]>)>);

/// What a server said in a NoticeResponse.
#[derive(Clone, PartialEq, Eq)]
pub struct Notice(Vec<(u8, Box<[u8]>)>);

fn keep(fields: Fields<'_>) -> Vec<(u8, Box<[u8]>)> {
    fields
        .iter()
        .map(|(code, text)| (code, text.into()))
        .collect()
}

fn find(fields: &[(u8, Box<[u8]>)], code: u8) -> Option<&[u8]> {
    fields
        .iter()
        .find(|(each, _)| *each == code)
        .map(|(_, text)| &**text)
}

macro_rules! fields {
    ($type:ident, $response:ident) => {
        impl $type {
            /// Copies the fields out of a message.
            #[must_use]
            pub fn new(response: &$response<'_>) -> Self {
                Self(keep(response.fields))
            }

            /// The text of the field with this [code], as it came.
            #[must_use]
            pub fn field(&self, code: u8) -> Option<&[u8]> {
                find(&self.0, code)
            }

            /// How bad it is; in doubt an error.
            #[must_use]
            pub fn severity(&self) -> Severity {
                self.field(code::SEVERITY_NONLOCALIZED)
                    .or_else(|| self.field(code::SEVERITY))
                    .and_then(Severity::from_bytes)
                    .unwrap_or(Severity::Error)
            }

            /// The SQLSTATE; `XX000` if the server sent none that is one.
            #[must_use]
            pub fn sqlstate(&self) -> SqlState {
                self.text(code::SQLSTATE)
                    .and_then(|text| SqlState::try_from(&*text).ok())
                    .unwrap_or(SqlState::INTERNAL_ERROR)
            }

            /// What went wrong, in one line as a rule. Empty if the server sent none.
            #[must_use]
            pub fn message(&self) -> Cow<'_, str> {
                self.text(code::MESSAGE).unwrap_or_default()
            }

            /// More about it.
            #[must_use]
            pub fn detail(&self) -> Option<Cow<'_, str>> {
                self.text(code::DETAIL)
            }

            /// What to do about it.
            #[must_use]
            pub fn hint(&self) -> Option<Cow<'_, str>> {
                self.text(code::HINT)
            }

            /// Where in the query's text, in characters from 1.
            #[must_use]
            pub fn position(&self) -> Option<usize> {
                self.text(code::POSITION)?.parse().ok()
            }

            /// What was being done, the innermost first.
            #[must_use]
            pub fn context(&self) -> Option<Cow<'_, str>> {
                self.text(code::CONTEXT)
            }

            /// The schema of the object that it is about.
            #[must_use]
            pub fn schema(&self) -> Option<Cow<'_, str>> {
                self.text(code::SCHEMA)
            }

            /// The table that it is about.
            #[must_use]
            pub fn table(&self) -> Option<Cow<'_, str>> {
                self.text(code::TABLE)
            }

            /// The column that it is about.
            #[must_use]
            pub fn column(&self) -> Option<Cow<'_, str>> {
                self.text(code::COLUMN)
            }

            /// The data type that it is about.
            #[must_use]
            pub fn data_type(&self) -> Option<Cow<'_, str>> {
                self.text(code::DATA_TYPE)
            }

            /// The constraint that it is about.
            #[must_use]
            pub fn constraint(&self) -> Option<Cow<'_, str>> {
                self.text(code::CONSTRAINT)
            }

            /// A field as text, with replacement characters where it is not UTF-8.
            fn text(&self, code: u8) -> Option<Cow<'_, str>> {
                self.field(code).map(String::from_utf8_lossy)
            }
        }

        /// In one line: severity, message, SQLSTATE, detail and hint. What a terminal could take for a command is escaped (SEC-89);
        /// [`field`](Self::field) has the texts as they came.
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}: {}", self.severity(), Printable(&self.message()))?;
                write!(f, " ({})", self.sqlstate())?;
                if let Some(detail) = self.detail() {
                    write!(f, "; {}", Printable(&detail))?;
                }
                if let Some(hint) = self.hint() {
                    write!(f, "; hint: {}", Printable(&hint))?;
                }
                Ok(())
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let fields: Vec<(u8, &[u8])> =
                    self.0.iter().map(|(code, text)| (*code, &**text)).collect();
                Report::from_fields(&Fields::from(fields.as_slice())).fmt(f)
            }
        }
    };
}

fields!(ServerError, ErrorResponse);
fields!(Notice, NoticeResponse);

impl ServerError {
    /// Whether the session is over.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        self.severity() >= Severity::Fatal
    }

    /// The line of `sql` that the error points into, and a caret below the place, as psql shows it; `None` if the server named no
    /// place, or one outside of `sql`.
    ///
    /// ```text
    /// LINE 1: selec 1
    ///         ^
    /// ```
    #[must_use]
    pub fn caret(&self, sql: &str) -> Option<String> {
        let before = self.position()?.checked_sub(1)?;
        // The end is a place too: where something is missing.
        let at = sql
            .char_indices()
            .map(|(index, _)| index)
            .chain([sql.len()])
            .nth(before)?;
        let (head, tail) = sql.split_at_checked(at)?;
        let start = head.rfind('\n').map_or(0, |newline| newline + 1);
        let line = head.get(start..)?;
        let rest = tail.split('\n').next().unwrap_or_default();
        let number = head.matches('\n').count() + 1;
        let prefix = format!("LINE {number}: ");
        // A tab stays a tab, so that the caret ends up below the place whatever its width.
        let blanks: String = line
            .chars()
            .map(|c| if c == '\t' { '\t' } else { ' ' })
            .collect();
        Some(format!(
            "{prefix}{line}{}\n{}{blanks}^",
            rest.trim_end_matches('\r'),
            " ".repeat(prefix.len()),
        ))
    }
}

impl std::error::Error for ServerError {}

/// A text in one line, its control characters escaped: a server must not be able to forge lines of ours.
struct Printable<'a>(&'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            if c.is_control() {
                write!(f, "{}", c.escape_default())?;
            } else {
                write!(f, "{c}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(fields: &[(u8, &[u8])]) -> ServerError {
        ServerError::new(&ErrorResponse {
            fields: Fields::from(fields),
        })
    }

    /// T-L10, ER-02: whatever is missing.
    #[test]
    fn fields_may_be_missing() {
        let empty = error(&[]);
        assert_eq!(empty.sqlstate(), SqlState::INTERNAL_ERROR);
        assert_eq!(empty.to_string(), "ERROR:  (XX000)");
        assert_eq!(error(&[(b'C', b"no")]).sqlstate(), SqlState::INTERNAL_ERROR);
        let fatal = error(&[(b'S', b"FATAL"), (b'M', b"gone")]);
        assert!(fatal.is_fatal());
        let translated = error(&[(b'S', b"FEHLER"), (b'V', b"FATAL"), (b'M', b"weg")]);
        assert!(translated.is_fatal());
    }

    /// SEC-89.
    #[test]
    fn escape_sequences_are_not_printed() {
        let hostile = error(&[(b'M', b"\x1b]0;owned\x07\xc2\x9b\n")]);
        let shown = hostile.to_string();
        assert!(!shown.contains('\x1b') && !shown.contains('\u{9b}') && !shown.contains('\x07'));
        assert_eq!(hostile.message(), "\x1b]0;owned\x07\u{9b}\n");
    }

    #[test]
    fn carets() {
        let at = |position: &str, sql| error(&[(b'P', position.as_bytes())]).caret(sql);
        assert_eq!(
            at("1", "selec 1").as_deref(),
            Some("LINE 1: selec 1\n        ^")
        );
        assert_eq!(
            at("12", "select 1\n+\té,x\r\n").as_deref(),
            Some("LINE 2: +\té,x\n         \t^")
        );
        assert_eq!(
            at("9", "select 1").as_deref(),
            Some("LINE 1: select 1\n                ^")
        );
        for nowhere in ["0", "10", "-1", "x", "99999999999999999999"] {
            assert_eq!(at(nowhere, "select 1"), None);
        }
    }
}
