//! What ends, or does not, when time runs out or the client goes: statements that are between two of the places where it
//! is usually found out.

#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use trunkline_server::{
    Client as Peer, CopyIn, Error, Format, Params, Prepared, Reply, Result, Server, Session,
    SessionHandle, SqlState, Tag, Trust, Type,
};

mod wire;

use wire::*;

/// Does what its statements are named after.
#[derive(Clone, Default)]
struct Odd {
    /// Those that came to their ends.
    commits: Arc<AtomicUsize>,
    rollbacks: Arc<AtomicUsize>,
    handle: Arc<Mutex<Option<SessionHandle>>>,
}

const MILLISECONDS_300: Duration = Duration::from_millis(300);

impl Session for Odd {
    type Statement = String;

    async fn prepare(&self, sql: &str, _: &[Type]) -> Result<Prepared<String>> {
        let prepared = Prepared::new(sql.trim().to_owned());
        Ok(match sql {
            "copy" => prepared.copy_in(Format::Text, 1),
            _ => prepared.columns([("n", Type::INT4)]),
        })
    }

    async fn execute(&self, what: &String, _: Params<'_>, reply: &mut Reply) -> Result<Tag> {
        match what.as_str() {
            "noisy" => noise(reply).await?,
            "noisy, unheard" => {
                let _ = noise(reply).await;
            }
            "endless" => {
                for n in 0.. {
                    reply.row((n % 1000,)).await?;
                }
            }
            _ => {}
        }
        Ok(Tag::select(0))
    }

    /// Looks whether there is data, and goes on without it.
    async fn copy_in(&self, _: &String, _: Params<'_>, input: &mut CopyIn<'_>) -> Result<Tag> {
        {
            let mut next = pin!(input.next());
            poll_fn(|cx| Poll::Ready(next.as_mut().poll(cx).is_pending())).await;
        }
        tokio::time::sleep(Duration::from_secs(60)).await;
        Ok(Tag::copy(0))
    }

    /// Takes longer than what limits the tests set.
    async fn commit(&self) -> Result<()> {
        tokio::time::sleep(3 * MILLISECONDS_300).await;
        self.commits.fetch_add(1, SeqCst);
        Ok(())
    }

    async fn rollback(&self) -> Result<()> {
        self.rollbacks.fetch_add(1, SeqCst);
        Ok(())
    }
}

/// 20 MB of notices, more than the buffers of the two sockets take; more of them, each after the time that the client has
/// to read; and rows.
async fn noise(reply: &mut Reply) -> Result<()> {
    let notice = Error::new(SqlState::SUCCESSFUL_COMPLETION, "x".repeat(10_000));
    for _ in 0..2_000 {
        reply.notice(&notice)?;
    }
    let mut told = Ok(());
    for _ in 0..4 {
        // The first time, the buffers may still take something.
        tokio::time::sleep(MILLISECONDS_300 + MILLISECONDS_300 / 2).await;
        told = told.and(reply.notice(&notice));
    }
    told?;
    for n in 0..3 {
        reply.row((n,)).await?;
    }
    Ok(())
}

fn start(change: impl FnOnce(Server<Trust>) -> Server<Trust>) -> (Client, Odd) {
    let odd = Odd::default();
    let (server, session) = (change(Server::new(Trust)), odd.clone());
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async move {
            let listener = server.bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            let opener = move |client: &Peer| {
                *session.handle.lock().unwrap() = Some(client.handle());
                session.clone()
            };
            listener.serve(opener, std::future::pending()).await;
        });
    });
    let mut client = Client::connect(told.recv_timeout(Duration::from_secs(10)).unwrap());
    client.start(&[("user", "alice")]);
    (client, odd)
}

#[test]
fn a_stream_that_was_given_up_does_not_go_on() {
    for sql in ["noisy", "noisy, unheard"] {
        let (mut client, odd) = start(|server| server.send_timeout(MILLISECONDS_300));
        client.send([query(&format!("nothing; {sql}"))]);
        client.expect("T C(SELECT 0)");
        std::thread::sleep(7 * MILLISECONDS_300);
        // As many as were sent, the last of them perhaps in part.
        let stream = client.rest();
        let mut rest = &stream[..];
        while let [b'N', a, b, c, d, ..] = *rest {
            let length = u32::from_be_bytes([a, b, c, d]) as usize;
            rest = rest.get(1 + length..).unwrap_or_default();
        }
        assert!(rest.len() < 5, "{} bytes follow", rest.len());
        assert_eq!(odd.commits.load(SeqCst), 0);
        assert_eq!(odd.rollbacks.load(SeqCst), 1);
    }
}

#[test]
fn a_copy_that_does_not_wait_for_data_any_more_is_stopped() {
    let (mut client, _) = start(|server| server.statement_timeout(MILLISECONDS_300));
    client.send([query("copy")]);
    client.expect("G E[57014 \"canceling statement due to statement timeout\"] Z(I)");
    let (mut client, _) = start(|server| server);
    client.send([query("copy")]);
    client.expect("G");
    let mut other = Client::connect(client.socket().peer_addr().unwrap());
    other.send([cancel_request(client.pid, &client.key)]);
    client.expect("E[57014 \"canceling statement due to user request\"] Z(I)");
}

#[test]
fn rows_that_go_nowhere_can_be_stopped() {
    // The rows of MOVE are dropped, and those of a cursor WITH HOLD kept.
    for (hold, last) in [("", "move all in c"), ("with hold ", "commit")] {
        // Before those that are kept are too many.
        let (mut client, odd) = start(|server| server.statement_timeout(MILLISECONDS_300 / 6));
        client.send([
            query("begin"),
            query(&format!("declare c cursor {hold}for endless")),
            query(last),
        ]);
        client.expect("C(BEGIN) Z(T) C(DECLARE CURSOR) Z(T) E[57014]");
        client.expect(if hold.is_empty() { "Z(E)" } else { "Z(I)" });
        assert_eq!(odd.commits.load(SeqCst), 0);
    }
    // Nobody hears of the result, so only the end of the stream tells that the client is gone.
    let (mut client, odd) = start(|server| server.half_close_grace(MILLISECONDS_300));
    client.send([
        query("begin"),
        query("declare c cursor for endless"),
        query("move all in c"),
    ]);
    client.expect("C(BEGIN) Z(T) C(DECLARE CURSOR) Z(T)");
    client.shutdown_write();
    client.expect("EOF");
    assert_eq!(odd.rollbacks.load(SeqCst), 1);
}

#[test]
fn a_commit_goes_on_to_its_end() {
    let begun = || {
        let (mut client, odd) = start(|server| {
            server
                .half_close_grace(Duration::ZERO)
                .statement_timeout(MILLISECONDS_300)
                .transaction_timeout(2 * MILLISECONDS_300)
        });
        client.send([query("begin"), query("commit")]);
        client.expect("C(BEGIN) Z(T)");
        std::thread::sleep(MILLISECONDS_300 / 3);
        (client, odd)
    };
    let committed = |odd: &Odd| {
        assert_eq!(odd.commits.load(SeqCst), 1);
        assert_eq!(odd.rollbacks.load(SeqCst), 0);
    };
    // The client does not wait for it, but hears of it.
    let (mut client, odd) = begun();
    client.shutdown_write();
    client.expect("C(COMMIT) Z(I) EOF");
    committed(&odd);
    // An order to stop is obeyed afterwards.
    let (mut client, odd) = begun();
    odd.handle.lock().unwrap().take().unwrap().terminate();
    client.expect("C(COMMIT) Z(I) E[FATAL 57P01] EOF");
    committed(&odd);
    // The client is gone altogether.
    let (client, odd) = begun();
    drop(client);
    std::thread::sleep(5 * MILLISECONDS_300);
    committed(&odd);
}
