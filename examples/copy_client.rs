//! A table filled and read by COPY, with rows as tuples: in binary one way, as CSV the other.
//!
//!     cargo run --example copy_client --features client -- postgres://localhost/postgres

use trunkline::client::{Client, Result};
use trunkline::types::Type;
use trunkline::types::copy::Options;

#[tokio::main]
async fn main() -> Result<()> {
    let config = std::env::args().nth(1).unwrap_or_default();
    let client = Client::connect(&config).await?;
    client
        .batch_execute("create temp table squares (n int4, square int8, name text)")
        .await?;

    let columns = [
        ("n", Type::INT4),
        ("square", Type::INT8),
        ("name", Type::TEXT),
    ];
    let copy = client
        .copy_in("copy squares from stdin (format binary)")
        .await?;
    let mut rows = copy.rows(Options::binary(), columns)?;
    for n in 0..100_000i32 {
        let name = (n % 10 == 0).then(|| format!("{n}, squared"));
        rows.row(&(n, i64::from(n) * i64::from(n), name)).await?;
    }
    println!("{} rows went in", rows.finish().await?);

    let mut csv = client
        .copy_out("copy (select * from squares where n in (1, 20)) to stdout (format csv)")
        .await?;
    while let Some(piece) = csv.next().await? {
        print!("{}", String::from_utf8_lossy(piece));
    }
    Ok(())
}
