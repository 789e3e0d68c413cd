//! What is measured.

use std::str::FromStr;

use trunkline::types::Timestamp;

/// Statements sent before the first answer is waited for, in [`Task::Pipeline`].
pub(crate) const BATCH: usize = 100;
/// The statement of [`Task::Prepared`] and [`Task::Pipeline`].
pub(crate) const ECHO: &str = "SELECT $1::int4";

#[derive(Clone, Copy)]
pub(crate) enum Task {
    Rows,
    Prepared,
    Pipeline,
}

impl FromStr for Task {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "rows" => Ok(Self::Rows),
            "prepared" => Ok(Self::Prepared),
            "pipeline" => Ok(Self::Pipeline),
            _ => Err(format!("there is no task {word}")),
        }
    }
}

pub(crate) struct Work {
    pub(crate) task: Task,
    /// Operations.
    pub(crate) count: usize,
    pub(crate) sql: String,
    pub(crate) config: String,
}

impl Work {
    /// The parameters of [`Task::Prepared`].
    pub(crate) fn parameters(&self) -> impl Iterator<Item = i32> {
        (0_i32..).take(self.count)
    }

    /// The parameters of [`Task::Pipeline`], batch by batch.
    pub(crate) fn batches(&self) -> impl Iterator<Item = impl Iterator<Item = i32>> {
        (0_i32..)
            .take(self.count / BATCH)
            .map(|first| (first..).take(BATCH))
    }
}

/// What a row of [`Task::Rows`] adds to the sum: a bit of each number, the length of the text.
#[inline]
pub(crate) fn of_row(id: i32, big: i64, txt: &str, f: f64, ts: Timestamp) -> u64 {
    let seconds = ts.unix_micros().unwrap_or(0) / 1_000_000;
    bit(id.into()) + bit(big) + txt.len() as u64 + bit(whole(f)) + bit(seconds)
}

#[inline]
const fn bit(number: i64) -> u64 {
    number.cast_unsigned() & 1
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "as the peers do it; the figures are small"
)]
#[inline]
const fn whole(f: f64) -> i64 {
    f as i64
}
