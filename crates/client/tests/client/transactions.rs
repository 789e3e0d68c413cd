//! Transactions, savepoints, portals.

use std::num::NonZeroU32;

use trunkline_client::{Isolation, TransactionOptions};

use crate::api::Client;
use crate::support::with_clients;

pub(crate) async fn count(client: &Client) -> i64 {
    let (count,) = client
        .query_one("select count(*) from t", ())
        .await
        .unwrap();
    count
}

#[test]
fn dropped_it_is_rolled_back() {
    with_clients(async |mut client| {
        client
            .batch_execute("create temp table t (a int4)")
            .await
            .unwrap();
        let transaction = client.transaction().await.unwrap();
        transaction
            .execute("insert into t values (1)", ())
            .await
            .unwrap();
        drop(transaction);
        assert_eq!(count(&client).await, 0);
        let transaction = client.transaction().await.unwrap();
        transaction
            .execute("insert into t values (1)", ())
            .await
            .unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(count(&client).await, 1);
    });
}

#[test]
fn savepoints_are_rolled_back_alone() {
    with_clients(async |mut client| {
        client
            .batch_execute("create temp table t (a int4)")
            .await
            .unwrap();
        let mut transaction = client.transaction().await.unwrap();
        transaction
            .execute("insert into t values (1)", ())
            .await
            .unwrap();
        {
            let mut savepoint = transaction.savepoint().await.unwrap();
            savepoint
                .execute("insert into t values (2)", ())
                .await
                .unwrap();
            let inner = savepoint.savepoint().await.unwrap();
            inner.execute("insert into t values (3)", ()).await.unwrap();
            inner.commit().await.unwrap();
            assert_eq!(count(&savepoint).await, 3);
            assert!(savepoint.execute("select 1/0", ()).await.is_err());
        }
        assert_eq!(count(&transaction).await, 1);
        let savepoint = transaction.savepoint().await.unwrap();
        savepoint
            .execute("insert into t values (2)", ())
            .await
            .unwrap();
        savepoint.commit().await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(count(&client).await, 2);
    });
}

#[test]
fn to_commit_what_has_failed_is_an_error() {
    with_clients(async |mut client| {
        let transaction = client.transaction().await.unwrap();
        assert!(transaction.execute("select 1/0", ()).await.is_err());
        let error = transaction.execute("select 1", ()).await.unwrap_err();
        assert_eq!(error.sqlstate().unwrap().as_str(), "25P02");
        let error = transaction.commit().await.unwrap_err();
        assert!(error.to_string().contains("rolled back"), "{error}");
        client.execute("select 1", ()).await.unwrap();
    });
}

#[test]
fn options_are_what_the_server_sees() {
    with_clients(async |mut client| {
        let options = TransactionOptions::new()
            .isolation(Isolation::Serializable)
            .read_only(true)
            .deferrable(true);
        let transaction = client.transaction_with(options).await.unwrap();
        for (name, value) in [
            ("transaction_isolation", "serializable"),
            ("transaction_read_only", "on"),
            ("transaction_deferrable", "on"),
        ] {
            let (shown,): (String,) = transaction
                .query_one("select current_setting($1)", (name,))
                .await
                .unwrap();
            assert_eq!(shown, value);
        }
    });
}

#[test]
fn portals_interleave() {
    with_clients(async |mut client| {
        let transaction = client.transaction().await.unwrap();
        let sql = "select n from generate_series($1::int4, $2::int4) n";
        let first = transaction.portal(sql, (1i32, 5i32)).await.unwrap();
        let second = transaction.portal(sql, (11i32, 12i32)).await.unwrap();
        let two = NonZeroU32::new(2).unwrap();
        let mut seen = Vec::new();
        for portal in [&first, &second, &first, &first, &second] {
            let mut rows = portal.fetch(two).await.unwrap();
            while let Some((n,)) = rows.next::<(i32,)>().await.unwrap() {
                seen.push(n);
            }
            seen.push(if rows.has_more() { 1000 } else { -1 });
        }
        drop((first, second));
        assert_eq!(seen, [1, 2, 1000, 11, 12, 1000, 3, 4, 1000, 5, -1, -1]);
        let (open,): (i64,) = transaction
            .query_one(
                "select count(*) from pg_cursors where name like 'trunkline%'",
                (),
            )
            .await
            .unwrap();
        assert_eq!(open, 0);
        transaction.commit().await.unwrap();
    });
}
