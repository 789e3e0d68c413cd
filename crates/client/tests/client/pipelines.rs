//! Several requests in one round trip.

use crate::api::wait;
use crate::support::with_clients;

#[test]
fn replies_come_in_any_order() {
    with_clients(async |client| {
        client
            .batch_execute(
                "create temp table people (id int8 generated always as identity, name text)",
            )
            .await
            .unwrap();
        let statement = client
            .prepare("select name from people where id = $1")
            .await
            .unwrap();
        let mut pipeline = client.pipeline();
        let id = pipeline.one(
            "insert into people (name) values ($1) returning id",
            ("Ada",),
        );
        let total = pipeline.one("select count(*) from people", ());
        let name = pipeline.opt(&statement, (1i64,));
        let none = pipeline.opt(&statement, (2i64,));
        let all = pipeline.all("select * from generate_series(1, 3)", ());
        let touched = pipeline.execute("update people set name = $1", ("Eve",));
        assert_eq!(pipeline.len(), 6);
        pipeline.sync().await.unwrap();
        let (total,): (i64,) = wait(total).await.unwrap();
        assert_eq!(wait(touched).await.unwrap(), 1);
        let all: Vec<(i32,)> = wait(all).await.unwrap();
        let (id,): (i64,) = wait(id).await.unwrap();
        let name: Option<(String,)> = wait(name).await.unwrap();
        let none: Option<(String,)> = wait(none).await.unwrap();
        assert_eq!(
            (id, total, name, none),
            (1, 1, Some(("Ada".to_owned(),)), None)
        );
        assert_eq!(all, [(1,), (2,), (3,)]);
    });
}

#[test]
fn an_error_undoes_and_skips() {
    with_clients(async |client| {
        client
            .batch_execute("create temp table t (a int4)")
            .await
            .unwrap();
        let mut pipeline = client.pipeline();
        let before = pipeline.execute("insert into t values (1)", ());
        let at_fault = pipeline.one::<(i32,)>("select 1 / $1::int4", (0i32,));
        let after = pipeline.execute("insert into t values (2)", ());
        pipeline.sync().await.unwrap();
        assert_eq!(wait(before).await.unwrap(), 1);
        let error = wait(at_fault).await.unwrap_err();
        assert_eq!(error.sqlstate().unwrap().as_str(), "22012");
        let error = wait(after).await.unwrap_err();
        assert!(error.to_string().starts_with("not run"), "{error}");
        let (count,): (i64,) = client
            .query_one("select count(*) from t", ())
            .await
            .unwrap();
        assert_eq!(count, 0);
    });
}

#[test]
fn what_is_not_sent_is_not_waited_for() {
    with_clients(async |client| {
        let mut pipeline = client.pipeline();
        let reply = pipeline.execute("select 1", ());
        drop(pipeline);
        let error = wait(reply).await.unwrap_err();
        assert!(error.to_string().contains("sync()"), "{error}");
        let statement = client.prepare("select $1::int4").await.unwrap();
        let mut pipeline = client.pipeline();
        let wrong = pipeline.one::<(i32,)>(&statement, ("one",));
        let error = pipeline.sync().await.unwrap_err();
        assert!(error.to_string().contains("$1"), "{error}");
        assert!(wait(wrong).await.is_err());
        client.pipeline().sync().await.unwrap();
    });
}

#[test]
fn a_pipeline_keeps_its_statements() {
    with_clients(async |client| {
        let statement = client.prepare_typed("select 1", &[]).await.unwrap();
        let mut pipeline = client.pipeline();
        let one = pipeline.one(&statement, ());
        drop(statement);
        client.execute("select 2", ()).await.unwrap();
        pipeline.sync().await.unwrap();
        let (one,): (i32,) = wait(one).await.unwrap();
        assert_eq!(one, 1);
    });
}

#[test]
fn a_pipeline_closes_what_was_dropped() {
    with_clients(async |client| {
        for _ in 0..5 {
            drop(client.prepare_typed("select 1", &[]).await.unwrap());
        }
        let mut pipeline = client.pipeline();
        let left = pipeline.one("select count(*) from pg_prepared_statements", ());
        let next = pipeline.one("select 7", ());
        pipeline.sync().await.unwrap();
        let (next,): (i32,) = wait(next).await.unwrap();
        let (left,): (i64,) = wait(left).await.unwrap();
        assert_eq!((left, next), (0, 7));
    });
}
