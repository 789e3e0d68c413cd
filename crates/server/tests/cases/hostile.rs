//! What a hostile client cannot do. These run against this crate's server alone: they look at what its session was made
//! to do, not only at what came back.

use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use crate::target::{Setup, Target};
use crate::wire::*;

const USER: [(&str, &str); 2] = [("user", "postgres"), ("database", "postgres")];

fn statements(server: &Target) -> usize {
    server.gauges().statements.load(SeqCst)
}

/// Ways to ask for a statement to be run.
fn requests() -> Vec<Vec<u8>> {
    let run = [
        parse("", "select 1", &[]),
        bind("", "", &[]),
        execute("", 0),
    ]
    .concat();
    vec![
        query("select 1"),
        [run.clone(), sync()].concat(),
        [run, flush()].concat(),
        call(177, 0, &[Some(b"1"), Some(b"2")], 0),
        copy_data(b"select 1\n"),
        [terminate(), query("select 1")].concat(),
    ]
}

#[test]
fn hostile_runs_nothing_before_login() {
    let Some(server) = Setup::default().start_ours() else {
        return;
    };
    for request in requests() {
        // Without any startup packet.
        let mut client = server.connect();
        client.send([request.clone()]);
        client.expect("EOF");
        // Behind the startup packet, in one write; and where a password must come.
        for user in ["scram_user", "clear_user", "md5_user"] {
            let hello = startup(V3_0, &[("user", user), ("database", "postgres")]);
            for glued in [true, false] {
                let mut client = server.connect();
                if glued {
                    client.send([hello.clone(), request.clone()]);
                    client.expect("R E[FATAL 08P01] EOF");
                } else {
                    client.send([hello.clone()]);
                    client.expect("R");
                    client.send([request.clone()]);
                    client.expect("E[FATAL 08P01] EOF");
                }
            }
            // Behind a password that is wrong: refused, and the rest is never read.
            let mut client = server.connect();
            client.send([
                hello,
                sasl_first("SCRAM-SHA-256", &Scram::new("x").first()),
                sasl_response("c=biws,r=x,p=AAAA"),
                request.clone(),
            ]);
            client.expect_until("EOF");
        }
    }
    assert_eq!(statements(&server), 0);
    assert_eq!(server.gauges().sessions.load(SeqCst), 0);
    server.login();
}

#[test]
fn hostile_carries_nothing_across_the_tls_upgrade() {
    let Some(server) = Setup::default().start_ours() else {
        return;
    };
    for stowaway in [
        [startup(V3_0, &USER), query("select 1")].concat(),
        query("select 1"),
        vec![0],
        gss_request(),
        ssl_request(),
    ] {
        let mut client = server.connect();
        client.send_bytes(&[ssl_request(), stowaway].concat());
        // The server may answer S before it sees them; then the handshake fails.
        let mut answer = [0; 1];
        std::io::Read::read_exact(&mut client.socket(), &mut answer).unwrap();
        assert!(answer == *b"S" || answer == *b"E", "{answer:?}");
        if answer == *b"S" {
            assert!(
                client.upgrade(&["postgresql"]).is_err(),
                "a handshake succeeded behind plaintext"
            );
        }
    }
    assert_eq!(statements(&server), 0);
    assert_eq!(server.gauges().sessions.load(SeqCst), 0);

    // Nor do requests sent in clear after the answer, while the server waits for the handshake.
    let mut client = server.connect();
    client.send([ssl_request()]);
    client.expect_byte('S');
    client.send([startup(V3_0, &USER)]);
    assert!(client.upgrade(&["postgresql"]).is_err());
    assert_eq!(server.gauges().sessions.load(SeqCst), 0);
    server.login();
}

#[test]
fn hostile_alternating_encryption_requests_end_at_the_third() {
    let Some(server) = Setup::without_tls().start_ours() else {
        return;
    };
    let mut client = server.connect();
    for request in [gss_request(), ssl_request()] {
        client.send([request]);
        client.expect_byte('N');
    }
    client.send_bytes(&[gss_request(), ssl_request()].concat().repeat(50_000));
    client.expect("E[FATAL 0A000] EOF");
}

#[test]
fn panics_of_the_session_end_that_session_only() {
    let Some(server) = Setup::default().start_ours() else {
        return;
    };
    let mut other = server.login();
    let mut client = server.login();
    client.send([query("do $$ begin panic; end $$")]);
    let seen = client.expect("E[FATAL XX000] EOF");
    let text = seen[0].field('M').unwrap();
    assert!(
        !text.contains("the session panics"),
        "internals reached the client: {text}"
    );
    let mut extended = server.login();
    extended.send([
        parse("", "do $$ begin panic; end $$", &[]),
        bind("", "", &[]),
        execute("", 0),
        sync(),
    ]);
    extended.expect("1 2 E[FATAL XX000] EOF");
    let mut opener = server.connect();
    opener.send([startup(
        V3_0,
        &[("user", "panicking_user"), ("database", "postgres")],
    )]);
    opener.expect("R(0) E[FATAL XX000] EOF");
    other.send([query("select 1")]);
    other.expect("T D[1] C(SELECT 1) Z(I)");
    server.login();
}

#[test]
fn hostile_smuggles_no_frame() {
    let Some(server) = Setup::default().start_ours() else {
        return;
    };
    let mut listener = server.login();
    listener.send([query("listen smuggled")]);
    listener.expect("C(LISTEN) Z(I)");
    let stowaway = query("notify smuggled");
    let inside = |frame: &[u8]| [frame, &stowaway].concat();

    // In a value, in a string, in data: bytes are bytes.
    let mut client = server.login();
    client.send([
        parse("", "select $1::bytea is null", &[]),
        bind_as("", "", &[1], &[Some(&stowaway)], &[]),
        execute("", 0),
        sync(),
        copy_data(&stowaway),
        message(b'c', &stowaway),
    ]);
    client.expect("1 2 D[f] C(SELECT 1) Z(I)");

    // A value whose length reaches past its message, or short of it: the message ends where its own length says.
    let bind_claiming = |length: i32| {
        let body = [
            &bind_head("", "", &[])[..],
            &[0, 1],
            &length.to_be_bytes(),
            &inside(b"x"),
            b"\0\0",
        ]
        .concat();
        message(b'B', &body)
    };
    let whole = i32::try_from(inside(b"x").len()).unwrap();
    for length in [1, whole - 1, whole + 3, i32::MAX, -2, i32::MIN] {
        client.send([
            parse("", "select $1::bytea is null", &[]),
            bind_claiming(length),
            execute("", 0),
            sync(),
        ]);
        client.expect("1 E[08P01] Z(I)");
    }

    // A message that is refused whole by its length takes the connection with it.
    for claim in [
        header(b'Q', 3),
        header(b'S', 10_001),
        header(b'Q', 0x3FFF_FFFF),
        header(b'B', u32::MAX),
        header(b'E', 0),
    ] {
        let mut client = server.login();
        client.send([claim, stowaway.clone()]);
        client.expect("EOF");
    }

    // An unknown type is fatal, whatever comes behind it.
    let mut client = server.login();
    client.send([inside(b"z\0\0\0\x04")]);
    client.expect("E[FATAL 08P01] EOF");

    // While the rest of a message is awaited, nothing ends the wait: not even a cancel in the middle.
    let mut client = server.login();
    let outer = query(&format!(
        "select '{}'",
        String::from_utf8_lossy(&stowaway).replace('\0', " ")
    ));
    client.send_bytes(&outer[..9]);
    let mut cancel = server.connect();
    cancel.send([cancel_request(client.pid, &client.key)]);
    cancel.expect("EOF");
    client.send_bytes(&outer[9..]);
    client.expect("T D C(SELECT 1) Z(I)");

    // While skipping to Sync, frames are still frames.
    let mut client = server.login();
    client.send([
        parse("", "selct", &[]),
        message(b'd', &stowaway),
        message(b'H', &stowaway),
        sync(),
    ]);
    client.expect("E[42601] Z(I)");

    listener.send([query("select 1")]);
    listener.expect("T D[1] C(SELECT 1) Z(I)");
}

#[test]
fn hostile_drips_are_cut_at_one_deadline() {
    // One byte at a time resets nothing: the deadline runs from accept.
    let Some(server) = Setup::impatient().start_ours() else {
        return;
    };
    let packet = startup(
        V3_0,
        &[
            ("user", "scram_user"),
            ("application_name", &"x".repeat(200)),
        ],
    );
    let mut client = server.connect();
    let began = Instant::now();
    for byte in packet {
        client.send_bytes(&[byte]);
        std::thread::sleep(Duration::from_millis(5));
        if began.elapsed() > server.patience() * 2 {
            break;
        }
    }
    client.expect_until("EOF");
    assert!(
        began.elapsed() < server.patience() * 3,
        "dripped for {:?}",
        began.elapsed()
    );
}

#[test]
fn hostile_texts_cost_no_more_than_their_length() {
    // Each of these takes a parser that recurses, or one that begins again at every statement, very long or too deep.
    let Some(server) = Setup::default().start_ours() else {
        return;
    };
    let mut client = server.login();
    let began = Instant::now();
    for (sql, expected) in [
        ("/*".repeat(50_000), "E[42601] Z(I)"),
        ("'".repeat(50_001), "E[42601] Z(I)"),
        (
            format!("select 1; {}", "$a$".repeat(50_001)),
            "E[42601] Z(I)",
        ),
        (";".repeat(300_000), "I Z(I)"),
        ("--\n".repeat(100_000), "I Z(I)"),
    ] {
        client.send([query(&sql)]);
        client.expect(expected);
    }
    let many = "select 1;".repeat(20_000);
    client.send([query(&many)]);
    for _ in 0..20_000 {
        client.expect("T D[1] C(SELECT 1)");
    }
    client.expect("Z(I)");
    assert!(
        began.elapsed() < Duration::from_secs(15),
        "took {:?}",
        began.elapsed()
    );
}

#[test]
fn panics_of_a_suspended_portal_end_that_session_only() {
    let Some(server) = Setup::default().start_ours() else {
        return;
    };
    let mut client = server.login();
    client.send([
        query("begin"),
        parse("", "select n, panic(n) from generate_series(1,5) n", &[]),
        bind("", "", &[]),
        execute("", 1),
        execute("", 1),
        sync(),
    ]);
    client.expect("C(BEGIN) Z(T) 1 2 D s E[FATAL XX000] EOF");
    server.login();
}
