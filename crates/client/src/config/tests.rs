//! Configurations as a whole: what is read, what fills it in, and what comes of it.

#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

mod uri;
