//! T-K: cancel requests (PostgreSQL docs 54.2.8).

use std::time::{Duration, Instant};

use crate::target::{Target, server};
use crate::wire::*;

/// A cancel request on its own connection, read to the end: there is never an answer.
fn cancel(server: &Target, pid: u32, key: &[u8]) {
    let mut client = server.connect();
    client.send([cancel_request(pid, key)]);
    client.expect("EOF");
}

fn login(server: &Target, version: u32) -> Client {
    let mut client = server.connect();
    client.send([startup(
        version,
        &[("user", "postgres"), ("database", "postgres")],
    )]);
    client.expect_ready();
    client
}

/// Sends a statement that waits, and comes back once it runs.
fn sleeping(server: &Target, client: &mut Client) {
    client.send([query(
        "do $$ begin raise notice 'now'; perform pg_sleep(60); end $$",
    )]);
    client.expect("N[NOTICE 00000 \"now\"]");
    let _ = server;
}

#[test]
fn t_k01_the_right_key() {
    let server = server();
    for version in [V3_0, V3_2] {
        let mut client = login(&server, version);
        sleeping(&server, &mut client);
        let began = Instant::now();
        cancel(&server, client.pid, &client.key);
        client.expect("E[57014 \"canceling statement due to user request\"] Z(I)");
        assert!(began.elapsed() < Duration::from_secs(5));
        client.send([query("select 1")]);
        client.expect("T D[1] C(SELECT 1) Z(I)");
    }
}

#[test]
fn t_k01_over_tls() {
    let server = server();
    let mut client = login(&server, V3_2);
    for direct in [false, true] {
        sleeping(&server, &mut client);
        let mut other = server.connect();
        if !direct {
            other.send([ssl_request()]);
            other.expect_byte('S');
        }
        other.upgrade(&["postgresql"]).unwrap();
        other.send([cancel_request(client.pid, &client.key)]);
        other.expect("EOF");
        client.expect("E[57014] Z(I)");
    }
}

#[test]
fn t_k02_wrong_keys() {
    let server = server();
    let mut client = login(&server, V3_2);
    let key = client.key.clone();
    let mut wrong = key.clone();
    wrong[31] ^= 1;
    client.send([query(
        "do $$ begin raise notice 'now'; perform pg_sleep(0.7); end $$",
    )]);
    client.expect("N[NOTICE 00000]");
    for key in [
        &wrong[..],
        &key[..4],
        &[&key[..], &[0]].concat(),
        &[],
        &[7; 257],
        &[0; 32],
    ] {
        cancel(&server, client.pid, key);
    }
    cancel(&server, client.pid + 1, &key);
    cancel(&server, 0, &key);
    client.expect("C(DO) Z(I)");
}

#[test]
fn t_k03_idle() {
    let server = server();
    let mut client = login(&server, V3_2);
    cancel(&server, client.pid, &client.key);
    // PostgreSQL's signal may still be on its way.
    if server.is_postgres() {
        std::thread::sleep(Duration::from_millis(100));
    }
    client.send([query("select 1")]);
    client.expect("T D[1] C(SELECT 1) Z(I)");
    // In a transaction block neither.
    client.send([query("begin")]);
    client.expect("C(BEGIN) Z(T)");
    cancel(&server, client.pid, &client.key);
    if server.is_postgres() {
        std::thread::sleep(Duration::from_millis(100));
    }
    client.send([query("select 1")]);
    client.expect("T D[1] C(SELECT 1) Z(T)");
}

#[test]
fn t_k04_in_a_pipeline() {
    let server = server();
    let mut client = login(&server, V3_2);
    let run = |sql: &str| [parse("", sql, &[]), bind("", "", &[]), execute("", 0)].concat();
    client.send([
        run("select 1"),
        run("do $$ begin raise notice 'now'; perform pg_sleep(60); end $$"),
        run("select 2"),
        sync(),
        run("select 3"),
        sync(),
    ]);
    client.expect_until("N");
    cancel(&server, client.pid, &client.key);
    client.expect("E[57014] Z(I) 1 2 D[3] C(SELECT 1) Z(I)");
}

#[test]
fn t_k05_copy_out() {
    let server = server();
    let mut client = login(&server, V3_2);
    client.send([query(
        "copy (select generate_series(1,2000000000) n) to stdout",
    )]);
    client.expect(r#"H(0; 0) d("1\n") d("2\n")"#);
    cancel(&server, client.pid, &client.key);
    client.expect("d* E[57014] Z(I)");
}

#[test]
fn t_k05_rows() {
    let server = server();
    let mut client = login(&server, V3_2);
    client.send([query("select generate_series(1,2000000000) n")]);
    client.expect("T D[1]");
    cancel(&server, client.pid, &client.key);
    client.expect("D* E[57014] Z(I)");
}

#[test]
fn t_k01_a_cancelled_statement_fails_its_transaction() {
    let server = server();
    let mut client = login(&server, V3_2);
    client.send([query("begin")]);
    client.expect("C(BEGIN) Z(T)");
    sleeping(&server, &mut client);
    cancel(&server, client.pid, &client.key);
    client.expect("E[57014] Z(E)");
    client.send([query("rollback")]);
    client.expect("C(ROLLBACK) Z(I)");
}

#[test]
fn t_k03_a_suspended_portal_does_not_run() {
    let server = server();
    let mut client = login(&server, V3_2);
    client.send([
        query("begin"),
        parse("", "select n from generate_series(1,3) n", &[]),
        bind("", "", &[]),
        execute("", 1),
        sync(),
    ]);
    client.expect("C(BEGIN) Z(T) 1 2 D[1] s Z(T)");
    cancel(&server, client.pid, &client.key);
    if server.is_postgres() {
        std::thread::sleep(Duration::from_millis(100));
    }
    client.send([execute("", 0), sync()]);
    client.expect("D[2] D[3] C(SELECT 2) Z(T)");
}

#[test]
fn t_k04_a_resumed_portal() {
    let server = server();
    let mut client = login(&server, V3_2);
    client.send([
        query("begin"),
        parse("", "select generate_series(1,2000000000) n", &[]),
        bind("p", "", &[]),
        execute("p", 1),
        sync(),
    ]);
    client.expect("C(BEGIN) Z(T) 1 2 D[1] s Z(T)");
    client.send([execute("p", 0), sync()]);
    client.expect("D[2]");
    cancel(&server, client.pid, &client.key);
    client.expect("D* E[57014] Z(E)");
    client.send([query("rollback"), execute("p", 1), sync()]);
    client.expect("C(ROLLBACK) Z(I) E[34000] Z(I)");
}
