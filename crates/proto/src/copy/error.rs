//! COPY data that is not what its options say.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::context::{Context, Place};
use crate::SqlState;

/// What is wrong with COPY data, and where. It prints as PostgreSQL words it; [`context`](Self::context) has the rest.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Error(Box<Details>);

#[derive(Clone, Debug, Eq, PartialEq)]
struct Details {
    fault: Fault,
    line: u64,
    /// The line, or how it begins, if it was read whole.
    text: Option<Vec<u8>>,
    /// In binary, the column whose value is at fault.
    column: Option<usize>,
}

/// What is wrong with COPY data.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// A row is longer than the limit, of so many bytes (54000).
    RowTooLong(usize),
    /// A line has more fields than there are columns (22P04).
    ExtraData,
    /// A carriage return in lines that end otherwise (22P04).
    CarriageReturn {
        /// In CSV it can be put in quotes, in text behind a backslash.
        csv: bool,
    },
    /// A newline in lines that end otherwise (22P04).
    Newline {
        /// In CSV it can be put in quotes, in text behind a backslash.
        csv: bool,
    },
    /// `\.` and something else on the line, by the rules up to PostgreSQL 17 (22P04).
    MarkerCorrupt,
    /// `\.` and something else on the line, by the rules since PostgreSQL 18 (22P04).
    MarkerNotAlone,
    /// The line of `\.` ends otherwise than those before it (22P04).
    MarkerLineEnd,
    /// The data ends in an open quote (22P04).
    UnterminatedQuote,
    /// The header line has another number of names than there are columns (22P04).
    HeaderCount {
        /// How many it has.
        found: usize,
        /// How many columns there are.
        expected: usize,
    },
    /// A name in the header line is not the column's (22P04).
    HeaderName {
        /// Which, from 1.
        column: usize,
        /// The name it has.
        found: String,
        /// The column's name.
        expected: String,
    },
    /// A name in the header line is what stands for NULL (22P04).
    HeaderNull {
        /// Which, from 1.
        column: usize,
        /// What stands for NULL.
        null: String,
        /// The column's name.
        expected: String,
    },
    /// Bytes that are no character; up to as many as the first claims (22021).
    Encoding(Vec<u8>),
    /// Binary: the first 11 bytes are not PostgreSQL's (22P04).
    Signature,
    /// Binary: the header ends before its flags (22P04).
    MissingFlags,
    /// Binary: the header says that every row has an OID, as none has since PostgreSQL 12 (22P04).
    WithOids,
    /// Binary: a flag that must be understood, and is not (22P04).
    CriticalFlags,
    /// Binary: the header has no length of its extension, or a negative one (22P04).
    MissingLength,
    /// Binary: the header's extension is shorter than it says (22P04).
    WrongLength,
    /// Binary: a row of another number of fields than there are columns (22P04).
    FieldCount {
        /// How many it has.
        found: i16,
        /// How many columns there are.
        expected: usize,
    },
    /// Binary: a negative length of a field that is not the −1 of NULL (22P04).
    FieldSize,
    /// Binary: the data ends inside a row (22P04).
    UnexpectedEnd,
    /// Binary: data behind the trailer (22P04).
    AfterTrailer,
}

impl Error {
    #[cold]
    pub(super) fn new(fault: Fault, line: u64) -> Self {
        Self(Box::new(Details {
            fault,
            line,
            text: None,
            column: None,
        }))
    }

    #[cold]
    pub(super) fn in_line(fault: Fault, line: u64, text: &[u8]) -> Self {
        let mut error = Self::new(fault, line);
        error.0.text = Some(Context::excerpt(text).to_vec());
        error
    }

    #[cold]
    pub(super) fn in_column(fault: Fault, line: u64, column: Option<usize>) -> Self {
        let mut error = Self::new(fault, line);
        error.0.column = column;
        error
    }

    /// What is wrong.
    #[must_use]
    pub fn fault(&self) -> &Fault {
        &self.0.fault
    }

    /// The number of the line, or of the row in binary, from 1; 0 for the binary header. Header lines count, and
    /// so do the lines of a quoted field.
    #[must_use]
    pub fn line(&self) -> u64 {
        self.0.line
    }

    /// What PostgreSQL adds as the error's context: `COPY people, line 3: "7,Ada"`. `names` are those of the columns, which
    /// faults of binary values name. It adds none to faults of the binary header.
    #[must_use]
    pub fn context<'a, S: AsRef<str>>(
        &'a self,
        table: &'a str,
        names: &'a [S],
    ) -> Option<Context<'a>> {
        let name = self.0.column.and_then(|column| names.get(column));
        let place = match (&self.0.text, name) {
            (Some(text), _) => Place::Line(text),
            (None, Some(name)) => Place::Column(name.as_ref(), None),
            (None, None) => Place::Number,
        };
        (self.0.line > 0).then(|| Context::new(table, self.0.line, place))
    }

    /// The code PostgreSQL gives.
    #[must_use]
    pub fn sqlstate(&self) -> SqlState {
        match self.0.fault {
            Fault::RowTooLong(_) => SqlState::PROGRAM_LIMIT_EXCEEDED,
            Fault::Encoding(_) => SqlState::CHARACTER_NOT_IN_REPERTOIRE,
            _ => SqlState::BAD_COPY_FILE_FORMAT,
        }
    }

    /// What to do about it, where PostgreSQL knows.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self.0.fault {
            Fault::CarriageReturn { csv: false } => "Use \"\\r\" to represent carriage return.",
            Fault::CarriageReturn { csv: true } => {
                "Use quoted CSV field to represent carriage return."
            }
            Fault::Newline { csv: false } => "Use \"\\n\" to represent newline.",
            Fault::Newline { csv: true } => "Use quoted CSV field to represent newline.",
            _ => return None,
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fault.fmt(f)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RowTooLong(limit) => {
                return write!(f, "a row of COPY data is longer than {limit} bytes");
            }
            Self::HeaderCount { found, expected } => {
                return write!(
                    f,
                    "wrong number of fields in header line: got {found}, expected {expected}"
                );
            }
            Self::HeaderName {
                column,
                found,
                expected,
            } => {
                return write!(
                    f,
                    "column name mismatch in header line field {column}: got \"{found}\", expected \"{expected}\""
                );
            }
            Self::HeaderNull {
                column,
                null,
                expected,
            } => {
                return write!(
                    f,
                    "column name mismatch in header line field {column}: got null value (\"{null}\"), expected \"{expected}\""
                );
            }
            Self::Encoding(bytes) => {
                f.write_str("invalid byte sequence for encoding \"UTF8\":")?;
                return bytes.iter().try_for_each(|byte| write!(f, " 0x{byte:02x}"));
            }
            Self::FieldCount { found, expected } => {
                return write!(f, "row field count is {found}, expected {expected}");
            }
            Self::ExtraData => "extra data after last expected column",
            Self::CarriageReturn { csv: false } => "literal carriage return found in data",
            Self::CarriageReturn { csv: true } => "unquoted carriage return found in data",
            Self::Newline { csv: false } => "literal newline found in data",
            Self::Newline { csv: true } => "unquoted newline found in data",
            Self::MarkerCorrupt => "end-of-copy marker corrupt",
            Self::MarkerNotAlone => "end-of-copy marker is not alone on its line",
            Self::MarkerLineEnd => "end-of-copy marker does not match previous newline style",
            Self::UnterminatedQuote => "unterminated CSV quoted field",
            Self::Signature => "COPY file signature not recognized",
            Self::MissingFlags => "invalid COPY file header (missing flags)",
            Self::WithOids => "invalid COPY file header (WITH OIDS)",
            Self::CriticalFlags => "unrecognized critical flags in COPY file header",
            Self::MissingLength => "invalid COPY file header (missing length)",
            Self::WrongLength => "invalid COPY file header (wrong length)",
            Self::FieldSize => "invalid field size",
            Self::UnexpectedEnd => "unexpected EOF in COPY data",
            Self::AfterTrailer => "received copy data after EOF marker",
        })
    }
}

impl core::error::Error for Error {}
