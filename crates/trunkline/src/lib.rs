//! The PostgreSQL wire protocol, whole.
//!
//! This crate is the face of several; a feature turns each on.
//!
//! | module | feature | for |
//! |---|---|---|
//! | [`proto`] | always | messages and state machines, without I/O |
//! | [`types`] | always | values in text and binary |
//! | `client` | `client` | talking to PostgreSQL |
//! | `client::blocking` | `client-blocking` | the same without a runtime |
//! | [`server`] | `server` | giving a data service a PostgreSQL face |
//!
//! With `derive`, which is on by default, rows become structs by `#[derive(trunkline::client::FromRow)]`, and PostgreSQL's enums,
//! domains and composites Rust's by `#[derive(trunkline::types::Encode, trunkline::types::Decode)]`.
#![forbid(unsafe_code)]

#[cfg(any(feature = "client", feature = "client-blocking"))]
#[doc(inline)]
pub use trunkline_client as client;
#[doc(inline)]
pub use trunkline_proto as proto;
#[cfg(feature = "server")]
#[doc(inline)]
pub use trunkline_server as server;
#[doc(inline)]
pub use trunkline_types as types;
