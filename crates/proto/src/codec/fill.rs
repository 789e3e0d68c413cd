//! Filling a body whose length was counted beforehand.
//!
//! Everything is inlined by force: called, it would keep its place in memory, and that is what it avoids.

use super::put;
use crate::EncodeError;

/// The room of one body, filled from the front.
///
/// Where it goes on is kept in registers, where a vector that grows with every field reads and writes its length in memory; so
/// what is sent often is counted first and filled in then.
#[derive(Debug)]
pub(crate) struct Fill<'a> {
    room: &'a mut [u8],
}

impl<'a> Fill<'a> {
    #[inline(always)]
    pub(crate) const fn new(room: &'a mut [u8]) -> Self {
        Self { room }
    }

    /// Whether all of the room is filled.
    #[inline(always)]
    pub(crate) const fn is_done(&self) -> bool {
        self.room.is_empty()
    }

    /// `count` fields of `N` bytes each.
    #[inline(always)]
    pub(super) fn each<const N: usize>(&mut self, fields: impl ExactSizeIterator<Item = [u8; N]>) {
        let slots = self.take(fields.len().saturating_mul(N)).as_chunks_mut().0;
        for (slot, field) in slots.iter_mut().zip(fields) {
            *slot = field;
        }
    }

    /// Bytes without a length of their own.
    #[inline(always)]
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.take(bytes.len()).copy_from_slice(bytes);
    }

    /// A field of `N` bytes.
    #[inline(always)]
    pub(crate) fn array<const N: usize>(&mut self, bytes: [u8; N]) {
        match core::mem::take(&mut self.room).split_first_chunk_mut() {
            Some((field, rest)) => {
                *field = bytes;
                self.room = rest;
            }
            None => miscounted(),
        }
    }

    /// An Int16 count, refused above 65535: 65536 would wrap to none and shift all that follows.
    #[inline(always)]
    pub(crate) fn count(&mut self, count: usize) -> Result<(), EncodeError> {
        match u16::try_from(count) {
            Ok(count) => {
                self.array(count.to_be_bytes());
                Ok(())
            }
            Err(_) => Err(EncodeError::TooManyItems {
                limit: put::MAX_COUNT,
            }),
        }
    }

    /// A string and its NUL, refused if it holds one itself.
    #[inline(always)]
    pub(crate) fn cstr(&mut self, string: &[u8]) -> Result<(), EncodeError> {
        // The unnamed portal's name is one.
        if !string.is_empty() {
            if put::has_nul(string) {
                return Err(EncodeError::NulInString);
            }
            self.bytes(string);
        }
        self.array([0]);
        Ok(())
    }

    /// A value after its Int32 length, or −1 for NULL.
    #[inline(always)]
    pub(crate) fn value(&mut self, value: Option<&[u8]>) -> Result<(), EncodeError> {
        match value {
            None => self.array((-1_i32).to_be_bytes()),
            // An integer: one piece instead of two.
            Some(&[a, b, c, d]) => self.array([0, 0, 0, 4, a, b, c, d]),
            Some(value) => {
                self.array(put::length(value.len())?.to_be_bytes());
                self.bytes(value);
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn take(&mut self, length: usize) -> &'a mut [u8] {
        match core::mem::take(&mut self.room).split_at_mut_checked(length) {
            Some((field, rest)) => {
                self.room = rest;
                field
            }
            None => miscounted(),
        }
    }
}

#[cold]
#[inline(never)]
fn miscounted() -> ! {
    unreachable!("a body is counted by what it is filled with")
}

/// The length of a string with its NUL.
#[inline(always)]
pub(crate) const fn cstr_len(string: &[u8]) -> usize {
    string.len().saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_follow_each_other() {
        let mut room = [0xEE; 24];
        let mut fill = Fill::new(&mut room);
        fill.array([1]);
        assert_eq!(fill.count(2), Ok(()));
        fill.each([3_u16, 4].into_iter().map(u16::to_be_bytes));
        assert_eq!(fill.cstr(b"a"), Ok(()));
        assert_eq!(fill.cstr(b""), Ok(()));
        assert_eq!(fill.value(Some(b"b")), Ok(()));
        assert_eq!(fill.value(None), Ok(()));
        assert!(!fill.is_done());
        fill.bytes(b"end!!");
        assert!(fill.is_done());
        assert_eq!(
            &room,
            b"\x01\0\x02\0\x03\0\x04a\0\0\0\0\0\x01b\xFF\xFF\xFF\xFFend!!"
        );
    }

    #[test]
    fn integers_are_values_as_others_are() {
        let mut room = [0; 8];
        assert_eq!(Fill::new(&mut room).value(Some(b"four")), Ok(()));
        assert_eq!(&room, b"\0\0\0\x04four");
    }

    #[test]
    fn counts_stop_at_65535() {
        let mut room = [0; 2];
        assert_eq!(Fill::new(&mut room).count(65535), Ok(()));
        assert_eq!(room, [0xFF, 0xFF]);
        let refused = Fill::new(&mut room).count(65536);
        assert_eq!(refused, Err(EncodeError::TooManyItems { limit: 65535 }));
    }
}
