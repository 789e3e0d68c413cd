//! Transactions and savepoints.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use super::answer::Answer;
use super::turn::Ticket;
use super::{Client, Fault, Rows};
use crate::Result;

/// How a transaction begins; what is left open is as the session's defaults say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TransactionOptions {
    isolation: Option<Isolation>,
    read_only: Option<bool>,
    deferrable: Option<bool>,
}

/// What a transaction sees of others (PostgreSQL docs 13.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Isolation {
    /// As `ReadCommitted`, in PostgreSQL.
    ReadUncommitted,
    /// Each statement sees what was committed before it began.
    ReadCommitted,
    /// All statements see what was committed before the first.
    RepeatableRead,
    /// As if transactions ran one after the other; one that cannot fails with 40001.
    Serializable,
}

impl TransactionOptions {
    /// The session's defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            isolation: None,
            read_only: None,
            deferrable: None,
        }
    }

    /// What the transaction sees of others.
    #[must_use]
    pub const fn isolation(mut self, isolation: Isolation) -> Self {
        self.isolation = Some(isolation);
        self
    }

    /// Whether it may change anything.
    #[must_use]
    pub const fn read_only(mut self, read_only: bool) -> Self {
        self.read_only = Some(read_only);
        self
    }

    /// Whether a serializable transaction that only reads waits until it cannot fail.
    #[must_use]
    pub const fn deferrable(mut self, deferrable: bool) -> Self {
        self.deferrable = Some(deferrable);
        self
    }

    fn begin(self) -> String {
        let isolation = match self.isolation {
            None => "",
            Some(Isolation::ReadUncommitted) => " ISOLATION LEVEL READ UNCOMMITTED",
            Some(Isolation::ReadCommitted) => " ISOLATION LEVEL READ COMMITTED",
            Some(Isolation::RepeatableRead) => " ISOLATION LEVEL REPEATABLE READ",
            Some(Isolation::Serializable) => " ISOLATION LEVEL SERIALIZABLE",
        };
        let read_only = match self.read_only {
            None => "",
            Some(true) => " READ ONLY",
            Some(false) => " READ WRITE",
        };
        let deferrable = match self.deferrable {
            None => "",
            Some(true) => " DEFERRABLE",
            Some(false) => " NOT DEFERRABLE",
        };
        format!("BEGIN{isolation}{read_only}{deferrable}")
    }
}

/// A transaction, or a savepoint within one. It has the session to itself: clones of the client wait until it is over.
///
/// It is used as the [`Client`] that it dereferences to, which fails once the transaction is over. What is called there concerns the
/// transaction's client: `clone()` gives a [`Client`] whose requests are part of the transaction, for other tasks to use as long as it
/// lasts, and not another transaction; [`close`](Client::close) closes the session, and the server rolls the transaction back.
///
/// Dropped without [`commit`](Self::commit) it is rolled back, without waiting for that.
#[must_use = "dropped, it is rolled back"]
pub struct Transaction<'c> {
    client: Client,
    ticket: Ticket,
    /// Of a savepoint, how deep it is.
    depth: u32,
    /// What ends it is sent.
    over: bool,
    within: PhantomData<&'c mut Client>,
}

impl Client {
    /// Begins a transaction.
    ///
    /// # Errors
    ///
    /// The client is a clone of a transaction's, in which a [`savepoint`](Transaction::savepoint) can be made (nothing was sent then); the
    /// server refused it, which it does not in ordinary life; the connection was lost.
    ///
    /// # Cancel safety
    ///
    /// Dropped, a transaction that was begun is rolled back.
    pub async fn transaction(&mut self) -> Result<Transaction<'_>> {
        self.transaction_with(TransactionOptions::new()).await
    }

    /// Begins a transaction of a certain kind.
    ///
    /// # Errors
    ///
    /// As [`transaction`](Self::transaction).
    ///
    /// # Cancel safety
    ///
    /// As [`transaction`](Self::transaction).
    pub async fn transaction_with(
        &mut self,
        options: TransactionOptions,
    ) -> Result<Transaction<'_>> {
        if self.ticket.is_some() {
            return Err(Fault::Within.into());
        }
        Transaction::begin(self, 0, &options.begin()).await
    }
}

impl<'c> Transaction<'c> {
    async fn begin(client: &Client, depth: u32, sql: &str) -> Result<Self> {
        let (slot, ticket) = client
            .shared
            .in_turn(client.ticket, |session| {
                let slot = session.send_query(sql, None)?;
                Ok((slot, session.turn.give()))
            })
            .await?;
        let answer = Answer::new(client.shared.clone(), slot);
        let transaction = Self {
            client: Client {
                ticket: Some(ticket),
                ..client.clone()
            },
            ticket,
            depth,
            over: false,
            within: PhantomData,
        };
        Rows::of_whole(answer, None).await?.count()?;
        Ok(transaction)
    }

    /// Makes a savepoint: what is done in it can be rolled back without the rest. Its [`commit`](Self::commit) releases it.
    ///
    /// # Errors
    ///
    /// The transaction has failed (25P02); the connection was lost.
    ///
    /// # Cancel safety
    ///
    /// Dropped, a savepoint that was made is rolled back.
    pub async fn savepoint(&mut self) -> Result<Transaction<'_>> {
        let depth = self.depth + 1;
        Transaction::begin(&self.client, depth, &format!("SAVEPOINT trunkline_{depth}")).await
    }

    /// Commits; a savepoint is released, and committed with the transaction that it is in.
    ///
    /// # Errors
    ///
    /// The server refused it, and the transaction is rolled back: a deferred constraint, a serialization failure (40001), or a
    /// statement that had failed before. Or the connection was lost, and nobody knows whether it was committed.
    ///
    /// # Cancel safety
    ///
    /// Dropped after it was polled, the transaction is committed or was never; nobody knows which. Of a savepoint the same is true, and
    /// the transaction that it is in goes on.
    pub async fn commit(mut self) -> Result<()> {
        let rows = match self.depth {
            0 => self.end("COMMIT", None).await?,
            depth => {
                let undo = self.undo().into();
                let sql = format!("RELEASE SAVEPOINT trunkline_{depth}");
                let released = self.end(&sql, Some(undo)).await;
                // Refused, it is being rolled back.
                let shared = &self.client.shared;
                released.inspect_err(|_| shared.with(|session| shared.go_on(session)))?
            }
        };
        // The server says so instead of refusing.
        let rolled_back = rows.tag_is(b"ROLLBACK");
        rows.count()?;
        if rolled_back {
            return Err(Fault::RolledBack.into());
        }
        Ok(())
    }

    /// Rolls back, and waits until that is done.
    ///
    /// # Errors
    ///
    /// The connection was lost, and the transaction with it.
    ///
    /// # Cancel safety
    ///
    /// Dropped, it is rolled back all the same.
    pub async fn rollback(mut self) -> Result<()> {
        let sql = self.undo();
        self.end(&sql, None).await?.count()?;
        Ok(())
    }

    fn undo(&self) -> String {
        match self.depth {
            0 => "ROLLBACK".into(),
            depth => format!("ROLLBACK TO trunkline_{depth}; RELEASE trunkline_{depth}"),
        }
    }

    /// Sends what ends it, after which it is over, and others may send behind it. But if that may be refused and is then to be undone,
    /// as with a savepoint that cannot be released, they wait for the answer, whoever else does.
    async fn end(&mut self, sql: &str, undo: Option<Box<str>>) -> Result<Rows> {
        let Self {
            client,
            ticket,
            over,
            ..
        } = self;
        let slot = client
            .shared
            .in_turn(Some(*ticket), |session| {
                let slot = session.send_query(sql, None)?;
                *over = true;
                match undo {
                    Some(undo) => session.slots.entry(slot).undo = Some((*ticket, undo)),
                    None => session.give_up(*ticket),
                }
                Ok(slot)
            })
            .await?;
        Rows::of_whole(Answer::new(client.shared.clone(), slot), None).await
    }
}

impl Deref for Transaction<'_> {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let (sql, ticket) = (self.undo(), self.ticket);
        let shared = &self.client.shared;
        shared.with(|session| {
            session.undo(ticket, &sql);
            shared.go_on(session);
        });
    }
}

impl fmt::Debug for Transaction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction")
            .field("depth", &self.depth)
            .finish_non_exhaustive()
    }
}
