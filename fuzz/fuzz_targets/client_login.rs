//! A server before the client is logged in: whatever it sends, the client believes it only after a login that the policy accepts,
//! and never shows it the password where the policy forbids.
//!
//! Input: a byte for the policy, then what the server sends. The password is hashed at once, by at most 16 rounds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trunkline_proto::ReplyLimits;
use trunkline_proto::auth::Binding;
use trunkline_proto::auth::oauth::Challenge;
use trunkline_proto::client::{Credentials, Login, Method, Methods, Policy, Progress};
use trunkline_proto::frontend::{Parameters, ProtocolVersion, Startup};

const PASSWORD: &[u8] = b"correct horse";

fuzz_target!(|data: &[u8]| {
    let Some((choice, mut input)) = data.split_first() else {
        return;
    };
    let methods = Method::ALL
        .into_iter()
        .enumerate()
        .filter(|(bit, _)| choice >> bit & 1 == 0)
        .map(|(_, method)| method)
        .collect::<Methods>();
    let policy = Policy {
        methods,
        require_binding: choice & 0x80 != 0,
        iteration_cap: 16,
        ..Policy::default()
    };
    let parameters = [(&b"user"[..], &b"u"[..]), (b"_pq_.option", b"1")];
    let startup = Startup {
        version: ProtocolVersion::V3_2,
        parameters: Parameters::from(&parameters),
    };
    let credentials = Credentials {
        password: Some(PASSWORD.to_vec().into()),
        scram_keys: None,
        nonce: [1; 18],
        binding: Binding::Plaintext,
    };
    let mut output = Vec::new();
    let mut login = Login::start(
        &startup,
        credentials,
        &policy,
        ReplyLimits::default(),
        &mut output,
    )
    .expect("a sound startup packet");

    let mut authenticated = false;
    loop {
        match login.receive(&mut input, &mut output) {
            Ok(Some(Progress::Hash)) => {
                while login.hash(5, &mut output).expect("a short response") > 0 {}
            }
            Ok(Some(Progress::OAuth)) => {
                assert!(methods.contains(Method::OAuth));
                login.oauth(None, &mut output).expect("the caller's turn");
            }
            Ok(Some(Progress::OAuthRefused(json))) => {
                let _ = Challenge::parse(json);
            }
            Ok(Some(Progress::Gss(None) | Progress::Sspi)) => {
                login.gss(b"token", &mut output).expect("the caller's turn");
            }
            Ok(Some(Progress::Gss(Some(_)))) => {
                login.gss_last(None, &mut output).expect("the caller's turn");
            }
            Ok(Some(Progress::Authenticated)) => {
                assert!(!authenticated, "once is enough");
                authenticated = true;
            }
            Ok(Some(Progress::Ready)) => {
                assert!(authenticated);
                login.finish().expect("the session opens");
                break;
            }
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => {
                assert!(login.finish().is_err(), "there is no other way in");
                break;
            }
        }
    }
    // Nothing binds without TLS.
    assert!(!(authenticated && policy.require_binding));
    let shown = output
        .windows(PASSWORD.len())
        .any(|window| window == PASSWORD);
    assert!(!shown || methods.contains(Method::Password));
});
