//! Taking rows the short way is no different from taking every message the long one.

use proptest::prelude::*;
use trunkline_proto::PortalName;
use trunkline_proto::client::{Connection, Event, ProtocolError};
use trunkline_proto::frontend::Target;

use crate::support::{IDLE, error, message, session};

fn request(connection: &mut Connection, request: u8) {
    let out = &mut vec![];
    // One that may not be sent now is not sent, by either.
    let _ = match request {
        0 => connection.query(b"select 1", out),
        1 | 2 => connection.execute(PortalName::UNNAMED, 0, out),
        3 => connection.describe(Target::Portal(PortalName::UNNAMED), out),
        _ => connection.sync(out),
    };
}

fn replies() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => Just(message(b'D', b"\0\x01\0\0\0\x011")),
        2 => Just(message(b'D', b"\0\x02\xFF\xFF\xFF\xFF\0\0\0\0")),
        1 => Just(message(b'D', b"\0\x01\0\0\0\x02a")),
        4 => Just(message(b'T', b"\0\x01a\0\0\0\0\0\0\0\0\0\0\x17\0\x04\xFF\xFF\xFF\xFF\0\0")),
        4 => Just(message(b'C', b"SELECT 1\0")),
        2 => Just(message(b's', b"")),
        2 => Just(message(b'H', b"\0\0\x01\0\0")),
        2 => Just(message(b'N', b"SNOTICE\0Mhm\0\0")),
        4 => Just(IDLE.to_vec()),
        1 => Just(error("ERROR")),
        1 => Just(error("FATAL")),
        1 => Just(b"D\0\0\0\x03".to_vec()),
        1 => Just(b"D\x7F\xFF\xFF\xFF\0\x01".to_vec()),
        1 => Just(b"D\x80\0\0\0\0\x01".to_vec()),
    ]
}

/// The next message: a row the short way, anything else the long one.
fn quick<'a>(
    connection: &mut Connection,
    input: &mut &'a [u8],
) -> Result<Option<Event<'a>>, ProtocolError> {
    match connection.row(input) {
        Some(row) => Ok(Some(Event::DataRow(row))),
        None => connection.receive(input),
    }
}

proptest! {
    #[test]
    fn a_row_is_the_same_either_way(
        requests in prop::collection::vec(0..5_u8, 0..6),
        replies in prop::collection::vec(replies(), 0..12),
        cut in 0..8_usize,
    ) {
        let (mut long, mut short) = (session(), session());
        for number in &requests {
            request(&mut long, *number);
            request(&mut short, *number);
        }
        let bytes = replies.concat();
        let bytes = &bytes[..bytes.len().saturating_sub(cut)];
        let (mut of_long, mut of_short) = (bytes, bytes);
        loop {
            let event = long.receive(&mut of_long);
            prop_assert_eq!(quick(&mut short, &mut of_short), event);
            prop_assert_eq!(of_short, of_long);
            prop_assert_eq!(short.unanswered(), long.unanswered());
            prop_assert_eq!(short.is_closed(), long.is_closed());
            if !matches!(event, Ok(Some(_))) {
                break;
            }
        }
    }
}

#[test]
fn no_row_is_taken_once_the_session_is_over() {
    let mut connection = session();
    request(&mut connection, 0);
    let row = message(b'D', b"\0\0");
    let opening = message(b'T', b"\0\0");
    let mut input = opening.as_slice();
    assert!(matches!(
        connection.receive(&mut input),
        Ok(Some(Event::RowDescription(_)))
    ));
    connection.abandon();
    assert_eq!(connection.row(&mut row.as_slice()), None);
}
