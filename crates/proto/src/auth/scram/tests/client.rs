//! Our client against hostile servers.

use alloc::format;
use alloc::string::String;

use base64ct::{Base64, Encoding};
use proptest::prelude::*;

use super::*;
use crate::auth::UnusablePassword;
use crate::auth::scram::{AwaitServerFirst, ClientError, ClientKeys, Derivation};

const PLAIN: &[&[u8]] = &[b"SCRAM-SHA-256"];
const BOTH: &[&[u8]] = &[b"SCRAM-SHA-256-PLUS", b"SCRAM-SHA-256"];

fn choose(client: Client, offered: &[&[u8]]) -> Result<(Mechanism, String), ClientError> {
    client
        .first(offered.iter().copied())
        .map(|(mechanism, message, _)| (mechanism, text(message)))
}

fn started() -> AwaitServerFirst {
    client(Binding::Plaintext)
        .first(PLAIN.iter().copied())
        .unwrap()
        .2
}

fn nonce() -> String {
    Base64::encode_string(&CLIENT_NONCE)
}

/// SC-07.
#[test]
fn mechanisms_and_flags() {
    let bare = format!("n=,r={}", nonce());
    let unbound = |flag| Ok((Mechanism::Sha256, format!("{flag},,{bare}")));
    assert_eq!(choose(client(Binding::Plaintext), PLAIN), unbound("n"));
    assert_eq!(choose(client(Binding::Unbindable), BOTH), unbound("n"));
    assert_eq!(choose(client(tls()), PLAIN), unbound("y"));
    let bound = format!("p=tls-server-end-point,,{bare}");
    assert_eq!(
        choose(client(tls()), BOTH),
        Ok((Mechanism::Sha256Plus, bound))
    );
    assert_eq!(
        choose(client(Binding::Plaintext), BOTH),
        Err(ClientError::PlusWithoutTls)
    );
    let unknown: [&[&[u8]]; 3] = [&[], &[b"OAUTHBEARER"], &[b"scram-sha-256"]];
    for offered in unknown {
        assert_eq!(choose(client(tls()), offered), Err(ClientError::Mechanisms));
    }
}

#[test]
fn binding_required() {
    let required = |binding| client(binding).require_binding();
    assert!(choose(required(tls()), BOTH).is_ok());
    assert_eq!(
        choose(required(tls()), PLAIN),
        Err(ClientError::BindingRequired)
    );
    assert_eq!(
        choose(required(Binding::Unbindable), BOTH),
        Err(ClientError::BindingRequired)
    );
    assert_eq!(
        choose(required(Binding::Plaintext), PLAIN),
        Err(ClientError::BindingRequired)
    );
}

/// SC-08.
#[test]
fn unusable_passwords() {
    let client = |password| Client::new(password, CLIENT_NONCE, Binding::Plaintext).map(|_| ());
    assert_eq!(client(b"a\0b"), Err(UnusablePassword::Nul));
    assert_eq!(client(b""), Err(UnusablePassword::Empty));
}

/// SC-05, SC-06, SEC-22, T-L05.
#[test]
fn hostile_challenges() {
    let challenge = |rest: &str| {
        started()
            .challenge(format!("r={}{rest}", nonce()).as_bytes())
            .map(|_| ())
    };
    assert_eq!(challenge("x,s=AAAA,i=1"), Ok(()));
    assert_eq!(challenge("x,s=AAAA,i=1000000"), Ok(()));
    assert_eq!(challenge("x,s=AAAA,i=1,x=y"), Ok(()));
    assert_eq!(challenge(",s=AAAA,i=1"), Err(ClientError::Nonce));
    assert_eq!(challenge("\u{e9},s=AAAA,i=1"), Err(ClientError::Nonce));
    assert_eq!(challenge("x,s=,i=1"), Err(ClientError::Salt));
    assert_eq!(challenge("x,s=*,i=1"), Err(ClientError::Salt));
    assert_eq!(challenge("x,s=AAA,i=1"), Err(ClientError::Salt));
    for none in ["0", "-1", "", "+1", "1x", "0x10"] {
        assert_eq!(
            challenge(&format!("x,s=AAAA,i={none}")),
            Err(ClientError::Iterations),
            "{none}"
        );
    }
    let cap = 1_000_000;
    for many in [
        "1000001",
        "2000000000",
        "2147483647",
        "4294967295",
        "4294967296",
        "99999999999999999999",
    ] {
        let refused = challenge(&format!("x,s=AAAA,i={many}"));
        assert_eq!(
            refused,
            Err(ClientError::TooManyIterations { cap }),
            "{many}"
        );
    }
    let malformed = started().challenge(b"s=AAAA,i=1").map(|_| ());
    assert_eq!(
        malformed,
        Err(ClientError::Malformed(Error::Attribute {
            expected: b'r',
            found: b's'
        }))
    );
    let other = started().challenge(b"r=other,s=AAAA,i=1").map(|_| ());
    assert_eq!(other, Err(ClientError::Nonce));
    let extension = started().challenge(b"m=x,r=other,s=AAAA,i=1").map(|_| ());
    assert_eq!(extension, Err(ClientError::Malformed(Error::Extension)));
    let refused = started()
        .challenge(b"e=unknown-user")
        .map(|_| ())
        .unwrap_err();
    assert_eq!(
        format!("{refused}"),
        "the server ended the SCRAM exchange: unknown-user"
    );
}

#[test]
fn another_cap() {
    let client = client(Binding::Plaintext).iteration_cap(10);
    let (_, _, client) = client.first(PLAIN.iter().copied()).unwrap();
    let refused = client.challenge(format!("r={}x,s=AAAA,i=11", nonce()).as_bytes());
    assert_eq!(
        refused.map(|_| ()),
        Err(ClientError::TooManyIterations { cap: 10 })
    );
}

/// SEC-21: a server that does not know the password is found out.
#[test]
fn server_signature() {
    let verify = |message: &str| {
        let challenge = format!("r={}x,s=AAAA,i=1", nonce());
        let (_, client) = started().respond(challenge.as_bytes()).unwrap();
        client.verify(message.as_bytes()).map(|_| ())
    };
    let zero = Base64::encode_string(&[0; 32]);
    assert_eq!(verify(&format!("v={zero}")), Err(ClientError::Signature));
    assert_eq!(verify("v="), Err(ClientError::Signature));
    assert_eq!(verify("v=AAAA"), Err(ClientError::Signature));
    assert_eq!(verify(""), Err(ClientError::Malformed(Error::Empty)));
    assert!(matches!(
        verify("e=invalid-proof"),
        Err(ClientError::Failed(_))
    ));
}

/// SC-06: whoever must not be deaf hashes in portions.
#[test]
fn hashing_in_portions() {
    let binding = Binding::Plaintext;
    let (mechanism, first, client) = client(binding).first(offered(&binding)).unwrap();
    let (server, challenge) = challenge(server(binding), mechanism, &first).unwrap();
    let mut proving = client.challenge(&challenge).unwrap();
    assert_eq!(proving.advance(10), 5);
    assert_eq!(proving.advance(10), 0);
    let (last, client) = proving.finish();
    let (_authenticated, signature) = server.last(&last).unwrap();
    assert!(client.verify(&signature).is_ok());
}

#[test]
fn keys_in_the_place_of_the_password() {
    let keys = Derivation::new(PASSWORD, &[3; 16], 16).finish();
    let keys = ClientKeys::new(keys.client_key, keys.server_key);
    for binding in [Binding::Plaintext, tls()] {
        let client = Client::with_keys(keys.clone(), CLIENT_NONCE, binding);
        converse(client, server(binding), &binding).unwrap();
    }
    assert_eq!(format!("{keys:?}"), "ClientKeys(***)");
    assert_ne!(keys, ClientKeys::new([0; 32], [0; 32]));
    let client = Client::with_keys(keys, CLIENT_NONCE, Binding::Plaintext);
    let (_, _, client) = client.first(offered(&Binding::Plaintext)).unwrap();
    let challenge = format!("r={}more,s=AAAA,i=1000", nonce());
    let mut proving = client.challenge(challenge.as_bytes()).unwrap();
    assert_eq!(proving.advance(0), 0, "there is nothing to hash");
}

#[test]
fn debug_shows_no_password() {
    let client = client(Binding::Plaintext);
    assert_eq!(
        format!("{client:?}"),
        "Client { binding: Plaintext, cap: 1000000, .. }"
    );
    assert_eq!(format!("{:?}", started()), "AwaitServerFirst { .. }");
}

proptest! {
    #[test]
    fn arbitrary_messages_never_panic(
        challenge in proptest::collection::vec(any::<u8>(), 0..80),
        rest in "[!-~]{0,20}(,s=[A-Za-z=]{0,8})?(,i=[0-9]{0,3})?",
        signature in proptest::collection::vec(any::<u8>(), 0..80),
    ) {
        let _ = started().challenge(&challenge);
        if let Ok((_, client)) = started().respond(format!("r={}{rest}", nonce()).as_bytes()) {
            prop_assert!(client.verify(&signature).is_err());
        }
    }
}
