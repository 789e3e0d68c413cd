//! What only the blocking client has: what is dropped is done with, and nobody else waits.

use std::time::{Duration, Instant};

use trunkline_client::{Count, blocking};

use super::api::Client;
use super::support::{VERSIONS, client, with_clients};

const NOT_YET: Duration = Duration::from_millis(50);

#[test]
fn notifications_are_waited_for_as_long_as_one_likes() {
    for version in VERSIONS {
        let (listener, speaker) = (client(version), client(version));
        let mut notifications = listener.notifications();
        listener.batch_execute("listen news").unwrap();
        let started = Instant::now();
        assert_eq!(notifications.next_within(NOT_YET).unwrap(), None);
        assert!(started.elapsed() >= NOT_YET);
        speaker.batch_execute("notify news, 'hot'").unwrap();
        let one = notifications.next_within(Duration::from_secs(60)).unwrap();
        assert_eq!(one.unwrap().payload(), "hot");
        // What has come is there without waiting, also as an iterator's item.
        speaker
            .batch_execute("notify news, 'one'; notify news, 'two'")
            .unwrap();
        listener.batch_execute("select 1").unwrap();
        let one = notifications.next_within(Duration::ZERO).unwrap().unwrap();
        assert_eq!(one.payload(), "one");
        let two = Iterator::next(&mut notifications).unwrap().unwrap();
        assert_eq!(two.payload(), "two");
    }
}

/// Whether the session holds a lock on this table, as another session sees it.
fn is_locked(other: &Client, table: &str) -> bool {
    let sql = "select count(*) from pg_locks where relation = to_regclass($1) and granted";
    let (count,): (i64,) = other.query_one(sql, (table,)).unwrap();
    count > 0
}

/// A server that waits for a reader keeps its locks, and the reader is gone.
#[test]
fn what_is_dropped_is_over() {
    for version in VERSIONS {
        let (mut client, other) = (client(version), client(version));
        client
            .batch_execute("drop table if exists dropped; create table dropped (a text)")
            .unwrap();
        let insert = "insert into dropped select repeat('x', 1000) from generate_series(1, 20000)";
        client.execute(insert, ()).unwrap();

        let mut rows = client.query("select * from dropped", ()).unwrap();
        assert!(rows.next::<(&str,)>().unwrap().is_some());
        assert!(is_locked(&other, "dropped"));
        drop(rows);
        assert!(!is_locked(&other, "dropped"), "rows");

        let mut copy = client.copy_out("copy dropped to stdout").unwrap();
        assert!(copy.next().unwrap().is_some());
        drop(copy);
        assert!(!is_locked(&other, "dropped"), "a COPY to us");

        let mut copy = client.copy_in("copy dropped from stdin").unwrap();
        copy.send(b"y\n").unwrap();
        drop(copy);
        assert!(!is_locked(&other, "dropped"), "a COPY from us");

        let transaction = client.transaction().unwrap();
        transaction.execute("delete from dropped", ()).unwrap();
        assert!(is_locked(&other, "dropped"));
        drop(transaction);
        assert!(!is_locked(&other, "dropped"), "a transaction");
        let (count,): (i64,) = other.query_one("select count(*) from dropped", ()).unwrap();
        assert_eq!(count, 20_000);
        client.batch_execute("drop table dropped").unwrap();
    }
}

/// Rows that somebody still reads are left to that reader.
#[test]
fn what_is_dropped_behind_rows_waits_for_them() {
    with_clients(|client| {
        let sql = "select n, repeat('x', 1000) from generate_series(1, 5000) n";
        let mut first = client.query(sql, ()).unwrap();
        let mut second = client.query(sql, ()).unwrap();
        assert_eq!(second.next::<(i32, &str)>().unwrap().unwrap().0, 1);
        drop(second);
        let mut seen = 0;
        while let Some((number, _)) = first.next::<(i32, &str)>().unwrap() {
            seen += 1;
            assert_eq!(number, seen);
        }
        assert_eq!(seen, 5000);
        let (one,): (i32,) = client.query_one("select 1", ()).unwrap();
        assert_eq!(one, 1);
    });
}

#[test]
fn a_query_that_is_dropped_may_be_cancelled() {
    with_clients(|client| {
        let client = client.with_cancel_on_drop(true);
        let started = Instant::now();
        let sql = "select n, case when n > 2 then pg_sleep(600) end from generate_series(1, 3) n";
        let sql = format!("{sql}, generate_series(1, 1000)");
        let mut rows = client.query(&sql, ()).unwrap();
        rows.next::<trunkline_client::Row<'_>>().unwrap().unwrap();
        drop(rows);
        assert!(started.elapsed() < Duration::from_secs(60));
        let (one,): (i32,) = client.query_one("select 1", ()).unwrap();
        assert_eq!(one, 1);
    });
}

#[test]
fn a_query_is_cancelled_from_another_thread() {
    with_clients(|client| {
        let token = client.cancel_token();
        let (done, wait) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::spawn(move || {
            while wait
                .recv_timeout(NOT_YET)
                .is_err_and(|error| error == std::sync::mpsc::RecvTimeoutError::Timeout)
            {
                token.cancel().unwrap();
            }
        });
        let error = client.execute("select pg_sleep(600)", ()).unwrap_err();
        assert_eq!(error.sqlstate().unwrap().as_str(), "57014");
        drop(done);
        thread.join().unwrap();
    });
}

#[test]
fn the_connection_comes_back_whole() {
    with_clients(|client| {
        drop(
            client
                .query("select * from generate_series(1, 100000)", ())
                .unwrap(),
        );
        let mut connection = client.into_raw().unwrap();
        connection.query("select 'raw'").unwrap();
        while !matches!(
            connection.next().unwrap(),
            trunkline_client::Event::Ready(_)
        ) {}
        let client = Client::new(connection).unwrap();
        let (one,): (i32,) = client.query_one("select 1", ()).unwrap();
        assert_eq!(one, 1);
    });
}

/// With tasks somebody else might finish the COPY; here nobody would.
#[test]
fn nothing_waits_for_a_copy_of_its_own() {
    with_clients(|mut client| {
        client
            .batch_execute("create temp table t (a text)")
            .unwrap();
        let mut copy = client.copy_in("copy t from stdin").unwrap();
        let error = client.execute("select 1", ()).unwrap_err();
        assert!(error.to_string().contains("finish()"), "{error}");
        assert!(client.close().is_err());
        copy.send(b"one\n").unwrap();
        assert_eq!(copy.finish().unwrap(), 1);
        let (count,): (i64,) = client.query_one("select count(*) from t", ()).unwrap();
        assert_eq!(count, 1);

        let transaction = client.transaction().unwrap();
        let copy = transaction.copy_in("copy t from stdin").unwrap();
        assert!(transaction.execute("select 1", ()).is_err());
        copy.abort().unwrap();
        transaction.rollback().unwrap();
    });
}

/// Compiles only if there is one way to be this: not for what is `Sync`, or `Send`.
trait NotSync<Way> {
    const IS: () = ();
}
impl<T> NotSync<()> for T {}
impl<T: Sync> NotSync<u8> for T {}
trait NotSend<Way> {
    const IS: () = ();
}
impl<T> NotSend<()> for T {}
impl<T: Send> NotSend<u8> for T {}

/// Who waits on one thread is not woken from another: what belongs to a client stays where the client is.
const _: [(); 9] = [
    <Client as NotSync<_>>::IS,
    <blocking::Rows<'_> as NotSend<_>>::IS,
    <blocking::CopyIn<'_> as NotSend<_>>::IS,
    <blocking::CopyOut<'_> as NotSend<_>>::IS,
    <blocking::Pipeline<'_> as NotSend<_>>::IS,
    <blocking::Reply<'_, Count> as NotSend<_>>::IS,
    <blocking::Portal<'_> as NotSend<_>>::IS,
    <blocking::Notifications<'_> as NotSend<_>>::IS,
    <blocking::With<'_> as NotSend<_>>::IS,
];

/// The client itself may go from thread to thread.
#[test]
fn a_client_may_be_sent() {
    with_clients(|client| {
        let thread = std::thread::spawn(move || {
            client.execute("select 1", ()).unwrap();
            client
        });
        thread.join().unwrap().close().unwrap();
    });
}
