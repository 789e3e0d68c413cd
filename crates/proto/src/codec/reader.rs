//! A cursor over one body that cannot read past its end.

use crate::DecodeError;

/// Reads the fields of one body in order.
///
/// Every method takes its bytes off the front, or fails and says how. [`finish`](Self::finish) is what makes a
/// decoder use the whole body.
///
/// ```
/// use trunkline_proto::{codec::Reader, DecodeError};
///
/// let mut body = Reader::new(b"name\0\x00\x07");
/// assert_eq!(body.cstr()?, b"name");
/// assert_eq!(body.i16()?, 7);
/// body.finish()
/// # ?; Ok::<(), DecodeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A cursor at the start of `body`.
    #[inline]
    #[must_use]
    pub const fn new(body: &'a [u8]) -> Self {
        Self { rest: body }
    }

    /// The bytes not read yet; none are left afterwards.
    #[inline]
    pub fn rest(&mut self) -> &'a [u8] {
        core::mem::take(&mut self.rest)
    }

    /// The bytes not read yet, left where they are.
    #[inline]
    #[must_use]
    pub const fn peek(&self) -> &'a [u8] {
        self.rest
    }

    /// One byte.
    ///
    /// # Errors
    ///
    /// [`DecodeError::NoData`] at the end of the body.
    #[inline]
    pub fn u8(&mut self) -> Result<u8, DecodeError> {
        let (&byte, rest) = self.rest.split_first().ok_or(DecodeError::NoData)?;
        self.rest = rest;
        Ok(byte)
    }

    /// `N` bytes by value.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Insufficient`] if fewer are left.
    #[inline]
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (head, rest) = self
            .rest
            .split_first_chunk()
            .ok_or(DecodeError::Insufficient)?;
        self.rest = rest;
        Ok(*head)
    }

    /// A big-endian Int16.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Insufficient`] if fewer than two bytes are left.
    #[inline]
    pub fn i16(&mut self) -> Result<i16, DecodeError> {
        self.array().map(i16::from_be_bytes)
    }

    /// A big-endian Int32.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Insufficient`] if fewer than four bytes are left.
    #[inline]
    pub fn i32(&mut self) -> Result<i32, DecodeError> {
        self.array().map(i32::from_be_bytes)
    }

    /// An Int32 that is an unsigned number, such as an OID.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Insufficient`] if fewer than four bytes are left.
    #[inline]
    pub fn u32(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_be_bytes)
    }

    /// An Int16 that counts what follows: 0 to 65535. Read as signed, a count over 32767 would be negative.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Insufficient`] if fewer than two bytes are left.
    #[inline]
    pub fn count(&mut self) -> Result<usize, DecodeError> {
        self.array()
            .map(|bytes| usize::from(u16::from_be_bytes(bytes)))
    }

    /// The next `length` bytes.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Insufficient`] if fewer are left.
    #[inline]
    pub fn bytes(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let (head, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(DecodeError::Insufficient)?;
        self.rest = rest;
        Ok(head)
    }

    /// `count` fields of `N` bytes each.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Insufficient`] if fewer are left.
    #[inline]
    pub(super) fn chunks<const N: usize>(
        &mut self,
        count: usize,
    ) -> Result<&'a [[u8; N]], DecodeError> {
        let bytes = self.bytes(count.checked_mul(N).ok_or(DecodeError::Insufficient)?)?;
        Ok(bytes.as_chunks().0)
    }

    /// A value: Int32 length and that many bytes, or −1 and nothing for NULL.
    ///
    /// # Errors
    ///
    /// [`DecodeError::NegativeLength`] for a length under −1, [`DecodeError::Insufficient`] if the bytes are
    /// not there.
    #[inline]
    pub fn value(&mut self) -> Result<Option<&'a [u8]>, DecodeError> {
        let length = self.i32()?;
        match usize::try_from(length) {
            Ok(length) => self.bytes(length).map(Some),
            Err(_) if length == -1 => Ok(None),
            Err(_) => Err(DecodeError::NegativeLength(length)),
        }
    }

    /// A short string, such as a name, without its NUL.
    ///
    /// # Errors
    ///
    /// [`DecodeError::UnterminatedString`] if no NUL follows.
    #[inline]
    pub fn cstr(&mut self) -> Result<&'a [u8], DecodeError> {
        // Names are short or empty: a loop beats a call to memchr.
        self.cstr_ending_at(self.rest.iter().position(|&byte| byte == 0))
    }

    /// A string that may be long, such as SQL, without its NUL.
    ///
    /// # Errors
    ///
    /// [`DecodeError::UnterminatedString`] if no NUL follows.
    #[inline]
    pub fn text(&mut self) -> Result<&'a [u8], DecodeError> {
        self.cstr_ending_at(memchr::memchr(0, self.rest))
    }

    #[inline]
    fn cstr_ending_at(&mut self, end: Option<usize>) -> Result<&'a [u8], DecodeError> {
        let end = end.ok_or(DecodeError::UnterminatedString)?;
        match self.rest.split_at_checked(end) {
            Some((string, [0, rest @ ..])) => {
                self.rest = rest;
                Ok(string)
            }
            _ => Err(DecodeError::UnterminatedString),
        }
    }

    /// Ends the body.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Trailing`] if bytes are left. Ignoring them would let two readers of a stream disagree
    /// about what it says.
    #[inline]
    pub const fn finish(self) -> Result<(), DecodeError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(DecodeError::Trailing)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_in_order() {
        let mut reader = Reader::new(b"\x01\xFF\xFE\xFF\xFF\xFF\xFD\x80\x00\x00\x00ab\0c\0");
        assert_eq!(reader.u8(), Ok(1));
        assert_eq!(reader.i16(), Ok(-2));
        assert_eq!(reader.i32(), Ok(-3));
        assert_eq!(reader.u32(), Ok(0x8000_0000));
        assert_eq!(reader.cstr(), Ok(&b"ab"[..]));
        assert_eq!(reader.text(), Ok(&b"c"[..]));
        assert_eq!(reader.finish(), Ok(()));
    }

    #[test]
    fn counts_are_unsigned() {
        assert_eq!(Reader::new(b"\xFF\xFF").count(), Ok(65535));
    }

    #[test]
    fn each_kind_of_end_has_its_name() {
        assert_eq!(Reader::new(b"").u8(), Err(DecodeError::NoData));
        assert_eq!(Reader::new(b"\0").i16(), Err(DecodeError::Insufficient));
        assert_eq!(Reader::new(b"\0\0\0").i32(), Err(DecodeError::Insufficient));
        assert_eq!(Reader::new(b"ab").bytes(3), Err(DecodeError::Insufficient));
        assert_eq!(
            Reader::new(b"ab").cstr(),
            Err(DecodeError::UnterminatedString)
        );
        assert_eq!(
            Reader::new(b"ab").text(),
            Err(DecodeError::UnterminatedString)
        );
        assert_eq!(Reader::new(b"a").finish(), Err(DecodeError::Trailing));
    }

    #[test]
    fn a_failed_read_takes_nothing() {
        let mut reader = Reader::new(b"abc");
        assert!(reader.bytes(4).is_err() && reader.i32().is_err() && reader.cstr().is_err());
        assert_eq!(reader.rest(), b"abc");
    }

    #[test]
    fn values_have_three_shapes() {
        assert_eq!(Reader::new(b"\xFF\xFF\xFF\xFF").value(), Ok(None));
        assert_eq!(Reader::new(b"\0\0\0\0").value(), Ok(Some(&b""[..])));
        assert_eq!(Reader::new(b"\0\0\0\x01x").value(), Ok(Some(&b"x"[..])));
        assert_eq!(
            Reader::new(b"\xFF\xFF\xFF\xFEx").value(),
            Err(DecodeError::NegativeLength(-2))
        );
        assert_eq!(
            Reader::new(b"\x80\0\0\0x").value(),
            Err(DecodeError::NegativeLength(i32::MIN))
        );
        assert_eq!(
            Reader::new(b"\x7F\xFF\xFF\xFFx").value(),
            Err(DecodeError::Insufficient)
        );
    }
}
