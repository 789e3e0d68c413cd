//! Cancelling: the work runs on a thread of its own, as a blocking engine's would. Press Ctrl-C in psql, kill psql, or
//! `set` a timeout with any number of milliseconds: the work stops within one step.
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use trunkline::server::*;

struct Worker {
    handle: SessionHandle,
    /// Counts the cancels; work that began before the last of them is not wanted any more.
    current: Arc<AtomicU64>,
}

impl Session for Worker {
    /// The new timeout of a `set`.
    type Statement = Option<u64>;

    async fn prepare(&self, sql: &str, _: &[Type]) -> Result<Prepared<Option<u64>>> {
        if let Some(number) = sql.trim().strip_prefix("set ") {
            let number = number.trim().parse();
            return match number {
                Ok(number) => Ok(Prepared::new(Some(number))),
                Err(_) => Err(Error::new(SqlState::SYNTAX_ERROR, "not a number").position(5)),
            };
        }
        Ok(Prepared::new(None).columns([("step", Type::INT8)]))
    }

    async fn execute(&self, set: &Option<u64>, _: Params<'_>, reply: &mut Reply) -> Result<Tag> {
        if let Some(timeout) = set {
            self.handle
                .statement_timeout(Some(Duration::from_millis(*timeout)));
            return Ok(Tag::new("SET"));
        }
        // At most 16 steps wait here: a client that reads slowly slows the work down.
        let (steps, mut results) = tokio::sync::mpsc::channel(16);
        let current = Arc::clone(&self.current);
        let mine = current.load(Ordering::Relaxed);
        std::thread::spawn(move || {
            let wanted = || current.load(Ordering::Relaxed) == mine;
            for step in (0i64..).take_while(|_| wanted()) {
                std::thread::sleep(Duration::from_millis(10));
                if steps.blocking_send(step).is_err() {
                    break;
                }
            }
        });
        while let Some(step) = results.recv().await {
            reply.row((step,)).await?;
        }
        Err(Error::internal("the work ended by itself"))
    }

    fn cancel(&self) {
        self.current.fetch_add(1, Ordering::Relaxed);
    }
}

fn main() -> Result<()> {
    let address = std::env::args().nth(1);
    let address = address.as_deref().unwrap_or("127.0.0.1:5432");
    Server::new(Trust).run(address, |client: &Client| Worker {
        handle: client.handle(),
        current: Arc::default(),
    })
}
