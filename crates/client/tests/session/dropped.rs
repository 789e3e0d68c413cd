//! Futures dropped at every point where they wait (SEC-52): what was asked is answered all the same, and the next query too.

use std::future::{Future, poll_fn};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use trunkline_client::{Connection, Error, Event};
use trunkline_proto::codec::{Formats, Values};
use trunkline_proto::frontend::Bind;
use trunkline_proto::{PortalName, StatementName};
use trunkline_test_postgres::{Postgres, Version};

use crate::support::{VERSIONS, answer, open};

/// Polls a future this often, whenever it is woken, and drops it where it then waits; `None` if it was not done by then.
async fn polled<F: Future>(future: F, mut polls: usize) -> Option<F::Output> {
    if polls == 0 {
        return None;
    }
    let mut future = pin!(future);
    poll_fn(move |cx| {
        polls -= 1;
        match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if polls == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Waits as long as the future does, and drops it then instead of polling it again: each call starts anew.
async fn in_pieces<T>(mut once: impl AsyncFnMut() -> Option<T>) -> (T, usize) {
    let mut dropped = 0;
    loop {
        if let Some(output) = once().await {
            return (output, dropped);
        }
        dropped += 1;
        tokio::time::sleep(Duration::from_micros(100)).await;
    }
}

/// A way to a server on which little fits: it passes on small pieces through small buffers, so that writes are cut anywhere.
fn narrow(server: SocketAddr) -> u16 {
    let listener =
        socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    listener.set_recv_buffer_size(2048).unwrap();
    let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
    listener.bind(&any.into()).unwrap();
    listener.listen(64).unwrap();
    let listener = TcpListener::from(listener);
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (client, server) = (client.unwrap(), TcpStream::connect(server).unwrap());
            pass_on(
                client.try_clone().unwrap(),
                server.try_clone().unwrap(),
                8192,
            );
            pass_on(server, client, 8192);
        }
    });
    port
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, most: usize) {
    std::thread::spawn(move || {
        let mut piece = vec![0; most];
        while let Ok(length @ 1..) = from.read(&mut piece) {
            if to.write_all(&piece[..length]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(std::net::Shutdown::Write);
        let _ = from.shutdown(std::net::Shutdown::Read);
    });
}

/// How a session is reached.
#[derive(Clone, Debug)]
struct Way {
    version: Version,
    config: String,
    is_narrow: bool,
}

impl Way {
    /// In clear and with TLS, straight and through narrow buffers, to both versions.
    fn all() -> Vec<Self> {
        let mut ways = vec![];
        for version in VERSIONS {
            let server = Postgres::shared(version);
            for is_narrow in [false, true] {
                let port = if is_narrow {
                    narrow(server.address())
                } else {
                    server.port()
                };
                for rest in [
                    "postgres sslmode=disable",
                    "scram password=pencil sslmode=require",
                ] {
                    let config = format!("host=127.0.0.1 port={port} dbname=postgres user={rest}");
                    ways.push(Self {
                        version,
                        config,
                        is_narrow,
                    });
                }
            }
        }
        ways
    }

    async fn open(&self) -> Connection {
        open(&self.config).await.unwrap()
    }
}

/// The next query is answered, and it alone.
async fn goes_on(connection: &mut Connection) {
    connection.query("select 6 * 7").unwrap();
    assert_eq!(answer(connection).await, "RowDescription (42) SELECT 1 I");
    assert_eq!(connection.unanswered(), 0);
}

/// Waits until the server serves nobody whose application has this name.
async fn nobody_is_left(version: Version, name: &str) {
    let sql = format!("select count(*) from pg_stat_activity where application_name = '{name}'");
    for _ in 0..1000 {
        if Postgres::shared(version).sql(&sql).unwrap().trim() == "0" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("sessions of {name} are left on {version}");
}

#[tokio::test]
async fn connecting() {
    for (number, way) in Way::all().into_iter().enumerate() {
        let name = format!("connecting-{number}");
        let config = format!("{} application_name={name}", way.config);
        let mut polls = 0;
        let mut connection = loop {
            match polled(open(&config), polls).await {
                Some(connection) => break connection.unwrap(),
                None => polls += 1,
            }
        };
        assert!(polls > 2, "{polls}");
        goes_on(&mut connection).await;
        drop(connection);
        nobody_is_left(way.version, &name).await;
    }
}

/// Requests of some kilobytes each, so that the narrow way cuts them.
fn ask(connection: &mut Connection, number: usize) {
    let text = "x".repeat(3000 * (number % 7));
    let values = [Some(text.as_bytes())];
    let bind = Bind {
        portal: PortalName::UNNAMED,
        statement: StatementName::UNNAMED,
        param_formats: Formats::default(),
        params: Values::from(&values),
        result_formats: Formats::default(),
    };
    connection
        .parse(StatementName::UNNAMED, "select $1 || '!'", &[])
        .unwrap();
    connection.bind(&bind).unwrap();
    connection.execute(PortalName::UNNAMED, 0).unwrap();
    connection.sync().unwrap();
}

/// What answers it, without the text, which must be whole.
async fn is_answered(connection: &mut Connection, number: usize) {
    let text = "x".repeat(3000 * (number % 7));
    let expected = format!("ParseComplete BindComplete ({text}!) SELECT 1 I");
    assert!(answer(connection).await == expected, "{number}");
}

/// Dropped after the k-th poll, for each k until all is sent: nothing is lost and nothing is sent twice.
#[tokio::test]
async fn sending() {
    const REQUESTS: usize = 60;
    for way in Way::all() {
        let mut connection = way.open().await;
        let mut polls = 0;
        loop {
            for number in 0..REQUESTS {
                ask(&mut connection, number);
            }
            let sent = polled(connection.send(), polls).await;
            for number in 0..REQUESTS {
                is_answered(&mut connection, number).await;
            }
            goes_on(&mut connection).await;
            match sent {
                Some(sent) => break sent.unwrap(),
                None => polls += 1,
            }
        }
    }
}

/// Megabytes, of which no buffer holds much, sent by futures none of which is polled twice.
#[tokio::test]
async fn sending_in_pieces() {
    const REQUESTS: usize = 600;
    for way in Way::all() {
        let mut connection = way.open().await;
        for number in 0..REQUESTS {
            ask(&mut connection, number);
        }
        let (sent, dropped) = in_pieces(async || polled(connection.send(), 1).await).await;
        sent.unwrap();
        if way.is_narrow {
            assert!(dropped > 10, "{dropped} {way:?}");
        }
        for number in 0..REQUESTS {
            is_answered(&mut connection, number).await;
        }
        goes_on(&mut connection).await;
    }
}

/// What a message is, as far as it matters here.
#[derive(Debug, Eq, PartialEq)]
enum Seen {
    Row(usize, usize),
    Other,
    Ready,
}

fn seen(event: Result<Event<'_>, Error>) -> Seen {
    match event.unwrap() {
        Event::DataRow(row) => {
            let values: Vec<_> = row.values.iter().flatten().collect();
            let number = str::from_utf8(values[0]).unwrap().parse().unwrap();
            Seen::Row(number, values[1].len())
        }
        Event::Ready(_) => Seen::Ready,
        Event::RowDescription(_) | Event::CommandComplete(_) => Seen::Other,
        other => panic!("{other:?}"),
    }
}

/// Rows of a byte to some hundred kilobytes, each message taken by futures that are dropped after the k-th poll, for k from 0.
#[tokio::test]
async fn taking_messages() {
    const ROWS: usize = 60;
    for way in Way::all() {
        let mut connection = way.open().await;
        let mut waited = 0;
        connection
            .query(&format!(
                "select n, repeat('x', case when n % 10 = 0 then 300000 else n end) from generate_series(1, {ROWS}) n"
            ))
            .unwrap();
        let mut rows = 0;
        loop {
            let mut polls = 0;
            let event = loop {
                match polled(connection.next(), polls).await.map(seen) {
                    Some(event) => break event,
                    None => polls += 1,
                }
            };
            waited += polls - 1;
            match event {
                Seen::Row(number, length) => {
                    rows += 1;
                    let expected = if rows % 10 == 0 { 300_000 } else { rows };
                    assert_eq!((number, length), (rows, expected));
                }
                Seen::Other => {}
                Seen::Ready => break,
            }
        }
        assert_eq!(rows, ROWS);
        assert!(waited > 0);
        goes_on(&mut connection).await;
    }
}

/// COPY data goes out in pieces of futures, and comes back as it was.
#[tokio::test]
async fn copying() {
    const ROWS: usize = 300;
    for way in Way::all() {
        let mut connection = way.open().await;
        connection
            .query("create temporary table t (n int, a text); copy t from stdin")
            .unwrap();
        while !matches!(connection.next().await.unwrap(), Event::CopyIn(_)) {}
        let text = "y".repeat(20_000);
        for number in 0..ROWS {
            connection
                .copy_data(format!("{number}\t{text}\n").as_bytes())
                .unwrap();
            let _ = polled(connection.send(), number % 5).await;
        }
        connection.copy_done().unwrap();
        assert_eq!(answer(&mut connection).await, format!("COPY {ROWS} I"));
        connection
            .query("select count(*), count(distinct n), min(length(a)), max(length(a)) from t")
            .unwrap();
        assert_eq!(
            answer(&mut connection).await,
            format!("RowDescription ({ROWS}|{ROWS}|20000|20000) SELECT 1 I")
        );
        goes_on(&mut connection).await;
    }
}

/// A goodbye that is cut short is one all the same: the socket is closed and the transaction undone.
#[tokio::test]
async fn terminating() {
    for (number, way) in Way::all().into_iter().enumerate() {
        let name = format!("terminating-{number}");
        let config = format!("{} application_name={name}", way.config);
        let mut polls = 0;
        loop {
            let mut connection = open(&config).await.unwrap();
            connection
                .query("begin; select pg_advisory_xact_lock(77)")
                .unwrap();
            answer(&mut connection).await;
            // Something large before the goodbye, so that it has to wait.
            connection
                .query(&format!("select length('{}')", "z".repeat(1_000_000)))
                .unwrap();
            let done = polled(connection.terminate(), polls).await;
            nobody_is_left(way.version, &name).await;
            match done {
                // A narrow way may be shut before all of it is through.
                Some(_) => break,
                None => polls += 1,
            }
            if polls > 20 {
                break;
            }
        }
        let mut connection = way.open().await;
        connection
            .query("select pg_try_advisory_xact_lock(77)")
            .unwrap();
        assert_eq!(
            answer(&mut connection).await,
            "RowDescription (t) SELECT 1 I"
        );
    }
}

/// A request to cancel may get through or not; the session is whole in both cases.
#[tokio::test]
async fn cancelling() {
    for way in Way::all() {
        let mut connection = way.open().await;
        let token = connection.cancel_token();
        let mut polls = 0;
        loop {
            connection.query("select pg_sleep(0.05)").unwrap();
            connection.send().await.unwrap();
            let done = polled(token.cancel(), polls).await;
            let shown = answer(&mut connection).await;
            assert!(
                [
                    "RowDescription () SELECT 1 I",
                    "RowDescription 57014 I",
                    "57014 I"
                ]
                .contains(&shown.as_str()),
                "{shown}"
            );
            // One that was dropped may still be under way.
            loop {
                connection.query("select 6 * 7").unwrap();
                let shown = answer(&mut connection).await;
                if shown == "RowDescription (42) SELECT 1 I" {
                    break;
                }
                assert!(shown.ends_with("57014 I"), "{shown}");
            }
            match done {
                Some(done) => break done.unwrap(),
                None => polls += 1,
            }
        }
        assert!(polls > 1, "{polls}");
        tokio::time::sleep(Duration::from_millis(50)).await;
        goes_on(&mut connection).await;
    }
}
