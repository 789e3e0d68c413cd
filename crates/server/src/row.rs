//! Rows: what [`Reply::row`](crate::Reply::row) takes.

use trunkline_proto::Format;
use trunkline_types::{Encode, EncodeRow, Type};

use crate::{Error, Result};

/// A row of values: a tuple of up to 16 values of different types, or an array, slice or vector of one type (an engine
/// whose columns are only known at run time implements [`Encode`] for an enum of its own and sends a vector of it).
///
/// A value is encoded straight into the output, in the format that the client asked for; it need not outlive the call.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a row",
    label = "not a tuple of values that PostgreSQL types can carry",
    note = "a row of one column is a tuple with a comma: `(value,)`",
    note = "each value must implement `Encode`: integers, floats, `&str`, `String`, `bool`, `Option<_>`, …"
)]
pub trait Row {
    /// Whether rows of this Rust type fit columns of these types: called once a result.
    ///
    /// # Errors
    ///
    /// The number of the first column (from 0) that does not fit; the number of columns if that is wrong.
    fn check(types: &[Type]) -> Result<(), usize>
    where
        Self: Sized;

    /// Appends every value in text, each behind its length.
    ///
    /// # Errors
    ///
    /// A value out of its type's range, or a row of the wrong length.
    fn text(&self, types: &[Type], output: &mut Vec<u8>) -> Result<()>;

    /// Appends every value in binary, each behind its length.
    ///
    /// # Errors
    ///
    /// As [`text`](Self::text).
    fn binary(&self, types: &[Type], output: &mut Vec<u8>) -> Result<()>;

    /// Appends every value in the format of its column.
    ///
    /// # Errors
    ///
    /// As [`text`](Self::text).
    fn mixed(&self, types: &[Type], formats: &[Format], output: &mut Vec<u8>) -> Result<()>;
}

/// The complaint about a row that is not of its result's shape: the server's own mistake, so XX000.
#[cold]
pub(crate) fn misfit(types: &[Type], column: usize) -> Error {
    match types.get(column) {
        Some(ty) => Error::internal(format!(
            "the value of column {} of the row cannot be sent as {}",
            column + 1,
            ty.name()
        )),
        None => Error::internal(format!(
            "the row has not the {} columns that were announced",
            types.len()
        )),
    }
}

#[cold]
fn wrong_length(types: &[Type]) -> Error {
    misfit(types, types.len())
}

#[inline]
fn field<T: Encode>(value: &T, ty: Type, format: Format, output: &mut Vec<u8>) -> Result<()> {
    match format {
        Format::Text => value.field_text(ty, output)?,
        Format::Binary => value.field_binary(ty, output)?,
    }
    Ok(())
}

macro_rules! tuples {
    ($($len:literal: $($name:ident $index:tt)*;)*) => {$(
        impl<$($name: Encode),*> Row for ($($name,)*) {
            fn check(types: &[Type]) -> Result<(), usize> {
                <Self as EncodeRow>::check(types)
            }

            #[inline]
            fn text(&self, types: &[Type], output: &mut Vec<u8>) -> Result<()> {
                let Some(types) = types.first_chunk::<$len>() else {
                    return Err(wrong_length(types));
                };
                let _ = (types, &output);
                $(self.$index.field_text(types[$index], output)?;)*
                Ok(())
            }

            #[inline]
            fn binary(&self, types: &[Type], output: &mut Vec<u8>) -> Result<()> {
                let Some(types) = types.first_chunk::<$len>() else {
                    return Err(wrong_length(types));
                };
                let _ = (types, &output);
                $(self.$index.field_binary(types[$index], output)?;)*
                Ok(())
            }

            fn mixed(
                &self,
                types: &[Type],
                formats: &[Format],
                output: &mut Vec<u8>,
            ) -> Result<()> {
                let (Some(types), Some(formats)) =
                    (types.first_chunk::<$len>(), formats.first_chunk::<$len>())
                else {
                    return Err(wrong_length(types));
                };
                let _ = (types, formats, &output);
                $(field(&self.$index, types[$index], formats[$index], output)?;)*
                Ok(())
            }
        }
    )*};
}

tuples! {
    0: ;
    1: A 0;
    2: A 0 B 1;
    3: A 0 B 1 C 2;
    4: A 0 B 1 C 2 D 3;
    5: A 0 B 1 C 2 D 3 E 4;
    6: A 0 B 1 C 2 D 3 E 4 F 5;
    7: A 0 B 1 C 2 D 3 E 4 F 5 G 6;
    8: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7;
    9: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8;
    10: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9;
    11: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10;
    12: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11;
    13: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12;
    14: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13;
    15: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13 O 14;
    16: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13 O 14 P 15;
}

/// Rows of one Rust type: the columns are as many as there are values.
macro_rules! slices {
    ($(<$($param:ident $(: $bound:path)?),* $(; const $n:ident)?> $row:ty;)*) => {$(
        impl<$($param $(: $bound)?,)* $(const $n: usize)?> Row for $row {
            fn check(types: &[Type]) -> Result<(), usize> {
                <Self as EncodeRow>::check(types)
            }

            fn text(&self, types: &[Type], output: &mut Vec<u8>) -> Result<()> {
                let row: &[T] = self.as_ref();
                if row.len() != types.len() {
                    return Err(wrong_length(types));
                }
                for (value, ty) in row.iter().zip(types) {
                    value.field_text(*ty, output)?;
                }
                Ok(())
            }

            fn binary(&self, types: &[Type], output: &mut Vec<u8>) -> Result<()> {
                let row: &[T] = self.as_ref();
                if row.len() != types.len() {
                    return Err(wrong_length(types));
                }
                for (value, ty) in row.iter().zip(types) {
                    value.field_binary(*ty, output)?;
                }
                Ok(())
            }

            fn mixed(
                &self,
                types: &[Type],
                formats: &[Format],
                output: &mut Vec<u8>,
            ) -> Result<()> {
                let row: &[T] = self.as_ref();
                if row.len() != types.len() {
                    return Err(wrong_length(types));
                }
                row.iter()
                    .zip(types)
                    .zip(formats)
                    .try_for_each(|((value, ty), format)| field(value, *ty, *format, output))
            }
        }
    )*};
}

slices! {
    <T: Encode> Vec<T>;
    <T: Encode> &[T];
    <T: Encode> Box<[T]>;
    <T: Encode; const N> [T; N];
}
