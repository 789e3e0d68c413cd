//! How a session ends for one who has it alone.

use std::num::NonZeroU32;
use std::time::Duration;

use trunkline_client::{Error, Mode};
use trunkline_test_postgres::{Postgres, Version};

use crate::api::{Client, run, sleep, wait};
use crate::support::{VERSIONS, client};

pub(crate) async fn pid(client: &Client) -> String {
    let unnamed = client.with_mode(Mode::Unnamed);
    let (pid,): (String,) = unnamed
        .query_one("select pg_backend_pid()::text", ())
        .await
        .unwrap();
    pid
}

/// Ends a session from outside.
pub(crate) fn kill(version: Version, pid: &str) {
    let ended = Postgres::shared(version)
        .sql(&format!("select pg_terminate_backend({pid})"))
        .unwrap();
    assert_eq!(ended, "t\n");
}

/// Waits until the server has no such process.
pub(crate) async fn is_gone(version: Version, pid: &str) {
    let sql = format!("select count(*) from pg_stat_activity where pid = {pid}");
    for _ in 0..1000 {
        if Postgres::shared(version).sql(&sql).unwrap() == "0\n" {
            return;
        }
        sleep(Duration::from_millis(5)).await;
    }
    panic!("the session is still there");
}

pub(crate) fn is_the_end(error: &Error) {
    assert!(error.is_closed(), "{error}");
    assert_eq!(error.sqlstate().unwrap().as_str(), "57P01", "{error}");
}

/// Rows that are half taken, and a pipeline behind them.
#[test]
fn killed_amid_rows() {
    for version in VERSIONS {
        run(async || {
            let client = client(version).await;
            let killed = pid(&client).await;
            let sql = "select n, pg_sleep(case when n > 10 then 60 else 0 end)::text, repeat('x', 9000) from generate_series(1, 20) n";
            let mut rows = client.query(sql, ()).await.unwrap();
            rows.next::<(i32, &str, &str)>().await.unwrap().unwrap();
            let mut pipeline = client.pipeline();
            let reply = pipeline.execute("select 1", ());
            pipeline.sync().await.unwrap();
            kill(version, &killed);
            let error = loop {
                match rows.next::<(i32, &str, &str)>().await {
                    Ok(row) => assert!(row.is_some(), "the end without an error"),
                    Err(error) => break error,
                }
            };
            is_the_end(&error);
            is_the_end(&wait(reply).await.unwrap_err());
            is_the_end(&client.execute("select 1", ()).await.unwrap_err());
        });
    }
}

#[test]
fn killed_amid_portals() {
    for version in VERSIONS {
        run(async || {
            let mut client = client(version).await;
            let killed = pid(&client).await;
            let mut transaction = client.transaction().await.unwrap();
            let savepoint = transaction.savepoint().await.unwrap();
            let portal = savepoint
                .portal("select * from generate_series(1, 10)", ())
                .await
                .unwrap();
            let one = NonZeroU32::new(1).unwrap();
            drop(portal.fetch(one).await.unwrap());
            kill(version, &killed);
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
        run(async || {
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
                sleep(Duration::from_millis(1)).await;
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

/// Closed or dropped, the server's session is gone.
#[test]
fn closed() {
    for version in VERSIONS {
        run(async || {
            // Nobody reads, and it is seen all the same.
            let one = client(version).await;
            let killed = pid(&one).await;
            assert!(!one.is_closed());
            kill(version, &killed);
            is_gone(version, &killed).await;
            sleep(Duration::from_millis(50)).await;
            assert!(one.is_closed());

            let one = client(version).await;
            let mut listener = one.notifications();
            let closed = pid(&one).await;
            one.close().await.unwrap();
            is_gone(version, &closed).await;
            let error = one.execute("select 1", ()).await.unwrap_err();
            assert!(error.is_closed(), "{error}");
            assert!(listener.next().await.is_err());
            assert!(one.close().await.is_err());

            let one = client(version).await;
            let dropped = pid(&one).await;
            drop(one);
            is_gone(version, &dropped).await;
        });
    }
}
