//! Databases that can stand behind the protocol, one folder each.

#[cfg(feature = "sqlite")]
pub mod sqlite;
