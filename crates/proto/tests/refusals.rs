//! What encoders refuse to write: lengths and counts that would wrap (SEC-40, SEC-41) and strings that would end
//! early (SEC-48). What was in the buffer stays, and nothing comes to it.
#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use trunkline_proto::backend::{
    Authentication, CommandComplete, CopyInResponse, DataRow, ErrorResponse, Field, FieldList,
    Fields, FunctionCallResponse, NegotiateProtocolVersion, NoticeResponse, NotificationResponse,
    ParameterDescription, ParameterStatus, Report, RowDescription, Severity, encode_field,
    encode_tag,
};
use trunkline_proto::codec::{Formats, Oids, Strings, Values};
use trunkline_proto::frontend::{
    AuthenticationResponse, Bind, Close, CopyData, CopyFail, Describe, Execute, FunctionCall,
    GssResponse, Parameters, Parse, PasswordMessage, ProtocolVersion, Query, SaslInitialResponse,
    SaslResponse, Startup, Target,
};
use trunkline_proto::{
    Decode, DecodeError, Encode, EncodeError, Format, Oid, PortalName, SqlState, StatementName,
    frame,
};

const TOO_LONG: EncodeError = EncodeError::TooLong { limit: 0x7FFF_FFFF };
const TOO_MANY: EncodeError = EncodeError::TooManyItems { limit: 65_535 };

/// Asserts that the message is refused and the buffer as it was.
fn refused(message: &dyn Encode, error: EncodeError) {
    let mut out = b"before".to_vec();
    assert_eq!(message.encode(&mut out), Err(error));
    assert_eq!(out, b"before");
}

fn query(sql: &[u8]) -> Query<'_> {
    Query { sql }
}

fn parse<'a>(statement: &'a [u8], sql: &'a [u8], types: Oids<'a>) -> Parse<'a> {
    Parse {
        statement: StatementName::from_bytes(statement),
        sql,
        types,
    }
}

fn bind<'a>(portal: &'a [u8], statement: &'a [u8], params: Values<'a>) -> Bind<'a> {
    Bind {
        portal: PortalName::from_bytes(portal),
        statement: StatementName::from_bytes(statement),
        param_formats: Formats::EMPTY,
        params,
        result_formats: Formats::EMPTY,
    }
}

fn call(arguments: Values<'_>) -> FunctionCall<'_> {
    FunctionCall {
        function: Oid(1),
        formats: Formats::EMPTY,
        arguments,
        result_format: 0,
    }
}

fn field(name: &[u8]) -> Field<'_> {
    Field {
        name,
        table: Oid(0),
        column: 0,
        ty: Oid(25),
        size: -1,
        modifier: -1,
        format: Format::Text,
    }
}

/// Lengths around and over those at which 31 and 32 bits wrap. The buffer is zeros that are never touched, so the
/// system never gives it memory.
#[test]
#[cfg(target_pointer_width = "64")]
fn lengths_that_would_wrap() {
    let sparse = vec![0; (1 << 32) + 100];
    for length in [
        0x7FFF_FFFC_usize,
        0x7FFF_FFFF,
        1 << 31,
        0xFFFF_FFFF,
        1 << 32,
        (1 << 32) + 1,
        (1 << 32) + 100,
    ] {
        let long = &sparse[..length];
        let (value, message) = ([Some(long)], [(b'M', long)]);
        let messages: [&dyn Encode; 16] = [
            &CopyData { data: long },
            &AuthenticationResponse { body: long },
            &SaslResponse { data: long },
            &SaslInitialResponse {
                mechanism: b"M",
                data: Some(long),
            },
            &GssResponse { token: long },
            &PasswordMessage { password: long },
            &query(long),
            &parse(b"", long, Oids::EMPTY),
            &parse(long, b"", Oids::EMPTY),
            &bind(b"", b"", Values::from(&value)),
            &call(Values::from(&value)),
            &CopyFail { reason: long },
            &DataRow {
                values: Values::from(&value),
            },
            &FunctionCallResponse { value: Some(long) },
            &Authentication::GssContinue(long),
            &ErrorResponse {
                fields: Fields::from(&message),
            },
        ];
        for message in messages {
            refused(message, TOO_LONG);
        }
        let mut out = vec![];
        assert_eq!(encode_field(Some(long), &mut out), Err(TOO_LONG));
        assert_eq!(out, []);
    }
}

/// Values that are short enough each and too long together are not copied one by one first.
#[test]
#[cfg(target_pointer_width = "64")]
fn sums_that_would_wrap() {
    let part = vec![0; 1 << 26];
    for count in [32, 64, 65] {
        let values = vec![Some(&part[..]); count];
        refused(&bind(b"p", b"s", Values::from(&values[..])), TOO_LONG);
        refused(&call(Values::from(&values[..])), TOO_LONG);
        refused(
            &DataRow {
                values: Values::from(&values[..]),
            },
            TOO_LONG,
        );
    }
    let half = vec![0; 1 << 30];
    refused(&parse(&half, &half, Oids::EMPTY), TOO_LONG);
}

/// Decodes a body as a message of the same type.
fn decode_like<'a, M: Decode<'a>>(_: &M, body: &'a [u8]) -> Result<M, DecodeError> {
    M::decode(body)
}

#[test]
fn counts_stop_at_65535() {
    let (values, codes, oids) = (vec![None; 65_536], vec![1; 65_536], vec![Oid(23); 65_536]);
    let fields = vec![field(b""); 65_536];
    let formats = |codes| Bind {
        param_formats: Formats::from(codes),
        ..bind(b"", b"", Values::EMPTY)
    };
    let results = |codes| Bind {
        result_formats: Formats::from(codes),
        ..bind(b"", b"", Values::EMPTY)
    };
    let arguments = |codes| FunctionCall {
        formats: Formats::from(codes),
        ..call(Values::EMPTY)
    };
    macro_rules! counted {
        ($($message:expr, $list:expr;)+) => {$({
            refused(&$message(&$list[..]), TOO_MANY);
            let message = $message(&$list[..65_535]);
            let mut out = vec![];
            message.encode(&mut out).unwrap();
            let (_, body) = frame::split(&mut &out[..], |_| Ok(u32::MAX)).unwrap().unwrap();
            let decoded = decode_like(&message, body);
            assert_eq!(decoded, Ok(message));
        })+};
    }
    counted! {
        |values| bind(b"", b"", Values::from(values)), values;
        formats, codes;
        results, codes;
        |types| parse(b"", b"", Oids::from(types)), oids;
        |values| call(Values::from(values)), values;
        arguments, codes;
        |values| DataRow { values: Values::from(values) }, values;
        |fields| RowDescription { fields: FieldList::from(fields) }, fields;
        |types| ParameterDescription { types: Oids::from(types) }, oids;
        |codes| CopyInResponse { format: Format::Binary, columns: Formats::from(codes) }, codes;
    }
}

#[test]
fn a_nul_in_any_string() {
    for nul in [&b"\0"[..], b"\0after", b"before\0", b"be\0fore"] {
        let startup = |pair| {
            let pairs = [pair];
            let version = ProtocolVersion::V3_0;
            refused(
                &Startup {
                    version,
                    parameters: Parameters::from(&pairs),
                },
                EncodeError::NulInString,
            );
        };
        startup((nul, b"value"));
        startup((b"name", nul));
        let (names, fields) = ([nul], [field(nul)]);
        let (message, end) = ([(b'M', nul)], [(0, &b"x"[..])]);
        let version = ProtocolVersion::V3_0;
        let messages: [&dyn Encode; 24] = [
            &query(nul),
            &parse(nul, b"", Oids::EMPTY),
            &parse(b"", nul, Oids::EMPTY),
            &bind(nul, b"", Values::EMPTY),
            &bind(b"", nul, Values::EMPTY),
            &Describe(Target::Statement(StatementName::from_bytes(nul))),
            &Describe(Target::Portal(PortalName::from_bytes(nul))),
            &Close(Target::Statement(StatementName::from_bytes(nul))),
            &Close(Target::Portal(PortalName::from_bytes(nul))),
            &Execute {
                portal: PortalName::from_bytes(nul),
                max_rows: 0,
            },
            &PasswordMessage { password: nul },
            &SaslInitialResponse {
                mechanism: nul,
                data: None,
            },
            &CopyFail { reason: nul },
            &Authentication::Sasl(Strings::from(&names)),
            &NegotiateProtocolVersion {
                version,
                options: Strings::from(&names),
            },
            &ParameterStatus {
                name: nul,
                value: b"",
            },
            &ParameterStatus {
                name: b"",
                value: nul,
            },
            &NotificationResponse {
                pid: 1,
                channel: nul,
                payload: b"",
            },
            &NotificationResponse {
                pid: 1,
                channel: b"",
                payload: nul,
            },
            &CommandComplete { tag: nul },
            &RowDescription {
                fields: FieldList::from(&fields),
            },
            &ErrorResponse {
                fields: Fields::from(&message),
            },
            &NoticeResponse {
                fields: Fields::from(&message),
            },
            &NoticeResponse {
                fields: Fields::from(&end),
            },
        ];
        for message in messages {
            refused(message, EncodeError::NulInString);
        }
        let mut out = vec![];
        let verb = std::str::from_utf8(nul).unwrap();
        assert_eq!(encode_tag(verb, 1, &mut out), Err(EncodeError::NulInString));
        assert_eq!(out, []);
    }
}

#[test]
fn a_nul_in_any_field_of_a_report() {
    let plain = Report::new(Severity::Error, SqlState::INTERNAL_ERROR, b"m");
    let nul = Some(&b"be\0fore"[..]);
    for report in [
        Report {
            message: b"\0",
            ..plain
        },
        Report {
            localized_severity: nul,
            ..plain
        },
        Report {
            detail: nul,
            ..plain
        },
        Report { hint: nul, ..plain },
        Report {
            context: nul,
            ..plain
        },
        Report {
            schema: nul,
            ..plain
        },
        Report {
            table: nul,
            ..plain
        },
        Report {
            column: nul,
            ..plain
        },
        Report {
            data_type: nul,
            ..plain
        },
        Report {
            constraint: nul,
            ..plain
        },
        Report {
            internal_query: nul,
            ..plain
        },
        Report { file: nul, ..plain },
        Report {
            routine: nul,
            ..plain
        },
    ] {
        let mut out = b"before".to_vec();
        assert_eq!(report.encode_error(&mut out), Err(EncodeError::NulInString));
        assert_eq!(
            report.encode_notice(&mut out),
            Err(EncodeError::NulInString)
        );
        assert_eq!(out, b"before");
    }
}
