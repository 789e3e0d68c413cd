//! Encodes rows of (integer, bigint, text, double precision, timestamp), and nothing else: what a row costs.
//!
//! ```text
//! cargo build --release -p trunkline-types --example row_cost
//! valgrind --tool=callgrind target/release/examples/row_cost text 100000      # or binary, or none to subtract
//! ```

use std::hint::black_box;
use trunkline_types::{Encode, EncodeError, Timestamp, Type};

struct Row {
    id: i32,
    big: i64,
    text: String,
    float: f64,
    time: Timestamp,
}

/// The message DataRow: tag, length, count, fields (PostgreSQL docs 54.7).
fn data_row(row: &Row, is_binary: bool, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let start = out.len();
    out.extend_from_slice(&[b'D', 0, 0, 0, 0, 0, 5]);
    if is_binary {
        row.id.field_binary(Type::INT4, out)?;
        row.big.field_binary(Type::INT8, out)?;
        row.text.field_binary(Type::TEXT, out)?;
        row.float.field_binary(Type::FLOAT8, out)?;
        row.time.field_binary(Type::TIMESTAMP, out)?;
    } else {
        row.id.field_text(Type::INT4, out)?;
        row.big.field_text(Type::INT8, out)?;
        row.text.field_text(Type::TEXT, out)?;
        row.float.field_text(Type::FLOAT8, out)?;
        row.time.field_text(Type::TIMESTAMP, out)?;
    }
    let length = u32::try_from(out.len() - start - 1).map_err(|_| EncodeError::TooLong)?;
    out[start + 1..start + 5].copy_from_slice(&length.to_be_bytes());
    Ok(())
}

fn main() -> Result<(), EncodeError> {
    let mut arguments = std::env::args().skip(1);
    let form = arguments.next().unwrap_or_default();
    let count: usize = arguments
        .next()
        .and_then(|n| n.parse().ok())
        .unwrap_or(1_000_000);
    let rows: Vec<Row> = (0..10_000)
        .map(|k| {
            let id = 1_000_000 + k;
            Row {
                id,
                big: i64::from(id) * 1_000_003,
                text: format!("row-{id:016}"),
                float: f64::from(id) * 1.1,
                time: Timestamp::from_micros((757_382_400 + i64::from(k)) * 1_000_000)
                    .unwrap_or(Timestamp::MAX),
            }
        })
        .collect();
    let mut out = Vec::with_capacity(65_536);
    for row in rows.iter().cycle().take(count) {
        if form == "none" {
            black_box(row);
            continue;
        }
        data_row(black_box(row), form == "binary", &mut out)?;
        if out.len() > 65_000 {
            black_box(&out);
            out.clear();
        }
    }
    Ok(())
}
