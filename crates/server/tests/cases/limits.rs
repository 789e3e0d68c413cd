//! LM-01: every limit of the server, on both sides of its boundary, through the socket. The limits of startup packets
//! are T-S10 and T-S11, of passwords T-A18, of SCRAM messages T-A15, of parameters T-X49, of names T-X54, of channels
//! and payloads T-N04.

use std::time::Duration;

use crate::target::{Setup, server};
use crate::wire::*;

const LARGE: [u8; 5] = [b'Q', b'P', b'B', b'F', b'd'];
const SMALL: [u8; 8] = [b'C', b'D', b'E', b'H', b'S', b'X', b'c', b'f'];

#[test]
fn lm_large_messages() {
    for tag in LARGE {
        let mut over = server().login();
        over.send([header(tag, 0x3FFF_FFFF)]);
        over.expect("EOF");
    }
    // At the limit the server waits for the rest, without a gigabyte in hand.
    let mut clients: Vec<_> = LARGE.map(|tag| (tag, server().login())).into();
    for (tag, client) in &mut clients {
        client.send([header(*tag, 0x3FFF_FFFE), vec![b' '; 1000]]);
    }
    for (_, client) in &mut clients {
        client.expect_silence(Duration::from_millis(20));
    }
}

#[test]
fn lm_small_messages() {
    for tag in SMALL {
        let mut over = server().login();
        over.send([header(tag, 10_001)]);
        over.expect("EOF");

        let mut at = server().login();
        at.send([message(tag, &[b'x'; 9996])]);
        match tag {
            // Its body is broken, but it was read as one message.
            b'C' | b'D' | b'E' | b'H' => {
                at.send([sync()]);
                at.expect("E[08P01] Z(I)");
            }
            b'S' => drop(at.expect("E[08P01] Z(I)")),
            b'X' => drop(at.expect("EOF")),
            // Stray messages of COPY are ignored.
            _ => {
                at.send([query("select 1")]);
                at.expect("T D[1] C(SELECT 1) Z(I)");
            }
        }
    }
}

#[test]
fn lm_lengths_below_four() {
    for length in [0, 1, 3, 0x8000_0000, u32::MAX] {
        for tag in LARGE.into_iter().chain(SMALL) {
            let mut client = server().login();
            client.send([header(tag, length)]);
            client.expect("EOF");
        }
    }
}

#[test]
fn lm_startup_packet() {
    for (length, answered) in [(7, false), (8, true), (10_004, true), (10_005, false)] {
        let mut client = server().connect();
        let mut packet = u32::to_be_bytes(length).to_vec();
        packet.extend(V3_0.to_be_bytes());
        packet.resize(length as usize, b'x');
        client.send_bytes(&packet);
        client.expect(if answered {
            "E[FATAL 08P01] EOF"
        } else {
            "EOF"
        });
    }
}

#[test]
fn lm_cancel_key() {
    for length in [0, 1, 256, 257] {
        let mut client = server().connect();
        client.send([cancel_request(1, &vec![7; length])]);
        client.expect("EOF");
    }
}

#[test]
fn lm_columns_of_a_result() {
    let mut client = server().login();
    client.send([query(&format!("select {}", vec!["1"; 1664].join(",")))]);
    client.expect("T(1664 cols) D(1664) C(SELECT 1) Z(I)");
    client.send([query(&format!("select {}", vec!["1"; 1665].join(",")))]);
    client.expect("E[54011 \"target lists can have at most 1664 entries\"] Z(I)");
}

#[test]
fn lm_function_arguments() {
    let mut client = server().login();
    for n in [100, 101] {
        client.send([call(177, 0, &vec![Some(&b"1"[..]); n], 0)]);
        client.expect("E[08P01] Z(I)");
    }
}

#[test]
fn lm_prepared_statements_and_portals() {
    let Some(server) = Setup::max_prepared(3, 2).start_ours() else {
        return;
    };
    let mut client = server.login();
    let named = |name: &str| parse(name, "select 1", &[]);
    client.send([named("a"), named("b"), named("c"), sync()]);
    client.expect("1 1 1 Z(I)");
    client.send([named("d"), sync()]);
    client.expect("E[53400] Z(I)");
    client.send([close_statement("a"), named("d"), sync()]);
    client.expect("3 1 Z(I)");
    // Portals, inside one series.
    client.send([
        bind("p", "d", &[]),
        bind("q", "d", &[]),
        bind("r", "d", &[]),
        sync(),
    ]);
    client.expect("2 2 E[53400] Z(I)");
    client.send([
        bind("p", "d", &[]),
        close_portal("p"),
        bind("q", "d", &[]),
        bind("r", "d", &[]),
        sync(),
    ]);
    client.expect("2 3 2 2 Z(I)");
}

/// A statement of this many bytes.
fn of_bytes(bytes: usize) -> String {
    format!("select '{}'", "x".repeat(bytes - 9))
}

#[test]
fn sec_64_bytes_of_prepared_statements() {
    let Some(server) = Setup::max_prepared_bytes(100_000).start_ours() else {
        return;
    };
    let mut client = server.login();
    let named = |name: &str, bytes| parse(name, &of_bytes(bytes), &[]);
    // What each takes beside its text is less than a thousand bytes.
    client.send([named("a", 60_000), named("b", 38_000), sync()]);
    client.expect("1 1 Z(I)");
    client.send([close_statement("b"), named("b", 40_000), sync()]);
    client.expect("3 E[53200] Z(I)");
    // By SQL as by the protocol.
    let prepare = |bytes| query(&format!("prepare b as {}", of_bytes(bytes)));
    client.send([prepare(40_000), prepare(38_000)]);
    client.expect("E[53200] Z(I) C(PREPARE) Z(I)");
    client.send([query("deallocate a"), named("a", 59_000), sync()]);
    client.expect("C(DEALLOCATE) Z(I) 1 Z(I)");
    client.send([query("deallocate all"), named("a", 99_000), sync()]);
    client.expect("C(DEALLOCATE ALL) Z(I) 1 Z(I)");
}

#[test]
fn sec_64_columns_are_kept_too() {
    let Some(server) = Setup::max_prepared_bytes(100_000).start_ours() else {
        return;
    };
    let mut client = server.login();
    // The text takes 3,000 bytes, and the columns fifty or a hundred each.
    let wide = format!("select {}", vec!["1"; 1_500].join(","));
    client.send([parse("a", &wide, &[]), sync()]);
    client.expect("E[53200] Z(I)");
    client.send([query(&format!("prepare a as {wide}"))]);
    client.expect("E[53200] Z(I)");
    // Without a name, or a portal that has one, it does not count.
    client.send([
        parse("", &wide, &[]),
        bind("", "", &[]),
        execute("", 0),
        bind("p", "", &[]),
        sync(),
    ]);
    client.expect("1 2 D(1500) C(SELECT 1) E[53200] Z(I)");
}

#[test]
fn sec_64_small_ones_take_something_too() {
    let Some(server) = Setup::max_prepared_bytes(1_000).start_ours() else {
        return;
    };
    let mut client = server.login();
    let small = |name: &str| parse(name, "select 1", &[]);
    client.send([small("a"), small("b"), small("c"), sync()]);
    client.expect("1 1 E[53200] Z(I)");
    client.send([
        close_statement("b"),
        bind("p", "a", &[]),
        bind("q", "a", &[]),
        sync(),
    ]);
    client.expect("3 2 E[53200] Z(I)");
}

#[test]
fn sec_64_bytes_of_portals() {
    let Some(server) = Setup::max_prepared_bytes(100_000).start_ours() else {
        return;
    };
    let mut client = server.login();
    let value = |bytes| "x".repeat(bytes);
    client.send([query("begin"), parse("s", "select $1::text", &[]), sync()]);
    client.expect("C(BEGIN) Z(T) 1 Z(T)");
    // What the statement takes, and a portal beside its value, is less than a thousand bytes.
    client.send([
        query("savepoint a"),
        bind("p", "s", &[Some(&value(97_000))]),
        close_portal("p"),
        bind("p", "s", &[Some(&value(100_000))]),
        sync(),
        query("rollback to a"),
    ]);
    client.expect("C(SAVEPOINT) Z(T) 2 3 E[53200] Z(E) C(ROLLBACK) Z(T)");
    let half = value(49_800);
    client.send([
        bind("p", "s", &[Some(&half)]),
        bind("q", "s", &[Some(&half)]),
        sync(),
        query("rollback to a"),
    ]);
    client.expect("2 E[53200] Z(E) C(ROLLBACK) Z(T)");
    // What they took was given back, also by a portal that was bound after the savepoint.
    client.send([
        bind("p", "s", &[Some(&half)]),
        execute("p", 1),
        close_portal("p"),
        bind("q", "s", &[Some(&half)]),
        sync(),
        query("commit"),
    ]);
    client.expect("2 D s 3 2 Z(T) C(COMMIT) Z(I)");
    client.send([bind("p", "s", &[Some(&value(97_000))]), sync()]);
    client.expect("2 Z(I)");
    // That portal went with Sync; a cursor is a portal, too.
    client.send([
        query("begin"),
        query(&format!("declare c cursor for {}", of_bytes(100_000))),
        query("rollback"),
        query("begin"),
        query(&format!("declare c cursor for {}", of_bytes(97_000))),
    ]);
    client.expect(
        "C(BEGIN) Z(T) E[53200] Z(E) C(ROLLBACK) Z(I) C(BEGIN) Z(T) C(DECLARE CURSOR) Z(T)",
    );
}

#[test]
fn sec_64_a_portal_keeps_its_statement() {
    let Some(server) = Setup::max_prepared_bytes(100_000).start_ours() else {
        return;
    };
    let mut client = server.login();
    let large = of_bytes(90_000);
    client.send([
        query("begin; savepoint a"),
        parse("s", &large, &[]),
        bind("p", "s", &[]),
        close_statement("s"),
        parse("t", &large, &[]),
        sync(),
        query("rollback to a"),
    ]);
    client.expect("C(BEGIN) C(SAVEPOINT) Z(T) 1 2 3 E[53200] Z(E) C(ROLLBACK) Z(T)");
    // The portal went with the savepoint, and the statement with it.
    client.send([parse("t", &large, &[]), close_statement("t"), sync()]);
    client.expect("1 3 Z(T)");
    // So does one of the unnamed statement.
    client.send([
        parse("", &large, &[]),
        bind("p", "", &[]),
        parse("", &large, &[]),
        bind("q", "", &[]),
        sync(),
    ]);
    client.expect("1 2 1 E[53200] Z(E)");
    client.send([query("rollback")]);
    client.expect("C(ROLLBACK) Z(I)");
    // And the arguments of an EXECUTE belong to its portal.
    let run = format!("execute s('{}')", "x".repeat(45_000));
    client.send([
        parse("s", "select $1::text", &[]),
        parse("e", &run, &[]),
        bind("p", "e", &[]),
        bind("q", "e", &[]),
        execute("p", 0),
        execute("q", 0),
        sync(),
    ]);
    client.expect("1 1 2 2 D C(SELECT 1) E[53200] Z(I)");
}

#[test]
fn sec_64_messages_bound_what_has_no_name() {
    let Some(server) = Setup::max_prepared_bytes(100_000).start_ours() else {
        return;
    };
    let mut client = server.login();
    let large = "x".repeat(200_000);
    client.send([parse("s", &of_bytes(99_000), &[]), sync()]);
    client.expect("1 Z(I)");
    client.send([
        parse("", "select $1::text", &[]),
        bind("", "", &[Some(&large)]),
        execute("", 0),
        parse("", &of_bytes(200_000), &[]),
        bind("", "", &[]),
        execute("", 0),
        sync(),
        query(&of_bytes(200_000)),
    ]);
    client.expect("1 2 D C(SELECT 1) 1 2 D C(SELECT 1) Z(I) T D C(SELECT 1) Z(I)");
    client.send([
        parse("", &of_bytes(200_000), &[]),
        bind("p", "", &[]),
        sync(),
    ]);
    client.expect("1 E[53200] Z(I)");
}

#[test]
fn lm_02_limits_are_configuration() {
    let setup = Setup::limits(|limits| {
        limits.large = 1000;
        limits.small = 200;
        limits.columns = 2;
        limits.row = 100;
        limits.startup = 500;
    });
    let Some(server) = setup.start_ours() else {
        return;
    };
    let mut client = server.login();
    let comment = |length: usize| query(&format!("--{}", "x".repeat(length - 7)));
    client.send([comment(1000)]);
    client.expect("I Z(I)");
    client.send([comment(1001)]);
    client.expect("EOF");

    let mut client = server.login();
    client.send([close_portal(&"x".repeat(194)), sync()]);
    client.expect("3 Z(I)");
    client.send([close_portal(&"x".repeat(195))]);
    client.expect("EOF");

    let mut client = server.login();
    client.send([query("select 1, 2"), query("select 1, 2, 3")]);
    client.expect("T D[1,2] C(SELECT 1) Z(I) E[54011] Z(I)");
    // Length, count of columns, length of the value: ten bytes.
    for (length, answer) in [(90, "T D C(SELECT 1) Z(I)"), (91, "T* E[54000] Z(I)")] {
        client.send([query(&format!("select '{}'", "x".repeat(length)))]);
        client.expect(answer);
    }
    client.send([query("select 1")]);
    client.expect("T D[1] C(SELECT 1) Z(I)");

    for (length, answer) in [(500, "R(0) N* S* K N* Z(I)"), (501, "EOF")] {
        let fixed = [("user", "postgres"), ("application_name", "")];
        let name = "x".repeat(length - startup(V3_0, &fixed).len());
        let mut client = server.connect();
        client.send([startup(V3_0, &[fixed[0], ("application_name", &name)])]);
        client.expect(answer);
    }
}

#[test]
fn sec_64_a_statement_that_portals_share_counts_once() {
    let Some(server) = Setup::default().start_ours() else {
        return;
    };
    let mut client = server.login();
    client.send([query("begin"), parse("", &of_bytes(1 << 20), &[])]);
    let binds: Vec<u8> = (0..100)
        .flat_map(|n| bind(&format!("p{n}"), "", &[]))
        .collect();
    client.send([binds, sync()]);
    client.expect("C(BEGIN) Z(T) 1 2×100 Z(T)");
    client.send([query("rollback")]);
    client.expect("C(ROLLBACK) Z(I)");
}

#[test]
fn sec_64_what_is_shared_is_given_back_with_its_last_portal() {
    let Some(server) = Setup::max_prepared_bytes(100_000).start_ours() else {
        return;
    };
    let mut client = server.login();
    client.send([
        query("begin"),
        parse("", &of_bytes(90_000), &[]),
        bind("p", "", &[]),
        bind("q", "", &[]),
        close_portal("p"),
        sync(),
    ]);
    client.expect("C(BEGIN) Z(T) 1 2 2 3 Z(T)");
    let large = parse("s", &of_bytes(90_000), &[]);
    // The unnamed statement is still there, but counts no more.
    client.send([
        close_portal("q"),
        large.clone(),
        close_statement("s"),
        sync(),
    ]);
    client.expect("3 1 3 Z(T)");
    client.send([bind("p", "", &[]), large, sync()]);
    client.expect("2 E[53200] Z(E)");
}

#[test]
fn sec_64_a_portal_that_becomes_another_gives_back_what_it_took() {
    let Some(server) = Setup::max_prepared_bytes(100_000).start_ours() else {
        return;
    };
    let mut client = server.login();
    let run = format!("execute s('{}')", "x".repeat(60_000));
    client.send([
        parse("s", "select $1::text", &[]),
        parse("", &run, &[]),
        bind("p", "", &[]),
        execute("p", 0),
        sync(),
    ]);
    client.expect("1 1 2 D C(SELECT 1) Z(I)");
}
