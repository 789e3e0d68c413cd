//! Statements with parameters, rows as tuples and structs, and a transaction.
//!
//!     cargo run --example query --features client -- postgres://localhost/postgres

use trunkline::client::{Client, FromRow, Result};

#[derive(FromRow)]
struct Person<'r> {
    id: i64,
    name: &'r str,
}

#[tokio::main]
async fn main() -> Result<()> {
    let config = std::env::args().nth(1).unwrap_or_default();
    let mut client = Client::connect(&config).await?;
    let create = "create temp table people (id int8 generated always as identity, name text)";
    client.execute(create, ()).await?;

    let transaction = client.transaction().await?;
    for name in ["Ada", "Grace"] {
        transaction
            .execute("insert into people (name) values ($1)", (name,))
            .await?;
    }
    transaction.commit().await?;

    let (count,): (i64,) = client.query_one("select count(*) from people", ()).await?;
    println!("{count} people");
    let sql = "select id, name from people where id >= $1 order by id";
    let mut rows = client.query(sql, (1i64,)).await?;
    while let Some(Person { id, name }) = rows.next().await? {
        println!("{id}: {name}");
    }
    Ok(())
}
