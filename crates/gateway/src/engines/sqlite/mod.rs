//! SQLite behind the PostgreSQL protocol.
//!
//! A statement's way: [`session`] gives it to the session's thread ([`engine`]), where it is parsed ([`parse`]), translated with its
//! types ([`translate`], which asks the [`catalog`]) and run; its rows come back in chunks, and are encoded as the client asked
//! ([`value`]). What SQLite cannot do itself are [`functions`]; what it says when it fails becomes PostgreSQL's words in [`fault`] and
//! [`violation`].
#![allow(
    rustdoc::private_intra_doc_links,
    reason = "the links are for who reads the source"
)]

mod catalog;
mod copy;
mod database;
mod demo;
mod engine;
mod fault;
mod folder;
mod functions;
mod parse;
mod session;
mod settings;
mod shared;
mod transaction;
mod translate;
mod value;
mod violation;

pub use database::{Database, OpenError};
pub use session::{Sqlite, SqliteSession, Statement};

/// The PostgreSQL whose behaviour is the measure.
pub(crate) const SERVER_VERSION: &str = concat!("18.0 (Trunkline ", env!("CARGO_PKG_VERSION"), ")");
pub(crate) const SERVER_VERSION_NUMBER: &str = "180000";

/// What `version()` tells.
pub(crate) fn version() -> String {
    format!(
        "PostgreSQL {SERVER_VERSION} on SQLite {}",
        rusqlite::version()
    )
}
