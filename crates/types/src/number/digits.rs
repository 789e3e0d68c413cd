//! Decimal digits in registers: eight at a time, without branches or a way through memory, from which a wider read than
//! the writes before would have to wait.

use alloc::vec::Vec;

/// The two digits of 0 to 99.
pub(crate) const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut n = 0;
    while n < 100 {
        #[allow(clippy::cast_possible_truncation, reason = "n is below 100")]
        let n8 = n as u8;
        pairs[n] = [b'0' + n8 / 10, b'0' + n8 % 10];
        n += 1;
    }
    pairs
};

/// '0' in every byte.
pub(crate) const ZEROS: u64 = 0x3030_3030_3030_3030;

/// The digits of `n` < 10⁸, one a byte as values, the first digit in the lowest byte.
#[inline]
pub(crate) const fn spread(n: u32) -> u64 {
    // Halve thrice: 8 digits into 2 lanes of 4, 4 of 2, 8 of 1. The factors are 2²⁰/100 and 2¹⁰/10 rounded up,
    // exact for lanes below 10⁴ and 10².
    let high = n / 10_000;
    let x = high as u64 | ((n - high * 10_000) as u64) << 32;
    let q = ((x * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let x = q | (x - q * 100) << 16;
    let q = ((x * 103) >> 10) & 0x000f_000f_000f_000f;
    q | (x - q * 10) << 8
}

/// Appends the digits of `n`, with their count as a length before them.
#[inline]
pub(super) fn unsigned_field(n: u64, out: &mut Vec<u8>) {
    match u32::try_from(n) {
        Ok(n) if n < 100_000_000 => {
            let digits = spread(n);
            // The bit keeps the last digit of a zero.
            let zeros = (digits | 1 << 56).trailing_zeros() / 8;
            let count = 8 - zeros;
            let text = (digits + ZEROS) >> (zeros * 8);
            let mut field = [0; 12];
            field[..4].copy_from_slice(&count.to_be_bytes());
            field[4..].copy_from_slice(&text.to_le_bytes());
            out.extend_from_slice(&field);
            out.truncate(out.len() - zeros as usize);
        }
        _ => text_field(itoa::Buffer::new().format(n).as_bytes(), out),
    }
}

/// Appends at most 255 bytes with their length before them.
#[inline]
#[allow(clippy::cast_possible_truncation, reason = "numbers are short")]
pub(super) fn text_field(text: &[u8], out: &mut Vec<u8>) {
    out.reserve(text.len() + 4);
    out.extend_from_slice(&[0, 0, 0, text.len() as u8]);
    out.extend_from_slice(text);
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn agrees_with_the_standard_library() {
        let mut n = 1u64;
        let mut all = alloc::vec![0, u64::MAX];
        while let Some(next) = n.checked_mul(3) {
            all.extend([n, n - 1, n + 1]);
            n = next;
        }
        let mut ten = 1u64;
        while let Some(next) = ten.checked_mul(10) {
            all.extend([ten, ten - 1, ten + 1]);
            ten = next;
        }
        for n in all {
            let mut out = Vec::new();
            unsigned_field(n, &mut out);
            let text = n.to_string();
            assert_eq!(
                out[..4],
                u32::try_from(text.len()).unwrap_or(0).to_be_bytes()
            );
            assert_eq!(&out[4..], text.as_bytes());
        }
    }
}
