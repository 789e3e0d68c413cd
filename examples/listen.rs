//! Notifications, heard while the same session goes on with queries.
//!
//!     cargo run --example listen --features client -- postgres://localhost/postgres

use trunkline::client::{Client, Result};

#[tokio::main]
async fn main() -> Result<()> {
    let config = std::env::args().nth(1).unwrap_or_default();
    let client = Client::connect(&config).await?;
    let mut notifications = client.notifications();
    client.batch_execute("listen jobs").await?;

    let worker = client.clone();
    let worker = tokio::spawn(async move {
        for job in ["wash", "dry", "done"] {
            worker
                .execute("select pg_notify('jobs', $1)", (job,))
                .await?;
        }
        Result::Ok(())
    });
    while let Some(notification) = notifications.next().await? {
        println!("{}: {}", notification.channel(), notification.payload());
        if notification.payload() == "done" {
            break;
        }
    }
    worker.await.expect("the worker does not panic")
}
