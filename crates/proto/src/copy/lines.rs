//! Whole lines out of pieces that are cut anywhere.

use alloc::vec::Vec;

use super::error::Fault;
use super::options::LineEnd;

/// Finds where a line ends, by the rules of a layout. It goes on where it stopped when the line grows.
pub(super) trait Scan {
    /// Looks for the end of the line that `bytes` starts with. `last`: nothing comes behind `bytes`, which are not empty.
    ///
    /// `None` asks for more, which it does not if `last`.
    fn scan(&mut self, bytes: &[u8], last: bool) -> Result<Option<End>, Fault>;

    /// How much of the bytes it is done with: less than all if it must see what follows to go on.
    fn scanned(&self) -> usize;
}

/// Where a line ends.
#[derive(Copy, Clone, Debug)]
pub(super) struct End {
    /// Before its line end.
    pub(super) line: usize,
    /// Behind it.
    pub(super) next: usize,
    /// The end marker was there.
    pub(super) marker: bool,
}

impl End {
    /// That of a last line that nothing ends but the input.
    pub(super) const fn of_input(bytes: &[u8]) -> Self {
        Self {
            line: bytes.len(),
            next: bytes.len(),
            marker: false,
        }
    }
}

/// A line that was found.
#[derive(Copy, Clone, Debug)]
pub(super) struct Found<'i> {
    /// What begins with it; `None` if it was put together out of pieces.
    whole: Option<&'i [u8]>,
    end: End,
}

impl Found<'_> {
    /// Whether the data ends here, and whether there is no row before the end.
    pub(super) fn marker(&self) -> Option<bool> {
        self.end.marker.then_some(self.end.line == 0)
    }
}

/// The beginning of a line whose end has not come.
#[derive(Debug, Default)]
pub(super) struct Lines {
    held: Vec<u8>,
    /// How much of it was lent as a line, and is done with.
    used: usize,
}

/// A line end, or an end marker with one.
const SLACK: usize = 4;

impl Lines {
    /// The next line. `Ok(None)`: all of `input` was taken, and more is needed.
    #[inline]
    pub(super) fn next<'i>(
        &mut self,
        input: &mut &'i [u8],
        scan: &mut impl Scan,
        limit: usize,
    ) -> Result<Option<Found<'i>>, Fault> {
        self.discard();
        if !self.held.is_empty() {
            return self.next_split(input, scan, limit);
        }
        if input.is_empty() {
            return Ok(None);
        }
        let Some(end) = scan.scan(input, false)? else {
            self.hold(input, input.len(), limit)?;
            return Ok(None);
        };
        let whole = *input;
        *input = whole.get(end.next..).unwrap_or_default();
        found(Some(whole), end, limit)
    }

    /// The last line, which has no end.
    pub(super) fn finish(
        &mut self,
        scan: &mut impl Scan,
        limit: usize,
    ) -> Result<Option<Found<'static>>, Fault> {
        self.discard();
        if self.held.is_empty() {
            return Ok(None);
        }
        let Some(end) = scan.scan(&self.held, true)? else {
            return Ok(None);
        };
        self.used = end.next;
        found(None, end, limit)
    }

    /// The line, and its end.
    pub(super) fn line<'d>(&'d self, found: Found<'d>) -> (&'d [u8], &'d [u8]) {
        let whole = found.whole.unwrap_or(&self.held);
        let line = whole.get(..found.end.next).unwrap_or(whole);
        line.split_at_checked(found.end.line).unwrap_or((line, &[]))
    }

    /// What the line that is being read begins with.
    pub(super) fn begun<'d>(&'d self, input: &'d [u8]) -> &'d [u8] {
        if self.held.is_empty() {
            input
        } else {
            &self.held
        }
    }

    fn next_split<'i>(
        &mut self,
        input: &mut &'i [u8],
        scan: &mut impl Scan,
        limit: usize,
    ) -> Result<Option<Found<'i>>, Fault> {
        let end = loop {
            if let Some(end) = scan.scan(&self.held, false)? {
                break end;
            }
            if input.is_empty() {
                return Ok(None);
            }
            // As little as can be: the lines behind this one are not to be copied.
            let count = if scan.scanned() < self.held.len() {
                1
            } else {
                memchr::memchr2(b'\n', b'\r', input).map_or(input.len(), |at| at + 1)
            };
            self.hold(input, count, limit)?;
        };
        self.used = end.next;
        found(None, end, limit)
    }

    /// Takes so many bytes of the input, unless that makes a line too long.
    fn hold(&mut self, input: &mut &[u8], count: usize, limit: usize) -> Result<(), Fault> {
        if count > (limit + SLACK).saturating_sub(self.held.len()) {
            return Err(Fault::RowTooLong(limit));
        }
        let (taken, rest) = input.split_at_checked(count).unwrap_or((input, &[]));
        self.held.extend_from_slice(taken);
        *input = rest;
        Ok(())
    }

    fn discard(&mut self) {
        if self.used > 0 {
            self.held.drain(..self.used.min(self.held.len()));
            self.used = 0;
        }
    }
}

fn found(whole: Option<&[u8]>, end: End, limit: usize) -> Result<Option<Found<'_>>, Fault> {
    if end.line > limit {
        return Err(Fault::RowTooLong(limit));
    }
    Ok(Some(Found { whole, end }))
}

/// How the lines of a stream end, once its first line has (PostgreSQL docs, COPY, "Text Format").
#[derive(Copy, Clone, Debug)]
pub(super) struct Style {
    ends: Option<LineEnd>,
    csv: bool,
}

impl Style {
    pub(super) const fn new(csv: bool) -> Self {
        Self { ends: None, csv }
    }

    /// What a line inside quotes is counted by.
    pub(super) fn counted(self) -> u8 {
        match self.ends {
            Some(LineEnd::Lf) => b'\n',
            _ => b'\r',
        }
    }

    /// At a carriage return or newline: the line's end. `None`: the next byte is needed.
    #[inline]
    pub(super) fn end(
        &mut self,
        bytes: &[u8],
        at: usize,
        last: bool,
    ) -> Result<Option<End>, Fault> {
        let csv = self.csv;
        let is_newline = bytes.get(at) == Some(&b'\n');
        let (ends, length) = match (self.ends, bytes.get(at + 1)) {
            (None | Some(LineEnd::Lf), _) if is_newline => (LineEnd::Lf, 1),
            _ if is_newline => return Err(Fault::Newline { csv }),
            (Some(LineEnd::Lf), _) => return Err(Fault::CarriageReturn { csv }),
            (Some(LineEnd::Cr), _) => (LineEnd::Cr, 1),
            (_, None) if !last => return Ok(None),
            (_, Some(b'\n')) => (LineEnd::CrLf, 2),
            (Some(LineEnd::CrLf), _) => return Err(Fault::CarriageReturn { csv }),
            (None, _) => (LineEnd::Cr, 1),
        };
        self.ends = Some(ends);
        Ok(Some(End {
            line: at,
            next: at + length,
            marker: false,
        }))
    }

    /// At `\.`: whether it is the end marker.
    pub(super) fn marker(self, bytes: &[u8], at: usize, last: bool) -> Marker {
        let mut next = at + 2;
        if self.ends == Some(LineEnd::CrLf) {
            match bytes.get(next) {
                None if !last => return Marker::More,
                Some(b'\n') => return Marker::OtherStart,
                Some(b'\r') => next += 1,
                _ => return Marker::NotAlone,
            }
        }
        match (self.ends, bytes.get(next)) {
            (_, None) if !last => Marker::More,
            (None, Some(b'\n' | b'\r'))
            | (Some(LineEnd::Lf | LineEnd::CrLf), Some(b'\n'))
            | (Some(LineEnd::Cr), Some(b'\r')) => Marker::Ends(End {
                line: at,
                next: next + 1,
                marker: true,
            }),
            (_, Some(b'\n' | b'\r')) => Marker::OtherEnd,
            _ => Marker::NotAlone,
        }
    }
}

/// What `\.` turned out to be.
#[derive(Debug)]
pub(super) enum Marker {
    /// More must be seen.
    More,
    Ends(End),
    /// Something else follows it on the line.
    NotAlone,
    /// A newline follows, where a carriage return is due first.
    OtherStart,
    /// The line ends otherwise than those before.
    OtherEnd,
}
