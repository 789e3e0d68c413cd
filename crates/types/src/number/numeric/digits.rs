//! Digits to base 10000, in place while they are few.

use alloc::boxed::Box;
use alloc::vec;

/// As many as fit beside the tag in the space of three words.
const IN_PLACE: usize = 11;

#[derive(Clone)]
pub(super) enum Digits {
    InPlace(u8, [u16; IN_PLACE]),
    Boxed(Box<[u16]>),
}

impl Digits {
    pub(super) const EMPTY: Self = Self::InPlace(0, [0; IN_PLACE]);

    pub(super) fn zeroed(count: usize) -> Self {
        match u8::try_from(count) {
            Ok(few) if count <= IN_PLACE => Self::InPlace(few, [0; IN_PLACE]),
            _ => Self::Boxed(vec![0; count].into_boxed_slice()),
        }
    }

    #[inline]
    pub(super) fn as_slice(&self) -> &[u16] {
        match self {
            Self::InPlace(count, digits) => digits.get(..usize::from(*count)).unwrap_or_default(),
            Self::Boxed(digits) => digits,
        }
    }

    pub(super) fn as_mut_slice(&mut self) -> &mut [u16] {
        match self {
            Self::InPlace(count, digits) => {
                digits.get_mut(..usize::from(*count)).unwrap_or_default()
            }
            Self::Boxed(digits) => digits,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }
}
