//! Futures that are held and not polled, or dropped and cancelled.

use std::future::poll_fn;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::timeout;
use trunkline_client::Client;
use trunkline_client::types::Type;
use trunkline_client::types::copy::Options;
use trunkline_test_postgres::Version;

use crate::support::{VERSIONS, client, with_clients};

/// A client of another session with the same server.
async fn another(of: &Client) -> Client {
    let version = of.parameter("server_version").unwrap();
    let is_15 = version.starts_with("15");
    client(if is_15 { Version::V15 } else { Version::V18 }).await
}

/// Polls a future once.
pub(crate) async fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    let mut future = Some(future);
    poll_fn(|cx| Poll::Ready(future.take().unwrap().poll(cx))).await
}

/// Whoever polled last reads for all; that must not be a future that is never polled again.
#[test]
fn a_future_that_is_held_and_not_polled_holds_nobody_up() {
    with_clients(async |client| {
        let mut held = Vec::new();
        for number in 0..3i32 {
            let client = client.clone();
            let mut query = Box::pin(async move {
                client
                    .query_one::<(i32,)>("select $1::int4", (number,))
                    .await
            });
            let _ = poll_once(query.as_mut()).await;
            held.push(query);
        }
        let tasks = (0..10i32).map(|number| {
            let client = client.clone();
            tokio::spawn(async move {
                let (answer,): (i32,) = client
                    .query_one("select $1::int4", (number,))
                    .await
                    .unwrap();
                assert_eq!(answer, number);
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
        for (number, query) in held.into_iter().enumerate() {
            assert_eq!(query.await.unwrap().0, i32::try_from(number).unwrap());
        }
    });
}

#[test]
fn a_query_that_is_dropped_can_be_cancelled() {
    with_clients(async |client| {
        let cancelling = client.with_cancel_on_drop(true);
        let (pid,): (i32,) = client
            .query_one("select pg_backend_pid()", ())
            .await
            .unwrap();
        for _ in 0..10 {
            let sleeping = cancelling.clone();
            let sleep =
                tokio::spawn(async move { sleeping.execute("select pg_sleep(60)", ()).await });
            let watcher = another(&client).await;
            let busy =
                "select count(*) from pg_stat_activity where pid = $1 and wait_event = 'PgSleep'";
            while watcher.query_one::<(i64,)>(busy, (pid,)).await.unwrap().0 == 0 {}
            sleep.abort();
            assert!(sleep.await.unwrap_err().is_cancelled());
            // It hits nothing but what it was for.
            let (one,): (i32,) = client.query_one("select 1", ()).await.unwrap();
            assert_eq!(one, 1);
        }
    });
}

#[test]
fn a_dropped_transaction_with_a_cancelled_query_is_rolled_back() {
    with_clients(async |mut client| {
        client
            .batch_execute("create temp table t (a int4)")
            .await
            .unwrap();
        for _ in 0..10 {
            let transaction = client.transaction().await.unwrap();
            transaction
                .execute("insert into t values (1)", ())
                .await
                .unwrap();
            let cancelling = transaction.with_cancel_on_drop(true);
            let rows = cancelling
                .query("select generate_series(1, 10000000)", ())
                .await
                .unwrap();
            drop((rows, cancelling));
            drop(transaction);
            let (count,): (i64,) = client
                .query_one("select count(*) from t", ())
                .await
                .unwrap();
            assert_eq!(count, 0);
        }
    });
}

/// Without a second thread, the tasks and the client's own take turns.
#[test]
fn one_thread_is_enough() {
    for version in VERSIONS {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let client = client(version).await;
            let tasks = (0..50i32).map(|number| {
                let client = client.clone();
                tokio::spawn(async move {
                    client
                        .query_one::<(i32,)>("select $1::int4", (number,))
                        .await
                        .unwrap()
                        .0
                })
            });
            for (number, task) in tasks.collect::<Vec<_>>().into_iter().enumerate() {
                assert_eq!(usize::try_from(task.await.unwrap()).unwrap(), number);
            }
        });
    }
}

/// The server gives up in the middle of far more than it takes at a time, while another waits for the session.
#[test]
fn a_copy_given_up_by_the_server_lets_go_of_its_sender() {
    with_clients(async |client| {
        client
            .batch_execute("create temp table t (id int4)")
            .await
            .unwrap();
        let data = b"one\n".repeat(500_000);
        for _ in 0..10 {
            let mut copy = client.copy_in("copy t from stdin").await.unwrap();
            let behind = client.clone();
            let behind = tokio::spawn(async move { behind.execute("select 1", ()).await });
            let error = loop {
                if let Err(error) = copy.send(&data).await {
                    break error;
                }
            };
            assert_eq!(error.sqlstate().unwrap().as_str(), "22P02");
            assert_eq!(behind.await.unwrap().unwrap(), 1);
        }
    });
}

type Request<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Whatever it is that the server is at: what waits for a lock is dropped, and the session is free before the lock is.
#[test]
fn requests_of_all_kinds_are_cancelled() {
    with_clients(async |client| {
        let mut other = another(&client).await;
        let table = "held_in_all_ways";
        let sql = format!("drop table if exists {table}; create table {table} (a text)");
        other.batch_execute(&sql).await.unwrap();
        let lock = other.transaction().await.unwrap();
        let sql = format!("lock table {table}");
        lock.batch_execute(&sql).await.unwrap();
        let cancelling = client.with_cancel_on_drop(true);
        let ms = Duration::from_millis(100);

        let select = format!("select * from {table}");
        let copy = format!("copy {table} to stdout");
        let kinds: [(&str, Request<'_>); 4] = [
            (
                "batch",
                Box::pin(async { drop(cancelling.batch_execute(&select).await) }),
            ),
            (
                "prepare",
                Box::pin(async { drop(cancelling.prepare(&select).await) }),
            ),
            (
                "query",
                Box::pin(async { drop(cancelling.query(&select, ()).await) }),
            ),
            (
                "copy",
                Box::pin(async { drop(cancelling.copy_out(&copy).await) }),
            ),
        ];
        for (kind, request) in kinds {
            assert!(timeout(ms, request).await.is_err(), "{kind} did not wait");
            let free = client.execute("select 1", ());
            let free = timeout(Duration::from_secs(20), free).await;
            free.unwrap_or_else(|_| panic!("{kind} was not cancelled"))
                .unwrap();
        }

        let mut client = client.with_cancel_on_drop(true);
        let transaction = client.transaction().await.unwrap();
        let portal = transaction
            .portal("select pg_sleep(60)::text", ())
            .await
            .unwrap();
        let fetch = portal.fetch(NonZeroU32::MIN);
        let fetched = timeout(ms, async { fetch.await.unwrap().all::<(String,)>().await });
        assert!(fetched.await.is_err());
        drop(portal);
        let rolled_back = timeout(Duration::from_secs(20), transaction.rollback());
        rolled_back.await.expect("fetch was not cancelled").unwrap();

        let sql = format!("drop table {table}");
        lock.batch_execute(&sql).await.unwrap();
        lock.commit().await.unwrap();
    });
}

/// Rows that the server is too slow for are kept, whether their sender waits or not; none is sent twice.
#[test]
fn rows_of_a_copy_that_nobody_waits_for_are_sent() {
    with_clients(async |client| {
        client
            .batch_execute(
                "create temp table t (id int4, name text);
                create function pg_temp.slow() returns trigger language plpgsql as
                $$ begin if new.id % 1000 = 0 then perform pg_sleep(0.02); end if; return new; end $$;
                create trigger slow before insert on t for each row execute function pg_temp.slow()",
            )
            .await
            .unwrap();
        let copy = client.copy_in("copy t from stdin").await.unwrap();
        let columns = [("id", Type::INT4), ("name", Type::TEXT)];
        let mut rows = copy.rows(Options::text(), columns).unwrap();
        let name = "x".repeat(500);
        let mut dropped = 0;
        for id in 0..20_000i32 {
            let row = (id, name.as_str());
            match poll_once(std::pin::pin!(rows.row(&row))).await {
                Poll::Ready(sent) => sent.unwrap(),
                Poll::Pending => dropped += 1,
            }
        }
        assert_eq!(rows.finish().await.unwrap(), 20_000);
        assert!(dropped > 0, "the server was never too slow");
        let (rows, different): (i64, i64) = client
            .query_one("select count(*), count(distinct id) from t", ())
            .await
            .unwrap();
        assert_eq!((rows, different), (20_000, 20_000));
    });
}
