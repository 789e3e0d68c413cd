//! CommandComplete: a statement is done.

use alloc::vec::Vec;
use core::str;

use crate::codec::{Reader, put};
use crate::{Decode, DecodeError, Encode, EncodeError, frame};

/// `C`: a statement is done; the tag says which kind, and for some how many rows (PostgreSQL docs 54.7).
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct CommandComplete<'a> {
    /// Such as `SELECT 3`, `INSERT 0 1` or `CREATE TABLE`. Drivers parse it: the spelling matters.
    pub tag: &'a [u8],
}

impl CommandComplete<'_> {
    /// The type byte.
    pub const TAG: u8 = b'C';

    /// The number of rows, if the tag ends in one.
    #[must_use]
    pub fn rows(&self) -> Option<u64> {
        let last = self.tag.rsplit(|byte| *byte == b' ').next()?;
        if !last.iter().all(u8::is_ascii_digit) {
            return None;
        }
        str::from_utf8(last).ok()?.parse().ok()
    }
}

impl<'a> Decode<'a> for CommandComplete<'a> {
    #[inline]
    fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut body = Reader::new(body);
        let tag = body.cstr()?;
        body.finish()?;
        Ok(Self { tag })
    }
}

impl Encode for CommandComplete<'_> {
    #[inline]
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame::write(out, Self::TAG, |out| put::cstr(out, self.tag))
    }
}

/// Appends a CommandComplete whose tag is `verb`, a space and `rows`: what a statement with rows ends in.
///
/// The verb of an INSERT is `INSERT 0`; the 0 was once an OID.
///
/// ```
/// let mut out = vec![];
/// trunkline_proto::backend::encode_tag("SELECT", 3, &mut out)?;
/// assert_eq!(out, b"C\0\0\0\x0DSELECT 3\0");
/// # Ok::<(), trunkline_proto::EncodeError>(())
/// ```
///
/// # Errors
///
/// [`EncodeError::NulInString`] or [`EncodeError::TooLong`] for such a verb.
#[inline]
pub fn encode_tag(verb: &str, rows: u64, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let verb = verb.as_bytes();
    if verb.contains(&0) {
        return Err(EncodeError::NulInString);
    }
    // The length is known before a byte is written, so that three copies make the frame.
    let mut tail = [0; 22]; // a space, up to 20 digits, the NUL
    let [digits @ .., _nul] = &mut tail;
    let start = put::digits(digits, rows).saturating_sub(1);
    if let Some(space) = tail.get_mut(start) {
        *space = b' ';
    }
    let tail = tail.get(start..).unwrap_or(&[]);
    let [a, b, c, d] = put::length(4 + verb.len() + tail.len())?.to_be_bytes();
    out.reserve(5 + verb.len() + tail.len());
    out.extend_from_slice(&[CommandComplete::TAG, a, b, c, d]);
    out.extend_from_slice(verb);
    out.extend_from_slice(tail);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_the_last_word() {
        let rows = |tag| CommandComplete { tag }.rows();
        assert_eq!(rows(b"SELECT 3"), Some(3));
        assert_eq!(rows(b"INSERT 0 18446744073709551615"), Some(u64::MAX));
        for tag in [
            &b""[..],
            b"BEGIN",
            b"CREATE TABLE",
            b"SELECT ",
            b"COPY -1",
            b"COPY +1",
        ] {
            assert_eq!(rows(tag), None);
        }
        assert_eq!(rows(b"SELECT 18446744073709551616"), None);
    }

    #[test]
    fn a_verb_with_a_nul_is_refused() {
        let mut out = Vec::new();
        assert_eq!(
            encode_tag("SEL\0ECT", 1, &mut out),
            Err(EncodeError::NulInString)
        );
        assert_eq!(out, []);
    }
}
