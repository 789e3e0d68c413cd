//! Counts what a session allocates in steady state: nothing for a row, a message or a request.

#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use trunkline_client::{Connection, Environment, Event};
use trunkline_proto::codec::{Formats, Values};
use trunkline_proto::frontend::Bind;
use trunkline_proto::{PortalName, StatementName};
use trunkline_test_postgres::{Postgres, Version};

const ROWS: usize = 100_000;

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

/// One thread does everything, so that the count is of this session alone.
#[test]
fn nothing_for_a_row_or_a_request() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let port = Postgres::shared(Version::V15).port();
    let config: trunkline_client::Config =
        format!("host=127.0.0.1 port={port} user=postgres dbname=postgres sslmode=disable")
            .parse()
            .unwrap();
    let resolved = config.resolve(&Environment::empty()).unwrap();
    runtime.block_on(async {
        let mut connection = Connection::open(&resolved).await.unwrap();
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
