//! Many tasks, one session.

use trunkline_client::{Event, Mode};
use trunkline_test_postgres::Version;

use crate::copies::TABLE;
use crate::statements::prepared;
use crate::statements::{FORGETTING, reshape};
use crate::support::{own_channel, with_clients};
use crate::transactions::count;

#[test]
fn a_thousand_tasks_get_each_their_own_answer() {
    with_clients(async |client| {
        let tasks: Vec<_> = (0..1000i32)
            .map(|number| {
                let client = client.clone();
                tokio::spawn(async move {
                    for round in 0..10 {
                        let (answer,): (i32,) = client
                            .query_one("select $1::int4 * 10 + $2::int4", (number, round))
                            .await
                            .unwrap();
                        assert_eq!(answer, number * 10 + round);
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}

#[test]
fn the_connection_comes_back_whole() {
    with_clients(async |client| {
        drop(
            client
                .query("select * from generate_series(1, 100000)", ())
                .await
                .unwrap(),
        );
        let other = client.clone();
        assert!(client.into_raw().await.is_err());
        let mut connection = other.into_raw().await.unwrap();
        connection.query("select 'raw'").unwrap();
        let mut rows = 0;
        loop {
            match connection.next().await.unwrap() {
                Event::DataRow(_) => rows += 1,
                Event::Ready(_) => break,
                _ => {}
            }
        }
        assert_eq!(rows, 1);
    });
}

#[test]
fn a_transaction_has_the_session_to_itself() {
    with_clients(async |mut client| {
        client
            .batch_execute("create temp table t (a int4)")
            .await
            .unwrap();
        let other = client.clone();
        let transaction = client.transaction().await.unwrap();
        let outside = tokio::spawn(async move { count(&other).await });
        transaction
            .execute("insert into t values (1)", ())
            .await
            .unwrap();
        tokio::task::yield_now().await;
        assert!(!outside.is_finished());
        let escaped = transaction.clone();
        transaction.rollback().await.unwrap();
        assert_eq!(outside.await.unwrap(), 0);
        let error = escaped.execute("select 1", ()).await.unwrap_err();
        assert!(error.to_string().contains("is over"), "{error}");
    });
}

/// Dropped before the server has asked for the data, mostly, and its transaction with it.
#[test]
fn a_copy_is_dropped_half_way_into_it() {
    with_clients(async |mut client| {
        client.batch_execute(TABLE).await.unwrap();
        for _ in 0..20 {
            let transaction = client.transaction().await.unwrap();
            let mut copying = Box::pin(transaction.copy_in("copy t from stdin"));
            drop(polled_once(copying.as_mut()).await);
            drop(copying);
            drop(transaction);
        }
        assert_eq!(count(&client).await, 0);
        let status = client.transaction_status();
        assert_eq!(format!("{status:?}"), "Idle");
    });
}

async fn polled_once<F: Future + Unpin>(mut future: F) -> std::task::Poll<F::Output> {
    std::future::poll_fn(|cx| std::task::Poll::Ready(std::pin::Pin::new(&mut future).poll(cx)))
        .await
}

#[test]
fn notifications_come_while_others_work() {
    with_clients(async |client| {
        let mut notifications = client.notifications();
        let channel = own_channel(&client).await;
        let (sender, to) = (client.clone(), channel.clone());
        let sent = tokio::spawn(async move {
            for number in 0..100 {
                sender
                    .execute("select pg_notify($1, $2)", (&*to, number.to_string()))
                    .await
                    .unwrap();
            }
        });
        for number in 0..100 {
            let notification = notifications.next().await.unwrap().unwrap();
            assert_eq!(notification.channel(), channel);
            assert_eq!(notification.payload(), number.to_string());
        }
        sent.await.unwrap();
    });
}

#[test]
fn the_end_is_heard_by_all() {
    with_clients(async |client| {
        let mut notifications = client.notifications();
        let (pid,): (i32,) = client
            .query_one("select pg_backend_pid()", ())
            .await
            .unwrap();
        let waiting = client.clone();
        let waiting = tokio::spawn(async move { waiting.execute("select pg_sleep(60)", ()).await });
        let version = if client
            .parameter("server_version")
            .unwrap()
            .starts_with("15")
        {
            Version::V15
        } else {
            Version::V18
        };
        let killer = crate::support::client(version).await;
        let busy = "select true from pg_stat_activity where pid = $1 and wait_event = 'PgSleep'";
        while killer
            .query_opt::<(bool,)>(busy, (pid,))
            .await
            .unwrap()
            .is_none()
        {}
        let behind = client.clone();
        let behind = tokio::spawn(async move { behind.execute("select 1", ()).await });
        killer
            .execute("select pg_terminate_backend($1)", (pid,))
            .await
            .unwrap();
        let error = notifications.next().await.unwrap_err();
        for error in [
            error,
            waiting.await.unwrap().unwrap_err(),
            behind.await.unwrap().unwrap_err(),
        ] {
            assert_eq!(error.sqlstate().unwrap().as_str(), "57P01");
            assert!(error.is_closed());
        }
        assert!(notifications.next().await.unwrap().is_none());
        assert!(client.is_closed());
        assert!(
            client
                .execute("select 1", ())
                .await
                .unwrap_err()
                .is_closed()
        );
    });
}

/// Two who prepare the same at once leave one statement.
#[test]
fn the_same_prepared_by_many() {
    with_clients(async |client| {
        let before = prepared(&client).await;
        let tasks: Vec<_> = (0..50)
            .map(|number| {
                let client = client.clone();
                tokio::spawn(async move {
                    let (same,): (i32,) = client
                        .query_one("select $1::int4 as same", (number,))
                        .await
                        .unwrap();
                    assert_eq!(same, number);
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(prepared(&client).await, before + 1);
    });
}

/// A pooler or somebody's DISCARD ALL has thrown them away (EQ-39); and tables change their shape under them, also many times and for
/// many at once.
#[test]
fn the_server_has_forgotten_for_many() {
    with_clients(async |client| {
        let sql = "select * from shapes";
        client
            .batch_execute("create temp table shapes (a int4); insert into shapes values (1)")
            .await
            .unwrap();
        for round in 0..5 {
            for how in FORGETTING {
                reshape(&client, round, how).await;
                let tasks: Vec<_> = (0..5)
                    .map(|_| {
                        let client = client.clone();
                        tokio::spawn(async move {
                            client.query_one::<(i32, String)>(sql, ()).await.unwrap()
                        })
                    })
                    .collect();
                for task in tasks {
                    assert_eq!(task.await.unwrap(), (round, "x".to_owned()));
                }
            }
        }
    });
}

/// SEC-81, SEC-92: a setting that another task's request changes after a literal was written, and before the server reads it.
#[test]
fn settings_that_change_meanwhile() {
    with_clients(async |client| {
        let simple = client.with_mode(Mode::Simple);
        for setting in [
            "standard_conforming_strings = off",
            "client_encoding = 'SJIS'",
        ] {
            for value in ["\\'::text, 1/0 --", "\u{c1}\\'::text, 1/0 --"] {
                let set = format!("set {setting}");
                let sql = "select encode(convert_to($1, 'UTF8'), 'hex')";
                let change = client.batch_execute(&set);
                let (changed, row) =
                    tokio::join!(change, simple.query_one::<(String,)>(sql, (value,)));
                changed.unwrap();
                let hex = value
                    .bytes()
                    .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
                assert_eq!(row.unwrap().0, hex, "{setting}");
                client.batch_execute("reset all").await.unwrap();
            }
        }
    });
}
