//! `Connection` against real PostgreSQL, and against servers that do what they must not.
#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

mod cancel;
mod downgrade;
mod dropped;
mod gss;
mod hostile;
mod logins;
mod oauth;
mod requests;
mod servers;
mod support;
