//! Rows into COPY data.

use trunkline_server::{Error, Result, Type};
use trunkline_types::Encode;

use super::SIGNATURE;
use crate::engines::sqlite::translate::{CopyFormat, Output};
use crate::engines::sqlite::value::Cell;

/// Writes the rows of one COPY.
pub(crate) struct Writer<'p> {
    format: &'p CopyFormat,
    columns: &'p [Output],
    scratch: Vec<u8>,
    /// What begins a binary stream, until the first row takes it along: clients expect both in one message.
    start: Vec<u8>,
}

impl<'p> Writer<'p> {
    pub(crate) fn new(format: &'p CopyFormat, columns: &'p [Output]) -> Self {
        let mut start = Vec::new();
        if format.binary {
            start.extend_from_slice(SIGNATURE);
            start.extend_from_slice(&[0; 8]);
        }
        Self {
            format,
            columns,
            scratch: Vec::new(),
            start,
        }
    }

    /// A message before the first row: the line of names.
    pub(crate) fn head(&self) -> Option<Vec<u8>> {
        if self.format.binary || !self.format.header {
            return None;
        }
        let mut out = String::new();
        for (at, column) in self.columns.iter().enumerate() {
            if at > 0 {
                out.push(self.format.delimiter);
            }
            out.push_str(&if self.format.csv {
                self.quoted(&column.name)
            } else {
                column.name.clone()
            });
        }
        out.push('\n');
        Some(out.into_bytes())
    }

    /// A message after the last.
    pub(crate) fn tail(&mut self) -> Option<Vec<u8>> {
        let mut tail = std::mem::take(&mut self.start);
        tail.extend_from_slice(&(-1_i16).to_be_bytes());
        self.format.binary.then_some(tail)
    }

    /// # Errors
    ///
    /// 22P02 for a value that has no form in its column's type.
    pub(crate) fn row(&mut self, cells: &[Cell<'_>], out: &mut Vec<u8>) -> Result<()> {
        if self.format.binary {
            out.append(&mut self.start);
            let count = i16::try_from(cells.len()).map_err(Error::internal)?;
            out.extend_from_slice(&count.to_be_bytes());
            for (cell, column) in cells.iter().zip(self.columns) {
                cell.field_binary(column.ty, out)?;
            }
            return Ok(());
        }
        for (at, (cell, column)) in cells.iter().zip(self.columns).enumerate() {
            if at > 0 {
                out.extend_from_slice(self.format.delimiter.encode_utf8(&mut [0; 4]).as_bytes());
            }
            self.field(cell, column.ty, out)?;
        }
        out.push(b'\n');
        Ok(())
    }

    fn field(&mut self, cell: &Cell<'_>, ty: Type, out: &mut Vec<u8>) -> Result<()> {
        if cell.is_null() {
            out.extend_from_slice(self.format.null.as_bytes());
            return Ok(());
        }
        self.scratch.clear();
        cell.encode_text(ty, &mut self.scratch)?;
        let text = String::from_utf8_lossy(&self.scratch);
        if self.format.csv {
            out.extend_from_slice(self.quoted(&text).as_bytes());
            return Ok(());
        }
        for c in text.chars() {
            match c {
                '\\' => out.extend_from_slice(b"\\\\"),
                '\n' => out.extend_from_slice(b"\\n"),
                '\r' => out.extend_from_slice(b"\\r"),
                '\t' => out.extend_from_slice(b"\\t"),
                '\u{8}' => out.extend_from_slice(b"\\b"),
                '\u{b}' => out.extend_from_slice(b"\\v"),
                '\u{c}' => out.extend_from_slice(b"\\f"),
                c if c == self.format.delimiter => {
                    out.push(b'\\');
                    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
                c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        Ok(())
    }

    /// A CSV field, quoted if it must be.
    fn quoted(&self, text: &str) -> String {
        let CopyFormat {
            quote,
            escape,
            delimiter,
            null,
            ..
        } = self.format;
        let special = |c: char| c == *quote || c == *delimiter || c == '\n' || c == '\r';
        if !text.contains(special) && text != null && text != "\\." {
            return text.to_owned();
        }
        let mut out = String::from(*quote);
        for c in text.chars() {
            if c == *quote || c == *escape {
                out.push(*escape);
            }
            out.push(c);
        }
        out.push(*quote);
        out
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a panic is the failure report of a test"
    )]

    use super::*;

    fn binary() -> CopyFormat {
        CopyFormat {
            csv: false,
            binary: true,
            delimiter: '\t',
            null: String::new(),
            header: false,
            quote: '"',
            escape: '"',
        }
    }

    const START: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

    #[test]
    fn a_binary_stream_begins_in_the_message_of_its_first_row() {
        let columns = [Output {
            name: "n".to_owned(),
            ty: Type::INT4,
            modifier: -1,
            origin: None,
        }];
        let format = binary();
        let mut writer = Writer::new(&format, &columns);
        assert_eq!(writer.head(), None);
        let row = b"\0\x01\0\0\0\x04\0\0\0\x07";
        let mut first = Vec::new();
        writer.row(&[Cell::Integer(7)], &mut first).unwrap();
        assert_eq!(first, [START, row].concat());
        let mut second = Vec::new();
        writer.row(&[Cell::Integer(7)], &mut second).unwrap();
        assert_eq!(second, row);
        assert_eq!(writer.tail().unwrap(), [0xff, 0xff]);
    }

    #[test]
    fn a_binary_stream_without_rows_is_one_message() {
        let format = binary();
        let tail = Writer::new(&format, &[]).tail().unwrap();
        assert_eq!(tail, [START, &[0xff, 0xff]].concat());
    }
}
