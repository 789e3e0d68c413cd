//! Counts what a session allocates: in steady state nothing for a row, a message or a request, and never more than a bound.

#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::runtime::Runtime;
use trunkline_client::{Client, Connection, Environment, Event};
use trunkline_proto::codec::{Formats, Values};
use trunkline_proto::frontend::Bind;
use trunkline_proto::{PortalName, StatementName};
use trunkline_test_postgres::{Postgres, Version};

const ROWS: usize = 100_000;
const REQUESTS: usize = 100_000;
/// Every so many requests, an answer is large.
const EVERY: usize = 500;
const LARGE: usize = 1_000_000;

/// Runs the portal of `s`, binary; gives the bytes of the values, so that all of them are looked at.
async fn run(connection: &mut Connection) -> usize {
    let bind = Bind {
        portal: PortalName::UNNAMED,
        statement: StatementName::from("s"),
        param_formats: Formats::default(),
        params: Values::default(),
        result_formats: Formats::from(&[1]),
    };
    connection.bind(&bind).unwrap();
    connection.execute(PortalName::UNNAMED, 0).unwrap();
    connection.sync().unwrap();
    let mut bytes = 0;
    loop {
        match connection.next().await.unwrap() {
            Event::DataRow(row) => {
                bytes += row.values.iter().flatten().map(<[u8]>::len).sum::<usize>()
            }
            Event::Ready(_) => return bytes,
            Event::Error(error) => panic!("{error:?}"),
            _ => {}
        }
    }
}

fn runtime() -> Runtime {
    let mut one_thread = tokio::runtime::Builder::new_current_thread();
    one_thread.enable_all().build().unwrap()
}

async fn open(version: Version, mode: &str) -> Connection {
    open_at(Postgres::shared(version).port(), mode).await
}

async fn open_at(port: u16, mode: &str) -> Connection {
    let config: trunkline_client::Config =
        format!("host=127.0.0.1 port={port} user=postgres dbname=postgres sslmode={mode}")
            .parse()
            .unwrap();
    let resolved = config.resolve(&Environment::empty()).unwrap();
    Connection::open(&resolved).await.unwrap()
}

/// One thread does everything, so that the count is of this session alone.
#[test]
fn nothing_for_a_row_or_a_request() {
    runtime().block_on(async {
        let mut connection = open(Version::V15, "disable").await;
        for (sql, bytes) in [
            (
                format!("select n, 'twenty bytes of text' from generate_series(1, {ROWS}) n"),
                ROWS * 24,
            ),
            (String::from("select 1"), 4),
        ] {
            connection
                .parse(StatementName::from("s"), &sql, &[])
                .unwrap();
            connection.sync().unwrap();
            while !matches!(connection.next().await.unwrap(), Event::Ready(_)) {}
            // The buffers grow once.
            assert_eq!(run(&mut connection).await, bytes);
            let mut count = 0;
            let mut again = Box::pin(run(&mut connection));
            let total = std::future::poll_fn(|cx| {
                let mut polled = std::task::Poll::Pending;
                let info = allocation_counter::measure(|| polled = again.as_mut().poll(cx));
                count += info.count_total;
                polled
            })
            .await;
            drop(again);
            assert_eq!((total, count), (bytes, 0), "{sql}");
            connection.query("deallocate s").unwrap();
            while !matches!(connection.next().await.unwrap(), Event::Ready(_)) {}
        }
    });
}

/// Puts one request of the pipeline into the output.
fn ask(connection: &mut Connection, number: usize, padding: &str) {
    let length = if number.is_multiple_of(EVERY) {
        LARGE
    } else {
        number % 10
    };
    let length = length.to_string();
    let values = [Some(length.as_bytes()), Some(padding.as_bytes())];
    let bind = Bind {
        portal: PortalName::UNNAMED,
        statement: StatementName::from("s"),
        param_formats: Formats::default(),
        params: Values::from(&values),
        result_formats: Formats::default(),
    };
    connection.bind(&bind).unwrap();
    connection.execute(PortalName::UNNAMED, 0).unwrap();
    connection.sync().unwrap();
}

/// Takes a message, which must be the next of the pipeline's; whether it was the last of a request.
async fn take(connection: &mut Connection, number: usize) -> bool {
    match connection.next().await.unwrap() {
        Event::DataRow(row) => {
            let length = row.values.iter().flatten().map(<[u8]>::len).sum::<usize>();
            let expected = if number.is_multiple_of(EVERY) {
                LARGE
            } else {
                number % 10
            };
            assert_eq!(length, expected, "{number}");
            false
        }
        Event::BindComplete | Event::CommandComplete(_) => false,
        Event::Ready(_) => true,
        other => panic!("{other:?}"),
    }
}

/// Runs `what` on a session with the statement prepared; the most bytes that were held at once, in MiB.
fn most(version: Version, mode: &str, what: impl AsyncFnOnce(&mut Connection)) -> u64 {
    let info = allocation_counter::measure(|| {
        runtime().block_on(async {
            let mut connection = open(version, mode).await;
            connection
                .parse(
                    StatementName::from("s"),
                    "select repeat('x', $1) where $2 <> 'y'",
                    &[],
                )
                .unwrap();
            connection.sync().unwrap();
            while !matches!(connection.next().await.unwrap(), Event::Ready(_)) {}
            what(&mut connection).await;
        });
    });
    info.bytes_max / (1024 * 1024)
}

/// T-X60: a hundred thousand requests, and 200 MB of answers to them, in a few megabytes: whether all requests are put in before
/// an answer is taken, or some are sent whenever some were answered.
#[test]
fn a_pipeline_in_bounded_memory() {
    for (version, mode, window) in [
        (Version::V15, "disable", REQUESTS),
        (Version::V15, "require", 300),
        (Version::V18, "disable", 300),
        (Version::V18, "require", REQUESTS),
    ] {
        let mut answered = 0;
        let most = most(version, mode, async |connection| {
            for number in 0..REQUESTS {
                ask(connection, number, "");
                while connection.unanswered() > 3 * window {
                    answered += usize::from(take(connection, answered).await);
                }
            }
            while connection.unanswered() > 0 {
                answered += usize::from(take(connection, answered).await);
            }
        });
        assert_eq!(answered, REQUESTS);
        assert!(
            most < 24,
            "{most} MiB with a window of {window} on {version}, {mode}"
        );
    }
}

/// SEC-65: who only sends has a bound as well: of 80 MB of answers 16 MiB wait, in a buffer of at most twice that, and the requests after
/// that, of which there are 40 MB.
#[test]
fn answers_that_nobody_takes() {
    const REQUESTS: usize = 40_000;
    let padding = "p".repeat(1000);
    let most = most(Version::V18, "disable", async |connection| {
        for number in 0..REQUESTS {
            ask(connection, number, &padding);
            connection.send().await.unwrap();
        }
        let mut answered = 0;
        while connection.unanswered() > 0 {
            answered += usize::from(take(connection, answered).await);
        }
        assert_eq!(answered, REQUESTS);
    });
    assert!((16..32 + 2 * 40).contains(&most), "{most} MiB");
}

/// The same of the blocking client, whose waiting allocates nothing either.
#[test]
fn nothing_while_blocking() {
    use trunkline_client::blocking::Connection;

    fn run(connection: &mut Connection) -> usize {
        let bind = Bind {
            portal: PortalName::UNNAMED,
            statement: StatementName::from("s"),
            param_formats: Formats::default(),
            params: Values::default(),
            result_formats: Formats::from(&[1]),
        };
        connection.bind(&bind).unwrap();
        connection.execute(PortalName::UNNAMED, 0).unwrap();
        connection.sync().unwrap();
        let mut bytes = 0;
        loop {
            match connection.next().unwrap() {
                Event::DataRow(row) => {
                    bytes += row.values.iter().flatten().map(<[u8]>::len).sum::<usize>()
                }
                Event::Ready(_) => return bytes,
                Event::Error(error) => panic!("{error:?}"),
                _ => {}
            }
        }
    }

    let port = Postgres::shared(Version::V15).port();
    let config: trunkline_client::Config =
        format!("host=127.0.0.1 port={port} user=postgres dbname=postgres sslmode=disable")
            .parse()
            .unwrap();
    let mut connection = Connection::open(&config.resolve(&Environment::empty()).unwrap()).unwrap();
    let sql = format!("select n, 'twenty bytes of text' from generate_series(1, {ROWS}) n");
    connection
        .parse(StatementName::from("s"), &sql, &[])
        .unwrap();
    connection.sync().unwrap();
    while !matches!(connection.next().unwrap(), Event::Ready(_)) {}
    // The buffers grow once.
    assert_eq!(run(&mut connection), ROWS * 24);
    let mut bytes = 0;
    let info = allocation_counter::measure(|| bytes = run(&mut connection));
    assert_eq!((bytes, info.count_total), (ROWS * 24, 0));
}

/// Lets a client in, says what `script` says, ends the stream, and stays until the client is gone.
fn stranger(script: impl FnOnce(&mut TcpStream) + Send + 'static) -> (u16, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut startup = [0; 1024];
        assert!(socket.read(&mut startup).unwrap() > 8);
        socket
            .write_all(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I")
            .unwrap();
        script(&mut socket);
        // It may have been left already.
        let _ = socket.shutdown(Shutdown::Write);
        let _ = socket.read_to_end(&mut vec![]);
    });
    (port, thread)
}

/// Takes messages for as long as they come; how many, why no more, and the most bytes that were held at once.
fn taken((port, thread): (u16, JoinHandle<()>)) -> (usize, String, u64) {
    let mut count = 0;
    let mut end = String::new();
    let info = allocation_counter::measure(|| {
        runtime().block_on(async {
            let mut connection = open_at(port, "disable").await;
            connection.query("select 1").unwrap();
            end = loop {
                match connection.next().await {
                    Ok(_) => count += 1,
                    Err(error) => break error.to_string(),
                }
            };
        });
    });
    thread.join().unwrap();
    (count, end, info.bytes_max)
}

/// How [`taken`] ends where the stream did.
const ENDED: &str = "the server closed the connection unexpectedly";

/// T-L11, SEC-50, SEC-60: a length reserves nothing. The client waits for what was announced, for as long as the stream goes on.
#[test]
fn lengths_are_not_believed() {
    for (header, waits) in [
        (&b"D\x7f\xff\xff\xff\0\x01"[..], true),
        (b"T\x7f\xff\xff\xff\xff\xff", true),
        (b"E\x7f\xff\xff\xff\0", true),
        (b"N\x7f\xff\xff\xff\0", true),
        (b"A\x7f\xff\xff\xff\0", true),
        // Small types, which cannot be so long, are an error at once.
        (b"S\x7f\xff\xff\xff", false),
        (b"C\x7f\xff\xff\xff", false),
        (b"Z\x7f\xff\xff\xff", false),
        (b"Z\xff\xff\xff\xff", false),
        (b"D\0\0\0\x03", false),
        (b"D\0\0\0\0", false),
    ] {
        let said = stranger(move |socket| socket.write_all(header).unwrap());
        let (count, end, most) = taken(said);
        assert_eq!(count, 0, "{header:?}");
        assert_eq!(end.starts_with(ENDED), waits, "{end} after {header:?}");
        assert!(most < 256 * 1024, "{most} bytes for {header:?}");
    }
}

/// T-L18, SEC-66: a million notices, notifications or parameters and no end, in memory that does not grow with them.
#[test]
fn floods() {
    const TIMES: usize = 1_000_000;
    for script in [
        &b"N\0\0\0\x1bSNOTICE\0C00000\0Mhello\0\0"[..],
        b"A\0\0\0\x10\0\0\0\x01news\0hi\0",
        b"S\0\0\0\x11TimeZone\0UTC\0",
    ] {
        let (count, end, most) = taken(stranger(move |socket| {
            let script = script.repeat(1000);
            for _ in 0..TIMES / 1000 {
                socket.write_all(&script).unwrap();
            }
        }));
        assert!(end.starts_with(ENDED), "{end}");
        assert_eq!(count, TIMES, "{script:?}");
        assert!(most < 512 * 1024, "{most} bytes for {script:?}");
    }
}

/// SEC-66: names without end, of which so many are kept as any server has.
#[test]
fn parameters_without_end() {
    let (count, end, most) = taken(stranger(|socket| {
        for number in 0..200_000 {
            let body = format!("name{number:08}\0value\0");
            let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
            let status = [b"S", &length[..], body.as_bytes()].concat();
            socket.write_all(&status).unwrap();
        }
    }));
    assert!(end.starts_with(ENDED), "{end}");
    assert_eq!(count, 200_000);
    assert!(most < 512 * 1024, "{most} bytes");
}

/// The same through a shared client: a hundred thousand requests of many tasks, with large answers in between.
#[test]
fn a_shared_client_in_bounded_memory() {
    let info = allocation_counter::measure(|| {
        runtime().block_on(async {
            let client = Client::new(open(Version::V18, "disable").await).unwrap();
            let tasks: Vec<_> = (0..100)
                .map(|task| tokio::spawn(many_requests(client.clone(), task * REQUESTS / 100)))
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
        });
    });
    let most = info.bytes_max / (1024 * 1024);
    assert!(most < 32, "{most} MiB");
}

async fn many_requests(client: Client, first: usize) {
    for number in first..first + REQUESTS / 100 {
        let length = if number.is_multiple_of(EVERY) {
            LARGE
        } else {
            5
        };
        let length = i32::try_from(length).unwrap();
        let mut rows = client
            .query("select repeat('x', $1)", (length,))
            .await
            .unwrap();
        let (text,) = rows.next::<(&str,)>().await.unwrap().unwrap();
        assert_eq!(i32::try_from(text.len()).unwrap(), length);
        assert!(rows.next::<(&str,)>().await.unwrap().is_none());
    }
}

/// SEC-65: rows and COPY data that nobody takes, or that are taken slowly, are not kept: 100 MB, four times.
#[test]
fn what_nobody_takes_is_not_kept() {
    const ROWS: usize = 100_000;
    let info = allocation_counter::measure(|| {
        runtime().block_on(async {
            let client = Client::new(open(Version::V18, "disable").await).unwrap();
            let sql = format!("select repeat('x', 1000) from generate_series(1, {ROWS})");
            assert_eq!(client.execute(&sql, ()).await.unwrap(), ROWS as u64);
            client
                .batch_execute(&format!("copy ({sql}) to stdout"))
                .await
                .unwrap();
            let error = client
                .execute(&format!("copy ({sql}) to stdout"), ())
                .await
                .unwrap_err();
            assert!(error.to_string().contains("COPY"), "{error}");
            let mut rows = client.query(&sql, ()).await.unwrap();
            let mut seen = 0;
            while rows.next::<(&str,)>().await.unwrap().is_some() {
                if seen % 10_000 == 0 {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                seen += 1;
            }
            assert_eq!(seen, ROWS);
        });
    });
    let most = info.bytes_max / 1024;
    assert!(most < 2048, "{most} KiB");
}
