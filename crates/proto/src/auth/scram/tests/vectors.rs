//! The published exchanges, byte by byte.

use base64ct::{Base64, Encoding};

use crate::auth::scram::{Derivation, keys};

const SALT: &str = "W22ZaJ0SNY7soEsUEjb6gQ==";
const SERVER_FIRST: &str =
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
const WITHOUT_PROOF: &str = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";

/// RFC 7677 section 3, and the same with the empty user name that PostgreSQL's clients send.
#[test]
fn proofs_and_signatures() {
    for (name, proof, signature) in [
        (
            "user",
            "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
        ),
        (
            "",
            "qvT2SWdEH5Q06albL+hjSYuUhCG7VndFyzIb7CK4n9k=",
            "3HO6Qt1M4MKJrmlKaoOqLAI0/0TV0HZe7J9H3MBtSOg=",
        ),
    ] {
        let salt = Base64::decode_vec(SALT).unwrap();
        let keys = Derivation::new(b"pencil", &salt, 4096).finish();
        let bare = ["n=", name, ",r=rOprNGfwEbeRWgbNEkqO"].concat();
        let conversation = [&bare, ",", SERVER_FIRST, ",", WITHOUT_PROOF].map(str::as_bytes);
        let made = keys::proof(&keys, &conversation);
        assert_eq!(Base64::encode_string(&made), proof);
        assert!(bool::from(keys::proves(
            &made,
            &keys.stored_key,
            &conversation
        )));
        let made = keys::signature(&keys.server_key, &conversation);
        assert_eq!(Base64::encode_string(&made), signature);
    }
}

#[test]
fn a_derivation_in_portions_is_the_same() {
    let whole = Derivation::new(b"pencil", b"salt", 1000).finish();
    let mut portions = Derivation::new(b"pencil", b"salt", 1000);
    let mut rounds = 0;
    while portions.left() > 0 {
        portions.advance(7);
        rounds += 1;
    }
    assert_eq!(rounds, 143);
    assert_eq!(portions.finish().server_key, whole.server_key);
}

/// RFC 7914 section 11.
#[test]
fn pbkdf2() {
    let mut derivation = Derivation::new(b"passwd", b"salt", 1);
    derivation.advance(1);
    assert!(
        derivation
            .sum
            .starts_with(&[0x55, 0xac, 0x04, 0x6e, 0x56, 0xe3, 0x08, 0x9f])
    );
    let mut derivation = Derivation::new(b"Password", b"NaCl", 80_000);
    derivation.advance(u32::MAX);
    assert!(
        derivation
            .sum
            .starts_with(&[0x4d, 0xdc, 0xd8, 0xf6, 0x0b, 0x98, 0xbe, 0x21])
    );
}
