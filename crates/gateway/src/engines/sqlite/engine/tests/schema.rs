//! Changes of the schema, and the catalogs.

use super::*;

/// What psql's `\df` asks.
#[tokio::test]
async fn the_catalogs_tell_of_functions() {
    let database = database().await;
    let a = Session::open(&database).await;
    let listed = "select n.nspname, p.proname, pg_catalog.pg_get_function_result(p.oid), pg_catalog.pg_get_function_arguments(p.oid), \
        case p.prokind when 'a' then 'agg' when 'w' then 'window' when 'p' then 'proc' else 'func' end, \
        pg_catalog.array_to_string(p.proacl, E'\\n'), l.lanname, coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc) \
        from pg_catalog.pg_proc p left join pg_catalog.pg_namespace n on n.oid = p.pronamespace \
        left join pg_catalog.pg_language l on l.oid = p.prolang where pg_catalog.pg_function_is_visible(p.oid)";
    let count = async |rest: &str| a.run(&format!("{listed} and {rest}")).await.unwrap();
    assert_eq!(count("n.nspname <> 'pg_catalog' order by 1, 2, 4").await, 0);
    assert_eq!(
        count("p.proname operator(pg_catalog.~) '^(lpad)$' collate pg_catalog.default").await,
        2
    );
    assert_eq!(
        count("p.proname = 'concat' and pg_get_function_arguments(p.oid) = 'VARIADIC \"any\"'")
            .await,
        1
    );
    assert_eq!(
        count("p.proname = 'now' and pg_get_function_result(p.oid) = 'timestamp with time zone'")
            .await,
        1
    );
}

#[tokio::test]
async fn a_changed_table_shows_in_what_was_prepared() {
    let database = database().await;
    let (a, b) = (
        Session::open(&database).await,
        Session::open(&database).await,
    );
    let all = a
        .ask(|engine| engine.know("select * from t".to_owned(), Vec::new()))
        .await
        .unwrap();
    let one = a
        .ask(|engine| engine.know("select v from t".to_owned(), Vec::new()))
        .await
        .unwrap();
    b.run("alter table t add column w text").await.unwrap();
    let error = a
        .ask(move |engine| engine.current(&all).map(|_| ()))
        .await
        .unwrap_err();
    assert_eq!(error.message(), "cached plan must not change result type");
    a.ask(move |engine| engine.current(&one).map(|_| ()))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_view_keeps_the_types_of_its_columns() {
    let database = database().await;
    let a = Session::open(&database).await;
    a.run(
        "create view v as select count(*) as n, date '2024-01-01' + 1 as day, 1.5 as half from t",
    )
    .await
    .unwrap();
    let plan = a
        .ask(|engine| engine.prepare("select * from v", &[]))
        .await
        .unwrap();
    let columns = plan.query().unwrap().columns.clone().unwrap();
    let types: Vec<Type> = columns.into_iter().map(|c| c.ty).collect();
    assert_eq!(types, [Type::INT8, Type::DATE, Type::NUMERIC]);
}

#[tokio::test]
async fn a_table_that_others_refer_to_is_not_dropped() {
    let database = database().await;
    let a = Session::open(&database).await;
    a.run("create table child (id int primary key, t int references t on delete cascade)")
        .await
        .unwrap();
    a.run("insert into child values (10, 1), (11, 2)")
        .await
        .unwrap();
    let error = a.run("drop table t").await.unwrap_err();
    assert_eq!(error.sqlstate(), SqlState::DEPENDENT_OBJECTS_STILL_EXIST);
    assert_eq!(
        error.to_string(),
        "cannot drop table t because other objects depend on it"
    );
    assert_eq!(
        a.code("drop table t cascade").await,
        SqlState::FEATURE_NOT_SUPPORTED
    );
    assert_eq!(a.run("select * from child").await.unwrap(), 2);
    assert_eq!(a.run("select * from t").await.unwrap(), 2);
    a.run("create table other (t int references t)")
        .await
        .unwrap();
    a.run("insert into other values (1)").await.unwrap();
    a.run("drop table t, child, other").await.unwrap();
    assert_eq!(a.code("select * from t").await, SqlState::UNDEFINED_TABLE);
}

/// From PostgreSQL 15.
#[tokio::test]
async fn what_a_view_reads_is_not_dropped_without_it() {
    let database = database().await;
    let a = Session::open(&database).await;
    for sql in [
        "create table c (x int)",
        "create view v1 as select * from t",
        "create view v2 as with t as (select id from v1) select * from t",
        "create view v3 as select 1 from t, c",
        "create view v4 as select 't' as t",
        "create table d (x int, y int)",
        "create view v5 as select y from d",
    ] {
        a.run(sql).await.unwrap();
    }
    let refused = async |sql: &str, message: &str, detail: &str| {
        let error = a.run(sql).await.unwrap_err();
        assert_eq!(error.sqlstate(), SqlState::DEPENDENT_OBJECTS_STILL_EXIST);
        assert_eq!(error.message(), message);
        let shown = format!("{error:?}").replace("\\n", "; ");
        assert!(shown.contains(&format!("detail: \"{detail}\"")), "{shown}");
        assert!(shown.contains("Use DROP ... CASCADE"), "{shown}");
    };
    refused(
        "drop table t",
        "cannot drop table t because other objects depend on it",
        "view v1 depends on table t; view v2 depends on view v1; view v3 depends on table t",
    )
    .await;
    refused(
        "drop view v1",
        "cannot drop view v1 because other objects depend on it",
        "view v2 depends on view v1",
    )
    .await;
    refused(
        "drop table t, c",
        "cannot drop desired object(s) because other objects depend on them",
        "view v1 depends on table t; view v2 depends on view v1; view v3 depends on table t",
    )
    .await;
    assert_eq!(a.code("drop view t").await, SqlState::WRONG_OBJECT_TYPE);
    assert_eq!(
        a.code("alter table d drop column y").await,
        SqlState::DEPENDENT_OBJECTS_STILL_EXIST
    );
    let plan = a
        .ask(|engine| engine.prepare("drop table t cascade", &[]))
        .await
        .unwrap();
    let Plan::Batch { notices, .. } = plan else {
        panic!("no batch")
    };
    assert_eq!(notices[0].message, "drop cascades to 3 other objects");
    assert_eq!(
        notices[0].detail.as_deref(),
        Some("drop cascades to view v1\ndrop cascades to view v2\ndrop cascades to view v3")
    );
    a.run("drop view v1, v2").await.unwrap();
    a.run("drop table t cascade").await.unwrap();
    assert_eq!(a.code("select * from v3").await, SqlState::UNDEFINED_TABLE);
    a.run("drop table c").await.unwrap();
    assert_eq!(a.run("select * from v4").await.unwrap(), 1);
}

/// What psql's `\d` and drivers read.
#[tokio::test]
async fn the_catalogs_tell_of_keys_and_constraints() {
    let database = database().await;
    let a = Session::open(&database).await;
    a.run("create table child (id serial primary key, t int constraint up references t (id), u text unique)")
        .await
        .unwrap();
    a.run("create index child_t on child (t desc)")
        .await
        .unwrap();
    for (sql, rows) in [
        (
            "select * from pg_index where indrelid = 'child'::regclass",
            3,
        ),
        (
            "select * from pg_constraint where conrelid = 'child'::regclass",
            3,
        ),
        (
            "select 1 from pg_constraint where conname = 'up' and confrelid = 't'::regclass and conkey = '{2}' and confkey = '{1}'",
            1,
        ),
        (
            "select 1 from pg_constraint where conname = 'up' and pg_get_constraintdef(oid) = 'FOREIGN KEY (t) REFERENCES t(id)'",
            1,
        ),
        (
            "select 1 from pg_class c where relname = 'child_t' and pg_get_indexdef(c.oid) = 'CREATE INDEX child_t ON public.child USING btree (t DESC)'",
            1,
        ),
        (
            "select 1 from pg_attribute where attrelid = 'child'::regclass and attname = 'id' and atttypid = 23 and attnotnull and atthasdef",
            1,
        ),
        (
            "select conrelid::regclass from pg_constraint where contype = 'c'",
            1,
        ),
    ] {
        assert_eq!(a.run(sql).await.unwrap(), rows, "{sql}");
    }
}
