//! COPY with typed rows: tuples to and from text, CSV and binary data.
//!
//! The layouts themselves are [`trunkline_proto::copy`]'s; here each field is a value of its column's type.
//!
//! ```
//! use trunkline_types::Type;
//! use trunkline_types::copy::{Decoder, Encoder, Options};
//!
//! # fn main() -> Result<(), trunkline_types::copy::Error> {
//! let columns = [("id", Type::INT4), ("name", Type::TEXT)];
//!
//! let mut data = Vec::new();
//! let mut encoder = Encoder::new(Options::binary(), columns)?;
//! encoder.row(&(1, "Ada"), &mut data)?;
//! encoder.row(&(2, None::<&str>), &mut data)?;
//! encoder.finish(&mut data)?;
//!
//! let mut decoder = Decoder::new(Options::binary(), columns)?;
//! let mut input = &data[..];
//! let mut people = vec![];
//! while let Some((id, name)) = decoder.decode::<(i32, Option<&str>)>(&mut input)? {
//!     people.push((id, name.map(str::to_owned)));
//! }
//! assert!(decoder.finish::<(i32, Option<&str>)>()?.is_none());
//! assert_eq!(people, [(1, Some("Ada".to_owned())), (2, None)]);
//! # Ok(())
//! # }
//! ```

mod decoder;
mod encoder;
mod error;
mod row;

#[cfg(test)]
mod tests;

pub use crate::row::{DecodeRow, EncodeRow};
pub use decoder::Decoder;
pub use encoder::Encoder;
pub use error::Error;
pub use trunkline_proto::copy::{
    Columns, Context, Encoding, EndMarker, Header, Layout, LineEnd, Options,
};

use alloc::string::String;
use alloc::vec::Vec;

use crate::Type;

/// Names and types, each in a list of its own.
fn unzip<N: Into<String>>(
    columns: impl IntoIterator<Item = (N, Type)>,
) -> (Vec<String>, Vec<Type>) {
    columns
        .into_iter()
        .map(|(name, ty)| (name.into(), ty))
        .unzip()
}
