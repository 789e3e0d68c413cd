//! What can be done again without being done twice.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use trunkline_client::{Error, Event, ServerError};
use trunkline_test_postgres::Version;

use crate::api::{Connection, sleep};
use crate::support::{VERSIONS, answer, at, open, session};

/// The first error that comes.
async fn error(connection: &mut Connection) -> Error {
    loop {
        if let Event::Error(error) = connection.next().await.unwrap() {
            return ServerError::new(&error).into();
        }
    }
}

async fn run(connection: &mut Connection, sql: &str) {
    connection.query(sql).unwrap();
    let answer = answer(connection).await;
    assert!(answer.ends_with(['I', 'T']), "{sql}: {answer}");
}

/// Asks another session until it sees what is waited for: a query whose one value becomes `t`.
async fn until(other: &mut Connection, sql: &str) {
    loop {
        other.query(sql).unwrap();
        if answer(other).await.contains("(t)") {
            return;
        }
        sleep(Duration::from_millis(5)).await;
    }
}

async fn pid(connection: &mut Connection) -> String {
    connection.query("select pg_backend_pid()").unwrap();
    let answer = answer(connection).await;
    answer.split(['(', ')']).nth(1).unwrap().into()
}

/// 40001, 40P01, 55P03: the server has undone it.
#[tokio::test]
async fn what_was_undone() {
    for version in VERSIONS {
        let (mut one, mut two) = (session(version).await, session(version).await);
        let (mut other, waiter) = (session(version).await, pid(&mut two).await);
        let table = format!("retry_{}", std::process::id());
        run(
            &mut one,
            &format!("drop table if exists {table}; create table {table} (id int primary key, n int); insert into {table} values (1, 0), (2, 0)"),
        )
        .await;

        for session in [&mut one, &mut two] {
            run(session, "begin isolation level repeatable read").await;
            run(session, &format!("select * from {table}")).await;
        }
        run(
            &mut one,
            &format!("update {table} set n = 1 where id = 1; commit"),
        )
        .await;
        two.query(&format!("update {table} set n = 2 where id = 1"))
            .unwrap();
        let serialization = error(&mut two).await;
        assert_eq!(serialization.sqlstate().unwrap().as_str(), "40001");
        assert!(serialization.safe_to_retry() && !serialization.is_closed());
        answer(&mut two).await;
        run(&mut two, "rollback").await;

        run(
            &mut one,
            &format!("begin; select * from {table} where id = 1 for update"),
        )
        .await;
        two.query(&format!(
            "select * from {table} where id = 1 for update nowait"
        ))
        .unwrap();
        let locked = error(&mut two).await;
        assert_eq!(locked.sqlstate().unwrap().as_str(), "55P03");
        assert!(locked.safe_to_retry());
        answer(&mut two).await;
        run(&mut one, "rollback").await;

        // Each waits for the other.
        run(
            &mut one,
            &format!(
                "begin; set local deadlock_timeout = '10ms'; update {table} set n = 1 where id = 1"
            ),
        )
        .await;
        run(
            &mut two,
            &format!(
                "begin; set local deadlock_timeout = '10s'; update {table} set n = 1 where id = 2"
            ),
        )
        .await;
        two.query(&format!("update {table} set n = 1 where id = 1"))
            .unwrap();
        two.send().await.unwrap();
        let waits =
            format!("select exists (select from pg_locks where pid = {waiter} and not granted)");
        until(&mut other, &waits).await;
        one.query(&format!("update {table} set n = 1 where id = 2"))
            .unwrap();
        let deadlock = error(&mut one).await;
        assert_eq!(deadlock.sqlstate().unwrap().as_str(), "40P01");
        assert!(deadlock.safe_to_retry());
        answer(&mut one).await;
        answer(&mut two).await;
        run(&mut two, "rollback").await;
        run(&mut two, &format!("drop table {table}")).await;

        // To do what is wrong again changes nothing.
        for (sql, sqlstate) in [
            ("select 1/0", "22012"),
            ("selec 1", "42601"),
            ("set statement_timeout = 1; select pg_sleep(10)", "57014"),
        ] {
            two.query(sql).unwrap();
            let other = error(&mut two).await;
            assert_eq!(other.sqlstate().unwrap().as_str(), sqlstate);
            assert!(!other.safe_to_retry() && !other.is_closed(), "{other}");
            answer(&mut two).await;
        }
    }
}

/// A session that was idle for too long did not take what came after.
#[tokio::test]
async fn sessions_that_ended_by_themselves() {
    for (setting, sqlstate) in [
        ("set idle_session_timeout = 20", "57P05"),
        (
            "set idle_in_transaction_session_timeout = 20; begin",
            "25P03",
        ),
    ] {
        let (mut idle, mut other) = (session(Version::V18).await, session(Version::V18).await);
        let ended = pid(&mut idle).await;
        run(&mut idle, setting).await;
        let gone = format!("select not exists (select from pg_stat_activity where pid = {ended})");
        until(&mut other, &gone).await;
        let _ = idle.query("select 1");
        let ended = error(&mut idle).await;
        assert_eq!(ended.sqlstate().unwrap().as_str(), sqlstate);
        assert!(ended.safe_to_retry() && ended.is_closed());
    }
    // Who is told to go may have done it already.
    let (mut one, mut two) = (session(Version::V18).await, session(Version::V18).await);
    let pid = pid(&mut one).await;
    run(
        &mut two,
        &format!("select pg_terminate_backend({pid}, 5000)"),
    )
    .await;
    let _ = one.query("select 1");
    let ended = error(&mut one).await;
    assert_eq!(ended.sqlstate().unwrap().as_str(), "57P01");
    assert!(!ended.safe_to_retry() && ended.is_closed());
    let after = one.query("select 1").unwrap_err();
    assert!(after.safe_to_retry() && after.is_closed(), "{after}");
}

/// A server that lets one client in, or not, and does something with its first request.
fn server(then: impl FnOnce(&mut TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut startup = [0; 1024];
        assert!(socket.read(&mut startup).unwrap() > 8);
        then(&mut socket);
    });
    format!("host=127.0.0.1 port={port} user=u dbname=d sslmode=disable")
}

fn refusal(sqlstate: &str) -> Vec<u8> {
    let said = format!("SFATAL\0VFATAL\0C{sqlstate}\0Mno\0\0");
    let length = u32::try_from(said.len() + 4).unwrap().to_be_bytes();
    [b"E", &length[..], said.as_bytes()].concat()
}

#[tokio::test]
async fn connections_that_were_not_made() {
    // Nobody there; somebody who hangs up; who says nothing; who cannot just now.
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = nobody.local_addr().unwrap().port();
    drop(nobody);
    let mut passing = vec![
        format!("host=127.0.0.1 port={port} user=u"),
        server(|_| ()),
        server(|_| sleep_long()) + " connect_timeout=2",
        format!(
            "{} user=postgres target_session_attrs=standby",
            at(Version::V18)
        ),
    ];
    for sqlstate in ["57P03", "53300", "53200", "57P01", "57P02", "08006"] {
        passing.push(server(move |socket| {
            socket.write_all(&refusal(sqlstate)).unwrap();
        }));
    }
    for config in passing {
        let error = open(&config).await.map(drop).unwrap_err();
        assert!(error.safe_to_retry() && error.is_closed(), "{error}");
    }
    let closed = server(|socket| socket.write_all(&refusal("28P01")).unwrap());
    let nonsense = server(|socket| socket.write_all(b"HTTP/1.1 400").unwrap());
    let at = at(Version::V18);
    for config in [
        "sslmode=none".into(),
        format!("{at} user=scram password=wrong"),
        format!("{at} user=scram"),
        format!("{at} user=postgres dbname=missing"),
        format!("{at} user=postgres sslmode=verify-full sslrootcert=/dev/null"),
        closed,
        nonsense,
    ] {
        let error = open(&config).await.map(drop).unwrap_err();
        assert!(!error.safe_to_retry() && error.is_closed(), "{error}");
    }
}

fn sleep_long() {
    std::thread::sleep(Duration::from_secs(5));
}

/// The request was sent and nothing is known of it.
#[tokio::test]
async fn answers_that_were_lost() {
    for said in [&b""[..], b"?\0\0\0\x04"] {
        let config = server(move |socket| {
            socket
                .write_all(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I")
                .unwrap();
            assert!(socket.read(&mut [0; 1024]).unwrap() > 5);
            socket.write_all(said).unwrap();
        });
        let mut connection = open(&config).await.unwrap();
        connection.query("insert into t values (1)").unwrap();
        let lost = connection.next().await.map(drop).unwrap_err();
        assert!(!lost.safe_to_retry() && lost.is_closed(), "{lost}");
        let after = connection.query("insert into t values (1)").unwrap_err();
        assert!(after.safe_to_retry() && after.is_closed(), "{after}");
    }
}
