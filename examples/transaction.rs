//! Transactions: one number that all sessions share. `add N` adds to it, anything else shows it. Try `begin; add 1;
//! rollback;`, or an error in the middle.
use std::sync::{Arc, Mutex, PoisonError};

use trunkline::server::*;

#[derive(Default)]
struct Counter {
    shared: Arc<Mutex<i64>>,
    /// What the open transaction has added.
    pending: Mutex<Option<i64>>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Session for Counter {
    /// What is to be added; nothing, to look only.
    type Statement = Option<i64>;

    async fn prepare(&self, sql: &str, _: &[Type]) -> Result<Prepared<Option<i64>>> {
        match sql.trim().strip_prefix("add ") {
            Some(number) => match number.trim().parse() {
                Ok(number) => Ok(Prepared::new(Some(number))),
                Err(_) => Err(Error::new(SqlState::SYNTAX_ERROR, "not a number").position(5)),
            },
            None => Ok(Prepared::new(None).columns([("total", Type::INT8)])),
        }
    }

    async fn execute(&self, add: &Option<i64>, _: Params<'_>, reply: &mut Reply) -> Result<Tag> {
        if let Some(number) = add {
            match &mut *lock(&self.pending) {
                Some(pending) => *pending += number,
                None => *lock(&self.shared) += number,
            }
            return Ok(Tag::update(1));
        }
        let total = *lock(&self.shared) + lock(&self.pending).unwrap_or(0);
        reply.rows([(total,)]).await
    }

    async fn begin(&self, _: &Begin) -> Result<()> {
        *lock(&self.pending) = Some(0);
        Ok(())
    }

    async fn commit(&self) -> Result<()> {
        *lock(&self.shared) += lock(&self.pending).take().unwrap_or(0);
        Ok(())
    }

    async fn rollback(&self) -> Result<()> {
        *lock(&self.pending) = None;
        Ok(())
    }
}

fn main() -> Result<()> {
    let address = std::env::args().nth(1);
    let address = address.as_deref().unwrap_or("127.0.0.1:5432");
    let shared = Arc::new(Mutex::new(0));
    Server::new(Trust).run(address, move |_: &Client| Counter {
        shared: Arc::clone(&shared),
        ..Counter::default()
    })
}
