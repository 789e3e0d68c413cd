//! The CSV layout: a line a row, quotes around fields that need them (PostgreSQL docs, COPY, "CSV Format").

use alloc::vec::Vec;

use super::error::Fault;
use super::lines::{End, Marker, Scan, Style};
use super::options::{Columns, EndMarker, Options};
use super::row::Span;
use crate::EncodeError;

/// Finds where a line ends: at a newline outside quotes.
#[derive(Debug)]
pub(super) struct Scanner {
    style: Style,
    marker: EndMarker,
    quote: u8,
    escape: u8,
    at: usize,
    in_quotes: bool,
    /// The byte before was an escape inside quotes, itself not escaped.
    after_escape: bool,
    /// The line has a quote.
    pub(super) quoted: bool,
    /// What lines inside quotes are counted by.
    counted: u8,
    /// How many of these there were.
    pub(super) inner_lines: u64,
}

impl Scanner {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            style: Style::new(true),
            marker: options.end_marker,
            quote: options.quote_byte(),
            escape: options.escape_byte(),
            at: 0,
            in_quotes: false,
            after_escape: false,
            quoted: false,
            counted: b'\r',
            inner_lines: 0,
        }
    }

    /// How many lines end in what begins the line that was scanned last. Outside quotes none does.
    pub(super) fn lines_in(&self, beginning: &[u8]) -> u64 {
        let lines = memchr::memchr_iter(self.counted, beginning).count();
        u64::try_from(lines).unwrap_or(u64::MAX)
    }

    /// Whether the line is the end marker. `Ok(None)`: the next byte is needed.
    fn marker(&self, bytes: &[u8], last: bool) -> Result<Option<Option<End>>, Fault> {
        Ok(match bytes {
            _ if self.marker == EndMarker::TextOnly => Some(None),
            [b'\\'] if !last => None,
            [b'\\', b'.', ..] => match self.style.marker(bytes, 0, last) {
                Marker::More => None,
                Marker::Ends(end) => Some(Some(end)),
                Marker::OtherEnd => return Err(Fault::MarkerLineEnd),
                Marker::NotAlone | Marker::OtherStart => Some(None),
            },
            _ => Some(None),
        })
    }

    /// Goes on to the end of the quotes. `None`: it is not there yet.
    fn skip_quoted(&mut self, bytes: &[u8]) -> Option<()> {
        loop {
            if self.after_escape {
                let byte = *bytes.get(self.at)?;
                self.after_escape = false;
                if byte == self.quote || byte == self.escape {
                    self.at += 1;
                }
            }
            let rest = bytes.get(self.at..)?;
            let found = memchr::memchr2(self.quote, self.escape, rest);
            let inside = rest.get(..found.unwrap_or(rest.len())).unwrap_or_default();
            self.inner_lines += self.lines_in(inside);
            self.at += inside.len();
            let byte = *bytes.get(self.at)?;
            self.at += 1;
            if byte == self.quote {
                return Some(());
            }
            self.after_escape = true;
        }
    }
}

impl Scan for Scanner {
    #[inline]
    fn scan(&mut self, bytes: &[u8], last: bool) -> Result<Option<End>, Fault> {
        if self.at == 0 {
            (self.in_quotes, self.after_escape) = (false, false);
            (self.quoted, self.inner_lines) = (false, 0);
            self.counted = self.style.counted();
            match self.marker(bytes, last)? {
                None => return Ok(None),
                Some(None) => {}
                marker => return Ok(marker.flatten()),
            }
        }
        loop {
            if self.in_quotes {
                if self.skip_quoted(bytes).is_none() {
                    break;
                }
                self.in_quotes = false;
            }
            let rest = bytes.get(self.at..).unwrap_or_default();
            let Some(found) = memchr::memchr3(self.quote, b'\n', b'\r', rest) else {
                self.at = bytes.len();
                break;
            };
            self.at += found;
            if rest.get(found) == Some(&self.quote) {
                (self.in_quotes, self.quoted) = (true, true);
                self.at += 1;
                continue;
            }
            let end = self.style.end(bytes, self.at, last)?;
            if end.is_some() {
                self.at = 0;
            }
            return Ok(end);
        }
        Ok(last.then(|| {
            self.at = 0;
            End::of_input(bytes)
        }))
    }

    fn scanned(&self) -> usize {
        self.at
    }
}

/// Splits lines with quotes.
#[derive(Debug)]
pub(super) struct Splitter {
    delimiter: u8,
    quote: u8,
    escape: u8,
    null: Vec<u8>,
    not_null: Vec<bool>,
    null_in_quotes: Vec<bool>,
}

impl Splitter {
    pub(super) fn new(options: &Options, columns: usize) -> Self {
        Self {
            delimiter: options.delimiter_byte(),
            quote: options.quote_byte(),
            escape: options.escape_byte(),
            null: options.null_bytes().to_vec(),
            not_null: flags(&options.force_not_null, columns),
            null_in_quotes: flags(&options.force_null, columns),
        }
    }

    /// Splits a line into fields that lie in it as they are: it has no quote.
    #[inline]
    pub(super) fn split(&self, line: &[u8], columns: usize, spans: &mut Vec<Span>) -> usize {
        let (mut count, mut start) = (0, 0);
        for end in memchr::memchr_iter(self.delimiter, line).chain([line.len()]) {
            if count < columns {
                let is_null =
                    line.get(start..end) == Some(&self.null) && !is_set(&self.not_null, count);
                spans.push(if is_null {
                    Span::NULL
                } else {
                    Span::new(start, end)
                });
            }
            count += 1;
            start = end + 1;
        }
        count
    }

    /// Splits a line and takes the quotes off its fields, into `values`.
    pub(super) fn split_quoted(
        &self,
        line: &[u8],
        columns: usize,
        spans: &mut Vec<Span>,
        values: &mut Vec<u8>,
    ) -> Result<usize, Fault> {
        let (mut count, mut rest) = (0, line);
        loop {
            let (start, mut quoted) = (values.len(), false);
            let more = loop {
                let Some(at) = memchr::memchr2(self.delimiter, self.quote, rest) else {
                    values.extend_from_slice(rest);
                    break false;
                };
                let (plain, special) = rest.split_at_checked(at).unwrap_or((rest, &[]));
                values.extend_from_slice(plain);
                rest = special.get(1..).unwrap_or_default();
                if special.first() == Some(&self.delimiter) {
                    break true;
                }
                quoted = true;
                self.unquote(&mut rest, values)?;
            };
            if count < columns {
                let is_null = values.get(start..) == Some(&self.null)
                    && if quoted {
                        is_set(&self.null_in_quotes, count)
                    } else {
                        !is_set(&self.not_null, count)
                    };
                spans.push(if is_null {
                    Span::NULL
                } else {
                    Span::new(start, values.len())
                });
            }
            count += 1;
            if !more {
                return Ok(count);
            }
        }
    }

    /// Behind a quote: appends what comes up to the quote that ends it.
    fn unquote(&self, rest: &mut &[u8], values: &mut Vec<u8>) -> Result<(), Fault> {
        loop {
            let at =
                memchr::memchr2(self.quote, self.escape, rest).ok_or(Fault::UnterminatedQuote)?;
            let (plain, special) = rest.split_at_checked(at).unwrap_or((rest, &[]));
            values.extend_from_slice(plain);
            match special {
                [escape, byte, after @ ..]
                    if *escape == self.escape && (*byte == self.escape || *byte == self.quote) =>
                {
                    values.push(*byte);
                    *rest = after;
                }
                [quote, after @ ..] if *quote == self.quote => {
                    *rest = after;
                    return Ok(());
                }
                [byte, after @ ..] => {
                    values.push(*byte);
                    *rest = after;
                }
                [] => return Err(Fault::UnterminatedQuote),
            }
        }
    }
}

/// Writes fields.
#[derive(Debug)]
pub(super) struct Quoter {
    delimiter: u8,
    quote: u8,
    escape: u8,
    null: Vec<u8>,
    always: Columns,
}

impl Quoter {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            delimiter: options.delimiter_byte(),
            quote: options.quote_byte(),
            escape: options.escape_byte(),
            null: options.null_bytes().to_vec(),
            always: options.force_quote.clone(),
        }
    }

    /// Whether a value is written as it is. `column`: where it stands, if that may force quotes.
    pub(super) fn is_plain(&self, value: &[u8], column: Option<usize>) -> bool {
        let special = |byte: &u8| {
            *byte == self.delimiter || *byte == self.quote || matches!(*byte, b'\n' | b'\r' | 0)
        };
        !column.is_some_and(|column| self.always.contains(column))
            && value != self.null
            && !value.iter().any(special)
    }

    /// Appends a value in quotes.
    pub(super) fn write(&self, value: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
        if memchr::memchr(0, value).is_some() {
            return Err(EncodeError::NulInString);
        }
        out.push(self.quote);
        let mut rest = value;
        while let Some(at) = memchr::memchr2(self.quote, self.escape, rest) {
            let (plain, special) = rest.split_at_checked(at).unwrap_or((rest, &[]));
            out.extend_from_slice(plain);
            let Some((byte, after)) = special.split_first() else {
                break;
            };
            out.extend_from_slice(&[self.escape, *byte]);
            rest = after;
        }
        out.extend_from_slice(rest);
        out.push(self.quote);
        Ok(())
    }
}

/// Which of so many columns are named; nothing if none is.
fn flags(columns: &Columns, count: usize) -> Vec<bool> {
    if columns.is_none() {
        return Vec::new();
    }
    (0..count).map(|column| columns.contains(column)).collect()
}

#[inline]
fn is_set(flags: &[bool], column: usize) -> bool {
    flags.get(column).copied().unwrap_or(false)
}
