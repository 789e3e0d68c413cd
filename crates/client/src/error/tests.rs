#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use trunkline_proto::backend::{ErrorResponse, Fields};
use trunkline_proto::client::Method;

use super::*;

fn server(severity: &str, sqlstate: &str) -> Box<ServerError> {
    let fields = [
        (b'V', severity.as_bytes()),
        (b'C', sqlstate.as_bytes()),
        (b'M', b"why"),
    ];
    Box::new(ServerError::new(&ErrorResponse {
        fields: Fields::from(fields.as_slice()),
    }))
}

fn hosts(kind: Kind) -> Kind {
    let other = Kind::Login(LoginError::Mechanisms).into();
    Kind::Hosts(vec![("a".into(), kind.into()), ("b".into(), other)])
}

/// Of every kind: whether the connection is of no use, and whether to try again.
#[test]
fn what_to_do_about_it() {
    let io = || Kind::Io {
        what: "lost".into(),
        source: io::ErrorKind::ConnectionReset.into(),
    };
    let about = |what: &str| Kind::Method {
        what: what.into(),
        source: None,
    };
    let lost = |kind: Kind| Kind::Lost(Arc::new(kind.into()));
    let unsent = |kind: Kind| Kind::Unsent(Arc::new(kind.into()));
    for (kind, closed, retry) in [
        (Kind::Config(ConfigError::NoUser), true, false),
        (io(), true, false),
        (hosts(io()), true, true),
        (
            Kind::Tls {
                what: "no".into(),
                source: None,
            },
            true,
            false,
        ),
        (
            hosts(Kind::Tls {
                what: "no".into(),
                source: Some("why".into()),
            }),
            true,
            false,
        ),
        (
            hosts(Kind::Login(LoginError::NoPassword(Method::Scram))),
            true,
            false,
        ),
        (hosts(about("no token")), true, false),
        (hosts(Kind::TokenDue), true, false),
        (Kind::Protocol(ProtocolError::LoginTooLong), true, false),
        (
            hosts(Kind::Protocol(ProtocolError::LoginTooLong)),
            true,
            false,
        ),
        (Kind::Misuse(Misuse::Closed), true, true),
        (Kind::Misuse(Misuse::OutOfOrder), false, false),
        (Kind::Misuse(Misuse::SyncDue), false, false),
        (Kind::Server(server("ERROR", "23505")), false, false),
        (Kind::Server(server("ERROR", "40001")), false, true),
        (Kind::Server(server("ERROR", "40P01")), false, true),
        (Kind::InPart(server("ERROR", "40001")), false, false),
        (Kind::InPart(server("FATAL", "57P01")), true, false),
        (Kind::Server(server("ERROR", "40003")), false, false),
        (Kind::Server(server("ERROR", "55P03")), false, true),
        (Kind::Server(server("ERROR", "57014")), false, false),
        (Kind::Server(server("ERROR", "53200")), false, false),
        (Kind::Server(server("FATAL", "57P01")), true, false),
        (Kind::Server(server("PANIC", "XX000")), true, false),
        (Kind::Server(server("FATAL", "57P05")), true, true),
        (Kind::Server(server("FATAL", "25P03")), true, true),
        (Kind::Server(server("FATAL", "25P04")), true, false),
        (hosts(Kind::Server(server("FATAL", "57P03"))), true, true),
        (hosts(Kind::Stranger(server("FATAL", "53300"))), true, true),
        (hosts(Kind::Stranger(server("FATAL", "28P01"))), true, false),
        (
            hosts(Kind::Passfile(
                "file".into(),
                Kind::Server(server("FATAL", "28P01")).into(),
            )),
            true,
            false,
        ),
        (Kind::Cancel(Kind::Eof.into()), false, false),
        (hosts(Kind::Timeout(Duration::from_secs(1))), true, true),
        (Kind::Eof, true, false),
        (hosts(hosts(Kind::Eof)), true, true),
        (Kind::Closed, true, false),
        (hosts(Kind::TargetSession("no")), true, true),
        (hosts(Kind::Peer("no".into())), true, false),
        (Kind::Use(Fault::Skipped), false, true),
        (Kind::Use(Fault::Over), false, false),
        (Kind::Use(Fault::RolledBack), false, false),
        (lost(Kind::Eof), true, false),
        (lost(Kind::Server(server("FATAL", "57P01"))), true, false),
        (lost(Kind::Server(server("FATAL", "57P05"))), true, true),
        (unsent(Kind::Eof), true, true),
        (unsent(Kind::Server(server("FATAL", "57P01"))), true, true),
        (Kind::NoCancelKey, false, false),
        (Kind::Unsupported("that"), true, false),
    ] {
        let error = Error::from(kind);
        assert_eq!(error.is_closed(), closed, "{error:#?}");
        assert_eq!(error.safe_to_retry(), retry, "{error:#?}");
        assert!(!error.to_string().is_empty());
    }
}
