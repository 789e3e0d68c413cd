//! An error or notice by the names of its fields.

use alloc::vec::Vec;
use core::{fmt, str};

use super::{ErrorResponse, Fields, NoticeResponse, code};
use crate::codec::put;
use crate::{EncodeError, SqlState, frame};

/// How bad it is.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub enum Severity {
    /// For developers of the server.
    Debug,
    /// For administrators.
    Log,
    /// What the user asked to be told.
    Info,
    /// Might help the user.
    Notice,
    /// Probably not what the user wanted.
    Warning,
    /// The command failed.
    Error,
    /// The connection ends.
    Fatal,
    /// Every connection ends.
    Panic,
}

impl Severity {
    /// The word on the wire, in English.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "DEBUG",
            Self::Log => "LOG",
            Self::Info => "INFO",
            Self::Notice => "NOTICE",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
            Self::Fatal => "FATAL",
            Self::Panic => "PANIC",
        }
    }

    /// The severity of a word; `None` for words of other languages.
    #[must_use]
    pub fn from_bytes(word: &[u8]) -> Option<Self> {
        [
            Self::Debug,
            Self::Log,
            Self::Info,
            Self::Notice,
            Self::Warning,
            Self::Error,
            Self::Fatal,
            Self::Panic,
        ]
        .into_iter()
        .find(|severity| severity.as_str().as_bytes() == word)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// All that can be said in an ErrorResponse or NoticeResponse, the 18 fields by name (PostgreSQL docs 54.8).
///
/// Texts are bytes in the client's encoding. Severity, SQLSTATE and message are always sent, the others if they
/// are set.
///
/// ```
/// use trunkline_proto::{SqlState, backend::{Report, Severity}};
///
/// let report = Report { hint: Some(b"Try again."), ..Report::new(Severity::Error, SqlState::DEADLOCK_DETECTED, b"deadlock detected") };
/// let mut out = vec![];
/// report.encode_error(&mut out)?;
/// assert_eq!(out, b"E\0\0\0\x39SERROR\0VERROR\0C40P01\0Mdeadlock detected\0HTry again.\0\0");
/// # Ok::<(), trunkline_proto::EncodeError>(())
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Report<'a> {
    /// `V`: how bad it is.
    pub severity: Severity,
    /// `S`: the same in the user's language; the English word if not set.
    pub localized_severity: Option<&'a [u8]>,
    /// `C`: what it is, for programs.
    pub sqlstate: SqlState,
    /// `M`: what it is, for people.
    pub message: &'a [u8],
    /// `D`: more about it.
    pub detail: Option<&'a [u8]>,
    /// `H`: what to do about it.
    pub hint: Option<&'a [u8]>,
    /// `W`: what was being done, the innermost first.
    pub context: Option<&'a [u8]>,
    /// `s`: schema of the object.
    pub schema: Option<&'a [u8]>,
    /// `t`: table.
    pub table: Option<&'a [u8]>,
    /// `c`: column.
    pub column: Option<&'a [u8]>,
    /// `d`: data type.
    pub data_type: Option<&'a [u8]>,
    /// `n`: constraint.
    pub constraint: Option<&'a [u8]>,
    /// `P`: where in the query text, in characters (not bytes) from 1.
    pub position: Option<u32>,
    /// `p`: where in `internal_query`, in characters from 1.
    pub internal_position: Option<u32>,
    /// `q`: the text of a query that the server made itself.
    pub internal_query: Option<&'a [u8]>,
    /// `F`: source file of the server.
    pub file: Option<&'a [u8]>,
    /// `L`: line of it.
    pub line: Option<u32>,
    /// `R`: function in it.
    pub routine: Option<&'a [u8]>,
}

impl<'a> Report<'a> {
    /// What is always said, and nothing more.
    #[must_use]
    pub const fn new(severity: Severity, sqlstate: SqlState, message: &'a [u8]) -> Self {
        Self {
            severity,
            localized_severity: None,
            sqlstate,
            message,
            detail: None,
            hint: None,
            context: None,
            schema: None,
            table: None,
            column: None,
            data_type: None,
            constraint: None,
            position: None,
            internal_position: None,
            internal_query: None,
            file: None,
            line: None,
            routine: None,
        }
    }

    /// Reads fields that a server sent, whatever it left out.
    ///
    /// Without a severity that can be understood this is an ERROR, and not one that ends the connection; without a
    /// legal SQLSTATE it is `XX000`; without a message the message is empty. Of a field that comes twice the
    /// first is taken, and unknown ones are left out.
    #[must_use]
    pub fn from_fields(fields: &Fields<'a>) -> Self {
        let localized = fields.value(code::SEVERITY);
        let severity = fields.value(code::SEVERITY_NONLOCALIZED).or(localized);
        let number = |code| str::from_utf8(fields.value(code)?).ok()?.parse().ok();
        Self {
            severity: severity
                .and_then(Severity::from_bytes)
                .unwrap_or(Severity::Error),
            localized_severity: localized,
            sqlstate: fields
                .value(code::SQLSTATE)
                .and_then(|code| SqlState::try_from(code).ok())
                .unwrap_or(SqlState::INTERNAL_ERROR),
            message: fields.value(code::MESSAGE).unwrap_or(b""),
            detail: fields.value(code::DETAIL),
            hint: fields.value(code::HINT),
            context: fields.value(code::CONTEXT),
            schema: fields.value(code::SCHEMA),
            table: fields.value(code::TABLE),
            column: fields.value(code::COLUMN),
            data_type: fields.value(code::DATA_TYPE),
            constraint: fields.value(code::CONSTRAINT),
            position: number(code::POSITION),
            internal_position: number(code::INTERNAL_POSITION),
            internal_query: fields.value(code::INTERNAL_QUERY),
            file: fields.value(code::FILE),
            line: number(code::LINE),
            routine: fields.value(code::ROUTINE),
        }
    }

    /// Appends an ErrorResponse.
    ///
    /// # Errors
    ///
    /// [`EncodeError::NulInString`] or [`EncodeError::TooLong`] for texts that cannot be sent; `out` is then as it
    /// was before.
    pub fn encode_error(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame::write(out, ErrorResponse::TAG, |out| self.write(out))
    }

    /// Appends a NoticeResponse.
    ///
    /// # Errors
    ///
    /// [`EncodeError::NulInString`] or [`EncodeError::TooLong`] for texts that cannot be sent; `out` is then as it
    /// was before.
    pub fn encode_notice(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame::write(out, NoticeResponse::TAG, |out| self.write(out))
    }

    /// Writes the fields in the order in which PostgreSQL does.
    fn write(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let severity = self.severity.as_str().as_bytes();
        text(
            out,
            code::SEVERITY,
            Some(self.localized_severity.unwrap_or(severity)),
        )?;
        text(out, code::SEVERITY_NONLOCALIZED, Some(severity))?;
        text(out, code::SQLSTATE, Some(self.sqlstate.as_bytes()))?;
        text(out, code::MESSAGE, Some(self.message))?;
        text(out, code::DETAIL, self.detail)?;
        text(out, code::HINT, self.hint)?;
        text(out, code::CONTEXT, self.context)?;
        text(out, code::SCHEMA, self.schema)?;
        text(out, code::TABLE, self.table)?;
        text(out, code::COLUMN, self.column)?;
        text(out, code::DATA_TYPE, self.data_type)?;
        text(out, code::CONSTRAINT, self.constraint)?;
        number(out, code::POSITION, self.position);
        number(out, code::INTERNAL_POSITION, self.internal_position);
        text(out, code::INTERNAL_QUERY, self.internal_query)?;
        text(out, code::FILE, self.file)?;
        number(out, code::LINE, self.line);
        text(out, code::ROUTINE, self.routine)?;
        out.push(0);
        Ok(())
    }
}

fn text(out: &mut Vec<u8>, code: u8, value: Option<&[u8]>) -> Result<(), EncodeError> {
    let Some(value) = value else { return Ok(()) };
    out.push(code);
    put::cstr(out, value)
}

fn number(out: &mut Vec<u8>, code: u8, value: Option<u32>) {
    let Some(value) = value else { return };
    out.push(code);
    put::decimal(out, value.into());
    out.push(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report<'a>(fields: &'a [(u8, &'a [u8])]) -> Report<'a> {
        Report::from_fields(&Fields::from(fields))
    }

    #[test]
    fn a_report_that_says_nothing_is_still_one() {
        let expected = Report::new(Severity::Error, SqlState::INTERNAL_ERROR, b"");
        assert_eq!(report(&[]), expected);
    }

    #[test]
    fn the_untranslated_severity_wins() {
        assert_eq!(
            report(&[(b'S', b"FEHLER"), (b'V', b"FATAL")]).severity,
            Severity::Fatal
        );
        assert_eq!(report(&[(b'S', b"PANIC")]).severity, Severity::Panic);
        assert_eq!(report(&[(b'S', b"FEHLER")]).severity, Severity::Error);
        assert_eq!(report(&[(b'V', b"GRAVE")]).severity, Severity::Error);
    }

    #[test]
    fn nonsense_in_a_field_is_left_out() {
        let report = report(&[(b'P', b"twelve"), (b'L', b""), (b'C', b"x"), (b'z', b"?")]);
        assert_eq!((report.position, report.line), (None, None));
        assert_eq!(report.sqlstate, SqlState::INTERNAL_ERROR);
    }
}
