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
}

impl<'p> Writer<'p> {
    pub(crate) fn new(format: &'p CopyFormat, columns: &'p [Output]) -> Self {
        Self {
            format,
            columns,
            scratch: Vec::new(),
        }
    }

    /// What comes before the first row.
    pub(crate) fn head(&self) -> Option<Vec<u8>> {
        if self.format.binary {
            let mut head = SIGNATURE.to_vec();
            head.extend_from_slice(&[0; 8]);
            return Some(head);
        }
        if !self.format.header {
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

    /// What comes after the last.
    pub(crate) fn tail(&self) -> Option<Vec<u8>> {
        self.format.binary.then(|| (-1_i16).to_be_bytes().to_vec())
    }

    /// # Errors
    ///
    /// 22P02 for a value that has no form in its column's type.
    pub(crate) fn row(&mut self, cells: &[Cell<'_>], out: &mut Vec<u8>) -> Result<()> {
        if self.format.binary {
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
