//! What can be done again, where tasks share a session that ends.

use trunkline_client::{Error, Mode};

use crate::api::wait;
use crate::support::{VERSIONS, client};

#[tokio::test]
async fn what_was_not_sent() {
    for version in VERSIONS {
        let (one, two) = (client(version).await, client(version).await);
        let (pid,): (i32,) = one.query_one("select pg_backend_pid()", ()).await.unwrap();
        let ended: (bool,) = two
            .query_one("select pg_terminate_backend($1, 5000)", (pid,))
            .await
            .unwrap();
        assert!(ended.0);
        let lost: Error = one.execute("select 1", ()).await.unwrap_err();
        assert_eq!(lost.sqlstate().unwrap().as_str(), "57P01");
        assert!(!lost.safe_to_retry() && lost.is_closed(), "{lost}");
        let unsent = one.execute("select 1", ()).await.unwrap_err();
        assert!(unsent.safe_to_retry() && unsent.is_closed(), "{unsent}");

        // A request that was not run, for another's sake.
        let mut pipeline = two.pipeline();
        let wrong = pipeline.execute("select 1/0", ());
        let skipped = pipeline.execute("select 1", ());
        pipeline.sync().await.unwrap();
        assert!(!wait(wrong).await.unwrap_err().safe_to_retry());
        let skipped = wait(skipped).await.unwrap_err();
        assert!(skipped.safe_to_retry() && !skipped.is_closed(), "{skipped}");

        let few = two.query_one::<(i32,)>("select 1 where false", ()).await;
        assert!(!few.unwrap_err().safe_to_retry());
    }
}

/// What may have committed something before it failed is not undone as a whole.
#[tokio::test]
async fn what_is_undone_in_part() {
    for version in VERSIONS {
        let (mut one, two) = (client(version).await, client(version).await);
        let (pid,): (i32,) = one.query_one("select pg_backend_pid()", ()).await.unwrap();
        let (table, call) = (format!("divided_{pid}"), format!("call divide_{pid}()"));
        one.batch_execute(&format!(
            "drop table if exists {table}; create table {table} ();
             create or replace procedure divide_{pid}() language plpgsql as $$ begin commit; lock table {table} nowait; end $$"
        ))
        .await
        .unwrap();
        let block = format!("do $$ begin commit; lock table {table} nowait; end $$");
        let select = format!("select * from {table}");
        let [divided, whole] = ["select 1; commit; lock", "begin; lock"]
            .map(|begin| format!("{begin} table {table} nowait; select 1"));
        let transaction = one.transaction().await.unwrap();
        transaction
            .batch_execute(&format!("lock table {table}"))
            .await
            .unwrap();
        two.batch_execute("set lock_timeout = '10ms'")
            .await
            .unwrap();
        let check = |error: Error, safe: bool, what: &str| {
            assert_eq!(error.sqlstate().unwrap().as_str(), "55P03", "{what}");
            assert_eq!(error.safe_to_retry(), safe, "{what}");
            assert!(!error.is_closed(), "{what}");
        };
        for mode in [Mode::Prepared, Mode::Unnamed, Mode::Simple] {
            let two = two.with_mode(mode);
            for (sql, safe) in [(&call, false), (&block, false), (&select, true)] {
                check(two.execute(sql, ()).await.unwrap_err(), safe, sql);
            }
        }
        for (sql, safe) in [(&divided, false), (&whole, true), (&call, false)] {
            check(two.batch_execute(sql).await.unwrap_err(), safe, sql);
            two.batch_execute("rollback").await.unwrap();
        }
        for (first, safe) in [("select 1", true), (&call, false), ("commit", false)] {
            let mut pipeline = two.pipeline();
            let before = pipeline.execute(first, ());
            let refused = pipeline.execute(&*select, ());
            pipeline.sync().await.unwrap();
            let before = wait(before).await;
            let refused = wait(refused).await.unwrap_err();
            check(before.err().unwrap_or(refused), safe, first);
        }
        transaction.rollback().await.unwrap();
        one.batch_execute(&format!("drop procedure divide_{pid}; drop table {table}"))
            .await
            .unwrap();
    }
}
