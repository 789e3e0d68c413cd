//! Our server against scripted clients: the error table of the protocol reference (2.3.4), row by row.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use base64ct::{Base64, Encoding};
use proptest::prelude::*;

use super::*;
use crate::SqlState;
use crate::auth::scram::AwaitFirst;

const FIRST: &[u8] = b"n,,n=,r=abcdefgh";

/// What the server says to a first message.
fn first(binding: Binding, mechanism: Mechanism, message: &[u8]) -> Result<String, Error> {
    challenge(server(binding), mechanism, message).map(|(_, challenge)| text(challenge))
}

#[track_caller]
fn refused(message: &[u8], error: Error, sqlstate: &str) {
    let answer = first(Binding::Plaintext, Mechanism::Sha256, message);
    assert_eq!(answer, Err(error), "{}", message.escape_ascii());
    assert_eq!(error.sqlstate().as_str(), sqlstate);
}

/// What the server says to a second message, which `edit` makes of the right one.
fn last(edit: impl FnOnce(String) -> String) -> Result<(), Error> {
    let binding = Binding::Plaintext;
    let (mechanism, first, client) = client(binding).first(offered(&binding)).unwrap();
    let (server, challenge) = challenge(server(binding), mechanism, &first).unwrap();
    let (last, _) = client.respond(&challenge).unwrap();
    server
        .last(edit(text(last)).as_bytes())
        .map(|(_authenticated, _)| ())
}

#[track_caller]
fn refused_last(edit: impl FnOnce(String) -> String, error: Error) {
    assert_eq!(last(edit), Err(error));
}

/// T-A01, T-A07, T-A09.
#[test]
fn right_password() {
    for binding in [Binding::Plaintext, Binding::Unbindable, tls()] {
        assert_eq!(converse(client(binding), server(binding), &binding), Ok(()));
    }
    // A client without channel binding over TLS.
    assert_eq!(
        converse(client(Binding::Unbindable), server(tls()), &tls()),
        Ok(())
    );
}

/// T-A02, T-A03, SEC-25: a wrong password, an unknown user and a secret of no use meet the same exchange and the same end.
#[test]
fn rejections_look_alike() {
    let binding = Binding::Plaintext;
    let wrong = || Client::new(b"wrong", CLIENT_NONCE, binding).unwrap();
    let unknown = || Server::for_user(b"nobody", None, &mock(), SERVER_NONCE, binding);
    let md5 = Verifier::md5(PASSWORD, USER).unwrap();
    let useless = || Server::for_user(USER, Some(&md5), &mock(), SERVER_NONCE, binding);

    assert_eq!(
        converse(wrong(), server(binding), &binding),
        Err(Error::Rejected)
    );
    assert_eq!(
        converse(client(binding), unknown(), &binding),
        Err(Error::Rejected)
    );
    assert_eq!(
        converse(client(binding), useless(), &binding),
        Err(Error::Rejected)
    );
    assert_eq!(Error::Rejected.sqlstate(), SqlState::INVALID_PASSWORD);
    assert_eq!(Error::Rejected.detail(), None);
    assert_eq!(
        Error::Rejected.message("ada"),
        "password authentication failed for user \"ada\""
    );

    let ask = |server| text(challenge(server, Mechanism::Sha256, FIRST).unwrap().1);
    let known = ask(server(binding));
    assert_eq!(ask(unknown()), ask(unknown()), "one salt for one name");
    assert_eq!(ask(unknown()).len(), known.len());
    assert!(ask(unknown()).ends_with(",i=16") && known.ends_with(",i=16"));
    let other = Server::mock(b"other", &mock(), SERVER_NONCE, binding);
    assert_ne!(ask(other), ask(unknown()));
    let other_cluster = Mock::new([5; 32], 16);
    let elsewhere = Server::mock(b"nobody", &other_cluster, SERVER_NONCE, binding);
    assert_ne!(ask(elsewhere), ask(unknown()));
}

/// SC-01: the salt is PostgreSQL's: the head of SHA-256(name, key).
#[test]
fn mock_salt() {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest([b"nobody".as_slice(), &[4; 32]].concat());
    let salt = Base64::encode_string(digest.get(..16).unwrap());
    let server = Server::mock(b"nobody", &mock(), SERVER_NONCE, Binding::Plaintext);
    let (_, challenge) = challenge(server, Mechanism::Sha256, FIRST).unwrap();
    assert!(text(challenge).contains(&format!(",s={salt},")));
}

/// A mock exchange fails even for the key that it holds.
#[test]
fn nothing_opens_a_mock() {
    let binding = Binding::Plaintext;
    let server = Server::mock(USER, &mock(), SERVER_NONCE, binding);
    let (server, challenge) = challenge(server, Mechanism::Sha256, FIRST).unwrap();
    let nonce = text(challenge).split(',').next().unwrap().to_string();
    let zero = Base64::encode_string(&[0; 32]);
    let answer = server.last(format!("c=biws,{nonce},p={zero}").as_bytes());
    assert_eq!(answer.map(|_| ()), Err(Error::Rejected));
}

/// T-A04.
#[test]
fn no_initial_response() {
    let binding = Binding::Plaintext;
    let (mechanism, first, client) = client(binding).first(offered(&binding)).unwrap();
    let selected = server(binding).select(mechanism.name().as_bytes(), None);
    let Ok(Selected::Empty(server)) = selected else {
        panic!("{selected:?}");
    };
    let (server, challenge) = AwaitFirst::first(server, &first).unwrap();
    let (last, _) = client.respond(&challenge).unwrap();
    assert!(server.last(&last).is_ok());

    let empty = server_selects(b"SCRAM-SHA-256", Some(b""));
    assert_eq!(
        empty,
        Err(Error::Empty),
        "a length of 0 is a message of its own"
    );
}

fn server_selects(mechanism: &[u8], initial: Option<&[u8]>) -> Result<(), Error> {
    server(Binding::Plaintext)
        .select(mechanism, initial)
        .map(|_| ())
}

/// T-A05.
#[test]
fn mechanisms() {
    for mechanism in [
        b"FOO".as_slice(),
        b"",
        b"scram-sha-256",
        b"SCRAM-SHA-256-PLUS",
    ] {
        assert_eq!(
            server_selects(mechanism, Some(FIRST)),
            Err(Error::Mechanism)
        );
    }
    assert_eq!(Error::Mechanism.sqlstate(), SqlState::PROTOCOL_VIOLATION);
    assert_eq!(
        Error::Mechanism.to_string(),
        "client selected an invalid SASL authentication mechanism"
    );
    let names: Vec<_> = Mechanism::offered(&tls())
        .iter()
        .map(|m| m.name())
        .collect();
    assert_eq!(names, ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"]);
    assert_eq!(Mechanism::offered(&Binding::Plaintext), [Mechanism::Sha256]);
    assert_eq!(
        Mechanism::offered(&Binding::Unbindable),
        [Mechanism::Sha256]
    );
}

/// T-A06, T-A08, T-A09.
#[test]
fn flags() {
    let plain = Mechanism::Sha256;
    let plus = Mechanism::Sha256Plus;
    assert!(first(Binding::Plaintext, plain, b"y,,n=,r=abc").is_ok());
    assert!(first(Binding::Unbindable, plain, b"y,,n=,r=abc").is_ok());
    assert_eq!(first(tls(), plain, b"y,,n=,r=abc"), Err(Error::Downgrade));
    assert_eq!(Error::Downgrade.sqlstate().as_str(), "28000");
    assert_eq!(
        Error::Downgrade.to_string(),
        "SCRAM channel binding negotiation error"
    );

    let bound = b"p=tls-server-end-point,,n=,r=abc";
    assert!(first(tls(), plus, bound).is_ok());
    assert_eq!(first(tls(), plain, bound), Err(Error::BindingUnexpected));
    assert_eq!(
        first(tls(), plus, b"n,,n=,r=abc"),
        Err(Error::BindingMissing)
    );
    assert_eq!(
        first(tls(), plus, b"y,,n=,r=abc"),
        Err(Error::BindingMissing)
    );
    let unique = first(tls(), plus, b"p=tls-unique,,n=,r=abc").unwrap_err();
    assert_eq!(
        unique.to_string(),
        "unsupported SCRAM channel-binding type \"tls-unique\""
    );
    assert_eq!(unique.sqlstate().as_str(), "08P01");
    let long = [b"p=\xff".as_slice(), &[b'x'; 100], b",,n=,r=abc"].concat();
    let long = first(tls(), plus, &long).unwrap_err().to_string();
    assert!(
        long.ends_with(&format!("\"?{}\"", "x".repeat(29))),
        "{long}"
    );
    assert_eq!(first(tls(), plus, b"p,,n=,r=abc"), Err(Error::Equals(b'p')));
    refused(b"x,,n=,r=abc", Error::BindingFlag(b'x'), "08P01");
    refused(
        b"p=tls-server-end-point,,n=,r=abc",
        Error::BindingUnexpected,
        "08P01",
    );
}

/// T-A10, T-A13.
#[test]
fn malformed_first_messages() {
    refused(b"n,a=x,n=,r=abc", Error::AuthorizationIdentity, "0A000");
    refused(b"n,,m=x,n=,r=abc", Error::Extension, "0A000");
    refused(b"", Error::Empty, "08P01");
    refused(b"n,,n=,r=ab\0c", Error::Nul, "08P01");
    refused(b"n,,n=,r=abc\0", Error::Nul, "08P01");
    refused(b"n", Error::Comma(0), "08P01");
    refused(b"nx,n=,r=abc", Error::Comma(b'x'), "08P01");
    refused(b"n,n=,r=abc", Error::HeaderAttribute(b'n'), "08P01");
    refused(
        b"n,,",
        Error::Attribute {
            expected: b'n',
            found: 0,
        },
        "08P01",
    );
    refused(
        b"n,,x=",
        Error::Attribute {
            expected: b'n',
            found: b'x',
        },
        "08P01",
    );
    refused(
        b"n,,n=",
        Error::Attribute {
            expected: b'r',
            found: 0,
        },
        "08P01",
    );
    refused(
        b"n,,n=,",
        Error::Attribute {
            expected: b'r',
            found: 0,
        },
        "08P01",
    );
    refused(b"n,,nx,r=abc", Error::Equals(b'n'), "08P01");
    refused(b"n,,n=,r", Error::Equals(b'r'), "08P01");
    refused(b"n,,n=,r=", Error::EmptyNonce, "08P01");
    refused(b"n,,n=,r=,x=1", Error::EmptyNonce, "08P01");
    for nonce in [b"a\x7f".as_slice(), b"a b", b"\x20", b"a\xe9", b"\x1f"] {
        refused(
            &[b"n,,n=,r=", nonce].concat(),
            Error::NonceCharacter,
            "08P01",
        );
    }
    refused(b"n,,n=,r=abc,d", Error::Equals(b'd'), "08P01");
    refused(b"n,,n=,r=abc,,", Error::NoAttribute(b','), "08P01");
    refused(b"n,,n=,r=abc,1=x", Error::NoAttribute(b'1'), "08P01");
}

/// T-A11.
#[test]
fn ignored_parts() {
    let plain = |message: &[u8]| first(Binding::Plaintext, Mechanism::Sha256, message);
    let usual = plain(b"n,,n=,r=abc").unwrap();
    assert!(usual.starts_with(&format!("r=abc{},s=", Base64::encode_string(&SERVER_NONCE))));
    for message in [
        b"n,,n=someoneelse,r=abc".as_slice(),
        b"n,,n=,r=abc,x=1",
        b"n,,n=,r=abc,x=1,y=",
        b"n,,n=,r=abc,",
    ] {
        assert_eq!(plain(message).unwrap(), usual, "{}", message.escape_ascii());
    }
    assert!(plain(b"n,,n=,r=!~+-").is_ok());
}

/// T-A12.
#[test]
fn malformed_last_messages() {
    assert_eq!(last(|m| m), Ok(()));
    refused_last(|m| m.replace("c=biws", "c=eSws"), Error::BindingAttribute);
    refused_last(|m| m.replace("c=biws", "c="), Error::BindingAttribute);
    refused_last(|m| m.replace(",r=", ",r=x"), Error::Nonce);
    refused_last(|m| m.replace(",p=", "x,p="), Error::Nonce);
    refused_last(
        |m| m.replace("c=biws,", ""),
        Error::Attribute {
            expected: b'c',
            found: b'r',
        },
    );
    refused_last(
        |m| m.split(",p=").next().unwrap().into(),
        Error::NoAttribute(0),
    );
    refused_last(
        |m| m.split(",r=").next().unwrap().into(),
        Error::Attribute {
            expected: b'r',
            found: 0,
        },
    );
    refused_last(|m| m.replace(",p=", ",p=*"), Error::Proof);
    refused_last(|m| m.replace(",p=", ",p=AAAA"), Error::Proof);
    refused_last(
        |m| format!("{},p=AAAA", m.split(",p=").next().unwrap()),
        Error::Proof,
    );
    refused_last(
        |m| format!("{},p=", m.split(",p=").next().unwrap()),
        Error::Proof,
    );
    refused_last(|m| m + ",x", Error::Trailing);
    refused_last(|m| m + ",x=1", Error::Trailing);
    refused_last(|m| m + ",", Error::Trailing);
    refused_last(|m| m + "\0", Error::Nul);
    refused_last(|_| String::new(), Error::Empty);
    // An extension between nonce and proof is part of what was signed: ignored as such, but the proof is of another conversation.
    refused_last(|m| m.replace(",p=", ",x=1,p="), Error::Rejected);
    for error in [
        Error::BindingAttribute,
        Error::Nonce,
        Error::Proof,
        Error::Trailing,
        Error::Nul,
    ] {
        assert_eq!(error.sqlstate().as_str(), "08P01");
    }
    assert_eq!(Error::Nonce.to_string(), "invalid SCRAM response");
    assert_eq!(Error::Nonce.detail().unwrap(), "Nonce does not match.");
}

/// T-A09 with the wrong hash: somebody with a certificate of his own stands in between.
#[test]
fn another_certificate() {
    let relayed = converse(client(other_tls()), server(tls()), &tls());
    assert_eq!(relayed, Err(Error::BindingCheck));
    assert_eq!(Error::BindingCheck.sqlstate().as_str(), "28000");
    assert_eq!(
        Error::BindingCheck.to_string(),
        "SCRAM channel binding check failed"
    );
}

/// SEC-28: somebody removed -PLUS from the list.
#[test]
fn downgrade() {
    let answer = converse(client(tls()), server(tls()), &Binding::Plaintext);
    assert_eq!(answer, Err(Error::Downgrade));
}

#[test]
fn debug_shows_no_key() {
    let shown = format!("{:?}", server(Binding::Plaintext));
    assert!(
        shown.contains("secret: Secret { iterations: 16, .. }"),
        "{shown}"
    );
    let shown = format!("{:?}", mock());
    assert_eq!(shown, "Mock { iterations: 16, .. }");
}

proptest! {
    #[test]
    fn arbitrary_messages_never_panic(
        first in proptest::collection::vec(any::<u8>(), 0..80),
        last in proptest::collection::vec(any::<u8>(), 0..80),
    ) {
        let _ = super::challenge(server(tls()), Mechanism::Sha256Plus, &first);
        if let Ok((server, _)) = super::challenge(server(tls()), Mechanism::Sha256, &first) {
            let _ = server.last(&last);
        }
        let (server, _) = super::challenge(server(Binding::Plaintext), Mechanism::Sha256, FIRST).unwrap();
        prop_assert!(server.last(&last).is_err());
    }

    /// The two sides agree on every password, and on no other.
    #[test]
    fn both_sides_agree(
        password in proptest::collection::vec(1..=255_u8, 1..20),
        text in "\\PC{1,12}",
        salt in any::<[u8; 16]>(),
        nonces in any::<([u8; 18], [u8; 18])>(),
        iterations in 1..20_u32,
    ) {
        for password in [password.as_slice(), text.as_bytes()] {
            let verifier = Verifier::scram(password, salt, iterations).unwrap();
            for binding in [Binding::Plaintext, tls()] {
                let server = || Server::for_user(USER, Some(&verifier), &mock(), nonces.1, binding);
                let client = Client::new(password, nonces.0, binding).unwrap();
                prop_assert_eq!(converse(client, server(), &binding), Ok(()));
                let wrong = [password, b"\x01"].concat();
                let client = Client::new(&wrong, nonces.0, binding).unwrap();
                prop_assert_eq!(converse(client, server(), &binding), Err(Error::Rejected));
            }
        }
    }
}
