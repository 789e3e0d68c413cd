//! The three ways to find rows, as a decoder uses them.

use alloc::vec::Vec;

use super::error::Fault;
use super::lines::{Found, Lines, Scan as _};
use super::options::{Layout, Options};
use super::row::Span;
use super::{binary, csv, text};

/// What finds the rows of a layout.
#[derive(Debug)]
pub(super) enum Reader {
    Text(Lines, text::Scanner),
    Csv(Lines, csv::Scanner, csv::Splitter),
    Binary(binary::Reader),
}

/// The methods are about lines: a binary reader has none.
impl Reader {
    pub(super) fn new(options: &Options, columns: usize) -> Self {
        let lines = Lines::default();
        match options.layout {
            Layout::Text => Self::Text(lines, text::Scanner::new(options.end_marker)),
            Layout::Csv => {
                let splitter = csv::Splitter::new(options, columns);
                Self::Csv(lines, csv::Scanner::new(options), splitter)
            }
            Layout::Binary => Self::Binary(binary::Reader::default()),
        }
    }

    /// The next line. `Ok(None)`: all of `input` was taken, and more is needed.
    #[inline]
    pub(super) fn next<'i>(
        &mut self,
        input: &mut &'i [u8],
        limit: usize,
    ) -> Result<Option<Found<'i>>, Fault> {
        match self {
            Self::Text(lines, scan) => lines.next(input, scan, limit),
            Self::Csv(lines, scan, _) => lines.next(input, scan, limit),
            Self::Binary(_) => Ok(None),
        }
    }

    /// The last line, which has no end.
    pub(super) fn finish(&mut self, limit: usize) -> Result<Option<Found<'static>>, Fault> {
        match self {
            Self::Text(lines, scan) => lines.finish(scan, limit),
            Self::Csv(lines, scan, _) => lines.finish(scan, limit),
            Self::Binary(_) => Ok(None),
        }
    }

    /// A line, and its end.
    #[inline]
    pub(super) fn line<'d>(&'d self, found: Found<'d>) -> (&'d [u8], &'d [u8]) {
        match self {
            Self::Text(lines, _) | Self::Csv(lines, ..) => lines.line(found),
            Self::Binary(_) => (&[], &[]),
        }
    }

    /// What the line that is being read begins with, up to where it was looked at, and what follows.
    pub(super) fn begun<'d>(&'d self, input: &'d [u8]) -> (&'d [u8], &'d [u8]) {
        let (begun, at) = match self {
            Self::Text(lines, scan) => (lines.begun(input), scan.scanned()),
            Self::Csv(lines, scan, _) => (lines.begun(input), scan.scanned()),
            Self::Binary(_) => (input, 0),
        };
        begun.split_at_checked(at).unwrap_or((begun, &[]))
    }

    /// How many lines ended inside the quotes of the line that was scanned last.
    #[inline]
    pub(super) fn inner_lines(&self) -> u64 {
        match self {
            Self::Csv(_, scan, _) => scan.inner_lines,
            Self::Text(..) | Self::Binary(_) => 0,
        }
    }

    /// How many of these are in what the line begins with.
    pub(super) fn inner_lines_of(&self, beginning: &[u8]) -> u64 {
        match self {
            Self::Csv(_, scan, _) => scan.lines_in(beginning),
            Self::Text(..) | Self::Binary(_) => 0,
        }
    }

    /// Splits the line that was found last: how many fields there are, and whether they are in `values`, rather than in the line.
    #[inline]
    pub(super) fn split(
        &self,
        line: &[u8],
        options: &Options,
        columns: usize,
        spans: &mut Vec<Span>,
        values: &mut Vec<u8>,
    ) -> Result<(usize, bool), Fault> {
        spans.clear();
        if columns == 0 {
            // A table without columns has rows all the same: empty lines.
            return Ok((usize::from(!line.is_empty()), false));
        }
        let count = match self {
            Self::Text(_, scan) if scan.escaped => {
                values.clear();
                let count = text::split_escaped(line, options, columns, spans, values)?;
                return Ok((count, true));
            }
            Self::Csv(_, scan, splitter) if scan.quoted => {
                values.clear();
                let count = splitter.split_quoted(line, columns, spans, values)?;
                return Ok((count, true));
            }
            Self::Csv(_, _, splitter) => splitter.split(line, columns, spans),
            Self::Text(..) | Self::Binary(_) => {
                let (delimiter, null) = (options.delimiter_byte(), options.null_bytes());
                text::split(line, delimiter, null, columns, spans)
            }
        };
        Ok((count, false))
    }
}
