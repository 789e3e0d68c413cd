//! The parameters of a statement.

use std::fmt;

use trunkline_proto::{Format, SqlState, codec};
use trunkline_types::{Decode, Type};

use crate::{Error, Result};

/// The values bound to `$1`, `$2`, …, in whatever format the client chose. `Debug` shows how many, and not what they are.
///
/// ```
/// # use trunkline_server::{Params, Result};
/// # fn example(params: Params<'_>) -> Result<()> {
/// let id: i64 = params.get(0)?;
/// let (id, name): (i64, Option<&str>) = params.decode()?;
/// # let _ = (id, name);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Params<'a> {
    values: &'a Values,
    types: &'a [Type],
}

/// Parameter values, copied out of the message that brought them, so that they may be held while more is read.
#[derive(Default)]
pub(crate) struct Values {
    bytes: Vec<u8>,
    spans: Vec<Span>,
}

// How many, and not what: parameters are the client's data.
impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Values({}, {} bytes)",
            self.spans.len(),
            self.bytes.len()
        )
    }
}

/// Where a value lies; NULL if `start` is past `end`.
#[derive(Debug, Clone, Copy)]
struct Span {
    start: u32,
    end: u32,
    format: Format,
}

const NULL: (u32, u32) = (1, 0);

impl Values {
    /// No values.
    pub(crate) const NONE: Self = Self {
        bytes: Vec::new(),
        spans: Vec::new(),
    };

    /// Forgets the values; the memory is kept, unless it is much.
    #[inline]
    pub(crate) fn clear(&mut self) {
        const KEPT: usize = 4096;
        if self.bytes.capacity() > KEPT || self.spans.capacity() > KEPT / size_of::<Span>() {
            *self = Self::NONE;
        } else {
            self.bytes.clear();
            self.spans.clear();
        }
    }

    /// Takes the values of a Bind or FunctionCall over, checking each against its type.
    ///
    /// # Errors
    ///
    /// 22023 for a format code other than 0 and 1; for a malformed value the SQLSTATE of its kind (rule EQ-08), with a
    /// context that names the parameter.
    #[inline]
    pub(crate) fn copy_from<'v>(
        &mut self,
        formats: &codec::Formats<'_>,
        values: impl ExactSizeIterator<Item = Option<&'v [u8]>>,
        types: &[Type],
    ) -> Result<()> {
        self.clear();
        let count = values.len();
        for (index, value) in values.enumerate() {
            let code = formats.resolve(index, count).unwrap_or(0);
            let format = match code {
                0 => Format::Text,
                1 => Format::Binary,
                _ => return Err(bad_format(code)),
            };
            let (start, end) = match value {
                None => NULL,
                Some(value) => {
                    if let Some(ty) = types.get(index) {
                        trunkline_types::check(*ty, format, value)
                            .map_err(|error| in_parameter(error.into(), index, format, value))?;
                    }
                    let start = length(self.bytes.len())?;
                    self.bytes.extend_from_slice(value);
                    (start, length(self.bytes.len())?)
                }
            };
            self.spans.push(Span { start, end, format });
        }
        Ok(())
    }

    /// The bytes that the values take.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len() + size_of_val(self.spans.as_slice())
    }

    #[inline]
    fn value(&self, index: usize) -> Option<(Option<&[u8]>, Format)> {
        let span = self.spans.get(index)?;
        let value = self.bytes.get(span.start as usize..span.end as usize);
        Some((value, span.format))
    }
}

#[inline]
fn length(length: usize) -> Result<u32> {
    u32::try_from(length).map_err(|_| {
        Error::new(
            SqlState::PROGRAM_LIMIT_EXCEEDED,
            "the parameters take more than 4 GiB",
        )
    })
}

#[cold]
pub(crate) fn bad_format(code: i16) -> Error {
    Error::new(
        SqlState::INVALID_PARAMETER_VALUE,
        format!("unsupported format code: {code}"),
    )
}

/// Names the parameter at fault the way PostgreSQL does.
#[cold]
fn in_parameter(error: Error, index: usize, format: Format, value: &[u8]) -> Error {
    let number = index + 1;
    if format == Format::Binary {
        let error = if error.sqlstate() == SqlState::INVALID_BINARY_REPRESENTATION {
            Error::new(
                SqlState::INVALID_BINARY_REPRESENTATION,
                format!("incorrect binary data format in bind parameter {number}"),
            )
        } else {
            error
        };
        return error.context(format!("unnamed portal parameter ${number}"));
    }
    let shown: String = String::from_utf8_lossy(value).chars().take(64).collect();
    error.context(format!(
        "unnamed portal parameter ${number} = '{}'",
        shown.replace('\'', "''")
    ))
}

impl<'a> Params<'a> {
    pub(crate) fn new(values: &'a Values, types: &'a [Type]) -> Self {
        Self { values, types }
    }

    /// No parameters.
    #[must_use]
    pub fn none() -> Self {
        Self {
            values: const { &Values::NONE },
            types: &[],
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.spans.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.spans.is_empty()
    }

    /// The value of parameter `index`, from 0 (so `$1` is 0). `Option<T>` takes NULL.
    ///
    /// # Errors
    ///
    /// 22004 for a NULL that is not asked for as an `Option`; 42804 if the Rust type does not suit the parameter's;
    /// XX000 if there is no such parameter; otherwise what the type says of a malformed value.
    #[inline]
    pub fn get<T: Decode<'a>>(&self, index: usize) -> Result<T> {
        let Some((value, format)) = self.values.value(index) else {
            return Err(missing(index, self.len()));
        };
        let ty = self.ty(index);
        if !T::accepts(ty) {
            return Err(mismatch::<T>(index, ty));
        }
        let decoded = match (value, format) {
            (None, _) => T::from_null(ty),
            (Some(value), Format::Text) => T::from_text(ty, value),
            (Some(value), Format::Binary) => T::from_binary(ty, value),
        };
        Ok(decoded?)
    }

    /// All values, as a tuple.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get); XX000 if the tuple has another length.
    #[inline]
    pub fn decode<T: FromParams<'a>>(&self) -> Result<T> {
        T::from_params(*self)
    }

    /// The bytes of parameter `index` as they came; `None` if it is NULL or missing.
    #[must_use]
    pub fn raw(&self, index: usize) -> Option<&'a [u8]> {
        self.values.value(index)?.0
    }

    /// The format that the client chose for parameter `index`.
    #[must_use]
    pub fn format(&self, index: usize) -> Format {
        self.values
            .value(index)
            .map_or(Format::Text, |(_, format)| format)
    }

    /// The type of parameter `index`.
    #[inline]
    #[must_use]
    pub fn ty(&self, index: usize) -> Type {
        self.types.get(index).copied().unwrap_or(Type::UNSPECIFIED)
    }
}

#[cold]
fn missing(index: usize, count: usize) -> Error {
    Error::internal(format!(
        "parameter ${} was asked for, and the statement has {count}",
        index + 1
    ))
}

#[cold]
fn mismatch<T>(index: usize, ty: Type) -> Error {
    Error::new(
        SqlState::DATATYPE_MISMATCH,
        format!(
            "parameter ${} is of type {}, which a Rust {} cannot hold",
            index + 1,
            ty,
            std::any::type_name::<T>()
        ),
    )
}

/// A tuple that parameters can be decoded to.
pub trait FromParams<'a>: Sized {
    /// Decodes all parameters.
    ///
    /// # Errors
    ///
    /// As [`Params::decode`].
    fn from_params(params: Params<'a>) -> Result<Self>;
}

macro_rules! tuples {
    ($($len:literal: $($name:ident $index:tt)*;)*) => {$(
        impl<'a, $($name: Decode<'a>),*> FromParams<'a> for ($($name,)*) {
            #[inline]
            fn from_params(params: Params<'a>) -> Result<Self> {
                if params.len() != $len {
                    return Err(missing($len - 1, params.len()));
                }
                Ok(($(params.get::<$name>($index)?,)*))
            }
        }
    )*};
}

tuples! {
    1: A 0;
    2: A 0 B 1;
    3: A 0 B 1 C 2;
    4: A 0 B 1 C 2 D 3;
    5: A 0 B 1 C 2 D 3 E 4;
    6: A 0 B 1 C 2 D 3 E 4 F 5;
    7: A 0 B 1 C 2 D 3 E 4 F 5 G 6;
    8: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7;
}
