//! Cancelling in every phase of a session (T-K01, T-K03 to T-K05, T-C23, CA-06): what becomes of what runs, and that the next query is
//! answered as if nothing had been.

use trunkline_client::Event;
use trunkline_proto::codec::{Formats, Values};
use trunkline_proto::frontend::Bind;
use trunkline_proto::{PortalName, StatementName};
use trunkline_test_postgres::{Postgres, Version};

use crate::api::{Connection, sleep};
use crate::support::{VERSIONS, answer, at, open};

/// A session that is cancelled, and one that looks at it.
struct Subject {
    connection: Connection,
    version: Version,
    pid: String,
}

impl Subject {
    async fn new(version: Version, mode: &str) -> Self {
        let config = format!(
            "{} user=postgres dbname=postgres max_protocol_version=3.2 sslmode={mode}",
            at(version)
        );
        let mut connection = open(&config).await.unwrap();
        connection.query("select pg_backend_pid()").unwrap();
        let shown = answer(&mut connection).await;
        let pid = shown.split(['(', ')']).nth(1).unwrap().to_string();
        Self {
            connection,
            version,
            pid,
        }
    }

    /// Waits until the server says that its process is in this state: `state` and `wait_event` of `pg_stat_activity`.
    async fn reaches(&mut self, state: &str) {
        self.connection.send().await.unwrap();
        let sql = format!(
            "select concat_ws(' ', state, wait_event) from pg_stat_activity where pid = {}",
            self.pid
        );
        for _ in 0..2000 {
            if Postgres::shared(self.version).sql(&sql).unwrap().trim() == state {
                return;
            }
            sleep(std::time::Duration::from_millis(5)).await;
        }
        panic!("never came to be {state:?}");
    }

    async fn cancel(&self) {
        self.connection.cancel_token().cancel().await.unwrap();
        // The request is passed on when the server has closed, as a signal; it may take a moment to be noticed.
        sleep(std::time::Duration::from_millis(50)).await;
    }

    fn query(&mut self, sql: &str) {
        self.connection.query(sql).unwrap();
    }

    /// The unnamed statement, up to Execute.
    fn execute(&mut self, sql: &str, max_rows: i32) {
        let unnamed = PortalName::UNNAMED;
        self.connection
            .parse(StatementName::UNNAMED, sql, &[])
            .unwrap();
        let bind = Bind {
            portal: unnamed,
            statement: StatementName::UNNAMED,
            param_formats: Formats::default(),
            params: Values::default(),
            result_formats: Formats::default(),
        };
        self.connection.bind(&bind).unwrap();
        self.connection.execute(unnamed, max_rows).unwrap();
    }

    async fn answers(&mut self, expected: &str) {
        let shown = answer(&mut self.connection).await;
        assert_eq!(shown, expected, "{:?}", self.version);
    }

    /// Takes what comes until there is an error, and then ReadyForQuery; how many rows or pieces of data there were before.
    async fn stops(&mut self, status: &str) -> usize {
        let mut count = 0;
        loop {
            match self.connection.next().await.unwrap() {
                Event::DataRow(_) | Event::CopyData(_) => count += 1,
                Event::Error(error) => {
                    assert_eq!(
                        trunkline_client::ServerError::new(&error)
                            .sqlstate()
                            .as_str(),
                        "57014"
                    );
                    break;
                }
                Event::RowDescription(_)
                | Event::CopyOut(_)
                | Event::ParseComplete
                | Event::BindComplete => {}
                other => panic!("{other:?}"),
            }
        }
        self.answers(status).await;
        count
    }

    /// The next query, on either way.
    async fn goes_on(&mut self) {
        assert_eq!(self.connection.unanswered(), 0);
        self.query("select 6 * 7");
        self.answers("RowDescription (42) SELECT 1 I").await;
        self.execute("select 'x'", 0);
        self.connection.sync().unwrap();
        self.answers("ParseComplete BindComplete (x) SELECT 1 I")
            .await;
    }
}

/// Runs `test` on both versions, in clear and with TLS.
async fn everywhere(test: impl AsyncFn(&mut Subject)) {
    for version in VERSIONS {
        for mode in ["disable", "require"] {
            let mut subject = Subject::new(version, mode).await;
            test(&mut subject).await;
            subject.goes_on().await;
        }
    }
}

#[tokio::test]
async fn idle() {
    everywhere(async |subject| subject.cancel().await).await;
}

#[tokio::test]
async fn a_simple_query() {
    everywhere(async |subject| {
        subject.query("select 1; select pg_sleep(600)");
        subject.reaches("active PgSleep").await;
        subject.cancel().await;
        subject
            .answers("RowDescription (1) SELECT 1 RowDescription 57014 I")
            .await;
    })
    .await;
}

#[tokio::test]
async fn an_extended_query() {
    everywhere(async |subject| {
        subject.execute("select pg_sleep(600)", 0);
        subject.connection.sync().unwrap();
        subject.reaches("active PgSleep").await;
        subject.cancel().await;
        subject.answers("ParseComplete BindComplete 57014 I").await;
    })
    .await;
}

/// The server is busy with sending what nobody takes.
#[tokio::test]
async fn between_rows() {
    const ROWS: usize = 10_000_000;
    let sql = format!("select generate_series(1, {ROWS}), repeat('x', 100)");
    everywhere(async |subject| {
        for extended in [false, true] {
            if extended {
                subject.execute(&sql, 0);
                subject.connection.sync().unwrap();
            } else {
                subject.query(&sql);
            }
            for _ in 0..100 {
                subject.connection.next().await.unwrap();
            }
            subject.cancel().await;
            let rows = subject.stops("I").await;
            assert!(rows < ROWS / 2, "{rows}");
        }
    })
    .await;
}

/// Between two Executes nothing runs, so that nothing is cancelled; while one does, the transaction is.
#[tokio::test]
async fn a_suspended_portal() {
    everywhere(async |subject| {
        subject.query("begin");
        subject.answers("BEGIN T").await;
        subject.execute(
            "select n, case when n > 4 then pg_sleep(600) end from generate_series(1, 5) n",
            2,
        );
        subject.connection.sync().unwrap();
        subject
            .answers("ParseComplete BindComplete (1|NULL) (2|NULL) PortalSuspended T")
            .await;
        subject.cancel().await;
        subject.connection.execute(PortalName::UNNAMED, 2).unwrap();
        subject.connection.sync().unwrap();
        subject.answers("(3|NULL) (4|NULL) PortalSuspended T").await;
        subject.connection.execute(PortalName::UNNAMED, 2).unwrap();
        subject.connection.sync().unwrap();
        subject.reaches("active PgSleep").await;
        subject.cancel().await;
        subject.answers("57014 E").await;
        subject.query("rollback");
        subject.answers("ROLLBACK I").await;
    })
    .await;
}

/// A server that waits for our data notices at the next message (CP-10); the COPY is then over, and no data is taken for commands.
#[tokio::test]
async fn a_copy_in() {
    everywhere(async |subject| {
        subject.query("create temporary table t (a text)");
        subject.answers("CREATE TABLE I").await;
        for extended in [false, true] {
            if extended {
                subject.execute("copy t from stdin", 0);
                subject.connection.flush().unwrap();
            } else {
                subject.query("copy t from stdin");
            }
            while !matches!(subject.connection.next().await.unwrap(), Event::CopyIn(_)) {}
            subject.connection.copy_data(b"one\n").unwrap();
            subject.reaches("active ClientRead").await;
            subject.cancel().await;
            subject.connection.copy_data(b"two\n").unwrap();
            match subject.connection.next().await.unwrap() {
                Event::Error(error) => {
                    assert_eq!(error.fields.value(b'C'), Some(&b"57014"[..]));
                }
                other => panic!("{other:?}"),
            }
            assert!(
                subject.connection.copy_data(b"drop table t;").is_err(),
                "SEC-49"
            );
            if extended {
                subject.connection.sync().unwrap();
            }
            subject.answers("I").await;
            subject.query("select count(*) from t");
            subject.answers("RowDescription (0) SELECT 1 I").await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_copy_out() {
    const ROWS: usize = 10_000_000;
    let sql = format!("copy (select generate_series(1, {ROWS}), repeat('x', 100)) to stdout");
    everywhere(async |subject| {
        subject.query(&sql);
        for _ in 0..100 {
            subject.connection.next().await.unwrap();
        }
        subject.cancel().await;
        let pieces = subject.stops("I").await;
        assert!(pieces < ROWS / 2, "{pieces}");
    })
    .await;
}

#[tokio::test]
async fn a_wait_for_a_lock() {
    everywhere(async |subject| {
        let mut holder = Subject::new(subject.version, "disable").await;
        let key = subject.pid.clone();
        holder.query(&format!("select pg_advisory_lock({key})"));
        answer(&mut holder.connection).await;
        let sql = format!("select pg_advisory_lock({key})");
        subject.query(&sql);
        subject.reaches("active advisory").await;
        subject.cancel().await;
        subject.answers("RowDescription 57014 I").await;
        // Who holds it is not concerned.
        holder.query(&format!("select pg_advisory_unlock({key})"));
        holder.answers("RowDescription (t) SELECT 1 I").await;
    })
    .await;
}

/// What runs fails, what is behind it up to Sync is skipped, and the next series is run.
#[tokio::test]
async fn the_middle_of_a_pipeline() {
    everywhere(async |subject| {
        subject.execute("select 1", 0);
        subject.connection.sync().unwrap();
        subject.execute("select 2", 0);
        subject.execute("select pg_sleep(600)", 0);
        subject.execute("select 3", 0);
        subject.connection.sync().unwrap();
        subject.execute("select 4", 0);
        subject.connection.sync().unwrap();
        subject.query("select 5");
        subject.reaches("active PgSleep").await;
        subject.cancel().await;
        subject
            .answers("ParseComplete BindComplete (1) SELECT 1 I")
            .await;
        subject
            .answers("ParseComplete BindComplete (2) SELECT 1 ParseComplete BindComplete 57014 I")
            .await;
        subject
            .answers("ParseComplete BindComplete (4) SELECT 1 I")
            .await;
        subject.answers("RowDescription (5) SELECT 1 I").await;
    })
    .await;
}

#[tokio::test]
async fn a_block() {
    everywhere(async |subject| {
        subject.query("begin");
        subject.answers("BEGIN T").await;
        subject.cancel().await;
        subject.query("savepoint a");
        subject.answers("SAVEPOINT T").await;
        subject.query("select pg_sleep(600)");
        subject.reaches("active PgSleep").await;
        subject.cancel().await;
        subject.answers("RowDescription 57014 E").await;
        // In the failed block there is nothing to cancel.
        subject.cancel().await;
        subject.query("select 1");
        subject.answers("25P02 E").await;
        subject.query("rollback to a");
        subject.answers("ROLLBACK T").await;
        subject.query("select 1");
        subject.answers("RowDescription (1) SELECT 1 T").await;
        subject.query("rollback");
        subject.answers("ROLLBACK I").await;
    })
    .await;
}

#[tokio::test]
async fn a_function_call() {
    everywhere(async |subject| {
        let seconds = [Some(&b"600"[..])];
        let call = trunkline_proto::frontend::FunctionCall {
            // pg_sleep
            function: trunkline_proto::Oid(2626),
            formats: Formats::default(),
            arguments: Values::from(&seconds),
            result_format: 0,
        };
        subject.connection.function_call(&call).unwrap();
        subject.reaches("fastpath function call PgSleep").await;
        subject.cancel().await;
        subject.answers("57014 I").await;
    })
    .await;
}
