//! Rows out of COPY data.

use alloc::vec::Vec;

use super::binary;
use super::check::InvalidOptions;
use super::context::Context;
use super::encoding;
use super::error::{Error, Fault};
use super::header;
use super::lines::{Found, Scan as _};
use super::options::{Header, Options};
use super::reader::Reader;
use super::row::{Row, Span};

/// Takes COPY data in pieces of any size, and lends whole rows.
///
/// Rows whose bytes lie in one piece are lent out of it; of a row that is cut, the beginning is kept, which is never more
/// than the limit of a row. A decoder serves both sides: a server reading `COPY … FROM STDIN`, and a client reading
/// `COPY … TO STDOUT`.
///
/// ```
/// use trunkline_proto::copy::{Decoder, Options};
///
/// let mut decoder = Decoder::new(Options::text(), 2)?;
/// let mut input = &b"1\tone\\ttab\n2\t\\N\n3\tth"[..];
/// let mut rows = vec![];
/// while let Some(row) = decoder.decode(&mut input)? {
///     rows.push(row.iter().map(|field| field.map(<[u8]>::to_vec)).collect::<Vec<_>>());
/// }
/// assert!(input.is_empty());
/// assert_eq!(rows, [[Some(b"1".to_vec()), Some(b"one\ttab".to_vec())], [Some(b"2".to_vec()), None]]);
///
/// let last = decoder.finish()?.ok_or("no row")?;
/// assert_eq!(last.get(1), Some(Some(&b"th"[..])));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Decoder {
    options: Options,
    columns: usize,
    reader: Reader,
    line: u64,
    /// The header line is still to come.
    at_header: bool,
    /// Nothing more comes: the end marker was there, or a fault.
    done: bool,
    spans: Vec<Span>,
    /// The fields of a row that had to be unescaped.
    values: Vec<u8>,
}

impl Decoder {
    /// A decoder of rows of so many columns.
    ///
    /// # Errors
    ///
    /// Options that do not go together: 22023, 0A000 or 42601.
    pub fn new(options: Options, columns: usize) -> Result<Self, InvalidOptions> {
        options.check()?;
        Ok(Self {
            reader: Reader::new(&options, columns),
            at_header: options.header != Header::Absent,
            options,
            columns,
            line: 0,
            done: false,
            spans: Vec::new(),
            values: Vec::new(),
        })
    }

    /// The next row; `input` is moved behind what was read. `Ok(None)`: all of it was taken, and more is needed. What comes
    /// behind the end marker of text and CSV is taken and ignored.
    ///
    /// # Errors
    ///
    /// 22P04 for data that is not what the options say, 22021 for bytes that are no characters, 54000 for a row over the limit.
    /// After an error the decoder gives nothing more.
    #[inline]
    pub fn decode<'d, 'i: 'd>(
        &'d mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<Row<'d>>, Error> {
        if self.done {
            *input = &[];
            return Ok(None);
        }
        if let Reader::Binary(reader) = &mut self.reader {
            let limit = self.options.max_row;
            return match reader.next(input, self.columns, limit, &mut self.spans) {
                Ok(Some(found)) => Ok(Some(self.tuple(found))),
                Ok(None) => Ok(None),
                Err(failure) => Err(self.failed(failure)),
            };
        }
        if self.at_header {
            let Some(found) = self.next_line(input)? else {
                return Ok(None);
            };
            self.read_header(found)?;
        }
        match self.next_line(input)? {
            Some(found) => self.record(found),
            None => Ok(None),
        }
    }

    /// The row that has no line end, once the data has ended; `None` if there is none.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode), and 22P04 for data that ends inside a row or header.
    pub fn finish(&mut self) -> Result<Option<Row<'_>>, Error> {
        if self.done {
            return Ok(None);
        }
        if let Reader::Binary(reader) = &self.reader {
            let finished = reader.finish(&self.spans);
            self.done = true;
            return match finished {
                Ok(()) => Ok(None),
                Err(failure) => Err(self.failed(failure)),
            };
        }
        let found = self.reader.finish(self.options.max_row);
        let found = self.found(found, &[])?;
        match found {
            Some(found) if self.at_header => {
                self.read_header(found)?;
            }
            Some(found) => return self.record(found),
            // No line is an empty line, in which the names are missing.
            None if self.at_header && matches!(self.options.header, Header::Match(_)) => {
                self.line += 1;
                if let Some(fault) = self.compare_header(&[], 1.min(self.columns)) {
                    return Err(self.fail(Error::in_line(fault, self.line, &[])));
                }
            }
            None => {}
        }
        self.done = true;
        Ok(None)
    }

    /// The number of the line that was read last, or of the row in binary, from 1; 0 before the first.
    #[must_use]
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Where the row that comes next is, as the context of an error that strikes while it is waited for: CopyFail, a cancel. None
    /// before the rows of binary data.
    #[must_use]
    pub fn context<'a>(&self, table: &'a str) -> Option<Context<'a>> {
        let inner_lines = match &self.reader {
            Reader::Csv(_, scan, _) if scan.scanned() > 0 => scan.inner_lines,
            Reader::Binary(reader) if !reader.has_begun() => return None,
            _ => 0,
        };
        // The line of the end marker is read already.
        let next = u64::from(!self.done);
        Some(Context::of_line(
            table,
            self.line + next + inner_lines,
            None,
        ))
    }

    #[inline]
    fn next_line<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<Found<'i>>, Error> {
        if self.done {
            *input = &[];
            return Ok(None);
        }
        let found = self.reader.next(input, self.options.max_row);
        let found = self.found(found, input)?;
        if self.done && found.is_none() {
            *input = &[];
        }
        Ok(found)
    }

    /// Counts a line that was found, and minds the end marker.
    #[inline]
    fn found<'i>(
        &mut self,
        found: Result<Option<Found<'i>>, Fault>,
        input: &[u8],
    ) -> Result<Option<Found<'i>>, Error> {
        let found = match found {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(None),
            Err(fault) => return Err(self.unreadable(fault, input)),
        };
        self.line += 1 + self.reader.inner_lines();
        if let Some(empty) = found.marker() {
            self.done = true;
            if empty && !self.at_header {
                return Ok(None);
            }
        }
        Ok(Some(found))
    }

    /// What is wrong with a line whose end was not found: bytes before the place that are no characters come first.
    #[cold]
    fn unreadable(&mut self, fault: Fault, input: &[u8]) -> Error {
        self.done = true;
        let (before, after) = self.reader.begun(input);
        let at = before.len();
        let (fault, at) = match fault {
            Fault::RowTooLong(_) => (fault, at),
            fault => encoding::check(
                self.options.encoding,
                before,
                after.get(..1).unwrap_or(after),
            )
            .err()
            .unwrap_or((fault, at)),
        };
        let before = before.get(..at).unwrap_or(before);
        let lines = self.reader.inner_lines_of(before);
        Error::new(fault, self.line + 1 + lines)
    }

    /// The fields of a line.
    #[inline]
    fn record<'d>(&'d mut self, found: Found<'d>) -> Result<Option<Row<'d>>, Error> {
        self.check_characters(found)?;
        let (count, copied) = self.split(found)?;
        if count > self.columns {
            let error = Error::in_line(Fault::ExtraData, self.line, self.text(found));
            return Err(self.fail(error));
        }
        let text = self.text(found);
        Ok(Some(Row {
            bytes: if copied { &self.values } else { text },
            spans: &self.spans,
            line: self.line,
            text: Some(text),
        }))
    }

    #[inline]
    fn check_characters(&mut self, found: Found<'_>) -> Result<(), Error> {
        let (text, more) = self.reader.line(found);
        encoding::check(self.options.encoding, text, more)
            .map_err(|(fault, at)| {
                let reader = &self.reader;
                let lines = reader.inner_lines_of(text.get(..at).unwrap_or(text));
                Error::new(fault, self.line - reader.inner_lines() + lines)
            })
            .inspect_err(|_| self.done = true)
    }

    /// Splits a line: how many fields there are, and whether they are in `values`.
    #[inline]
    fn split(&mut self, found: Found<'_>) -> Result<(usize, bool), Error> {
        let (text, _) = self.reader.line(found);
        let (spans, values) = (&mut self.spans, &mut self.values);
        self.reader
            .split(text, &self.options, self.columns, spans, values)
            .map_err(|fault| Error::in_line(fault, self.line, text))
            .inspect_err(|_| self.done = true)
    }

    fn text<'d>(&'d self, found: Found<'d>) -> &'d [u8] {
        self.reader.line(found).0
    }

    /// The first line: names.
    #[cold]
    fn read_header(&mut self, found: Found<'_>) -> Result<(), Error> {
        self.at_header = false;
        self.check_characters(found)?;
        if !matches!(self.options.header, Header::Match(_)) {
            return Ok(());
        }
        let (count, copied) = self.split(found)?;
        let text = self.text(found);
        let bytes = if copied { &self.values } else { text };
        match self.compare_header(bytes, count) {
            None => Ok(()),
            Some(fault) => Err(self.fail(Error::in_line(fault, self.line, text))),
        }
    }

    fn compare_header(&self, bytes: &[u8], count: usize) -> Option<Fault> {
        let row = Row {
            bytes,
            spans: &self.spans,
            line: self.line,
            text: None,
        };
        header::compare(&self.options, row, count)
    }

    /// After an error nothing more is read.
    #[cold]
    fn fail(&mut self, error: Error) -> Error {
        self.done = true;
        error
    }

    #[inline]
    fn tuple<'d>(&'d mut self, found: binary::Found<'d>) -> Row<'d> {
        self.line += 1;
        let bytes = match &self.reader {
            Reader::Binary(reader) => reader.row(found),
            _ => &[],
        };
        Row {
            bytes,
            spans: &self.spans,
            line: self.line,
            text: None,
        }
    }

    #[cold]
    fn failed(&mut self, (fault, column): binary::Failure) -> Error {
        self.done = true;
        let begun = matches!(&self.reader, Reader::Binary(reader) if reader.has_begun());
        let line = if begun { self.line + 1 } else { 0 };
        Error::in_column(fault, line, column)
    }
}
