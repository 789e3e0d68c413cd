//! The rare layouts of floating point: exponents, and decimals halfway between two numbers.

use alloc::vec::Vec;
use core::fmt::{self, Write as _};
use core::str;

/// A finite number above zero as decimal digits d.ddd × 10^`exponent`.
#[derive(Copy, Clone)]
pub(super) struct Shortest {
    /// All digits as an integer, without zeros at its end.
    digits: u64,
    count: u32,
    exponent: i32,
}

/// A number as significand × 2^`exponent`.
pub(super) struct Binary {
    pub(super) significand: u64,
    pub(super) exponent: i32,
    /// The number below is only half as far as the one above.
    pub(super) is_power: bool,
}

impl Shortest {
    /// From digits with a point or an exponent or both.
    pub(super) fn new(text: &str) -> Self {
        let (number, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let point = number.find('.').unwrap_or(number.len());
        let (mut digits, mut count, mut before_point) = (0, 0, 0);
        for (i, b) in number
            .bytes()
            .enumerate()
            .filter(|(_, b)| b.is_ascii_digit())
        {
            if digits == 0 && b == b'0' {
                // A zero before the first digit moves the point when it stands after it.
                before_point -= i32::from(i > point);
                continue;
            }
            before_point += i32::from(i < point);
            digits = digits * 10 + u64::from(b - b'0');
            count += 1;
        }
        while digits != 0 && digits % 10 == 0 {
            digits /= 10;
            count -= 1;
        }
        Self {
            digits,
            count,
            exponent: before_point - 1 + exponent.parse().unwrap_or(0),
        }
    }

    /// The digits PostgreSQL takes when these are exactly halfway between `value` and its neighbour: such a decimal reads
    /// as `value` only where ties go to even, so it takes the shortest strictly inside.
    pub(super) fn off_the_bound(
        self,
        binary: &Binary,
        value: f64,
        reads_as_value: impl Fn(&str) -> bool,
    ) -> Self {
        if !self.is_bound(binary) {
            return self;
        }
        for digits in self.count..17 {
            let mut text = Buffer::default();
            let digits = usize::try_from(digits).unwrap_or(17);
            if write!(text, "{value:.digits$e}").is_ok() && reads_as_value(text.as_str()) {
                let longer = Self::new(text.as_str());
                if !longer.is_bound(binary) {
                    return longer;
                }
            }
        }
        self
    }

    fn is_bound(&self, binary: &Binary) -> bool {
        // As odd × 2^power. More than 23 tens cannot divide an odd number of 54 bits, nor two tenths make one.
        let tens = self.exponent + 1 - i32::try_from(self.count).unwrap_or(0);
        let product = match tens {
            0..=23 => u128::from(self.digits) * 5u128.pow(tens.unsigned_abs()),
            -2..0 => {
                let fives = 5u64.pow(tens.unsigned_abs());
                if !self.digits.is_multiple_of(fives) {
                    return false;
                }
                u128::from(self.digits / fives)
            }
            _ => return false,
        };
        let twos = product.trailing_zeros();
        let (odd, power) = (product >> twos, tens + twos.cast_signed());
        let significand = u128::from(binary.significand);
        power == binary.exponent - 1 && (odd == significand * 2 + 1 || odd == significand * 2 - 1)
            || binary.is_power && power == binary.exponent - 2 && odd == significand * 4 - 1
    }

    /// `d.ddde+XX`, with two digits of exponent or more.
    pub(super) fn write_scientific(self, is_negative: bool, out: &mut Vec<u8>) {
        if is_negative {
            out.push(b'-');
        }
        let mut buffer = itoa::Buffer::new();
        let (first, rest) = buffer.format(self.digits).split_at(1);
        out.extend_from_slice(first.as_bytes());
        if !rest.is_empty() {
            out.push(b'.');
            out.extend_from_slice(rest.as_bytes());
        }
        let size = self.exponent.unsigned_abs();
        out.extend_from_slice(if self.exponent < 0 { b"e-" } else { b"e+" });
        if size >= 100 {
            out.extend_from_slice(itoa::Buffer::new().format(size).as_bytes());
        } else {
            out.extend_from_slice(&super::PAIRS[size as usize]);
        }
    }
}

/// Room for 17 digits, a point and an exponent.
#[derive(Default)]
struct Buffer {
    bytes: [u8; 32],
    length: usize,
}

impl Buffer {
    fn as_str(&self) -> &str {
        self.bytes
            .get(..self.length)
            .and_then(|bytes| str::from_utf8(bytes).ok())
            .unwrap_or_default()
    }
}

impl fmt::Write for Buffer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self
            .bytes
            .get_mut(self.length..self.length + text.len())
            .ok_or(fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.length += text.len();
        Ok(())
    }
}
