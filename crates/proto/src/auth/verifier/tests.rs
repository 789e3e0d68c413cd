//! Verifiers made by PostgreSQL, and strings that are none.
#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::{InvalidVerifier, MAX_ITERATIONS, UnusablePassword, Verifier};

const PENCIL: &str = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

/// SEC-35: PostgreSQL 15 and 18 hashed these passwords; so must we. Among them are those that SASLprep changes and those that it
/// refuses: invalid UTF-8, soft hyphens, compatibility forms, unassigned and private code points, mixed directions.
#[test]
fn agree_with_postgresql() {
    let mut checked = 0;
    for line in include_str!("../testdata/verifiers.txt").lines() {
        if line.starts_with('#') {
            continue;
        }
        let fields: Vec<&str> = line.split(' ').collect();
        let [version, password, user, stored] = fields[..] else {
            panic!("four fields: {line}");
        };
        let password = unhex(password);
        let verifier: Verifier = stored.parse().unwrap();
        assert_eq!(verifier.to_string(), stored);
        assert!(
            bool::from(verifier.accepts(&password, user.as_bytes())),
            "PostgreSQL {version} hashes {} otherwise",
            password.escape_ascii()
        );
        if !stored.contains("$4096:") {
            let other = [&password, b"x".as_slice()].concat();
            assert!(!bool::from(verifier.accepts(&other, user.as_bytes())));
        }
        checked += 1;
    }
    assert!(checked > 200);
}

#[test]
fn derives_the_vector_of_rfc_7677() {
    let salt = [
        0x5b, 0x6d, 0x99, 0x68, 0x9d, 0x12, 0x35, 0x8e, 0xec, 0xa0, 0x4b, 0x14, 0x12, 0x36, 0xfa,
        0x81,
    ];
    let verifier = Verifier::scram(b"pencil", salt, 4096).unwrap();
    assert_eq!(verifier.to_string(), PENCIL);
}

#[test]
fn malformed_strings_say_what_is_wrong() {
    let with = |from: &str, to: &str| PENCIL.replacen(from, to, 1);
    let cases = [
        ("".to_string(), InvalidVerifier::Form),
        ("pencil".to_string(), InvalidVerifier::Form),
        (
            with("SCRAM-SHA-256", "scram-sha-256"),
            InvalidVerifier::Form,
        ),
        (
            with("SCRAM-SHA-256", "SCRAM-SHA-512"),
            InvalidVerifier::Form,
        ),
        (with("==$", "==:"), InvalidVerifier::Form),
        (with("4096:", "4096$"), InvalidVerifier::Form),
        (with(":wf", "$wf"), InvalidVerifier::Form),
        (with("4096", ""), InvalidVerifier::Iterations),
        (with("4096", "0"), InvalidVerifier::Iterations),
        (with("4096", "-1"), InvalidVerifier::Iterations),
        (with("4096", "+1"), InvalidVerifier::Iterations),
        (with("4096", "4096x"), InvalidVerifier::Iterations),
        (
            with("4096", "99999999999999999999"),
            InvalidVerifier::Iterations,
        ),
        (
            with("4096", &(MAX_ITERATIONS + 1).to_string()),
            InvalidVerifier::Iterations,
        ),
        (with("W22ZaJ0SNY7soEsUEjb6gQ==", ""), InvalidVerifier::Salt),
        (
            with("W22ZaJ0SNY7soEsUEjb6gQ==", "W22ZaJ0SNY7soEsUEjb6g"),
            InvalidVerifier::Salt,
        ),
        (with("W22Z", "W*2Z"), InvalidVerifier::Salt),
        (with("WG5d", ""), InvalidVerifier::Key),
        (with("wfPL", "wfPLwfPL"), InvalidVerifier::Key),
        (with("2dU=", "2dU"), InvalidVerifier::Key),
        (format!("{PENCIL} "), InvalidVerifier::Key),
        (format!("{PENCIL}:AAAA"), InvalidVerifier::Key),
        ("md5".to_string(), InvalidVerifier::Md5),
        (format!("md5{}", "0".repeat(31)), InvalidVerifier::Md5),
        (format!("md5{}", "0".repeat(33)), InvalidVerifier::Md5),
        (format!("md5{}", "A".repeat(32)), InvalidVerifier::Md5),
        (format!("md5{}", "g".repeat(32)), InvalidVerifier::Md5),
    ];
    for (string, why) in cases {
        assert_eq!(string.parse::<Verifier>().unwrap_err(), why, "{string}");
    }
    let most = with("4096", &MAX_ITERATIONS.to_string());
    assert_eq!(most.parse::<Verifier>().unwrap().to_string(), most);
}

#[test]
fn unusable_passwords() {
    let scram = |password, iterations| Verifier::scram(password, [0; 16], iterations).unwrap_err();
    assert_eq!(scram(b"", 16), UnusablePassword::Empty);
    assert_eq!(scram(b"a\0b", 16), UnusablePassword::Nul);
    assert_eq!(scram(b"a", 0), UnusablePassword::Iterations);
    assert_eq!(
        scram(b"a", MAX_ITERATIONS + 1),
        UnusablePassword::Iterations
    );
    assert_eq!(
        Verifier::md5(b"", b"ada").unwrap_err(),
        UnusablePassword::Empty
    );
    assert_eq!(
        Verifier::md5(b"\0", b"ada").unwrap_err(),
        UnusablePassword::Nul
    );
}

/// SEC-29: PostgreSQL's own hash of the empty password is found out at load.
#[test]
fn the_empty_password_is_recognised() {
    let empty = super::Secret::derive(b"", b"salt", 16);
    assert!(Verifier::Scram(empty).admits_empty_password(b"ada"));
    let pencil: Verifier = PENCIL.parse().unwrap();
    assert!(!pencil.admits_empty_password(b"ada"));
}

#[test]
fn debug_shows_no_key() {
    let pencil: Verifier = PENCIL.parse().unwrap();
    assert_eq!(
        format!("{pencil:?}"),
        "Scram(Secret { iterations: 4096, .. })"
    );
    let md5 = Verifier::md5(b"a", b"b").unwrap();
    assert_eq!(format!("{md5:?}"), "Md5(Md5Secret { .. })");
}

fn unhex(hex: &str) -> Vec<u8> {
    hex.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}
