//! Round trips of what a server sends.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use trunkline_proto::backend::{
    Authentication, BackendKeyData, BindComplete, CloseComplete, CommandComplete, CopyBothResponse,
    CopyInResponse, CopyOutResponse, DataRow, EmptyQueryResponse, ErrorResponse, Field, FieldList,
    Fields, FunctionCallResponse, NegotiateProtocolVersion, NoData, NoticeResponse,
    NotificationResponse, ParameterDescription, ParameterStatus, ParseComplete, PortalSuspended,
    ReadyForQuery, Report, RowDescription, Severity, TransactionStatus, encode_field, encode_tag,
};
use trunkline_proto::codec::{Formats, Oids, Strings, Values};
use trunkline_proto::frontend::ProtocolVersion;
use trunkline_proto::{Encode, Oid, SqlState};

use crate::parts::{borrowed, bytes, codes, format, key, name, oids, round_trip, string, values};

proptest! {
    #[test]
    fn authentication(data in bytes(), salt: [u8; 4], short: [u8; 2], mechanisms in vec(name(), 0..5)) {
        let mechanisms: Vec<_> = mechanisms.iter().map(|name| &name[..]).collect();
        for request in [
            Authentication::Ok,
            Authentication::KerberosV4,
            Authentication::KerberosV5,
            Authentication::CleartextPassword,
            Authentication::CryptPassword { salt: short },
            Authentication::Md5Password { salt },
            Authentication::ScmCredential,
            Authentication::Gss,
            Authentication::GssContinue(&data),
            Authentication::Sspi,
            Authentication::Sasl(Strings::from(&mechanisms[..])),
            Authentication::SaslContinue(&data),
            Authentication::SaslFinal(&data),
        ] {
            round_trip!(Authentication<'_>, request);
        }
    }

    #[test]
    fn negotiate_protocol_version(version: u32, options in vec(string(), 0..5)) {
        let options: Vec<_> = options.iter().map(|name| &name[..]).collect();
        round_trip!(NegotiateProtocolVersion<'_>, NegotiateProtocolVersion {
            version: ProtocolVersion(version),
            options: Strings::from(&options[..]),
        });
    }

    #[test]
    fn backend_key_data(pid: i32, key in key(4)) {
        round_trip!(BackendKeyData<'_>, BackendKeyData { pid, key: &key });
    }

    #[test]
    fn parameter_status(name in string(), value in string()) {
        round_trip!(ParameterStatus<'_>, ParameterStatus { name: &name, value: &value });
    }

    #[test]
    fn row_description(
        names in vec(string(), 0..10),
        (table, column, ty, size, modifier) in any::<(u32, i16, u32, i16, i32)>(),
        format in format(),
    ) {
        let fields: Vec<_> = names
            .iter()
            .map(|name| Field { name, table: Oid(table), column, ty: Oid(ty), size, modifier, format })
            .collect();
        round_trip!(RowDescription<'_>, RowDescription { fields: FieldList::from(&fields[..]) });
    }

    #[test]
    fn parameter_description(types in oids()) {
        round_trip!(ParameterDescription<'_>, ParameterDescription { types: Oids::from(&types[..]) });
    }

    #[test]
    fn data_row(values in values()) {
        let values = borrowed(&values);
        let row = DataRow { values: Values::from(&values[..]) };
        round_trip!(DataRow<'_>, row);

        let (mut whole, mut pieces) = (vec![], vec![]);
        prop_assert_eq!(row.encode(&mut whole), Ok(()));
        let open = DataRow::open(&mut pieces, u16::try_from(values.len())?);
        for value in values {
            prop_assert_eq!(encode_field(value, &mut pieces), Ok(()));
        }
        prop_assert_eq!(open.close(&mut pieces), Ok(()));
        prop_assert_eq!(whole, pieces);
    }

    #[test]
    fn command_complete(tag in string()) {
        round_trip!(CommandComplete<'_>, CommandComplete { tag: &tag });
    }

    #[test]
    fn command_complete_with_rows(verb in "[A-Z]{1,10}( 0)?", rows: u64) {
        let tag = format!("{verb} {rows}");
        let message = CommandComplete { tag: tag.as_bytes() };
        let (mut fast, mut plain) = (vec![], vec![]);
        prop_assert_eq!(encode_tag(&verb, rows, &mut fast), Ok(()));
        prop_assert_eq!(message.encode(&mut plain), Ok(()));
        prop_assert_eq!(fast, plain);
        prop_assert_eq!(message.rows(), Some(rows));
    }

    #[test]
    fn reports_as_fields(fields in vec((1_u8.., string()), 0..20)) {
        let fields: Vec<_> = fields.iter().map(|(code, value)| (*code, &value[..])).collect();
        round_trip!(ErrorResponse<'_>, ErrorResponse { fields: Fields::from(&fields[..]) });
        round_trip!(NoticeResponse<'_>, NoticeResponse { fields: Fields::from(&fields[..]) });
        // Whatever was left out or came twice, there is a report in it.
        let report = Report::from_fields(&Fields::from(&fields[..]));
        prop_assert_eq!(report.encode_error(&mut vec![]), Ok(()));
    }

    #[test]
    fn reports_by_name(
        severity in prop::sample::select(vec![
            Severity::Debug, Severity::Log, Severity::Info, Severity::Notice, Severity::Warning,
            Severity::Error, Severity::Fatal, Severity::Panic,
        ]),
        sqlstate in "[0-9A-Z]{5}",
        texts in vec(option::of(string()), 11..=11),
        message in string(),
        localized in string(),
        (position, internal_position, line) in any::<(Option<u32>, Option<u32>, Option<u32>)>(),
    ) {
        use trunkline_proto::Decode;

        let text = |index: usize| texts[index].as_deref();
        let report = Report {
            severity,
            localized_severity: Some(&localized),
            sqlstate: SqlState::try_from(&sqlstate[..])?,
            message: &message,
            detail: text(0),
            hint: text(1),
            context: text(2),
            schema: text(3),
            table: text(4),
            column: text(5),
            data_type: text(6),
            constraint: text(7),
            position,
            internal_position,
            internal_query: text(8),
            file: text(9),
            line,
            routine: text(10),
        };
        let mut out = vec![];
        prop_assert_eq!(report.encode_notice(&mut out), Ok(()));
        let notice = NoticeResponse::decode(&out[5..])?;
        prop_assert_eq!(Report::from_fields(&notice.fields), report);
    }

    #[test]
    fn notification_response(pid: i32, channel in string(), payload in string()) {
        round_trip!(NotificationResponse<'_>, NotificationResponse { pid, channel: &channel, payload: &payload });
    }

    #[test]
    fn function_call_response(value in option::of(bytes())) {
        round_trip!(FunctionCallResponse<'_>, FunctionCallResponse { value: value.as_deref() });
    }

    #[test]
    fn copy_responses(format in format(), codes in codes()) {
        let columns = Formats::from(&codes[..]);
        round_trip!(CopyInResponse<'_>, CopyInResponse { format, columns });
        round_trip!(CopyOutResponse<'_>, CopyOutResponse { format, columns });
        round_trip!(CopyBothResponse<'_>, CopyBothResponse { format, columns });
    }
}

#[test]
fn without_variety() -> Result<(), TestCaseError> {
    round_trip!(NoData, NoData);
    round_trip!(EmptyQueryResponse, EmptyQueryResponse);
    round_trip!(PortalSuspended, PortalSuspended);
    round_trip!(ParseComplete, ParseComplete);
    round_trip!(BindComplete, BindComplete);
    round_trip!(CloseComplete, CloseComplete);
    for status in [
        TransactionStatus::Idle,
        TransactionStatus::InTransaction,
        TransactionStatus::Failed,
    ] {
        round_trip!(ReadyForQuery, ReadyForQuery { status });
    }
    Ok(())
}
