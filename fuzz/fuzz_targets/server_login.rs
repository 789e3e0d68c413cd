//! A client before login, against the handshake and the login: whatever it sends, it is let in by nothing but its password.
//!
//! Input: a byte for the transport and the answers, then what the client sends. The exchange that follows the startup packet is chosen
//! by the user's name.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trunkline_fuzz::frames;
use trunkline_proto::Limits;
use trunkline_proto::auth::scram::{AwaitFinal, AwaitFirst, Mechanism, Selected, Server};
use trunkline_proto::auth::{Binding, Error, Mock, cleartext, md5};
use trunkline_proto::backend::Authentication;
use trunkline_proto::server::{Consequence, Handshake, Login, Opening, Response, Transport};

fuzz_target!(|data: &[u8]| {
    let Some((choice, mut input)) = data.split_first() else {
        return;
    };
    let transport = if choice & 1 == 0 {
        Transport::Plain
    } else {
        Transport::Local
    };
    let mut handshake = Handshake::new(transport, Limits::default());
    let mut output = Vec::new();
    let (login, user) = loop {
        match handshake.receive(&mut input, &mut output) {
            Ok(None) => return,
            Ok(Some(Opening::TlsRequest)) if choice & 2 == 0 => handshake.refuse_tls(&mut output),
            Ok(Some(Opening::TlsRequest)) => {
                let clear = !input.is_empty();
                let accepted = handshake.accept_tls(input, &mut output);
                assert_eq!(
                    accepted.is_err(),
                    clear,
                    "nothing in clear goes into the encrypted session"
                );
                if accepted.is_err() {
                    return;
                }
                handshake = handshake.tls_established();
            }
            Ok(Some(Opening::DirectTls)) => {
                assert_eq!(input.first(), Some(&0x16));
                if choice & 4 == 0 {
                    return;
                }
                input = &input[1..];
                handshake = handshake.direct_tls();
            }
            Ok(Some(Opening::Cancel { key, .. })) => {
                assert!((1..=256).contains(&key.len()));
                return;
            }
            Ok(Some(Opening::Startup(startup))) => {
                assert!(!startup.user.is_empty());
                let user = startup.user.to_vec();
                break (handshake.into_login(startup.version), user);
            }
            Err(error) => {
                let before = output.len();
                let consequence = handshake.reject(&error, &mut output);
                assert_ne!(consequence, Consequence::Report, "nobody is asked twice");
                assert_eq!(
                    output.len() == before,
                    consequence == Consequence::Disconnect
                );
                return;
            }
        }
    };
    output.clear();
    log_in(login, &user, input, &mut output);
    frames::check(&output);
});

/// What the server waits for.
enum Exchange {
    Cleartext,
    Md5(md5::Server),
    Select(Server),
    First(AwaitFirst),
    Final(AwaitFinal),
}

fn log_in(mut login: Login, user: &[u8], mut input: &[u8], output: &mut Vec<u8>) {
    let mock = Mock::new([1; 32], 1);
    let mut exchange = match user.first() {
        Some(b'c') => {
            login
                .request(&Authentication::CleartextPassword, output)
                .expect("the first request");
            Exchange::Cleartext
        }
        Some(b'm') => {
            let server = md5::Server::for_user(user, None, [1; 4]);
            let request = Authentication::Md5Password {
                salt: server.salt(),
            };
            login.request(&request, output).expect("the first request");
            Exchange::Md5(server)
        }
        _ => {
            let binding = Binding::Plaintext;
            let names: Vec<&[u8]> = Mechanism::offered(&binding)
                .iter()
                .map(|mechanism| mechanism.name().as_bytes())
                .collect();
            let request = Authentication::Sasl(names.as_slice().into());
            login.request(&request, output).expect("the first request");
            Exchange::Select(Server::mock(user, &mock, [2; 18], binding))
        }
    };
    loop {
        assert!(
            login.request(&Authentication::Gss, output).is_err(),
            "a response is awaited"
        );
        let response = match login.receive(&mut input) {
            Ok(None) => return,
            Ok(Some(response)) => response,
            Err(error) => {
                assert_ne!(login.reject(&error, output), Consequence::Report);
                return;
            }
        };
        let step = match (exchange, response) {
            (Exchange::Cleartext, Response::Password(body)) => {
                refused(cleartext::check(body, user, None, &mock))
            }
            (Exchange::Md5(server), Response::Password(body)) => refused(server.verify(body)),
            (Exchange::Select(server), Response::SaslInitial { mechanism, data }) => server
                .select(mechanism, data)
                .map(|selected| match selected {
                    Selected::Empty(next) => (Exchange::First(next), Vec::new()),
                    Selected::Challenge(next, challenge) => (Exchange::Final(next), challenge),
                }),
            (Exchange::First(server), Response::Sasl(message)) => server
                .first(message)
                .map(|(next, challenge)| (Exchange::Final(next), challenge)),
            (Exchange::Final(server), Response::Sasl(message)) => refused(server.last(message)),
            _ => panic!("another response than the one awaited"),
        };
        let Ok((next, challenge)) = step else {
            return;
        };
        login
            .request(&Authentication::SaslContinue(&challenge), output)
            .expect("the exchange goes on");
        exchange = next;
    }
}

/// Nobody here has a password.
fn refused<T>(result: Result<T, Error>) -> Result<(Exchange, Vec<u8>), Error> {
    match result {
        Ok(_) => panic!("somebody got in"),
        Err(error) => Err(error),
    }
}
