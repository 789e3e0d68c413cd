//! The usual dates and times, of the years 1 to 9999, put together in registers: rows are full of these.

use alloc::vec::Vec;

use super::stack::fraction;
use super::{DAY, SECOND, calendar};
use crate::number::PAIRS;

/// 0001-01-01 and 10000-01-01.
const FIRST: i64 = calendar::days(1, 1, 1) * DAY;
const END: i64 = calendar::days(10_000, 1, 1) * DAY;

/// Appends `YYYY-MM-DD HH:MM:SS[.ffffff]`, with `+00` after it or not, with a length before it or not; or nothing, and returns
/// false, for the unusual years and the infinities.
#[inline]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "each is a remainder, or was compared before"
)]
pub(super) fn append<const IN_UTC: bool, const IS_FIELD: bool>(
    micros: i64,
    out: &mut Vec<u8>,
) -> bool {
    if !(FIRST..END).contains(&micros) {
        return false;
    }
    let since = (micros - FIRST) as u64;
    let days = since / DAY as u64;
    let of_day = since - days * DAY as u64;
    let seconds = of_day / SECOND as u64;
    let micros = (of_day - seconds * SECOND as u64) as u32;
    let [year_and_month, day] = date_words((FIRST / DAY) as i32 + days as i32);
    let [hour_and_minute, second] = clock_words(seconds as u32);
    // Stored in whole words: one that is read back wider than it was written waits for the writes.
    let mut text = [0; 26];
    text[..8].copy_from_slice(&year_and_month.to_le_bytes());
    text[8..16]
        .copy_from_slice(&(day | u64::from(b' ') << 16 | hour_and_minute << 24).to_le_bytes());
    text[16..19].copy_from_slice(&second.to_le_bytes()[..3]);
    text[19..22].copy_from_slice(b"+00");
    let (more, count) = if micros > 0 {
        fraction(micros)
    } else {
        ([0; 8], 0)
    };
    let zone = if IN_UTC { 3 } else { 0 };
    if IS_FIELD {
        out.extend_from_slice(&[0, 0, 0, (19 + count + zone) as u8]);
    }
    if micros == 0 {
        out.extend_from_slice(&text[..19 + zone]);
        return true;
    }
    out.extend_from_slice(&text[..19]);
    out.extend_from_slice(&more);
    out.truncate(out.len() - (more.len() - count));
    out.extend_from_slice(&text[19..19 + zone]);
    true
}

/// `YYYY-MM-DD`, or `None` for the unusual years and the infinities.
#[inline]
pub(super) fn date(days: i32) -> Option<[u8; 10]> {
    if !(FIRST / DAY..END / DAY).contains(&i64::from(days)) {
        return None;
    }
    let [year_and_month, day] = date_words(days);
    let mut text = [0; 10];
    text[..8].copy_from_slice(&year_and_month.to_le_bytes());
    text[8..].copy_from_slice(&day.to_le_bytes()[..2]);
    Some(text)
}

/// `HH:MM:SS` of a time of day.
#[inline]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a day has 86400 seconds"
)]
pub(super) fn time(micros: i64) -> [u8; 8] {
    let [hour_and_minute, second] = clock_words((micros / SECOND) as u32);
    (hour_and_minute | second << 40).to_le_bytes()
}

/// Appends a text shorter than 256 bytes with its length before it.
#[inline]
#[allow(clippy::cast_possible_truncation, reason = "N is small")]
pub(super) fn field<const N: usize>(text: [u8; N], out: &mut Vec<u8>) {
    out.reserve(N + 4);
    out.extend_from_slice(&[0, 0, 0, N as u8]);
    out.extend_from_slice(&text);
}

/// `YYYY-MM-` and `DD` of a day in the years 1 to 9999, the first character in the lowest byte.
#[inline]
#[allow(clippy::cast_sign_loss, reason = "the year is positive")]
fn date_words(days: i32) -> [u64; 2] {
    let (year, month, day) = calendar::civil(days);
    let year = year as u32;
    let dash = u64::from(b'-');
    let year_and_month = two(year / 100)
        | two(year % 100) << 16
        | dash << 32
        | two(u32::from(month)) << 40
        | dash << 56;
    [year_and_month, two(u32::from(day))]
}

/// `HH:MM` and `:SS`.
#[inline]
fn clock_words(seconds: u32) -> [u64; 2] {
    let minutes = seconds / 60;
    let hours = minutes / 60;
    let colon = u64::from(b':');
    [
        two(hours) | colon << 16 | two(minutes - hours * 60) << 24,
        colon | two(seconds - minutes * 60) << 8,
    ]
}

/// The digits of `n` < 100.
#[inline]
fn two(n: u32) -> u64 {
    PAIRS
        .get(n as usize)
        .map_or(0, |pair| u64::from(u16::from_le_bytes(*pair)))
}
