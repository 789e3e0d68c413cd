//! T-A: authentication (PostgreSQL docs 54.2.1, 54.3; RFC 5802, RFC 7677).

use crate::target::{Target, server};
use crate::wire::*;

const SCRAM: &str = "SCRAM-SHA-256";
const PLUS: &str = "SCRAM-SHA-256-PLUS";

fn user(name: &str) -> Vec<u8> {
    startup(V3_0, &[("user", name), ("database", "postgres")])
}

/// A connection that was asked for SCRAM.
fn asked(server: &Target) -> Client {
    let mut client = server.connect();
    client.send([user("scram_user")]);
    assert_eq!(
        client.expect("R(10)")[0].body(),
        b"\0\0\0\x0aSCRAM-SHA-256\0\0"
    );
    client
}

/// The same over TLS.
fn asked_over_tls(server: &Target) -> Client {
    let mut client = server.connect();
    client.send([ssl_request()]);
    client.expect_byte('S');
    client.upgrade(&[]).unwrap();
    client.send([user("scram_user")]);
    assert_eq!(
        client.expect("R(10)")[0].body(),
        b"\0\0\0\x0aSCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0"
    );
    client
}

/// The text of a SASLContinue.
fn challenge(client: &mut Client) -> String {
    let seen = client.expect("R(11)");
    String::from_utf8(seen[0].body()[4..].to_vec()).unwrap()
}

/// Up to the server's challenge.
fn challenged(client: &mut Client, mechanism: &str, scram: &Scram) -> String {
    client.send([sasl_first(mechanism, &scram.first())]);
    challenge(client)
}

/// The whole exchange, which must succeed.
fn log_in(client: &mut Client, mechanism: &str, scram: &Scram) {
    let first = challenged(client, mechanism, scram);
    finish(client, scram, &first);
}

fn finish(client: &mut Client, scram: &Scram, first: &str) {
    let last = scram.last(first);
    client.send([sasl_response(&last.text())]);
    let seen = client.expect("R(12) R(0)");
    assert_eq!(
        seen[0].body()[4..],
        *scram.server_final(first, &last).as_bytes()
    );
    client.expect_session();
}

#[test]
fn t_a01_scram() {
    let mut client = asked(&server());
    log_in(&mut client, SCRAM, &Scram::new("pencil"));
    client.send([query("select 1")]);
    client.expect("T D[1] C(SELECT 1) Z(I)");
}

#[test]
fn t_a02_wrong_password() {
    let mut client = asked(&server());
    let scram = Scram::new("pen");
    let first = challenged(&mut client, SCRAM, &scram);
    client.send([sasl_response(&scram.last(&first).text())]);
    client.expect("E[FATAL 28P01 \"password authentication failed for user \"scram_user\"\"] EOF");
}

#[test]
fn t_a03_an_unknown_user_looks_like_any_other() {
    let server = server();
    let mut salts = Vec::new();
    for name in ["unknown_user", "unknown_user", "other_unknown"] {
        let mut client = server.connect();
        client.send([user(name)]);
        client.expect("R(10)");
        let scram = Scram::new("pencil");
        let first = challenged(&mut client, SCRAM, &scram);
        assert!(first.starts_with("r=fyko+d2lbbFgONRv9qkxdawL"), "{first}");
        assert!(first.ends_with(",i=4096"), "{first}");
        salts.push(first.split(",s=").nth(1).unwrap().to_owned());
        assert_eq!(
            salts.last().unwrap().len(),
            "W22ZaJ0SNY7soEsUEjb6gQ==,i=4096".len()
        );
        client.send([sasl_response(&scram.last(&first).text())]);
        let seen = client.expect("E[FATAL 28P01] EOF");
        assert_eq!(
            seen[0].field('M').unwrap(),
            format!("password authentication failed for user \"{name}\"")
        );
        assert_eq!(seen[0].field('D'), None);
    }
    assert_eq!(salts[0], salts[1]);
    assert_ne!(salts[0], salts[2]);
}

#[test]
fn t_a04_no_initial_response() {
    let mut client = asked(&server());
    client.send([sasl_initial(SCRAM, -1, "")]);
    assert_eq!(challenge(&mut client), "");
    let scram = Scram::new("pencil");
    client.send([sasl_response(&scram.first())]);
    let first = challenge(&mut client);
    finish(&mut client, &scram, &first);
}

#[test]
fn t_a05_mechanism_that_was_not_offered() {
    for mechanism in ["FOO", PLUS, ""] {
        let mut client = asked(&server());
        client.send([sasl_first(mechanism, &Scram::new("pencil").first())]);
        client.expect(
            "E[FATAL 08P01 \"client selected an invalid SASL authentication mechanism\"] EOF",
        );
    }
}

#[test]
fn t_a06_flag_y() {
    let server = server();
    log_in(
        &mut asked(&server),
        SCRAM,
        &Scram::new("pencil").header("y,,"),
    );

    let mut client = asked_over_tls(&server);
    client.send([sasl_first(
        SCRAM,
        &Scram::new("pencil").header("y,,").first(),
    )]);
    client.expect("E[FATAL 28000 \"SCRAM channel binding negotiation error\"] EOF");
}

#[test]
fn t_a07_no_binding_over_tls() {
    log_in(&mut asked_over_tls(&server()), SCRAM, &Scram::new("pencil"));
}

#[test]
fn t_a08_binding_flag_without_plus() {
    let server = server();
    for mut client in [asked(&server), asked_over_tls(&server)] {
        client.send([sasl_first(SCRAM, &Scram::new("pencil").bound(&[]).first())]);
        client.expect("E[FATAL 08P01] EOF");
    }
    // The reverse: PLUS without binding.
    for header in ["n,,", "y,,"] {
        let mut client = asked_over_tls(&server);
        client.send([sasl_first(
            PLUS,
            &Scram::new("pencil").header(header).first(),
        )]);
        client.expect("E[FATAL 08P01] EOF");
    }
}

#[test]
fn t_a09_channel_binding() {
    let server = server();
    let mut right = asked_over_tls(&server);
    let hash = right.end_point();
    log_in(&mut right, PLUS, &Scram::new("pencil").bound(&hash));

    let mut wrong = asked_over_tls(&server);
    let scram = Scram::new("pencil").bound(&[7; 32]);
    let first = challenged(&mut wrong, PLUS, &scram);
    wrong.send([sasl_response(&scram.last(&first).text())]);
    wrong.expect("E[FATAL 28000 \"SCRAM channel binding check failed\"] EOF");

    let mut unique = asked_over_tls(&server);
    unique.send([sasl_first(
        PLUS,
        &Scram::new("pencil").header("p=tls-unique,,").first(),
    )]);
    unique.expect("E[FATAL 08P01] EOF");
}

#[test]
fn t_a10_authorization_identity_and_mandatory_extension() {
    let server = server();
    for scram in [
        Scram::new("pencil").header("n,a=x,"),
        Scram::new("pencil").bare("m=x,n=,r=abc"),
    ] {
        let mut client = asked(&server);
        client.send([sasl_first(SCRAM, &scram.first())]);
        client.expect("E[FATAL 0A000] EOF");
    }
}

#[test]
fn t_a11_name_and_optional_extension_are_ignored() {
    let server = server();
    for bare in [
        "n=someoneelse,r=fyko+d2lbbFgONRv",
        "n=,r=fyko+d2lbbFgONRv,x=1",
    ] {
        log_in(&mut asked(&server), SCRAM, &Scram::new("pencil").bare(bare));
    }
}

#[test]
fn t_a12_tampered_client_final() {
    let server = server();
    let tampers: [fn(&mut Final); 7] = [
        |last| last.nonce.push('x'),
        |last| last.nonce.truncate(24),
        |last| last.binding = "eSws".into(),
        |last| last.binding = "cD10bHMtc2VydmVyLWVuZC1wb2ludCws".into(),
        |last| last.proof = "!".repeat(44),
        |last| last.proof.truncate(40),
        |last| last.tail = ",x".into(),
    ];
    for tamper in tampers {
        let mut client = asked(&server);
        let scram = Scram::new("pencil");
        let first = challenged(&mut client, SCRAM, &scram);
        let mut last = scram.last(&first);
        tamper(&mut last);
        client.send([sasl_response(&last.text())]);
        client.expect("E[FATAL 08P01] EOF");
    }
}

#[test]
fn t_a13_nonces_that_no_nonce_may_be() {
    let server = server();
    for bare in [
        "n=,r=abc\x7fdef",
        "n=,r=abc def",
        "n=,r=abc\u{e9}",
        "n=,r=abc\0def",
        "n=,r=abc,def",
        "n=",
        "r=abc",
    ] {
        let mut client = asked(&server);
        client.send([sasl_first(SCRAM, &Scram::new("pencil").bare(bare).first())]);
        client.expect("E[FATAL 08P01] EOF");
    }
}

#[test]
fn t_a14_declared_length_is_not_the_real_one() {
    let server = server();
    let first = Scram::new("pencil").first();
    let real = i32::try_from(first.len()).unwrap();
    for declared in [real + 1, real - 1, -2, i32::MIN, i32::MAX] {
        let mut client = asked(&server);
        client.send([sasl_initial(SCRAM, declared, &first)]);
        client.expect("E[FATAL 08P01] EOF");
    }
}

#[test]
fn t_a15_the_longest_scram_message() {
    // The length field counts itself, the mechanism and its NUL, the inner length.
    let room = 1024 - 4 - "SCRAM-SHA-256\0".len() - 4 - "n,,n=,r=".len();
    let server = server();
    let longest = Scram::new("pencil").bare(&format!("n=,r={}", "x".repeat(room)));
    let mut client = asked(&server);
    client.send([sasl_first(SCRAM, &longest.first())]);
    client.expect("R(11)");

    let longer = Scram::new("pencil").bare(&format!("n=,r={}", "x".repeat(room + 1)));
    let mut client = asked(&server);
    client.send([sasl_first(SCRAM, &longer.first())]);
    client.expect("E[FATAL 28P01] EOF");
}

#[test]
fn t_a16_another_message_where_a_password_must_come() {
    let server = server();
    for (bytes, number) in [(query("select 1"), 81), (terminate(), 88), (sync(), 83)] {
        let mut client = asked(&server);
        client.send([bytes]);
        client.expect(&format!(
            "E[FATAL 08P01 \"expected SASL response, got message type {number}\"] EOF"
        ));
    }
    let mut client = server.connect();
    client.send([user("clear_user")]);
    client.expect("R(3)");
    client.send([query("select 1")]);
    client.expect("E[FATAL 08P01 \"expected password response, got message type 81\"] EOF");
}

#[test]
fn t_a17_cleartext() {
    let server = server();
    let answer = |body: &[u8], expected: &str| {
        let mut client = server.connect();
        client.send([user("clear_user")]);
        client.expect("R(3)");
        client.send([message(b'p', body)]);
        client.expect(expected);
    };
    answer(b"pencil\0", "R(0) S* K Z(I)");
    answer(
        b"wrong\0",
        "E[FATAL 28P01 \"password authentication failed for user \"clear_user\"\"] EOF",
    );
    answer(
        b"\0",
        "E[FATAL 28P01 \"empty password returned by client\"] EOF",
    );
    answer(
        b"a\0b\0",
        "E[FATAL 08P01 \"invalid password packet size\"] EOF",
    );
    answer(
        b"pencil",
        "E[FATAL 08P01 \"invalid password packet size\"] EOF",
    );
}

#[test]
fn t_a18_the_longest_password() {
    let server = server();
    for (length, expected) in [(65530, "E[FATAL 28P01] EOF"), (65531, "EOF")] {
        let mut client = server.connect();
        client.send([user("clear_user")]);
        client.expect("R(3)");
        client.send([password(&"x".repeat(length))]);
        client.expect(expected);
    }
}

#[test]
fn t_a19_md5() {
    let server = server();
    for (secret, expected) in [("pencil", "R(0) S* K Z(I)"), ("pen", "E[FATAL 28P01] EOF")] {
        let mut client = server.connect();
        client.send([user("md5_user")]);
        let seen = client.expect("R(5)");
        let salt = &seen[0].body()[4..];
        assert_eq!(salt.len(), 4);
        client.send([password(&md5_answer("md5_user", secret, salt))]);
        client.expect(expected);
    }
}

#[test]
fn t_a19_md5_salt_differs() {
    let server = server();
    let mut salts = std::collections::HashSet::new();
    for _ in 0..8 {
        let mut client = server.connect();
        client.send([user("md5_user")]);
        salts.insert(client.expect("R(5)")[0].body().to_vec());
    }
    assert!(salts.len() >= 7, "{salts:?}");
}

#[test]
fn t_a20_md5_with_a_scram_secret_is_scram() {
    let mut client = server().connect();
    client.send([user("scram_by_md5")]);
    client.expect("R(10)");
    log_in(&mut client, SCRAM, &Scram::new("pencil"));
}
