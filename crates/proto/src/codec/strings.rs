//! Strings one after the other: mechanism names, protocol options.

use alloc::vec::Vec;
use core::fmt;

use super::{Reader, put};
use crate::{DecodeError, EncodeError};

/// A list of strings: a view over a decoded body, or a slice to be encoded.
#[derive(Copy, Clone)]
pub struct Strings<'a>(Source<'a>);

#[derive(Copy, Clone)]
enum Source<'a> {
    /// Strings with their NULs, and nothing after the last.
    Wire(&'a [u8]),
    Slice(&'a [&'a [u8]]),
}

impl<'a> Strings<'a> {
    /// No strings.
    pub const EMPTY: Self = Self(Source::Slice(&[]));

    /// The strings in order.
    #[inline]
    #[must_use]
    pub const fn iter(&self) -> StringsIter<'a> {
        StringsIter(self.0)
    }

    /// Whether `string` is among them, byte by byte.
    #[must_use]
    pub fn contains(&self, string: &[u8]) -> bool {
        self.iter().any(|each| each == string)
    }

    /// Takes strings up to and including the empty one that ends the list.
    pub(crate) fn read_terminated(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let start = reader.peek();
        let mut length = 0;
        loop {
            let string = reader.cstr()?;
            if string.is_empty() {
                break;
            }
            length += string.len() + 1;
        }
        start
            .get(..length)
            .map(|bytes| Self(Source::Wire(bytes)))
            .ok_or(DecodeError::Insufficient)
    }

    /// Takes `count` strings.
    pub(crate) fn read_counted(reader: &mut Reader<'a>, count: usize) -> Result<Self, DecodeError> {
        let start = reader.peek();
        for _ in 0..count {
            reader.cstr()?;
        }
        let length = start.len() - reader.peek().len();
        start
            .get(..length)
            .map(|bytes| Self(Source::Wire(bytes)))
            .ok_or(DecodeError::Insufficient)
    }

    /// Writes the strings and nothing else.
    pub(crate) fn write(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.iter().try_for_each(|string| put::cstr(out, string))
    }
}

impl<'a> From<&'a [&'a [u8]]> for Strings<'a> {
    fn from(strings: &'a [&'a [u8]]) -> Self {
        Self(Source::Slice(strings))
    }
}

impl<'a, const N: usize> From<&'a [&'a [u8]; N]> for Strings<'a> {
    fn from(strings: &'a [&'a [u8]; N]) -> Self {
        Self(Source::Slice(strings))
    }
}

impl Default for Strings<'_> {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl PartialEq for Strings<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Strings<'_> {}

impl fmt::Debug for Strings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.iter().map(alloc::string::String::from_utf8_lossy))
            .finish()
    }
}

impl<'a> IntoIterator for Strings<'a> {
    type Item = &'a [u8];
    type IntoIter = StringsIter<'a>;

    fn into_iter(self) -> StringsIter<'a> {
        self.iter()
    }
}

/// The strings of a [`Strings`], in order.
#[derive(Clone)]
pub struct StringsIter<'a>(Source<'a>);

impl<'a> Iterator for StringsIter<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        match &mut self.0 {
            Source::Wire(bytes) => {
                let mut reader = Reader::new(bytes);
                let string = reader.cstr().ok()?;
                *bytes = reader.peek();
                Some(string)
            }
            Source::Slice(strings) => {
                let (first, rest) = strings.split_first()?;
                *strings = rest;
                Some(first)
            }
        }
    }
}

impl core::iter::FusedIterator for StringsIter<'_> {}

impl fmt::Debug for StringsIter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Strings(self.0), f)
    }
}
