//! Days to year, month and day and back, after Neri and Schneider, "Euclidean affine functions and their application to
//! calendar algorithms" (2022).

/// Days of 400 years.
const ERA: i64 = 146_097;
/// From 1 March of the year 0 to 2000-01-01.
const EPOCH: i64 = 730_425;
/// Whole eras before the year 0 that make every count of a date or timestamp positive.
const ERAS_BEFORE: i64 = 15;

/// The first day of the range of every type: 4714-11-24 BC, the Julian day 0.
pub(super) const FIRST_DAY: i32 = -2_451_545;

/// Year (0 is 1 BC), month and day of a count of days since 2000-01-01, from [`FIRST_DAY`] on.
#[inline]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "each is a remainder, or bounded by the range of days"
)]
pub(super) const fn civil(days: i32) -> (i32, u8, u8) {
    let n = (days as i64 + EPOCH + ERAS_BEFORE * ERA) as u64;
    let n1 = 4 * n + 3;
    let century = n1 / ERA as u64;
    let n2 = (n1 % ERA as u64) | 3;
    let p2 = 2_939_745 * n2;
    let day_of_year = (p2 as u32 / 2_939_745 / 4) as u64;
    let year = 100 * century + (p2 >> 32);
    let n3 = 2141 * day_of_year + 197_913;
    let (month, day) = (n3 >> 16, (n3 & 0xffff) / 2141);
    // The year begins in March up to here.
    let wraps = day_of_year >= 306;
    let year = year as i32 - 400 * ERAS_BEFORE as i32 + wraps as i32;
    (
        year,
        (if wraps { month - 12 } else { month }) as u8,
        day as u8 + 1,
    )
}

/// Days since 2000-01-01 of a date that exists.
#[allow(
    clippy::cast_possible_truncation,
    reason = "callers pass years of at most seven digits"
)]
pub(super) const fn days(year: i32, month: u8, day: u8) -> i64 {
    let year = year as i64 - (month <= 2) as i64;
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let month = (month as i64 + 9) % 12;
    let day_of_year = (153 * month + 2) / 5 + day as i64 - 1;
    era * ERA + of_era * 365 + of_era / 4 - of_era / 100 + day_of_year - EPOCH
}

/// How many days a month has.
pub(super) const fn month_length(year: i32, month: u8) -> u8 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_over_every_day_of_800_years_and_the_ends() {
        for day in (-300_000..300_000)
            .chain(FIRST_DAY..FIRST_DAY + 1000)
            .chain(2_145_031_948 - 1000..=2_145_031_948)
        {
            let (y, m, d) = civil(day);
            assert!(d <= month_length(y, m));
            assert_eq!(days(y, m, d), i64::from(day), "{y}-{m}-{d}");
        }
        assert_eq!(civil(0), (2000, 1, 1));
        assert_eq!(civil(FIRST_DAY), (-4713, 11, 24));
        assert_eq!(civil(2_145_031_948), (5_874_897, 12, 31));
    }
}
