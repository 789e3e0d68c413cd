//! The program `trunkline`: databases that PostgreSQL's clients can speak to.
//!
//! [`cli`] reads the command line, [`serve`] runs a server, [`engines`] holds the databases, one folder each. Embed an engine in a server
//! of your own by giving it to [`trunkline_server::Server`]:
//!
//! ```no_run
//! # #[cfg(feature = "sqlite")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use trunkline_gateway::engines::sqlite::{Database, Sqlite};
//! use trunkline_server::{Server, Trust};
//!
//! Server::new(Trust).run("127.0.0.1:5432", Sqlite::new(Database::open("app.db")?))?;
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "sqlite"))]
//! # fn main() {}
//! ```
#![forbid(unsafe_code)]

pub mod cli;
pub mod engines;
pub mod serve;
pub mod verifier;
