//! What a hostile client cannot find out: user names, passwords, cancel keys.

use std::collections::HashSet;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use crate::chance::Chance;
use crate::target::{Setup, Target};
use crate::wire::*;

const USER: [(&str, &str); 2] = [("user", "postgres"), ("database", "postgres")];

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
