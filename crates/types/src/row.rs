//! What a row is in Rust: a tuple, or a list of one type. COPY, parameters and results all read and write these.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::any::type_name;

use crate::{Decode, DecodeError, Encode, Type};

/// A row that can be written: a tuple of up to 16 values, an array, slice or vector of values of one type, or a struct with
/// `#[derive(EncodeRow)]` (feature `derive`).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a row of values that PostgreSQL knows",
    note = "a row of one column is a tuple with a comma: `(value,)`",
    note = "each value must implement `Encode`: integers, floats, `&str`, `String`, `bool`, `Option<_>`, …"
)]
pub trait EncodeRow {
    /// Whether rows of this Rust type fit columns of these types: called once, not once a row.
    ///
    /// # Errors
    ///
    /// The place of the first column, from 0, that does not fit; the number of columns if that is wrong.
    fn check(types: &[Type]) -> Result<(), usize>;

    /// How many values it has.
    fn width(&self) -> usize;

    /// The Rust type of the value at `column`, from 0, for messages.
    fn rust_type(&self, column: usize) -> &'static str;

    /// Puts the values down, in their order.
    ///
    /// # Errors
    ///
    /// What the sink says of a value, or of a row that has not as many as there are types.
    fn encode_row<S: Sink>(&self, types: &[Type], sink: &mut S) -> Result<(), S::Error>;
}

/// Where the values of a row go.
pub trait Sink {
    /// What can go wrong with a value.
    type Error;

    /// Takes the next value.
    ///
    /// # Errors
    ///
    /// Mostly that it has no form in this type.
    fn value<T: Encode>(&mut self, value: &T, ty: Type) -> Result<(), Self::Error>;

    /// The complaint about a row that has not the `columns` values that it should.
    fn misfit(&mut self, columns: usize) -> Self::Error;
}

/// A row that can be read: a tuple of up to 16 values, or a vector of values of one type. `'a` is the lifetime of the row's bytes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a row of values that PostgreSQL knows",
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

    /// The Rust type that the value of `column`, from 0, is read as, for messages.
    fn rust_type(column: usize) -> &'static str;

    /// Reads the values of a row that has all its columns.
    ///
    /// # Errors
    ///
    /// The place of the column, from 0, whose value is at fault, and the fault.
    fn decode_row<S: Source<'a>>(
        types: &[Type],
        source: &mut S,
    ) -> Result<Self, (usize, DecodeError)>;
}

/// Where the values of a row come from.
pub trait Source<'a> {
    /// Reads the next value, which is that of `column`. A value that is not there is NULL.
    ///
    /// # Errors
    ///
    /// The value is not one of `ty`, or is NULL where `T` cannot be.
    fn value<T: Decode<'a>>(&mut self, column: usize, ty: Type) -> Result<T, DecodeError>;
}

/// The `check` of a row type.
pub(crate) type Check = fn(&[Type]) -> Result<(), usize>;

#[inline(always)]
fn read<'a, T: Decode<'a>, S: Source<'a>>(
    types: &[Type],
    source: &mut S,
    column: usize,
) -> Result<T, (usize, DecodeError)> {
    let ty = types.get(column).copied().unwrap_or(Type::UNSPECIFIED);
    source.value(column, ty).map_err(|error| (column, error))
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
            fn width(&self) -> usize {
                $len
            }

            fn rust_type(&self, column: usize) -> &'static str {
                match column {
                    $($index => self.$index.rust_type(),)*
                    _ => "",
                }
            }

            #[inline]
            fn encode_row<S: Sink>(&self, types: &[Type], sink: &mut S) -> Result<(), S::Error> {
                let Some(types) = types.first_chunk::<$len>().filter(|_| types.len() == $len) else {
                    return Err(sink.misfit(types.len()));
                };
                let _ = (types, &sink);
                $(sink.value(&self.$index, types[$index])?;)*
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

            fn rust_type(column: usize) -> &'static str {
                match column {
                    $($index => type_name::<$name>(),)*
                    _ => "",
                }
            }

            #[inline]
            #[allow(clippy::unused_unit, reason = "a row of a table without columns is the unit")]
            fn decode_row<Z: Source<'a>>(
                types: &[Type],
                source: &mut Z,
            ) -> Result<Self, (usize, DecodeError)> {
                let _ = (types, &source);
                Ok(($(read::<$name, Z>(types, source, $index)?,)*))
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

            fn width(&self) -> usize {
                self.len()
            }

            fn rust_type(&self, column: usize) -> &'static str {
                self.get(column).map_or("", T::rust_type)
            }

            fn encode_row<S: Sink>(&self, types: &[Type], sink: &mut S) -> Result<(), S::Error> {
                if self.len() != types.len() {
                    return Err(sink.misfit(types.len()));
                }
                self.iter()
                    .zip(types)
                    .try_for_each(|(value, ty)| sink.value(value, *ty))
            }
        }
    )*};
}

lists! {
    <T> Vec<T>;
    <T> [T];
    <T> Box<[T]>;
    <T; const N> [T; N];
}

impl<R: EncodeRow + ?Sized> EncodeRow for &R {
    fn check(types: &[Type]) -> Result<(), usize> {
        R::check(types)
    }

    #[inline]
    fn width(&self) -> usize {
        (**self).width()
    }

    fn rust_type(&self, column: usize) -> &'static str {
        (**self).rust_type(column)
    }

    #[inline]
    fn encode_row<S: Sink>(&self, types: &[Type], sink: &mut S) -> Result<(), S::Error> {
        (**self).encode_row(types, sink)
    }
}

impl<'a, T: Decode<'a>> DecodeRow<'a> for Vec<T> {
    fn check(types: &[Type]) -> Result<(), usize> {
        match types.iter().position(|ty| !T::accepts(*ty)) {
            Some(column) => Err(column),
            None => Ok(()),
        }
    }

    fn rust_type(_: usize) -> &'static str {
        type_name::<T>()
    }

    fn decode_row<S: Source<'a>>(
        types: &[Type],
        source: &mut S,
    ) -> Result<Self, (usize, DecodeError)> {
        (0..types.len())
            .map(|column| read(types, source, column))
            .collect()
    }
}
