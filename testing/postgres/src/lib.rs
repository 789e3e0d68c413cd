//! Real PostgreSQL servers for the tests of this workspace: one call starts one, and it is gone when the test is, however the
//! test ends.
//!
//! ```no_run
//! use trunkline_test_postgres::{Options, Postgres, Version};
//!
//! // What conflicts with nobody shares one server for each version in a process …
//! let shared = Postgres::shared(Version::V18);
//! assert_eq!(shared.sql("select 6 * 7")?, "42\n");
//!
//! // … and everything else starts its own, in about half a second.
//! let options = Options::new()
//!     .access("hostssl all ada all scram-sha-256")
//!     .user("ada", "pencil")
//!     .setting("wal_level", "logical")
//!     .tls();
//! let server = Postgres::start(Version::V15, options)?;
//! println!("{} and {}", server.address(), server.socket_file().display());
//! # Ok::<_, trunkline_test_postgres::Error>(())
//! ```
//!
//! `scripts/setup`, which `./test` runs first, installs the servers. Where one is missing, [`Postgres::start`] says so in one
//! line: no test is skipped. Nothing here needs a runtime; within async code a start blocks its thread for as long as it takes.

#![forbid(unsafe_code)]

mod account;
mod certificates;
mod cluster;
mod error;
mod files;
mod guardian;
mod options;
mod server;
mod version;

pub use certificates::{Certificates, Pair};
pub use error::Error;
pub use options::Options;
pub use server::Postgres;
pub use version::Version;

/// What can fail here fails with a text for a person.
pub type Result<T> = std::result::Result<T, Error>;
