//! Sessions that do odd things, and clients that do: what a session's code may do without harm to its client, and the
//! other way round.

#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::{Duration, Instant};

use trunkline_server::{
    Authenticated, Authenticator, Client as Peer, Exchange, Params, Prepared, Reply, Result,
    Server, Session, Tag, Trust, Type,
};

mod wire;

use wire::*;

/// Does what its statements are named after.
#[derive(Clone, Default)]
struct Odd {
    panics: bool,
    rollbacks: Arc<AtomicUsize>,
    cancels: Arc<AtomicUsize>,
    /// What `Debug` shows.
    shown: Arc<Mutex<String>>,
}

const MILLISECONDS_300: Duration = Duration::from_millis(300);

impl Session for Odd {
    type Statement = String;

    async fn prepare(&self, sql: &str, _: &[Type]) -> Result<Prepared<String>> {
        let prepared = Prepared::new(sql.to_owned()).columns([("n", Type::INT4)]);
        Ok(if sql == "large" {
            prepared.columns([("t", Type::TEXT)])
        } else if sql == "shown" {
            prepared.params([Type::TEXT]).columns([("t", Type::TEXT)])
        } else {
            prepared
        })
    }

    #[allow(clippy::manual_async_fn, reason = "it panics before there is a future")]
    fn rollback(&self) -> impl Future<Output = Result<()>> + Send {
        self.rollbacks.fetch_add(1, SeqCst);
        assert!(!self.panics, "a panic in the hook");
        async { Ok(()) }
    }

    fn cancel(&self) {
        self.cancels.fetch_add(1, SeqCst);
    }

    async fn execute(&self, what: &String, params: Params<'_>, reply: &mut Reply) -> Result<Tag> {
        match what.as_str() {
            // A `select!` whose other arm wins: each row is polled, and dropped if it is not ready.
            "impatient" => {
                for n in 0..2 {
                    polled_once(reply.row((n,))).await;
                    yielded().await;
                }
                Ok(Tag::select(2))
            }
            // The wait for the next Execute is dropped, and nothing more is sent.
            "quitter" => {
                polled_once(reply.row((0,))).await;
                yielded().await;
                Ok(Tag::select(1))
            }
            "unawaited" => {
                for n in 0..100 {
                    drop(reply.row((n,)));
                }
                Ok(Tag::select(100))
            }
            "misfit" => {
                drop(reply.row(("text",)));
                Ok(Tag::select(1))
            }
            "panic" => {
                reply.row((1,)).await?;
                panic!("a panic behind a row");
            }
            // Unawaited, so that it is not the statement that waits for the client.
            "much" => {
                for n in 0..2_000 {
                    drop(reply.row((n,)));
                }
                Ok(Tag::select(2_000))
            }
            // 40 MB: more than the buffers of the two sockets take.
            "large" => {
                let text = "x".repeat(100_000);
                for _ in 0..400 {
                    reply.row((&text,)).await?;
                }
                Ok(Tag::select(400))
            }
            "sleep" => {
                tokio::time::sleep(MILLISECONDS_300).await;
                Ok(Tag::select(0))
            }
            "shown" => {
                drop(reply.row((params.get::<&str>(0)?,)));
                *self.shown.lock().unwrap() = format!("{params:?} {reply:?}");
                Ok(Tag::select(1))
            }
            "bomb" => {
                let _bomb = Bomb;
                reply.row((1,)).await?;
                reply.row((2,)).await?;
                Ok(Tag::select(2))
            }
            _ => Ok(Tag::select(0)),
        }
    }
}

/// Panics as it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("a panic in a drop");
    }
}

async fn polled_once(sending: impl Future<Output = Result<()>>) {
    let mut sending = pin!(sending);
    poll_fn(|cx| {
        let _ = sending.as_mut().poll(cx);
        Poll::Ready(())
    })
    .await;
}

/// Gives way once.
async fn yielded() {
    let mut first = true;
    poll_fn(|cx| {
        if std::mem::take(&mut first) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    })
    .await;
}

fn start(change: impl FnOnce(Server<Trust>) -> Server<Trust>) -> Client {
    start_with(change, Odd::default())
}

fn start_with(change: impl FnOnce(Server<Trust>) -> Server<Trust>, odd: Odd) -> Client {
    let mut client = Client::connect(serve(change(Server::new(Trust)), odd));
    client.start(&[("user", "alice")]);
    client
}

fn serve(server: Server<impl Authenticator>, odd: Odd) -> SocketAddr {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async move {
            let listener = server.bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            let opener = move |_: &Peer| odd.clone();
            listener.serve(opener, std::future::pending()).await;
        });
    });
    told.recv_timeout(Duration::from_secs(10)).unwrap()
}

fn bound(sql: &str) -> Vec<u8> {
    [parse("", sql, &[]), bind("", "", &[])].concat()
}

#[test]
fn rows_whose_futures_are_dropped_arrive_across_a_row_limit() {
    let mut client = start(|server| server);
    client.send([bound("impatient"), execute("", 1), execute("", 0), sync()]);
    client.expect("1 2 D[0] s D[1] C(SELECT 1) Z(I)");
}

#[test]
fn a_portal_that_ends_without_its_turn_has_sent_nothing() {
    let mut client = start(|server| server);
    client.send([bound("quitter"), execute("", 1), execute("", 7), sync()]);
    client.expect("1 2 D[0] s C(SELECT 0) Z(I)");
}

#[test]
fn rows_beyond_the_limit_that_nobody_awaits_are_refused() {
    let mut client = start(|server| server);
    client.send([bound("unawaited"), execute("", 3), sync()]);
    client.expect("1 2 D[0] D[1] D[2] E[XX000] Z(I)");
    client.send([bound("unawaited"), execute("", 0), sync()]);
    client.expect("1 2 D×100 C(SELECT 100) Z(I)");
}

#[test]
fn a_failure_that_nobody_awaits_fails_the_statement() {
    let mut client = start(|server| server);
    client.send([query("misfit"), query("nothing")]);
    client.expect("E[XX000] Z(I) T C(SELECT 0) Z(I)");
    client.send([bound("misfit"), execute("", 0), sync()]);
    client.expect("1 2 E[XX000] Z(I)");
}

#[test]
fn a_panic_within_move_leaves_no_rows() {
    let mut client = start(|server| server);
    client.send([
        query("begin"),
        query("declare c cursor for panic"),
        query("move 5 in c"),
    ]);
    client.expect("C(BEGIN) Z(T) C(DECLARE CURSOR) Z(T) E[FATAL XX000] EOF");
    let mut client = start(|server| server);
    client.send([
        query("begin"),
        query("declare c cursor with hold for panic"),
        query("commit"),
    ]);
    client.expect("C(BEGIN) Z(T) C(DECLARE CURSOR) Z(T) E[FATAL XX000] EOF");
}

/// A message that there is not.
fn nonsense() -> Vec<u8> {
    b"z\0\0\0\x04".to_vec()
}

#[test]
fn last_words_survive_panics_in_the_clean_up() {
    let odd = Odd {
        panics: true,
        ..Odd::default()
    };
    let mut client = start_with(|server| server, odd.clone());
    client.send([
        query("begin"),
        parse("", "bomb", &[]),
        bind("a", "", &[]),
        bind("", "", &[]),
        execute("a", 1),
        execute("", 1),
        flush(),
    ]);
    client.expect("C(BEGIN) Z(T) 1 2 2 D[1] s D[1] s");
    client.send([nonsense()]);
    client.expect("E[FATAL 08P01] EOF");
    assert_eq!(odd.rollbacks.load(SeqCst), 1);
}

#[test]
fn last_words_survive_what_nobody_reads() {
    let mut client = start(|server| server);
    client.send([nonsense(), vec![0; 8 << 20]]);
    client.expect("E[FATAL 08P01] EOF");
}

#[test]
fn a_message_that_drips_in_is_idleness() {
    let mut client = start(|server| server.idle_timeout(MILLISECONDS_300));
    for byte in &query("a message of some length")[..20] {
        client.send_bytes(&[*byte]);
        std::thread::sleep(Duration::from_millis(50));
    }
    // It came while bytes did.
    let told = client.next(Instant::now() + Duration::from_millis(100));
    assert!(told.is_some(), "the session goes on");
    client.expect("EOF");
}

#[test]
fn clients_that_do_not_read_are_given_up() {
    for limit in [
        |server: Server<Trust>| server.transaction_timeout(MILLISECONDS_300),
        |server: Server<Trust>| server.idle_in_transaction_timeout(MILLISECONDS_300),
    ] {
        let odd = Odd::default();
        let mut client = start_with(limit, odd.clone());
        client.send([query("begin")]);
        client.expect("C(BEGIN) Z(T)");
        // Answers of many megabytes that nobody reads, of statements that are done at once.
        let many = [bound("much"), execute("", 0)].concat().repeat(1_000);
        client.send([many, sync()]);
        let began = Instant::now();
        while odd.rollbacks.load(SeqCst) == 0 {
            assert!(began.elapsed() < Duration::from_secs(5), "it is waited for");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn rows_that_nobody_takes_are_given_up() {
    for begin in [query("select 1"), query("begin")] {
        let odd = Odd::default();
        let limit = |server: Server<Trust>| server.send_timeout(MILLISECONDS_300);
        let mut client = start_with(limit, odd.clone());
        let in_block = begin == query("begin");
        client.send([begin]);
        client.expect_until("Z");
        let began = Instant::now();
        client.send([query("large")]);
        while odd.cancels.load(SeqCst) == 0 || (in_block && odd.rollbacks.load(SeqCst) == 0) {
            assert!(began.elapsed() < Duration::from_secs(5), "it is waited for");
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(began.elapsed() >= MILLISECONDS_300);
        assert_eq!(odd.cancels.load(SeqCst), 1);
    }
}

#[test]
fn a_slow_reader_is_not_given_up() {
    let mut client = start(|server| server.send_timeout(Duration::from_secs(1)));
    let began = Instant::now();
    client.send([query("large")]);
    client.expect("T");
    for _ in 0..5 {
        std::thread::sleep(MILLISECONDS_300);
        client.expect("D×80");
    }
    client.expect("C(SELECT 400) Z(I)");
    assert!(began.elapsed() > Duration::from_secs(1));
}

#[test]
fn no_limit_is_no_limit() {
    let mut client = start(|server| {
        server
            .statement_timeout(Duration::ZERO)
            .idle_timeout(Duration::ZERO)
            .send_timeout(Duration::ZERO)
            .half_close_grace(Duration::MAX)
    });
    client.send([query("sleep")]);
    client.shutdown_write();
    client.expect("T C(SELECT 0) Z(I) EOF");
}

/// Asks for a password in clear, and lets everybody in.
struct Curious(Arc<Mutex<String>>);

impl Authenticator for Curious {
    async fn authenticate(
        &self,
        peer: &Peer,
        exchange: &mut Exchange<'_>,
    ) -> Result<Authenticated> {
        exchange.password_in_clear().await?;
        *self.0.lock().unwrap() = format!("{exchange:?}");
        Trust.authenticate(peer, exchange).await
    }
}

#[test]
fn debug_shows_no_secrets() {
    let is_discreet = |shown: &str| {
        assert!(shown.len() > 20, "{shown}");
        let numbers = format!("{:?}", b"swordfish");
        let numbers = numbers.trim_matches(['[', ']']);
        assert!(
            !shown.contains("swordfish") && !shown.contains(numbers),
            "{shown}"
        );
    };
    let asked = Arc::default();
    let odd = Odd::default();
    let address = serve(Server::new(Curious(Arc::clone(&asked))), odd.clone());
    let mut client = Client::connect(address);
    client.send([startup(V3_0, &[("user", "alice")])]);
    client.expect("R(3)");
    client.send([password("swordfish")]);
    client.expect_ready();
    is_discreet(&asked.lock().unwrap());
    client.send([
        parse("", "shown", &[]),
        bind("", "", &[Some("swordfish")]),
        execute("", 0),
        sync(),
    ]);
    client.expect("1 2 D[swordfish] C(SELECT 1) Z(I)");
    is_discreet(&odd.shown.lock().unwrap());
}
