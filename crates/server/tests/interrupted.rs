//! Statements that are stopped: what a cancel reaches, whenever it comes, and what the session is told.

#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use trunkline_server::{
    Client as Peer, CopyIn, Format, Params, Prepared, Reply, Result, Server, Session,
    SessionHandle, Tag, Trust, Type,
};

mod wire;

use wire::*;

/// What was called, by all sessions of a server.
#[derive(Default)]
struct Calls {
    executions: AtomicUsize,
    cancels: AtomicUsize,
}

/// Cancels its own statements: so a cancel comes just when a test wants it to.
struct SelfCancelling {
    handle: SessionHandle,
    calls: Arc<Calls>,
}

impl Session for SelfCancelling {
    type Statement = String;

    async fn prepare(&self, sql: &str, _: &[Type]) -> Result<Prepared<String>> {
        if sql.trim() == "in prepare" {
            self.handle.cancel();
        }
        let prepared = Prepared::new(sql.trim().to_owned());
        Ok(match sql.trim() {
            "copy" | "copy carelessly" | "copy in its own time" => {
                prepared.copy_in(Format::Text, 1)
            }
            _ => prepared.columns([("n", Type::INT4)]),
        })
    }

    async fn execute(&self, what: &String, _: Params<'_>, reply: &mut Reply) -> Result<Tag> {
        self.calls.executions.fetch_add(1, SeqCst);
        match what.as_str() {
            "in a row" => {
                reply.row((1,)).await?;
                self.handle.cancel();
                reply.row((2,)).await?;
            }
            "in a row, unheard" => {
                self.handle.cancel();
                let _ = reply.row((1,)).await;
            }
            "in a wait" => {
                self.handle.cancel();
                tokio::time::sleep(Duration::from_secs(60)).await;
            }
            "too late" => self.handle.cancel(),
            "endless" => {
                for n in 0.. {
                    reply.row((n,)).await?;
                }
            }
            "sleep" => tokio::time::sleep(Duration::from_secs(60)).await,
            _ => {}
        }
        Ok(Tag::select(1))
    }

    async fn copy_in(&self, what: &String, _: Params<'_>, input: &mut CopyIn<'_>) -> Result<Tag> {
        self.handle.cancel();
        match what.as_str() {
            "copy" => while input.next().await?.is_some() {},
            "copy carelessly" => while matches!(input.next().await, Ok(Some(_))) {},
            _ => tokio::time::sleep(Duration::from_secs(60)).await,
        }
        Ok(Tag::copy(1))
    }

    fn cancel(&self) {
        self.calls.cancels.fetch_add(1, SeqCst);
    }
}

struct Running {
    client: Client,
    calls: Arc<Calls>,
    _runtime: tokio::runtime::Runtime,
}

impl Running {
    /// So often was the session told to stop since this was asked last.
    #[track_caller]
    fn expect_told(&self, times: usize) {
        assert_eq!(self.calls.cancels.swap(0, SeqCst), times);
    }
}

fn start(change: impl FnOnce(Server<Trust>) -> Server<Trust>) -> Running {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let server = change(Server::new(Trust));
    let listener = runtime.block_on(server.bind("127.0.0.1:0")).unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    let calls = Arc::<Calls>::default();
    let shared = Arc::clone(&calls);
    runtime.spawn(async move {
        let opener = move |client: &Peer| SelfCancelling {
            handle: client.handle(),
            calls: Arc::clone(&shared),
        };
        listener.serve(opener, std::future::pending()).await;
    });
    let mut client = Client::connect(address);
    client.start(&[("user", "alice")]);
    Running {
        client,
        calls,
        _runtime: runtime,
    }
}

const CANCELLED: &str = "E[57014 \"canceling statement due to user request\"] Z(I)";

#[test]
fn a_cancel_during_the_preparation_stops_the_statement() {
    let mut server = start(|server| server);
    server.client.send([query("in prepare")]);
    server.client.expect(CANCELLED);
    server.expect_told(1);
    server
        .client
        .send([query("in prepare; nothing"), query("nothing")]);
    server.client.expect(CANCELLED);
    server.client.expect("T C(SELECT 1) Z(I)");
    server.expect_told(1);
    assert_eq!(server.calls.executions.load(SeqCst), 1);
    // A Parse is a request of its own: what is bound afterwards is not what was cancelled.
    server.client.send([
        parse("", "in prepare", &[]),
        bind("", "", &[]),
        execute("", 0),
        sync(),
    ]);
    server.client.expect("1 2 C(SELECT 1) Z(I)");
    server.expect_told(0);
}

#[test]
fn the_session_is_told_however_the_cancel_is_noticed() {
    let mut server = start(|server| server);
    let run = |sql: &str| [parse("", sql, &[]), bind("", "", &[])].concat();
    server.client.send([query("in a row")]);
    server.client.expect("T D[1] D[2]");
    server.client.expect(CANCELLED);
    server.expect_told(1);
    server
        .client
        .send([run("in a row"), execute("", 0), sync()]);
    server.client.expect("1 2 D[1] D[2]");
    server.client.expect(CANCELLED);
    server.expect_told(1);
    // A portal that is resumed.
    server
        .client
        .send([run("in a row"), execute("", 1), execute("", 1), sync()]);
    server.client.expect("1 2 D[1] s");
    server.client.expect("D[2]");
    server.client.expect(CANCELLED);
    server.expect_told(1);
    server.client.send([query("in a wait")]);
    server.client.expect(CANCELLED);
    server.expect_told(1);
}

#[test]
fn a_cancel_that_comes_too_late_hits_nothing() {
    let mut server = start(|server| server);
    server.client.send([query("too late"), query("nothing")]);
    server
        .client
        .expect("T C(SELECT 1) Z(I) T C(SELECT 1) Z(I)");
    let late = [
        parse("", "too late", &[]),
        bind("", "", &[]),
        execute("", 0),
    ];
    server.client.send([late.concat().repeat(2), sync()]);
    server.client.expect("1 2 C(SELECT 1) 1 2 C(SELECT 1) Z(I)");
    server.client.send([query("in a row, unheard")]);
    server.client.expect("T D[1] C(SELECT 1) Z(I)");
    server.expect_told(0);
}

#[test]
fn a_cancel_between_statements_of_a_query_stops_the_query() {
    let mut server = start(|server| server);
    server.client.send([query("too late; nothing")]);
    server.client.expect("T C(SELECT 1)");
    server.client.expect(CANCELLED);
    server.expect_told(1);
    server.client.send([query("begin; too late; commit")]);
    server
        .client
        .expect("C(BEGIN) T C(SELECT 1) E[57014 \"canceling statement due to user request\"] Z(E)");
    server.expect_told(1);
    server.client.send([query("rollback")]);
    server.client.expect("C(ROLLBACK) Z(I)");
    // Behind a COMMIT statements can be cancelled as before it.
    server.client.send([query("nothing; commit; in a wait")]);
    server
        .client
        .expect("T C(SELECT 1) N[WARNING 25P01] C(COMMIT)");
    server.client.expect(CANCELLED);
    server.expect_told(1);
}

#[test]
fn a_copy_is_told_once() {
    let mut server = start(|server| server);
    for sql in ["copy", "copy carelessly", "copy in its own time"] {
        server.client.send([query(sql)]);
        server.client.expect("G");
        server.client.send([copy_data(b"1\n"), copy_done()]);
        server.client.expect(CANCELLED);
        server.expect_told(1);
    }
}

#[test]
fn timeouts_are_told_once() {
    let mut server = start(|server| server.statement_timeout(Duration::from_millis(100)));
    for sql in ["sleep", "endless"] {
        server.client.send([query(sql)]);
        server.client.expect_until("E[57014]");
        server.client.expect("Z(I)");
        server.expect_told(1);
    }
}
