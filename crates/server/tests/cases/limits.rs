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
