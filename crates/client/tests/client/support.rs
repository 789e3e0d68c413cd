//! Clients of the tests' servers, whatever the environment of whoever runs them says.

use std::time::Duration;

use trunkline_client::{Client, Config, Environment, Resolved};
use trunkline_test_postgres::{Postgres, Version};

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
pub(crate) fn with_clients<F: Future<Output = ()>>(test: impl Fn(Client) -> F) {
    for version in VERSIONS {
        on_runtime(async { test(client(version).await).await });
    }
}

/// Runs a future on several threads, and ends one that hangs.
pub(crate) fn on_runtime<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let limit = Duration::from_secs(60);
    runtime.block_on(async { tokio::time::timeout(limit, future).await.expect("it hangs") })
}
