//! The same client for code that blocks: no runtime, no task, no thread.
//!
//! Everything has the name that it has outside of here, and does the same; what is awaited there waits here, on the thread that calls
//! it. It is the same code below, with sockets that poll(2) waits for.
//!
//! The name of a host is looked up by the system, and `connect_timeout` does not reach that.

mod cancel;
mod client;
mod connection;
mod copy;
mod drain;
mod notifications;
mod pipeline;
mod portal;
mod rows;
mod transaction;

pub use cancel::CancelToken;
pub use client::{Client, With};
pub use connection::Connection;
pub use copy::{CopyIn, CopyInRows, CopyOut, CopyOutRows};
pub use notifications::{Notices, Notifications};
pub use pipeline::{Pipeline, Reply};
pub use portal::Portal;
pub use rows::Rows;
pub use transaction::Transaction;
