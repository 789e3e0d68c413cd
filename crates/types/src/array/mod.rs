//! Arrays (PostgreSQL docs 8.15): of one dimension as `Vec<T>` and `&[T]`, of up to six, with their bounds, as [`Array`].

mod binary;
mod literal;
#[cfg(test)]
mod tests;
mod text;

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::error::Fault;
use crate::{Decode, DecodeError, DecodeOwned, Encode, EncodeError, Format, Type, wire};

/// The most dimensions.
const MAX_DIMENSIONS: usize = 6;
/// The most elements: what PostgreSQL's largest allocation has room for.
const MAX_ELEMENTS: usize = 134_217_727;

/// One dimension of an array.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct Dimension {
    /// How many elements, or arrays of the further dimensions, it has.
    pub length: usize,
    /// The subscript of the first; 1 unless said otherwise.
    pub lower: i32,
}

/// An array of up to six dimensions with their bounds, its elements in row-major order: the last subscript varies first.
///
/// An array without elements has no dimensions.
///
/// ```
/// use trunkline_types::{Array, Decode, Dimension, Type};
///
/// let array: Array<i32> = Array::from_text(Type::INT4_ARRAY, b"[0:1][2:3]={{1,2},{3,4}}")?;
/// assert_eq!(array.dimensions()[0], Dimension { length: 2, lower: 0 });
/// assert_eq!(array.at(&[1, 2]), Some(&3));
/// # Ok::<(), trunkline_types::DecodeError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq, Hash)]
pub struct Array<T> {
    dimensions: Vec<Dimension>,
    elements: Vec<T>,
}

impl<T> Array<T> {
    /// From dimensions and elements in row-major order. `None` if there are more than six dimensions or too many elements, if
    /// the lengths do not multiply to the number of elements, or if a last subscript is beyond `i32`.
    #[must_use]
    pub fn new(dimensions: Vec<Dimension>, elements: Vec<T>) -> Option<Self> {
        if elements.is_empty() {
            let is_empty = dimensions.is_empty() || dimensions.iter().any(|d| d.length == 0);
            return is_empty.then_some(Self {
                dimensions: Vec::new(),
                elements,
            });
        }
        (checked_count(&dimensions) == Some(elements.len())).then_some(Self {
            dimensions,
            elements,
        })
    }

    /// The dimensions, the outermost first.
    #[must_use]
    pub fn dimensions(&self) -> &[Dimension] {
        &self.dimensions
    }

    /// All elements in row-major order.
    #[must_use]
    pub fn elements(&self) -> &[T] {
        &self.elements
    }

    /// All elements in row-major order, owned.
    #[must_use]
    pub fn into_elements(self) -> Vec<T> {
        self.elements
    }

    /// The element at these subscripts, one a dimension, counted from the lower bounds.
    #[must_use]
    pub fn at(&self, subscripts: &[i32]) -> Option<&T> {
        if subscripts.len() != self.dimensions.len() {
            return None;
        }
        let mut index = 0usize;
        for (dimension, subscript) in self.dimensions.iter().zip(subscripts) {
            let offset =
                usize::try_from(i64::from(*subscript) - i64::from(dimension.lower)).ok()?;
            if offset >= dimension.length {
                return None;
            }
            index = index * dimension.length + offset;
        }
        self.elements.get(index)
    }
}

/// No elements.
impl<T> Default for Array<T> {
    fn default() -> Self {
        Self {
            dimensions: Vec::new(),
            elements: Vec::new(),
        }
    }
}

/// One dimension, from 1.
impl<T> From<Vec<T>> for Array<T> {
    fn from(elements: Vec<T>) -> Self {
        let dimensions = if elements.is_empty() {
            Vec::new()
        } else {
            one_dimension(elements.len()).to_vec()
        };
        Self {
            dimensions,
            elements,
        }
    }
}

fn one_dimension(length: usize) -> [Dimension; 1] {
    [Dimension { length, lower: 1 }]
}

/// How many elements these dimensions hold, if PostgreSQL can have such an array.
fn checked_count(dimensions: &[Dimension]) -> Option<usize> {
    if dimensions.is_empty() || dimensions.len() > MAX_DIMENSIONS {
        return None;
    }
    let mut count = 1usize;
    for dimension in dimensions {
        let length = i32::try_from(dimension.length).ok()?;
        // The subscript after the last must be an integer, too.
        dimension.lower.checked_add(length)?;
        count = count.checked_mul(dimension.length)?;
        if count > MAX_ELEMENTS {
            return None;
        }
    }
    Some(count)
}

/// What is encoded: an array's parts, borrowed.
struct View<'a, T> {
    dimensions: &'a [Dimension],
    elements: &'a [T],
}

impl<T: Encode> View<'_, T> {
    fn encode(
        &self,
        ty: Type,
        out: &mut Vec<u8>,
        write: impl FnOnce(&Self, Type, &mut Vec<u8>) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        let element = element_of(ty).ok_or(EncodeError::Mismatch(ty))?;
        if !self.elements.is_empty() && checked_count(self.dimensions).is_none() {
            return Err(EncodeError::ArrayTooLarge);
        }
        wire::whole(out, |out| write(self, element, out))
    }
}

/// The type of the elements; open for an array type that is not built in, or not said.
fn element_of(ty: Type) -> Option<Type> {
    if ty.is_built_in() {
        ty.element()
    } else {
        Some(Type::UNSPECIFIED)
    }
}

fn accepts<T: Encode>(ty: Type) -> bool {
    element_of(ty).is_some_and(T::accepts)
}

/// An array in binary has the OID of its elements' type in it: it goes in text where that is not known.
fn format(ty: Type) -> Format {
    if ty.element().is_some() {
        Format::Binary
    } else {
        Format::Text
    }
}

macro_rules! encode {
    ($(($($generics:tt)*) $rust:ty, $self:ident => $dimensions:expr, $elements:expr;)*) => {$(
        impl<$($generics)*> Encode for $rust {
            fn accepts(ty: Type) -> bool {
                accepts::<T>(ty)
            }

            fn encode_text(&$self, ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                let view = View { dimensions: $dimensions, elements: $elements };
                let delimiter = ty.delimiter();
                view.encode(ty, out, |view, element, out| text::write(view, element, delimiter, out))
            }

            fn encode_binary(&$self, ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                let view = View { dimensions: $dimensions, elements: $elements };
                view.encode(ty, out, |view, element, out| binary::write(view, ty, element, out))
            }

            fn format(&self, ty: Type) -> Format {
                format(ty)
            }
        }
    )*};
}

encode! {
    (T: Encode) Array<T>, self => &self.dimensions, &self.elements;
    (T: Encode) Vec<T>, self => &one_dimension(self.len()), self;
    (T: Encode) Box<[T]>, self => &one_dimension(self.len()), self;
    (T: Encode) &[T], self => &one_dimension(self.len()), self;
    (T: Encode, const N: usize) [T; N], self => &one_dimension(N), self;
}

impl<T: DecodeOwned> Decode<'_> for Array<T> {
    fn accepts(ty: Type) -> bool {
        element_of(ty).is_some_and(T::accepts)
    }

    fn from_text(ty: Type, raw: &[u8]) -> Result<Self, DecodeError> {
        let element = element_of(ty).ok_or_else(|| DecodeError::new(ty, Fault::Mismatch))?;
        text::read(ty, element, raw)
    }

    fn from_binary(ty: Type, raw: &[u8]) -> Result<Self, DecodeError> {
        let element = element_of(ty).ok_or_else(|| DecodeError::new(ty, Fault::Mismatch))?;
        binary::read(ty, element, raw)
    }
}

/// An array of one dimension, whatever its lower bound, or of none.
impl<T: DecodeOwned> Decode<'_> for Vec<T> {
    fn accepts(ty: Type) -> bool {
        element_of(ty).is_some_and(T::accepts)
    }

    fn from_text(ty: Type, raw: &[u8]) -> Result<Self, DecodeError> {
        Array::from_text(ty, raw).and_then(|array| flat(ty, array))
    }

    fn from_binary(ty: Type, raw: &[u8]) -> Result<Self, DecodeError> {
        Array::from_binary(ty, raw).and_then(|array| flat(ty, array))
    }
}

fn flat<T>(ty: Type, array: Array<T>) -> Result<Vec<T>, DecodeError> {
    if array.dimensions.len() > 1 {
        return Err(DecodeError::new(ty, Fault::Shape));
    }
    Ok(array.elements)
}
