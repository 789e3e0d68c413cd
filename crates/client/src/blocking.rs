//! The same client for code that blocks: no runtime, no task, no thread.
//!
//! Everything has the name that it has outside of here, and does the same; what is awaited there waits here, on the thread that calls
//! it. It is the same code below, with sockets that poll(2) waits for.
//!
//! The name of a host is looked up by the system, and `connect_timeout` does not reach that.

mod cancel;
mod connection;

pub use cancel::CancelToken;
pub use connection::Connection;
