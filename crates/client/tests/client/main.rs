//! The shared client against real servers of PostgreSQL 15 and 18.
#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

mod copies;
mod dropped;
mod listening;
mod pipelines;
mod queries;
mod retry;
mod sharing;
mod slow;
mod support;
mod transactions;
mod types;
