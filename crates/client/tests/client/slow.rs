//! Readers who take their time, and those who wait behind them.

use std::time::Duration;

use trunkline_client::Client;

use crate::support::with_clients;

/// Five megabytes, of which a client keeps a part.
const MANY: &str = "select n, repeat('x', 1000) from generate_series(1, 5000) n";

async fn answers(client: &Client) {
    for number in 0..10 {
        let (same,): (i32,) = client
            .query_one("select $1::int4", (number,))
            .await
            .unwrap();
        assert_eq!(same, number);
    }
}

/// Whoever waits behind a reader goes on when the reader is gone.
#[test]
fn a_slow_reader_goes() {
    with_clients(async |client| {
        for round in 0..20 {
            let mut rows = client.query(MANY, ()).await.unwrap();
            rows.next::<(i32, &str)>().await.unwrap().unwrap();
            let waiting: Vec<_> = (0..3)
                .map(|_| {
                    let client = client.clone();
                    tokio::spawn(async move { answers(&client).await })
                })
                .collect();
            tokio::time::sleep(Duration::from_millis(round)).await;
            drop(rows);
            for waiting in waiting {
                waiting.await.unwrap();
            }
        }
    });
}

/// Whoever waits behind a reader goes on when the reader does.
#[test]
fn a_slow_reader_reads_on() {
    with_clients(async |client| {
        for round in 0..20 {
            let mut rows = client.query(MANY, ()).await.unwrap();
            rows.next::<(i32, &str)>().await.unwrap().unwrap();
            let other = client.clone();
            let waiting = tokio::spawn(async move { answers(&other).await });
            tokio::time::sleep(Duration::from_millis(round)).await;
            let mut seen = 1;
            while rows.next::<(i32, &str)>().await.unwrap().is_some() {
                seen += 1;
            }
            assert_eq!(seen, 5000);
            waiting.await.unwrap();
        }
    });
}

/// A reader that waits for something behind its own rows, of which the server has sent all that the sockets hold; alone, and while others
/// wait too.
#[test]
fn a_reader_asks_amid_its_rows() {
    with_clients(async |client| {
        for others in [0, 3] {
            let waiting: Vec<_> = (0..others)
                .map(|_| {
                    let client = client.clone();
                    tokio::spawn(async move {
                        for _ in 0..50 {
                            answers(&client).await;
                        }
                    })
                })
                .collect();
            for round in 0..10 {
                let mut rows = client.query(MANY, ()).await.unwrap();
                let mut seen = 0;
                while rows.next::<(i32, &str)>().await.unwrap().is_some() {
                    if seen % 2500 == 0 {
                        tokio::time::sleep(Duration::from_millis(10 * round)).await;
                        answers(&client).await;
                    }
                    seen += 1;
                }
                assert_eq!(seen, 5000);
            }
            for waiting in waiting {
                waiting.await.unwrap();
            }
        }
    });
}

/// A reader that waits, amid its rows, for others that wait behind them.
#[test]
fn a_reader_waits_for_those_behind_it() {
    with_clients(async |client| {
        let mut rows = client.query(MANY, ()).await.unwrap();
        let mut seen = 0;
        while rows.next::<(i32, &str)>().await.unwrap().is_some() {
            if seen % 1000 == 0 {
                let other = client.clone();
                tokio::spawn(async move { answers(&other).await })
                    .await
                    .unwrap();
            }
            seen += 1;
        }
        assert_eq!(seen, 5000);
    });
}
