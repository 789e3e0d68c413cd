//! What a session can do: against PostgreSQL 15 and 18.

use std::time::Duration;

use trunkline_client::Event;
use trunkline_proto::codec::{Formats, Values};
use trunkline_proto::frontend::{Bind, Target};
use trunkline_proto::{Oid, PortalName, StatementName};

use crate::api::{keep_cancelling, next_if_there, sleep};
use crate::support::{VERSIONS, answer, session};

fn bind<'a>(statement: &'a str, params: &'a [Option<&'a [u8]>]) -> Bind<'a> {
    Bind {
        portal: PortalName::UNNAMED,
        statement: StatementName::from(statement),
        param_formats: Formats::default(),
        params: Values::from(params),
        result_formats: Formats::default(),
    }
}

#[tokio::test]
async fn simple_queries() {
    for version in VERSIONS {
        let mut connection = session(version).await;
        for (sql, expected) in [
            ("", "EmptyQuery I"),
            (
                "select 1; select 'a', null",
                "RowDescription (1) SELECT 1 RowDescription (a|NULL) SELECT 1 I",
            ),
            ("begin", "BEGIN T"),
            ("select 1/0", "22012 E"),
            ("select 1", "25P02 E"),
            ("rollback", "ROLLBACK I"),
            ("do $$ begin raise notice 'hello'; end $$", "Notice DO I"),
            ("set application_name to 'x'", "SET ParameterStatus I"),
        ] {
            connection.query(sql).unwrap();
            assert_eq!(answer(&mut connection).await, expected, "{sql}");
        }
        assert_eq!(connection.parameter("application_name"), Some("x"));
    }
}

#[tokio::test]
async fn prepared_statements_and_portals() {
    for version in VERSIONS {
        let mut connection = session(version).await;
        let statement = StatementName::from("s");
        let portal = PortalName::UNNAMED;
        connection
            .parse(statement, "select $1 + generate_series(1, 3)", &[Oid(23)])
            .unwrap();
        connection.describe(Target::Statement(statement)).unwrap();
        connection.sync().unwrap();
        assert_eq!(
            answer(&mut connection).await,
            "ParseComplete Parameters RowDescription I"
        );

        // Suspended at its limit, and gone on with.
        connection.bind(&bind("s", &[Some(b"10")])).unwrap();
        connection.execute(portal, 2).unwrap();
        connection.execute(portal, 0).unwrap();
        connection.close(Target::Statement(statement)).unwrap();
        connection.sync().unwrap();
        assert_eq!(
            answer(&mut connection).await,
            "BindComplete (11) (12) PortalSuspended (13) SELECT 1 CloseComplete I"
        );

        connection.bind(&bind("s", &[Some(b"10")])).unwrap();
        connection.execute(portal, 0).unwrap();
        connection.sync().unwrap();
        connection.query("select 1").unwrap();
        assert_eq!(answer(&mut connection).await, "26000 I");
        assert_eq!(
            answer(&mut connection).await,
            "RowDescription (1) SELECT 1 I"
        );
    }
}

/// Tens of megabytes both ways at once, more than the buffers between hold: nobody waits for the other.
#[tokio::test]
async fn a_pipeline_with_large_replies() {
    const REQUESTS: usize = 20_000;
    for version in VERSIONS {
        let mut connection = session(version).await;
        connection
            .parse(
                StatementName::from("s"),
                "select repeat('x', $1::int) where $2 <> ''",
                &[],
            )
            .unwrap();
        connection.sync().unwrap();
        answer(&mut connection).await;
        let padding = vec![b'p'; 2000];
        for number in 0..REQUESTS {
            let length = if number % 100 == 0 { "100000" } else { "1" };
            connection
                .bind(&bind("s", &[Some(length.as_bytes()), Some(&padding)]))
                .unwrap();
            connection.execute(PortalName::UNNAMED, 0).unwrap();
            connection.sync().unwrap();
        }
        let (mut rows, mut bytes, mut readies) = (0, 0, 0);
        while readies < REQUESTS {
            match connection.next().await.unwrap() {
                Event::DataRow(row) => {
                    rows += 1;
                    bytes += row.values.iter().flatten().map(<[u8]>::len).sum::<usize>();
                }
                Event::Ready(_) => readies += 1,
                Event::BindComplete | Event::CommandComplete(_) => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((rows, connection.unanswered()), (REQUESTS, 0));
        assert_eq!(bytes, REQUESTS / 100 * 100_000 + REQUESTS - REQUESTS / 100);
    }
}

/// A server that has much to say while it is sent data is listened to meanwhile.
#[tokio::test]
async fn sending_to_a_server_that_talks() {
    const ROWS: usize = 20_000;
    for version in VERSIONS {
        let mut connection = session(version).await;
        connection
            .query(
                "create temporary table t (a text);
                 create function pg_temp.talk() returns trigger language plpgsql as
                     $$ begin raise notice '%', repeat('n', 1000); return new; end $$;
                 create trigger talk before insert on t for each row execute function pg_temp.talk()",
            )
            .unwrap();
        answer(&mut connection).await;
        connection.query("copy t from stdin").unwrap();
        while !matches!(connection.next().await.unwrap(), Event::CopyIn(_)) {}
        let row = [vec![b'd'; 1000], b"\n".to_vec()].concat();
        for _ in 0..ROWS {
            connection.copy_data(&row).unwrap();
            connection.send().await.unwrap();
        }
        connection.copy_done().unwrap();
        let mut notices = 0;
        loop {
            match connection.next().await.unwrap() {
                Event::Notice(_) => notices += 1,
                Event::CommandComplete(done) => assert_eq!(done.tag, b"COPY 20000"),
                Event::Ready(_) => break,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(notices, ROWS);
    }
}

#[tokio::test]
async fn copy_in_and_out() {
    for version in VERSIONS {
        let mut connection = session(version).await;
        connection
            .query("create temporary table t (a int, b text)")
            .unwrap();
        answer(&mut connection).await;

        connection.query("copy t from stdin").unwrap();
        assert!(matches!(connection.next().await.unwrap(), Event::CopyIn(_)));
        connection.copy_data(b"1\tone\n2\tt").unwrap();
        connection.copy_data(b"wo\n").unwrap();
        connection.copy_done().unwrap();
        assert_eq!(answer(&mut connection).await, "COPY 2 I");

        connection.query("copy t to stdout").unwrap();
        assert_eq!(
            answer(&mut connection).await,
            "CopyOut 1\tone 2\ttwo CopyDone COPY 2 I"
        );

        connection.query("copy t from stdin").unwrap();
        assert!(matches!(connection.next().await.unwrap(), Event::CopyIn(_)));
        connection.copy_fail("not today").unwrap();
        assert_eq!(answer(&mut connection).await, "57014 I");

        // The extended protocol, with a Sync that the server ignores while it waits for data.
        connection
            .parse(StatementName::UNNAMED, "copy t from stdin", &[])
            .unwrap();
        connection.bind(&bind("", &[])).unwrap();
        connection.execute(PortalName::UNNAMED, 0).unwrap();
        connection.sync().unwrap();
        while !matches!(connection.next().await.unwrap(), Event::CopyIn(_)) {}
        connection.copy_data(b"3\tthree\n").unwrap();
        connection.copy_done().unwrap();
        connection.sync().unwrap();
        assert_eq!(answer(&mut connection).await, "COPY 1 I");
        connection.query("select count(*) from t").unwrap();
        assert_eq!(
            answer(&mut connection).await,
            "RowDescription (3) SELECT 1 I"
        );
    }
}

#[tokio::test]
async fn notifications_come_while_idle() {
    for version in VERSIONS {
        let mut listener = session(version).await;
        let mut speaker = session(version).await;
        listener.query("listen news").unwrap();
        answer(&mut listener).await;
        speaker.query("notify news, 'hot'").unwrap();
        answer(&mut speaker).await;
        match listener.next().await.unwrap() {
            Event::Notification(note) => {
                assert_eq!((note.channel, note.payload), (&b"news"[..], &b"hot"[..]));
            }
            other => panic!("{other:?}"),
        }
    }
}

/// CA-06: cancelled from another task; the session lives on.
#[tokio::test]
async fn cancelling() {
    for version in VERSIONS {
        for mode in ["sslmode=disable", "sslmode=require"] {
            let config = format!(
                "{} user=postgres dbname=postgres max_protocol_version=3.2 {mode}",
                crate::support::at(version)
            );
            let mut connection = crate::support::open(&config).await.unwrap();
            let token = connection.cancel_token();
            connection.query("select pg_sleep(600)").unwrap();
            connection.send().await.unwrap();
            // Until it runs, a request to cancel has nothing to stop.
            let cancelling = keep_cancelling(token);
            // Before its description is sent, or after.
            let shown = answer(&mut connection).await;
            assert!(shown.ends_with("57014 I"), "{shown}");
            drop(cancelling);
            connection.query("select 1").unwrap();
            let shown = answer(&mut connection).await;
            // A last request may still have been on its way.
            assert!(
                shown.ends_with("SELECT 1 I") || shown.ends_with("57014 I"),
                "{shown}"
            );
        }
    }
}

/// Dropping `next` at any point loses nothing, or giving it up.
#[tokio::test]
async fn next_may_be_dropped_at_any_point() {
    for version in VERSIONS {
        let mut connection = session(version).await;
        connection
            .query("select n, repeat('x', 5000) from generate_series(1, 500) n")
            .unwrap();
        let mut rows = 0;
        let mut dropped = 0;
        loop {
            match next_if_there(&mut connection).await {
                None => {
                    dropped += 1;
                    sleep(Duration::from_millis(1)).await;
                }
                Some(Event::DataRow(row)) => {
                    rows += 1;
                    let number = row.values.iter().next().unwrap().unwrap();
                    assert_eq!(number, rows.to_string().as_bytes());
                }
                Some(Event::Ready(_)) => break,
                Some(_) => {}
            }
        }
        assert_eq!(rows, 500);
        assert!(dropped > 0);
    }
}

#[tokio::test]
async fn errors_carry_all_that_the_server_says() {
    for version in VERSIONS {
        let mut connection = session(version).await;
        let sql = "select 1,\n  nonsense";
        connection.query(sql).unwrap();
        match connection.next().await.unwrap() {
            Event::Error(error) => {
                let error = trunkline_client::ServerError::new(&error);
                assert_eq!(error.sqlstate().as_str(), "42703");
                assert_eq!(error.message(), "column \"nonsense\" does not exist");
                assert_eq!(error.caret(sql).unwrap(), "LINE 2:   nonsense\n          ^");
                assert!(error.field(b'F').is_some());
            }
            other => panic!("{other:?}"),
        }
    }
}
