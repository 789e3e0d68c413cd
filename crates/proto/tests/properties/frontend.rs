//! Round trips of what a client sends.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use trunkline_proto::codec::{Formats, Oids, Values};
use trunkline_proto::frontend::{
    AuthenticationResponse, Bind, CancelRequest, Close, CopyData, CopyDone, CopyFail, Describe,
    Execute, Flush, FunctionCall, GssResponse, Parameters, Parse, PasswordMessage, ProtocolVersion,
    Query, SaslInitialResponse, SaslResponse, Startup, Sync, Target, Terminate,
};
use trunkline_proto::{Oid, PortalName, StatementName};

use crate::parts::{
    borrowed, bytes, codes, key, name, oids, round_trip, round_trip_startup, string, values,
};

fn target(portal: bool, name: &[u8]) -> Target<'_> {
    if portal {
        Target::Portal(PortalName::from_bytes(name))
    } else {
        Target::Statement(StatementName::from_bytes(name))
    }
}

proptest! {
    #[test]
    fn startup(minor: u16, pairs in vec((name(), string()), 0..10)) {
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (&name[..], &value[..])).collect();
        round_trip_startup!(StartupPacket::Startup(Startup {
            version: ProtocolVersion::new(3, minor),
            parameters: Parameters::from(&pairs[..]),
        }));
    }

    #[test]
    fn cancel_request(pid: i32, key in key(1)) {
        round_trip_startup!(StartupPacket::CancelRequest(CancelRequest { pid, key: &key }));
    }

    #[test]
    fn another_version(major in (0_u16..).prop_filter("3 is spoken, 1234 are requests", |m| ![3, 1234].contains(m)), minor: u16) {
        round_trip_startup!(StartupPacket::Unsupported(ProtocolVersion::new(major, minor)));
    }

    #[test]
    fn password(password in string()) {
        round_trip!(PasswordMessage<'_>, PasswordMessage { password: &password });
    }

    #[test]
    fn sasl_initial_response(mechanism in string(), data in option::of(bytes())) {
        round_trip!(SaslInitialResponse<'_>, SaslInitialResponse { mechanism: &mechanism, data: data.as_deref() });
    }

    #[test]
    fn raw_bytes(data in bytes()) {
        round_trip!(SaslResponse<'_>, SaslResponse { data: &data });
        round_trip!(GssResponse<'_>, GssResponse { token: &data });
        round_trip!(AuthenticationResponse<'_>, AuthenticationResponse { body: &data });
        round_trip!(CopyData<'_>, CopyData { data: &data });
    }

    #[test]
    fn query(sql in string()) {
        round_trip!(Query<'_>, Query { sql: &sql });
    }

    #[test]
    fn parse(statement in string(), sql in string(), types in oids()) {
        round_trip!(Parse<'_>, Parse {
            statement: StatementName::from_bytes(&statement),
            sql: &sql,
            types: Oids::from(&types[..]),
        });
    }

    #[test]
    fn bind(portal in string(), statement in string(), formats in codes(), params in values(), results in codes()) {
        let params = borrowed(&params);
        round_trip!(Bind<'_>, Bind {
            portal: PortalName::from_bytes(&portal),
            statement: StatementName::from_bytes(&statement),
            param_formats: Formats::from(&formats[..]),
            params: Values::from(&params[..]),
            result_formats: Formats::from(&results[..]),
        });
    }

    #[test]
    fn describe_and_close(portal: bool, name in string()) {
        round_trip!(Describe<'_>, Describe(target(portal, &name)));
        round_trip!(Close<'_>, Close(target(portal, &name)));
    }

    #[test]
    fn execute(portal in string(), max_rows: i32) {
        round_trip!(Execute<'_>, Execute { portal: PortalName::from_bytes(&portal), max_rows });
    }

    #[test]
    fn function_call(function: u32, formats in codes(), arguments in values(), result_format: i16) {
        let arguments = borrowed(&arguments);
        round_trip!(FunctionCall<'_>, FunctionCall {
            function: Oid(function),
            formats: Formats::from(&formats[..]),
            arguments: Values::from(&arguments[..]),
            result_format,
        });
    }

    #[test]
    fn copy_fail(reason in string()) {
        round_trip!(CopyFail<'_>, CopyFail { reason: &reason });
    }

    /// A list read from the wire resolves like the slice that it was written from.
    #[test]
    fn formats_resolve_alike(codes in codes(), total in 0_usize..25, index in 0_usize..25) {
        let slice = Formats::from(&codes[..]);
        let bind = Bind { param_formats: slice, ..empty() };
        round_trip!(Bind<'_>, bind);
        let expected = match codes.len() {
            _ if index >= total => None,
            0 => Some(0),
            1 => Some(codes[0]),
            len if len == total => Some(codes[index]),
            _ => None,
        };
        prop_assert_eq!(slice.resolve(index, total), expected);
    }
}

fn empty() -> Bind<'static> {
    Bind {
        portal: PortalName::UNNAMED,
        statement: StatementName::UNNAMED,
        param_formats: Formats::EMPTY,
        params: Values::EMPTY,
        result_formats: Formats::EMPTY,
    }
}

#[test]
fn without_a_body() -> Result<(), TestCaseError> {
    round_trip!(Flush, Flush);
    round_trip!(Sync, Sync);
    round_trip!(Terminate, Terminate);
    round_trip!(CopyDone, CopyDone);
    round_trip_startup!(StartupPacket::SslRequest);
    round_trip_startup!(StartupPacket::GssEncRequest);
    Ok(())
}
