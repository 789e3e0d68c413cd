//! COPY data into rows.

use rusqlite::types::Value;
use trunkline_server::{Error, Format, Result, SqlState, Type};

use super::SIGNATURE;
use crate::engines::sqlite::translate::CopyFormat;
use crate::engines::sqlite::value::bind;

/// The longest row that is waited for.
const LIMIT: usize = 64 << 20;

/// Takes the data in pieces of any size, and gives whole rows.
pub(crate) struct Decoder<'p> {
    format: &'p CopyFormat,
    table: &'p str,
    names: &'p [String],
    types: &'p [Type],
    buffer: Vec<u8>,
    line: u64,
    /// The header line, or the binary signature, is still to come.
    at_head: bool,
    /// The end marker was seen: what follows is ignored.
    done: bool,
}

impl<'p> Decoder<'p> {
    pub(crate) fn new(
        format: &'p CopyFormat,
        table: &'p str,
        names: &'p [String],
        types: &'p [Type],
    ) -> Self {
        let at_head = format.binary || format.header;
        Self {
            format,
            table,
            names,
            types,
            buffer: Vec::new(),
            line: 0,
            at_head,
            done: false,
        }
    }

    /// # Errors
    ///
    /// 22P04 for data of the wrong shape, and as the columns' types say.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<Vec<Vec<Value>>> {
        self.buffer.extend_from_slice(piece);
        let buffer = std::mem::take(&mut self.buffer);
        let mut rest = buffer.as_slice();
        let mut rows = Vec::new();
        while !self.done {
            let row = if self.format.binary {
                self.tuple(&mut rest)?
            } else {
                self.record(&mut rest, false)?
            };
            match row {
                Step::Row(row) => rows.push(row),
                Step::Skipped => {}
                Step::More => break,
            }
        }
        if self.done {
            rest = &[];
        }
        if rest.len() > LIMIT {
            return Err(Error::new(
                SqlState::PROGRAM_LIMIT_EXCEEDED,
                "a row of COPY data is too long",
            ));
        }
        self.buffer = rest.to_vec();
        Ok(rows)
    }

    /// The row that has no newline at its end.
    pub(crate) fn finish(&mut self) -> Result<Vec<Vec<Value>>> {
        let buffer = std::mem::take(&mut self.buffer);
        if self.done || buffer.is_empty() {
            if self.format.binary && !self.done {
                return Err(bad("unexpected EOF in COPY data"));
            }
            return Ok(Vec::new());
        }
        if self.format.binary {
            return Err(bad("unexpected EOF in COPY data"));
        }
        let mut rest = buffer.as_slice();
        match self.record(&mut rest, true)? {
            Step::Row(row) => Ok(vec![row]),
            Step::Skipped => Ok(Vec::new()),
            Step::More if self.format.csv => {
                Err(self.context(bad("unterminated CSV quoted field"), None))
            }
            Step::More => Ok(Vec::new()),
        }
    }

    fn record(&mut self, rest: &mut &[u8], last: bool) -> Result<Step> {
        let Some(end) = self.record_end(rest) else {
            if !last {
                return Ok(Step::More);
            }
            let whole = *rest;
            *rest = &[];
            return self.line(whole);
        };
        let (record, after) = rest.split_at(end);
        *rest = after.get(1..).unwrap_or_default();
        self.line(record.strip_suffix(b"\r").unwrap_or(record))
    }

    /// Where the newline after the first record is. In CSV one inside quotes does not count; in text one behind a backslash.
    fn record_end(&self, bytes: &[u8]) -> Option<usize> {
        if !self.format.csv {
            let mut from = 0;
            loop {
                let at = from + bytes.get(from..)?.iter().position(|b| *b == b'\n')?;
                let slashes = bytes
                    .get(..at)
                    .unwrap_or_default()
                    .iter()
                    .rev()
                    .take_while(|b| **b == b'\\')
                    .count();
                if slashes % 2 == 0 {
                    return Some(at);
                }
                from = at + 1;
            }
        }
        let mut quoted = false;
        for (at, byte) in bytes.iter().enumerate() {
            if char::from(*byte) == self.format.quote {
                quoted = !quoted;
            } else if *byte == b'\n' && !quoted {
                return Some(at);
            }
        }
        None
    }

    fn line(&mut self, record: &[u8]) -> Result<Step> {
        self.line += 1;
        if std::mem::take(&mut self.at_head) {
            return Ok(Step::Skipped);
        }
        if record == b"\\." {
            self.done = true;
            return Ok(Step::Skipped);
        }
        let record = std::str::from_utf8(record).map_err(|_| {
            let error = Error::new(
                SqlState::CHARACTER_NOT_IN_REPERTOIRE,
                "invalid byte sequence for encoding \"UTF8\"",
            );
            self.context(error, None)
        })?;
        let fields = if self.format.csv {
            self.csv(record)
        } else {
            self.text(record)
        };
        if fields.len() > self.types.len() {
            return Err(self.context(bad("extra data after last expected column"), None));
        }
        let mut row = Vec::with_capacity(self.types.len());
        for (at, ty) in self.types.iter().enumerate() {
            let name = self.names.get(at).map_or("", String::as_str);
            let Some(field) = fields.get(at) else {
                return Err(self.context(bad(format!("missing data for column \"{name}\"")), None));
            };
            let raw = field.as_deref().map(str::as_bytes);
            let value = bind(raw, Format::Text, *ty);
            row.push(value.map_err(|error| {
                self.context(error, Some((name, field.as_deref().unwrap_or_default())))
            })?);
        }
        Ok(Step::Row(row))
    }

    fn text(&self, record: &str) -> Vec<Option<String>> {
        let mut fields = Vec::new();
        let mut start = 0;
        let mut escaped = false;
        for (at, c) in record.char_indices() {
            if escaped {
                escaped = false;
            } else if c == '\\' {
                escaped = true;
            } else if c == self.format.delimiter {
                fields.push(self.field(record.get(start..at).unwrap_or_default()));
                start = at + c.len_utf8();
            }
        }
        fields.push(self.field(record.get(start..).unwrap_or_default()));
        fields
    }

    fn field(&self, raw: &str) -> Option<String> {
        if raw == self.format.null {
            None
        } else {
            Some(unescape(raw))
        }
    }

    fn csv(&self, record: &str) -> Vec<Option<String>> {
        let (quote, escape) = (self.format.quote, self.format.escape);
        let mut fields = Vec::new();
        let mut field = String::new();
        let mut was_quoted = false;
        let mut inside = false;
        let mut chars = record.chars().peekable();
        loop {
            match chars.next() {
                Some(c)
                    if inside
                        && c == escape
                        && chars.peek().is_some_and(|next| {
                            *next == quote || *next == escape && escape != quote
                        }) =>
                {
                    field.extend(chars.next());
                }
                Some(c) if c == quote => {
                    inside = !inside;
                    was_quoted = true;
                }
                Some(c) if inside || c != self.format.delimiter => field.push(c),
                end => {
                    let value = std::mem::take(&mut field);
                    fields.push(if !was_quoted && value == self.format.null {
                        None
                    } else {
                        Some(value)
                    });
                    was_quoted = false;
                    if end.is_none() {
                        return fields;
                    }
                }
            }
        }
    }

    fn tuple(&mut self, rest: &mut &[u8]) -> Result<Step> {
        let mut at = *rest;
        if self.at_head {
            let Some(signature) = take(&mut at, SIGNATURE.len()) else {
                return Ok(Step::More);
            };
            if signature != SIGNATURE {
                return Err(bad("COPY file signature not recognized"));
            }
            let (Some(_flags), Some(length)) = (take_i32(&mut at), take_i32(&mut at)) else {
                return Ok(Step::More);
            };
            let length = usize::try_from(length)
                .map_err(|_| bad("invalid COPY file header (wrong length)"))?;
            if take(&mut at, length).is_none() {
                return Ok(Step::More);
            }
            self.at_head = false;
            *rest = at;
            return Ok(Step::Skipped);
        }
        let Some(count) = take(&mut at, 2) else {
            return Ok(Step::More);
        };
        let count = i16::from_be_bytes([
            count.first().copied().unwrap_or(0),
            count.get(1).copied().unwrap_or(0),
        ]);
        if count == -1 {
            self.done = true;
            return Ok(Step::Skipped);
        }
        if usize::try_from(count).ok() != Some(self.types.len()) {
            return Err(bad(format!(
                "row field count is {count}, expected {}",
                self.types.len()
            )));
        }
        let mut row = Vec::with_capacity(self.types.len());
        for (place, ty) in self.types.iter().enumerate() {
            let Some(length) = take_i32(&mut at) else {
                return Ok(Step::More);
            };
            if length == -1 {
                row.push(Value::Null);
                continue;
            }
            let length = usize::try_from(length).map_err(|_| bad("invalid field size"))?;
            let Some(raw) = take(&mut at, length) else {
                return Ok(Step::More);
            };
            let name = self.names.get(place).map_or("", String::as_str);
            row.push(
                bind(Some(raw), Format::Binary, *ty)
                    .map_err(|error| self.context(error, Some((name, ""))))?,
            );
        }
        self.line += 1;
        *rest = at;
        Ok(Step::Row(row))
    }

    fn context(&self, error: Error, field: Option<(&str, &str)>) -> Error {
        let place = format!("COPY {}, line {}", self.table, self.line);
        error.context(match field {
            Some((name, value)) => format!("{place}, column {name}: \"{value}\""),
            None => place,
        })
    }
}

enum Step {
    Row(Vec<Value>),
    Skipped,
    More,
}

fn bad(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(SqlState::BAD_COPY_FILE_FORMAT, message)
}

fn take<'b>(bytes: &mut &'b [u8], count: usize) -> Option<&'b [u8]> {
    let (head, tail) = bytes.split_at_checked(count)?;
    *bytes = tail;
    Some(head)
}

fn take_i32(bytes: &mut &[u8]) -> Option<i32> {
    let (head, tail) = bytes.split_first_chunk::<4>()?;
    *bytes = tail;
    Some(i32::from_be_bytes(*head))
}

/// The backslash sequences of COPY's text form.
fn unescape(raw: &str) -> String {
    if !raw.contains('\\') {
        return raw.to_owned();
    }
    let mut out: Vec<u8> = Vec::with_capacity(raw.len());
    let mut rest = raw.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'\\' {
            out.push(*byte);
            continue;
        }
        let Some((kind, after)) = rest.split_first() else {
            out.push(b'\\');
            break;
        };
        rest = after;
        out.push(match kind {
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 11,
            b'x' if rest.first().is_some_and(u8::is_ascii_hexdigit) => number(&mut rest, 16, 2),
            b'0'..=b'7' => {
                rest = raw
                    .as_bytes()
                    .get(raw.len() - rest.len() - 1..)
                    .unwrap_or_default();
                number(&mut rest, 8, 3)
            }
            other => *other,
        });
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Up to `most` digits as a byte.
fn number(rest: &mut &[u8], radix: u32, most: usize) -> u8 {
    let mut value = 0;
    for _ in 0..most {
        let Some((digit, after)) = rest
            .split_first()
            .and_then(|(b, after)| Some((char::from(*b).to_digit(radix)?, after)))
        else {
            break;
        };
        value = value * radix + digit;
        *rest = after;
    }
    u8::try_from(value & 0xff).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a panic is the failure report of a test"
    )]

    use super::*;

    fn format(csv: bool) -> CopyFormat {
        CopyFormat {
            csv,
            binary: false,
            delimiter: if csv { ',' } else { '\t' },
            null: if csv { String::new() } else { "\\N".to_owned() },
            header: false,
            quote: '"',
            escape: '"',
        }
    }

    fn rows(csv: bool, data: &[u8]) -> Result<Vec<Vec<Value>>> {
        let (format, names) = (format(csv), ["a".to_owned(), "b".to_owned()]);
        let mut decoder = Decoder::new(&format, "t", &names, &[Type::INT4, Type::TEXT]);
        let mut rows = Vec::new();
        for byte in data {
            rows.extend(decoder.push(std::slice::from_ref(byte))?);
        }
        rows.extend(decoder.finish()?);
        Ok(rows)
    }

    fn row(n: i64, text: Option<&str>) -> Vec<Value> {
        vec![
            Value::Integer(n),
            text.map_or(Value::Null, |t| Value::Text(t.to_owned())),
        ]
    }

    #[test]
    fn text_a_byte_at_a_time() {
        let data = b"1\tone\\ttab\n2\t\\N\n3\tb\\\\s\\x41\\101\n\\.\n";
        assert_eq!(
            rows(false, data).unwrap(),
            [
                row(1, Some("one\ttab")),
                row(2, None),
                row(3, Some("b\\sAA"))
            ]
        );
    }

    #[test]
    fn csv_with_quotes_and_newlines() {
        let data = b"1,\"a,\"\"b\"\"\nc\"\n2,\n3,\"\"";
        assert_eq!(
            rows(true, data).unwrap(),
            [row(1, Some("a,\"b\"\nc")), row(2, None), row(3, Some(""))]
        );
    }

    #[test]
    fn wrong_shapes_are_refused() {
        assert_eq!(
            rows(false, b"1\n").unwrap_err().message(),
            "missing data for column \"b\""
        );
        assert_eq!(
            rows(false, b"1\ta\tb\n").unwrap_err().message(),
            "extra data after last expected column"
        );
        assert_eq!(
            rows(false, b"x\ta\n").unwrap_err().sqlstate(),
            SqlState::INVALID_TEXT_REPRESENTATION
        );
    }
}
