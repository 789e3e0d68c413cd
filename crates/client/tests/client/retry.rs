//! What can be done again, where tasks share a session that ends.

use trunkline_client::Error;

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
