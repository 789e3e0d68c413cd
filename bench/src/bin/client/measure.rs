//! Time, processor time, memory.

use std::time::Instant;

use cpu_time::ProcessTime;

/// What a task did and took.
pub(crate) struct Measured {
    /// Of what was read, to compare with the peers', so that nobody measures a client that skips its work.
    pub(crate) sum: u64,
    pub(crate) seconds: f64,
    /// Of all threads, in the kernel too.
    pub(crate) cpu_seconds: f64,
}

/// Measures from its start to [`stop`](Self::stop).
pub(crate) struct Stopwatch {
    began: Instant,
    cpu: ProcessTime,
}

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self {
            began: Instant::now(),
            cpu: ProcessTime::now(),
        }
    }

    pub(crate) fn stop(self, sum: u64) -> Measured {
        Measured {
            sum,
            seconds: self.began.elapsed().as_secs_f64(),
            cpu_seconds: self.cpu.elapsed().as_secs_f64(),
        }
    }
}

/// The most memory that was ever resident, in KiB.
pub(crate) fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

#[derive(Clone, Copy, Default)]
pub(crate) struct Allocations {
    pub(crate) calls: u64,
    pub(crate) bytes: u64,
}

/// Counts the allocations of this thread, connecting included.
pub(crate) fn counting<T>(run: impl FnOnce() -> T) -> (T, Allocations) {
    let mut result = None;
    let counted = allocation_counter::measure(|| result = Some(run()));
    let allocations = Allocations {
        calls: counted.count_total,
        bytes: counted.bytes_total,
    };
    (result.expect("it was run"), allocations)
}
