//! The two traits, and the wrappers that every type gets.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::any::type_name;

use crate::error::Fault;
use crate::wire;
use crate::{DecodeError, EncodeError, Format, Type};

/// A value that can be written as one or more PostgreSQL types.
///
/// The methods append to `out`, and on `Err` leave it as it was. Those called `field_…` put the length before the
/// value, as DataRow and Bind carry it (PostgreSQL docs 54.7); −1 stands for NULL.
///
/// ```
/// use trunkline_types::{Encode, Type};
///
/// let mut out = Vec::new();
/// 7i32.field_text(Type::INT4, &mut out)?;
/// None::<i32>.field_text(Type::INT4, &mut out)?;
/// assert_eq!(out, b"\0\0\0\x017\xff\xff\xff\xff");
/// # Ok::<(), trunkline_types::EncodeError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a value PostgreSQL knows",
    note = "integers are i16, i32 or i64; for text use &str or String; for NULL wrap the value in an Option",
    note = "an enum, domain or composite of the database is a type with `#[derive(Encode)]`"
)]
pub trait Encode {
    /// Whether values of this Rust type can be written as `ty`. The other methods do not check it again: ask once
    /// a result, not once a value.
    fn accepts(ty: Type) -> bool
    where
        Self: Sized;

    /// Whether this value is NULL.
    #[inline]
    fn is_null(&self) -> bool {
        false
    }

    /// Appends the value in text, without a length. A NULL appends nothing.
    ///
    /// # Errors
    ///
    /// The value has no form in this type.
    fn encode_text(&self, ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError>;

    /// Appends the value in binary, without a length. A NULL appends nothing.
    ///
    /// # Errors
    ///
    /// The value has no form in this type.
    fn encode_binary(&self, ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError>;

    /// Appends length and value, in text.
    ///
    /// # Errors
    ///
    /// As [`encode_text`](Self::encode_text), and [`EncodeError::TooLong`].
    #[inline]
    fn field_text(&self, ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        if self.is_null() {
            out.extend_from_slice(&wire::NULL);
            return Ok(());
        }
        wire::field(out, |out| self.encode_text(ty, out))
    }

    /// Appends length and value, in binary.
    ///
    /// # Errors
    ///
    /// As [`encode_binary`](Self::encode_binary), and [`EncodeError::TooLong`].
    #[inline]
    fn field_binary(&self, ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        if self.is_null() {
            out.extend_from_slice(&wire::NULL);
            return Ok(());
        }
        wire::field(out, |out| self.encode_binary(ty, out))
    }

    /// The format that is better for this value as a parameter of `ty`, where both may be sent. Text is for types of one database
    /// whose binary form has OIDs in it that only that database knows.
    #[inline]
    fn format(&self, ty: Type) -> Format {
        let _ = ty;
        Format::Binary
    }

    /// The name of the Rust type, for messages.
    fn rust_type(&self) -> &'static str {
        type_name::<Self>()
    }
}

/// A value of any type that can be written, where values of several types stand in one list: `&[&dyn AnyValue]` is a row.
///
/// ```
/// use trunkline_types::{AnyValue, EncodeRow, Type};
///
/// let row: &[&dyn AnyValue] = &[&1i32, &"one"];
/// assert_eq!(row.width(), 2);
/// ```
pub trait AnyValue: Sync {
    /// The value, with the check that [`Encode`] leaves to the type.
    #[doc(hidden)]
    fn fits(&self, ty: Type) -> bool;

    #[doc(hidden)]
    fn as_encode(&self) -> &dyn Encode;
}

impl<T: Encode + Sync> AnyValue for T {
    fn fits(&self, ty: Type) -> bool {
        T::accepts(ty)
    }

    fn as_encode(&self) -> &dyn Encode {
        self
    }
}

/// The type is looked at with each value: before that nothing is known of it.
impl Encode for &dyn AnyValue {
    fn accepts(_: Type) -> bool {
        true
    }

    fn is_null(&self) -> bool {
        (**self).as_encode().is_null()
    }

    fn encode_text(&self, ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        fitting(*self, ty)?.encode_text(ty, out)
    }

    fn encode_binary(&self, ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        fitting(*self, ty)?.encode_binary(ty, out)
    }

    fn field_text(&self, ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        fitting(*self, ty)?.field_text(ty, out)
    }

    fn field_binary(&self, ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        fitting(*self, ty)?.field_binary(ty, out)
    }

    fn format(&self, ty: Type) -> Format {
        (**self).as_encode().format(ty)
    }

    fn rust_type(&self) -> &'static str {
        (**self).as_encode().rust_type()
    }
}

fn fitting(value: &dyn AnyValue, ty: Type) -> Result<&dyn Encode, EncodeError> {
    if ty == Type::UNSPECIFIED || value.fits(ty) {
        Ok(value.as_encode())
    } else {
        Err(EncodeError::Mismatch(ty))
    }
}

/// A value that can be read from one or more PostgreSQL types; `'a` is the lifetime of the received bytes.
///
/// `raw` is the value alone, all of it, without its length. No input makes a decoder panic, and none makes it
/// reserve more memory than it has bytes for values that are not read yet.
///
/// ```
/// use trunkline_types::{Decode, Type};
///
/// assert_eq!(i32::from_text(Type::INT4, b"-7")?, -7);
/// assert_eq!(i32::from_binary(Type::INT4, &[0xff, 0xff, 0xff, 0xf9])?, -7);
///
/// let error = i32::from_text(Type::INT4, b"seven").unwrap_err();
/// assert_eq!(error.to_string(), "invalid input syntax for type integer: \"seven\"");
/// assert_eq!(error.sqlstate().as_str(), "22P02");
/// # Ok::<(), trunkline_types::DecodeError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from a PostgreSQL value",
    note = "integers are i16, i32 or i64; for text use &str or String; for columns that may be NULL use Option<_>",
    note = "an enum, domain or composite of the database is a type with `#[derive(Decode)]`"
)]
pub trait Decode<'a>: Sized {
    /// Whether values of `ty` can be read as this Rust type. The other methods do not check it again.
    fn accepts(ty: Type) -> bool;

    /// Reads a value in text.
    ///
    /// # Errors
    ///
    /// The value is not one of `ty`: mostly 22P02, 22003, 22007, 22008 or 22021; see [`Fault`].
    fn from_text(ty: Type, raw: &'a [u8]) -> Result<Self, DecodeError>;

    /// Reads a value in binary.
    ///
    /// # Errors
    ///
    /// The value is not one of `ty`: mostly 08P01, 22P03, 22008 or 22021; see [`Fault`].
    fn from_binary(ty: Type, raw: &'a [u8]) -> Result<Self, DecodeError>;

    /// What NULL is read as.
    ///
    /// # Errors
    ///
    /// 22004 for all types but `Option`.
    fn from_null(ty: Type) -> Result<Self, DecodeError> {
        Err(DecodeError::new(ty, Fault::Null))
    }
}

/// A type that borrows nothing from the received bytes: what the elements of an array must be.
pub trait DecodeOwned: for<'a> Decode<'a> {}

impl<T: for<'a> Decode<'a>> DecodeOwned for T {}

/// `None` is NULL.
impl<T: Encode> Encode for Option<T> {
    fn accepts(ty: Type) -> bool {
        T::accepts(ty)
    }

    #[inline]
    fn is_null(&self) -> bool {
        self.as_ref().is_none_or(T::is_null)
    }

    #[inline]
    fn encode_text(&self, ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.as_ref()
            .map_or(Ok(()), |value| value.encode_text(ty, out))
    }

    #[inline]
    fn encode_binary(&self, ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.as_ref()
            .map_or(Ok(()), |value| value.encode_binary(ty, out))
    }

    #[inline]
    fn field_text(&self, ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Some(value) => value.field_text(ty, out),
            None => {
                out.extend_from_slice(&wire::NULL);
                Ok(())
            }
        }
    }

    #[inline]
    fn field_binary(&self, ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Some(value) => value.field_binary(ty, out),
            None => {
                out.extend_from_slice(&wire::NULL);
                Ok(())
            }
        }
    }

    #[inline]
    fn format(&self, ty: Type) -> Format {
        self.as_ref()
            .map_or(Format::Binary, |value| value.format(ty))
    }
}

/// NULL is `None`.
impl<'a, T: Decode<'a>> Decode<'a> for Option<T> {
    fn accepts(ty: Type) -> bool {
        T::accepts(ty)
    }

    #[inline]
    fn from_text(ty: Type, raw: &'a [u8]) -> Result<Self, DecodeError> {
        T::from_text(ty, raw).map(Some)
    }

    #[inline]
    fn from_binary(ty: Type, raw: &'a [u8]) -> Result<Self, DecodeError> {
        T::from_binary(ty, raw).map(Some)
    }

    #[inline]
    fn from_null(_: Type) -> Result<Self, DecodeError> {
        Ok(None)
    }
}

/// Writes the value a pointer points at.
macro_rules! pass_on {
    ($($pointer:ty),*) => {$(
        impl<T: Encode> Encode for $pointer {
            fn accepts(ty: Type) -> bool {
                T::accepts(ty)
            }

            #[inline]
            fn is_null(&self) -> bool {
                (**self).is_null()
            }

            #[inline]
            fn encode_text(&self, ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                (**self).encode_text(ty, out)
            }

            #[inline]
            fn encode_binary(&self, ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                (**self).encode_binary(ty, out)
            }

            #[inline]
            fn field_text(&self, ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                (**self).field_text(ty, out)
            }

            #[inline]
            fn field_binary(&self, ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                (**self).field_binary(ty, out)
            }

            #[inline]
            fn format(&self, ty: Type) -> Format {
                (**self).format(ty)
            }
        }
    )*};
}

pass_on!(&T, Box<T>);

impl<'a, T: Decode<'a>> Decode<'a> for Box<T> {
    fn accepts(ty: Type) -> bool {
        T::accepts(ty)
    }

    fn from_text(ty: Type, raw: &'a [u8]) -> Result<Self, DecodeError> {
        T::from_text(ty, raw).map(Self::new)
    }

    fn from_binary(ty: Type, raw: &'a [u8]) -> Result<Self, DecodeError> {
        T::from_binary(ty, raw).map(Self::new)
    }

    fn from_null(ty: Type) -> Result<Self, DecodeError> {
        T::from_null(ty).map(Self::new)
    }
}
