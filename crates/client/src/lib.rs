//! Talk to PostgreSQL: the client side of the wire protocol.
//!
//! ```text
//!  "postgres://…"  ──▶  Config  ──▶  resolve  ──▶  Resolved  ──▶  Connection
//!  or builder calls     what was     environment,  hosts to try   a session, driven
//!                       said         files         and how        message by message
//! ```
//!
//! | item | idea |
//! |---|---|
//! | [`Config`] | connection options, in libpq's two grammars or by builder methods |
//! | [`Environment`] | what surrounds the process: `PG…` variables, the user, the home folder |
//! | [`Resolved`] | the hosts to try in order, and everything that holds for each |
//! | [`Client`] | a session that tasks share: queries, transactions, pipelines, COPY, notifications |
//! | [`Connection`] | a session that one task owns: requests go in, events come out |
//! | [`Row`], [`Columns`], [`FromRow`] | what comes back, as Rust values |
//! | [`Params`] | what goes with a statement, as Rust values |
//! | [`catalog`] | what the types of one database are: enums, domains, composites |
//! | [`CancelToken`] | cancels what a session runs |
//! | [`TokenSource`], [`GssContext`] | hooks of yours, for logins with OAuth and Kerberos |
//! | `blocking` | the same without a runtime, with the feature `blocking` |
//! | [`Error`], [`ServerError`] | why something failed, and what the server said |
#![forbid(unsafe_code)]
#![warn(missing_docs)]

extern crate self as trunkline_client;

#[cfg(feature = "blocking")]
pub mod blocking;
#[cfg_attr(
    not(feature = "tokio"),
    allow(unreachable_pub, reason = "public only with tokio")
)]
mod cancel;
mod caret;
pub mod catalog;
mod channel;
#[cfg_attr(
    not(feature = "tokio"),
    allow(
        unreachable_pub,
        dead_code,
        unused_imports,
        reason = "public only with tokio"
    )
)]
mod client;
pub mod config;
mod connect;
#[cfg(feature = "tokio")]
mod connection;
mod core;
mod error;
mod gss;
mod login;
mod net;
mod oauth;
mod parameters;
mod random;
mod row;
mod server_error;
mod session_kind;

#[cfg(feature = "tokio")]
pub use cancel::CancelToken;
#[cfg(not(feature = "tokio"))]
use cancel::CancelToken;
pub use client::{
    All, Count, Isolation, Mode, Notification, One, Opt, ReplyKind, Source, Statement,
    TransactionOptions,
};
#[cfg(feature = "tokio")]
pub use client::{
    Client, CopyIn, CopyInRows, CopyOut, CopyOutRows, Notices, Notifications, Pipeline, Portal,
    Reply, Rows, Transaction,
};
pub use config::{Config, ConfigError, Environment, Resolved};
#[cfg(feature = "tokio")]
pub use connection::Connection;
pub use error::{Error, Result};
pub use gss::{GssContext, GssError, GssStep, GssTarget};
pub use oauth::{TokenError, TokenRequest, TokenSource};
pub use row::{Column, ColumnIndex, Columns, FromRow, FromRowOwned, OwnedRow, Params, Row};
pub use server_error::{Notice, ServerError};
#[cfg(feature = "derive")]
pub use trunkline_derive::FromRow;
pub use trunkline_proto::client::Event;
#[doc(no_inline)]
pub use trunkline_types as types;

/// For what `#[derive(FromRow)]` writes; nobody else calls it.
#[doc(hidden)]
pub mod __private {
    pub use crate::row::{ColumnCheck, Cursor, FromColumns, InOrder};
    pub use trunkline_types::Decode;
}
