//! The format codes of a Bind, a FunctionCall or a COPY reply.

use core::fmt;

use super::{Fill, Reader};
use crate::{DecodeError, EncodeError};

/// A list of format codes, as they stand in the message: none, one for all, or one each.
///
/// The codes are raw. Whether one is known is not a matter of the message's form, and PostgreSQL answers an
/// unknown one later and with another SQLSTATE (22023): see [`Format`](crate::Format)'s `TryFrom`.
#[derive(Copy, Clone)]
pub struct Formats<'a>(Source<'a>);

#[derive(Copy, Clone)]
enum Source<'a> {
    Wire(&'a [[u8; 2]]),
    Slice(&'a [i16]),
}

impl<'a> Formats<'a> {
    /// No codes: everything is text.
    pub const EMPTY: Self = Self(Source::Slice(&[]));

    /// The number of codes, which is not the number of what they apply to.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        match self.0 {
            Source::Wire(codes) => codes.len(),
            Source::Slice(codes) => codes.len(),
        }
    }

    /// Whether there are none.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The codes as they stand.
    #[inline]
    #[must_use]
    pub const fn iter(&self) -> FormatsIter<'a> {
        FormatsIter(self.0)
    }

    /// The code at `index` of the list as it stands.
    #[inline]
    #[must_use]
    pub fn at(&self, index: usize) -> Option<i16> {
        match self.0 {
            Source::Wire(codes) => codes.get(index).map(|code| i16::from_be_bytes(*code)),
            Source::Slice(codes) => codes.get(index).copied(),
        }
    }

    /// Whether the list can apply to `total` parameters or columns: none, one, or exactly as many.
    #[inline]
    #[must_use]
    pub const fn fits(&self, total: usize) -> bool {
        self.len() <= 1 || self.len() == total
    }

    /// The code that holds for everything, if one does: 0 for an empty list, the only one of a list of one.
    #[inline]
    #[must_use]
    pub fn uniform(&self) -> Option<i16> {
        match self.len() {
            0 => Some(0),
            1 => self.at(0),
            _ => None,
        }
    }

    /// The code of item `index` out of `total`: an empty list means text, a single code holds for all.
    /// `None` if the list does not [fit](Self::fits) or there is no such item.
    #[inline]
    #[must_use]
    pub fn resolve(&self, index: usize, total: usize) -> Option<i16> {
        if index >= total || !self.fits(total) {
            return None;
        }
        self.uniform().or_else(|| self.at(index))
    }

    /// Takes a count and that many codes.
    #[inline]
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let count = reader.count()?;
        Ok(Self(Source::Wire(reader.chunks(count)?)))
    }

    /// The bytes that [`fill`](Self::fill) takes.
    #[inline]
    pub(crate) const fn wire_len(&self) -> usize {
        self.len().saturating_mul(2).saturating_add(2)
    }

    /// Writes a count and that many codes.
    #[inline(always)]
    pub(crate) fn fill(&self, body: &mut Fill<'_>) -> Result<(), EncodeError> {
        // One for all is the usual list.
        if let Source::Slice(&[code]) = self.0 {
            let [high, low] = code.to_be_bytes();
            body.array([0, 1, high, low]);
            return Ok(());
        }
        body.count(self.len())?;
        match self.0 {
            Source::Wire(codes) => body.bytes(codes.as_flattened()),
            Source::Slice(codes) => body.each(codes.iter().map(|code| code.to_be_bytes())),
        }
        Ok(())
    }
}

impl<'a> From<&'a [i16]> for Formats<'a> {
    fn from(codes: &'a [i16]) -> Self {
        Self(Source::Slice(codes))
    }
}

impl<'a, const N: usize> From<&'a [i16; N]> for Formats<'a> {
    fn from(codes: &'a [i16; N]) -> Self {
        Self(Source::Slice(codes))
    }
}

impl Default for Formats<'_> {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl PartialEq for Formats<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Formats<'_> {}

impl fmt::Debug for Formats<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a> IntoIterator for Formats<'a> {
    type Item = i16;
    type IntoIter = FormatsIter<'a>;

    #[inline]
    fn into_iter(self) -> FormatsIter<'a> {
        self.iter()
    }
}

/// The codes of a [`Formats`], in order.
#[derive(Clone)]
pub struct FormatsIter<'a>(Source<'a>);

impl Iterator for FormatsIter<'_> {
    type Item = i16;

    #[inline]
    fn next(&mut self) -> Option<i16> {
        match &mut self.0 {
            Source::Wire(codes) => {
                let (first, rest) = codes.split_first()?;
                *codes = rest;
                Some(i16::from_be_bytes(*first))
            }
            Source::Slice(codes) => {
                let (first, rest) = codes.split_first()?;
                *codes = rest;
                Some(*first)
            }
        }
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = Formats(self.0).len();
        (len, Some(len))
    }
}

impl ExactSizeIterator for FormatsIter<'_> {}
impl core::iter::FusedIterator for FormatsIter<'_> {}

impl fmt::Debug for FormatsIter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_one_or_each() {
        let none = Formats::EMPTY;
        assert_eq!((none.resolve(0, 2), none.resolve(1, 2)), (Some(0), Some(0)));
        let one = Formats::from(&[1]);
        assert_eq!((one.resolve(0, 2), one.resolve(1, 2)), (Some(1), Some(1)));
        let each = Formats::from(&[0, 1]);
        assert_eq!((each.resolve(0, 2), each.resolve(1, 2)), (Some(0), Some(1)));
    }

    #[test]
    fn a_list_that_does_not_fit_resolves_nothing() {
        let two = Formats::from(&[0, 1]);
        assert!(two.fits(2) && !two.fits(0) && !two.fits(1) && !two.fits(3));
        assert_eq!(two.resolve(0, 3), None);
        assert_eq!(two.resolve(2, 2), None);
    }

    #[test]
    fn one_code_fits_anything() {
        assert!(Formats::from(&[1]).fits(0));
        assert_eq!(Formats::from(&[7]).resolve(4, 5), Some(7));
    }

    #[test]
    fn wire_and_slice_are_alike() {
        let mut reader = Reader::new(b"\0\x02\0\0\xFF\xFF");
        let wire = Formats::read(&mut reader);
        assert_eq!(wire, Ok(Formats::from(&[0, -1])));
    }
}
