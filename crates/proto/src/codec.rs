//! What every message is read and written with.
//!
//! A decoder gets one body, the bytes after the length word, and must use all of it. An encoder appends a
//! whole frame to the caller's buffer, or leaves the buffer as it was.

mod constant;
mod error;
mod fill;
mod formats;
mod oids;
pub(crate) mod put;
mod reader;
mod strings;
mod values;

pub(crate) use constant::constant;
pub use error::{DecodeError, EncodeError};
pub(crate) use fill::{Fill, cstr_len};
pub use formats::{Formats, FormatsIter};
pub use oids::{Oids, OidsIter};
pub use reader::Reader;
pub use strings::{Strings, StringsIter};
pub use values::{Values, ValuesIter};

use alloc::vec::Vec;

/// A message that can be read from the body of a frame. What is read borrows from the body.
pub trait Decode<'a>: Sized {
    /// Reads exactly one body; the frame's type byte and length are already gone.
    ///
    /// # Errors
    ///
    /// [`DecodeError`], always SQLSTATE `08P01`, if the body is too short, too long or malformed. The frame
    /// itself was whole, so the stream is still in step and the session survives.
    fn decode(body: &'a [u8]) -> Result<Self, DecodeError>;
}

/// A message that can be written as a frame.
pub trait Encode {
    /// Appends the whole frame, type byte and length included, to `out`.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] if the message cannot be put on the wire without lying about a length, a count or the
    /// end of a string. `out` is then as it was before.
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError>;
}
