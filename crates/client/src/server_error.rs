//! An error as the server reported it, kept after its message is gone.

use std::borrow::Cow;
use std::fmt;

use trunkline_proto::SqlState;
use trunkline_proto::backend::{ErrorResponse, Fields, NoticeResponse, Report, Severity, code};

use crate::caret::caret;

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

            /// Where in [`internal_query`](Self::internal_query), in characters from 1.
            #[must_use]
            pub fn internal_position(&self) -> Option<usize> {
                self.text(code::INTERNAL_POSITION)?.parse().ok()
            }

            /// A statement that the server made, in a function as a rule, and in which the error is.
            #[must_use]
            pub fn internal_query(&self) -> Option<Cow<'_, str>> {
                self.text(code::INTERNAL_QUERY)
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

            /// The file of the server's source that it comes from.
            #[must_use]
            pub fn file(&self) -> Option<Cow<'_, str>> {
                self.text(code::FILE)
            }

            /// The line of that file.
            #[must_use]
            pub fn line(&self) -> Option<u32> {
                self.text(code::LINE)?.parse().ok()
            }

            /// The function in that file.
            #[must_use]
            pub fn routine(&self) -> Option<Cow<'_, str>> {
                self.text(code::ROUTINE)
            }

            /// How bad it is, in the server's language.
            #[must_use]
            pub fn severity_text(&self) -> Option<Cow<'_, str>> {
                self.text(code::SEVERITY)
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

    /// The line that the error points into, and a caret below the place, as psql shows it: the line of `sql`, which was sent, or else of
    /// the statement that the server made of it ([`internal_query`](Self::internal_query)). `None` if the server named no place, or one
    /// outside.
    ///
    /// ```text
    /// LINE 1: selec 1
    ///         ^
    /// ```
    #[must_use]
    pub fn caret(&self, sql: &str) -> Option<String> {
        if let Some(position) = self.position() {
            return caret(sql, position);
        }
        caret(&self.internal_query()?, self.internal_position()?)
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

    /// PostgreSQL docs 54.8: all of them.
    #[test]
    fn every_field_is_to_be_had() {
        let all = b"SVCMDHPpqWstcdnFLR";
        let texts: Vec<Vec<u8>> = all
            .iter()
            .map(|code| match code {
                b'V' => b"ERROR".to_vec(),
                b'C' => b"23505".to_vec(),
                b'P' => b"7".to_vec(),
                b'p' => b"8".to_vec(),
                b'L' => b"9".to_vec(),
                code => vec![b'<', *code, b'>'],
            })
            .collect();
        let fields: Vec<(u8, &[u8])> = all
            .iter()
            .zip(&texts)
            .map(|(code, text)| (*code, text.as_slice()))
            .collect();
        let error = error(&fields);
        assert_eq!(error.severity(), Severity::Error);
        assert_eq!(error.sqlstate(), SqlState::UNIQUE_VIOLATION);
        assert_eq!(error.position(), Some(7));
        assert_eq!(error.internal_position(), Some(8));
        assert_eq!(error.line(), Some(9));
        assert_eq!(error.message(), "<M>");
        for (found, code) in [
            (error.severity_text(), 'S'),
            (error.detail(), 'D'),
            (error.hint(), 'H'),
            (error.internal_query(), 'q'),
            (error.context(), 'W'),
            (error.schema(), 's'),
            (error.table(), 't'),
            (error.column(), 'c'),
            (error.data_type(), 'd'),
            (error.constraint(), 'n'),
            (error.file(), 'F'),
            (error.routine(), 'R'),
        ] {
            assert_eq!(found.as_deref(), Some(format!("<{code}>").as_str()));
        }
        for (code, text) in fields {
            assert_eq!(error.field(code), Some(text));
        }
        assert_eq!(error.field(b'z'), None);
    }

    #[test]
    fn carets() {
        let at = |position: &str, sql| error(&[(b'P', position.as_bytes())]).caret(sql);
        assert_eq!(
            at("1", "selec 1").as_deref(),
            Some("LINE 1: selec 1\n        ^")
        );
        for nowhere in ["0", "10", "-1", "x", "99999999999999999999"] {
            assert_eq!(at(nowhere, "select 1"), None);
        }
        let inside = error(&[(b'p', b"1"), (b'q', b"selec 1")]);
        assert_eq!(
            inside.caret("select f()").as_deref(),
            Some("LINE 1: selec 1\n        ^")
        );
        assert_eq!(error(&[(b'q', b"selec 1")]).caret("select f()"), None);
    }
}
