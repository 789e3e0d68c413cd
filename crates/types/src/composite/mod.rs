//! Composite types and anonymous records (PostgreSQL docs 8.16): several values in one.
//!
//! ```text
//!   text     (7,"New York",)          a field is quoted where it must be, and NULL is nothing at all
//!   binary   count, then for each field its type's OID, and the value behind its length
//! ```
//!
//! `#[derive(Encode, Decode)]` on a struct writes what is needed; by hand it is
//!
//! ```
//! use trunkline_types::composite::Reader;
//! use trunkline_types::{Format, Type};
//!
//! let mut fields = Reader::new(Type::RECORD, Format::Text, br#"(7,"New York",)"#)?;
//! assert_eq!(fields.field::<i32>()?, 7);
//! assert_eq!(fields.field::<String>()?, "New York");
//! assert_eq!(fields.field::<Option<bool>>()?, None);
//! fields.finish()?;
//! # Ok::<(), trunkline_types::DecodeError>(())
//! ```

mod read;
#[cfg(test)]
mod tests;
mod write;

pub use read::Reader;
pub use write::{Writer, write};
