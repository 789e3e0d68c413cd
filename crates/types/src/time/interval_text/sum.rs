//! Adding up the parts of an interval as PostgreSQL does.

use super::units::Unit;
use crate::error::Fault;
use crate::time::{DAY, Interval};

/// A decimal number in two parts of the same sign.
#[derive(Copy, Clone, PartialEq, PartialOrd)]
pub(super) struct Number {
    pub(super) whole: i64,
    pub(super) fraction: f64,
}

impl Number {
    pub(super) fn whole(whole: i64) -> Self {
        Self {
            whole,
            fraction: 0.0,
        }
    }

    /// Read without a sign, so that neither part can overflow.
    pub(super) fn signed(self, is_negative: bool) -> Self {
        if is_negative {
            Self {
                whole: -self.whole,
                fraction: -self.fraction,
            }
        } else {
            self
        }
    }
}

/// The sum of the parts read so far.
#[derive(Default)]
pub(super) struct Sum {
    months: i32,
    days: i32,
    micros: i64,
}

impl Sum {
    /// Adds a quantity as PostgreSQL does: whole units exactly, the fraction in double precision.
    pub(super) fn add(
        &mut self,
        Number { whole, fraction }: Number,
        unit: Unit,
    ) -> Result<(), Fault> {
        match unit {
            Unit::Months(size) => {
                self.add_months(whole, size)?;
                if size == 1 {
                    self.add_days_of(fraction * 30.0)?;
                } else {
                    self.add_months(round(fraction * f64::from(size)), 1)?;
                }
            }
            Unit::Days(size) => {
                self.add_days(whole, size)?;
                if size == 1 {
                    self.add_micros(round(fraction * to_f64(DAY)), 1)?;
                } else {
                    self.add_days_of(fraction * f64::from(size))?;
                }
            }
            Unit::Micros(size) => {
                self.add_micros(whole, size)?;
                self.add_micros(round(fraction * to_f64(size)), 1)?;
            }
        }
        Ok(())
    }

    pub(super) fn add_months(&mut self, n: i64, size: i32) -> Result<(), Fault> {
        let n = i32::try_from(n)
            .ok()
            .and_then(|n| n.checked_mul(size))
            .ok_or(Fault::Range)?;
        self.months = self.months.checked_add(n).ok_or(Fault::Range)?;
        Ok(())
    }

    pub(super) fn add_days(&mut self, n: i64, size: i32) -> Result<(), Fault> {
        let n = i32::try_from(n)
            .ok()
            .and_then(|n| n.checked_mul(size))
            .ok_or(Fault::Range)?;
        self.days = self.days.checked_add(n).ok_or(Fault::Range)?;
        Ok(())
    }

    /// Days with a fraction, which becomes a time.
    pub(super) fn add_days_of(&mut self, days: f64) -> Result<(), Fault> {
        let whole = truncate(days);
        self.add_days(whole, 1)?;
        self.add_micros(round((days - to_f64(whole)) * to_f64(DAY)), 1)
    }

    pub(super) fn add_micros(&mut self, n: i64, size: i64) -> Result<(), Fault> {
        let n = n.checked_mul(size).ok_or(Fault::Range)?;
        self.micros = self.micros.checked_add(n).ok_or(Fault::Range)?;
        Ok(())
    }

    pub(super) fn finish(self) -> Interval {
        Interval::new(self.months, self.days, self.micros)
    }
}

/// To the nearest, halves to even, as `rint`. Fractions of units are far inside the range of `i64`.
pub(super) fn round(x: f64) -> i64 {
    let whole = truncate(x);
    let rest = x - to_f64(whole);
    let up = rest.abs() > 0.5 || rest.abs() == 0.5 && whole % 2 != 0;
    whole
        + if up {
            if rest < 0.0 { -1 } else { 1 }
        } else {
            0
        }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "towards zero is what is wanted"
)]
fn truncate(x: f64) -> i64 {
    x as i64
}

#[allow(clippy::cast_precision_loss, reason = "units are small and exact")]
pub(super) fn to_f64(n: i64) -> f64 {
    n as f64
}
