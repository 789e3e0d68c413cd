//! Statements, in each mode.

use trunkline_client::{Mode, Row};

use crate::api::{Client, run};
use crate::support::{VERSIONS, client, with_clients};

const MODES: [Mode; 3] = [Mode::Prepared, Mode::Unnamed, Mode::Simple];

fn in_every_mode(test: impl AsyncFn(&Client)) {
    for version in VERSIONS {
        for mode in MODES {
            run(async || {
                let client = client(version).await;
                test(&client.with_mode(mode)).await;
            });
        }
    }
}

#[test]
fn rows_come_one_by_one() {
    in_every_mode(async |client| {
        let sql = "select n, 'row ' || n from generate_series(1, $1::int4) n";
        let mut rows = client.query(sql, (100_000i32,)).await.unwrap();
        let names: Vec<&str> = rows.columns().names().collect();
        assert_eq!(names, ["n", "?column?"]);
        let mut expected = 0;
        while let Some((number, text)) = rows.next::<(i32, &str)>().await.unwrap() {
            expected += 1;
            assert_eq!(number, expected);
            assert_eq!(text, format!("row {number}"));
        }
        assert_eq!((expected, rows.affected()), (100_000, Some(100_000)));
        assert!(rows.next::<Row<'_>>().await.unwrap().is_none());
    });
}

#[test]
fn one_row_is_one_row() {
    in_every_mode(async |client| {
        let (sum,): (i64,) = client
            .query_one("select $1::int8 + $2::int8", (20i64, 22i64))
            .await
            .unwrap();
        assert_eq!(sum, 42);
        let none = client
            .query_opt::<(i32,)>("select 1 where $1", (false,))
            .await
            .unwrap();
        assert_eq!(none, None);
        for (sql, message) in [
            (
                "select 1 where false",
                "the query was to return one row and returned none",
            ),
            (
                "values (1), (2)",
                "the query was to return one row and returned more",
            ),
        ] {
            let error = client.query_one::<(i32,)>(sql, ()).await.unwrap_err();
            assert_eq!(error.to_string(), message);
            assert!(!error.is_closed());
        }
        // The fault is the server's, even though there are rows before it.
        let failing = "select 1 / (2 - n) from generate_series(1, 3) n";
        let error = client.query_one::<(i32,)>(failing, ()).await.unwrap_err();
        assert_eq!(error.sqlstate().unwrap().as_str(), "22012");
    });
}

#[test]
fn execute_counts() {
    in_every_mode(async |client| {
        client
            .batch_execute("create temp table people (id int4 primary key, name text); select 1")
            .await
            .unwrap();
        let insert = "insert into people values ($1, $2)";
        assert_eq!(client.execute(insert, (1i32, "Ada")).await.unwrap(), 1);
        assert_eq!(
            client.execute(insert, (2i32, None::<&str>)).await.unwrap(),
            1
        );
        let error = client.execute(insert, (2i32, "Bob")).await.unwrap_err();
        assert_eq!(error.sqlstate().unwrap().as_str(), "23505");
        let quoted = "O'Neill \\ $1 -- ;";
        client.execute(insert, (3i32, quoted)).await.unwrap();
        let (name,): (String,) = client
            .query_one("select name from people where id = $1", (3i32,))
            .await
            .unwrap();
        assert_eq!(name, quoted);
        assert_eq!(
            client
                .execute("update people set name = ''", ())
                .await
                .unwrap(),
            3
        );
        assert_eq!(client.execute("", ()).await.unwrap(), 0);
        assert_eq!(
            client
                .execute("create temp table other ()", ())
                .await
                .unwrap(),
            0
        );
    });
}

#[test]
fn errors_leave_the_session_as_it_was() {
    in_every_mode(async |client| {
        for sql in ["selec 1", "select nothing", "select 1/0"] {
            assert!(client.query_one::<(i32,)>(sql, ()).await.is_err());
            let (one,): (i32,) = client.query_one("select 1", ()).await.unwrap();
            assert_eq!(one, 1);
        }
        let error = client
            .query_one::<(i32,)>("select $1::int4", ())
            .await
            .unwrap_err();
        assert!(!error.is_closed(), "{error}");
        let (one,): (i32,) = client.query_one("select 1", ()).await.unwrap();
        assert_eq!(one, 1);
    });
}

/// T: "cached plan must not change result type".
#[test]
fn the_cache_survives_a_change_of_the_result() {
    with_clients(async |client| {
        client
            .batch_execute("create temp table t (a int4); insert into t values (1)")
            .await
            .unwrap();
        let (a,): (i32,) = client.query_one("select * from t", ()).await.unwrap();
        assert_eq!(a, 1);
        client
            .batch_execute("alter table t add b text default 'b'")
            .await
            .unwrap();
        let row: (i32, String) = client.query_one("select * from t", ()).await.unwrap();
        assert_eq!(row, (1, "b".to_owned()));
        client.batch_execute("deallocate all").await.unwrap();
        let row: (i32, String) = client.query_one("select * from t", ()).await.unwrap();
        assert_eq!(row, (1, "b".to_owned()));
    });
}

#[test]
fn statements_nobody_uses_are_closed() {
    with_clients(async |client| {
        let count = "select count(*) from pg_prepared_statements";
        let statement = client
            .prepare_typed("select $1", &[trunkline_client::types::Type::INT4])
            .await
            .unwrap();
        let (seven,): (i32,) = client.query_one(&statement, (7i32,)).await.unwrap();
        assert_eq!(seven, 7);
        let (before,): (i64,) = client.query_one(count, ()).await.unwrap();
        assert_eq!(before, 2);
        drop(statement);
        let (after,): (i64,) = client.query_one(count, ()).await.unwrap();
        assert_eq!(after, 1);
        for number in 0..300 {
            client
                .execute(&format!("select {number}"), ())
                .await
                .unwrap();
        }
        let (kept,): (i64,) = client.query_one(count, ()).await.unwrap();
        assert_eq!(kept, 256);
    });
}

/// The outer rows are many more than are kept for a slow reader, which here waits for something behind them.
#[test]
fn a_query_within_the_rows_of_another() {
    with_clients(async |client| {
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
