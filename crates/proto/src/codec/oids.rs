//! The type OIDs of a Parse or a ParameterDescription.

use core::fmt;

use super::{Fill, Reader};
use crate::{DecodeError, EncodeError, Oid};

/// A list of type OIDs: a view over a decoded body, or a slice to be encoded.
#[derive(Copy, Clone)]
pub struct Oids<'a>(Source<'a>);

#[derive(Copy, Clone)]
enum Source<'a> {
    Wire(&'a [[u8; 4]]),
    Slice(&'a [Oid]),
}

impl<'a> Oids<'a> {
    /// No OIDs.
    pub const EMPTY: Self = Self(Source::Slice(&[]));

    /// The number of OIDs.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        match self.0 {
            Source::Wire(oids) => oids.len(),
            Source::Slice(oids) => oids.len(),
        }
    }

    /// Whether there are none.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The OIDs in order.
    #[inline]
    #[must_use]
    pub const fn iter(&self) -> OidsIter<'a> {
        OidsIter(self.0)
    }

    /// Takes a count and that many OIDs.
    #[inline]
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let count = reader.count()?;
        Ok(Self(Source::Wire(reader.chunks(count)?)))
    }

    /// The bytes that [`fill`](Self::fill) takes.
    #[inline]
    pub(crate) const fn wire_len(&self) -> usize {
        self.len().saturating_mul(4).saturating_add(2)
    }

    /// Writes a count and that many OIDs.
    #[inline(always)]
    pub(crate) fn fill(&self, body: &mut Fill<'_>) -> Result<(), EncodeError> {
        body.count(self.len())?;
        match self.0 {
            Source::Wire(oids) => body.bytes(oids.as_flattened()),
            Source::Slice(oids) => body.each(oids.iter().map(|oid| oid.0.to_be_bytes())),
        }
        Ok(())
    }
}

impl<'a> From<&'a [Oid]> for Oids<'a> {
    fn from(oids: &'a [Oid]) -> Self {
        Self(Source::Slice(oids))
    }
}

impl<'a, const N: usize> From<&'a [Oid; N]> for Oids<'a> {
    fn from(oids: &'a [Oid; N]) -> Self {
        Self(Source::Slice(oids))
    }
}

impl Default for Oids<'_> {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl PartialEq for Oids<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Oids<'_> {}

impl fmt::Debug for Oids<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a> IntoIterator for Oids<'a> {
    type Item = Oid;
    type IntoIter = OidsIter<'a>;

    #[inline]
    fn into_iter(self) -> OidsIter<'a> {
        self.iter()
    }
}

/// The OIDs of an [`Oids`], in order.
#[derive(Clone)]
pub struct OidsIter<'a>(Source<'a>);

impl Iterator for OidsIter<'_> {
    type Item = Oid;

    #[inline]
    fn next(&mut self) -> Option<Oid> {
        match &mut self.0 {
            Source::Wire(oids) => {
                let (first, rest) = oids.split_first()?;
                *oids = rest;
                Some(Oid(u32::from_be_bytes(*first)))
            }
            Source::Slice(oids) => {
                let (first, rest) = oids.split_first()?;
                *oids = rest;
                Some(*first)
            }
        }
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = Oids(self.0).len();
        (len, Some(len))
    }
}

impl ExactSizeIterator for OidsIter<'_> {}
impl core::iter::FusedIterator for OidsIter<'_> {}

impl fmt::Debug for OidsIter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}
