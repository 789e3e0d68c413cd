//! That the captures show every message of the protocol.

use std::collections::BTreeSet;

use trunkline_proto::backend::{Fields, code};
use trunkline_proto::{Decode, backend};

use crate::fixtures::{Direction, frames};

#[test]
fn every_frontend_message_is_there() {
    missing(
        Direction::Frontend,
        "StartupMessage SSLRequest GSSENCRequest CancelRequest PasswordMessage SASLInitialResponse SASLResponse
         GSSResponse Query Parse Bind Describe Execute Close Flush Sync FunctionCall CopyData CopyDone CopyFail
         Terminate",
    );
}

#[test]
fn every_backend_message_is_there() {
    missing(
        Direction::Backend,
        "AuthenticationOk AuthenticationKerberosV4 AuthenticationKerberosV5 AuthenticationCleartextPassword
         AuthenticationCryptPassword AuthenticationMD5Password AuthenticationSCMCredential AuthenticationGSS
         AuthenticationGSSContinue AuthenticationSSPI AuthenticationSASL AuthenticationSASLContinue
         AuthenticationSASLFinal NegotiateProtocolVersion BackendKeyData ParameterStatus ReadyForQuery
         RowDescription ParameterDescription NoData DataRow CommandComplete EmptyQueryResponse PortalSuspended
         ParseComplete BindComplete CloseComplete ErrorResponse NoticeResponse NotificationResponse
         FunctionCallResponse CopyInResponse CopyOutResponse CopyBothResponse CopyData CopyDone",
    );
}

fn missing(direction: Direction, names: &str) {
    let frames = frames();
    let seen: BTreeSet<_> = frames
        .iter()
        .filter(|frame| frame.direction == direction)
        .map(|frame| frame.name.as_str())
        .collect();
    let named: BTreeSet<_> = names.split_whitespace().collect();
    assert_eq!(seen, named);
}

#[test]
fn every_field_of_a_report_is_there() {
    let frames = frames();
    let reports = frames.iter().filter(|frame| frame.name == "ErrorResponse");
    let seen: BTreeSet<_> = reports
        .flat_map(|frame| {
            let fields = backend::ErrorResponse::decode(frame.body()).map(|error| error.fields);
            fields.map_or_else(
                |_| vec![],
                |fields: Fields<'_>| fields.iter().map(|(code, _)| code).collect(),
            )
        })
        .collect();
    let all = [
        code::SEVERITY,
        code::SEVERITY_NONLOCALIZED,
        code::SQLSTATE,
        code::MESSAGE,
        code::DETAIL,
        code::HINT,
        code::POSITION,
        code::INTERNAL_POSITION,
        code::INTERNAL_QUERY,
        code::CONTEXT,
        code::SCHEMA,
        code::TABLE,
        code::COLUMN,
        code::DATA_TYPE,
        code::CONSTRAINT,
        code::FILE,
        code::LINE,
        code::ROUTINE,
    ];
    assert_eq!(seen, BTreeSet::from(all));
}

#[test]
fn a_report_writes_fields_as_postgres_does() {
    for frame in frames() {
        let mut out = vec![];
        match frame.name.as_str() {
            "ErrorResponse" => {
                let error = backend::ErrorResponse::decode(frame.body());
                let report = error.map(|error| backend::Report::from_fields(&error.fields));
                assert_eq!(
                    report.map(|report| report.encode_error(&mut out)),
                    Ok(Ok(()))
                );
            }
            "NoticeResponse" => {
                let notice = backend::NoticeResponse::decode(frame.body());
                let report = notice.map(|notice| backend::Report::from_fields(&notice.fields));
                assert_eq!(
                    report.map(|report| report.encode_notice(&mut out)),
                    Ok(Ok(()))
                );
            }
            _ => continue,
        }
        assert_eq!(out, frame.bytes);
    }
}

#[test]
fn both_lengths_of_cancel_key_are_there() {
    let frames = frames();
    let keys = frames.iter().filter(|frame| frame.name == "BackendKeyData");
    let lengths: BTreeSet<_> = keys.map(|frame| frame.body().len() - 4).collect();
    assert_eq!(lengths, BTreeSet::from([4, 32]));
}
