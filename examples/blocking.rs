//! A client for code that blocks: the same names, and no runtime.
//!
//!     cargo run --example blocking --features client-blocking -- postgres://localhost/postgres

use std::time::Duration;

use trunkline::client::{Result, blocking::Client};

fn main() -> Result<()> {
    let config = std::env::args().nth(1).unwrap_or_default();
    let mut client = Client::connect(&config)?;
    client.batch_execute(
        "create temp table people (id int8 generated always as identity, name text)",
    )?;

    let transaction = client.transaction()?;
    for name in ["Ada", "Grace"] {
        transaction.execute("insert into people (name) values ($1)", (name,))?;
    }
    transaction.commit()?;

    let mut pipeline = client.pipeline();
    let count = pipeline.one::<(i64,)>("select count(*) from people", ());
    let listening = pipeline.execute("listen news", ());
    pipeline.sync()?;
    println!("{} people", count.wait()?.0);
    listening.wait()?;

    let mut rows = client.query("select id, name from people order by id", ())?;
    while let Some((id, name)) = rows.next::<(i64, &str)>()? {
        println!("{id}: {name}");
    }

    let mut notifications = client.notifications();
    client.execute("notify news, 'hot'", ())?;
    while let Some(news) = notifications.next_within(Duration::from_millis(100))? {
        println!("{}: {}", news.channel(), news.payload());
    }
    Ok(())
}
