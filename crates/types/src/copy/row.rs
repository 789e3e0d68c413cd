//! What a row is in Rust: a tuple, or a list of one type.

use alloc::boxed::Box;
use alloc::vec::Vec;

use trunkline_proto::copy::{Layout, Row, RowWriter};

use super::error::Error;
use crate::{Decode, DecodeError, Encode, Type};

/// A row that can be written: a tuple of up to 16 values, or an array, slice or vector of values of one type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a row that COPY can write",
    note = "a row of one column is a tuple with a comma: `(value,)`",
    note = "each value must implement `Encode`: integers, floats, `&str`, `String`, `bool`, `Option<_>`, …"
)]
pub trait EncodeRow {
    /// Whether rows of this Rust type fit columns of these types: called once, not once a row.
    ///
    /// # Errors
    ///
    /// The place of the first column, from 0, that does not fit; the number of columns if that is wrong.
    fn check(types: &[Type]) -> Result<(), usize>
    where
        Self: Sized;

    /// Puts the values down.
    ///
    /// # Errors
    ///
    /// A value has no form in its column's type, or there are not as many as there are columns.
    fn encode_row(&self, types: &[Type], row: &mut RowWriter<'_>) -> Result<(), Error>;
}

/// A row that can be read: a tuple of up to 16 values, or a vector of values of one type. `'a` is the lifetime of the row's bytes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a row that COPY can read",
    note = "a row of one column is a tuple with a comma: `(value,)`",
    note = "each value must implement `Decode`: integers, floats, `&str`, `String`, `bool`, `Option<_>`, …"
)]
pub trait DecodeRow<'a>: Sized {
    /// Whether rows of columns of these types can be read as this Rust type: called once, not once a row.
    ///
    /// # Errors
    ///
    /// The place of the first column, from 0, that does not fit; the number of columns if that is wrong.
    fn check(types: &[Type]) -> Result<(), usize>;

    /// Reads the values of a row that has all its columns.
    ///
    /// # Errors
    ///
    /// The place of the column, from 0, whose value is at fault, and the fault.
    fn decode_row(
        types: &[Type],
        layout: Layout,
        row: Row<'a>,
    ) -> Result<Self, (usize, DecodeError)>;
}

/// A row type's `check`.
pub(super) type Check = fn(&[Type]) -> Result<(), usize>;

#[inline]
fn write<T: Encode>(value: &T, ty: Type, row: &mut RowWriter<'_>) -> Result<(), Error> {
    if value.is_null() {
        row.null();
        return Ok(());
    }
    match row.layout() {
        Layout::Text | Layout::Csv => row.field_with(|out| Ok(value.encode_text(ty, out)?)),
        Layout::Binary => row.field_with(|out| Ok(value.encode_binary(ty, out)?)),
    }
}

#[inline]
fn read<'a, T: Decode<'a>>(
    types: &[Type],
    layout: Layout,
    row: Row<'a>,
    column: usize,
) -> Result<T, (usize, DecodeError)> {
    let ty = types.get(column).copied().unwrap_or(Type::UNSPECIFIED);
    let value = match (row.get(column).flatten(), layout) {
        (None, _) => T::from_null(ty),
        (Some(raw), Layout::Text | Layout::Csv) => T::from_text(ty, raw),
        (Some(raw), Layout::Binary) => T::from_binary(ty, raw),
    };
    value.map_err(|error| (column, error))
}

macro_rules! tuples {
    ($($len:literal: $($name:ident $index:tt)*;)*) => {$(
        impl<$($name: Encode),*> EncodeRow for ($($name,)*) {
            fn check(types: &[Type]) -> Result<(), usize> {
                if types.len() != $len {
                    return Err(types.len());
                }
                $(
                    if !types.get($index).is_some_and(|ty| $name::accepts(*ty)) {
                        return Err($index);
                    }
                )*
                Ok(())
            }

            #[inline]
            fn encode_row(&self, types: &[Type], row: &mut RowWriter<'_>) -> Result<(), Error> {
                let Some(types) = types.first_chunk::<$len>() else {
                    return Err(Error::width(types.len()));
                };
                let _ = (types, &row);
                $(write(&self.$index, types[$index], row)?;)*
                Ok(())
            }
        }

        impl<'a, $($name: Decode<'a>),*> DecodeRow<'a> for ($($name,)*) {
            fn check(types: &[Type]) -> Result<(), usize> {
                if types.len() != $len {
                    return Err(types.len());
                }
                $(
                    if !types.get($index).is_some_and(|ty| $name::accepts(*ty)) {
                        return Err($index);
                    }
                )*
                Ok(())
            }

            #[inline]
            #[allow(clippy::unused_unit, reason = "a row of a table without columns is the unit")]
            fn decode_row(
                types: &[Type],
                layout: Layout,
                row: Row<'a>,
            ) -> Result<Self, (usize, DecodeError)> {
                let _ = (types, layout, row);
                Ok(($(read::<$name>(types, layout, row, $index)?,)*))
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
macro_rules! lists {
    ($(<T $(; const $n:ident)?> $row:ty;)*) => {$(
        impl<T: Encode $(, const $n: usize)?> EncodeRow for $row {
            fn check(types: &[Type]) -> Result<(), usize> {
                match types.iter().position(|ty| !T::accepts(*ty)) {
                    Some(column) => Err(column),
                    None => Ok(()),
                }
            }

            fn encode_row(&self, types: &[Type], row: &mut RowWriter<'_>) -> Result<(), Error> {
                let values: &[T] = self.as_ref();
                if values.len() != types.len() {
                    return Err(Error::width(types.len()));
                }
                values
                    .iter()
                    .zip(types)
                    .try_for_each(|(value, ty)| write(value, *ty, row))
            }
        }
    )*};
}

lists! {
    <T> Vec<T>;
    <T> &[T];
    <T> Box<[T]>;
    <T; const N> [T; N];
}

impl<'a, T: Decode<'a>> DecodeRow<'a> for Vec<T> {
    fn check(types: &[Type]) -> Result<(), usize> {
        match types.iter().position(|ty| !T::accepts(*ty)) {
            Some(column) => Err(column),
            None => Ok(()),
        }
    }

    fn decode_row(
        types: &[Type],
        layout: Layout,
        row: Row<'a>,
    ) -> Result<Self, (usize, DecodeError)> {
        (0..types.len())
            .map(|column| read(types, layout, row, column))
            .collect()
    }
}
