//! What COPY's `WITH (…)` says about the data.

use alloc::vec::Vec;

use crate::Format;

/// The longest row that is waited for unless told otherwise, in bytes: PostgreSQL's own limit, 1 GiB − 1.
pub const MAX_ROW: usize = 0x3FFF_FFFF;

/// How the data is laid out: COPY's `FORMAT`.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub enum Layout {
    /// A line a row, with backslash sequences.
    Text,
    /// A line a row, with quotes.
    Csv,
    /// PostgreSQL's own, behind the signature `PGCOPY`.
    Binary,
}

impl Layout {
    /// What CopyInResponse and CopyOutResponse say of it: CSV is text too.
    #[must_use]
    pub const fn format(self) -> Format {
        match self {
            Self::Text | Self::Csv => Format::Text,
            Self::Binary => Format::Binary,
        }
    }
}

/// Whether the first line has the names of the columns: COPY's `HEADER`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Header {
    /// The first line is a row.
    #[default]
    Absent,
    /// It is there, and is not looked at when it is read.
    Line,
    /// It is there, and must have exactly these names when it is read (`HEADER MATCH`).
    Match(Vec<Vec<u8>>),
}

/// Some of the columns, by their places from 0: what `FORCE_QUOTE` and its like name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Columns {
    /// Every column: `*`.
    All,
    /// The columns at these places.
    These(Vec<usize>),
}

impl Columns {
    /// No column.
    pub const NONE: Self = Self::These(Vec::new());

    /// Whether a column is one of them.
    #[must_use]
    pub fn contains(&self, column: usize) -> bool {
        match self {
            Self::All => true,
            Self::These(columns) => columns.contains(&column),
        }
    }

    pub(super) fn is_none(&self) -> bool {
        matches!(self, Self::These(columns) if columns.is_empty())
    }
}

/// What ends a line. A reader takes the first line's end as the style of all; a writer ends every line so.
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq, Hash)]
pub enum LineEnd {
    /// A newline: what PostgreSQL writes.
    #[default]
    Lf,
    /// A carriage return and a newline.
    CrLf,
    /// A carriage return.
    Cr,
}

impl LineEnd {
    pub(super) const fn bytes(self) -> &'static [u8] {
        match self {
            Self::Lf => b"\n",
            Self::CrLf => b"\r\n",
            Self::Cr => b"\r",
        }
    }
}

/// Where a line of `\.` ends the data, so that what follows is ignored.
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq, Hash)]
pub enum EndMarker {
    /// In text alone, and it must be alone on its line: PostgreSQL 18 and later. In CSV `\.` is data.
    #[default]
    TextOnly,
    /// In text and in CSV; in text also behind the last row's data, on the same line: up to PostgreSQL 17.
    Anywhere,
}

/// How the characters of text and CSV are encoded. Every encoding is taken to have ASCII in single bytes that are part
/// of no other character, as all of PostgreSQL's server encodings have.
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq, Hash)]
pub enum Encoding {
    /// UTF-8: a reader checks it, so that the fields it lends are UTF-8.
    #[default]
    Utf8,
    /// Any other: a reader refuses NUL, and passes every other byte on.
    Other,
}

/// The options of a COPY. Start from [`text`](Self::text), [`csv`](Self::csv) or [`binary`](Self::binary), whose
/// defaults are PostgreSQL's.
///
/// Nothing is checked until a [`Decoder`](super::Decoder) or [`Encoder`](super::Encoder) is made, or by
/// [`check`](Self::check).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Options {
    pub(super) layout: Layout,
    pub(super) delimiter: Option<u8>,
    pub(super) null: Option<Vec<u8>>,
    pub(super) header: Header,
    pub(super) quote: Option<u8>,
    pub(super) escape: Option<u8>,
    pub(super) force_quote: Columns,
    pub(super) force_not_null: Columns,
    pub(super) force_null: Columns,
    pub(super) end_marker: EndMarker,
    pub(super) line_end: LineEnd,
    pub(super) encoding: Encoding,
    pub(super) max_row: usize,
}

impl Options {
    /// Text: fields between tabs, `\N` for NULL.
    #[must_use]
    pub const fn text() -> Self {
        Self::new(Layout::Text)
    }

    /// CSV: fields between commas, nothing for NULL, `"` around fields that need it and twice inside them.
    #[must_use]
    pub const fn csv() -> Self {
        Self::new(Layout::Csv)
    }

    /// PostgreSQL's binary form.
    #[must_use]
    pub const fn binary() -> Self {
        Self::new(Layout::Binary)
    }

    /// The defaults of a layout.
    #[must_use]
    pub const fn new(layout: Layout) -> Self {
        Self {
            layout,
            delimiter: None,
            null: None,
            header: Header::Absent,
            quote: None,
            escape: None,
            force_quote: Columns::NONE,
            force_not_null: Columns::NONE,
            force_null: Columns::NONE,
            end_marker: EndMarker::TextOnly,
            line_end: LineEnd::Lf,
            encoding: Encoding::Utf8,
            max_row: MAX_ROW,
        }
    }

    /// `DELIMITER`: the character between fields, an ASCII one.
    #[must_use]
    pub const fn delimiter(mut self, delimiter: u8) -> Self {
        self.delimiter = Some(delimiter);
        self
    }

    /// `NULL`: what stands for NULL, compared before anything is unescaped.
    #[must_use]
    pub fn null(mut self, null: impl Into<Vec<u8>>) -> Self {
        self.null = Some(null.into());
        self
    }

    /// `HEADER`: whether the first line has the names of the columns.
    #[must_use]
    pub fn header(mut self, header: Header) -> Self {
        self.header = header;
        self
    }

    /// `QUOTE`, in CSV: the character around fields, an ASCII one.
    #[must_use]
    pub const fn quote(mut self, quote: u8) -> Self {
        self.quote = Some(quote);
        self
    }

    /// `ESCAPE`, in CSV: the character before a quote or escape inside quotes; the quote unless told otherwise.
    #[must_use]
    pub const fn escape(mut self, escape: u8) -> Self {
        self.escape = Some(escape);
        self
    }

    /// `FORCE_QUOTE`, in CSV: columns that are written in quotes, unless NULL.
    #[must_use]
    pub fn force_quote(mut self, columns: Columns) -> Self {
        self.force_quote = columns;
        self
    }

    /// `FORCE_NOT_NULL`, in CSV: columns in which what stands for NULL is read as that string.
    #[must_use]
    pub fn force_not_null(mut self, columns: Columns) -> Self {
        self.force_not_null = columns;
        self
    }

    /// `FORCE_NULL`, in CSV: columns in which what stands for NULL is read as NULL in quotes too.
    #[must_use]
    pub fn force_null(mut self, columns: Columns) -> Self {
        self.force_null = columns;
        self
    }

    /// Whether the rules for `\.` are those of PostgreSQL 18 or of versions before.
    #[must_use]
    pub const fn end_marker(mut self, end_marker: EndMarker) -> Self {
        self.end_marker = end_marker;
        self
    }

    /// What a writer ends lines with.
    #[must_use]
    pub const fn line_end(mut self, line_end: LineEnd) -> Self {
        self.line_end = line_end;
        self
    }

    /// `ENCODING`: whether a reader checks the data to be UTF-8.
    #[must_use]
    pub const fn encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// The longest row that a reader takes, in bytes as it is encoded; no more than [`MAX_ROW`].
    #[must_use]
    pub const fn max_row(mut self, bytes: usize) -> Self {
        self.max_row = if bytes < MAX_ROW { bytes } else { MAX_ROW };
        self
    }

    /// How the data is laid out.
    #[must_use]
    pub const fn layout(&self) -> Layout {
        self.layout
    }

    pub(super) fn delimiter_byte(&self) -> u8 {
        self.delimiter.unwrap_or(match self.layout {
            Layout::Csv => b',',
            Layout::Text | Layout::Binary => b'\t',
        })
    }

    pub(super) fn null_bytes(&self) -> &[u8] {
        self.null.as_deref().unwrap_or(match self.layout {
            Layout::Csv => b"",
            Layout::Text | Layout::Binary => b"\\N",
        })
    }

    pub(super) fn quote_byte(&self) -> u8 {
        self.quote.unwrap_or(b'"')
    }

    pub(super) fn escape_byte(&self) -> u8 {
        self.escape.unwrap_or_else(|| self.quote_byte())
    }
}
