//! Values through real PostgreSQL, by `Connection`, asynchronous and blocking: parameters and columns of every type in both formats, the types of one database, rows as
//! structs, and what errors say.

#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

/// What differs between the two clients.
mod api {
    pub(crate) use trunkline_client::Connection;
}
mod errors;
mod every_type;
mod own_types;
mod structs;
mod support;

/// The same tests of the blocking client.
mod blocking {
    pub(crate) mod api {
        pub(crate) use trunkline_client::blocking::Connection;
    }
    trunkline_test_unasync::unasync!("tests/values" errors every_type own_types structs support);
}
