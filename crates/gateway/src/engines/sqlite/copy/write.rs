//! Stored rows into COPY data.

use trunkline_proto::copy::{Encoder, Layout, Options};
use trunkline_server::{Error, Result, copy};
use trunkline_types::Encode;

use crate::engines::sqlite::translate::Output;
use crate::engines::sqlite::value::Cell;

/// Writes the rows of one COPY.
pub(crate) struct Writer<'p> {
    encoder: Encoder,
    columns: &'p [Output],
}

impl<'p> Writer<'p> {
    /// # Errors
    ///
    /// Options that do not go together.
    pub(crate) fn new(options: &Options, columns: &'p [Output]) -> Result<Self> {
        Ok(Self {
            encoder: Encoder::new(options.clone())?,
            columns,
        })
    }

    /// A message before the first row: the line of names.
    ///
    /// # Errors
    ///
    /// A name that no line can hold.
    pub(crate) fn head(&mut self) -> Result<Option<Vec<u8>>> {
        let mut head = Vec::new();
        let names = self.columns.iter().map(|column| &column.name);
        self.encoder
            .header(names, &mut head)
            .map_err(copy::Error::from)?;
        Ok(Some(head).filter(|head| !head.is_empty()))
    }

    /// # Errors
    ///
    /// 22P02 for a value that has no form in its column's type.
    pub(crate) fn row(&mut self, cells: &[Cell<'_>], out: &mut Vec<u8>) -> Result<()> {
        let written: Result<(), copy::Error> = self.encoder.row_with(out, |row| {
            for (cell, column) in cells.iter().zip(self.columns) {
                match row.layout() {
                    _ if cell.is_null() => row.null(),
                    Layout::Binary => row.field_with(|out| {
                        cell.encode_binary(column.ty, out)?;
                        Ok::<_, copy::Error>(())
                    })?,
                    Layout::Text | Layout::Csv => row.field_with(|out| {
                        cell.encode_text(column.ty, out)?;
                        Ok::<_, copy::Error>(())
                    })?,
                }
            }
            Ok(())
        });
        written.map_err(Error::from)
    }

    /// A message after the last.
    pub(crate) fn tail(self) -> Option<Vec<u8>> {
        let mut tail = Vec::new();
        self.encoder.finish(&mut tail);
        Some(tail).filter(|tail| !tail.is_empty())
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a panic is the failure report of a test"
    )]

    use trunkline_server::Type;

    use super::*;

    fn column(name: &str, ty: Type) -> Output {
        Output {
            name: name.to_owned(),
            ty,
            modifier: -1,
            origin: None,
        }
    }

    const START: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

    #[test]
    fn a_binary_stream_begins_in_the_message_of_its_first_row() {
        let columns = [column("n", Type::INT4)];
        let mut writer = Writer::new(&Options::binary(), &columns).unwrap();
        assert_eq!(writer.head().unwrap(), None);
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
        let writer = Writer::new(&Options::binary(), &[]).unwrap();
        assert_eq!(writer.tail().unwrap(), [START, &[0xff, 0xff]].concat());
    }

    #[test]
    fn lines_are_of_the_columns_types() {
        let columns = [column("b", Type::BOOL), column("a,b", Type::TEXT)];
        let cells = [Cell::Integer(1), Cell::Text(b"x,\ty")];
        for (options, head, line) in [
            (Options::text(), None, &b"t\tx,\\ty\n"[..]),
            (
                Options::csv().header(copy::Header::Line),
                Some(b"b,\"a,b\"\n".to_vec()),
                b"t,\"x,\ty\"\n",
            ),
        ] {
            let mut writer = Writer::new(&options, &columns).unwrap();
            assert_eq!(writer.head().unwrap(), head);
            let mut out = Vec::new();
            writer.row(&cells, &mut out).unwrap();
            assert_eq!(out, line);
            assert_eq!(writer.tail(), None);
        }
    }
}
