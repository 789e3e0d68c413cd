//! Framing: a type byte, an Int32 length that counts itself, and the body (PostgreSQL docs 54.1).
//!
//! ```text
//! ┌──────┬─────────────┬──────────────────┐
//! │ type │ length (4)  │ body             │      a typed message
//! └──────┴─────────────┴──────────────────┘
//!         └───────── length ─────────────┘
//!        ┌─────────────┬──────────────────┐
//!        │ length (4)  │ body             │      a startup packet: no type byte
//!        └─────────────┴──────────────────┘
//! ```
//!
//! The type is judged before the length and the length before the body, so that neither an unknown type nor an
//! absurd length can make a reader wait or allocate. Nothing here allocates on what the peer claims.

use alloc::vec::Vec;
use core::fmt;

use crate::EncodeError;
use crate::codec::{Fill, put};

/// The bytes before the body of a typed message.
pub const HEADER_LEN: usize = 5;

/// The checked start of a typed message.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Header {
    /// The type byte.
    pub tag: u8,
    /// The length of the body in bytes: the length field without its own four.
    pub len: u32,
}

/// Why a frame cannot be read. The stream is out of step and only closing is left.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub enum FrameError {
    /// No message has this type byte here. PostgreSQL says so (FATAL, `08P01`) and closes.
    UnknownType(u8),
    /// The length field is under 4 or over the limit of the type. PostgreSQL closes without a word.
    BadLength {
        /// The type byte.
        tag: u8,
        /// The length field as it came.
        len: i32,
    },
    /// The length field of a startup packet is under 8 or over the limit. PostgreSQL closes without a word.
    BadStartupLength(
        /// The length field as it came.
        i32,
    ),
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownType(tag) => write!(f, "invalid frontend message type {tag}"),
            Self::BadLength { tag, len } => {
                write!(
                    f,
                    "invalid message length {len} in a message of type {:?}",
                    char::from(*tag)
                )
            }
            Self::BadStartupLength(len) => write!(f, "invalid length of startup packet: {len}"),
        }
    }
}

impl core::error::Error for FrameError {}

/// Reads the header at the start of `input`; `None` if it has not wholly arrived.
///
/// `limit_of` gives the largest length *field* that a type may have, the four bytes of the field included, or
/// refuses the type. It is asked as soon as the type byte is there.
///
/// # Errors
///
/// What `limit_of` refuses, or [`FrameError::BadLength`].
#[inline]
pub fn header(
    input: &[u8],
    limit_of: impl FnOnce(u8) -> Result<u32, FrameError>,
) -> Result<Option<Header>, FrameError> {
    let Some((&tag, rest)) = input.split_first() else {
        return Ok(None);
    };
    let limit = limit_of(tag)?;
    let Some(field) = rest.first_chunk() else {
        return Ok(None);
    };
    let field = u32::from_be_bytes(*field);
    match field.checked_sub(4) {
        Some(len) if field <= limit => Ok(Some(Header { tag, len })),
        _ => Err(FrameError::BadLength {
            tag,
            len: field.cast_signed(),
        }),
    }
}

/// Takes one typed message off the front of `input`: its type and its body. `None`, and `input` untouched, if
/// it has not wholly arrived.
///
/// ```
/// use trunkline_proto::frame;
///
/// let mut input = &b"S\0\0\0\x04Q\0\0\0"[..];
/// assert_eq!(frame::split(&mut input, |_| Ok(10_000))?, Some((b'S', &[][..])));
/// assert_eq!(frame::split(&mut input, |_| Ok(10_000))?, None);
/// assert_eq!(input, b"Q\0\0\0");
/// # Ok::<(), frame::FrameError>(())
/// ```
///
/// # Errors
///
/// As for [`header`].
#[inline]
pub fn split<'a>(
    input: &mut &'a [u8],
    limit_of: impl FnOnce(u8) -> Result<u32, FrameError>,
) -> Result<Option<(u8, &'a [u8])>, FrameError> {
    let Some(Header { tag, len }) = header(input, limit_of)? else {
        return Ok(None);
    };
    let Ok(len) = usize::try_from(len) else {
        return Ok(None);
    };
    let Some(after) = input.get(HEADER_LEN..) else {
        return Ok(None);
    };
    let Some((body, rest)) = after.split_at_checked(len) else {
        return Ok(None);
    };
    *input = rest;
    Ok(Some((tag, body)))
}

/// Takes one startup packet off the front of `input`: its body, which starts with the version or request code.
/// `None`, and `input` untouched, if it has not wholly arrived.
///
/// `limit` is the largest length field, its own four bytes included.
///
/// # Errors
///
/// [`FrameError::BadStartupLength`] if the field is under 8 or over `limit`, which is also what the first bytes
/// of another protocol look like.
pub fn split_startup<'a>(input: &mut &'a [u8], limit: u32) -> Result<Option<&'a [u8]>, FrameError> {
    let Some((field, after)) = input.split_first_chunk() else {
        return Ok(None);
    };
    let field = u32::from_be_bytes(*field);
    if field < 8 || field > limit {
        return Err(FrameError::BadStartupLength(field.cast_signed()));
    }
    let Ok(len) = usize::try_from(field - 4) else {
        return Ok(None);
    };
    let Some((body, rest)) = after.split_at_checked(len) else {
        return Ok(None);
    };
    *input = rest;
    Ok(Some(body))
}

/// Appends a typed message whose body is what `body` appends, and fills in the length.
///
/// # Errors
///
/// What `body` fails with, or [`EncodeError::TooLong`]. `out` is then as it was before.
#[inline]
pub fn write<E: From<EncodeError>>(
    out: &mut Vec<u8>,
    tag: u8,
    body: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    let open = Open::typed(out, tag);
    match body(out) {
        Ok(()) => open.close(out).map_err(E::from),
        Err(error) => {
            open.abandon(out);
            Err(error)
        }
    }
}

/// Appends a typed message whose body takes `length` bytes, which `body` fills.
///
/// # Errors
///
/// What `body` fails with, or, before a byte of it is written, [`EncodeError::TooLong`]. `out` is then as it was before.
#[inline(always)]
pub(crate) fn fill(
    out: &mut Vec<u8>,
    tag: u8,
    length: usize,
    body: impl FnOnce(&mut Fill<'_>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let [a, b, c, d] = put::length(length.saturating_add(4))?.to_be_bytes();
    let start = out.len();
    out.resize(start.saturating_add(HEADER_LEN + length), 0);
    let mut room = Fill::new(out.get_mut(start..).unwrap_or_default());
    room.array([tag, a, b, c, d]);
    let filled = body(&mut room);
    let is_done = room.is_done();
    if filled.is_err() {
        out.truncate(start);
    } else if !is_done {
        unreachable!("a body is filled by what it was counted by");
    }
    filled
}

/// Appends a startup packet whose body is what `body` appends, and fills in the length.
///
/// # Errors
///
/// What `body` fails with, or [`EncodeError::TooLong`]. `out` is then as it was before.
pub fn write_startup(
    out: &mut Vec<u8>,
    body: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let open = Open::untyped(out);
    match body(out) {
        Ok(()) => open.close(out),
        Err(error) => {
            open.abandon(out);
            Err(error)
        }
    }
}

/// A frame being written: its header is in the buffer, its length still to be filled in.
///
/// For bodies that do not fit in one closure; [`write()`] is simpler where it does. Append the body to the buffer
/// that the frame was opened in, to nothing else, and [`close`](Self::close) or [`abandon`](Self::abandon) it.
#[derive(Debug)]
#[must_use = "a frame that is neither closed nor abandoned has no length"]
pub struct Open {
    start: usize,
    length: usize,
}

impl Open {
    /// Appends a type byte and room for the length.
    #[inline]
    pub fn typed(out: &mut Vec<u8>, tag: u8) -> Self {
        let start = out.len();
        out.extend_from_slice(&[tag, 0, 0, 0, 0]);
        Self {
            start,
            length: start + 1,
        }
    }

    #[inline]
    fn untyped(out: &mut Vec<u8>) -> Self {
        let start = out.len();
        out.extend_from_slice(&[0; 4]);
        Self {
            start,
            length: start,
        }
    }

    /// Fills in the length of all that was appended since.
    ///
    /// # Errors
    ///
    /// [`EncodeError::TooLong`] if it does not fit; the frame is then taken out again.
    #[inline]
    pub fn close(self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let length = out.len().saturating_sub(self.length);
        match (
            put::length(length),
            out.get_mut(self.length..).and_then(<[u8]>::first_chunk_mut),
        ) {
            (Ok(length), Some(field)) => {
                *field = length.to_be_bytes();
                Ok(())
            }
            (Err(error), _) => {
                out.truncate(self.start);
                Err(error)
            }
            (Ok(_), None) => unreachable!("the buffer was cut short under an open frame"),
        }
    }

    /// Takes the frame out of the buffer again.
    #[inline]
    pub fn abandon(self, out: &mut Vec<u8>) {
        out.truncate(self.start);
    }
}

#[cfg(test)]
mod tests;
