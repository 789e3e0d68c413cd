//! The cases of protocol 6.8 that concern a session.

use trunkline_proto::client::{Connection, Misuse, ProtocolError};
use trunkline_proto::codec::{Formats, Values};
use trunkline_proto::frontend::{Bind, Parse, Target};
use trunkline_proto::{PortalName, StatementName};

use crate::support::{IDLE, error, events, message, session};

const ONE_COLUMN: &[u8] = b"\0\x01a\0\0\0\0\0\0\0\0\0\0\x17\0\x04\xFF\xFF\xFF\xFF\0\0";

fn series(connection: &mut Connection, out: &mut Vec<u8>) {
    let statement = StatementName::UNNAMED;
    let portal = PortalName::UNNAMED;
    let parse = Parse {
        statement,
        sql: b"select 1",
        types: Default::default(),
    };
    let bind = Bind {
        portal,
        statement,
        param_formats: Formats::default(),
        params: Values::default(),
        result_formats: Formats::default(),
    };
    connection.parse(&parse, out).unwrap();
    connection.bind(&bind, out).unwrap();
    connection.describe(Target::Portal(portal), out).unwrap();
    connection.execute(portal, 0, out).unwrap();
}

fn row(values: &[&[u8]]) -> Vec<u8> {
    let mut body = u16::try_from(values.len()).unwrap().to_be_bytes().to_vec();
    for value in values {
        body.extend_from_slice(&i32::try_from(value.len()).unwrap().to_be_bytes());
        body.extend_from_slice(value);
    }
    message(b'D', &body)
}

fn done() -> Vec<u8> {
    message(b'C', b"SELECT 1\0")
}

/// The answer to `series`.
fn answer() -> Vec<u8> {
    [
        message(b'1', b""),
        message(b'2', b""),
        message(b'T', ONE_COLUMN),
        row(&[b"1"]),
        done(),
    ]
    .concat()
}

fn asynchronous() -> Vec<u8> {
    [
        message(b'S', b"TimeZone\0UTC\0"),
        message(b'N', b"SNOTICE\0VNOTICE\0C00000\0Mhello\0\0"),
        message(b'A', b"\0\0\0\x01channel\0payload\0"),
    ]
    .concat()
}

/// Every message, with whatever may come at any time around it: T-L13.
#[test]
fn asynchronous_messages_come_at_any_time() {
    let mut connection = session();
    let mut out = vec![];
    connection.query(b"select 1", &mut out).unwrap();
    series(&mut connection, &mut out);
    connection.sync(&mut out).unwrap();
    let answer = [
        message(b'T', ONE_COLUMN),
        row(&[b"1"]),
        done(),
        IDLE.to_vec(),
        answer(),
        IDLE.to_vec(),
    ]
    .concat();
    let mut rest = answer.as_slice();
    let mut plain = vec![];
    while let Ok(Some((tag, body))) = trunkline_proto::frame::split(&mut rest, |_| Ok(1000)) {
        let names = events(&mut connection, &asynchronous());
        assert_eq!(names, ["ParameterStatus", "Notice", "Notification"]);
        plain.extend(events(&mut connection, &message(tag, body)));
    }
    assert_eq!(
        plain,
        [
            "RowDescription",
            "DataRow",
            "CommandComplete",
            "Ready",
            "ParseComplete",
            "BindComplete",
            "RowDescription",
            "DataRow",
            "CommandComplete",
            "Ready"
        ]
    );
    assert_eq!(connection.unanswered(), 0);
}

/// T-L14, SEC-51: what is not due is given to nobody, and ends the connection for good.
#[test]
fn a_spurious_reply_poisons() {
    for spurious in [IDLE.to_vec(), done(), message(b'1', b""), row(&[b"1"])] {
        let mut connection = session();
        let mut out = vec![];
        let names = events(&mut connection, &spurious);
        assert!(names[0].contains("expected nothing"), "{names:?}");
        assert!(connection.is_closed());
        assert_eq!(connection.query(b"select 1", &mut out), Err(Misuse::Closed));
        assert_eq!(events(&mut connection, IDLE), names);
    }

    // Within an answer, each reply where another is due.
    let mut connection = session();
    connection.query(b"select 1", &mut vec![]).unwrap();
    assert_eq!(
        connection.receive(&mut &IDLE[..]),
        Err(ProtocolError::Unexpected {
            tag: b'Z',
            expected: "the result of a Query"
        })
    );
    let replies = answer();
    let mut rest = replies.as_slice();
    let mut whole = vec![];
    while let Ok(Some((tag, body))) = trunkline_proto::frame::split(&mut rest, |_| Ok(1000)) {
        whole.push(message(tag, body));
    }
    for (position, due) in whole.iter().enumerate() {
        for other in &whole {
            // A row is followed by rows or the end, and an Execute may end without rows.
            if other == due || (position >= 3 && other[0] == b'C') {
                continue;
            }
            let mut connection = session();
            series(&mut connection, &mut vec![]);
            let before = whole[..position].concat();
            assert_eq!(events(&mut connection, &before).len(), position);
            let names = events(&mut connection, other);
            if position == 4 && other[0] == b'D' {
                assert_eq!(names, ["DataRow"]);
            } else {
                assert!(
                    names[0].contains("expected"),
                    "{position} {other:?} {names:?}"
                );
            }
        }
    }
}

/// T-L11, T-L24: the type is judged first, then the length, before anything waits for a body.
#[test]
fn absurd_lengths_and_unknown_types_fail_at_once() {
    for tag in *b"ACDEGHIKNRSTVWZcdnst123v" {
        for length in [0, 1, 3, -1] {
            let mut header = vec![tag];
            header.extend_from_slice(&i32::to_be_bytes(length));
            let mut connection = session();
            let error = connection.receive(&mut header.as_slice()).unwrap_err();
            let unknown = error == ProtocolError::UnknownMessage(tag);
            assert!(
                unknown || error == ProtocolError::Length { tag, length },
                "{error}"
            );
        }
    }
    // Only what carries data may be long.
    for tag in *b"CGHISWZcns123" {
        let mut header = vec![tag];
        header.extend_from_slice(&30_001_i32.to_be_bytes());
        let mut connection = session();
        connection.receive(&mut header.as_slice()).unwrap_err();
        header.truncate(1);
        header.extend_from_slice(&30_000_i32.to_be_bytes());
        let mut connection = session();
        assert!(matches!(
            connection.receive(&mut header.as_slice()),
            Ok(None)
        ));
    }
    for tag in 0..=u8::MAX {
        if !b"ACDEGHIKNSTVWZcdnst123".contains(&tag) {
            let mut connection = session();
            assert_eq!(
                connection.receive(&mut &[tag][..]).unwrap_err(),
                ProtocolError::UnknownMessage(tag)
            );
        }
    }
}

/// T-L12, SEC-43.
#[test]
fn rows_are_as_described() {
    let bodies: [&[u8]; 6] = [
        b"\0\x02\0\0\0\x01a\0\0\0\x01b",
        b"\0\0",
        b"\0\x01\xFF\xFF\xFF\xFEa",
        b"\0\x01\0\0\0\x05a",
        b"\0\x01\x7F\xFF\xFF\xFFa",
        b"\0\x01\0\0\0\x01ab",
    ];
    for body in bodies {
        let mut connection = session();
        connection.query(b"select 1", &mut vec![]).unwrap();
        events(&mut connection, &message(b'T', ONE_COLUMN));
        assert!(
            connection
                .receive(&mut message(b'D', body).as_slice())
                .is_err()
        );
    }
}

/// T-L15: what was said while nobody listened.
#[test]
fn a_fatal_error_while_idle() {
    let mut connection = session();
    assert_eq!(events(&mut connection, &error("FATAL")), ["Error"]);
    assert!(connection.is_closed());
    assert_eq!(connection.sync(&mut vec![]), Err(Misuse::Closed));
    // Any other error is nobody's.
    let mut connection = session();
    assert!(connection.receive(&mut error("ERROR").as_slice()).is_err());
}

/// T-L16: the server decides that it is a COPY; the client can end it.
#[test]
fn an_unexpected_copy_is_given_up() {
    let mut connection = session();
    let mut out = vec![];
    connection.query(b"select 1", &mut out).unwrap();
    assert_eq!(
        connection.copy_data(b"drop table t;", &mut out),
        Err(Misuse::OutOfOrder),
        "SEC-49: the server has not asked"
    );
    assert_eq!(
        events(&mut connection, &message(b'G', b"\0\0\0")),
        ["CopyIn"]
    );
    assert!(connection.wants_data());
    assert_eq!(
        connection.query(b"select 2", &mut out),
        Err(Misuse::OutOfOrder)
    );
    connection.copy_fail(b"no data", &mut out).unwrap();
    assert_eq!(
        events(&mut connection, &[error("ERROR"), IDLE.to_vec()].concat()),
        ["Error", "Ready"]
    );

    connection.query(b"select 1", &mut out).unwrap();
    let copy_out = [
        message(b'H', b"\0\0\0"),
        message(b'd', b"x"),
        message(b'c', b""),
        done(),
        IDLE.to_vec(),
    ];
    assert_eq!(
        events(&mut connection, &copy_out.concat()),
        [
            "CopyOut",
            "CopyData",
            "CopyDone",
            "CommandComplete",
            "Ready"
        ]
    );
}

/// Protocol 3.5: what answers BASE_BACKUP, since PostgreSQL 15 and before it.
#[test]
fn copies_within_one_query() {
    let copy = [
        message(b'H', b"\0\0\0"),
        message(b'd', b"x"),
        message(b'c', b""),
    ]
    .concat();
    let rows = [message(b'T', ONE_COLUMN), row(&[b"1"]), done()].concat();
    let before = [&rows, &copy, &copy, &rows].map(Vec::as_slice).concat();
    let since = [&rows, &copy, &rows].map(Vec::as_slice).concat();
    for answer in [before, since] {
        let mut connection = session();
        connection.query(b"BASE_BACKUP", &mut vec![]).unwrap();
        let end = [done(), IDLE.to_vec()].concat();
        let names = events(&mut connection, &[answer, end].concat());
        assert_eq!(names.last().unwrap(), "Ready", "{names:?}");
    }
}

/// A server that fails to clean up after an error says so, and goes on.
#[test]
fn a_second_error_before_ready() {
    let mut connection = session();
    connection.query(b"select 1", &mut vec![]).unwrap();
    let replies = [error("ERROR"), error("ERROR"), IDLE.to_vec()];
    assert_eq!(
        events(&mut connection, &replies.concat()),
        ["Error", "Error", "Ready"]
    );
}

/// CP-09, RB-01: no goodbye and no Flush where they would be taken for mistakes.
#[test]
fn the_end_during_a_copy() {
    let mut connection = session();
    connection.query(b"copy t from stdin", &mut vec![]).unwrap();
    events(&mut connection, &message(b'G', b"\0\0\0"));
    let mut out = vec![];
    connection.terminate(&mut out).unwrap();
    assert_eq!(out[0], b'f');
    assert!(out.ends_with(b"X\0\0\0\x04"));

    let mut connection = session();
    connection.query(b"START_REPLICATION", &mut vec![]).unwrap();
    events(&mut connection, &message(b'W', b"\0\0\0"));
    assert_eq!(connection.flush(&mut vec![]), Err(Misuse::OutOfOrder));
}

/// T-L17: the first of two errors is the cause; nothing after a fatal one counts.
#[test]
fn two_errors_in_a_row() {
    let mut connection = session();
    connection.query(b"copy t from stdin", &mut vec![]).unwrap();
    let replies = [
        message(b'G', b"\0\0\0"),
        error("ERROR"),
        error("FATAL"),
        error("FATAL"),
    ];
    assert_eq!(
        events(&mut connection, &replies.concat()),
        ["CopyIn", "Error", "Error"]
    );
    assert!(connection.is_closed());
}

/// T-L20.
#[test]
fn a_portal_suspended_without_a_limit() {
    let mut connection = session();
    let mut out = vec![];
    series(&mut connection, &mut out);
    let mut replies = answer();
    replies.truncate(replies.len() - done().len());
    replies.extend(message(b's', b""));
    assert_eq!(
        events(&mut connection, &replies).last().unwrap(),
        "PortalSuspended"
    );
    // Fetching on is a new Execute.
    connection
        .execute(PortalName::UNNAMED, 0, &mut out)
        .unwrap();
    assert_eq!(
        events(&mut connection, &[row(&[b"2"]), done()].concat()),
        ["DataRow", "CommandComplete"]
    );
}

/// T-L21.
#[test]
fn an_unknown_transaction_status() {
    let mut connection = session();
    connection.sync(&mut vec![]).unwrap();
    let error = connection
        .receive(&mut message(b'Z', b"x").as_slice())
        .unwrap_err();
    assert!(matches!(error, ProtocolError::Malformed { tag: b'Z', .. }));
}

/// T-L10: errors and notices of any shape.
#[test]
fn errors_of_any_shape() {
    for body in [
        &b"\0"[..],
        b"Mm\0\0",
        b"C22012\0\0",
        b"SERROR\0SERROR\0Mm\0Mn\0\0",
        b"\xFFx\0\0",
        b"C\0M\0\0",
    ] {
        let mut connection = session();
        connection.sync(&mut vec![]).unwrap();
        assert_eq!(events(&mut connection, &message(b'E', body)), ["Error"]);
    }
    for body in [&b""[..], b"M", b"Mm", b"Mm\0", b"Mm\0\0x"] {
        let mut connection = session();
        connection.sync(&mut vec![]).unwrap();
        assert!(
            connection
                .receive(&mut message(b'E', body).as_slice())
                .is_err()
        );
    }
}

/// T-L23, RB-07, RB-08, RB-09.
#[test]
fn the_ends_of_a_copy_in_both_directions() {
    let both = message(b'W', b"\0\0\0");
    let data = message(b'd', b"k");
    let end = message(b'c', b"");
    let twice = [done(), done(), IDLE.to_vec()].concat();

    // We end it; something straggles in after the server's own end.
    let mut connection = session();
    let mut out = vec![];
    connection.query(b"START_REPLICATION", &mut out).unwrap();
    events(&mut connection, &[both.clone(), data.clone()].concat());
    connection.copy_data(b"r", &mut out).unwrap();
    connection.copy_done(&mut out).unwrap();
    let rest = [&data, &end, &data, &data].map(Vec::as_slice).concat();
    assert_eq!(
        events(&mut connection, &[rest, twice.clone()].concat()),
        [
            "CopyData",
            "CopyDone",
            "CopyData",
            "CopyData",
            "CommandComplete",
            "CommandComplete",
            "Ready"
        ]
    );

    // The server ends it: the end of a timeline, with a result set.
    connection.query(b"START_REPLICATION", &mut out).unwrap();
    events(&mut connection, &[both.clone(), end].concat());
    connection.copy_done(&mut out).unwrap();
    let next = [message(b'T', ONE_COLUMN), row(&[b"2"]), twice].concat();
    assert_eq!(
        events(&mut connection, &next),
        [
            "RowDescription",
            "DataRow",
            "CommandComplete",
            "CommandComplete",
            "Ready"
        ]
    );

    // The server shuts down.
    connection.query(b"START_REPLICATION", &mut out).unwrap();
    assert_eq!(
        events(&mut connection, &[both, done()].concat()),
        ["CopyBoth", "CommandComplete"]
    );
}

/// EQ-30: an error answers for all up to Sync; after it the pipeline goes on.
#[test]
fn an_error_in_a_pipeline() {
    let mut connection = session();
    let mut out = vec![];
    for _ in 0..3 {
        series(&mut connection, &mut out);
        series(&mut connection, &mut out);
        connection.sync(&mut out).unwrap();
    }
    let failed = [message(b'1', b""), error("ERROR"), IDLE.to_vec()].concat();
    let good = [answer(), answer(), IDLE.to_vec()].concat();
    assert_eq!(
        events(&mut connection, &failed),
        ["ParseComplete", "Error", "Ready"]
    );
    assert_eq!(events(&mut connection, &good).len(), 11);
    assert_eq!(events(&mut connection, &good).last().unwrap(), "Ready");
    assert_eq!(connection.unanswered(), 0);
}

/// EQ-32: the commit at the end of a series may fail; nothing is skipped for that.
#[test]
fn a_sync_that_fails() {
    let mut connection = session();
    series(&mut connection, &mut vec![]);
    connection.sync(&mut vec![]).unwrap();
    connection.query(b"select 1", &mut vec![]).unwrap();
    let replies = [
        answer(),
        error("ERROR"),
        IDLE.to_vec(),
        done(),
        IDLE.to_vec(),
    ];
    let names = events(&mut connection, &replies.concat());
    assert_eq!(names[5..], ["Error", "Ready", "CommandComplete", "Ready"]);
}

/// Without a Sync under way the server discards whatever comes, so nothing is sent.
#[test]
fn after_an_error_sync_is_due() {
    let mut connection = session();
    let mut out = vec![];
    series(&mut connection, &mut out);
    connection.flush(&mut out).unwrap();
    events(&mut connection, &error("ERROR"));
    assert!(connection.is_skipping());
    out.clear();
    assert_eq!(
        connection.query(b"select 1", &mut out),
        Err(Misuse::SyncDue)
    );
    assert_eq!(out, b"");
    connection.sync(&mut out).unwrap();
    series(&mut connection, &mut out);
    assert_eq!(
        events(&mut connection, &[IDLE.to_vec(), answer()].concat()).len(),
        6
    );
}

/// CP-02: a server that waits for COPY data ignores the Syncs it reads meanwhile.
#[test]
fn a_sync_sent_before_the_copy_was_known() {
    let copying = [
        message(b'1', b""),
        message(b'2', b""),
        message(b'n', b""),
        message(b'G', b"\0\0\0"),
    ]
    .concat();
    let begin = || {
        let mut connection = session();
        let mut out = vec![];
        series(&mut connection, &mut out);
        connection.sync(&mut out).unwrap();
        events(&mut connection, &copying);
        assert_eq!(connection.unanswered(), 1, "only Execute is");
        connection
    };
    // It went well: the first Sync is never answered.
    let mut connection = begin();
    connection.copy_done(&mut vec![]).unwrap();
    connection.sync(&mut vec![]).unwrap();
    assert_eq!(
        events(&mut connection, &[done(), IDLE.to_vec()].concat()),
        ["CommandComplete", "Ready"]
    );
    assert!(connection.receive(&mut &IDLE[..]).is_err());

    // It failed before the server read the first Sync: both are answered.
    for stray in [false, true] {
        let mut connection = begin();
        connection.copy_done(&mut vec![]).unwrap();
        connection.sync(&mut vec![]).unwrap();
        assert_eq!(
            events(&mut connection, &[error("ERROR"), IDLE.to_vec()].concat()),
            ["Error", "Ready"]
        );
        connection.query(b"select 1", &mut vec![]).unwrap();
        if stray {
            assert_eq!(events(&mut connection, IDLE), ["Stray"]);
        }
        let result = [done(), IDLE.to_vec()].concat();
        assert_eq!(
            events(&mut connection, &result),
            ["CommandComplete", "Ready"]
        );
        assert!(connection.receive(&mut &IDLE[..]).is_err());
    }
}

/// FR-01: however the stream is cut, the events are the same.
#[test]
fn the_stream_may_be_cut_anywhere() {
    let stream = [answer(), IDLE.to_vec()].concat();
    for cut in 0..=stream.len() {
        let mut connection = session();
        series(&mut connection, &mut vec![]);
        connection.sync(&mut vec![]).unwrap();
        let mut input = &stream[..cut];
        let mut count = 0;
        while connection.receive(&mut input).unwrap().is_some() {
            count += 1;
        }
        let mut rest = &stream[cut - input.len()..];
        while connection.receive(&mut rest).unwrap().is_some() {
            count += 1;
        }
        assert_eq!((count, rest.len()), (6, 0), "cut at {cut}");
    }
}
