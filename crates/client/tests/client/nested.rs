//! What is within a transaction: savepoints that are dropped at any point, and clients that outlive them.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use crate::support::with_clients;
use crate::transactions::count;

/// Polls a future this often, and drops it.
async fn polled<F: Future>(future: F, polls: usize) -> Poll<F::Output> {
    let mut future = pin!(future);
    for poll in 1..=polls {
        let mut once = Some(future.as_mut());
        let polled = poll_fn(|cx| Poll::Ready(once.take().unwrap().poll(cx))).await;
        if polled.is_ready() {
            return polled;
        }
        if poll < polls {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    Poll::Pending
}

#[test]
fn no_transaction_begins_within_another() {
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
        let mut inner = transaction.clone();
        let error = inner.transaction().await.unwrap_err();
        assert!(error.to_string().contains("savepoint()"), "{error}");
        assert_eq!(count(&inner).await, 1);
        transaction.rollback().await.unwrap();
        assert_eq!(count(&client).await, 0);
        let error = inner.execute("select 1", ()).await.unwrap_err();
        assert!(error.to_string().contains("is over"), "{error}");
    });
}

/// Wherever the end of a savepoint is dropped, the transaction around it goes on.
#[test]
fn the_end_of_a_savepoint_is_dropped() {
    with_clients(async |mut client| {
        client
            .batch_execute("create temp table t (a int4)")
            .await
            .unwrap();
        for polls in 0..6 {
            for (commit, fails) in [(true, false), (true, true), (false, false), (false, true)] {
                client.batch_execute("truncate t").await.unwrap();
                let mut transaction = client.transaction().await.unwrap();
                let savepoint = transaction.savepoint().await.unwrap();
                savepoint
                    .execute("insert into t values (1)", ())
                    .await
                    .unwrap();
                if fails {
                    savepoint.execute("select 1/0", ()).await.unwrap_err();
                }
                let ended = match commit {
                    true => polled(savepoint.commit(), polls).await,
                    false => polled(savepoint.rollback(), polls).await,
                };
                if let Poll::Ready(ended) = ended {
                    assert_eq!(ended.is_err(), commit && fails);
                }
                let kept = i64::from(commit && !fails && polls > 0);
                assert_eq!(count(&transaction).await, kept, "{polls} {commit} {fails}");
                transaction.commit().await.unwrap();
                assert_eq!(count(&client).await, kept);
            }
        }
    });
}

/// What cannot be released is rolled back, and the transaction around it goes on.
#[test]
fn a_savepoint_that_failed_is_committed() {
    with_clients(async |mut client| {
        client
            .batch_execute("create temp table t (a int4)")
            .await
            .unwrap();
        let mut transaction = client.transaction().await.unwrap();
        let mut outer = transaction.savepoint().await.unwrap();
        outer.execute("insert into t values (1)", ()).await.unwrap();
        let inner = outer.savepoint().await.unwrap();
        inner.execute("insert into t values (2)", ()).await.unwrap();
        inner.execute("select 1/0", ()).await.unwrap_err();
        let error = inner.commit().await.unwrap_err();
        assert_eq!(error.sqlstate().unwrap().as_str(), "25P02");
        assert_eq!(count(&outer).await, 1);
        outer.commit().await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(count(&client).await, 1);
    });
}
