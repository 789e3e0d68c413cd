//! The splitter and the control parser, beside PostgreSQL.
#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

mod control;
mod cursor;
mod literal;
mod split;
