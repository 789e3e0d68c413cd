//! COPY data: what PostgreSQL makes of it, properties, and what it costs.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic is the failure report of a test"
)]

mod allocations;
mod captured;
mod cases;
mod properties;

use trunkline_proto::copy::{Decoder, Error, Row};

/// A row's fields, owned.
type Fields = Vec<Option<Vec<u8>>>;

fn owned(row: Row<'_>) -> Fields {
    row.iter().map(|field| field.map(<[u8]>::to_vec)).collect()
}

/// All rows of data that comes in these pieces.
fn decode<'p>(
    decoder: &mut Decoder,
    pieces: impl IntoIterator<Item = &'p [u8]>,
) -> Result<Vec<Fields>, Error> {
    let mut rows = vec![];
    for mut piece in pieces {
        while let Some(row) = decoder.decode(&mut piece)? {
            rows.push(owned(row));
        }
        assert_eq!(piece, b"", "not all was taken");
    }
    while let Some(row) = decoder.finish()? {
        rows.push(owned(row));
    }
    Ok(rows)
}
