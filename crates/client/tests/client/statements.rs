//! What the server keeps for a client: as much as it uses, and no more.

use trunkline_client::Mode;

use crate::api::{Client, wait};
use crate::support::with_clients;

/// How many statements are prepared on the server, without preparing one to find out.
pub(crate) async fn prepared(client: &Client) -> i32 {
    let sql = "select count(*)::int4::text from pg_prepared_statements";
    let unnamed = client.with_mode(Mode::Unnamed);
    let (count,): (String,) = unnamed.query_one(sql, ()).await.unwrap();
    count.parse().unwrap()
}

/// SEC-64, SEC-72: texts without end, of which the last are kept.
#[test]
fn the_cache_has_a_bound() {
    with_clients(async |client| {
        let mut most = 0;
        for number in 0..2_000 {
            let sql = format!("select {number}");
            let (same,): (i32,) = client.query_one(&sql, ()).await.unwrap();
            assert_eq!(same, number);
            if number % 100 == 0 {
                most = most.max(prepared(&client).await);
            }
        }
        assert!((200..=257).contains(&most), "{most}");
    });
}

/// A request that is refused before it is sent takes nothing with it.
#[test]
fn what_was_dropped_is_closed_however_the_next_request_fares() {
    with_clients(async |client| {
        let before = prepared(&client).await;
        let kept = client.prepare_typed("select $1::int4", &[]).await.unwrap();
        drop(client.prepare_typed("select 1", &[]).await.unwrap());
        // Two parameters too many, and one of the wrong type.
        client.execute(&kept, (1, 2, 3)).await.unwrap_err();
        client.execute(&kept, ("text",)).await.unwrap_err();
        assert_eq!(prepared(&client).await, before + 1);
        drop(client.prepare_typed("select 2", &[]).await.unwrap());
        let mut pipeline = client.pipeline();
        let reply = pipeline.execute(&kept, (1,));
        pipeline.sync().await.unwrap();
        wait(reply).await.unwrap();
        drop(kept);
        assert_eq!(prepared(&client).await, before);
    });
}

/// How a session forgets its statements, or is left as it is.
pub(crate) const FORGETTING: [&str; 4] = ["deallocate all", "discard plans", "discard all", ""];

/// Gives a table another shape, with one row, and has the session forget its statements.
pub(crate) async fn reshape(client: &Client, round: i32, how: &str) {
    let shape = format!(
        "create temp table if not exists shapes (a int4);
         drop table shapes; create temp table shapes (a int4, c{round} text);
         insert into shapes values ({round}, 'x')"
    );
    client.batch_execute(&shape).await.unwrap();
    if !how.is_empty() {
        client.batch_execute(how).await.unwrap();
    }
    if how == "discard all" {
        client.batch_execute(&shape).await.unwrap();
    }
}

/// A pooler or somebody's DISCARD ALL has thrown them away (EQ-39); and tables change their shape under them, also many times.
#[test]
fn the_server_has_forgotten() {
    with_clients(async |client| {
        let sql = "select * from shapes";
        client
            .batch_execute("create temp table shapes (a int4); insert into shapes values (1)")
            .await
            .unwrap();
        for round in 0..5 {
            for how in FORGETTING {
                reshape(&client, round, how).await;
                let row: (i32, String) = client.query_one(sql, ()).await.unwrap();
                assert_eq!(row, (round, "x".to_owned()));
            }
        }
    });
}

/// In a transaction the same is an error, which is said, and the transaction's end.
#[test]
fn the_shape_changes_within_a_transaction() {
    with_clients(async |mut client| {
        client
            .batch_execute("create temp table shapes (a int4); insert into shapes values (1)")
            .await
            .unwrap();
        let sql = "select * from shapes";
        client.execute(sql, ()).await.unwrap();
        let transaction = client.transaction().await.unwrap();
        transaction
            .batch_execute("alter table shapes add b text default 'x'")
            .await
            .unwrap();
        let error = transaction.execute(sql, ()).await.unwrap_err();
        assert_eq!(error.sqlstate().unwrap().as_str(), "0A000");
        let error = transaction.execute("select 1", ()).await.unwrap_err();
        assert_eq!(error.sqlstate().unwrap().as_str(), "25P02");
        transaction.rollback().await.unwrap();
        let row: (i32,) = client.query_one(sql, ()).await.unwrap();
        assert_eq!(row, (1,));
        // And the next transaction may use it from the start.
        let transaction = client.transaction().await.unwrap();
        transaction.execute(sql, ()).await.unwrap();
        transaction.commit().await.unwrap();
    });
}

/// SEC-93: a parameter is what the statement takes it for, or it is not sent.
#[test]
fn types_are_held_against_the_statement() {
    with_clients(async |client| {
        client
            .batch_execute("create type pg_temp.mood as enum ('sad'); create temp table moods (m pg_temp.mood, n int8)")
            .await
            .unwrap();
        for sql in [
            "insert into moods (n) values ($1)",
            "select $1::int8",
            "select n from moods where n = $1",
        ] {
            let error = client.execute(sql, (1i32,)).await.unwrap_err();
            assert!(
                error.to_string().contains("int8") || error.to_string().contains("bigint"),
                "{error}"
            );
            assert!(error.sqlstate().is_none() && !error.is_closed(), "{error}");
            client.execute(sql, (1i64,)).await.unwrap();
            client.execute(sql, (None::<i64>,)).await.unwrap();
            assert!(client.execute(sql, (None::<i32>,)).await.is_err());
        }
        client
            .execute("insert into moods (m) values ($1)", ("sad",))
            .await
            .unwrap();
        let error = client
            .execute("insert into moods (m) values ($1)", ("glad",))
            .await
            .unwrap_err();
        assert_eq!(error.sqlstate().unwrap().as_str(), "22P02");
        // The table changes, and the statement that is kept with it: the old type no longer goes.
        let sql = "select count(*) from moods where n = $1";
        client.execute(sql, (1i64,)).await.unwrap();
        client
            .batch_execute("alter table moods alter n type text")
            .await
            .unwrap();
        assert!(client.execute(sql, ("1",)).await.is_err());
        client.execute(sql, ("1",)).await.unwrap();
    });
}

/// An error that says as much, of a procedure that has done something: it is not run again.
#[test]
fn nothing_is_run_twice() {
    with_clients(async |client| {
        client
            .batch_execute(
                "create temp table done (a int4);
                 create procedure pg_temp.raises() language plpgsql as
                 $$ begin insert into done values (1); commit; raise sqlstate '26000'; end $$;
                 create procedure pg_temp.executes() language plpgsql as
                 $$ begin insert into done values (1); commit; execute 'execute nothing'; end $$",
            )
            .await
            .unwrap();
        for (number, sql) in [(1, "call pg_temp.raises()"), (2, "call pg_temp.executes()")] {
            let error = client.execute(sql, ()).await.unwrap_err();
            assert!(error.sqlstate().is_some(), "{error}");
            let (done,): (i64,) = client
                .query_one("select count(*) from done", ())
                .await
                .unwrap();
            assert_eq!(done, number, "{sql}");
        }
    });
}
