//! The fields of a composite, one after the other (`record_out`, `record_send`).

use alloc::vec::Vec;

use crate::error::Fault;
use crate::wire::{self, trim};
use crate::{DecodeError, DecodeOwned, Format, Oid, Type};

/// Reads a composite field by field. A field is owned, since in text its bytes may have been escaped.
#[derive(Debug)]
pub struct Reader<'a> {
    ty: Type,
    raw: &'a [u8],
    rest: Rest<'a>,
    /// Of the field that was read last, from 1.
    number: usize,
}

#[derive(Debug)]
enum Rest<'a> {
    /// What stands after the opening parenthesis or the last comma; after the closing parenthesis if there is no more field.
    Text {
        rest: &'a [u8],
        more: bool,
        /// A field was read: without one, `()` has none.
        begun: bool,
        scratch: Vec<u8>,
    },
    Binary {
        rest: &'a [u8],
        count: usize,
    },
}

impl<'a> Reader<'a> {
    /// Begins to read a value of `ty`.
    ///
    /// # Errors
    ///
    /// It is not one: 22P02 in text, 08P01 or 22P03 in binary.
    pub fn new(ty: Type, format: Format, raw: &'a [u8]) -> Result<Self, DecodeError> {
        let rest = match format {
            Format::Text => {
                let rest = trim(raw)
                    .strip_prefix(b"(")
                    .ok_or_else(|| DecodeError::text(ty, Fault::Record, raw))?;
                Rest::Text {
                    rest,
                    more: true,
                    begun: false,
                    scratch: Vec::new(),
                }
            }
            Format::Binary => {
                let mut rest = raw;
                let count = i32::from_be_bytes(wire::take(ty, &mut rest)?);
                let count = usize::try_from(count).map_err(|_| {
                    DecodeError::new(ty, Fault::Invalid("invalid number of columns"))
                })?;
                Rest::Binary { rest, count }
            }
        };
        Ok(Self {
            ty,
            raw,
            rest,
            number: 0,
        })
    }

    /// The next field.
    ///
    /// # Errors
    ///
    /// There is none (42804), it is not of a type that `T` is read from (42804; in binary only, which says it), or it is not a value
    /// of its type.
    pub fn field<T: DecodeOwned>(&mut self) -> Result<T, DecodeError> {
        let ty = self.ty;
        self.number += 1;
        let number = self.number;
        match &mut self.rest {
            Rest::Text { more: false, .. } => Err(DecodeError::text(ty, Fault::Fields, self.raw)),
            Rest::Text {
                rest,
                more,
                begun,
                scratch,
            } => {
                *begun = true;
                let value = text_field(rest, more, scratch)
                    .map_err(|fault| DecodeError::text(ty, fault, self.raw))?;
                match value {
                    None => T::from_null(Type::UNSPECIFIED),
                    Some(value) => T::from_text(Type::UNSPECIFIED, value),
                }
                .map_err(|error| error.in_field(number))
            }
            Rest::Binary { rest, count } => {
                *count = count
                    .checked_sub(1)
                    .ok_or_else(|| DecodeError::new(ty, Fault::Fields))?;
                let found = Type::from_oid(Oid(u32::from_be_bytes(wire::take(ty, rest)?)));
                let value = binary_field(ty, rest)?;
                if !T::accepts(found) {
                    return Err(DecodeError::new(found, Fault::Mismatch).in_field(number));
                }
                match value {
                    None => T::from_null(found),
                    Some(value) => T::from_binary(found, value),
                }
                .map_err(|error| error.in_field(number))
            }
        }
    }

    /// Makes sure that there are no more fields.
    ///
    /// # Errors
    ///
    /// There are (42804), or something follows (22P02, 22P03).
    pub fn finish(self) -> Result<(), DecodeError> {
        match self.rest {
            Rest::Text {
                rest: b")",
                begun: false,
                ..
            }
            | Rest::Text {
                rest: [],
                more: false,
                ..
            } => Ok(()),
            Rest::Text { more: true, .. } => {
                Err(DecodeError::text(self.ty, Fault::Fields, self.raw))
            }
            Rest::Text { .. } => Err(DecodeError::text(self.ty, Fault::Record, self.raw)),
            Rest::Binary { count: 0, rest: [] } => Ok(()),
            Rest::Binary { count: 0, .. } => Err(DecodeError::new(self.ty, Fault::Malformed)),
            Rest::Binary { .. } => Err(DecodeError::new(self.ty, Fault::Fields)),
        }
    }
}

/// A value behind its length; `None` is NULL.
fn binary_field<'a>(ty: Type, rest: &mut &'a [u8]) -> Result<Option<&'a [u8]>, DecodeError> {
    let length = i32::from_be_bytes(wire::take(ty, rest)?);
    if length == -1 {
        return Ok(None);
    }
    let split = usize::try_from(length)
        .ok()
        .and_then(|length| rest.split_at_checked(length));
    let (value, behind) = split
        .ok_or_else(|| DecodeError::new(ty, Fault::Invalid("insufficient data left in message")))?;
    *rest = behind;
    Ok(Some(value))
}

/// A field and the comma or parenthesis behind it; `None` is NULL. Quotes may begin and end anywhere in a field, `""` within them is
/// one, and a backslash takes the next byte as it is.
fn text_field<'s, 'a: 's>(
    rest: &mut &'a [u8],
    more: &mut bool,
    scratch: &'s mut Vec<u8>,
) -> Result<Option<&'s [u8]>, Fault> {
    let mut at = 0;
    let mut quoted = false;
    let mut is_plain = true;
    loop {
        match rest.get(at).ok_or(Fault::Record)? {
            b'"' => {
                quoted = !quoted;
                is_plain = false;
            }
            b'\\' => {
                at += 1;
                is_plain = false;
            }
            b',' | b')' if !quoted => break,
            _ => {}
        }
        at += 1;
    }
    let (field, behind) = rest.split_at_checked(at).ok_or(Fault::Record)?;
    let (end, behind) = behind.split_first().ok_or(Fault::Record)?;
    *rest = behind;
    *more = *end == b',';
    if field.is_empty() {
        return Ok(None);
    }
    if is_plain {
        return Ok(Some(field));
    }
    scratch.clear();
    let mut bytes = field.iter();
    let mut quoted = false;
    while let Some(b) = bytes.next() {
        match b {
            b'"' if quoted && bytes.as_slice().first() == Some(&b'"') => {
                bytes.next();
                scratch.push(b'"');
            }
            b'"' => quoted = !quoted,
            b'\\' => scratch.extend(bytes.next()),
            b => scratch.push(*b),
        }
    }
    Ok(Some(scratch))
}
