//! What differs between the two clients, as the tests use it: here, of the asynchronous one.

use std::time::Duration;

pub(crate) use tokio::time::sleep;
pub(crate) use trunkline_client::Client;
use trunkline_client::{Reply, ReplyKind, Result};

/// Waits for the reply to a request of a pipeline.
pub(crate) async fn wait<K: ReplyKind>(reply: Reply<K>) -> Result<K::Output> {
    reply.await
}

/// Runs a test.
pub(crate) fn run(test: impl AsyncFnOnce()) {
    on_runtime(test());
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
