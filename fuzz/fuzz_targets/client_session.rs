//! Any sequence of requests and of what a server may answer, well-formed or not: each Query, FunctionCall and Sync is answered
//! by at most one ReadyForQuery, and once the connection is closed it stays so.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trunkline_proto::auth::Binding;
use trunkline_proto::client::{Connection, Credentials, Event, Login, Methods, Policy, Progress};
use trunkline_proto::codec::{Formats, Values};
use trunkline_proto::frontend::{
    Bind, FunctionCall, Parameters, Parse, ProtocolVersion, Startup, Target,
};
use trunkline_proto::{Oid, PortalName, ReplyLimits, StatementName};

/// What a server may say, whole.
const REPLIES: [&[u8]; 20] = [
    b"1\0\0\0\x04",
    b"2\0\0\0\x04",
    b"3\0\0\0\x04",
    b"t\0\0\0\x06\0\0",
    b"T\0\0\0\x06\0\0",
    b"n\0\0\0\x04",
    b"D\0\0\0\x06\0\0",
    b"C\0\0\0\x0dSELECT 1\0",
    b"I\0\0\0\x04",
    b"s\0\0\0\x04",
    b"V\0\0\0\x08\xff\xff\xff\xff",
    b"G\0\0\0\x07\0\0\0",
    b"H\0\0\0\x07\0\0\0",
    b"W\0\0\0\x07\0\0\0",
    b"d\0\0\0\x05x",
    b"c\0\0\0\x04",
    b"E\0\0\0\x0cVERROR\0\0",
    b"E\0\0\0\x0cVFATAL\0\0",
    b"Z\0\0\0\x05I",
    b"N\0\0\0\x05\0",
];

fuzz_target!(|data: &[u8]| {
    let mut connection = session();
    let (mut ends, mut readies) = (0, 0);
    let mut script = data.iter();
    let mut output = Vec::new();
    while let Some(operation) = script.next() {
        output.clear();
        if operation & 0x80 == 0 {
            let closed = connection.is_closed();
            match send(&mut connection, operation & 15, &mut output) {
                Ok(()) => {
                    assert!(!closed);
                    ends += usize::from(matches!(operation & 15, 0 | 8 | 13..));
                }
                Err(_) => assert!(output.is_empty(), "nothing of a refused request"),
            }
            continue;
        }
        let choice = usize::from(operation & 31);
        let own: Vec<u8>;
        let mut input = match REPLIES.get(choice) {
            Some(reply) => *reply,
            None => {
                own = script.by_ref().take(choice - 14).copied().collect();
                &own
            }
        };
        let closed = connection.is_closed();
        while let Ok(Some(event)) = connection.receive(&mut input) {
            assert!(!closed);
            readies += usize::from(matches!(event, Event::Ready(_)));
        }
        assert!(connection.is_closed() || !closed, "the end is the end");
        assert!(readies <= ends, "an answer to nothing");
    }
});

fn session() -> Connection {
    let parameters = [(&b"user"[..], &b"u"[..])];
    let startup = Startup {
        version: ProtocolVersion::V3_0,
        parameters: Parameters::from(&parameters),
    };
    let policy = Policy {
        methods: Methods::ALL,
        ..Policy::default()
    };
    let credentials = Credentials {
        password: None,
        scram_keys: None,
        nonce: [1; 18],
        binding: Binding::Plaintext,
    };
    let mut out = Vec::new();
    let mut login = Login::start(
        &startup,
        credentials,
        &policy,
        ReplyLimits::default(),
        &mut out,
    )
    .expect("a sound startup packet");
    let mut input = &b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I"[..];
    while !matches!(
        login.receive(&mut input, &mut out),
        Ok(Some(Progress::Ready))
    ) {}
    login.finish().expect("the session opens")
}

fn send(
    connection: &mut Connection,
    request: u8,
    out: &mut Vec<u8>,
) -> Result<(), trunkline_proto::client::Misuse> {
    let (statement, portal) = (StatementName::UNNAMED, PortalName::UNNAMED);
    let none = Formats::default();
    match request {
        0 => connection.query(b"", out),
        1 => connection.parse(
            &Parse {
                statement,
                sql: b"",
                types: Default::default(),
            },
            out,
        ),
        2 => connection.bind(
            &Bind {
                portal,
                statement,
                param_formats: none,
                params: Values::default(),
                result_formats: none,
            },
            out,
        ),
        3 => connection.describe(Target::Statement(statement), out),
        4 => connection.describe(Target::Portal(portal), out),
        5 | 6 => connection.execute(portal, 0, out),
        7 => connection.close(Target::Portal(portal), out),
        8 => connection.function_call(
            &FunctionCall {
                function: Oid(1),
                formats: none,
                arguments: Values::default(),
                result_format: 0,
            },
            out,
        ),
        9 => connection.flush(out),
        10 => connection.copy_data(b"x", out),
        11 => connection.copy_done(out),
        12 => connection.copy_fail(b"x", out),
        _ => connection.sync(out),
    }
}
