//! That a message costs no allocation: decoded messages are views, and encoded ones go to the caller's buffer.
#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use trunkline_proto::backend::{
    BindComplete, DataRow, Field, FieldList, ParseComplete, ReadyForQuery, RowDescription,
    TransactionStatus, encode_field, encode_tag,
};
use trunkline_proto::codec::{Formats, Oids, Values};
use trunkline_proto::frontend::{Bind, Describe, Execute, Message, Parse, Query, Sync, Target};
use trunkline_proto::{Encode, EncodeError, Format, Limits, Oid, PortalName, StatementName, frame};

/// What a client sends to run a statement, and its parameters.
fn series(out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let statement = StatementName::from("s");
    let portal = PortalName::UNNAMED;
    let params = [Some(&b"a value"[..]), None, Some(b"")];
    Query { sql: b"select 1" }.encode(out)?;
    Parse {
        statement,
        sql: b"select $1, $2, $3",
        types: Oids::from(&[Oid(25), Oid(23)]),
    }
    .encode(out)?;
    Bind {
        portal,
        statement,
        param_formats: Formats::from(&[0, 1, 0]),
        params: Values::from(&params),
        result_formats: Formats::from(&[1]),
    }
    .encode(out)?;
    Describe(Target::Portal(portal)).encode(out)?;
    Execute {
        portal,
        max_rows: 0,
    }
    .encode(out)?;
    Sync.encode(out)
}

/// Reads all of it, every item of every list.
fn read(mut input: &[u8]) -> usize {
    let (limits, mut items) = (Limits::default(), 0);
    while let Some((tag, body)) = frame::split(&mut input, |tag| limits.max_len(tag)).unwrap() {
        items += match Message::decode(tag, body).unwrap() {
            Message::Parse(parse) => parse.types.iter().count(),
            Message::Bind(bind) => {
                let resolved = (0..3)
                    .filter_map(|index| bind.param_formats.resolve(index, 3))
                    .count();
                resolved + bind.params.iter().count() + bind.result_formats.iter().count()
            }
            _ => 0,
        };
    }
    items
}

/// What a server answers, with a thousand rows.
fn answer(out: &mut Vec<u8>) -> Result<(), EncodeError> {
    ParseComplete.encode(out)?;
    BindComplete.encode(out)?;
    let field = Field {
        name: b"greeting",
        table: Oid(0),
        column: 0,
        ty: Oid(25),
        size: -1,
        modifier: -1,
        format: Format::Text,
    };
    RowDescription {
        fields: FieldList::from(&[field; 2]),
    }
    .encode(out)?;
    for _ in 0..1000 {
        let row = DataRow::open(out, 2);
        encode_field(Some(b"hello, world"), out)?;
        encode_field(None, out)?;
        row.close(out)?;
    }
    encode_tag("SELECT", 1000, out)?;
    ReadyForQuery {
        status: TransactionStatus::Idle,
    }
    .encode(out)
}

#[test]
fn nothing_is_allocated_for_a_message_a_field_or_a_row() {
    let (mut sent, mut received) = (Vec::with_capacity(1 << 10), Vec::with_capacity(1 << 17));
    let mut items = 0;
    let allocations = allocation_counter::measure(|| {
        series(&mut sent).unwrap();
        items = read(&sent);
        answer(&mut received).unwrap();
    });
    assert_eq!(items, 2 + 3 + 3 + 1);
    assert_eq!(received.get(..5), Some(&ParseComplete::FRAME[..]));
    assert_eq!(allocations.count_total, 0, "{allocations:?}");
}
