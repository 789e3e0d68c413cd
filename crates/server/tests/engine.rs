//! A session whose engine takes its time: prepare, begin and commit wait, COPY data is kept or ignored. What such engines
//! do to the protocol does not show with sessions that are ready at once.

#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use trunkline_server::{
    Begin, Client as Peer, CopyIn, Format, Params, Prepared, Reply, Result, Server, Session,
    SessionHandle, Tag, Trust, Type,
};

mod wire;

use wire::*;

/// What the engine was asked to do, in order.
type Log = Arc<Mutex<Vec<&'static str>>>;

struct Engine {
    log: Log,
    handle: SessionHandle,
    /// The COPY data that was kept.
    kept: Arc<Mutex<Vec<u8>>>,
}

#[derive(Clone, Copy)]
enum Statement {
    Nothing,
    /// Sets a statement timeout of 100 ms.
    Hurry,
    /// Keeps what it reads, and whatever goes wrong calls it a success.
    CopyCarelessly,
    /// Reads nothing, and is done at once.
    CopyNothing,
    /// Waits for its engine instead of the client.
    CopySlowly,
}

impl Engine {
    fn note(&self, what: &'static str) {
        self.log.lock().unwrap().push(what);
    }
}

impl Session for Engine {
    type Statement = Statement;

    async fn prepare(&self, sql: &str, _: &[Type]) -> Result<Prepared<Statement>> {
        // Long enough for what the client sends next to arrive meanwhile.
        tokio::time::sleep(Duration::from_millis(20)).await;
        Ok(match sql.trim() {
            "hurry" => Prepared::new(Statement::Hurry),
            "copy carelessly" => Prepared::new(Statement::CopyCarelessly).copy_in(Format::Text, 1),
            "copy nothing" => Prepared::new(Statement::CopyNothing).copy_in(Format::Text, 1),
            "copy slowly" => Prepared::new(Statement::CopySlowly).copy_in(Format::Text, 1),
            _ => Prepared::new(Statement::Nothing),
        })
    }

    async fn execute(&self, statement: &Statement, _: Params<'_>, _: &mut Reply) -> Result<Tag> {
        if let Statement::Hurry = statement {
            self.handle
                .statement_timeout(Some(Duration::from_millis(100)));
        }
        Ok(Tag::new("DONE"))
    }

    async fn copy_in(
        &self,
        statement: &Statement,
        _: Params<'_>,
        input: &mut CopyIn<'_>,
    ) -> Result<Tag> {
        match statement {
            Statement::CopySlowly => std::future::pending().await,
            Statement::CopyCarelessly => {
                while let Ok(Some(piece)) = input.next().await {
                    self.kept.lock().unwrap().extend_from_slice(piece);
                }
            }
            _ => {}
        }
        Ok(Tag::copy(1))
    }

    async fn begin(&self, _: &Begin) -> Result<()> {
        self.note("begin");
        Ok(())
    }

    async fn commit(&self) -> Result<()> {
        self.note("commit");
        tokio::time::sleep(Duration::from_millis(300)).await;
        self.note("committed");
        Ok(())
    }

    async fn rollback(&self) -> Result<()> {
        self.note("rollback");
        Ok(())
    }
}

struct Running {
    address: SocketAddr,
    log: Log,
    kept: Arc<Mutex<Vec<u8>>>,
    handles: Arc<Mutex<Vec<SessionHandle>>>,
    _runtime: tokio::runtime::Runtime,
}

fn serve() -> Running {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let (log, kept, handles) = (Log::default(), Arc::default(), Arc::default());
    let listener = runtime
        .block_on(Server::new(Trust).bind("127.0.0.1:0"))
        .unwrap();
    let running = Running {
        address: listener.local_addr().unwrap(),
        log: Arc::clone(&log),
        kept: Arc::clone(&kept),
        handles: Arc::clone(&handles),
        _runtime: runtime,
    };
    let open = move |peer: &Peer| {
        handles.lock().unwrap().push(peer.handle());
        Engine {
            log: Arc::clone(&log),
            handle: peer.handle(),
            kept: Arc::clone(&kept),
        }
    };
    running
        ._runtime
        .spawn(listener.serve(open, std::future::pending()));
    running
}

impl Running {
    fn login(&self) -> Client {
        let mut client = Client::connect(self.address);
        client.start(&[("user", "ada")]);
        client
    }
}

/// CP-07: data that is sent before the answer to COPY stays in order, also when a part of it comes while the engine is
/// busy with the statement.
#[test]
fn copy_data_sent_ahead_stays_in_order() {
    let server = serve();
    let mut client = server.login();
    let first = [
        query("copy carelessly"),
        copy_data(b"one\n"),
        copy_data(b"two\n"),
    ]
    .concat();
    let (ahead, later) = first.split_at(first.len() - 3);
    client.send_bytes(ahead);
    std::thread::sleep(Duration::from_millis(5));
    client.send_bytes(&[later, &copy_data(b"three\n"), &copy_done()].concat());
    client.expect("G C(COPY 1) Z(I)");
    assert_eq!(*server.kept.lock().unwrap(), b"one\ntwo\nthree\n");
}

/// CP-05: a COPY that the client gives up has failed, whatever the session makes of it.
#[test]
fn a_copy_given_up_is_not_complete() {
    let server = serve();
    let mut client = server.login();
    client.send([
        query("copy carelessly"),
        copy_data(b"x\n"),
        copy_fail("nope"),
    ]);
    client.expect("G E[57014] Z(I)");
    // A CopyFail without its terminator is a fault of that message alone (FR-04).
    client.send([query("copy carelessly"), message(b'f', b"no end")]);
    client.expect("G E[08P01] Z(I)");
    client.send([query("nothing")]);
    client.expect("C(DONE) Z(I)");
}

/// A session that reads nothing of a COPY does not keep the server from ending it.
#[test]
fn a_copy_that_is_not_read_can_be_terminated() {
    let server = serve();
    let mut client = server.login();
    client.send([query("copy nothing")]);
    client.expect("G");
    server.handles.lock().unwrap()[0].terminate();
    client.expect("E[FATAL 57P01] EOF");
}

/// CP-10 excuses waiting for the client only: a COPY that waits for its engine times out.
#[test]
fn a_copy_that_waits_for_its_engine_times_out() {
    let server = serve();
    let mut client = server.login();
    client.send([query("hurry")]);
    client.expect("C(DONE) Z(I)");
    client.send([query("copy slowly")]);
    client.expect("G E[57014] Z(I)");
}

/// A commit that has begun is not timed out: the client could not know what became of it.
#[test]
fn a_commit_is_not_interrupted() {
    let server = serve();
    let mut client = server.login();
    client.send([query("hurry")]);
    client.expect("C(DONE) Z(I)");
    client.send([query("one; two")]);
    client.expect("C(DONE) C(DONE) Z(I)");
    assert_eq!(
        *server.log.lock().unwrap(),
        ["begin", "commit", "committed"]
    );
}
