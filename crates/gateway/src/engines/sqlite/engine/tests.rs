#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::oneshot;
use trunkline_server::{Isolation, SqlState, Type};

use super::*;
use crate::engines::sqlite::settings::Settings;
use crate::engines::sqlite::translate::{Facts, Plan};

/// A session without a client.
struct Session {
    worker: Sender<Event>,
    shared: Arc<Shared>,
}

impl Session {
    async fn open(database: &Arc<Database>) -> Self {
        let facts = Facts {
            user: "ada".to_owned(),
            database: "app".to_owned(),
        };
        let shared = Arc::new(Shared::new(facts, None, Settings::default()));
        let worker = start(Arc::clone(database), Arc::clone(&shared))
            .await
            .unwrap();
        Self { worker, shared }
    }

    async fn ask<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Engine) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (done, outcome) = oneshot::channel();
        let job = Box::new(move |engine: &Engine| drop(done.send(job(engine))));
        self.worker.send(Event::Job(job, Arc::default())).unwrap();
        outcome.await.unwrap()
    }

    /// Starts a query; its chunks come as credit is given.
    fn start(&self, id: u64, sql: &str) -> (UnboundedReceiver<Chunk>, Arc<Signal>) {
        let (sender, chunks) = unbounded_channel();
        let (sql, signal) = (sql.to_owned(), Arc::new(Signal::default()));
        let stop = Arc::clone(&signal);
        let job = Box::new(move |engine: &Engine| match engine.prepare(&sql, &[]) {
            Ok(plan) => engine.run(plan.query().unwrap(), &[], id, &sender, &stop),
            Err(error) => drop(sender.send(Chunk {
                rows: Batch::default(),
                end: Some(Err(error)),
            })),
        });
        self.worker
            .send(Event::Job(job, Arc::clone(&signal)))
            .unwrap();
        (chunks, signal)
    }

    /// Runs a statement to its end; the number of rows.
    async fn run(&self, sql: &str) -> Result<u64> {
        let sql = sql.to_owned();
        let known = self.ask(move |engine| engine.know(sql, Vec::new())).await?;
        if let Plan::Batch { statements, .. } = &known.plan {
            let statements = statements.clone();
            return self.ask(move |engine| engine.batch(&statements)).await;
        }
        let (mut chunks, _) = self.start(u64::MAX, &known.sql);
        loop {
            let chunk = chunks.recv().await.unwrap();
            match chunk.end {
                Some(end) => return end,
                None => self
                    .worker
                    .send(Event::Credit(u64::MAX, chunk.rows))
                    .unwrap(),
            }
        }
    }

    async fn begin(&self, isolation: Option<Isolation>, read_only: Option<bool>) {
        self.ask(move |engine| engine.begin(isolation, read_only))
            .await
            .unwrap();
    }

    async fn code(&self, sql: &str) -> SqlState {
        self.run(sql).await.unwrap_err().sqlstate()
    }
}

async fn database() -> Arc<Database> {
    let database = Arc::new(Database::in_memory().unwrap());
    let session = Session::open(&database).await;
    session.run("create table t (id int primary key, v int not null, constraint small check (v < 1000))").await.unwrap();
    session
        .run("insert into t values (1, 1), (2, 2)")
        .await
        .unwrap();
    database
}

#[tokio::test]
async fn read_committed_sees_what_others_commit() {
    let database = database().await;
    let (a, b) = (
        Session::open(&database).await,
        Session::open(&database).await,
    );
    a.begin(None, None).await;
    assert_eq!(a.run("select * from t where v = 1").await.unwrap(), 1);
    assert_eq!(b.run("update t set v = 10 where id = 1").await.unwrap(), 1);
    assert_eq!(a.run("select * from t where v = 1").await.unwrap(), 0);
    assert_eq!(a.run("update t set v = v + 1").await.unwrap(), 2);
    a.ask(Engine::commit).await.unwrap();
    assert_eq!(b.run("select * from t where v = 11").await.unwrap(), 1);
}

#[tokio::test]
async fn repeatable_read_keeps_its_snapshot_and_cannot_overwrite() {
    let database = database().await;
    let (a, b) = (
        Session::open(&database).await,
        Session::open(&database).await,
    );
    a.begin(Some(Isolation::RepeatableRead), None).await;
    assert_eq!(a.run("select * from t where v = 1").await.unwrap(), 1);
    b.run("update t set v = 10 where id = 1").await.unwrap();
    assert_eq!(a.run("select * from t where v = 1").await.unwrap(), 1);
    assert_eq!(
        a.code("update t set v = 5").await,
        SqlState::SERIALIZATION_FAILURE
    );
    a.ask(Engine::rollback).await.unwrap();
}

#[tokio::test]
async fn a_second_writer_waits_for_lock_timeout() {
    let database = database().await;
    let (a, b) = (
        Session::open(&database).await,
        Session::open(&database).await,
    );
    a.begin(None, None).await;
    a.run("update t set v = 5 where id = 1").await.unwrap();
    b.shared.set("lock_timeout", Some("100ms"), false).unwrap();
    assert_eq!(
        b.code("update t set v = 6 where id = 1").await,
        SqlState::LOCK_NOT_AVAILABLE
    );
    a.ask(Engine::commit).await.unwrap();
    assert_eq!(b.run("update t set v = 6 where id = 1").await.unwrap(), 1);
}

#[tokio::test]
async fn savepoints_take_rows_and_settings_back() {
    let database = database().await;
    let a = Session::open(&database).await;
    a.begin(None, None).await;
    a.ask(|engine| engine.savepoint("early")).await.unwrap();
    a.run("update t set v = 7 where id = 1").await.unwrap();
    a.ask(|engine| engine.savepoint("s")).await.unwrap();
    a.shared
        .set("application_name", Some("inside"), false)
        .unwrap();
    a.run("delete from t").await.unwrap();
    a.ask(|engine| engine.rollback_to("s")).await.unwrap();
    assert_eq!(a.shared.settings().show("application_name").unwrap(), "");
    assert_eq!(a.run("select * from t where v = 7").await.unwrap(), 1);
    a.ask(|engine| engine.rollback_to("early")).await.unwrap();
    assert_eq!(a.run("select * from t where v = 7").await.unwrap(), 0);
    let missing = a.ask(|engine| engine.release("s")).await.unwrap_err();
    assert_eq!(
        missing.sqlstate(),
        SqlState::INVALID_SAVEPOINT_SPECIFICATION
    );
    a.ask(Engine::commit).await.unwrap();
    assert_eq!(a.run("select * from t").await.unwrap(), 2);
}

#[tokio::test]
async fn a_read_only_transaction_does_not_write() {
    let database = database().await;
    let a = Session::open(&database).await;
    a.begin(None, Some(true)).await;
    assert_eq!(
        a.code("insert into t values (3, 3)").await,
        SqlState::READ_ONLY_SQL_TRANSACTION
    );
    assert_eq!(
        a.code("create table u (id int)").await,
        SqlState::READ_ONLY_SQL_TRANSACTION
    );
    a.ask(Engine::rollback).await.unwrap();
    assert_eq!(a.run("insert into t values (3, 3)").await.unwrap(), 1);
}

#[tokio::test]
async fn violations_have_postgresql_s_codes_and_words() {
    let database = database().await;
    let a = Session::open(&database).await;
    a.run("create table child (id int, t_id int references t)")
        .await
        .unwrap();
    let said = async |sql: &str| {
        let error = a.run(sql).await.unwrap_err();
        (error.sqlstate(), error.message().to_owned())
    };
    let is = |(code, message): (SqlState, String), expected: SqlState, words: &str| {
        assert_eq!((code, message.as_str()), (expected, words));
    };
    is(
        said("insert into t values (3, 3), (1, 9)").await,
        SqlState::UNIQUE_VIOLATION,
        "duplicate key value violates unique constraint \"t_pkey\"",
    );
    is(
        said("insert into t values (3, null)").await,
        SqlState::NOT_NULL_VIOLATION,
        "null value in column \"v\" of relation \"t\" violates not-null constraint",
    );
    is(
        said("update t set v = 5000").await,
        SqlState::CHECK_VIOLATION,
        "new row for relation \"t\" violates check constraint \"small\"",
    );
    is(
        said("insert into child values (1, 9)").await,
        SqlState::FOREIGN_KEY_VIOLATION,
        "insert or update on table \"child\" violates foreign key constraint \"child_t_id_fkey\"",
    );
    a.run("insert into child values (1, 1)").await.unwrap();
    is(
        said("delete from t").await,
        SqlState::FOREIGN_KEY_VIOLATION,
        "update or delete on table \"t\" violates foreign key constraint \"child_t_id_fkey\" on table \"child\"",
    );
    is(
        said("select 1 / (v - v) from t").await,
        SqlState::DIVISION_BY_ZERO,
        "division by zero",
    );
    is(
        said("select v + 2147483647 from t").await,
        SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
        "integer out of range",
    );
    assert_eq!(a.run("select * from t").await.unwrap(), 2);
}

#[tokio::test]
async fn a_signal_interrupts_what_runs() {
    let database = database().await;
    let a = Session::open(&database).await;
    for sql in [
        "select pg_sleep(60)",
        "select count(*) from generate_series(1, 1000000000000) g",
    ] {
        let (mut chunks, signal) = a.start(1, sql);
        tokio::time::sleep(Duration::from_millis(50)).await;
        signal.stop();
        let end = tokio::time::timeout(Duration::from_secs(5), chunks.recv())
            .await
            .unwrap()
            .unwrap()
            .end;
        assert_eq!(
            end.unwrap().unwrap_err().sqlstate(),
            SqlState::QUERY_CANCELED,
            "{sql}"
        );
    }
    assert_eq!(a.run("select 1").await.unwrap(), 1);
}

#[tokio::test]
async fn suspended_results_take_turns() {
    const ROWS_EACH: u64 = 20_000;
    let database = database().await;
    let a = Session::open(&database).await;
    let sql = format!("select * from generate_series(1, {ROWS_EACH}) g");
    let (mut first, _) = a.start(1, &sql);
    let (mut second, _) = a.start(2, &sql);
    // Others run while both wait.
    assert_eq!(a.run("select * from t").await.unwrap(), 2);
    let mut left = [true, true];
    let mut counts = [0, 0];
    while left.contains(&true) {
        for (at, chunks) in [&mut first, &mut second].into_iter().enumerate() {
            if left[at] {
                let chunk = chunks.recv().await.unwrap();
                counts[at] += u64::try_from(chunk.rows.rows()).unwrap();
                match chunk.end {
                    Some(end) => {
                        assert_eq!(end.unwrap(), ROWS_EACH);
                        left[at] = false;
                    }
                    None => a
                        .worker
                        .send(Event::Credit(u64::try_from(at + 1).unwrap(), chunk.rows))
                        .unwrap(),
                }
            }
        }
    }
    assert_eq!(counts, [ROWS_EACH, ROWS_EACH]);
}

/// The second must make way for the first, and its rows are more than a session may keep.
#[tokio::test]
async fn rows_kept_for_later_have_a_limit() {
    let database = database().await;
    let a = Session::open(&database).await;
    for round in 0..2 {
        let (first, second) = (round * 2 + 1, round * 2 + 2);
        let (mut slow, _) = a.start(
            first,
            "select repeat('a', 100000) from generate_series(1, 100) g",
        );
        let (mut large, _) = a.start(
            second,
            "select repeat('b', 1000000) from generate_series(1, 100) g",
        );
        let rows = async |chunks: &mut UnboundedReceiver<Chunk>, id: u64| {
            let mut rows = 0;
            loop {
                let chunk = chunks.recv().await.unwrap();
                rows += chunk.rows.rows();
                match chunk.end {
                    Some(end) => return (rows, end),
                    None => a.worker.send(Event::Credit(id, chunk.rows)).unwrap(),
                }
            }
        };
        let (count, end) = rows(&mut slow, first).await;
        assert_eq!((count, end.unwrap()), (100, 100));
        let (count, end) = rows(&mut large, second).await;
        let error = end.unwrap_err();
        assert_eq!(error.sqlstate(), SqlState::OUT_OF_MEMORY);
        assert!((60..70).contains(&count), "{count} rows were kept");
        assert_eq!(a.run("select 1").await.unwrap(), 1);
    }
}

#[tokio::test]
async fn many_suspended_results_leave_room_for_more() {
    let database = database().await;
    let a = Session::open(&database).await;
    let sql = "select * from generate_series(1, 5000) g";
    let mut all: Vec<_> = (1..=20).map(|id| a.start(id, sql).0).collect();
    let more = tokio::time::timeout(Duration::from_secs(20), a.run("select 1"));
    assert_eq!(more.await.unwrap().unwrap(), 1);
    for (id, chunks) in (1..).zip(&mut all) {
        let mut count = 0;
        loop {
            let chunk = tokio::time::timeout(Duration::from_secs(20), chunks.recv());
            let chunk = chunk.await.unwrap().unwrap();
            count += chunk.rows.rows();
            match chunk.end {
                Some(end) => break assert_eq!(end.unwrap(), 5000),
                None => a.worker.send(Event::Credit(id, chunk.rows)).unwrap(),
            }
        }
        assert_eq!(count, 5000);
    }
}

/// The type of a bare column of SQLite's is told by the first row.
#[tokio::test]
async fn looking_for_types_can_be_stopped() {
    let database = database().await;
    let a = Session::open(&database).await;
    let endless = "select max(iif(json_array_length('[]') = 1, g, 0)) from generate_series(1, 1000000000000) g";
    let (done, outcome) = oneshot::channel();
    let signal = Arc::new(Signal::default());
    let job = Box::new(move |engine: &Engine| drop(done.send(engine.prepare(endless, &[]))));
    a.worker.send(Event::Job(job, Arc::clone(&signal))).unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    signal.stop();
    let outcome = tokio::time::timeout(Duration::from_secs(5), outcome);
    let error = outcome.await.unwrap().unwrap().unwrap_err();
    assert_eq!(error.sqlstate(), SqlState::QUERY_CANCELED);
    // The error of a first row is not the next statement's.
    a.ask(|engine| {
        engine.prepare(
            "select json_extract('{}', '$.a'), 1 / (id - id) from t",
            &[],
        )
    })
    .await
    .unwrap();
    assert_eq!(
        a.code("insert into t values (1, 1)").await,
        SqlState::UNIQUE_VIOLATION
    );
}

/// Each of these is true of PostgreSQL 15.
#[tokio::test]
async fn blanks_at_the_end_of_char_are_nothing() {
    let database = database().await;
    let a = Session::open(&database).await;
    a.run("create table c (a char(5) unique, v varchar(5), t text, one char)")
        .await
        .unwrap();
    a.run("insert into c values ('ab', 'ab ', 'ab ', 'x')")
        .await
        .unwrap();
    assert_eq!(
        a.code("insert into c (a) values ('ab   ')").await,
        SqlState::UNIQUE_VIOLATION
    );
    assert_eq!(
        a.code("insert into c (a) values ('abcdef')").await,
        SqlState::STRING_DATA_RIGHT_TRUNCATION
    );
    for truth in [
        "a = 'ab'",
        "a = 'ab  '",
        "'ab ' = a",
        "a = v",
        "v = a",
        "a <> t",
        "t <> a",
        "a <> 'ab '::text",
        "a = 'ab'::text",
        "length(a) = 2",
        "octet_length(a) = 5",
        "'[' || a || ']' = '[ab]'",
        "concat('[', a, ']') = '[ab   ]'",
        "a not like 'ab'",
        "a like 'ab   '",
        "a !~ 'b$'",
        "upper(a) = 'AB'",
        "a::text = 'ab'",
        "a in ('x', 'ab')",
        "a in (select 'ab'::char(3))",
        "'ab' in (a, 'x')",
        "a = any (array['ab'::char(2)])",
        "a between 'ab' and 'ab '",
        "a is not distinct from 'ab'",
        "(a, 1) = ('ab', 1)",
        "'x'::char(3) = 'x'::char(5)",
        "'x'::char(3) || 'y' = 'xy'",
        "length('x  '::char(5)) = 1",
        "case a when 'ab' then true end",
        "nullif(a, 'ab') is null",
        "(select count(*) from (select a from c union select 'ab'::char(2)) u) = 1",
        "(select count(*) from (values ('a'::char(3)), ('a'::char(4))) s(a) where s.a = 'a') = 2",
        "one = 'x'",
    ] {
        let sql = format!("select 1 from c where {truth}");
        let found = a.run(&sql).await;
        assert_eq!(
            found.unwrap_or_else(|error| panic!("{truth}: {error}")),
            1,
            "{truth}"
        );
    }
}

/// From PostgreSQL 15.
#[tokio::test]
async fn numbers_have_postgresql_s_digits() {
    let database = database().await;
    let a = Session::open(&database).await;
    a.run("create table n (i int, d numeric, f real)")
        .await
        .unwrap();
    a.run("insert into n values (1, 1.5, 1.5), (2, 2.25, 2.25), (4, 4, 4)")
        .await
        .unwrap();
    for (expression, text) in [
        ("stddev(i)", "1.5275252316519467"),
        ("variance(i)", "2.3333333333333333"),
        ("stddev_pop(i)", "1.2472191289246471"),
        ("var_pop(i)", "1.5555555555555556"),
        ("stddev(d)", "1.2829003598617210"),
        ("stddev_pop(d)", "1.04748375749804455964"),
        ("var_pop(d)", "1.09722222222222222222"),
        ("variance(distinct d)", "1.6458333333333333"),
        ("variance(f)", "1.6458333333333333"),
        ("var_pop(case when i = 1 then i end)", "0"),
        ("coalesce(stddev(case when i = 1 then i end), -1)", "-1"),
        ("min(sqrt(2.0))", "1.414213562373095"),
        ("min(power(2.0, 3))", "8.0000000000000000"),
        ("min(2.0 ^ 3)", "8.0000000000000000"),
        ("min(power(2, 3))", "8"),
        ("min(ln(2.0))", "0.6931471805599453"),
        ("min(log(2, 8))", "3.0000000000000000"),
        ("min(div(7, 2))", "3"),
        ("min(div(-7.5, 2))", "-3"),
        ("min(div(7.25, 0.5))", "14"),
        ("min(div(1e20, 3))", "33333333333333333333"),
        ("min(sign(-1.5))", "-1"),
        ("min(mod(7.5, 2))", "1.5"),
        ("min(0.1::real + 1)", "1.1000000014901161"),
        ("min(0.1::real + 0.2::real)", "0.3"),
        ("bool_and(0.1::real = 0.1)", "false"),
        ("bool_and(0.5::real = 0.5)", "true"),
        ("bool_and(0.1::real = '0.1')", "true"),
    ] {
        let sql = format!("select count(*) from n having ({expression})::text = '{text}'");
        let found = a.run(&sql).await;
        let found = found.unwrap_or_else(|error| panic!("{expression}: {error}"));
        assert_eq!(found, 1, "{expression} is not {text}");
    }
    assert_eq!(a.code("select div(1, 0)").await, SqlState::DIVISION_BY_ZERO);
    assert_eq!(
        a.code("select power(-2, 0.5::float8)").await,
        SqlState::INVALID_ARGUMENT_FOR_POWER_FUNCTION
    );
}

/// From PostgreSQL 15.
#[tokio::test]
async fn a_violated_constraint_tells_the_row() {
    let database = database().await;
    let a = Session::open(&database).await;
    a.run(
        "create table f (id serial primary key, a int not null, b text check (b <> ''), d numeric(6,2) default 7, \
         t timestamp, bo bool, ar int[], by bytea, j jsonb, r real)",
    )
    .await
    .unwrap();
    a.run("insert into f (a, b) values (5, 'ok')")
        .await
        .unwrap();
    let detail = async |sql: &str| {
        let shown = format!("{:?}", a.run(sql).await.unwrap_err());
        let detail = shown.split("Failing row contains (").nth(1);
        let detail = detail.and_then(|rest| rest.split(").\"").next());
        detail.map(str::to_owned).unwrap_or(shown)
    };
    for (sql, row) in [
        (
            "insert into f values (9, null, 'x', 1.5, '2024-01-02 03:04:05', true, '{1,null}', '\\xdead', '{\"a\":1}', 1.5)",
            r#"9, null, x, 1.50, 2024-01-02 03:04:05, t, {1,NULL}, \\xdead, {\"a\": 1}, 1.5"#,
        ),
        (
            "insert into f (a) values (null)",
            "2, null, null, 7.00, null, null, null, null, null, null",
        ),
        (
            "insert into f default values",
            "2, null, null, 7.00, null, null, null, null, null, null",
        ),
        (
            "insert into f (a, b) values (6, 'ok'), (7, '')",
            "3, 7, , 7.00, null, null, null, null, null, null",
        ),
        (
            "insert into f (a, b) select null::int, repeat('é', 80)",
            "2, null, éééééééééééééééééééééééééééééééé..., 7.00, null, null, null, null, null, null",
        ),
        (
            "update f set a = null where id = 1",
            "1, null, ok, 7.00, null, null, null, null, null, null",
        ),
        (
            "update f as x set b = y.none from (select '' as none) y where x.a = 5",
            "1, 5, , 7.00, null, null, null, null, null, null",
        ),
    ] {
        assert_eq!(detail(sql).await, row, "{sql}");
    }
}

/// From PostgreSQL 15.
#[tokio::test]
async fn what_does_not_fit_is_out_of_range() {
    let database = database().await;
    let a = Session::open(&database).await;
    a.run("create table o (i int, s int2, b int8, r real)")
        .await
        .unwrap();
    let mut wrong = String::new();
    for (sql, message) in [
        ("select 3000000000::int4", "integer out of range"),
        (
            "select '3000000000'::int4",
            "value \"3000000000\" is out of range for type integer",
        ),
        ("select 40000::int2", "smallint out of range"),
        ("select cast(32768 as smallint)", "smallint out of range"),
        ("select -32769::int2", "smallint out of range"),
        ("select (v + 40000)::int2 from t", "smallint out of range"),
        ("select 1e10::int4", "integer out of range"),
        ("select 1e30::int8", "bigint out of range"),
        ("select 1e10::float8::int4", "integer out of range"),
        ("select 'NaN'::float8::int4", "integer out of range"),
        ("select 'Infinity'::float8::int4", "integer out of range"),
        ("select 9223372036854775808::int8", "bigint out of range"),
        ("select 12345678901234567890::int", "integer out of range"),
        ("select 5000000000::oid", "OID out of range"),
        (
            "select 1e300::float8::float4",
            "value out of range: overflow",
        ),
        (
            "select 1e-50::float8::float4",
            "value out of range: underflow",
        ),
        (
            "select 1e39::float4",
            "\"1000000000000000000000000000000000000000\" is out of range for type real",
        ),
        (
            "select '1e39'::float4",
            "\"1e39\" is out of range for type real",
        ),
        ("select 99999.9::numeric(5,2)", "numeric field overflow"),
        (
            "insert into o (i) values (3000000000)",
            "integer out of range",
        ),
        (
            "insert into o (i) values ('3000000000')",
            "value \"3000000000\" is out of range for type integer",
        ),
        ("insert into o (i) values (1e10)", "integer out of range"),
        ("insert into o (s) values (70000)", "smallint out of range"),
        ("insert into o (s) select 70000", "smallint out of range"),
        ("insert into o (b) values (1e19)", "bigint out of range"),
        ("select 2147483647 + 1", "integer out of range"),
        ("select -(-2147483648)::int4", "integer out of range"),
        ("select 9223372036854775807 + 1", "bigint out of range"),
        ("select abs((-32768)::int2)", "smallint out of range"),
        ("select 32767::int2 * 2::int2", "smallint out of range"),
    ] {
        let found = match a.run(sql).await {
            Ok(_) => "a value".to_owned(),
            Err(error) if error.sqlstate() == SqlState::NUMERIC_VALUE_OUT_OF_RANGE => {
                error.message().to_owned()
            }
            Err(error) => format!("{error:?}"),
        };
        if found != message {
            wrong.push_str(&format!("{sql} gives {found}\n"));
        }
    }
    assert_eq!(wrong, "");
    assert_eq!(
        a.code("select 'NaN'::numeric::int4").await,
        SqlState::FEATURE_NOT_SUPPORTED
    );
}

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
async fn literals_of_an_insert_s_select_have_their_columns_types() {
    let database = database().await;
    let a = Session::open(&database).await;
    a.run("create table z (a int, b varchar(3), c numeric(4,1), d date)")
        .await
        .unwrap();
    a.run("insert into z select null, 'abc', '1.25', '2024-1-5'")
        .await
        .unwrap();
    a.run("insert into z (a) select '5'").await.unwrap();
    for sql in [
        "select * from z where a is null and c = 1.3 and d = '2024-01-05'",
        "select * from z where a = 5",
    ] {
        assert_eq!(a.run(sql).await.unwrap(), 1, "{sql}");
    }
    assert_eq!(
        a.code("insert into z (b) select 'abcd'").await,
        SqlState::STRING_DATA_RIGHT_TRUNCATION
    );
    assert_eq!(
        a.code("insert into z (a) select 'x'").await,
        SqlState::INVALID_TEXT_REPRESENTATION
    );
    assert_eq!(
        a.code("insert into z (a) select distinct '5'").await,
        SqlState::DATATYPE_MISMATCH
    );
    assert_eq!(
        a.code("insert into z (a) select 'x'::text").await,
        SqlState::DATATYPE_MISMATCH
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

#[tokio::test]
async fn what_postgresql_takes_and_refuses() {
    let database = database().await;
    let a = Session::open(&database).await;
    for (sql, rows) in [
        ("select * from (select 1)", 1),
        (
            "select * from (select 1 as a), (select 2 as b) where a < b",
            1,
        ),
        ("table t", 2),
        ("table t union all (table t)", 4),
    ] {
        assert_eq!(a.run(sql).await.unwrap(), rows, "{sql}");
    }
    let error = a.run("alter table t add column z int not null").await;
    let error = error.unwrap_err();
    assert_eq!(error.sqlstate(), SqlState::NOT_NULL_VIOLATION);
    assert_eq!(
        error.to_string(),
        "column \"z\" of relation \"t\" contains null values"
    );
    a.run("delete from t").await.unwrap();
    a.run("alter table t add column z int not null")
        .await
        .unwrap();
    for sql in ["select load_extension('x')", "select sqlite_version()"] {
        assert_eq!(a.code(sql).await, SqlState::UNDEFINED_FUNCTION, "{sql}");
    }
    let lock = |engine: &Engine| engine.require_block("LOCK TABLE");
    let error = a.ask(lock).await.unwrap_err();
    assert_eq!(error.sqlstate(), SqlState::NO_ACTIVE_SQL_TRANSACTION);
    a.begin(None, None).await;
    a.ask(lock).await.unwrap();
}
