//! Values through real PostgreSQL, at level 1: parameters and columns of every type in both formats, the types of one database, rows as
//! structs, and what errors say.

#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

mod errors;
mod every_type;
mod own_types;
mod structs;
mod support;
