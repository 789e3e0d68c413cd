//! The values of a Bind, a FunctionCall or a DataRow.

use core::fmt;

use super::{Fill, Reader};
use crate::{DecodeError, EncodeError};

/// A list of values, each some bytes or NULL.
///
/// One that was decoded is a view over the body: it was checked as a whole then, and walking it allocates
/// nothing. One to be encoded is made [`From`] a slice. Two are equal if their values are.
#[derive(Copy, Clone)]
pub struct Values<'a>(Source<'a>);

#[derive(Copy, Clone)]
enum Source<'a> {
    /// `count` values one after the other, known to fill `bytes` exactly.
    Wire {
        bytes: &'a [u8],
        count: usize,
    },
    Slice(&'a [Option<&'a [u8]>]),
}

impl<'a> Values<'a> {
    /// No values.
    pub const EMPTY: Self = Self(Source::Slice(&[]));

    /// The number of values.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        match self.0 {
            Source::Wire { count, .. } => count,
            Source::Slice(values) => values.len(),
        }
    }

    /// Whether there are none.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The values in order; `None` is NULL.
    #[inline]
    #[must_use]
    pub const fn iter(&self) -> ValuesIter<'a> {
        ValuesIter(self.0)
    }

    /// Checks and takes a count and that many values.
    #[inline]
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let count = reader.count()?;
        let start = reader.peek();
        for _ in 0..count {
            reader.value()?;
        }
        let length = start.len() - reader.peek().len();
        let bytes = start.get(..length).ok_or(DecodeError::Insufficient)?;
        Ok(Self(Source::Wire { bytes, count }))
    }

    /// The bytes that [`fill`](Self::fill) takes.
    #[inline]
    pub(crate) fn wire_len(&self) -> usize {
        match self.0 {
            Source::Wire { bytes, .. } => bytes.len().saturating_add(2),
            Source::Slice(values) => values.iter().fold(2, |sum: usize, value| {
                sum.saturating_add(4)
                    .saturating_add(value.map_or(0, <[u8]>::len))
            }),
        }
    }

    /// Writes a count and that many values.
    #[inline(always)]
    pub(crate) fn fill(&self, body: &mut Fill<'_>) -> Result<(), EncodeError> {
        body.count(self.len())?;
        match self.0 {
            Source::Wire { bytes, .. } => {
                body.bytes(bytes);
                Ok(())
            }
            Source::Slice(values) => values.iter().try_for_each(|value| body.value(*value)),
        }
    }
}

impl<'a> From<&'a [Option<&'a [u8]>]> for Values<'a> {
    fn from(values: &'a [Option<&'a [u8]>]) -> Self {
        Self(Source::Slice(values))
    }
}

impl<'a, const N: usize> From<&'a [Option<&'a [u8]>; N]> for Values<'a> {
    fn from(values: &'a [Option<&'a [u8]>; N]) -> Self {
        Self(Source::Slice(values))
    }
}

impl Default for Values<'_> {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl PartialEq for Values<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Values<'_> {}

impl fmt::Debug for Values<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a> IntoIterator for Values<'a> {
    type Item = Option<&'a [u8]>;
    type IntoIter = ValuesIter<'a>;

    #[inline]
    fn into_iter(self) -> ValuesIter<'a> {
        self.iter()
    }
}

/// The values of a [`Values`], in order.
#[derive(Clone)]
pub struct ValuesIter<'a>(Source<'a>);

impl<'a> Iterator for ValuesIter<'a> {
    type Item = Option<&'a [u8]>;

    #[inline]
    fn next(&mut self) -> Option<Option<&'a [u8]>> {
        match &mut self.0 {
            Source::Wire { bytes, count } => {
                *count = count.checked_sub(1)?;
                let mut reader = Reader::new(bytes);
                let value = reader.value().ok()?;
                *bytes = reader.peek();
                Some(value)
            }
            Source::Slice(values) => {
                let (first, rest) = values.split_first()?;
                *values = rest;
                Some(*first)
            }
        }
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = Values(self.0).len();
        (len, Some(len))
    }
}

impl ExactSizeIterator for ValuesIter<'_> {}
impl core::iter::FusedIterator for ValuesIter<'_> {}

impl fmt::Debug for ValuesIter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}
