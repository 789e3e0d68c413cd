//! A server that plays a script over a real socket once the client is logged in, and what becomes of it: the cases of protocol 6.8, beside
//! the tests of the machine alone in `trunkline-proto`. Each attack has its lawful neighbour.

use trunkline_client::{Columns, Event, Row, ServerError};
use trunkline_proto::{PortalName, StatementName};

use crate::peer::{IDLE, OK, Peer, connect, message};
use crate::support::answer;

/// A column `a` of type integer.
const ONE_COLUMN: &[u8] = b"\0\x01a\0\0\0\0\0\0\0\0\0\0\x17\0\x04\xFF\xFF\xFF\xFF\0\0";

/// T-L10, SEC-03, SEC-45, SEC-89: errors and notices of any shape are shown, and what a terminal would obey is not in what is shown.
#[tokio::test]
async fn errors_of_any_shape() {
    for body in [
        &b"\0"[..],
        b"Mm\0\0",
        b"C\0M\0\0",
        b"C22012\0\0",
        b"C220\0Mm\0\0",
        b"SERROR\0SERROR\0C22012\0Mm\0Mn\0\0",
        b"\x01x\0\xFFy\0Mm\0\0",
        b"VERROR\0C22012\0M\x1b]0;owned\x07\0D\xFF\xFE\0Hline\nfeed\0P-1\0\0",
        b"VERROR\0C22012\0Mm\0P99999999999999999999\0\0",
        b"VERROR\0C22012\0Mm\0P3\0\0",
        "VERROR\0C22012\0Mm\u{202e}\0P2\0\0".as_bytes(),
    ] {
        let (port, thread) = Peer::play(move |mut peer| {
            peer.log_in();
            peer.expect(b'Q');
            peer.say(b'N', body);
            peer.say(b'E', body);
            peer.send(IDLE);
            peer.expect(b'Q');
            peer.say(b'I', b"");
            peer.send(IDLE);
        });
        let mut connection = connect(port, "").await.unwrap();
        connection.query("select é").unwrap();
        let Event::Notice(notice) = connection.next().await.unwrap() else {
            panic!("no notice");
        };
        let shown = trunkline_client::Notice::new(&notice).to_string();
        assert!(!shown.contains(char::is_control), "{shown:?}");
        let Event::Error(error) = connection.next().await.unwrap() else {
            panic!("no error");
        };
        let error = ServerError::new(&error);
        let shown = format!("{error} {:?}", error.caret("select é"));
        assert!(!shown.contains(char::is_control), "{shown:?}");
        let _ = (error.sqlstate(), error.position(), format!("{error:?}"));
        assert_eq!(answer(&mut connection).await, "I");
        connection.query("").unwrap();
        assert_eq!(answer(&mut connection).await, "EmptyQuery I");
        thread.join().unwrap();
    }
    // SEC-47: no end to be found within the message.
    for body in [&b""[..], b"M", b"Mm", b"Mm\0", b"Mm\0\0x"] {
        let (port, _thread) = Peer::play(move |mut peer| {
            peer.startup();
            peer.say(b'E', body);
        });
        assert!(connect(port, "").await.is_err());
        let (port, _thread) = Peer::play(move |mut peer| {
            peer.log_in();
            peer.expect(b'Q');
            peer.say(b'E', body);
        });
        let mut connection = connect(port, "").await.unwrap();
        connection.query("").unwrap();
        assert!(connection.next().await.unwrap_err().is_closed());
    }
}

/// T-L12, SEC-43, and T-L14, SEC-51, T-L21, T-L24: what is malformed or not due ends the session, for whoever asks again too.
#[tokio::test]
async fn what_is_not_due_poisons() {
    let described = message(b'T', ONE_COLUMN);
    let row = message(b'D', b"\0\x01\0\0\0\x011");
    let done = message(b'C', b"SELECT 1\0");
    let cases: [(&str, Vec<Vec<u8>>); 13] = [
        (
            "two values for a column",
            vec![message(b'D', b"\0\x02\0\0\0\x011\0\0\0\x012")],
        ),
        ("no value for a column", vec![message(b'D', b"\0\0")]),
        (
            "a length below -1",
            vec![message(b'D', b"\0\x01\xFF\xFF\xFF\xFE1")],
        ),
        ("beyond the row", vec![message(b'D', b"\0\x01\0\0\0\x051")]),
        (
            "short of the row",
            vec![message(b'D', b"\0\x01\0\0\0\x011x")],
        ),
        (
            "a second end",
            vec![row.clone(), done.clone(), IDLE.to_vec(), IDLE.to_vec()],
        ),
        (
            "a second tag",
            vec![row.clone(), done.clone(), IDLE.to_vec(), done.clone()],
        ),
        ("a Parse nobody asked for", vec![message(b'1', b"")]),
        ("a second description", vec![described.clone()]),
        ("the end amid rows", vec![row.clone(), IDLE.to_vec()]),
        (
            "an unknown status",
            vec![row.clone(), done.clone(), message(b'Z', b"x")],
        ),
        ("an unknown message", vec![message(b'@', b"")]),
        (
            "another login",
            vec![row.clone(), done.clone(), IDLE.to_vec(), OK.to_vec()],
        ),
    ];
    for (what, replies) in cases {
        let replies = [described.clone(), replies.concat()].concat();
        let (port, _thread) = Peer::play(move |mut peer| {
            peer.log_in();
            peer.expect(b'Q');
            peer.send(&replies);
            peer.listen()
        });
        let mut connection = connect(port, "").await.unwrap();
        connection.query("select 1").unwrap();
        let error = loop {
            match connection.next().await {
                Err(error) => break error,
                Ok(event) => assert!(!matches!(event, Event::Error(_)), "{what}"),
            }
        };
        assert!(
            error.is_closed() && connection.is_closed(),
            "{what}: {error}"
        );
        // The same again, and nothing is sent to be answered with what belonged to another.
        assert_eq!(
            connection.next().await.unwrap_err().to_string(),
            error.to_string(),
            "{what}"
        );
        assert!(connection.query("select 2").is_err());
    }
    // The neighbour of all these.
    let replies = [described, row, done, IDLE.to_vec()].concat();
    let (port, _thread) = Peer::play(move |mut peer| {
        peer.log_in();
        for _ in 0..2 {
            peer.expect(b'Q');
            peer.send(&replies);
        }
    });
    let mut connection = connect(port, "").await.unwrap();
    for _ in 0..2 {
        connection.query("select 1").unwrap();
        assert_eq!(
            answer(&mut connection).await,
            "RowDescription (1) SELECT 1 I"
        );
    }
}

/// T-L19: a value that its type does not allow is the error of whoever reads it, and nobody else's.
#[tokio::test]
async fn values_that_their_type_does_not_allow() {
    let binary = [&ONE_COLUMN[..ONE_COLUMN.len() - 1], b"\x01"].concat();
    let replies = [
        message(b'T', &binary),
        message(b'D', b"\0\x01\0\0\0\x03abc"),
        message(b'D', b"\0\x01\0\0\0\x04\0\0\0\x07"),
        message(b'C', b"SELECT 2\0"),
        IDLE.to_vec(),
    ]
    .concat();
    let (port, _thread) = Peer::play(move |mut peer| {
        peer.log_in();
        peer.expect(b'Q');
        peer.send(&replies);
    });
    let mut connection = connect(port, "").await.unwrap();
    connection.query("select 1").unwrap();
    let Event::RowDescription(description) = connection.next().await.unwrap() else {
        panic!("no columns");
    };
    let columns = Columns::new(&description).unwrap();
    let Event::DataRow(row) = connection.next().await.unwrap() else {
        panic!("no row");
    };
    let row = Row::new(&columns, row).unwrap();
    let error = row.get::<i32>(0).unwrap_err();
    assert!(!error.is_closed(), "{error}");
    assert!(error.to_string().contains('a'), "{error}");
    // Nor may it be read as another type than was described (SEC-87).
    assert!(row.get::<i64>(0).is_err());
    let Event::DataRow(row) = connection.next().await.unwrap() else {
        panic!("no row");
    };
    assert_eq!(Row::new(&columns, row).unwrap().get::<i32>("a").unwrap(), 7);
    assert_eq!(answer(&mut connection).await, "SELECT 2 I");
}

/// T-L13: parameters, notices and notifications within rows and within COPY both ways.
#[tokio::test]
async fn asynchronous_messages_come_at_any_time() {
    let asynchronous = || {
        [
            message(b'S', b"TimeZone\0Mars\0"),
            message(b'N', b"SNOTICE\0VNOTICE\0C00000\0Mhello\0\0"),
            message(b'A', b"\0\0\0\x01channel\0payload\0"),
        ]
        .concat()
    };
    let (port, thread) = Peer::play(move |mut peer| {
        peer.log_in();
        let say = |peer: &mut Peer, messages: &[Vec<u8>]| {
            for message in messages {
                peer.send(message);
                peer.send(&asynchronous());
            }
        };
        peer.expect(b'Q');
        let done = message(b'C', b"SELECT 1\0");
        let row = message(b'D', b"\0\x01\0\0\0\x011");
        say(
            &mut peer,
            &[message(b'T', ONE_COLUMN), row, done, IDLE.to_vec()],
        );
        peer.expect(b'Q');
        say(&mut peer, &[message(b'G', b"\0\0\0")]);
        let data = peer.expect(b'd');
        peer.expect(b'c');
        say(&mut peer, &[message(b'C', b"COPY 1\0"), IDLE.to_vec()]);
        peer.expect(b'Q');
        let (copied, end) = (message(b'd', b"x"), message(b'c', b""));
        say(
            &mut peer,
            &[
                message(b'H', b"\0\0\0"),
                copied,
                end,
                message(b'C', b"COPY 1\0"),
                IDLE.to_vec(),
            ],
        );
        data
    });
    const MORE: &str = "ParameterStatus Notice Notification";
    let mut connection = connect(port, "").await.unwrap();
    connection.query("select 1").unwrap();
    assert_eq!(
        answer(&mut connection).await,
        format!("RowDescription {MORE} (1) {MORE} SELECT 1 {MORE} I")
    );
    connection.query("copy t from stdin").unwrap();
    while !matches!(connection.next().await.unwrap(), Event::CopyIn(_)) {}
    connection.copy_data(b"row\n").unwrap();
    connection.copy_done().unwrap();
    assert_eq!(
        answer(&mut connection).await,
        format!("{MORE} COPY 1 {MORE} I")
    );
    connection.query("copy t to stdout").unwrap();
    assert_eq!(
        answer(&mut connection).await,
        format!("{MORE} CopyOut {MORE} x {MORE} CopyDone {MORE} COPY 1 {MORE} I")
    );
    for _ in 0..3 {
        connection.next().await.unwrap();
    }
    assert_eq!(connection.parameter("TimeZone"), Some("Mars"));
    assert_eq!(thread.join().unwrap(), b"row\n");
}

/// T-L16, CP-12, SEC-49: no data for who has not asked for it, and none after an error; a COPY that nobody wanted is given up.
#[tokio::test]
async fn copies_that_are_not_what_was_asked_for() {
    let failed = || message(b'E', b"SERROR\0VERROR\0C42P01\0Mno table\0\0");
    let (port, thread) = Peer::play(move |mut peer| {
        peer.log_in();
        // An error in place of the request for data.
        peer.expect(b'Q');
        peer.send(&failed());
        peer.send(IDLE);
        // A request for data in place of rows.
        peer.expect(b'Q');
        peer.say(b'G', b"\0\0\0");
        assert_eq!(peer.expect(b'f'), b"not asked for\0");
        peer.send(&failed());
        peer.send(IDLE);
        // And in a series, where a Sync is due afterwards.
        for tag in *b"PBEH" {
            peer.expect(tag);
        }
        peer.send(
            &[
                message(b'1', b""),
                message(b'2', b""),
                message(b'G', b"\0\0\0"),
            ]
            .concat(),
        );
        peer.expect(b'f');
        peer.expect(b'S');
        peer.send(&failed());
        peer.send(IDLE);
        // Data in place of rows.
        peer.expect(b'Q');
        let copied = [
            message(b'H', b"\0\0\0"),
            message(b'd', b"x"),
            message(b'c', b""),
        ];
        peer.send(&copied.concat());
        peer.say(b'C', b"COPY 1\0");
        peer.send(IDLE);
        peer.listen()
    });
    let mut connection = connect(port, "").await.unwrap();
    connection.query("copy t from stdin").unwrap();
    assert!(connection.copy_data(b"drop table t;").is_err());
    assert_eq!(answer(&mut connection).await, "42P01 I");
    assert!(connection.copy_data(b"drop table t;").is_err());
    assert!(connection.copy_done().is_err());

    connection.query("select 1").unwrap();
    assert!(matches!(connection.next().await.unwrap(), Event::CopyIn(_)));
    assert!(connection.query("select 2").is_err());
    connection.copy_fail("not asked for").unwrap();
    assert_eq!(answer(&mut connection).await, "42P01 I");

    let unnamed = PortalName::UNNAMED;
    connection
        .parse(StatementName::UNNAMED, "select 1", &[])
        .unwrap();
    connection
        .bind(&trunkline_proto::frontend::Bind {
            portal: unnamed,
            statement: StatementName::UNNAMED,
            param_formats: Default::default(),
            params: Default::default(),
            result_formats: Default::default(),
        })
        .unwrap();
    connection.execute(unnamed, 0).unwrap();
    connection.flush().unwrap();
    while !matches!(connection.next().await.unwrap(), Event::CopyIn(_)) {}
    connection.copy_fail("not asked for").unwrap();
    connection.sync().unwrap();
    assert_eq!(answer(&mut connection).await, "42P01 I");

    connection.query("select 1").unwrap();
    assert_eq!(answer(&mut connection).await, "CopyOut x CopyDone COPY 1 I");
    drop(connection);
    assert_eq!(thread.join().unwrap(), b"", "and nothing else was sent");
}

/// T-L17: of two errors the first is the cause, and both are told.
#[tokio::test]
async fn two_errors_in_a_row() {
    let (port, _thread) = Peer::play(move |mut peer| {
        peer.log_in();
        peer.expect(b'Q');
        peer.say(b'E', b"SERROR\0VERROR\0C08P01\0Munexpected message\0\0");
        peer.say(b'E', b"SFATAL\0VFATAL\0C08P01\0Mlost\0\0");
    });
    let mut connection = connect(port, "").await.unwrap();
    connection.query("copy t from stdin").unwrap();
    for (message, closed) in [("unexpected message", false), ("lost", true)] {
        let Event::Error(error) = connection.next().await.unwrap() else {
            panic!("no error");
        };
        assert_eq!(ServerError::new(&error).message(), message);
        assert_eq!(connection.is_closed(), closed);
    }
    assert!(connection.next().await.unwrap_err().is_closed());
}

/// T-L20: `s` though there was no limit; the rest can be had.
#[tokio::test]
async fn a_portal_suspended_without_a_limit() {
    let (port, _thread) = Peer::play(move |mut peer| {
        peer.log_in();
        for tag in *b"BEH" {
            peer.expect(tag);
        }
        let row = message(b'D', b"\0\x01\0\0\0\x011");
        peer.send(&[message(b'2', b""), row.clone(), message(b's', b"")].concat());
        for tag in *b"ES" {
            peer.expect(tag);
        }
        peer.send(&[row, message(b'C', b"SELECT 1\0"), IDLE.to_vec()].concat());
    });
    let mut connection = connect(port, "").await.unwrap();
    let unnamed = PortalName::UNNAMED;
    connection
        .bind(&trunkline_proto::frontend::Bind {
            portal: unnamed,
            statement: StatementName::UNNAMED,
            param_formats: Default::default(),
            params: Default::default(),
            result_formats: Default::default(),
        })
        .unwrap();
    connection.execute(unnamed, 0).unwrap();
    connection.flush().unwrap();
    while !matches!(connection.next().await.unwrap(), Event::PortalSuspended) {}
    connection.execute(unnamed, 0).unwrap();
    connection.sync().unwrap();
    assert_eq!(answer(&mut connection).await, "(1) SELECT 1 I");
}

/// SEC-46: what a function returns is as long as its message says and no longer.
#[tokio::test]
async fn results_of_functions() {
    for (body, legal) in [
        (&b"\0\0\0\x01x"[..], true),
        (b"\xFF\xFF\xFF\xFF", true),
        (b"\0\0\0\x02x", false),
        (b"\x7F\xFF\xFF\xFFx", false),
        (b"\xFF\xFF\xFF\xFEx", false),
        (b"\0\0\0\0x", false),
        (b"\0\0\0", false),
    ] {
        let (port, _thread) = Peer::play(move |mut peer| {
            peer.log_in();
            peer.expect(b'F');
            peer.say(b'V', body);
            peer.send(IDLE);
            peer.listen()
        });
        let mut connection = connect(port, "").await.unwrap();
        connection
            .function_call(&trunkline_proto::frontend::FunctionCall {
                function: trunkline_proto::Oid(1),
                formats: Default::default(),
                arguments: Default::default(),
                result_format: 0,
            })
            .unwrap();
        let result = connection.next().await;
        assert_eq!(
            matches!(result, Ok(Event::FunctionResult(_))),
            legal,
            "{body:?}"
        );
    }
}

/// T-L15, TE-01: whoever sends to a server that has hung up is told what it said before.
#[tokio::test]
async fn what_was_said_before_hanging_up() {
    for times in [1, 2, 3] {
        let (port, thread) = Peer::play(|mut peer| {
            peer.log_in();
            peer.say(b'E', b"SFATAL\0VFATAL\0C57P01\0Mbye\0\0");
        });
        let mut connection = connect(port, "").await.unwrap();
        thread.join().unwrap();
        for _ in 0..times {
            connection.query("select 1").unwrap();
            connection.send().await.unwrap();
            // Time for the reset that answers it.
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let Event::Error(error) = connection.next().await.unwrap() else {
            panic!("no error");
        };
        assert_eq!(ServerError::new(&error).sqlstate().as_str(), "57P01");
        assert!(connection.next().await.unwrap_err().is_closed());
    }
}
