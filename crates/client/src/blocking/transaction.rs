//! Transactions and savepoints.

use std::ops::Deref;

use super::drain::Drain;
use super::{Client, Portal};
use crate::client::{self, Source};
use crate::net::blocking::block_on;
use crate::{Params, Result};

/// A transaction, or a savepoint within one.
///
/// It is used as the [`Client`] that it dereferences to. [`close`](Client::close) there closes the session, and the server rolls the
/// transaction back.
///
/// Dropped without [`commit`](Self::commit) it is rolled back.
#[derive(Debug)]
#[must_use = "dropped, it is rolled back"]
pub struct Transaction<'c> {
    transaction: client::Transaction<'c>,
    drain: Drain<Client>,
}

impl<'c> Transaction<'c> {
    pub(super) fn new(transaction: client::Transaction<'c>) -> Self {
        Self {
            drain: Drain {
                client: Client::of(client::Client::clone(&transaction)),
                query: false,
            },
            transaction,
        }
    }

    /// Makes a savepoint: what is done in it can be rolled back without the rest. Its [`commit`](Self::commit) releases it.
    ///
    /// # Errors
    ///
    /// The transaction has failed (25P02); the connection was lost.
    pub fn savepoint(&mut self) -> Result<Transaction<'_>> {
        block_on(self.transaction.savepoint()).map(Transaction::new)
    }

    /// Makes a portal of a statement and its parameters, to take its rows some at a time.
    ///
    /// # Errors
    ///
    /// The parameters do not go with the statement; the server refused it; the connection was lost.
    pub fn portal<'a>(
        &self,
        source: impl Into<Source<'a>>,
        params: impl Params,
    ) -> Result<Portal<'_>> {
        let portal = block_on(self.transaction.portal(source, params))?;
        Ok(Portal::new(portal, &self.drain.client))
    }

    /// Commits; a savepoint is released, and committed with the transaction that it is in.
    ///
    /// # Errors
    ///
    /// The server refused it, and the transaction is rolled back: a deferred constraint, a serialization failure (40001), or a
    /// statement that had failed before. Or the connection was lost, and nobody knows whether it was committed.
    pub fn commit(self) -> Result<()> {
        block_on(self.transaction.commit())
    }

    /// Rolls back, and waits until that is done.
    ///
    /// # Errors
    ///
    /// The connection was lost, and the transaction with it.
    pub fn rollback(self) -> Result<()> {
        block_on(self.transaction.rollback())
    }
}

impl Deref for Transaction<'_> {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.drain.client
    }
}
