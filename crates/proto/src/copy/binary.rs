//! PostgreSQL's binary layout: a header, rows of lengths and values, a trailer (PostgreSQL docs, COPY, "Binary Format").

use alloc::vec::Vec;

use super::error::Fault;
use super::row::Span;

/// What a stream begins with.
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";

/// The signature, the flags and the length of the extension.
const HEADER: usize = SIGNATURE.len() + 8;

/// The header that is written: no flags, no extension.
pub(super) const HEAD: &[u8; HEADER] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// The field count that ends the data.
pub(super) const TRAILER: i16 = -1;

/// The length that stands for NULL.
pub(super) const NULL: i32 = -1;

/// Finds rows.
#[derive(Debug, Default)]
pub(super) struct Reader {
    held: Vec<u8>,
    /// How much of it was lent as a row, and is done with.
    used: usize,
    /// How far the row is parsed: behind its last whole field.
    at: usize,
    stage: Stage,
}

#[derive(Debug, Default)]
enum Stage {
    #[default]
    Header,
    /// So many bytes of the extension are still to come.
    Extension(usize),
    Rows,
    Ended,
}

/// A row that was found.
#[derive(Copy, Clone, Debug)]
pub(super) struct Found<'i>(Option<&'i [u8]>);

/// What is wrong, and with which column's value.
pub(super) type Failure = (Fault, Option<usize>);

enum Step {
    Row(usize),
    Trailer,
    /// So many bytes of the row must be there to go on.
    Need(usize),
}

impl Reader {
    /// The next row. `Ok(None)`: all of `input` was taken, and more is needed.
    #[inline]
    pub(super) fn next<'i>(
        &mut self,
        input: &mut &'i [u8],
        columns: usize,
        limit: usize,
        spans: &mut Vec<Span>,
    ) -> Result<Option<Found<'i>>, Failure> {
        if self.used > 0 {
            self.held.clear();
            self.used = 0;
        }
        if !self.begin(input).map_err(|fault| (fault, None))? {
            return Ok(None);
        }
        while !input.is_empty() {
            if matches!(self.stage, Stage::Ended) {
                return Err((Fault::AfterTrailer, None));
            }
            let bytes = if self.held.is_empty() {
                *input
            } else {
                &self.held
            };
            match parse(bytes, &mut self.at, columns, limit, spans)? {
                Step::Row(end) if self.held.is_empty() => {
                    let (row, rest) = input.split_at_checked(end).unwrap_or((input, &[]));
                    *input = rest;
                    self.at = 0;
                    return Ok(Some(Found(Some(row))));
                }
                Step::Trailer if self.held.is_empty() => {
                    *input = input.get(2..).unwrap_or_default();
                    self.stage = Stage::Ended;
                }
                Step::Need(total) => {
                    let count = total.saturating_sub(self.held.len()).min(input.len());
                    let (taken, rest) = input.split_at_checked(count).unwrap_or((input, &[]));
                    self.held.extend_from_slice(taken);
                    *input = rest;
                    match parse(&self.held, &mut self.at, columns, limit, spans)? {
                        Step::Row(end) => {
                            (self.used, self.at) = (end, 0);
                            return Ok(Some(Found(None)));
                        }
                        Step::Trailer => {
                            self.held.clear();
                            self.stage = Stage::Ended;
                        }
                        Step::Need(_) => {}
                    }
                }
                // What is held is never whole: it was parsed when it came.
                Step::Row(_) | Step::Trailer => {
                    debug_assert!(false, "a whole row was held back");
                    self.held.clear();
                }
            }
        }
        Ok(None)
    }

    /// At the end of the data.
    pub(super) fn finish(&self, spans: &[Span]) -> Result<(), Failure> {
        Err(match self.stage {
            Stage::Header if self.held.len() < SIGNATURE.len() => (Fault::Signature, None),
            Stage::Header if self.held.len() < SIGNATURE.len() + 4 => (Fault::MissingFlags, None),
            Stage::Header => (Fault::MissingLength, None),
            Stage::Extension(_) => (Fault::WrongLength, None),
            Stage::Rows if self.at > 0 && self.used == 0 => {
                (Fault::UnexpectedEnd, Some(spans.len()))
            }
            Stage::Rows | Stage::Ended => return Ok(()),
        })
    }

    /// Whether rows are read: faults before are of no row.
    pub(super) fn has_begun(&self) -> bool {
        matches!(self.stage, Stage::Rows | Stage::Ended)
    }

    pub(super) fn row<'d>(&'d self, found: Found<'d>) -> &'d [u8] {
        found.0.unwrap_or(&self.held)
    }

    /// Reads the header. `Ok(false)`: more is needed.
    fn begin(&mut self, input: &mut &[u8]) -> Result<bool, Fault> {
        if matches!(self.stage, Stage::Header) {
            let count = HEADER.saturating_sub(self.held.len()).min(input.len());
            let (taken, rest) = input.split_at_checked(count).unwrap_or((input, &[]));
            self.held.extend_from_slice(taken);
            *input = rest;
            let Some(extension) = header(&self.held)? else {
                return Ok(false);
            };
            self.held.clear();
            self.stage = Stage::Extension(extension);
        }
        if let Stage::Extension(left) = self.stage {
            let skipped = left.min(input.len());
            *input = input.get(skipped..).unwrap_or_default();
            self.stage = match left - skipped {
                0 => Stage::Rows,
                left => Stage::Extension(left),
            };
        }
        Ok(self.has_begun())
    }
}

/// The length of the header's extension, as soon as it is there.
fn header(bytes: &[u8]) -> Result<Option<usize>, Fault> {
    let Some((signature, rest)) = bytes.split_at_checked(SIGNATURE.len()) else {
        return Ok(None);
    };
    if signature != SIGNATURE {
        return Err(Fault::Signature);
    }
    let Some((flags, rest)) = rest.split_first_chunk() else {
        return Ok(None);
    };
    // Bits 16 to 31 are for what a reader must understand.
    let flags = u32::from_be_bytes(*flags) >> 16;
    if flags & 1 != 0 {
        return Err(Fault::WithOids);
    }
    if flags != 0 {
        return Err(Fault::CriticalFlags);
    }
    let Some(length) = rest.first_chunk() else {
        return Ok(None);
    };
    usize::try_from(i32::from_be_bytes(*length))
        .map(Some)
        .map_err(|_| Fault::MissingLength)
}

/// Goes on with the row that `bytes` begins with.
#[inline]
fn parse(
    bytes: &[u8],
    at: &mut usize,
    columns: usize,
    limit: usize,
    spans: &mut Vec<Span>,
) -> Result<Step, Failure> {
    if *at == 0 {
        let Some(count) = bytes.first_chunk() else {
            return Ok(Step::Need(2));
        };
        let found = i16::from_be_bytes(*count);
        if found == TRAILER {
            return Ok(Step::Trailer);
        }
        if usize::try_from(found) != Ok(columns) {
            let expected = columns;
            return Err((Fault::FieldCount { found, expected }, None));
        }
        spans.clear();
        *at = 2;
    }
    while spans.len() < columns {
        let fail = |fault| (fault, Some(spans.len()));
        let Some(length) = bytes.get(*at..).and_then(<[u8]>::first_chunk) else {
            return Ok(Step::Need(*at + 4));
        };
        let start = *at + 4;
        let length = match i32::from_be_bytes(*length) {
            NULL => {
                spans.push(Span::NULL);
                *at = start;
                continue;
            }
            length => usize::try_from(length).map_err(|_| fail(Fault::FieldSize))?,
        };
        if length > limit.saturating_sub(start) {
            return Err(fail(Fault::RowTooLong(limit)));
        }
        if bytes.len() < start + length {
            return Ok(Step::Need(start + length));
        }
        *at = start + length;
        spans.push(Span::new(start, *at));
    }
    Ok(Step::Row(*at))
}
