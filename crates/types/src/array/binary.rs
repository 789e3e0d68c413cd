//! The binary layout (`array_send`): dimensions, whether there are NULLs, element OID, bounds, then each element as a field.

use alloc::vec::Vec;

use super::{Array, Dimension, MAX_DIMENSIONS, View, checked_count};
use crate::error::Fault;
use crate::{DecodeError, DecodeOwned, Encode, EncodeError, Oid, Type, wire};

pub(super) fn write<T: Encode>(
    array: &View<'_, T>,
    ty: Type,
    element: Type,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    if element == Type::UNSPECIFIED {
        return Err(EncodeError::TextOnly(ty));
    }
    let dimensions = if array.elements.is_empty() {
        &[]
    } else {
        array.dimensions
    };
    let count = i32::try_from(dimensions.len()).map_err(|_| EncodeError::ArrayTooLarge)?;
    let has_null = array.elements.iter().any(T::is_null);
    out.extend_from_slice(&count.to_be_bytes());
    out.extend_from_slice(&i32::from(has_null).to_be_bytes());
    out.extend_from_slice(&element.oid().0.to_be_bytes());
    for dimension in dimensions {
        let length = i32::try_from(dimension.length).map_err(|_| EncodeError::ArrayTooLarge)?;
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(&dimension.lower.to_be_bytes());
    }
    array
        .elements
        .iter()
        .try_for_each(|value| value.field_binary(element, out))
}

pub(super) fn read<T: DecodeOwned>(
    ty: Type,
    element: Type,
    mut raw: &[u8],
) -> Result<Array<T>, DecodeError> {
    let fail = |fault| DecodeError::new(ty, fault);
    let raw = &mut raw;
    let count = i32::from_be_bytes(wire::take(ty, raw)?);
    let flags = i32::from_be_bytes(wire::take(ty, raw)?);
    let found = Oid(u32::from_be_bytes(wire::take(ty, raw)?));
    let count =
        usize::try_from(count).map_err(|_| fail(Fault::Invalid("invalid number of dimensions")))?;
    if count > MAX_DIMENSIONS {
        return Err(fail(Fault::Dimensions(
            u32::try_from(count).unwrap_or(u32::MAX),
        )));
    }
    if flags != 0 && flags != 1 {
        return Err(fail(Fault::Invalid("invalid array flags")));
    }
    let element = if element == Type::UNSPECIFIED {
        let found = Type::from_oid(found);
        if !T::accepts(found) {
            return Err(DecodeError::new(found, Fault::Mismatch));
        }
        found
    } else {
        element
    };
    if found != element.oid() {
        return Err(fail(Fault::Element {
            found,
            expected: element.oid(),
        }));
    }
    let mut dimensions = Vec::with_capacity(count);
    for _ in 0..count {
        let length = i32::from_be_bytes(wire::take(ty, raw)?);
        let lower = i32::from_be_bytes(wire::take(ty, raw)?);
        let length = usize::try_from(length).map_err(|_| fail(Fault::Size))?;
        dimensions.push(Dimension { length, lower });
    }
    let total = match checked_count(&dimensions) {
        _ if count == 0 => 0,
        Some(total) => total,
        None => return Err(fail(Fault::Size)),
    };
    // Every element has a length.
    if total > raw.len() / 4 {
        return Err(fail(Fault::Insufficient));
    }
    // A NULL is shorter than what it becomes: the rest of the memory is taken as elements are found.
    let mut elements = Vec::with_capacity(total.min(raw.len() / size_of::<T>().max(1)));
    for _ in 0..total {
        elements.push(read_element(ty, element, raw)?);
    }
    if !raw.is_empty() {
        return Err(fail(Fault::Malformed));
    }
    if total == 0 {
        dimensions.clear();
    }
    Ok(Array {
        dimensions,
        elements,
    })
}

fn read_element<T: DecodeOwned>(
    ty: Type,
    element: Type,
    raw: &mut &[u8],
) -> Result<T, DecodeError> {
    let length = i32::from_be_bytes(wire::take(ty, raw)?);
    if length == -1 {
        return T::from_null(element);
    }
    let split = usize::try_from(length)
        .ok()
        .and_then(|length| raw.split_at_checked(length));
    let Some((value, rest)) = split else {
        return Err(DecodeError::new(
            ty,
            Fault::Invalid("insufficient data left in message"),
        ));
    };
    *raw = rest;
    T::from_binary(element, value)
}
