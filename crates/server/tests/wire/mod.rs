//! A raw wire client for black-box tests: blocking sockets, bytes written by hand, replies compared in the protocol's own
//! shorthand. It shares no code with the crates under test, so that a mistake is not made twice.
//!
//! ```text
//! client.send([parse("", "select 1", &[]), bind("", "", &[]), execute("", 0), sync()]);
//! client.expect("1 2 D[1] C(SELECT 1) Z(I)");
//! ```

#![allow(
    dead_code,
    unused_imports,
    reason = "each test binary uses its own part of the client"
)]
#![allow(unreachable_pub, reason = "these are modules of a binary")]
#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

mod client;
mod md5;
mod messages;
mod notation;
mod scram;
mod tls;

pub use client::Client;
pub use md5::md5_answer;
pub use messages::*;
pub use notation::Seen;
pub use scram::{Final, Scram};
