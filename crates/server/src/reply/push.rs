//! How a row, or a piece of COPY data, becomes a message in the output.

use trunkline_proto::SqlState;

use super::sending::suspended;
use super::{Check, Reply, Sending};
use crate::column::Columns;
use crate::formats::Formats;
use crate::held;
use crate::row::{self, Row};
use crate::wire::Wire;
use crate::{Error, Result};

impl Reply {
    #[inline]
    pub(super) fn push<R: Row>(&mut self, row: &R) -> Result<()> {
        if !self
            .checked
            .is_some_and(|check| std::ptr::fn_addr_eq(check, R::check as Check))
        {
            self.begin_rows(R::check)?;
        }
        let Some(wire) = self.wire.as_deref_mut() else {
            return Err(suspended());
        };
        let types = self.columns.types();
        let start = wire.begin_message();
        let output = &mut wire.output;
        // begin_rows saw to it that the count fits.
        #[allow(clippy::cast_possible_truncation, reason = "checked once a result")]
        let [high, low] = (types.len() as u16).to_be_bytes();
        output.extend_from_slice(&[b'D', 0, 0, 0, 0, high, low]);
        let encoded = match &self.formats {
            Formats::Text => row.text(types, output),
            Formats::Binary => row.binary(types, output),
            Formats::Mixed(formats) => row.mixed(types, formats, output),
            Formats::Both => held::keep(row, types, output),
        };
        if let Err(error) = encoded {
            wire.drop_torn();
            return Err(error);
        }
        if let Err(error) = seal(output, start, wire.row_limit) {
            wire.drop_torn();
            return Err(error);
        }
        wire.end_message();
        self.left -= 1;
        if self.left == 0 {
            self.checked = None;
        }
        Ok(())
    }

    /// Sends a piece of COPY data that `write` appends.
    pub(crate) fn copy_data(
        &mut self,
        write: impl FnOnce(&mut Vec<u8>) -> Result<()>,
    ) -> Sending<'_> {
        let outcome = self.push_copy_data(write);
        self.sending(outcome)
    }

    fn push_copy_data(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Result<()>) -> Result<()> {
        let wire = self.wire();
        if !wire.machine.allows_copy_data() {
            return Err(Error::internal("no COPY data is due at this point"));
        }
        wire.ensure_buffer();
        let start = wire.begin_message();
        wire.output.extend_from_slice(b"d\0\0\0\0");
        if let Err(error) = write(&mut wire.output) {
            wire.drop_torn();
            return Err(error);
        }
        if let Err(error) = seal(&mut wire.output, start, wire.row_limit) {
            wire.drop_torn();
            return Err(error);
        }
        wire.end_message();
        Ok(())
    }

    /// Before the first row of a result, and of each Execute, and whenever the Rust type of the rows changes.
    #[cold]
    fn begin_rows(&mut self, check: Check) -> Result<()> {
        self.regain();
        if self.left == 0 {
            return Err(suspended());
        }
        let Some(wire) = self.wire.as_deref_mut() else {
            return Err(suspended());
        };
        if !self.columns.returns_rows() {
            return Err(Error::internal(
                "a row was sent for a statement that was prepared without columns",
            ));
        }
        let types = self.columns.types();
        check(types).map_err(|column| row::misfit(types, column))?;
        wire.ensure_buffer();
        if self.describe {
            describe(wire, &self.columns, &Formats::Text)?;
            self.describe = false;
        }
        if !wire.machine.allows_rows() && !wire.is_diverted() {
            return Err(Error::internal("no rows are due at this point"));
        }
        self.checked = Some(check);
        Ok(())
    }
}

/// RowDescription.
pub(crate) fn describe(wire: &mut Wire, columns: &Columns, formats: &Formats) -> Result<()> {
    wire.answer(|machine, output| match columns.description() {
        Some(description) if *formats == Formats::Text => machine.described(description, output),
        _ => {
            let fields = columns
                .as_slice()
                .iter()
                .enumerate()
                .map(|(index, column)| column.field(formats.of(index)));
            machine.row_description(fields, output)
        }
    })
}

/// Writes the length of the message that begins at `start`, unless it is over the limit: PostgreSQL's is what frontends
/// are prepared for.
#[inline]
pub(crate) fn seal(output: &mut [u8], start: usize, limit: u32) -> Result<()> {
    let length = u32::try_from(output.len() - start - 1).unwrap_or(u32::MAX);
    if length > limit || length > i32::MAX.unsigned_abs() {
        return Err(too_large(limit));
    }
    if let Some(place) = output.get_mut(start + 1..start + 5) {
        place.copy_from_slice(&length.to_be_bytes());
    }
    Ok(())
}

#[cold]
fn too_large(limit: u32) -> Error {
    Error::new(
        SqlState::PROGRAM_LIMIT_EXCEEDED,
        format!("a row or a piece of COPY data is larger than {limit} bytes"),
    )
}
