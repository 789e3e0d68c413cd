//! Composites, written (`record_in`, `record_out`).

use alloc::vec::Vec;

use crate::wire::{self, is_space};
use crate::{Encode, EncodeError, Type};

/// Appends a composite in text, with the fields that `fields` writes; on `Err` nothing is appended.
///
/// In text alone: the binary form needs the OID of each field's type, which for types of one database only that database knows. Types
/// that are written with this say so by [`Encode::format`].
///
/// ```
/// use trunkline_types::composite;
///
/// let mut out = Vec::new();
/// composite::write(&mut out, |fields| {
///     fields.field(&7i32)?;
///     fields.field(&"New York")?;
///     fields.field(&None::<bool>)
/// })?;
/// assert_eq!(out, br#"(7,"New York",)"#);
/// # Ok::<(), trunkline_types::EncodeError>(())
/// ```
///
/// # Errors
///
/// What `fields` fails with.
pub fn write(
    out: &mut Vec<u8>,
    fields: impl FnOnce(&mut Writer<'_>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    wire::whole(out, |out| {
        out.push(b'(');
        fields(&mut Writer { out, begun: false })?;
        out.push(b')');
        Ok(())
    })
}

/// The fields of a composite that is being written.
#[derive(Debug)]
pub struct Writer<'o> {
    out: &'o mut Vec<u8>,
    /// There is a field already.
    begun: bool,
}

impl Writer<'_> {
    /// Appends a field.
    ///
    /// # Errors
    ///
    /// The value has no text.
    pub fn field<T: Encode>(&mut self, value: &T) -> Result<(), EncodeError> {
        if self.begun {
            self.out.push(b',');
        }
        self.begun = true;
        if value.is_null() {
            return Ok(());
        }
        let start = self.out.len();
        value.encode_text(Type::UNSPECIFIED, self.out)?;
        let text = self.out.get(start..).unwrap_or_default();
        let needs_quotes = text.is_empty()
            || text
                .iter()
                .any(|b| matches!(b, b'"' | b'\\' | b'(' | b')' | b',') || is_space(*b));
        if needs_quotes {
            wire::quote(self.out, start, |b| b);
        }
        Ok(())
    }
}
