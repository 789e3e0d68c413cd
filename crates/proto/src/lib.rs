//! The PostgreSQL wire protocol as pure codecs and state machines: no sockets, no clock, no randomness.
//!
//! ```text
//!   bytes ─> frame::split ─> (type, body) ─> frontend::Message ─┐
//!                                                               ├─ server::Connection: what may come when
//!   bytes <───────────────── Encode::encode <─ backend::… <─────┘
//! ```
//!
//! | module | |
//! |---|---|
//! | [`frame`] | cuts a stream into messages, none longer than its [`Limits`] allow |
//! | [`frontend`], [`backend`] | every message of either direction, one a file |
//! | [`codec`] | what bodies are read with, and the lists in them |
//! | [`copy`] | the rows in COPY data: text, CSV, binary |
//! | [`auth`] | passwords, MD5 and SCRAM, as exchanges of bytes |
//! | [`sql`] | splits a text into statements, and tells those that steer the session |
//! | [`server`], [`client`] | the state machines of either side |
//! | [`trace`] | prints traffic as libpq's `PQtrace` does |
//!
//! A decoded message borrows from the bytes it was read from; an encoded one is appended to the caller's buffer.
//! Neither allocates.
//!
//! ```
//! use trunkline_proto::{Encode, Limits, backend, frame, frontend};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let limits = Limits::default();
//! let mut input = &b"Q\0\0\0\x0Dselect 1\0"[..];
//! let mut output = vec![];
//!
//! while let Some((tag, body)) = frame::split(&mut input, |tag| limits.max_len(tag))? {
//!     match frontend::Message::decode(tag, body)? {
//!         frontend::Message::Query(query) => assert_eq!(query.sql, b"select 1"),
//!         other => panic!("{other:?}"),
//!     }
//!     backend::encode_tag("SELECT", 0, &mut output)?;
//!     backend::ReadyForQuery { status: backend::TransactionStatus::Idle }.encode(&mut output)?;
//! }
//! assert_eq!(output, b"C\0\0\0\x0DSELECT 0\0Z\0\0\0\x05I");
//! # Ok(())
//! # }
//! ```
#![no_std]
#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing)]
#![cfg_attr(
    test,
    allow(
        clippy::indexing_slicing,
        reason = "a panic is the failure report of a test"
    )
)]
extern crate alloc;

pub mod auth;
pub mod backend;
pub mod client;
pub mod codec;
pub mod copy;
pub mod frame;
pub mod frontend;
mod limits;
mod name;
mod oid;
pub mod server;
pub mod sql;
mod sqlstate;
pub mod trace;

pub use codec::{Decode, DecodeError, Encode, EncodeError};
pub use limits::{Limits, ReplyLimits};
pub use name::{NAME_LEN, PortalName, StatementName};
pub use oid::{Format, Oid, UnsupportedFormat};
pub use sqlstate::{InvalidSqlState, SqlState, SqlStateKind};
