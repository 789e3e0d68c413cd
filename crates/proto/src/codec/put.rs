//! Appending fields to a body.

use alloc::vec::Vec;

use crate::EncodeError;

/// The longest value and the largest length field: Int32's maximum.
pub(crate) const MAX_LENGTH: usize = 0x7FFF_FFFF;
/// The largest Int16 count, which is unsigned.
pub(crate) const MAX_COUNT: usize = 0xFFFF;

const TOO_LONG: EncodeError = EncodeError::TooLong { limit: MAX_LENGTH };

#[inline]
pub(crate) fn i16(out: &mut Vec<u8>, value: i16) {
    out.extend_from_slice(&value.to_be_bytes());
}

#[inline]
pub(crate) fn i32(out: &mut Vec<u8>, value: i32) {
    out.extend_from_slice(&value.to_be_bytes());
}

/// An Int32 length, refused above Int32's maximum.
#[inline]
pub(crate) fn length(length: usize) -> Result<i32, EncodeError> {
    i32::try_from(length).map_err(|_| TOO_LONG)
}

/// Refuses parts that together cannot fit a message, before a byte of them is copied.
#[inline]
pub(crate) fn fits(parts: impl IntoIterator<Item = usize>) -> Result<(), EncodeError> {
    let mut total = 4_usize; // the length field itself
    for part in parts {
        total = total.saturating_add(part);
    }
    if total <= MAX_LENGTH {
        Ok(())
    } else {
        Err(TOO_LONG)
    }
}

/// An Int16 count, refused above 65535: 65536 would wrap to none and shift all that follows.
#[inline]
pub(crate) fn count(out: &mut Vec<u8>, count: usize) -> Result<(), EncodeError> {
    let count = u16::try_from(count).map_err(|_| EncodeError::TooManyItems { limit: MAX_COUNT })?;
    out.extend_from_slice(&count.to_be_bytes());
    Ok(())
}

/// Bytes without a length of their own.
#[inline]
pub(crate) fn bytes(out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), EncodeError> {
    fits([bytes.len()])?;
    out.extend_from_slice(bytes);
    Ok(())
}

/// A string and its NUL, refused if it holds one itself.
#[inline]
pub(crate) fn cstr(out: &mut Vec<u8>, string: &[u8]) -> Result<(), EncodeError> {
    fits([string.len(), 1])?;
    // Names are short, and a call to memchr costs more than looking at each of their bytes.
    let nul = if string.len() < 32 {
        string.contains(&0)
    } else {
        memchr::memchr(0, string).is_some()
    };
    if nul {
        return Err(EncodeError::NulInString);
    }
    out.extend_from_slice(string);
    out.push(0);
    Ok(())
}

/// A value after its Int32 length, or −1 for NULL.
#[inline]
pub(crate) fn value(out: &mut Vec<u8>, value: Option<&[u8]>) -> Result<(), EncodeError> {
    match value {
        None => i32(out, -1),
        Some(value) => {
            fits([value.len(), 4])?;
            let length = length(value.len())?;
            out.reserve(value.len() + 4);
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(value);
        }
    }
    Ok(())
}

/// A number in decimal digits.
#[inline]
pub(crate) fn decimal(out: &mut Vec<u8>, number: u64) {
    let mut room = [0; 20];
    let start = digits(&mut room, number);
    out.extend_from_slice(room.get(start..).unwrap_or(&[]));
}

/// Writes the digits of a number to the end of `room`, which has space for them; gives the index of the first.
#[inline]
pub(crate) fn digits(room: &mut [u8], mut number: u64) -> usize {
    let mut start = room.len();
    for slot in room.iter_mut().rev() {
        *slot = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
        start -= 1;
        if number == 0 {
            break;
        }
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use alloc::vec;

    #[test]
    fn decimals() {
        for number in [
            0,
            1,
            9,
            10,
            99,
            100,
            12_345,
            1_000_000,
            u64::MAX - 1,
            u64::MAX,
        ] {
            let mut out = vec![];
            decimal(&mut out, number);
            assert_eq!(out, number.to_string().as_bytes());
        }
    }

    #[test]
    fn lengths_stop_at_what_an_int32_holds() {
        assert_eq!(length(MAX_LENGTH), Ok(i32::MAX));
        assert_eq!(length(MAX_LENGTH + 1), Err(TOO_LONG));
        assert_eq!(fits([MAX_LENGTH - 4]), Ok(()));
        assert_eq!(fits([MAX_LENGTH - 4, 1]), Err(TOO_LONG));
        assert_eq!(fits([usize::MAX, 1]), Err(TOO_LONG));
    }

    #[test]
    fn counts_stop_at_65535() {
        let mut out = vec![];
        assert_eq!(count(&mut out, 65535), Ok(()));
        assert_eq!(
            count(&mut out, 65536),
            Err(EncodeError::TooManyItems { limit: 65535 })
        );
        assert_eq!(out, [0xFF, 0xFF]);
    }

    #[test]
    fn a_nul_is_refused_wherever_it_stands() {
        let mut out = vec![];
        for string in [&b"\0"[..], b"\0a", b"a\0", b"a\0b"] {
            assert_eq!(cstr(&mut out, string), Err(EncodeError::NulInString));
        }
        assert_eq!(out, []);
    }
}
