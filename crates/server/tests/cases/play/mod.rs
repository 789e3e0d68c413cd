//! The session that plays PostgreSQL's SQL for the cases: just enough of it, in memory, one integer table or two.
//!
//! It is no database. It exists so that a case can be sent to this crate's server word for word as it is sent to
//! PostgreSQL, and it uses only what any user of the crate has: the `Session` trait and `SessionHandle`.

mod analyze;
mod execute;
mod lex;
mod parse;
mod run;
mod session;
mod settings;
mod state;
mod statement;
mod world;

pub use session::Play;
pub use world::{Gauges, World};

use trunkline_server::{Error, SqlState};

/// An error at a character of the statement, counted from 1.
fn error_at(code: SqlState, position: u32, message: String) -> Error {
    Error::new(code, message).position(position)
}
