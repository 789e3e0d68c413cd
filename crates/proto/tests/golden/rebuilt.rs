//! Every captured message with a list in it, taken apart and built again from slices: a decoded list is written
//! back as the bytes that it was, so that encoding it again would not show that its items were read rightly.
#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use std::collections::BTreeSet;

use trunkline_proto::backend::{self, Authentication};
use trunkline_proto::codec::{Formats, Oids, Strings, Values};
use trunkline_proto::frontend::{self, StartupPacket};
use trunkline_proto::{Decode, Encode};

use crate::fixtures::{Direction, frames};

#[test]
fn built_from_its_parts_a_message_is_the_same() {
    let mut seen = BTreeSet::new();
    for frame in frames() {
        let out = match frame.direction {
            _ if frame.is_startup() => startup(frame.body()),
            Direction::Frontend => frontend(frame.tag(), frame.body()),
            Direction::Backend => backend(frame.tag(), frame.body()),
        };
        let Some(out) = out else { continue };
        assert_eq!(out, frame.bytes, "{}", frame.name);
        seen.insert(frame.name);
    }
    let expected = "AuthenticationSASL Bind CopyBothResponse CopyInResponse CopyOutResponse DataRow ErrorResponse
        FunctionCall NegotiateProtocolVersion NoticeResponse ParameterDescription Parse RowDescription StartupMessage";
    assert_eq!(
        seen,
        expected.split_whitespace().map(String::from).collect()
    );
}

fn encode(message: impl Encode) -> Option<Vec<u8>> {
    let mut out = vec![];
    message.encode(&mut out).unwrap();
    Some(out)
}

fn startup(body: &[u8]) -> Option<Vec<u8>> {
    let StartupPacket::Startup(mut startup) = StartupPacket::decode(body).unwrap() else {
        return None;
    };
    let pairs: Vec<_> = startup.parameters.iter().collect();
    startup.parameters = pairs[..].into();
    encode(startup)
}

fn frontend(tag: u8, body: &[u8]) -> Option<Vec<u8>> {
    use frontend::Message;
    match Message::decode(tag, body).unwrap() {
        Message::Parse(mut parse) => {
            let types: Vec<_> = parse.types.iter().collect();
            parse.types = Oids::from(&types[..]);
            encode(parse)
        }
        Message::Bind(mut bind) => {
            let formats: Vec<_> = bind.param_formats.iter().collect();
            let params: Vec<_> = bind.params.iter().collect();
            let results: Vec<_> = bind.result_formats.iter().collect();
            bind.param_formats = Formats::from(&formats[..]);
            bind.params = Values::from(&params[..]);
            bind.result_formats = Formats::from(&results[..]);
            encode(bind)
        }
        Message::FunctionCall(mut call) => {
            let formats: Vec<_> = call.formats.iter().collect();
            let arguments: Vec<_> = call.arguments.iter().collect();
            call.formats = Formats::from(&formats[..]);
            call.arguments = Values::from(&arguments[..]);
            encode(call)
        }
        _ => None,
    }
}

fn backend(tag: u8, body: &[u8]) -> Option<Vec<u8>> {
    use backend::Message;
    match Message::decode(tag, body).unwrap() {
        Message::Authentication(Authentication::Sasl(mechanisms)) => {
            let mechanisms: Vec<_> = mechanisms.iter().collect();
            encode(Authentication::Sasl(Strings::from(&mechanisms[..])))
        }
        Message::NegotiateProtocolVersion(mut negotiate) => {
            let options: Vec<_> = negotiate.options.iter().collect();
            negotiate.options = Strings::from(&options[..]);
            encode(negotiate)
        }
        Message::RowDescription(mut row) => {
            let fields: Vec<_> = row.fields.iter().collect();
            row.fields = fields[..].into();
            encode(row)
        }
        Message::ParameterDescription(mut parameters) => {
            let types: Vec<_> = parameters.types.iter().collect();
            parameters.types = Oids::from(&types[..]);
            encode(parameters)
        }
        Message::DataRow(mut row) => {
            let values: Vec<_> = row.values.iter().collect();
            row.values = Values::from(&values[..]);
            encode(row)
        }
        Message::ErrorResponse(mut error) => {
            let fields: Vec<_> = error.fields.iter().collect();
            error.fields = fields[..].into();
            encode(error)
        }
        Message::NoticeResponse(mut notice) => {
            let fields: Vec<_> = notice.fields.iter().collect();
            notice.fields = fields[..].into();
            encode(notice)
        }
        Message::CopyInResponse(mut copy) => {
            let columns: Vec<_> = copy.columns.iter().collect();
            copy.columns = Formats::from(&columns[..]);
            encode(copy)
        }
        Message::CopyOutResponse(mut copy) => {
            let columns: Vec<_> = copy.columns.iter().collect();
            copy.columns = Formats::from(&columns[..]);
            encode(copy)
        }
        Message::CopyBothResponse(mut copy) => {
            let columns: Vec<_> = copy.columns.iter().collect();
            copy.columns = Formats::from(&columns[..]);
            encode(copy)
        }
        _ => None,
    }
}
