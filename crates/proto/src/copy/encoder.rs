//! COPY data out of rows.

use alloc::vec::Vec;

use super::binary;
use super::check::InvalidOptions;
use super::csv::Quoter;
use super::options::{Header, Layout, Options};
use super::text::Escapes;
use crate::EncodeError;

/// Appends rows to the caller's buffer as COPY data: a server's `COPY … TO STDOUT`, or a client's `COPY … FROM STDIN`.
///
/// Call [`header`](Self::header), then [`row`](Self::row) or [`row_with`](Self::row_with) for each row, then
/// [`finish`](Self::finish). What one call appends is what PostgreSQL sends as one CopyData, the header of binary data together with
/// the first row; empty pieces need not be sent.
#[derive(Debug)]
pub struct Encoder {
    options: Options,
    writer: Writer,
    /// A value that cannot stand as it was written.
    scratch: Vec<u8>,
}

#[derive(Debug)]
enum Writer {
    Text(Escapes),
    Csv(Quoter),
    Binary {
        /// The header was written.
        begun: bool,
    },
}

impl Encoder {
    /// An encoder.
    ///
    /// # Errors
    ///
    /// Options that do not go together: 22023, 0A000 or 42601.
    pub fn new(options: Options) -> Result<Self, InvalidOptions> {
        options.check()?;
        let writer = match options.layout {
            Layout::Text => Writer::Text(Escapes::new(&options)),
            Layout::Csv => Writer::Csv(Quoter::new(&options)),
            Layout::Binary => Writer::Binary { begun: false },
        };
        Ok(Self {
            options,
            writer,
            scratch: Vec::new(),
        })
    }

    /// Appends the line with the names of the columns, if the options ask for one.
    ///
    /// # Errors
    ///
    /// A name holds a NUL; nothing was appended.
    pub fn header<N: AsRef<[u8]>>(
        &mut self,
        names: impl IntoIterator<Item = N>,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        if self.options.header == Header::Absent {
            return Ok(());
        }
        self.row_with(out, |row| {
            row.force = false;
            names
                .into_iter()
                .try_for_each(|name| row.field(Some(name.as_ref())))
        })
    }

    /// Appends a row: its fields, `None` for NULL. In binary they are values as the type's send function lays them out, else text.
    ///
    /// # Errors
    ///
    /// A field of text or CSV holds a NUL, or one of binary data is 2 GiB long; a binary row has more than 32767 fields. Nothing was
    /// appended.
    pub fn row<F: AsRef<[u8]>>(
        &mut self,
        fields: impl IntoIterator<Item = Option<F>>,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        self.row_with(out, |row| {
            fields
                .into_iter()
                .try_for_each(|field| row.field(field.as_ref().map(AsRef::as_ref)))
        })
    }

    /// Appends a row whose fields `write` puts down one after the other.
    ///
    /// # Errors
    ///
    /// As [`row`](Self::row), and what `write` fails with. Nothing was appended.
    pub fn row_with<E: From<EncodeError>>(
        &mut self,
        out: &mut Vec<u8>,
        write: impl FnOnce(&mut RowWriter<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let before = out.len();
        if matches!(self.writer, Writer::Binary { begun: false }) {
            out.extend_from_slice(binary::HEAD);
        }
        let start = out.len();
        if matches!(self.writer, Writer::Binary { .. }) {
            out.extend_from_slice(&[0; 2]);
        }
        let mut row = RowWriter {
            encoder: self,
            out,
            count: 0,
            force: true,
            null: false,
        };
        let done = write(&mut row).and_then(|()| Ok(row.close(start)?));
        if done.is_err() {
            out.truncate(before);
        } else if let Writer::Binary { begun } = &mut self.writer {
            *begun = true;
        }
        done
    }

    /// Appends what ends the data: the trailer of binary data, behind the header if there was no row.
    pub fn finish(self, out: &mut Vec<u8>) {
        if let Writer::Binary { begun } = self.writer {
            if !begun {
                out.extend_from_slice(binary::HEAD);
            }
            out.extend_from_slice(&binary::TRAILER.to_be_bytes());
        }
    }
}

/// The fields of a row that is being written.
#[derive(Debug)]
pub struct RowWriter<'a> {
    encoder: &'a mut Encoder,
    out: &'a mut Vec<u8>,
    count: usize,
    /// `FORCE_QUOTE` holds: it does not for header lines.
    force: bool,
    /// The last field was NULL.
    null: bool,
}

impl RowWriter<'_> {
    /// Whether fields are text or binary values.
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.encoder.options.layout
    }

    /// Appends a field, `None` for NULL.
    ///
    /// # Errors
    ///
    /// As [`Encoder::row`].
    pub fn field(&mut self, field: Option<&[u8]>) -> Result<(), EncodeError> {
        let Some(value) = field else {
            self.null();
            return Ok(());
        };
        let column = self.begin();
        match &self.encoder.writer {
            Writer::Text(escapes) => escapes.write(value, self.out),
            Writer::Csv(quoter) if quoter.is_plain(value, column) => {
                self.out.extend_from_slice(value);
                Ok(())
            }
            Writer::Csv(quoter) => quoter.write(value, self.out),
            Writer::Binary { .. } => {
                self.out.extend_from_slice(&length(value.len())?);
                self.out.extend_from_slice(value);
                Ok(())
            }
        }
    }

    /// Appends NULL.
    pub fn null(&mut self) {
        self.begin();
        self.null = true;
        match &self.encoder.writer {
            Writer::Text(_) | Writer::Csv(_) => {
                self.out
                    .extend_from_slice(self.encoder.options.null_bytes());
            }
            Writer::Binary { .. } => self.out.extend_from_slice(&binary::NULL.to_be_bytes()),
        }
    }

    /// Appends the field that `write` appends: a value without a length, unescaped and unquoted.
    ///
    /// # Errors
    ///
    /// As [`Encoder::row`], and what `write` fails with.
    pub fn field_with<E: From<EncodeError>>(
        &mut self,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        let column = self.begin();
        let Encoder {
            writer, scratch, ..
        } = &mut *self.encoder;
        let start = self.out.len();
        if matches!(writer, Writer::Binary { .. }) {
            self.out.extend_from_slice(&[0; 4]);
            write(self.out)?;
            let prefix = length(self.out.len().saturating_sub(start + 4))?;
            if let Some(place) = self.out.get_mut(start..start + 4) {
                place.copy_from_slice(&prefix);
            }
            return Ok(());
        }
        write(self.out)?;
        let value = self.out.get(start..).unwrap_or_default();
        let is_plain = match writer {
            Writer::Text(escapes) => escapes.is_plain(value),
            Writer::Csv(quoter) => quoter.is_plain(value, column),
            Writer::Binary { .. } => true,
        };
        if is_plain {
            return Ok(());
        }
        scratch.clear();
        scratch.extend_from_slice(value);
        self.out.truncate(start);
        match writer {
            Writer::Text(escapes) => escapes.write(scratch, self.out)?,
            Writer::Csv(quoter) => quoter.write(scratch, self.out)?,
            Writer::Binary { .. } => {}
        }
        Ok(())
    }

    /// Begins a field; its place, if that may force quotes.
    fn begin(&mut self) -> Option<usize> {
        let column = self.count;
        if column > 0 && !matches!(self.encoder.writer, Writer::Binary { .. }) {
            self.out.push(self.encoder.options.delimiter_byte());
        }
        self.count += 1;
        self.null = false;
        self.force.then_some(column)
    }

    fn close(&mut self, start: usize) -> Result<(), EncodeError> {
        match &self.encoder.writer {
            Writer::Binary { .. } => {
                let limit = usize::from(i16::MAX.unsigned_abs());
                let count =
                    i16::try_from(self.count).map_err(|_| EncodeError::TooManyItems { limit })?;
                if let Some(place) = self.out.get_mut(start..start + 2) {
                    place.copy_from_slice(&count.to_be_bytes());
                }
                return Ok(());
            }
            // Alone on its line it would be taken as the end marker, by PostgreSQL up to 17.
            Writer::Csv(quoter)
                if self.count == 1 && !self.null && self.out.get(start..) == Some(b"\\.") =>
            {
                self.out.truncate(start);
                quoter.write(b"\\.", self.out)?;
            }
            Writer::Csv(_) | Writer::Text(_) => {}
        }
        self.out
            .extend_from_slice(self.encoder.options.line_end.bytes());
        Ok(())
    }
}

fn length(length: usize) -> Result<[u8; 4], EncodeError> {
    let limit = usize::try_from(i32::MAX).unwrap_or(usize::MAX);
    i32::try_from(length)
        .map(i32::to_be_bytes)
        .map_err(|_| EncodeError::TooLong { limit })
}
