//! Back-pressure, lost clients, and what runs side by side. They look into the session, so they run against this
//! crate's server alone.

use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use crate::target::{Setup, Target};
use crate::wire::*;

/// Waits until something holds, and fails if it takes longer than a second.
#[track_caller]
fn within_a_second(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(
            began.elapsed() < Duration::from_secs(1),
            "not within a second: {what}"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn running(server: &Target) -> usize {
    server.gauges().running.load(SeqCst)
}

#[test]
fn te_03_a_lost_client_cancels_its_query() {
    let Some(server) = Setup::default().start_ours() else {
        return;
    };
    for extended in [false, true] {
        let sql = "do $$ begin raise notice 'now'; perform pg_sleep(60); end $$";
        let mut client = server.login();
        if extended {
            client.send([
                parse("", sql, &[]),
                bind("", "", &[]),
                execute("", 0),
                sync(),
            ]);
            client.expect_until("N");
        } else {
            client.send([query(sql)]);
            client.expect("N");
        }
        assert_eq!(running(&server), 1);
        let cancels = server.gauges().cancels.load(SeqCst);
        drop(client);
        within_a_second("the statement was dropped", || running(&server) == 0);
        within_a_second("the session was told", || {
            server.gauges().cancels.load(SeqCst) == cancels + 1
        });
        within_a_second("the session was dropped", || {
            server.gauges().sessions.load(SeqCst) == 0
        });
    }
}

#[test]
fn te_03_a_lost_client_ends_a_blocked_result() {
    let Some(server) = Setup::default().start_ours() else {
        return;
    };
    let mut client = server.login();
    client.send([query("select generate_series(1,2000000000) n")]);
    client.expect("T D[1]");
    settled(&server);
    drop(client);
    within_a_second("the statement was dropped", || running(&server) == 0);
    within_a_second("the session was dropped", || {
        server.gauges().sessions.load(SeqCst) == 0
    });
    assert_eq!(server.gauges().cancels.load(SeqCst), 1);
}

#[test]
fn te_03_a_lost_client_frees_its_parked_portals() {
    let Some(server) = Setup::default().start_ours() else {
        return;
    };
    let mut client = server.login();
    client.send([
        query("begin"),
        parse("", "select n from generate_series(1,9) n", &[]),
        bind("a", "", &[]),
        bind("b", "", &[]),
    ]);
    client.send([execute("a", 1), execute("b", 1), sync()]);
    client.expect("C(BEGIN) Z(T) 1 2 2 D[1] s D[1] s Z(T)");
    assert_eq!(running(&server), 2);
    client.send([terminate()]);
    client.expect("EOF");
    within_a_second("the portals were dropped", || running(&server) == 0);
    within_a_second("the session was dropped", || {
        server.gauges().sessions.load(SeqCst) == 0
    });
}

/// The number of rows that the session has handed over once it hands over no more.
fn settled(server: &Target) -> usize {
    let mut last = usize::MAX;
    loop {
        let rows = server.gauges().rows.load(SeqCst);
        if rows == last {
            return rows;
        }
        last = rows;
        std::thread::sleep(Duration::from_millis(60));
    }
}

#[test]
fn sec_65_a_reader_that_stops_stops_the_session() {
    let Some(server) = Setup::default().start_ours() else {
        return;
    };
    let mut client = server.login();
    client.send([query("select generate_series(1,2000000000) n")]);
    client.expect("T D[1]");
    let rows = settled(&server);
    // What the kernel holds for a socket that nobody reads, and our own 64 KiB: at 12 bytes and more a row.
    assert!(rows < 1_000_000, "{rows} rows went out to nobody");
    client.expect("D×200000");
    // It went on, and stops again.
    let more = settled(&server);
    assert!(more > rows || more > 200_000, "{more} rows after {rows}");
    let mut other = server.connect();
    other.send([cancel_request(client.pid, &client.key)]);
    other.expect("EOF");
    client.expect("D* E[57014] Z(I)");
}

#[test]
fn ca_01_a_cancel_reaches_a_result_that_nobody_reads() {
    let Some(server) = Setup::default().start_ours() else {
        return;
    };
    let mut client = server.login();
    client.send([query("select generate_series(1,2000000000) n")]);
    client.expect("T D[1]");
    settled(&server);
    let mut other = server.connect();
    other.send([cancel_request(client.pid, &client.key)]);
    other.expect("EOF");
    within_a_second("the statement was dropped", || running(&server) == 0);
    client.expect("D* E[57014] Z(I)");
    client.send([query("select 1")]);
    client.expect("T D[1] C(SELECT 1) Z(I)");
}

#[test]
fn fr_12_replies_flow_while_requests_still_come() {
    // Requests and replies of several megabytes each way, on one connection, with the reader in step.
    let Some(server) = Setup::default().start_ours() else {
        return;
    };
    let mut client = server.login();
    let mut socket = client.socket().try_clone().unwrap();
    let wide = "x".repeat(4000);
    let series = [
        parse("", "select $1::text", &[]),
        bind("", "", &[Some(&wide)]),
        execute("", 0),
        sync(),
    ]
    .concat();
    let writer = std::thread::spawn(move || {
        for _ in 0..2000 {
            std::io::Write::write_all(&mut socket, &series).unwrap();
        }
    });
    for _ in 0..2000 {
        client.expect("1 2 D C(SELECT 1) Z(I)");
    }
    writer.join().unwrap();
}

#[test]
fn ca_03_cancels_do_not_need_a_slot() {
    let Some(server) = Setup::max_connections(1).start_ours() else {
        return;
    };
    let mut client = server.login();
    client.send([query(
        "do $$ begin raise notice 'now'; perform pg_sleep(60); end $$",
    )]);
    client.expect("N");
    let mut other = server.connect();
    other.send([cancel_request(client.pid, &client.key)]);
    other.expect("EOF");
    client.expect("E[57014] Z(I)");
}

#[test]
fn te_03_a_lost_client_is_rolled_back() {
    let Some(server) = Setup::default().start_ours() else {
        return;
    };
    for goodbye in [false, true] {
        let before = server.gauges().rollbacks.load(SeqCst);
        let mut client = server.login();
        client.send([query("begin")]);
        client.expect("C(BEGIN) Z(T)");
        if goodbye {
            client.send([terminate()]);
            client.expect("EOF");
        }
        drop(client);
        within_a_second("the transaction was rolled back", || {
            server.gauges().rollbacks.load(SeqCst) == before + 1
        });
        within_a_second("the session was dropped", || {
            server.gauges().sessions.load(SeqCst) == 0
        });
    }
}

#[test]
fn te_03_a_client_lost_in_copy_in_stores_nothing() {
    let Some(server) = Setup::default().start_ours() else {
        return;
    };
    let mut client = server.login();
    client.send([
        query("create temp table t(n int)"),
        query("copy t from stdin"),
        copy_data(b"1\n"),
    ]);
    client.expect("C(CREATE TABLE) Z(I) G");
    within_a_second("the COPY runs", || running(&server) == 1);
    drop(client);
    within_a_second("the statement was dropped", || running(&server) == 0);
    within_a_second("the session was dropped", || {
        server.gauges().sessions.load(SeqCst) == 0
    });
}

#[test]
fn te_02_a_session_ends_though_nobody_reads() {
    let Some(server) = Setup::default().start_ours() else {
        return;
    };
    let (mut victim, mut other) = (server.login(), server.login());
    victim.send([query("select generate_series(1,2000000000) n")]);
    victim.expect("T D[1]");
    settled(&server);
    other.send([query(&format!(
        "select pg_terminate_backend({})",
        victim.pid
    ))]);
    other.expect("T D[t] C(SELECT 1) Z(I)");
    within_a_second("the statement was dropped", || running(&server) == 0);
    victim.expect("D* E[FATAL 57P01] EOF");
}
