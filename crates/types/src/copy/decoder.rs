//! Typed rows out of COPY data.

use alloc::string::String;
use alloc::vec::Vec;

use trunkline_proto::copy::{self, Context, Layout, Options, Row};

use super::error::Error;
use super::row::Read;
use crate::row::Check;
use crate::{DecodeRow, Type};

/// Takes COPY data in pieces of any size, and gives typed rows.
#[derive(Debug)]
pub struct Decoder {
    decoder: copy::Decoder,
    layout: Layout,
    names: Vec<String>,
    types: Vec<Type>,
    /// The check that the last row's Rust type has passed.
    checked: Option<Check>,
}

impl Decoder {
    /// A decoder of rows of these columns.
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
            layout: options.layout(),
            decoder: copy::Decoder::new(options, types.len())?,
            names,
            types,
            checked: None,
        })
    }

    /// The next row; `input` is moved behind what was read. `Ok(None)`: all of it was taken, and more is needed.
    ///
    /// # Errors
    ///
    /// As [`copy::Decoder::decode`]; 22P04 for a row that ends early; 42804 if the Rust type does not go with the columns, in
    /// which case nothing was read; and as the columns' types say of their values.
    #[inline]
    pub fn decode<'d, 'i: 'd, R: DecodeRow<'d>>(
        &'d mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<R>, Error> {
        self.check::<R>()?;
        match self.decoder.decode(input)? {
            Some(row) => typed(&self.names, &self.types, self.layout, row).map(Some),
            None => Ok(None),
        }
    }

    /// The row that has no line end, once the data has ended; `None` if there is none.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode), and 22P04 for data that ends inside a row or header.
    pub fn finish<'d, R: DecodeRow<'d>>(&'d mut self) -> Result<Option<R>, Error> {
        self.check::<R>()?;
        match self.decoder.finish()? {
            Some(row) => typed(&self.names, &self.types, self.layout, row).map(Some),
            None => Ok(None),
        }
    }

    /// As [`copy::Decoder::context`].
    #[must_use]
    pub fn context<'a>(&self, table: &'a str) -> Option<Context<'a>> {
        self.decoder.context(table)
    }

    #[inline]
    fn check<'d, R: DecodeRow<'d>>(&mut self) -> Result<(), Error> {
        let check: Check = R::check;
        if !self
            .checked
            .is_some_and(|checked| core::ptr::fn_addr_eq(checked, check))
        {
            check(&self.types).map_err(|column| Error::misfit(&self.names, &self.types, column))?;
            self.checked = Some(check);
        }
        Ok(())
    }
}

#[inline]
fn typed<'d, R: DecodeRow<'d>>(
    names: &[String],
    types: &[Type],
    layout: Layout,
    row: Row<'d>,
) -> Result<R, Error> {
    if row.len() < types.len() {
        return Err(Error::missing(names, row));
    }
    R::decode_row(types, &mut Read { layout, row })
        .map_err(|(column, error)| Error::value(error, column, row))
}
