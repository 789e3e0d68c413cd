#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

mod depth;
mod schema;
mod streams;
mod values;

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

/// From PostgreSQL 15.
#[tokio::test]
async fn a_copy_tells_the_row_that_fails() {
    let database = database().await;
    let a = Session::open(&database).await;
    a.run(
        "create table f (id serial primary key, a int not null, b text check (b <> ''), d numeric(6,2) default 7)",
    )
    .await
    .unwrap();
    let text = |text: &str| Value::Text(text.to_owned());
    for (copy, rows, detail) in [
        (
            "copy f (b, a) from stdin",
            vec![
                vec![text("ok"), Value::Integer(1)],
                vec![text("x"), Value::Null],
            ],
            "Failing row contains (2, null, x, 7.00).",
        ),
        (
            "copy f from stdin",
            vec![vec![
                Value::Integer(7),
                Value::Integer(1),
                text(""),
                text("1.5"),
            ]],
            "Failing row contains (7, 1, , 1.50).",
        ),
        (
            "copy f (id, a) from stdin",
            vec![vec![Value::Integer(5), Value::Integer(1)]; 2],
            "Key (id)=(5) already exists.",
        ),
    ] {
        let copied = a.ask(move |engine| {
            let Plan::CopyIn { insert, .. } = engine.prepare(copy, &[])? else {
                return Err(Error::internal("no plan of a COPY"));
            };
            engine.copy_begin()?;
            let copied = engine.copy_rows(&insert, &rows);
            engine.copy_end(false)?;
            copied
        });
        let shown = format!("{:?}", copied.await.unwrap_err());
        assert!(shown.contains(detail), "{shown}");
    }
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
