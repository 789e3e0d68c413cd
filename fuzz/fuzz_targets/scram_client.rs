//! A client against any server (SEC-30): none that lacks the password is believed.
//!
//! Input: a byte for the link, then the server's mechanisms, challenge and signature, with line feeds between. A challenge that begins
//! with `+` is put behind the client's nonce.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trunkline_proto::auth::Binding;
use trunkline_proto::auth::scram::Client;

fuzz_target!(|data: &[u8]| {
    let Some((choice, messages)) = data.split_first() else {
        return;
    };
    let mut messages = messages.split(|byte| *byte == b'\n');
    let mut message = || messages.next().unwrap_or_default();
    let binding = if choice & 1 == 0 {
        Binding::Plaintext
    } else {
        Binding::Unbindable
    };
    let client = Client::new(b"not to be guessed: 5f0c61d2", [1; 18], binding)
        .expect("a usable password")
        .iteration_cap(10);
    let client = match choice & 2 {
        0 => client.first([b"SCRAM-SHA-256".as_slice()]),
        _ => client.first(message().split(|byte| *byte == b',')),
    };
    let Ok((_, first, client)) = client else {
        return;
    };
    let challenge = match message() {
        [b'+', rest @ ..] => {
            let nonce = first
                .strip_prefix(b"n,,n=,")
                .expect("this client binds to nothing");
            [nonce, rest].concat()
        }
        whole => whole.to_vec(),
    };
    let refused = match client.respond(&challenge) {
        Ok((_, client)) => client
            .verify(message())
            .expect_err("the server cannot know"),
        Err(error) => error,
    };
    let _shown = refused.to_string();
});
