//! The text layout: a line a row, a backslash before what would not be itself (PostgreSQL docs, COPY, "Text Format").

use alloc::vec::Vec;

use super::encoding;
use super::error::Fault;
use super::lines::{End, Marker, Scan, Style};
use super::options::{EndMarker, Options};
use super::row::Span;
use crate::EncodeError;

/// Finds where a line ends: at a newline with no backslash before it, or at the end marker.
#[derive(Debug)]
pub(super) struct Scanner {
    style: Style,
    marker: EndMarker,
    at: usize,
    /// The line has a backslash.
    pub(super) escaped: bool,
}

impl Scanner {
    pub(super) const fn new(marker: EndMarker) -> Self {
        Self {
            style: Style::new(false),
            marker,
            at: 0,
            escaped: false,
        }
    }

    fn marker(&self, bytes: &[u8], last: bool) -> Result<Option<End>, Fault> {
        match (self.style.marker(bytes, self.at, last), self.marker) {
            (Marker::More, _) => Ok(None),
            (Marker::OtherStart | Marker::OtherEnd, _) => Err(Fault::MarkerLineEnd),
            (Marker::NotAlone, EndMarker::Anywhere) => Err(Fault::MarkerCorrupt),
            (Marker::NotAlone, EndMarker::TextOnly) => Err(Fault::MarkerNotAlone),
            (Marker::Ends(_), EndMarker::TextOnly) if self.at > 0 => Err(Fault::MarkerNotAlone),
            (Marker::Ends(end), _) => Ok(Some(end)),
        }
    }
}

impl Scan for Scanner {
    #[inline]
    fn scan(&mut self, bytes: &[u8], last: bool) -> Result<Option<End>, Fault> {
        if self.at == 0 {
            self.escaped = false;
        }
        loop {
            let rest = bytes.get(self.at..).unwrap_or_default();
            let Some(found) = memchr::memchr3(b'\n', b'\r', b'\\', rest) else {
                self.at = bytes.len();
                break;
            };
            self.at += found;
            let end = match (rest.get(found), rest.get(found + 1)) {
                (Some(b'\n' | b'\r'), _) => self.style.end(bytes, self.at, last)?,
                (_, Some(b'.')) => self.marker(bytes, last)?,
                (_, Some(_)) => {
                    self.escaped = true;
                    self.at += 2;
                    continue;
                }
                (_, None) if last => {
                    self.escaped = true;
                    self.at += 1;
                    break;
                }
                (_, None) => None,
            };
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

/// Splits a line into fields that lie in it as they are: it has no backslash. Answers how many there are; `spans` gets
/// those of the columns.
#[inline]
pub(super) fn split(
    line: &[u8],
    delimiter: u8,
    null: &[u8],
    columns: usize,
    spans: &mut Vec<Span>,
) -> usize {
    let (mut count, mut start) = (0, 0);
    let ends = memchr::memchr_iter(delimiter, line).chain([line.len()]);
    for end in ends {
        if count < columns {
            spans.push(if line.get(start..end) == Some(null) {
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

/// Splits a line and unescapes its fields into `values`.
pub(super) fn split_escaped(
    line: &[u8],
    options: &Options,
    columns: usize,
    spans: &mut Vec<Span>,
    values: &mut Vec<u8>,
) -> Result<usize, Fault> {
    let (delimiter, null) = (options.delimiter_byte(), options.null_bytes());
    let (mut count, mut rest) = (0, line);
    loop {
        let (raw, start) = (rest, values.len());
        let mut odd = false;
        // Bytes of the field, and whether there is another behind it.
        let (length, more) = loop {
            let Some(at) = memchr::memchr2(delimiter, b'\\', rest) else {
                values.extend_from_slice(rest);
                rest = &[];
                break (raw.len(), false);
            };
            let (plain, special) = rest.split_at_checked(at).unwrap_or((rest, &[]));
            values.extend_from_slice(plain);
            rest = special.get(1..).unwrap_or_default();
            if special.first() == Some(&delimiter) {
                break (raw.len() - rest.len() - 1, true);
            }
            if let Some(byte) = unescape(&mut rest, &mut odd) {
                values.push(byte);
            }
        };
        let is_null = raw.get(..length) == Some(null);
        if odd && !is_null {
            let value = values.get(start..).unwrap_or_default();
            encoding::check(options.encoding, value, &[]).map_err(|(fault, _)| fault)?;
        }
        if count < columns {
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

/// What a backslash and what follows it stand for: nothing at the end of the line. `odd`: a byte by its number is NUL or not ASCII.
fn unescape(rest: &mut &[u8], odd: &mut bool) -> Option<u8> {
    let (kind, after) = rest.split_first()?;
    let number = match kind {
        b'0'..=b'7' => digits(rest, 8, 3),
        b'x' if after.first().is_some_and(u8::is_ascii_hexdigit) => {
            *rest = after;
            digits(rest, 16, 2)
        }
        other => {
            *rest = after;
            return Some(match other {
                b'b' => 8,
                b'f' => 12,
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'v' => 11,
                other => *other,
            });
        }
    };
    *odd |= number == 0 || !number.is_ascii();
    Some(number)
}

/// Up to `most` digits as a byte: of a number that needs more bits, the lowest.
fn digits(rest: &mut &[u8], radix: u8, most: usize) -> u8 {
    let mut value = 0u8;
    for _ in 0..most {
        let Some((digit, after)) = rest.split_first() else {
            break;
        };
        let Some(digit) = char::from(*digit)
            .to_digit(radix.into())
            .and_then(|digit| u8::try_from(digit).ok())
        else {
            break;
        };
        value = value.wrapping_mul(radix).wrapping_add(digit);
        *rest = after;
    }
    value
}

/// What each byte is written as.
#[derive(Debug)]
pub(super) struct Escapes {
    /// 0: as it is; [`REFUSED`]; else behind a backslash, as this.
    table: [u8; 256],
}

const REFUSED: u8 = 0xFF;

impl Escapes {
    pub(super) fn new(options: &Options) -> Self {
        let mut table = [0; 256];
        let mut set = |byte: u8, as_byte: u8| {
            if let Some(entry) = table.get_mut(usize::from(byte)) {
                *entry = as_byte;
            }
        };
        let delimiter = options.delimiter_byte();
        for (byte, as_byte) in [
            (0, REFUSED),
            (delimiter, delimiter),
            (b'\\', b'\\'),
            (8, b'b'),
            (12, b'f'),
            (b'\n', b'n'),
            (b'\r', b'r'),
            (b'\t', b't'),
            (11, b'v'),
        ] {
            set(byte, as_byte);
        }
        Self { table }
    }

    /// Whether a value is written as it is.
    #[inline]
    pub(super) fn is_plain(&self, value: &[u8]) -> bool {
        value.iter().all(|byte| self.of(*byte) == 0)
    }

    /// Appends a value.
    pub(super) fn write(&self, value: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let mut rest = value;
        while let Some(at) = rest.iter().position(|byte| self.of(*byte) != 0) {
            let (plain, special) = rest.split_at_checked(at).unwrap_or((rest, &[]));
            let Some((byte, after)) = special.split_first() else {
                break;
            };
            if *byte == 0 {
                return Err(EncodeError::NulInString);
            }
            out.extend_from_slice(plain);
            out.extend_from_slice(&[b'\\', self.of(*byte)]);
            rest = after;
        }
        out.extend_from_slice(rest);
        Ok(())
    }

    #[inline]
    fn of(&self, byte: u8) -> u8 {
        self.table.get(usize::from(byte)).copied().unwrap_or(0)
    }
}
