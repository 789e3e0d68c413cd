//! What ends, or does not, when time runs out or the client goes: statements that are between two of the places where it
//! is usually found out.

#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use trunkline_server::{
    Client as Peer, Error, Params, Prepared, Reply, Result, Server, Session, SqlState, Tag, Trust,
    Type,
};

mod wire;

use wire::*;

/// Does what its statements are named after.
#[derive(Clone, Default)]
struct Odd {
    commits: Arc<AtomicUsize>,
    rollbacks: Arc<AtomicUsize>,
}

const MILLISECONDS_300: Duration = Duration::from_millis(300);

impl Session for Odd {
    type Statement = String;

    async fn prepare(&self, sql: &str, _: &[Type]) -> Result<Prepared<String>> {
        let prepared = Prepared::new(sql.trim().to_owned());
        Ok(prepared.columns([("n", Type::INT4)]))
    }

    async fn execute(&self, what: &String, _: Params<'_>, reply: &mut Reply) -> Result<Tag> {
        match what.as_str() {
            "noisy" => noise(reply).await?,
            "noisy, unheard" => {
                let _ = noise(reply).await;
            }
            _ => {}
        }
        Ok(Tag::select(0))
    }

    async fn commit(&self) -> Result<()> {
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
            let opener = move |_: &Peer| session.clone();
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
