//! Rows that are kept for later, in both formats, since the client may ask for either.

use trunkline_proto::Format;
use trunkline_types::Type;

use crate::row::{self, Row};
use crate::{Error, Result};

/// A row as it was kept: its values in text, and in binary, each behind its length as in DataRow.
#[derive(Clone, Copy)]
pub(crate) struct Held<'a> {
    text: &'a [u8],
    /// Empty if some value has no binary form.
    binary: &'a [u8],
}

/// Appends the values of a row in the way that they are kept.
///
/// # Errors
///
/// As [`Row::text`].
pub(crate) fn keep<R: Row>(row: &R, types: &[Type], output: &mut Vec<u8>) -> Result<()> {
    let start = output.len();
    output.extend_from_slice(&[0; 4]);
    row.text(types, output)?;
    let end = output.len();
    let length = u32::try_from(end - start - 4).map_err(Error::internal)?;
    if let Some(place) = output.get_mut(start..start + 4) {
        place.copy_from_slice(&length.to_be_bytes());
    }
    // That a type has no binary form matters only if the client asks for it.
    if row.binary(types, output).is_err() {
        output.truncate(end);
    }
    Ok(())
}

impl<'a> Held<'a> {
    /// Takes the next row off what was kept: messages like DataRow, with the values as [`keep`] writes them.
    pub(crate) fn next(rest: &mut &'a [u8]) -> Option<Self> {
        let (_tag, after) = rest.split_first()?;
        let length = usize::try_from(u32::from_be_bytes(*after.first_chunk()?)).ok()?;
        let mut body = after.get(4..length)?;
        *rest = after.get(length..)?;
        // The number of columns.
        body = body.get(2..)?;
        let (text, values) = body.split_first_chunk()?;
        let text = usize::try_from(u32::from_be_bytes(*text)).ok()?;
        let (text, binary) = values.split_at_checked(text)?;
        Some(Self { text, binary })
    }

    fn in_binary(&self, types: &[Type]) -> Result<&'a [u8]> {
        if self.binary.is_empty() && !types.is_empty() {
            return Err(Error::unsupported(
                "a value that a cursor WITH HOLD has kept has no binary form",
            )
            .hint("Ask for the result in text."));
        }
        Ok(self.binary)
    }
}

impl Row for Held<'_> {
    fn check(_: &[Type]) -> Result<(), usize> {
        Ok(())
    }

    fn text(&self, _: &[Type], output: &mut Vec<u8>) -> Result<()> {
        output.extend_from_slice(self.text);
        Ok(())
    }

    fn binary(&self, types: &[Type], output: &mut Vec<u8>) -> Result<()> {
        output.extend_from_slice(self.in_binary(types)?);
        Ok(())
    }

    fn mixed(&self, types: &[Type], formats: &[Format], output: &mut Vec<u8>) -> Result<()> {
        let (mut text, mut binary) = (self.text, self.in_binary(types)?);
        for column in 0..types.len() {
            let misfit = || row::misfit(types, column);
            let in_text = field(&mut text).ok_or_else(misfit)?;
            let in_binary = field(&mut binary).ok_or_else(misfit)?;
            output.extend_from_slice(match formats.get(column) {
                Some(Format::Binary) => in_binary,
                _ => in_text,
            });
        }
        Ok(())
    }
}

/// Takes a value off, with its length.
fn field<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = i32::from_be_bytes(*rest.first_chunk()?);
    // NULL has no bytes.
    let (field, after) = rest.split_at_checked(4 + usize::try_from(length).unwrap_or(0))?;
    *rest = after;
    Some(field)
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a panic is the failure report of a test"
    )]

    use trunkline_proto::SqlState;

    use super::*;

    #[test]
    fn a_row_comes_back_in_any_format() {
        let types = [Type::INT4, Type::TEXT, Type::BOOL, Type::INT8];
        let row = (-7, Some("text"), None::<bool>, 1_i64);
        let mut kept = Vec::new();
        for _ in 0..2 {
            let start = kept.len();
            kept.extend_from_slice(b"D\0\0\0\0\0\x04");
            keep(&row, &types, &mut kept).unwrap();
            crate::reply::seal(&mut kept, start, u32::MAX).unwrap();
        }
        let mut rest = &kept[..];
        for _ in 0..2 {
            let held = Held::next(&mut rest).unwrap();
            let (mut one, mut other) = (Vec::new(), Vec::new());
            row.text(&types, &mut one).unwrap();
            held.text(&types, &mut other).unwrap();
            assert_eq!(one, other);
            one.clear();
            other.clear();
            row.binary(&types, &mut one).unwrap();
            held.binary(&types, &mut other).unwrap();
            assert_eq!(one, other);
            one.clear();
            other.clear();
            let formats = [Format::Binary, Format::Text, Format::Binary, Format::Text];
            row.mixed(&types, &formats, &mut one).unwrap();
            held.mixed(&types, &formats, &mut other).unwrap();
            assert_eq!(one, other);
        }
        assert!(rest.is_empty() && Held::next(&mut rest).is_none());
    }

    #[test]
    fn what_has_no_binary_form_is_kept_in_text() {
        struct Bare;
        impl trunkline_types::Encode for Bare {
            fn accepts(_: Type) -> bool {
                true
            }
            fn encode_text(
                &self,
                _: Type,
                out: &mut Vec<u8>,
            ) -> Result<(), trunkline_types::EncodeError> {
                out.extend_from_slice(b"bare");
                Ok(())
            }
            fn encode_binary(
                &self,
                ty: Type,
                _: &mut Vec<u8>,
            ) -> Result<(), trunkline_types::EncodeError> {
                Err(trunkline_types::EncodeError::Mismatch(ty))
            }
        }
        let mut kept = b"D\0\0\0\0\0\x01".to_vec();
        let types = [Type::TEXT];
        keep(&(Bare,), &types, &mut kept).unwrap();
        crate::reply::seal(&mut kept, 0, u32::MAX).unwrap();
        let held = Held::next(&mut &kept[..]).unwrap();
        let mut out = Vec::new();
        held.text(&types, &mut out).unwrap();
        assert_eq!(out, b"\0\0\0\x04bare");
        let error = held.binary(&types, &mut out).unwrap_err();
        assert_eq!(error.sqlstate(), SqlState::FEATURE_NOT_SUPPORTED);
    }
}
