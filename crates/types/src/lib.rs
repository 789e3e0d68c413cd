//! PostgreSQL values: types, and how Rust values are written and read in text and binary.
//!
//! ```text
//!   Type        which type a column or parameter has: its OID, names and shape
//!   Encode      a Rust value, appended to a buffer as a value of a Type
//!   Decode      a value of a Type, read from received bytes
//!   EncodeRow   a tuple or list of values; DecodeRow
//!   copy        rows of values, to and from the data of COPY
//!   Format      text (as SQL prints it) or binary (as the type's send function lays it out)
//! ```
//!
//! The crate is `no_std` and does no I/O. Encoders append to the caller's buffer and allocate nothing else; decoders borrow where
//! the Rust type can, and none panics or reserves memory that the input does not account for, whatever the bytes.
//!
//! ```
//! use trunkline_types::{Decode, Encode, Timestamp, Type};
//!
//! let mut out = Vec::new();
//! "hello".encode_text(Type::TEXT, &mut out)?;
//! assert_eq!(out, b"hello");
//!
//! let timestamp = Timestamp::from_text(Type::TIMESTAMP, b"2024-02-03 04:05:06.789")?;
//! out.clear();
//! timestamp.encode_binary(Type::TIMESTAMP, &mut out)?;
//! assert_eq!(Timestamp::from_binary(Type::TIMESTAMP, &out)?, timestamp);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Which Rust type goes with which
//!
//! | PostgreSQL | Rust |
//! |---|---|
//! | `bool` | `bool` |
//! | `smallint`, `integer`, `bigint` | `i16`, `i32`, `i64` |
//! | `oid`, `xid`, `cid` | [`Oid`] |
//! | `real`, `double precision` | `f32`, `f64` |
//! | `numeric` | [`Numeric`] |
//! | `text`, `varchar`, `char(n)`, `name`, `xml`, `json`, `jsonb`, enums | `&str`, `String`, `Box<str>`, `Cow<str>` |
//! | `bytea` | `&[u8]`, `Vec<u8>`, `Box<[u8]>`, `Cow<[u8]>`, `[u8; N]` (written only) |
//! | `uuid` | [`Uuid`] |
//! | `json`, `jsonb` | [`Json`] |
//! | `date`, `time`, `timetz` | [`Date`], [`Time`], [`TimeTz`] |
//! | `timestamp`, `timestamptz`, `interval` | [`Timestamp`], [`TimestampTz`], [`Interval`] |
//! | arrays | [`Array`], of one dimension also `Vec<_>` (and `&[_]`, `[_; N]`, `Box<[_]>`, written only) |
//! | anything that may be NULL | `Option<_>` |
//! | enums, domains, composites | types with `#[derive(Encode, Decode)]` (feature `derive`) |
//!
//! With the feature of the same name, types of other crates: `chrono`, `jiff`, `time` (dates, times and timestamps), `uuid`,
//! `serde_json` (`Value`), `rust_decimal` (`Decimal`).
//!
//! # Where a type's code is
//!
//! A family of types is a folder, a type a file: `number`, `text` (with `bytea`, `uuid` and JSON), `time`, `array`; `bool` stands
//! alone. Families that are still to come go beside them: `network` (inet, cidr, macaddr), `geometry`, `bits`, `range`
//! (with multiranges), `search` (tsvector, tsquery), `system` (tid, pg_lsn, snapshots, `reg…`), and `money` in
//! `number`, hstore in `text`. Until then `<&str>::from_text` gives their text, and no
//! Rust type accepts them.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;
extern crate self as trunkline_types;

mod array;
mod boolean;
mod check;
mod codec;
pub mod composite;
pub mod copy;
mod error;
mod foreign;
mod number;
pub mod row;
mod text;
mod time;
mod ty;
mod wire;

pub use array::{Array, Dimension};
pub use check::check;
pub use codec::{AnyValue, Decode, DecodeOwned, Encode};
pub use error::{DecodeError, EncodeError, Fault};
pub use number::Numeric;
pub use row::{DecodeRow, EncodeRow};
pub use text::{Json, Uuid};
pub use time::{Date, Interval, Time, TimeTz, Timestamp, TimestampTz};
#[cfg(feature = "derive")]
pub use trunkline_derive::{Decode, Encode, EncodeRow};
pub use trunkline_proto::{Format, Oid};
pub use ty::{Kind, Type};

/// For what the derives write; nobody else calls it.
#[doc(hidden)]
pub mod __private {
    pub use alloc::vec::Vec;

    use crate::Type;

    /// Whether values of this type can be those of a Rust enum: labels, or text.
    pub fn is_enum(ty: Type) -> bool {
        !ty.is_built_in() || matches!(ty, Type::TEXT | Type::VARCHAR | Type::NAME | Type::UNKNOWN)
    }

    /// Whether values of this type can be those of a struct.
    pub fn is_composite(ty: Type) -> bool {
        !ty.is_built_in() || ty == Type::RECORD
    }
}
