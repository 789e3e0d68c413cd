//! A server against any client: no two messages but the right ones get anybody in.
//!
//! Input: a byte for the link and the mechanism, then the client's two messages with a line feed between.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use trunkline_proto::auth::scram::{Selected, Server};
use trunkline_proto::auth::{Binding, EndPoint, Mock, Verifier};

const CERTIFICATE: &[u8] =
    include_bytes!("../../crates/proto/src/auth/testdata/certificates/ecdsa-sha256.der");

static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| {
    Verifier::scram(b"not to be guessed: 5f0c61d2", [3; 16], 1).expect("a usable password")
});
static END_POINT: LazyLock<EndPoint> =
    LazyLock::new(|| EndPoint::of_certificate(CERTIFICATE).expect("a bindable certificate"));

fuzz_target!(|data: &[u8]| {
    let Some((choice, messages)) = data.split_first() else {
        return;
    };
    let binding = match choice & 3 {
        0 => Binding::Plaintext,
        1 => Binding::Unbindable,
        _ => Binding::ServerEndPoint(*END_POINT),
    };
    let mechanism: &[u8] = match (choice >> 2) & 3 {
        0 | 1 => b"SCRAM-SHA-256",
        2 => b"SCRAM-SHA-256-PLUS",
        _ => messages,
    };
    let stored = (choice & 16 == 0).then(|| &*VERIFIER);
    let server = Server::for_user(b"ada", stored, &Mock::new([1; 32], 1), [2; 18], binding);

    let (first, last) = match messages.iter().position(|byte| *byte == b'\n') {
        Some(at) => (&messages[..at], &messages[at + 1..]),
        None => (messages, &[][..]),
    };
    let initial = (choice & 32 == 0).then_some(first);
    let selected = match server.select(mechanism, initial) {
        Ok(Selected::Empty(server)) => server.first(first),
        Ok(Selected::Challenge(server, challenge)) => Ok((server, challenge)),
        Err(error) => Err(error),
    };
    let refused = match selected {
        Ok((server, challenge)) => {
            assert!(challenge.starts_with(b"r="));
            server.last(last).expect_err("nobody knows the password")
        }
        Err(error) => error,
    };
    let _shown = (refused.message("ada"), refused.detail(), refused.sqlstate());
});
