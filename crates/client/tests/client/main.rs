//! The shared client, and the blocking one, against real servers of PostgreSQL 15 and 18.
#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

/// What differs between the two clients.
mod api;
mod copies;
mod crowds;
mod dropped;
mod endings;
mod ends;
mod held;
mod hijack;
mod listening;
mod literals;
mod nested;
mod pipelines;
mod queries;
mod retry;
mod runtimes;
mod sharing;
mod slow;
mod statements;
mod support;
mod transactions;
mod types;

/// The same tests of the blocking client, but for those that share it, and some of its own.
mod blocking {
    mod alone;
    pub(crate) mod api;
    trunkline_test_unasync::unasync!(
        "tests/client"
        copies ends hijack listening literals pipelines queries retry statements support
        transactions types
    );
}
