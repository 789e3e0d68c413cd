//! Typed rows into COPY data.

use alloc::string::String;
use alloc::vec::Vec;

use trunkline_proto::copy::{self, Options};

use super::error::Error;
use super::row::Fields;
use crate::row::Check;
use crate::{EncodeRow, Type};

/// Appends typed rows to the caller's buffer as COPY data.
#[derive(Debug)]
pub struct Encoder {
    encoder: copy::Encoder,
    names: Vec<String>,
    types: Vec<Type>,
    /// The header line was written, if there is one.
    begun: bool,
    /// The check that the last row's Rust type has passed.
    checked: Option<Check>,
}

impl Encoder {
    /// An encoder of rows of these columns.
    ///
    /// # Errors
    ///
    /// Options that do not go together: 22023, 0A000 or 42601.
    pub fn new<N: Into<String>>(
        options: Options,
        columns: impl IntoIterator<Item = (N, Type)>,
    ) -> Result<Self, Error> {
        let (names, types) = super::unzip(columns);
        Ok(Self {
            encoder: copy::Encoder::new(options)?,
            names,
            types,
            begun: false,
            checked: None,
        })
    }

    /// Appends the header line, if the options ask for one. The first row brings it along otherwise.
    ///
    /// # Errors
    ///
    /// A name holds a NUL (22021).
    pub fn header(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        if !self.begun {
            self.encoder.header(&self.names, out)?;
            self.begun = true;
        }
        Ok(())
    }

    /// Appends a row.
    ///
    /// # Errors
    ///
    /// 42804 if the Rust type does not go with the columns; a value without a form in its column's type. Nothing of the row was
    /// appended.
    #[inline]
    pub fn row<R: EncodeRow>(&mut self, row: &R, out: &mut Vec<u8>) -> Result<(), Error> {
        let check: Check = R::check;
        if !self
            .checked
            .is_some_and(|checked| core::ptr::fn_addr_eq(checked, check))
        {
            check(&self.types).map_err(|column| Error::misfit(&self.names, &self.types, column))?;
            self.checked = Some(check);
        }
        if !self.begun {
            self.header(out)?;
        }
        let types = &self.types;
        self.encoder
            .row_with(out, |out| row.encode_row(types, &mut Fields(out)))
    }

    /// Appends what ends the data.
    ///
    /// # Errors
    ///
    /// As [`header`](Self::header), if there was no row.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        self.header(out)?;
        self.encoder.finish(out);
        Ok(())
    }
}
