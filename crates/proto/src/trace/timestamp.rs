//! The time at the start of a line.

use core::fmt::{self, Write};

/// Prints the time of a message, in UTC and with a tab after it, in the form that `PQtrace` puts before each line.
///
/// `micros` are microseconds since 1970; the caller has the clock.
///
/// ```
/// let mut line = String::new();
/// trunkline_proto::trace::timestamp(&mut line, 1_709_164_800_000_042)?;
/// assert_eq!(line, "2024-02-29 00:00:00.000042\t");
/// # Ok::<(), std::fmt::Error>(())
/// ```
///
/// # Errors
///
/// What `out` fails with.
pub fn timestamp(out: &mut impl Write, micros: i64) -> fmt::Result {
    let (seconds, micros) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    write!(
        out,
        "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{micros:06}\t"
    )
}

/// The Gregorian date of a number of days since 1970-01-01.
///
/// Years are counted from March, so that a leap day is the last of its year, in cycles of 400 years.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468; // since 0000-03-01
    let (cycle, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153; // 0 is March; five months have 153 days
    let date = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (cycle * 400 + year + i64::from(month <= 2), month, date)
}

#[cfg(test)]
mod tests {
    use super::civil;

    #[test]
    fn days_around_the_odd_ones() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(-1), (1969, 12, 31));
        assert_eq!(civil(11_016), (2000, 2, 29));
        assert_eq!(civil(11_017), (2000, 3, 1));
        assert_eq!(civil(47_540), (2100, 2, 28));
        assert_eq!(civil(47_541), (2100, 3, 1));
    }
}
