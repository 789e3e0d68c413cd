//! Many tasks, one session.

use trunkline_client::Event;

use crate::support::with_clients;

#[test]
fn a_thousand_tasks_get_each_their_own_answer() {
    with_clients(|client| async move {
        let tasks: Vec<_> = (0..1000i32)
            .map(|number| {
                let client = client.clone();
                tokio::spawn(async move {
                    for round in 0..10 {
                        let (answer,): (i32,) = client
                            .query_one("select $1::int4 * 10 + $2::int4", (number, round))
                            .await
                            .unwrap();
                        assert_eq!(answer, number * 10 + round);
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}

/// The outer rows are many more than are kept for a slow reader, which here waits for something behind them.
#[test]
fn a_query_within_the_rows_of_another() {
    with_clients(|client| async move {
        let sql = "select n, repeat('x', 1000) from generate_series(1, 5000) n";
        let mut rows = client.query(sql, ()).await.unwrap();
        let mut seen = 0;
        while let Some((number, _)) = rows.next::<(i32, &str)>().await.unwrap() {
            if number % 1000 == 0 {
                let (same,): (i32,) = client
                    .query_one("select $1::int4", (number,))
                    .await
                    .unwrap();
                assert_eq!(same, number);
            }
            seen += 1;
        }
        assert_eq!(seen, 5000);
    });
}

#[test]
fn the_connection_comes_back_whole() {
    with_clients(|client| async move {
        drop(
            client
                .query("select * from generate_series(1, 100000)", ())
                .await
                .unwrap(),
        );
        let other = client.clone();
        assert!(client.into_raw().await.is_err());
        let mut connection = other.into_raw().await.unwrap();
        connection.query("select 'raw'").unwrap();
        let mut rows = 0;
        loop {
            match connection.next().await.unwrap() {
                Event::DataRow(_) => rows += 1,
                Event::Ready(_) => break,
                _ => {}
            }
        }
        assert_eq!(rows, 1);
    });
}
