//! Streams that were good until somebody meddled with them.

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use crate::chance::{Chance, rounds, seed};
use crate::target::{Setup, Target, count_panics};
use crate::wire::*;

const USER: [(&str, &str); 2] = [("user", "postgres"), ("database", "postgres")];

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

/// One change of the kinds that go wrong in parsers; mostly not in the first packet, which would end it all.
fn mutate(script: &mut Vec<u8>, chance: &mut Chance) {
    let first = match script[..] {
        [0, 0, high, low, ..] if chance.below(4) > 0 => {
            usize::from(u16::from_be_bytes([high, low]))
        }
        _ => 0,
    };
    if script.len() <= first {
        return;
    }
    let at = first + chance.below(script.len() - first);
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
    let rounds = rounds(2500);
    let Some(server) = Setup::default().start_ours() else {
        return;
    };
    let panics = count_panics();
    let scripts = good_scripts();
    std::thread::scope(|scope| {
        for thread in 0..4u64 {
            let (server, scripts) = (&server, &scripts);
            scope.spawn(move || {
                let mut chance = Chance::new(seed() ^ thread);
                for round in 0..rounds {
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
    let rounds = rounds(600);
    let panics = count_panics();
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
        let mut chance = Chance::new(seed());
        for round in 0..rounds {
            let mut script = good.clone();
            for _ in 0..=chance.below(3) {
                mutate(&mut script, &mut chance);
            }
            throw(&server, &script, &format!("{user}/{round}"));
        }
        assert_eq!(server.gauges().statements.load(SeqCst), 0);
    }
    assert_eq!(panics(), 0, "the library panicked");
}
