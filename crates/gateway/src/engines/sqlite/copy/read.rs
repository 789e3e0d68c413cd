//! COPY data into values to be stored.

use rusqlite::types::Value;
use trunkline_proto::copy::{Decoder, Options, Row};
use trunkline_server::{Error, Format, Result, SqlState, Type};

use crate::engines::sqlite::value::bind;

/// The longest row that is waited for, in bytes.
const LIMIT: usize = 64 << 20;
/// Rows of a batch at most.
const BATCH_ROWS: usize = 512;
/// Bytes of values at which a batch is full; one row may be longer.
const BATCH_BYTES: usize = 64 << 10;

/// Takes the data in pieces of any size, and gives the rows that are whole.
pub(crate) struct Reader<'p> {
    decoder: Decoder,
    target: Target<'p>,
}

/// What the rows are for.
struct Target<'p> {
    format: Format,
    table: &'p str,
    names: &'p [String],
    types: &'p [Type],
}

impl<'p> Reader<'p> {
    /// # Errors
    ///
    /// Options that do not go together.
    pub(crate) fn new(
        options: &Options,
        table: &'p str,
        names: &'p [String],
        types: &'p [Type],
    ) -> Result<Self> {
        Ok(Self {
            decoder: Decoder::new(options.clone().max_row(LIMIT), types.len())?,
            target: Target {
                format: options.layout().format(),
                table,
                names,
                types,
            },
        })
    }

    /// The next batch of rows; `piece` is moved behind what was read. No rows: all of it was taken.
    ///
    /// A batch is bounded, because a piece is as long as its sender likes, and values take many times the room of their
    /// bytes on the wire.
    ///
    /// # Errors
    ///
    /// 22P04 for data of the wrong shape, and as the columns' types say.
    pub(crate) fn push(&mut self, piece: &mut &[u8]) -> Result<Vec<Vec<Value>>> {
        let Self { decoder, target } = self;
        let (mut rows, mut bytes) = (Vec::new(), 0);
        while rows.len() < BATCH_ROWS && bytes < BATCH_BYTES {
            let row = decoder.decode(piece);
            let Some(row) = row.map_err(|error| target.fault(&error))? else {
                break;
            };
            let values = target.values(row)?;
            bytes += values.iter().map(size).sum::<usize>();
            rows.push(values);
        }
        Ok(rows)
    }

    /// An error that struck while data was waited for, with its place.
    pub(crate) fn interrupted(&self, error: Error) -> Error {
        match self.decoder.context(self.target.table) {
            Some(context) => error.context(context.to_string()),
            None => error,
        }
    }

    /// The row that has no newline at its end.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push).
    pub(crate) fn finish(&mut self) -> Result<Vec<Vec<Value>>> {
        let Self { decoder, target } = self;
        let last = decoder.finish().map_err(|error| target.fault(&error))?;
        last.map(|row| target.values(row)).into_iter().collect()
    }
}

impl Target<'_> {
    fn values(&self, row: Row<'_>) -> Result<Vec<Value>> {
        if let Some(name) = self.names.get(row.len()) {
            let error = Error::new(
                SqlState::BAD_COPY_FILE_FORMAT,
                format!("missing data for column \"{name}\""),
            );
            return Err(error.context(row.context(self.table).to_string()));
        }
        let mut values = Vec::with_capacity(self.types.len());
        for (column, (field, ty)) in row.iter().zip(self.types).enumerate() {
            let value = bind(field, self.format, *ty).map_err(|error| {
                let name = self.names.get(column).map_or("", String::as_str);
                let context = row.column_context(self.table, name, column);
                error.context(context.to_string())
            })?;
            values.push(value);
        }
        Ok(values)
    }

    fn fault(&self, error: &trunkline_proto::copy::Error) -> Error {
        let context = error.context(self.table, self.names);
        let told = Error::from(error.clone());
        match context {
            Some(context) => told.context(context.to_string()),
            None => told,
        }
    }
}

/// Bytes that a value takes.
fn size(value: &Value) -> usize {
    let held = match value {
        Value::Text(text) => text.len(),
        Value::Blob(bytes) => bytes.len(),
        Value::Null | Value::Integer(_) | Value::Real(_) => 0,
    };
    size_of::<Value>() + held
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a panic is the failure report of a test"
    )]

    use super::*;

    fn rows(options: &Options, data: &[u8]) -> Result<Vec<Vec<Value>>> {
        let names = ["a".to_owned(), "b".to_owned()];
        let mut reader = Reader::new(options, "t", &names, &[Type::INT4, Type::TEXT]).unwrap();
        let mut rows = Vec::new();
        for byte in data {
            rows.extend(reader.push(&mut std::slice::from_ref(byte))?);
        }
        rows.extend(reader.finish()?);
        Ok(rows)
    }

    fn row(n: i64, text: Option<&str>) -> Vec<Value> {
        vec![
            Value::Integer(n),
            text.map_or(Value::Null, |t| Value::Text(t.to_owned())),
        ]
    }

    #[test]
    fn values_are_those_of_the_columns() {
        let text = rows(&Options::text(), b"1\tone\\ttab\n2\t\\N\n");
        let expected = [row(1, Some("one\ttab")), row(2, None)];
        assert_eq!(text.unwrap(), expected);
        let csv = rows(&Options::csv(), b"1,\"one\ttab\"\n2,");
        assert_eq!(csv.unwrap(), expected);
        let binary =
            b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0\0\x02\0\0\0\x04\0\0\0\x02\xff\xff\xff\xff";
        assert_eq!(rows(&Options::binary(), binary).unwrap(), [row(2, None)]);
    }

    #[test]
    fn a_long_piece_comes_in_bounded_batches() {
        let names = ["a".to_owned(), "b".to_owned()];
        let types = [Type::INT4, Type::TEXT];
        let short = "1\tone\n".repeat(2000);
        let long = format!("1\t{}\n", "x".repeat(40_000)).repeat(9);
        for (data, lengths) in [(short, &[512, 512, 512, 464][..]), (long, &[2, 2, 2, 2, 1])] {
            let mut reader = Reader::new(&Options::text(), "t", &names, &types).unwrap();
            let mut piece = data.as_bytes();
            for length in lengths {
                assert_eq!(reader.push(&mut piece).unwrap().len(), *length);
            }
            assert!(reader.push(&mut piece).unwrap().is_empty() && piece.is_empty());
            assert!(reader.finish().unwrap().is_empty());
        }
    }

    #[test]
    fn wrong_shapes_and_values_are_refused_with_their_place() {
        let shown = |data| format!("{:?}", rows(&Options::text(), data).unwrap_err());
        for (data, message, context) in [
            (
                &b"1\n"[..],
                "missing data for column \\\"b\\\"",
                "COPY t, line 1: \\\"1\\\"",
            ),
            (
                b"1\ta\n2\ta\tb\n",
                "extra data after last expected column",
                "COPY t, line 2: \\\"2\\ta\\tb\\\"",
            ),
            (
                b"x\ta\n",
                "invalid input syntax for type integer: \\\"x\\\"",
                "COPY t, line 1, column a: \\\"x\\\"",
            ),
            (
                b"1\ta\n2\t\r",
                "literal carriage return found in data",
                "COPY t, line 2",
            ),
        ] {
            let error = shown(data);
            assert!(
                error.contains(message) && error.contains(context),
                "{error}"
            );
        }
    }
}
