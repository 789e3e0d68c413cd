//! A client logged in, and messages to feed it.

use trunkline_proto::auth::Binding;
use trunkline_proto::client::{Connection, Credentials, Event, Login, Methods, Policy, Progress};
use trunkline_proto::frontend::{Parameters, ProtocolVersion, Startup};
use trunkline_proto::{ReplyLimits, frame};

/// AuthenticationOk.
pub(crate) const OK: &[u8] = b"R\0\0\0\x08\0\0\0\0";
/// ReadyForQuery, idle.
pub(crate) const IDLE: &[u8] = b"Z\0\0\0\x05I";

/// A typed message.
pub(crate) fn message(tag: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![];
    frame::write(&mut out, tag, |out| {
        out.extend_from_slice(body);
        Ok::<(), trunkline_proto::EncodeError>(())
    })
    .unwrap();
    out
}

/// An ErrorResponse.
pub(crate) fn error(severity: &str) -> Vec<u8> {
    message(
        b'E',
        format!("S{severity}\0V{severity}\0C22012\0Mdivision by zero\0\0").as_bytes(),
    )
}

/// Every method, no binding.
pub(crate) fn lax() -> Policy {
    Policy {
        methods: Methods::ALL,
        ..Policy::default()
    }
}

pub(crate) fn credentials(password: &[u8], binding: Binding) -> Credentials {
    Credentials {
        password: Some(password.to_vec().into()),
        scram_keys: None,
        nonce: [7; 18],
        binding,
    }
}

/// A login that has sent its startup packet, of which nothing is to be seen here.
pub(crate) fn login(version: ProtocolVersion, policy: &Policy, credentials: Credentials) -> Login {
    let parameters = [
        (&b"user"[..], &b"md5_user"[..]),
        (b"_pq_.command_tag_format", b"1"),
    ];
    let startup = Startup {
        version,
        parameters: Parameters::from(&parameters),
    };
    Login::start(
        &startup,
        credentials,
        policy,
        ReplyLimits::default(),
        &mut vec![],
    )
    .unwrap()
}

/// A session that has just begun.
pub(crate) fn session() -> Connection {
    let mut login = login(
        ProtocolVersion::V3_0,
        &lax(),
        credentials(b"", Binding::Plaintext),
    );
    let bytes = [OK, IDLE].concat();
    let mut input = bytes.as_slice();
    while let Some(progress) = login.receive(&mut input, &mut vec![]).unwrap() {
        if matches!(progress, Progress::Ready) {
            break;
        }
    }
    login.finish().unwrap()
}

/// What the machine makes of `bytes`: each event by its name, then the error if there is one.
pub(crate) fn events(connection: &mut Connection, bytes: &[u8]) -> Vec<String> {
    let mut input = bytes;
    let mut names = vec![];
    loop {
        match connection.receive(&mut input) {
            Ok(Some(event)) => names.push(name(&event)),
            Ok(None) => return names,
            Err(error) => {
                names.push(error.to_string());
                return names;
            }
        }
    }
}

/// The variant's name.
pub(crate) fn name(event: &Event<'_>) -> String {
    let shown = format!("{event:?}");
    let end = shown
        .find(|c: char| !c.is_alphanumeric())
        .unwrap_or(shown.len());
    shown[..end].to_string()
}
