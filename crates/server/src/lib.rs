//! Give a data service a PostgreSQL face: psql, drivers and BI tools connect to it as to PostgreSQL.
//!
//! ```text
//!  client ──▶ Server ──▶ Authenticator ──▶ Open ──▶ Session ──▶ prepare ──▶ execute ──▶ Reply ──▶ client
//!             accept,    who is it?        one for   yours        what is it?   run it       rows
//!             TLS                          each
//! ```
//!
//! Two methods make a server:
//!
//! ```no_run
//! use trunkline_server::{Client, Params, Prepared, Reply, Result, Server, Session, Tag, Trust, Type};
//!
//! struct Hello;
//!
//! impl Session for Hello {
//!     type Statement = ();
//!     async fn prepare(&self, _: &str, _: &[Type]) -> Result<Prepared<()>> {
//!         Ok(Prepared::new(()).columns([("greeting", Type::TEXT)]))
//!     }
//!     async fn execute(&self, _: &(), _: Params<'_>, reply: &mut Reply) -> Result<Tag> {
//!         reply.rows([("hello, world",)]).await
//!     }
//! }
//!
//! fn main() -> Result<()> {
//!     Server::new(Trust).run("127.0.0.1:5432", |_: &Client| Hello)
//! }
//! ```
//!
//! The library owns the protocol: encryption, logins, both query protocols, statements and portals with PostgreSQL's
//! lifetimes, row limits, implicit transactions, cancelling, timeouts, and errors that drivers understand. It runs on
//! tokio. What a session is made of:
//!
//! | item | idea |
//! |---|---|
//! | [`Session`] | what you implement |
//! | [`Prepared`], [`Columns`] | what a statement is, and what its result looks like |
//! | [`Params`] | the values of `$1`, `$2`, … |
//! | [`Reply`], [`Row`] | where rows go |
//! | [`CopyIn`], [`CopyOut`] | COPY |
//! | [`Error`] | an answer with an SQLSTATE |
//! | [`SessionHandle`] | notifications, notices, cancelling, from any task |
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod auth;
mod bind;
mod buffer;
mod client;
mod column;
mod config;
mod connection;
mod divert;
mod encoding;
mod error;
mod formats;
mod gate;
mod handle;
mod held;
mod listener;
mod open;
mod params;
mod park;
mod patience;
mod prepared;
mod registry;
mod reply;
mod row;
mod server;
mod session;
mod shared;
mod status;
mod tag;
mod tls;
mod transport;
mod wire;

pub use auth::{Authenticator, Cleartext, Exchange, Md5, Scram, Trust, Users};
pub use bind::BindError;
pub use client::{Address, Client};
pub use column::{Column, Columns};
pub use connection::{Begin, CopyIn, CopyOut};
pub use encoding::client_encoding;
pub use error::{Error, Result};
pub use handle::{SessionHandle, Undelivered};
pub use listener::Listener;
pub use open::{IntoSession, Open};
pub use params::{FromParams, Params};
pub use prepared::Prepared;
pub use reply::{Reply, Sending};
pub use row::Row;
pub use server::Server;
pub use session::Session;
pub use status::ParameterStatus;
pub use tag::Tag;
pub use tls::{Tls, TlsError};
/// The TLS library, in the version that [`Tls::from_config`] takes a configuration of.
pub use tokio_rustls::rustls;
pub use trunkline_proto::auth::{Authenticated, Mock, Verifier};
pub use trunkline_proto::backend::Severity;
pub use trunkline_proto::frontend::ProtocolVersion;
pub use trunkline_proto::sql::{Control, Isolation};
pub use trunkline_proto::{Format, Limits, Oid, SqlState};
pub use trunkline_types::{Decode, DecodeError, Encode, EncodeError, Type, copy};
