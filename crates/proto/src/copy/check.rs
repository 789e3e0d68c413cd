//! Which options go together: PostgreSQL's rules, in its order and its words.

use core::fmt;

use super::options::{Header, Layout, Options};
use crate::SqlState;

/// Options of a COPY that do not go together. It prints as PostgreSQL words it.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum InvalidOptions {
    /// An option that binary data has no use for: its name (42601; 0A000 for `HEADER`).
    InBinary(&'static str),
    /// A character that must be ASCII is not: the option's name (0A000).
    NotOneByte(&'static str),
    /// Lines would end at every delimiter (22023).
    DelimiterIsLineEnd,
    /// Lines would end inside every NULL (22023).
    NullHasLineEnd,
    /// In text, a delimiter that a backslash gives another meaning (22023).
    Delimiter(u8),
    /// An option of CSV in another layout: its name (0A000).
    OnlyInCsv(&'static str),
    /// The delimiter is the quote too (22023).
    DelimiterIsQuote,
    /// The delimiter is in what stands for NULL (0A000).
    DelimiterInNull,
    /// The quote is in what stands for NULL (0A000).
    QuoteInNull,
}

impl InvalidOptions {
    /// The code PostgreSQL gives.
    #[must_use]
    pub fn sqlstate(self) -> SqlState {
        match self {
            Self::InBinary("HEADER")
            | Self::NotOneByte(_)
            | Self::OnlyInCsv(_)
            | Self::DelimiterInNull
            | Self::QuoteInNull => SqlState::FEATURE_NOT_SUPPORTED,
            Self::InBinary(_) => SqlState::SYNTAX_ERROR,
            Self::DelimiterIsLineEnd
            | Self::NullHasLineEnd
            | Self::Delimiter(_)
            | Self::DelimiterIsQuote => SqlState::INVALID_PARAMETER_VALUE,
        }
    }
}

impl fmt::Display for InvalidOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InBinary(option) => write!(f, "cannot specify {option} in BINARY mode"),
            Self::NotOneByte(option) => {
                write!(f, "COPY {option} must be a single one-byte character")
            }
            Self::DelimiterIsLineEnd => {
                f.write_str("COPY delimiter cannot be newline or carriage return")
            }
            Self::NullHasLineEnd => {
                f.write_str("COPY null representation cannot use newline or carriage return")
            }
            Self::Delimiter(delimiter) => {
                write!(f, "COPY delimiter cannot be \"{}\"", char::from(*delimiter))
            }
            Self::OnlyInCsv(option) => write!(f, "COPY {option} available only in CSV mode"),
            Self::DelimiterIsQuote => f.write_str("COPY delimiter and quote must be different"),
            Self::DelimiterInNull => {
                f.write_str("COPY delimiter must not appear in the NULL specification")
            }
            Self::QuoteInNull => {
                f.write_str("CSV quote character must not appear in the NULL specification")
            }
        }
    }
}

impl core::error::Error for InvalidOptions {}

impl Options {
    /// Whether the options go together.
    ///
    /// # Errors
    ///
    /// As PostgreSQL answers the same `WITH (…)`: 22023, 0A000 or 42601.
    pub fn check(&self) -> Result<(), InvalidOptions> {
        let csv = self.layout == Layout::Csv;
        let binary = self.layout == Layout::Binary;
        let (delimiter, null) = (self.delimiter_byte(), self.null_bytes());
        refuse(
            binary && self.delimiter.is_some(),
            InvalidOptions::InBinary("DELIMITER"),
        )?;
        refuse(
            binary && self.null.is_some(),
            InvalidOptions::InBinary("NULL"),
        )?;
        refuse(
            !is_character(delimiter),
            InvalidOptions::NotOneByte("delimiter"),
        )?;
        refuse(is_line_end(delimiter), InvalidOptions::DelimiterIsLineEnd)?;
        refuse(
            null.iter().any(|byte| is_line_end(*byte)),
            InvalidOptions::NullHasLineEnd,
        )?;
        refuse(
            !csv && has_meaning(delimiter),
            InvalidOptions::Delimiter(delimiter),
        )?;
        refuse(
            binary && self.header != Header::Absent,
            InvalidOptions::InBinary("HEADER"),
        )?;
        refuse(
            !csv && self.quote.is_some(),
            InvalidOptions::OnlyInCsv("quote"),
        )?;
        if csv {
            let quote = self.quote_byte();
            refuse(!is_character(quote), InvalidOptions::NotOneByte("quote"))?;
            refuse(delimiter == quote, InvalidOptions::DelimiterIsQuote)?;
            refuse(
                !is_character(self.escape_byte()),
                InvalidOptions::NotOneByte("escape"),
            )?;
        }
        for (given, option) in [
            (self.escape.is_some(), "escape"),
            (!self.force_quote.is_none(), "force quote"),
            (!self.force_not_null.is_none(), "force not null"),
            (!self.force_null.is_none(), "force null"),
        ] {
            refuse(!csv && given, InvalidOptions::OnlyInCsv(option))?;
        }
        refuse(null.contains(&delimiter), InvalidOptions::DelimiterInNull)?;
        refuse(
            csv && null.contains(&self.quote_byte()),
            InvalidOptions::QuoteInNull,
        )
    }
}

fn refuse(wrong: bool, error: InvalidOptions) -> Result<(), InvalidOptions> {
    if wrong { Err(error) } else { Ok(()) }
}

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// An option is a string, which has no NUL.
fn is_character(byte: u8) -> bool {
    byte != 0 && byte.is_ascii()
}

/// What behind a backslash is not itself, or begins the end marker.
fn has_meaning(delimiter: u8) -> bool {
    matches!(delimiter, b'\\' | b'.' | b'a'..=b'z' | b'0'..=b'9')
}
