//! The client machine: against scripted servers, captured sessions, and the server machine.
#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

mod captured;
#[allow(
    dead_code,
    reason = "shared with the golden tests, which use all of it"
)]
#[path = "../golden/fixtures.rs"]
mod fixtures;
mod login;
mod pair;
mod row;
mod session;
mod support;
