//! What a hostile client cannot do. These run against this crate's server alone: they look at what its session was made
//! to do, not only at what came back.

use std::collections::HashSet;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use crate::chance::Chance;
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

/// Conversations that go well, from the first byte to the last.
fn good_scripts() -> Vec<Vec<u8>> {
    let hello = startup(V3_0, &USER);
    let run = |sql: &str| {
        [
            parse("", sql, &[]),
            bind("", "", &[]),
            describe_portal(""),
            execute("", 2),
        ]
        .concat()
    };
    vec![
        [
            hello.clone(),
            query("select 1; select n from generate_series(1,5) n"),
            terminate(),
        ]
        .concat(),
        [
            hello.clone(),
            run("select n from generate_series(1,5) n"),
            execute("", 0),
            sync(),
            close_portal(""),
            sync(),
        ]
        .concat(),
        [
            hello.clone(),
            parse("a", "select $1::int, $2::text", &[23, 25]),
            describe_statement("a"),
            bind_as("p", "a", &[1, 0], &[Some(&[0, 0, 0, 1]), None], &[0, 1]),
            execute("p", 0),
            flush(),
            close_statement("a"),
            sync(),
        ]
        .concat(),
        [
            hello.clone(),
            query("create table t(n int); insert into t values (1)"),
            query("begin"),
            query("savepoint a"),
            query("rollback to a"),
            query("commit"),
        ]
        .concat(),
        [
            hello.clone(),
            query("copy (select n from generate_series(1,3) n) to stdout"),
            call(177, 1, &[Some(&[0, 0, 0, 1]), Some(&[0, 0, 0, 2])], 1),
        ]
        .concat(),
        [
            startup(
                GREASE,
                &[
                    ("user", "postgres"),
                    ("_pq_.x", "1"),
                    ("options", "-c application_name=a\\ b"),
                ],
            ),
            sync(),
            sync(),
        ]
        .concat(),
        [gss_request(), hello].concat(),
        cancel_request(7, &[1; 32]),
        [
            startup(V3_2, &USER),
            run("selct"),
            query("select 1"),
            sync(),
            run("select 1/0"),
            sync(),
        ]
        .concat(),
    ]
}

/// One change of the kinds that go wrong in parsers.
fn mutate(script: &mut Vec<u8>, chance: &mut Chance) {
    if script.is_empty() {
        return;
    }
    let at = chance.below(script.len());
    let end = at + chance.below((script.len() - at).min(40)) + 1;
    match chance.below(8) {
        0 => script[at] ^= 1 << chance.below(8),
        1 => script[at] = [0, 1, 0x7F, 0x80, 0xFE, 0xFF][chance.below(6)],
        2 => script.truncate(at),
        3 => drop(script.drain(at..end)),
        4 => {
            let piece = script[at..end].to_vec();
            script.splice(at..at, piece);
        }
        5 => script.swap(at, end - 1),
        6 => {
            let noise: Vec<u8> = (at..end).map(|_| chance.byte()).collect();
            script.splice(at..at, noise);
        }
        _ => {
            // A length or a count of any size.
            let word = [
                0u32,
                3,
                4,
                5,
                0x7FFF_FFFF,
                0x8000_0000,
                u32::MAX,
                0x3FFF_FFFE,
                10_000,
                65_536,
            ][chance.below(10)];
            for (byte, new) in script[at..].iter_mut().zip(word.to_be_bytes()) {
                *byte = new;
            }
        }
    }
}

/// Writes a stream, ends it, and reads until the server has ended it too.
fn throw(server: &Target, script: &[u8], round: &str) {
    let mut client = server.connect();
    client.send_bytes(script);
    let _ = client.socket().shutdown(std::net::Shutdown::Write);
    assert!(
        client.drained(Duration::from_secs(20)),
        "the server hangs on round {round}: {script:?}"
    );
}

#[test]
fn hostile_streams_do_not_panic_hang_or_kill() {
    const ROUNDS: usize = 2500;
    let Some(server) = Setup::default().start_ours() else {
        return;
    };
    let panics = crate::target::count_panics();
    let scripts = good_scripts();
    std::thread::scope(|scope| {
        for thread in 0..4u64 {
            let (server, scripts) = (&server, &scripts);
            scope.spawn(move || {
                let mut chance = Chance::new(0x7472_756e_6b6c_696e ^ thread);
                for round in 0..ROUNDS {
                    let mut script = scripts[chance.below(scripts.len())].clone();
                    for _ in 0..=chance.below(4) {
                        mutate(&mut script, &mut chance);
                    }
                    throw(server, &script, &format!("{thread}/{round}"));
                }
            });
        }
    });
    for script in scripts {
        throw(&server, &script, "of the good");
    }
    let mut client = server.login();
    client.send([query("select 1")]);
    client.expect("T D[1] C(SELECT 1) Z(I)");
    assert_eq!(panics(), 0, "the library panicked");
}

#[test]
fn hostile_logins_do_not_panic_hang_or_kill() {
    const ROUNDS: usize = 600;
    let panics = crate::target::count_panics();
    let Some(server) = Setup::default().start_ours() else {
        return;
    };
    for user in ["scram_user", "md5_user", "clear_user"] {
        let good = [
            startup(V3_0, &[("user", user), ("database", "postgres")]),
            sasl_first("SCRAM-SHA-256", &Scram::new("pencil").first()),
            sasl_response("c=biws,r=fyko+d2lbbFgONRv9qkxdawLabcdef,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts6Rj3QtPF4aVQ1xLk="),
            query("select 1"),
        ]
        .concat();
        let mut chance = Chance::new(4711);
        for round in 0..ROUNDS {
            let mut script = good.clone();
            for _ in 0..=chance.below(3) {
                mutate(&mut script, &mut chance);
            }
            throw(&server, &script, &format!("{user}/{round}"));
        }
        assert_eq!(statements(&server), 0);
    }
    assert_eq!(panics(), 0, "the library panicked");
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
fn hostile_learns_no_user_names() {
    /// What the server says to a login with a wrong password, with the name and all that is random taken out.
    fn transcript(server: &Target, user: &str) -> String {
        let mut client = server.connect();
        client.send([startup(V3_0, &[("user", user), ("database", "postgres")])]);
        let asked = client.expect("R").remove(0);
        let mut seen = format!("{asked:?}");
        match asked.body()[3] {
            // The length of the salt counts, not the salt.
            10 => {
                let scram = Scram::new("guess");
                client.send([sasl_first("SCRAM-SHA-256", &scram.first())]);
                let challenge = client.expect("R(11)").remove(0);
                let first = String::from_utf8(challenge.body()[4..].to_vec()).unwrap();
                let shape: Vec<_> = first
                    .split(',')
                    .map(|part| format!("{}{}", &part[..2], part.len()))
                    .collect();
                seen += &format!("{shape:?} {}", first.rsplit(',').next().unwrap());
                client.send([sasl_response(&scram.last(&first).text())]);
            }
            5 => client.send([password(&md5_answer(user, "guess", &asked.body()[4..]))]),
            _ => client.send([password("guess")]),
        }
        let refused = client.expect("E[FATAL 28P01] EOF").remove(0);
        seen + &String::from_utf8_lossy(refused.body()).replace(user, "USER")
    }
    let Some(server) = Setup::default().start_ours() else {
        return;
    };
    for (known, unknown) in [
        ("scram_user", "unknown_user"),
        ("scram_user", "other_unknown"),
        ("clear_user", "clear_unknown"),
    ] {
        assert_eq!(transcript(&server, known), transcript(&server, unknown));
    }
}

#[test]
fn hostile_guesses_no_cancel_keys() {
    let Some(server) = Setup::default().start_ours() else {
        return;
    };
    let mut keys = HashSet::new();
    let mut pids = HashSet::new();
    let mut ones = 0;
    let clients: Vec<_> = (0..100)
        .map(|_| {
            let mut client = server.connect();
            client.send([startup(V3_2, &USER)]);
            client.expect_ready();
            ones += client.key.iter().map(|byte| byte.count_ones()).sum::<u32>();
            assert!(keys.insert(client.key.clone()), "a key came twice");
            assert!(pids.insert(client.pid), "a process id came twice");
            client
        })
        .collect();
    // 25,600 fair coins: a hundred standard deviations would be 8,000 off the middle; ten are 800.
    assert!(
        (12_000..=13_600).contains(&ones),
        "{ones} of 25600 bits are set"
    );
    drop(clients);

    let mut victim = server.connect();
    victim.send([startup(V3_2, &USER)]);
    victim.expect_ready();
    victim.send([query(
        "do $$ begin raise notice 'now'; perform pg_sleep(60); end $$",
    )]);
    victim.expect("N");
    let mut chance = Chance::new(99);
    let began = Instant::now();
    for round in 0..1000 {
        let mut key = victim.key.clone();
        match round % 4 {
            0 => key[round / 4 % 32] ^= 1 << chance.below(8),
            1 => key.truncate(round / 4 % 32),
            2 => key.extend([chance.byte()]),
            _ => key.iter_mut().for_each(|byte| *byte = chance.byte()),
        }
        let mut other = server.connect();
        other.send([cancel_request(victim.pid, &key)]);
        other.expect("EOF");
    }
    assert!(began.elapsed() < Duration::from_secs(30));
    assert_eq!(server.gauges().cancels.load(SeqCst), 0);
    // The flood has not shut out the right one.
    let mut other = server.connect();
    other.send([cancel_request(victim.pid, &victim.key)]);
    other.expect("EOF");
    victim.expect("E[57014] Z(I)");
}

#[test]
fn hostile_gets_one_guess_a_connection() {
    let Some(server) = Setup::default().start_ours() else {
        return;
    };
    let mut client = server.connect();
    client.send([startup(
        V3_0,
        &[("user", "clear_user"), ("database", "postgres")],
    )]);
    client.expect("R(3)");
    client.send([password("guess"), password("pencil")]);
    client.expect("E[FATAL 28P01] EOF");
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
