//! Whole scenarios dropped at every point where they wait (SEC-52): the session goes on as if they had never been, whoever shares it sees
//! only his own answers, and nothing stays behind on the server: no statement, no portal, no transaction.

use std::future::{Future, poll_fn};
use std::num::NonZeroU32;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use trunkline_client::{Client, Mode};
use trunkline_types::Type;
use trunkline_types::copy::Options;

use crate::api::on_runtime;
use crate::support::{VERSIONS, client};

/// Polls a future this often, whenever it is woken, and drops it where it then waits; `None` if it was not done by then.
async fn polled<F: Future>(future: F, mut polls: usize) -> Option<F::Output> {
    if polls == 0 {
        return None;
    }
    let mut future = pin!(future);
    poll_fn(move |cx| {
        polls -= 1;
        match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if polls == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Nothing is left of what was dropped.
async fn is_clean(client: &Client, when: &str) {
    let unnamed = client.with_mode(Mode::Unnamed);
    let (answer,): (String,) = unnamed.query_one("select 'next'", ()).await.unwrap();
    assert_eq!(answer, "next", "{when}");
    assert_eq!(
        format!("{:?}", client.transaction_status()),
        "Idle",
        "{when}"
    );
    // Those that the client keeps by itself are there once; others have gone with this request at the latest.
    let sql = "select count(*)::text, coalesce(string_agg(statement, '; '), '') from pg_prepared_statements
               where statement like '%by hand%'
                  or statement in (select statement from pg_prepared_statements group by 1 having count(*) > 1)";
    let (statements, names): (String, String) = unnamed.query_one(sql, ()).await.unwrap();
    assert_eq!(statements, "0", "{when}: {names}");
    let sql = "select count(*)::text from pg_cursors where name <> ''";
    let (portals,): (String,) = unnamed.query_one(sql, ()).await.unwrap();
    assert_eq!(portals, "0", "{when}");
    // What was begun was done as a whole or not at all.
    let sql = "select count(*)::text from (select n from t group by n having count(*) % 2 <> 0) x";
    let (halves,): (String,) = unnamed.query_one(sql, ()).await.unwrap();
    assert_eq!(halves, "0", "{when}");
}

/// Drops `scenario` after its k-th poll, for each k until it is done; in between somebody else has the session too, or not.
fn walk(scenario: impl AsyncFn(&mut Client, i32)) {
    for version in VERSIONS {
        for cancel in [false, true] {
            for rival in [false, true] {
                on_runtime(async {
                    let client = client(version).await;
                    client
                        .batch_execute("create temp table t (n int4, a text)")
                        .await
                        .unwrap();
                    let over = Arc::new(AtomicBool::new(!rival));
                    let rival = tokio::spawn(keep_asking(client.clone(), Arc::clone(&over)));
                    let mut shared = client.with_cancel_on_drop(cancel);
                    let mut polls = 0;
                    loop {
                        let number = i32::try_from(polls).unwrap();
                        let done = polled(scenario(&mut shared, number), polls).await;
                        is_clean(&client, &format!("{version}, {polls} polls")).await;
                        if done.is_some() {
                            break;
                        }
                        polls += 1;
                    }
                    over.store(true, Ordering::Relaxed);
                    rival.await.unwrap();
                    is_clean(&client, "at the end").await;
                });
            }
        }
    }
}

/// Somebody else who uses the session all the time.
async fn keep_asking(client: Client, over: Arc<AtomicBool>) {
    let mut number = 0i64;
    while !over.load(Ordering::Relaxed) {
        number += 1;
        let (answer, text): (i64, String) = client
            .query_one("select $1::int8, repeat('r', 10)", (number,))
            .await
            .unwrap();
        assert_eq!((answer, text.as_str()), (number, "rrrrrrrrrr"));
    }
}

#[test]
fn queries() {
    walk(async |client, number| {
        let mut rows = client
            .query(
                "select n, repeat('x', 20000) from generate_series(1, 20) n",
                (),
            )
            .await
            .unwrap();
        let mut sum = 0;
        while let Some((n, _)) = rows.next::<(i32, &str)>().await.unwrap() {
            sum += n;
        }
        assert_eq!(sum, 210);
        for mode in [Mode::Prepared, Mode::Unnamed, Mode::Simple] {
            let client = client.with_mode(mode);
            let (same,): (i32,) = client
                .query_one("select $1::int4", (number,))
                .await
                .unwrap();
            assert_eq!(same, number);
            let none: Option<(i32,)> = client.query_opt("select 1 where false", ()).await.unwrap();
            assert_eq!(none, None);
            let inserted = client
                .execute(
                    "insert into t select $1::int4, 'q' from generate_series(1, 2)",
                    (number,),
                )
                .await
                .unwrap();
            assert_eq!(inserted, 2);
            let error = client
                .execute("select 1 / $1::int4", (0,))
                .await
                .unwrap_err();
            assert_eq!(error.sqlstate().unwrap().as_str(), "22012");
        }
        client
            .batch_execute("select 1; select 2; select pg_sleep(0)")
            .await
            .unwrap();
    });
}

#[test]
fn statements() {
    walk(async |client, number| {
        let text = format!("select $1::int4 + 1 as \"by hand\" -- {}", number % 2);
        let statement = client.prepare_typed(&text, &[Type::INT4]).await.unwrap();
        let other = client.prepare_typed("select 'by hand'", &[]).await.unwrap();
        let (more,): (i32,) = client.query_one(&statement, (number,)).await.unwrap();
        assert_eq!(more, number + 1);
        drop(statement);
        client.execute(&other, ()).await.unwrap();
        let error = client
            .prepare_typed("select by hand from nowhere", &[])
            .await
            .unwrap_err();
        assert!(error.sqlstate().is_some());
    });
}

/// Rows of two, of which never one alone may be seen.
async fn insert_two(client: &Client, number: i32) {
    for text in ["one", "two"] {
        client
            .execute("insert into t values ($1, $2)", (number, text))
            .await
            .unwrap();
    }
}

#[test]
fn transactions() {
    walk(async |client, number| {
        let transaction = client.transaction().await.unwrap();
        insert_two(&transaction, number).await;
        transaction.commit().await.unwrap();

        let transaction = client.transaction().await.unwrap();
        insert_two(&transaction, number + 1000).await;
        transaction.rollback().await.unwrap();

        let transaction = client.transaction().await.unwrap();
        transaction
            .execute("insert into t values ($1, 'alone')", (number,))
            .await
            .unwrap();
        transaction.execute("select 1 / 0", ()).await.unwrap_err();
        drop(transaction);
    });
}

#[test]
fn savepoints() {
    walk(async |client, number| {
        let mut transaction = client.transaction().await.unwrap();
        let first = [number, 1];
        let savepoint = transaction.savepoint().await.unwrap();
        insert_two(&savepoint, first[0]).await;
        savepoint.commit().await.unwrap();
        let mut savepoint = transaction.savepoint().await.unwrap();
        savepoint
            .execute("insert into t values ($1, 'alone')", (number,))
            .await
            .unwrap();
        let inner = savepoint.savepoint().await.unwrap();
        inner.execute("select 1 / 0", ()).await.unwrap_err();
        inner.rollback().await.unwrap();
        savepoint.execute("select 1", ()).await.unwrap();
        drop(savepoint);
        let savepoint = transaction.savepoint().await.unwrap();
        savepoint.execute("select 1 / 0", ()).await.unwrap_err();
        drop(savepoint);
        transaction.commit().await.unwrap();
    });
}

async fn take_from_portals(client: &mut Client, whole: bool) {
    let transaction = client.transaction().await.unwrap();
    let one = transaction
        .portal("select * from generate_series(1, $1::int4)", (5,))
        .await
        .unwrap();
    let two = transaction
        .portal(
            "select n, repeat('y', 5000) from generate_series(1, 100) n",
            (),
        )
        .await
        .unwrap();
    let some = NonZeroU32::new(3).unwrap();
    for expected in [3, 2] {
        let rows: Vec<(i32,)> = one.fetch(some).await.unwrap().all().await.unwrap();
        assert_eq!(rows.len(), expected);
        let mut rows = two.fetch(some).await.unwrap();
        rows.next::<(i32, &str)>().await.unwrap().unwrap();
        while whole && rows.next::<(i32, &str)>().await.unwrap().is_some() {}
    }
    drop(one);
    transaction.execute("select 1", ()).await.unwrap();
    drop(two);
    transaction.commit().await.unwrap();
}

#[test]
fn portals() {
    walk(async |client, _| take_from_portals(client, true).await);
}

/// Not cancelled, which would be the end of the transaction.
#[test]
fn portals_with_rows_left() {
    walk(async |client, _| {
        let mut client = client.with_cancel_on_drop(false);
        take_from_portals(&mut client, false).await;
    });
}

#[test]
fn pipelines() {
    walk(async |client, number| {
        let statement = client.prepare("select $1::int4").await.unwrap();
        let mut pipeline = client.pipeline();
        let one = pipeline.one(&statement, (number,));
        let two = pipeline.execute("insert into t values ($1::int4, 'p')", (number,));
        let three = pipeline.execute("insert into t values ($1::int4, 'p')", (number,));
        let all = pipeline.all(
            "select n, repeat('z', 10000) from generate_series(1, 20) n",
            (),
        );
        pipeline.sync().await.unwrap();
        let all: Vec<(i32, String)> = all.await.unwrap();
        assert_eq!(all.len(), 20);
        let (one,): (i32,) = one.await.unwrap();
        assert_eq!(one, number);
        assert_eq!((three.await.unwrap(), two.await.unwrap()), (1, 1));

        let mut pipeline = client.pipeline();
        let undone = pipeline.execute("insert into t values ($1::int4, 'p')", (number,));
        let failed = pipeline.execute("select 1 / $1::int4", (0,));
        let skipped = pipeline.execute("insert into t values ($1::int4, 'p')", (number,));
        pipeline.sync().await.unwrap();
        assert!(skipped.await.is_err());
        assert_eq!(undone.await.unwrap(), 1);
        assert_eq!(
            failed.await.unwrap_err().sqlstate().unwrap().as_str(),
            "22012"
        );
    });
}

#[test]
fn copies_in() {
    walk(async |client, number| {
        let mut copy = client.copy_in("copy t from stdin").await.unwrap();
        let text = "c".repeat(100_000);
        for _ in 0..2 {
            let row = format!("{number}\t{text}\n");
            let (first, second) = row.as_bytes().split_at(50_000);
            copy.send(first).await.unwrap();
            copy.send(second).await.unwrap();
        }
        assert_eq!(copy.finish().await.unwrap(), 2);

        let columns = [("n", Type::INT4), ("a", Type::TEXT)];
        let copy = client
            .copy_in("copy t from stdin with (format binary)")
            .await
            .unwrap();
        let mut rows = copy.rows(Options::binary(), columns).unwrap();
        for _ in 0..2 {
            rows.row(&(number + 1000, text.as_str())).await.unwrap();
        }
        assert_eq!(rows.finish().await.unwrap(), 2);

        let mut copy = client.copy_in("copy t from stdin").await.unwrap();
        copy.send(b"1\tone\n").await.unwrap();
        copy.abort().await.unwrap();
        let mut copy = client.copy_in("copy t from stdin").await.unwrap();
        copy.send(b"no number\n").await.unwrap();
        assert!(copy.finish().await.unwrap_err().sqlstate().is_some());
        let mut transaction = client.transaction().await.unwrap();
        let savepoint = transaction.savepoint().await.unwrap();
        let mut copy = savepoint.copy_in("copy t from stdin").await.unwrap();
        copy.send(b"1\tone\n").await.unwrap();
        drop(copy);
        drop(savepoint);
        transaction.commit().await.unwrap();
    });
}

#[test]
fn copies_out() {
    walk(async |client, _| {
        let sql = "copy (select n, repeat('o', 20000) from generate_series(1, 30) n) to stdout";
        let mut copy = client.copy_out(sql).await.unwrap();
        let mut pieces = 0;
        while copy.next().await.unwrap().is_some() {
            pieces += 1;
        }
        assert_eq!((pieces, copy.copied()), (30, Some(30)));
        let columns = [("n", Type::INT4), ("a", Type::TEXT)];
        let copy = client.copy_out(sql).await.unwrap();
        let mut rows = copy.rows(Options::text(), columns).unwrap();
        for expected in 1..=10 {
            let (number, _): (i32, String) = rows.next().await.unwrap().unwrap();
            assert_eq!(number, expected);
        }
        drop(rows);
        client.execute("select 1", ()).await.unwrap();
    });
}

#[test]
fn notifications() {
    walk(async |client, number| {
        let mut notifications = client.notifications();
        client.batch_execute("listen walk").await.unwrap();
        let payload = number.to_string();
        client
            .execute("select pg_notify('walk', $1)", (payload.as_str(),))
            .await
            .unwrap();
        loop {
            let heard = notifications.next().await.unwrap().unwrap();
            if heard.payload() == payload {
                break;
            }
        }
        client.batch_execute("unlisten *").await.unwrap();
    });
}

/// The session is taken out, and shared again; dropped in between, it is gone.
#[test]
fn taking_the_session_out() {
    for version in VERSIONS {
        on_runtime(async {
            let mut polls = 0;
            loop {
                let client = client(version).await;
                drop(
                    client
                        .query("select repeat('x', 1000) from generate_series(1, 2000)", ())
                        .await
                        .unwrap(),
                );
                match polled(client.into_raw(), polls).await {
                    None => polls += 1,
                    Some(connection) => {
                        let client = Client::new(connection.unwrap()).unwrap();
                        client
                            .batch_execute("create temp table t (n int4)")
                            .await
                            .unwrap();
                        is_clean(&client, "taken out").await;
                        break;
                    }
                }
            }
        });
    }
}
