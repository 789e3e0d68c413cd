//! COPY data: rows to and from text, CSV and PostgreSQL's binary form (PostgreSQL docs, COPY, "File Formats").
//!
//! ```text
//!   CopyData ─> Decoder::decode ─> Row: fields, borrowed          Options: what COPY's WITH (…) says
//!   CopyData <─ Encoder::row    <─ fields
//! ```
//!
//! The data of a COPY is one stream; where CopyData messages cut it means nothing (PostgreSQL docs 54.2.6). A decoder
//! takes it in pieces of any size and lends whole rows; an encoder appends rows to the caller's buffer. In steady state
//! neither allocates, and a decoder holds no more than one row, whose size is limited.
//!
//! ```
//! use trunkline_proto::copy::{Decoder, Encoder, Header, Options};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let options = Options::csv().header(Header::Line);
//!
//! let mut data = Vec::new();
//! let mut encoder = Encoder::new(options.clone())?;
//! encoder.header([&b"id"[..], b"name"], &mut data)?;
//! encoder.row([Some(&b"1"[..]), Some(b"Ada, Countess")], &mut data)?;
//! encoder.row([Some(&b"2"[..]), None], &mut data)?;
//! encoder.finish(&mut data);
//! assert_eq!(data, b"id,name\n1,\"Ada, Countess\"\n2,\n");
//!
//! let mut decoder = Decoder::new(options, 2)?;
//! let mut names = vec![];
//! for piece in data.chunks(5) {
//!     let mut piece = piece;
//!     while let Some(row) = decoder.decode(&mut piece)? {
//!         names.push(row.get(1).flatten().map(<[u8]>::to_vec));
//!     }
//! }
//! assert!(decoder.finish()?.is_none());
//! assert_eq!(names, [Some(b"Ada, Countess".to_vec()), None]);
//! # Ok(())
//! # }
//! ```

mod binary;
mod check;
mod context;
mod csv;
mod decoder;
mod encoder;
mod encoding;
mod error;
mod header;
mod lines;
mod options;
mod reader;
mod row;
mod text;

#[cfg(test)]
mod tests;

pub use check::InvalidOptions;
pub use context::Context;
pub use decoder::Decoder;
pub use encoder::{Encoder, RowWriter};
pub use error::{Error, Fault};
pub use options::{Columns, Encoding, EndMarker, Header, Layout, LineEnd, MAX_ROW, Options};
pub use row::{Fields, Row};
