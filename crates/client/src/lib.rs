//! Talk to PostgreSQL: the client side of the wire protocol.
//!
//! ```text
//!  "postgres://…"  ──▶  Config  ──▶  resolve  ──▶  Resolved  ──▶  a connection
//!  or builder calls     what was     environment,  hosts to try
//!                       said         files         and how
//! ```
//!
//! | item | idea |
//! |---|---|
//! | [`Config`] | connection options, in libpq's two grammars or by builder methods |
//! | [`Environment`] | what surrounds the process: `PG…` variables, the user, the home folder |
//! | [`Resolved`] | the hosts to try in order, and everything that holds for each |
//! | [`ConfigError`] | what was wrong with an option, and what to do |
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod config;

pub use config::{Config, ConfigError, Environment, Resolved};
