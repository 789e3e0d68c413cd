//! The least there is of a client.
//!
//!     cargo run --example hello_client --features client -- postgres://localhost/postgres

use trunkline::client::{Client, Result};

#[tokio::main]
async fn main() -> Result<()> {
    let config = std::env::args().nth(1).unwrap_or_default();
    let client = Client::connect(&config).await?;
    let sql = "select 'hello, ' || $1";
    let (greeting,): (String,) = client.query_one(sql, ("world",)).await?;
    println!("{greeting}");
    Ok(())
}
