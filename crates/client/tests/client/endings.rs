//! How sessions end, and that everybody is told.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::api::{Client, on_runtime};
use crate::ends::{is_gone, is_the_end, kill, pid};
use crate::support::{VERSIONS, client, resolved};

/// T-T01, T-L15, TE-01: killed in the midst of anything, whoever has a part in it is told why; nobody waits for ever.
#[test]
fn killed_amid_everything() {
    for version in VERSIONS {
        on_runtime(async {
            // Rows that are half taken, a pipeline behind them, a transaction that waits for its turn.
            let shared = client(version).await;
            let pid = pid(&shared).await;
            let mut notices = shared.notices();
            let mut rows = shared
                .query("select n, pg_sleep(case when n > 10 then 60 else 0 end)::text, repeat('x', 9000) from generate_series(1, 20) n", ())
                .await
                .unwrap();
            rows.next::<(i32, &str, &str)>().await.unwrap().unwrap();
            let mut pipeline = shared.pipeline();
            let replies = [
                pipeline.execute("select 1", ()),
                pipeline.execute("select 2", ()),
            ];
            pipeline.sync().await.unwrap();
            let mut waiting = vec![];
            for _ in 0..10 {
                let mut other = shared.clone();
                waiting.push(tokio::spawn(async move {
                    let transaction = other.transaction().await.map(drop);
                    transaction.unwrap_err()
                }));
                let other = shared.clone();
                waiting.push(tokio::spawn(async move {
                    other.execute("select 3", ()).await.unwrap_err()
                }));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            kill(version, &pid);
            let error = loop {
                match rows.next::<(i32, &str, &str)>().await {
                    Ok(row) => assert!(row.is_some(), "the end without an error"),
                    Err(error) => break error,
                }
            };
            is_the_end(&error);
            for reply in replies {
                is_the_end(&reply.await.unwrap_err());
            }
            for waiting in waiting {
                is_the_end(&waiting.await.unwrap());
            }
            is_the_end(&notices.next().await.unwrap_err());
            is_the_end(&shared.execute("select 4", ()).await.unwrap_err());
            assert!(shared.is_closed());
            assert!(shared.prepare("select 5").await.is_err());
            assert!(shared.into_raw().await.is_err());
        });
    }
}

#[test]
fn killed_amid_a_transaction() {
    for version in VERSIONS {
        on_runtime(async {
            let mut shared = client(version).await;
            let pid = pid(&shared).await;
            let other = shared.clone();
            let mut transaction = shared.transaction().await.unwrap();
            let waiting = tokio::spawn(async move { other.execute("select 1", ()).await });
            let savepoint = transaction.savepoint().await.unwrap();
            let portal = savepoint
                .portal("select * from generate_series(1, 10)", ())
                .await
                .unwrap();
            let one = NonZeroU32::new(1).unwrap();
            drop(portal.fetch(one).await.unwrap());
            kill(version, &pid);
            is_the_end(&waiting.await.unwrap().unwrap_err());
            is_the_end(&portal.fetch(one).await.unwrap_err());
            drop(portal);
            is_the_end(&savepoint.commit().await.unwrap_err());
            is_the_end(&transaction.commit().await.unwrap_err());
        });
    }
}

/// Closed, the server's session is gone, whoever still has a clone; so it is when the last owner has gone.
#[test]
fn closing() {
    for version in VERSIONS {
        on_runtime(async {
            let shared = client(version).await;
            let other = shared.clone();
            let mut listener = shared.notifications();
            let closed = pid(&shared).await;
            shared.close().await.unwrap();
            is_gone(version, &closed).await;
            let error = other.execute("select 1", ()).await.unwrap_err();
            assert!(error.is_closed(), "{error}");
            assert!(listener.next().await.is_err());
            assert!(shared.close().await.is_err());

            let shared = client(version).await;
            let closed = pid(&shared).await;
            let rows = shared
                .query(
                    "select repeat('x', 1000) from generate_series(1, 100000)",
                    (),
                )
                .await
                .unwrap();
            drop(shared);
            tokio::time::sleep(Duration::from_millis(20)).await;
            drop(rows);
            is_gone(version, &closed).await;
        });
    }
}

/// The runtime that a session was opened on is gone, and with it the task that drove it: that is an error, not silence.
#[test]
fn the_runtime_is_gone() {
    for version in VERSIONS {
        let shared = on_runtime(async {
            let shared = client(version).await;
            let other = shared.clone();
            let asking =
                tokio::spawn(async move { other.execute("select pg_sleep(0.1)", ()).await });
            shared.execute("select 1", ()).await.unwrap();
            asking.await.unwrap().unwrap();
            shared
        });
        on_runtime(async {
            let error = shared.execute("select 1", ()).await.unwrap_err();
            assert!(error.is_closed(), "{error}");
            assert!(shared.is_closed());
        });
    }
}

/// A client that is dropped outside of any runtime goes quietly.
#[test]
fn dropped_without_a_runtime() {
    for version in VERSIONS {
        let (shared, rows) = on_runtime(async {
            let shared = Client::open(&resolved(version)).await.unwrap();
            let rows = shared
                .query(
                    "select repeat('x', 1000) from generate_series(1, 100000)",
                    (),
                )
                .await
                .unwrap();
            (shared, rows)
        });
        drop(rows);
        drop(shared);
    }
}

/// What was given to a pipeline is sent, also if nobody is left who waits for it.
#[test]
fn the_last_owner_leaves_requests_unsent() {
    for version in VERSIONS {
        on_runtime(async {
            let other = client(version).await;
            let table = format!("left_unsent_{}", std::process::id());
            let create = format!("create table {table} (x text)");
            other.batch_execute(&create).await.unwrap();
            let shared = client(version).await;
            let pid = pid(&shared).await;
            let large = "x".repeat(1_000_000);
            let insert = format!("insert into {table} values ($1)");
            for _ in 0..20 {
                let mut pipeline = shared.pipeline();
                drop(pipeline.execute(&insert, (large.as_str(),)));
                pipeline.sync().await.unwrap();
            }
            drop(shared);
            is_gone(version, &pid).await;
            let count = format!("select count(*) from {table}");
            let (count,): (i64,) = other.query_one(&count, ()).await.unwrap();
            let drop = format!("drop table {table}");
            other.batch_execute(&drop).await.unwrap();
            assert_eq!(count, 20);
        });
    }
}
