//! A session driven by hand: requests go in, events come out, rows are borrowed from the buffer they were read into.
//!
//!     cargo run --example raw --features client -- postgres://localhost/postgres

use trunkline::client::{Connection, Event, Result, ServerError};

#[tokio::main]
async fn main() -> Result<()> {
    let config = std::env::args().nth(1).unwrap_or_default();
    let mut connection = Connection::connect(&config).await?;
    connection.query("select n, n * n from generate_series(1, 3) n")?;
    loop {
        match connection.next().await? {
            Event::DataRow(row) => {
                let values = row.values.iter().flatten().map(String::from_utf8_lossy);
                println!("{}", values.collect::<Vec<_>>().join(" "));
            }
            Event::Error(error) => return Err(ServerError::new(&error).into()),
            Event::Ready(_) => return connection.terminate().await,
            _ => {}
        }
    }
}
