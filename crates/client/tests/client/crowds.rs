//! A thousand tasks that share a session, and do all that a client can do.

use std::num::NonZeroU32;

use trunkline_client::{Client, Mode};
use trunkline_types::Type;
use trunkline_types::copy::Options;

use crate::support::with_clients;

/// What one of them does; each has its own rows, so that another's would be noticed.
async fn one(mut client: Client, number: i32) {
    for round in 0..3 {
        let id = number * 10 + round;
        match (number + round) % 9 {
            0 => {
                let text = format!("{id}-").repeat(500);
                let mut rows = client
                    .query(
                        "select n, $1::text from generate_series($2::int4, $2 + 9) n",
                        (text.as_str(), id),
                    )
                    .await
                    .unwrap();
                let mut expected = id;
                while let Some((n, found)) = rows.next::<(i32, &str)>().await.unwrap() {
                    assert_eq!((n, found), (expected, text.as_str()));
                    expected += 1;
                }
                assert_eq!(expected, id + 10);
            }
            1 => {
                let transaction = client.transaction().await.unwrap();
                for _ in 0..2 {
                    transaction
                        .execute("insert into t values ($1)", (id,))
                        .await
                        .unwrap();
                }
                let (found,): (i64,) = transaction
                    .query_one("select count(*) from t where n = $1", (id,))
                    .await
                    .unwrap();
                assert_eq!(found, 2);
                transaction.commit().await.unwrap();
            }
            2 => {
                let transaction = client.transaction().await.unwrap();
                transaction
                    .execute("insert into t values ($1)", (id,))
                    .await
                    .unwrap();
                drop(transaction);
            }
            3 => {
                let mut pipeline = client.pipeline();
                let first = pipeline.one("select $1::int4", (id,));
                let fails = pipeline.execute("select 1 / $1::int4", (0,));
                let skipped = pipeline.execute("insert into t values ($1::int4)", (id,));
                pipeline.sync().await.unwrap();
                assert!(skipped.await.is_err());
                assert!(fails.await.unwrap_err().sqlstate().is_some());
                let (first,): (i32,) = first.await.unwrap();
                assert_eq!(first, id);
            }
            4 => {
                let copy = client.copy_in("copy t from stdin").await.unwrap();
                let mut rows = copy.rows(Options::text(), [("n", Type::INT4)]).unwrap();
                rows.row(&(id,)).await.unwrap();
                rows.row(&(id,)).await.unwrap();
                assert_eq!(rows.finish().await.unwrap(), 2);
            }
            5 => {
                let sql = format!("copy (select {id} from generate_series(1, 100)) to stdout");
                let copy = client.copy_out(&sql).await.unwrap();
                let mut rows = copy.rows(Options::text(), [("n", Type::INT4)]).unwrap();
                for _ in 0..number % 100 {
                    assert_eq!(rows.next::<(i32,)>().await.unwrap(), Some((id,)));
                }
            }
            6 => {
                let transaction = client.transaction().await.unwrap();
                let portal = transaction
                    .portal("select $1::int4 + n from generate_series(0, 4) n", (id,))
                    .await
                    .unwrap();
                let three = NonZeroU32::new(3).unwrap();
                for start in [0, 3] {
                    let rows: Vec<(i32,)> = portal.fetch(three).await.unwrap().all().await.unwrap();
                    assert_eq!(rows[0], (id + start,));
                }
                drop(portal);
                transaction.rollback().await.unwrap();
            }
            7 => {
                let error = client
                    .with_mode(Mode::Unnamed)
                    .execute(&format!("select nonsense_{id}"), ())
                    .await
                    .unwrap_err();
                assert!(
                    error.to_string().contains(&format!("nonsense_{id}")),
                    "{error}"
                );
            }
            _ => {
                // Somebody who loses patience.
                let sleepy = client.execute("select pg_sleep(0.001)", ());
                let patience = std::time::Duration::from_micros(10);
                let _ = tokio::time::timeout(patience, sleepy).await;
            }
        }
    }
}

#[test]
fn a_thousand_tasks_do_everything() {
    with_clients(async |client| {
        client
            .batch_execute("create temp table t (n int4)")
            .await
            .unwrap();
        let tasks: Vec<_> = (0..1000)
            .map(|number| tokio::spawn(one(client.clone(), number)))
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let (rows, odd): (i64, i64) = client
            .query_one(
                "select coalesce(sum(c), 0)::int8, count(*) filter (where c <> 2) from (select count(*) c from t group by n) x",
                (),
            )
            .await
            .unwrap();
        // Two of nine things that each of three thousand rounds may be leave two rows.
        assert_eq!(odd, 0);
        assert!((1300..1400).contains(&rows), "{rows}");
        assert_eq!(format!("{:?}", client.transaction_status()), "Idle");
    });
}
