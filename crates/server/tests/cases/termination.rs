//! T-T and T-E: ends of sessions, timeouts, and the fields of errors (PostgreSQL docs 54.2.9, 54.8).

use std::time::{Duration, Instant};

use crate::target::{Setup, server};
use crate::wire::*;

#[test]
fn t_t01_terminated_while_idle() {
    let server = server();
    let (mut victim, mut other) = (server.login(), server.login());
    other.send([query(&format!(
        "select pg_terminate_backend({})",
        victim.pid
    ))]);
    other.expect("T D[t] C(SELECT 1) Z(I)");
    victim.expect("E[FATAL 57P01 \"terminating connection due to administrator command\"] EOF");
}

#[test]
fn t_t01_terminated_while_busy() {
    let server = server();
    let (mut victim, mut other) = (server.login(), server.login());
    victim.send([query(
        "do $$ begin raise notice 'now'; perform pg_sleep(60); end $$",
    )]);
    victim.expect("N[NOTICE 00000]");
    other.send([query(&format!(
        "select pg_terminate_backend({})",
        victim.pid
    ))]);
    other.expect("T D[t] C(SELECT 1) Z(I)");
    victim.expect("E[FATAL 57P01] EOF");
}

#[test]
fn t_t02_idle_in_transaction_timeout() {
    let server = server();
    let mut client =
        server.login_with(&[("options", "-c idle_in_transaction_session_timeout=300")]);
    client.send([query("begin")]);
    client.expect("C(BEGIN) Z(T)");
    let began = Instant::now();
    client
        .expect("E[FATAL 25P03 \"terminating connection due to idle-in-transaction timeout\"] EOF");
    assert!(began.elapsed() >= Duration::from_millis(250));
}

#[test]
fn t_t02_idle_in_a_failed_transaction_counts_too() {
    let server = server();
    let mut client =
        server.login_with(&[("options", "-c idle_in_transaction_session_timeout=300")]);
    client.send([query("begin; select 1/0")]);
    client.expect("C(BEGIN) T* E[22012] Z(E) E[FATAL 25P03] EOF");
}

#[test]
fn t_t02_idle_session_timeout() {
    let server = server();
    let mut client = server.login_with(&[("options", "-c idle_session_timeout=300")]);
    let began = Instant::now();
    client.expect("E[FATAL 57P05 \"terminating connection due to idle-session timeout\"] EOF");
    assert!(began.elapsed() >= Duration::from_millis(250));
}

/// PostgreSQL's idle timeouts run from ReadyForQuery to the next message, and not within a series.
#[test]
fn t_t02_a_series_without_sync_is_not_idle() {
    let server = server();
    for (setting, before, status, ended) in [
        ("idle_session_timeout", "select 1", "Z(I)", "57P05"),
        (
            "idle_in_transaction_session_timeout",
            "begin",
            "Z(T)",
            "25P03",
        ),
    ] {
        let mut client = server.login_with(&[("options", &format!("-c {setting}=300"))]);
        client.send([query(before)]);
        client.expect_until("Z");
        client.send([parse("", "select 1", &[]), flush()]);
        client.expect("1");
        client.expect_silence(Duration::from_millis(600));
        client.send([sync()]);
        client.expect(&format!("{status} E[FATAL {ended}] EOF"));
    }
}

#[test]
fn t_t02_skipping_to_sync_is_not_idle() {
    let server = server();
    for fault in [parse("", "select 1/", &[]), message(b'P', b"")] {
        let mut client = server.login_with(&[("options", "-c idle_session_timeout=300")]);
        client.send([fault, flush()]);
        client.expect("E");
        client.expect_silence(Duration::from_millis(600));
        client.send([sync()]);
        client.expect("Z(I) E[FATAL 57P05] EOF");
    }
}

#[test]
fn t_t02_a_query_in_a_series_is_followed_by_idleness() {
    let server = server();
    let mut client = server.login_with(&[("options", "-c idle_session_timeout=300")]);
    client.send([parse("", "select 1", &[]), query("select 2")]);
    client.expect("1 T D[2] C(SELECT 1) Z(I) E[FATAL 57P05] EOF");
}

#[test]
fn t_t02_a_transaction_times_out_within_a_series() {
    let server = server();
    let mut client = server.login_with(&[("options", "-c transaction_timeout=300")]);
    client.send([query("begin"), parse("", "select 1", &[]), flush()]);
    client.expect("C(BEGIN) Z(T) 1 E[FATAL 25P04] EOF");
}

#[test]
fn t_t02_transaction_timeout() {
    let server = server();
    let mut client = server.login_with(&[("options", "-c transaction_timeout=300")]);
    client.send([query("begin")]);
    client.expect(
        "C(BEGIN) Z(T) E[FATAL 25P04 \"terminating connection due to transaction timeout\"] EOF",
    );
}

#[test]
fn t_t02_transaction_timeout_of_a_busy_session() {
    let mut client = server().login_with(&[("options", "-c transaction_timeout=300")]);
    client.send([query("select pg_sleep(60)")]);
    client.expect("T* E[FATAL 25P04] EOF");
    // Short ones do not add up.
    let mut client = server().login_with(&[("options", "-c transaction_timeout=5000")]);
    client.send([query("begin"), query("select 1"), query("commit")]);
    client.expect("C(BEGIN) Z(T) T D[1] C(SELECT 1) Z(T) C(COMMIT) Z(I)");
}

#[test]
fn t_t03_statement_timeout_of_a_result_that_is_read() {
    let mut client = server().login_with(&[("options", "-c statement_timeout=300")]);
    client.send([query("select generate_series(1,2000000000)")]);
    client.expect("T D[1] D* E[57014] Z(I)");
    client.send([query("select 1")]);
    client.expect("T D[1] C(SELECT 1) Z(I)");
}

#[test]
fn t_t01_terminated_in_the_middle_of_a_result() {
    let server = server();
    let (mut victim, mut other) = (server.login(), server.login());
    victim.send([query("select generate_series(1,2000000000)")]);
    victim.expect("T D[1]");
    other.send([query(&format!(
        "select pg_terminate_backend({})",
        victim.pid
    ))]);
    other.expect("T D[t] C(SELECT 1) Z(I)");
    victim.expect("D* E[FATAL 57P01] EOF");
}

#[test]
fn t_t03_statement_timeout() {
    let server = server();
    let mut client = server.login_with(&[("options", "-c statement_timeout=200")]);
    client.send([query("select pg_sleep(60)")]);
    client.expect("T* E[57014 \"canceling statement due to statement timeout\"] Z(I)");
    client.send([query("select 1")]);
    client.expect("T D[1] C(SELECT 1) Z(I)");
}

#[test]
fn t_t04_half_close_while_idle() {
    let mut client = server().login();
    client.shutdown_write();
    client.expect("EOF");
}

#[test]
fn t_t04_half_close_after_a_query() {
    let mut client = server().login();
    client.send([query("select 1")]);
    client.shutdown_write();
    client.expect("T D[1] C(SELECT 1) Z(I) EOF");
}

#[test]
fn t_t05_fast_shutdown() {
    let Some(server) = Setup::default().start_ours() else {
        return;
    };
    let mut idle = server.login();
    let mut block = server.login();
    block.send([query("begin")]);
    block.expect("C(BEGIN) Z(T)");
    let mut busy = server.login();
    busy.send([query(
        "do $$ begin raise notice 'now'; perform pg_sleep(60); end $$",
    )]);
    busy.expect("N[NOTICE 00000]");
    server.stop();
    for client in [&mut idle, &mut block, &mut busy] {
        client.expect("E[FATAL 57P01 \"terminating connection due to administrator command\"] EOF");
    }
}

#[test]
fn t_e01_constraints_name_what_they_constrain() {
    let mut client = server().login();
    client.send([query(
        "create temp table t(a int check (a > 0), b int not null, c int unique)",
    )]);
    client.expect("C(CREATE TABLE) Z(I)");
    let field = |seen: &Seen, code| seen.field(code).unwrap_or_default();

    client.send([query("insert into t values (0, 1, 1)")]);
    let seen = &client.expect("E[23514] Z(I)")[0];
    assert!(field(seen, 's').starts_with("pg_temp"), "{seen:?}");
    assert_eq!(
        (field(seen, 't'), field(seen, 'n')),
        ("t".into(), "t_a_check".into())
    );
    assert!(seen.field('D').is_some(), "{seen:?}");

    client.send([query("insert into t values (1, null, 1)")]);
    let seen = &client.expect("E[23502] Z(I)")[0];
    assert_eq!(
        (field(seen, 't'), field(seen, 'c')),
        ("t".into(), "b".into())
    );
    assert!(seen.field('D').is_some(), "{seen:?}");

    client.send([
        query("insert into t values (1, 1, 7)"),
        query("insert into t values (1, 1, 7)"),
    ]);
    client.expect("C(INSERT 0 1) Z(I)");
    let seen = &client.expect("E[23505] Z(I)")[0];
    assert_eq!(
        (field(seen, 't'), field(seen, 'n')),
        ("t".into(), "t_c_key".into())
    );
    assert_eq!(field(seen, 'D'), "Key (c)=(7) already exists.");
}

#[test]
fn t_e02_an_error_inside_an_inner_query() {
    let mut client = server().login();
    client.send([query("do $$ begin execute 'selct 1'; end $$")]);
    let seen = &client.expect("E[42601] Z(I)")[0];
    assert_eq!(seen.field('p').as_deref(), Some("1"));
    assert_eq!(seen.field('q').as_deref(), Some("selct 1"));
    assert!(seen.field('W').unwrap().contains("EXECUTE"), "{seen:?}");
}

#[test]
fn er_01_every_error_has_its_four_fields_in_order() {
    let mut client = server().login();
    client.send([query("selct")]);
    let seen = &client.expect("E[42601] Z(I)")[0];
    assert!(seen.fields().starts_with("SVCM"), "{}", seen.fields());
    client.send([query("do $$ begin raise notice 'a'; end $$")]);
    let seen = &client.expect("N[NOTICE 00000] C(DO) Z(I)")[0];
    assert!(seen.fields().starts_with("SVCM"), "{}", seen.fields());
}
