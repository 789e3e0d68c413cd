//! The black-box cases: each drives a server over a socket and asserts on every message that comes back. Tests bear the
//! id of their case (`t_s01_…`), requirements and attacks that of theirs (`sec_…`, `lm_…`).
//!
//! The cases run against this crate's server and a small [`play`] session. The same scripts run against PostgreSQL 18, which
//! is how they were made true, and [`beside`] runs them there each time. By hand:
//!
//! ```text
//! TRUNKLINE_CASES_TARGET=18 cargo test -p trunkline-server --test cases t_q
//! ```
//!
//! Not played at all:
//!
//! | case | why |
//! |---|---|
//! | T-A21 | OAUTHBEARER is not among the authenticators |
//! | T-S35, second half | no slots are reserved for some roles: an [`Authenticator`](trunkline_server::Authenticator) may |
//! | T-T05, second half | an immediate shutdown is the end of the process |

#![allow(unreachable_pub, reason = "these are modules of a binary")]
#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

#[path = "../wire/mod.rs"]
mod wire;

mod chance;
mod play;
mod target;

mod authentication;
mod beside;
mod cancel;
mod copy;
mod extended;
mod function_call;
mod guesses;
mod hostile;
mod kept;
mod limits;
mod mutated;
mod names;
mod notify;
mod portals;
mod pressure;
mod sequences;
mod simple;
mod startup;
mod termination;
mod transactions;
mod unix;
