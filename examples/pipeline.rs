//! Several statements in one round trip. They are one transaction: all of them, or none.
//!
//!     cargo run --example pipeline --features client -- postgres://localhost/postgres

use trunkline::client::{Client, Result};

#[tokio::main]
async fn main() -> Result<()> {
    let config = std::env::args().nth(1).unwrap_or_default();
    let client = Client::connect(&config).await?;
    client.batch_execute("create temp table accounts (owner text primary key, balance int8 check (balance >= 0))").await?;

    let mut pipeline = client.pipeline();
    let ada = pipeline.execute("insert into accounts values ($1, $2)", ("Ada", 100i64));
    let grace = pipeline.execute("insert into accounts values ($1, $2)", ("Grace", 50i64));
    let total = pipeline.one("select sum(balance)::int8 from accounts", ());
    pipeline.sync().await?;
    let rows = ada.await? + grace.await?;
    let (total,): (i64,) = total.await?;
    println!("{rows} accounts with {total} in all");

    let transfer = client
        .prepare("update accounts set balance = balance + $1 where owner = $2")
        .await?;
    let mut pipeline = client.pipeline();
    let credit = pipeline.execute(&transfer, (75i64, "Ada"));
    let debit = pipeline.execute(&transfer, (-75i64, "Grace"));
    pipeline.sync().await?;
    println!("credited: {}", credit.await?);
    if let Err(error) = debit.await {
        println!("debited: {error}");
    }

    let (ada,): (i64,) = client
        .query_one("select balance from accounts where owner = 'Ada'", ())
        .await?;
    println!("Ada still has {ada}");
    Ok(())
}
