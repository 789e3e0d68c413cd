//! How sessions end, and that everybody is told.

use std::num::NonZeroU32;
use std::time::Duration;

use trunkline_client::{Client, Error, Mode};
use trunkline_test_postgres::{Postgres, Version};

use crate::api::on_runtime;
use crate::support::{VERSIONS, client, resolved};

async fn pid(client: &Client) -> String {
    let unnamed = client.with_mode(Mode::Unnamed);
    let (pid,): (String,) = unnamed
        .query_one("select pg_backend_pid()::text", ())
        .await
        .unwrap();
    pid
}

/// Ends a session from outside.
fn kill(version: Version, pid: &str) {
    let ended = Postgres::shared(version)
        .sql(&format!("select pg_terminate_backend({pid})"))
        .unwrap();
    assert_eq!(ended, "t\n");
}

/// Waits until the server has no such process.
async fn is_gone(version: Version, pid: &str) {
    let sql = format!("select count(*) from pg_stat_activity where pid = {pid}");
    for _ in 0..1000 {
        if Postgres::shared(version).sql(&sql).unwrap() == "0\n" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the session is still there");
}

fn is_the_end(error: &Error) {
    assert!(error.is_closed(), "{error}");
    assert_eq!(error.sqlstate().unwrap().as_str(), "57P01", "{error}");
}

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

#[test]
fn killed_amid_copies() {
    for version in VERSIONS {
        on_runtime(async {
            let shared = client(version).await;
            let killed = pid(&shared).await;
            shared
                .batch_execute("create temp table t (a text)")
                .await
                .unwrap();
            let mut copy = shared.copy_in("copy t from stdin").await.unwrap();
            copy.send(b"one\n").await.unwrap();
            kill(version, &killed);
            let row = [b"x".repeat(10_000), b"\n".to_vec()].concat();
            let error = loop {
                if let Err(error) = copy.send(&row).await {
                    break error;
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            };
            is_the_end(&error);
            drop(copy);

            let shared = client(version).await;
            let killed = pid(&shared).await;
            let mut copy = shared
                .copy_out(
                    "copy (select repeat('x', 1000) from generate_series(1, 100000)) to stdout",
                )
                .await
                .unwrap();
            copy.next().await.unwrap().unwrap();
            kill(version, &killed);
            let error = loop {
                match copy.next().await {
                    Ok(piece) => assert!(piece.is_some(), "the end without an error"),
                    Err(error) => break error,
                }
            };
            // The server cannot always say it, with its buffers full of data.
            assert!(error.is_closed(), "{error}");
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
