//! Decimal digits without division, branches or calls: eight of them at a time in one register.

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
const ZEROS: u64 = 0x3030_3030_3030_3030;
const ZEROS_16: u128 = 0x3030_3030_3030_3030_3030_3030_3030_3030;

/// The digits of `n` < 10⁸, one a byte as values, the first digit in the lowest byte.
#[inline]
const fn spread(n: u32) -> u64 {
    // Halve thrice: 8 digits into 2 lanes of 4, 4 of 2, 8 of 1. The factors are 2²⁰/100 and 2¹⁰/10 rounded up,
    // exact for lanes below 10⁴ and 10².
    let high = n / 10_000;
    let x = high as u64 | ((n - high * 10_000) as u64) << 32;
    let q = ((x * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let x = q | (x - q * 100) << 16;
    let q = ((x * 103) >> 10) & 0x000f_000f_000f_000f;
    q | (x - q * 10) << 8
}

/// `n` < 10⁸ as eight digits with leading zeros.
#[inline]
pub(crate) const fn eight(n: u32) -> [u8; 8] {
    (spread(n) + ZEROS).to_le_bytes()
}

/// The digits of a number below 10¹⁶ without leading zeros, and how many they are.
#[inline]
#[allow(
    clippy::cast_possible_truncation,
    reason = "both halves are below 10⁸, the count below 17"
)]
fn sixteen(n: u64) -> ([u8; 16], usize) {
    if n < 100_000_000 {
        let digits = spread(n as u32);
        // The bit keeps the last digit of a zero.
        let skip = (digits | 1 << 56).trailing_zeros() & !7;
        let text = u128::from((digits + ZEROS) >> skip);
        (text.to_le_bytes(), 8 - (skip / 8) as usize)
    } else {
        let high = n / 100_000_000;
        let digits = u128::from(spread(high as u32))
            | u128::from(spread((n - high * 100_000_000) as u32)) << 64;
        let skip = digits.trailing_zeros() & !7;
        (
            ((digits + ZEROS_16) >> skip).to_le_bytes(),
            16 - (skip / 8) as usize,
        )
    }
}

/// The digits of `n`, and how many they are.
#[inline]
#[allow(
    clippy::cast_possible_truncation,
    reason = "the quotient is below 1845"
)]
pub(crate) fn unsigned(n: u64) -> ([u8; 24], usize) {
    let mut out = [0; 24];
    if n < 10_000_000_000_000_000 {
        let (digits, count) = sixteen(n);
        out[..16].copy_from_slice(&digits);
        return (out, count);
    }
    let high = n / 10_000_000_000_000_000;
    let rest = n - high * 10_000_000_000_000_000;
    let (first, count) = sixteen(high);
    let middle = rest / 100_000_000;
    out[..4].copy_from_slice(&first[..4]);
    let count = count.min(4);
    out[count..count + 8].copy_from_slice(&eight(middle as u32));
    out[count + 8..count + 16].copy_from_slice(&eight((rest - middle * 100_000_000) as u32));
    (out, count + 16)
}

/// Appends the first `count` of `bytes`: a copy of known size and a correction are cheaper than a call to `memcpy`.
#[inline]
pub(crate) fn put<const N: usize>(out: &mut Vec<u8>, bytes: &[u8; N], count: usize) {
    let end = out.len() + count;
    out.extend_from_slice(bytes);
    out.truncate(end);
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
            let (digits, count) = unsigned(n);
            assert_eq!(&digits[..count], n.to_string().as_bytes());
        }
    }
}
