//! Appending fields to a body.

use alloc::vec::Vec;

use crate::EncodeError;

/// The longest value and the largest length field: Int32's maximum.
pub(crate) const MAX_LENGTH: usize = 0x7FFF_FFFF;
/// The largest Int16 count, which is unsigned.
pub(crate) const MAX_COUNT: usize = 0xFFFF;

const TOO_LONG: EncodeError = EncodeError::TooLong { limit: MAX_LENGTH };

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
    // The empty name is the usual one of a portal.
    if string.is_empty() {
        out.push(0);
        return Ok(());
    }
    if string.len() >= MAX_LENGTH - 4 {
        return Err(TOO_LONG);
    }
    if has_nul(string) {
        return Err(EncodeError::NulInString);
    }
    out.reserve(string.len() + 1);
    out.extend_from_slice(string);
    out.push(0);
    Ok(())
}

/// Whether there is a NUL. Names and statements are short: a call to memchr costs more than looking at them here, piece by piece,
/// the last of which overlaps the one before.
#[inline(always)]
pub(super) fn has_nul(string: &[u8]) -> bool {
    const fn in_four(piece: &[u8; 4]) -> bool {
        let word = u32::from_ne_bytes(*piece);
        word.wrapping_sub(0x0101_0101) & !word & 0x8080_8080 != 0
    }
    fn in_sixteen(piece: &[u8; 16]) -> bool {
        piece.iter().fold(false, |nul, &byte| nul | (byte == 0))
    }
    if string.len() >= 256 {
        memchr::memchr(0, string).is_some()
    } else if let Some(last) = string.last_chunk() {
        string.as_chunks().0.iter().any(in_sixteen) || in_sixteen(last)
    } else if let Some(last) = string.last_chunk() {
        string.as_chunks().0.iter().any(in_four) || in_four(last)
    } else {
        string.contains(&0)
    }
}

/// A value after its Int32 length, or −1 for NULL.
#[inline]
pub(crate) fn value(out: &mut Vec<u8>, value: Option<&[u8]>) -> Result<(), EncodeError> {
    match value {
        None => i32(out, -1),
        // An integer: one piece instead of two.
        Some(&[a, b, c, d]) => out.extend_from_slice(&[0, 0, 0, 4, a, b, c, d]),
        Some(value) => {
            if value.len() > MAX_LENGTH - 8 {
                return Err(TOO_LONG);
            }
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
