//! The fields of an ErrorResponse or NoticeResponse as they stand on the wire.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::codec::{Reader, put};
use crate::{DecodeError, EncodeError};

/// The codes that say what a field is (PostgreSQL docs 54.8).
pub mod code {
    /// Severity, in the language of `lc_messages`.
    pub const SEVERITY: u8 = b'S';
    /// Severity, never translated.
    pub const SEVERITY_NONLOCALIZED: u8 = b'V';
    /// SQLSTATE.
    pub const SQLSTATE: u8 = b'C';
    /// What went wrong, in one line as a rule.
    pub const MESSAGE: u8 = b'M';
    /// More about it.
    pub const DETAIL: u8 = b'D';
    /// What to do about it.
    pub const HINT: u8 = b'H';
    /// Where in the query text, in characters from 1.
    pub const POSITION: u8 = b'P';
    /// Where in [`INTERNAL_QUERY`], in characters from 1.
    pub const INTERNAL_POSITION: u8 = b'p';
    /// The text of a query that the server made itself.
    pub const INTERNAL_QUERY: u8 = b'q';
    /// What was being done, the innermost first.
    pub const CONTEXT: u8 = b'W';
    /// Schema of the object.
    pub const SCHEMA: u8 = b's';
    /// Table.
    pub const TABLE: u8 = b't';
    /// Column.
    pub const COLUMN: u8 = b'c';
    /// Data type.
    pub const DATA_TYPE: u8 = b'd';
    /// Constraint.
    pub const CONSTRAINT: u8 = b'n';
    /// Source file of the server.
    pub const FILE: u8 = b'F';
    /// Line of it.
    pub const LINE: u8 = b'L';
    /// Function in it.
    pub const ROUTINE: u8 = b'R';
}

/// Codes and texts: a view over a decoded body, or a slice to be encoded.
///
/// A receiver must take any order and leave codes alone that it does not know. [`Report`](super::Report) gives
/// the fields their names.
#[derive(Copy, Clone)]
pub struct Fields<'a>(Source<'a>);

#[derive(Copy, Clone)]
enum Source<'a> {
    /// Fields without the terminator.
    Wire(&'a [u8]),
    Slice(&'a [(u8, &'a [u8])]),
}

impl<'a> Fields<'a> {
    /// The fields in the order of the message.
    #[must_use]
    pub const fn iter(&self) -> FieldsIter<'a> {
        FieldsIter(self.0)
    }

    /// The text of the first field with this code.
    #[must_use]
    pub fn value(&self, code: u8) -> Option<&'a [u8]> {
        self.iter()
            .find(|(each, _)| *each == code)
            .map(|(_, value)| value)
    }

    pub(super) fn read(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(body);
        while reader.u8()? != 0 {
            reader.text()?;
        }
        reader.finish()?;
        let fields = body
            .split_last()
            .map_or(&[][..], |(_terminator, fields)| fields);
        Ok(Self(Source::Wire(fields)))
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        for (code, value) in self.iter() {
            if code == 0 {
                return Err(EncodeError::NulInString);
            }
            out.push(code);
            put::cstr(out, value)?;
        }
        out.push(0);
        Ok(())
    }
}

impl<'a> From<&'a [(u8, &'a [u8])]> for Fields<'a> {
    fn from(fields: &'a [(u8, &'a [u8])]) -> Self {
        Self(Source::Slice(fields))
    }
}

impl<'a, const N: usize> From<&'a [(u8, &'a [u8]); N]> for Fields<'a> {
    fn from(fields: &'a [(u8, &'a [u8]); N]) -> Self {
        Self(Source::Slice(fields))
    }
}

impl PartialEq for Fields<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Fields<'_> {}

impl fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |(code, value)| (char::from(code), String::from_utf8_lossy(value));
        f.debug_map().entries(self.iter().map(text)).finish()
    }
}

impl<'a> IntoIterator for Fields<'a> {
    type Item = (u8, &'a [u8]);
    type IntoIter = FieldsIter<'a>;

    fn into_iter(self) -> FieldsIter<'a> {
        self.iter()
    }
}

/// The fields of a [`Fields`], in order.
#[derive(Clone)]
pub struct FieldsIter<'a>(Source<'a>);

impl<'a> Iterator for FieldsIter<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        match &mut self.0 {
            Source::Wire(bytes) => {
                let mut reader = Reader::new(bytes);
                let field = (reader.u8().ok()?, reader.text().ok()?);
                *bytes = reader.rest();
                Some(field)
            }
            Source::Slice(fields) => {
                let (first, rest) = fields.split_first()?;
                *fields = rest;
                Some(*first)
            }
        }
    }
}

impl core::iter::FusedIterator for FieldsIter<'_> {}

impl fmt::Debug for FieldsIter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Fields(self.0), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_terminator_is_the_last_byte() {
        assert_eq!(
            Fields::read(b"Mx\0\0"),
            Ok(Fields::from(&[(b'M', &b"x"[..])]))
        );
        assert_eq!(Fields::read(b"\0"), Ok(Fields::from(&[])));
        assert_eq!(Fields::read(b""), Err(DecodeError::NoData));
        assert_eq!(Fields::read(b"Mx\0"), Err(DecodeError::NoData));
        assert_eq!(Fields::read(b"Mx"), Err(DecodeError::UnterminatedString));
        assert_eq!(Fields::read(b"Mx\0\0\0"), Err(DecodeError::Trailing));
    }

    #[test]
    fn unknown_codes_and_repetitions_are_kept() {
        let fields = Fields::read(b"\xFFa\0Mx\0My\0\0");
        assert_eq!(fields.map(|fields| fields.iter().count()), Ok(3));
        assert_eq!(
            fields.map(|fields| fields.value(code::MESSAGE)),
            Ok(Some(&b"x"[..]))
        );
    }
}
