//! Clients of the tests' servers, whatever the environment of whoever runs them says.

use trunkline_client::{Config, Environment, Resolved};
use trunkline_test_postgres::{Postgres, Version};

use crate::api::{Client, run};

pub(crate) const VERSIONS: [Version; 2] = [Version::V15, Version::V18];

/// How a superuser reaches a server, by TCP in clear.
pub(crate) fn resolved(version: Version) -> Resolved {
    let port = Postgres::shared(version).port();
    let config =
        format!("host=127.0.0.1 port={port} user=postgres dbname=postgres sslmode=disable");
    let config: Config = config.parse().unwrap();
    config.resolve(&Environment::empty()).unwrap()
}

pub(crate) async fn client(version: Version) -> Client {
    Client::open(&resolved(version)).await.unwrap()
}

/// Runs a test with both servers, each time with a new client, and ends one that hangs.
pub(crate) fn with_clients(test: impl AsyncFn(Client)) {
    for version in VERSIONS {
        run(async || test(client(version).await).await);
    }
}

/// Has a session listen to a channel that no other test sends to. The channel's name.
pub(crate) async fn own_channel(client: &Client) -> String {
    let pid = "select 'news_' || pg_backend_pid()";
    let (channel,): (String,) = client.query_one(pid, ()).await.unwrap();
    client
        .batch_execute(&format!("listen {channel}"))
        .await
        .unwrap();
    channel
}
