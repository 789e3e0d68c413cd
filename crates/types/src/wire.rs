//! What several codecs share: lengths before values, and values of a fixed size.

use alloc::vec::Vec;

use crate::error::Fault;
use crate::{DecodeError, EncodeError, Type};

/// The length that stands for NULL.
pub(crate) const NULL: [u8; 4] = (-1i32).to_be_bytes();

/// Appends what `write` writes with its length before it; on `Err` nothing is appended.
#[inline]
pub(crate) fn field(
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    let done = write(out).and_then(|()| {
        let length = i32::try_from(out.len() - start - 4).map_err(|_| EncodeError::TooLong)?;
        out[start..start + 4].copy_from_slice(&length.to_be_bytes());
        Ok(())
    });
    if done.is_err() {
        out.truncate(start);
    }
    done
}

/// Runs `write`; on `Err` nothing is appended.
#[inline]
pub(crate) fn whole(
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let start = out.len();
    let done = write(out);
    if done.is_err() {
        out.truncate(start);
    }
    done
}

/// Appends a slice with its length before it.
#[inline]
pub(crate) fn field_of(value: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let length = i32::try_from(value.len()).map_err(|_| EncodeError::TooLong)?;
    out.reserve(value.len() + 4);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(value);
    Ok(())
}

/// Puts what stands in `out` from `start` on in quotes, in place from its end. Before a quote or backslash goes what `escape`
/// makes of it.
pub(crate) fn quote(out: &mut Vec<u8>, start: usize, escape: impl Fn(u8) -> u8) {
    let escapes = out
        .iter()
        .skip(start)
        .filter(|b| matches!(b, b'"' | b'\\'))
        .count();
    let mut from = out.len();
    let mut to = from + escapes + 2;
    out.resize(to, b'"');
    // The last byte is the closing quote already.
    to -= 1;
    while from > start {
        from -= 1;
        to -= 1;
        let b = out[from];
        out[to] = b;
        if matches!(b, b'"' | b'\\') {
            to -= 1;
            out[to] = escape(b);
        }
    }
    out[start] = b'"';
}

/// All of `raw` as `N` bytes.
#[inline]
pub(crate) fn exact<const N: usize>(ty: Type, raw: &[u8]) -> Result<[u8; N], DecodeError> {
    raw.try_into().map_err(|_| wrong_length(ty, raw.len(), N))
}

#[cold]
fn wrong_length(ty: Type, length: usize, expected: usize) -> DecodeError {
    DecodeError::new(
        ty,
        if length < expected {
            Fault::Insufficient
        } else {
            Fault::Malformed
        },
    )
}

/// Takes the first `N` bytes off `raw`.
#[inline]
pub(crate) fn take<const N: usize>(ty: Type, raw: &mut &[u8]) -> Result<[u8; N], DecodeError> {
    let Some((head, rest)) = raw.split_first_chunk::<N>() else {
        return Err(DecodeError::new(ty, Fault::Insufficient));
    };
    *raw = rest;
    Ok(*head)
}

/// `raw` without the blanks that input functions skip: those of C's `isspace`.
pub(crate) fn trim(raw: &[u8]) -> &[u8] {
    let Some(start) = raw.iter().position(|b| !is_space(*b)) else {
        return &[];
    };
    let end = raw
        .iter()
        .rposition(|b| !is_space(*b))
        .map_or(start, |i| i + 1);
    raw.get(start..end).unwrap_or_default()
}

/// C's `isspace`, which has the vertical tab too.
#[inline]
pub(crate) fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t'..=b'\r')
}
