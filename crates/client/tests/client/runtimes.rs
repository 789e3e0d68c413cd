//! A client that several runtimes, or none, poll, and user code that uses the client it is used by.

use std::pin::pin;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use trunkline_client::Client;
use trunkline_client::types::{Encode, EncodeError, Type};
use trunkline_test_postgres::Version;

use crate::held::poll_once;
use crate::support::client;

/// Long enough for whatever does not hang.
const LONG: Duration = Duration::from_secs(20);

fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

/// The task that reads for two belongs to the runtime of the socket, not to whichever polled first.
#[test]
fn a_runtime_that_was_only_visiting_takes_nothing_with_it() {
    let home = runtime();
    let client = home.block_on(client(Version::V18));
    let both = || async {
        let (one, two) = tokio::join!(
            client.execute("select 1", ()),
            client.execute("select 2", ())
        );
        assert_eq!((one.unwrap(), two.unwrap()), (1, 1));
    };
    let visiting = runtime();
    visiting.block_on(both());
    drop(visiting);
    home.block_on(async { timeout(LONG, both()).await.unwrap() });
}

/// Nor does a request to cancel, made where no task can be finished.
#[test]
fn a_cancel_outlives_the_runtime_it_was_dropped_in() {
    let home = runtime();
    let client = home.block_on(client(Version::V18));
    let cancelling = client.with_cancel_on_drop(true);
    let many = "select generate_series(1, 10000000)";
    let rows = home.block_on(cancelling.query(many, ())).unwrap();
    let visiting = Builder::new_current_thread().enable_all().build().unwrap();
    visiting.block_on(async { drop(rows) });
    drop(visiting);
    let next = async { timeout(LONG, client.batch_execute("select 1")).await };
    home.block_on(next).unwrap().unwrap();
}

/// One that waits for a transaction to end and is not polled when it does is passed by.
#[test]
fn a_waiter_that_is_held_lets_others_by() {
    let runtime = runtime();
    runtime.block_on(async {
        let mut client = client(Version::V18).await;
        let (held, other) = (client.clone(), client.clone());
        held.execute("select 2", ()).await.unwrap();
        let transaction = client.transaction().await.unwrap();
        let mut held = pin!(held.execute("select 1", ()));
        assert!(poll_once(held.as_mut()).await.is_pending());
        let behind = tokio::spawn(async move { other.batch_execute("select 2").await });
        tokio::task::yield_now().await;
        transaction.commit().await.unwrap();
        timeout(LONG, behind).await.unwrap().unwrap().unwrap();
        held.await.unwrap();
    });
}

/// One that begins again and again leaves others their turns.
#[test]
fn nobody_is_kept_out() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = client(Version::V18).await;
        let mut greedy = client.clone();
        let greedy = tokio::spawn(async move {
            loop {
                drop(greedy.transaction().await.unwrap());
            }
        });
        for _ in 0..20 {
            timeout(LONG, client.batch_execute("select 1"))
                .await
                .unwrap()
                .unwrap();
        }
        greedy.abort();
    });
}

/// A value that looks at the session's settings to be written.
struct Asks(Client);

impl Encode for Asks {
    fn accepts(_: Type) -> bool {
        true
    }

    fn encode_text(&self, ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let zone = self.0.parameter("server_encoding").unwrap();
        zone.encode_text(ty, out)
    }

    fn encode_binary(&self, ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.encode_text(ty, out)
    }
}

#[test]
fn a_value_may_use_the_client_it_is_sent_by() {
    let runtime = runtime();
    runtime.block_on(async {
        let client = client(Version::V18).await;
        let asks = Asks(client.clone());
        let (answer,): (String,) = client.query_one("select $1::text", (asks,)).await.unwrap();
        assert_eq!(answer, "UTF8");
    });
}
