//! PostgreSQL's transactions on SQLite's.
//!
//! In READ COMMITTED, PostgreSQL's default, every statement sees what was committed before it. A SQLite transaction sees one
//! snapshot; so it begins only with the first write, which takes the write lock, and statements before that run on their own.
//! The first write therefore never fails because another session has written meanwhile: it waits for the lock. REPEATABLE READ and
//! SERIALIZABLE begin at once and keep their snapshot; their first write fails with 40001 if it is no longer the newest.

use rusqlite::Statement;
use trunkline_server::{Error, Isolation, Result, SqlState};

use super::engine::{Engine, savepoint};
use super::translate::{Query, TagKind};

/// Where the session stands.
#[derive(Debug, Default)]
pub(crate) struct Transaction {
    block: Block,
    /// The names of the savepoints, the outermost first.
    savepoints: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Block {
    /// Each statement for itself.
    #[default]
    None,
    /// A block that has not written yet, and whose statements see each the newest state.
    Waiting,
    /// A SQLite transaction is open.
    Open,
}

impl Engine {
    /// Opens a block.
    pub(crate) fn begin(
        &self,
        isolation: Option<Isolation>,
        read_only: Option<bool>,
    ) -> Result<()> {
        self.shared.begin();
        let isolation = isolation.map(|level| match level {
            Isolation::ReadUncommitted => "read uncommitted",
            Isolation::ReadCommitted => "read committed",
            Isolation::RepeatableRead => "repeatable read",
            Isolation::Serializable => "serializable",
        });
        {
            let mut settings = self.shared.settings();
            let isolation = match isolation {
                Some(level) => level.to_owned(),
                None => settings.show("default_transaction_isolation")?,
            };
            let read_only =
                read_only.unwrap_or_else(|| settings.is_on("default_transaction_read_only"));
            settings.set("transaction_isolation", Some(&isolation), true)?;
            settings.set(
                "transaction_read_only",
                Some(if read_only { "on" } else { "off" }),
                true,
            )?;
        }
        *self.transaction.borrow_mut() = Transaction {
            block: Block::Waiting,
            savepoints: Vec::new(),
        };
        Ok(())
    }

    /// Refuses what makes sense only in a transaction block.
    ///
    /// # Errors
    ///
    /// 25P01 outside of one.
    pub(crate) fn require_block(&self, what: &str) -> Result<()> {
        if self.transaction.borrow().block != Block::None {
            return Ok(());
        }
        let message = format!("{what} can only be used in transaction blocks");
        Err(Error::new(SqlState::NO_ACTIVE_SQL_TRANSACTION, message))
    }

    fn keeps_snapshot(&self) -> bool {
        let level = self
            .shared
            .settings()
            .show("transaction_isolation")
            .unwrap_or_default();
        matches!(level.as_str(), "repeatable read" | "serializable")
    }

    fn is_read_only(&self) -> bool {
        let block = self.transaction.borrow().block;
        let name = if block == Block::None {
            "default_transaction_read_only"
        } else {
            "transaction_read_only"
        };
        self.shared.settings().is_on(name)
    }

    /// Before a statement runs: opens the SQLite transaction that it needs.
    ///
    /// # Errors
    ///
    /// 25006 for a write in a read-only transaction; 55P03 when the write lock is not to be had in time.
    pub(crate) fn enter(&self, statement: &Statement<'_>, query: &Query) -> Result<()> {
        let writes = !statement.readonly();
        if writes && self.is_read_only() {
            let verb = match query.tag {
                TagKind::Insert => "INSERT",
                TagKind::Update => "UPDATE",
                TagKind::Delete => "DELETE",
                _ => "this statement",
            };
            return Err(read_only(verb));
        }
        let block = self.transaction.borrow().block;
        if block == Block::Waiting {
            if writes || query.locks {
                self.open(if self.keeps_snapshot() {
                    "BEGIN"
                } else {
                    "BEGIN IMMEDIATE"
                })?;
            } else if self.keeps_snapshot() {
                self.open("BEGIN")?;
            }
        }
        Ok(())
    }

    /// Whether the client has opened a block.
    pub(crate) fn is_in_block(&self) -> bool {
        self.transaction.borrow().block != Block::None
    }

    /// Before statements that write for sure.
    pub(crate) fn enter_write(&self) -> Result<()> {
        if self.is_read_only() {
            return Err(read_only("this statement"));
        }
        let block = self.transaction.borrow().block;
        if block == Block::Waiting {
            self.open(if self.keeps_snapshot() {
                "BEGIN"
            } else {
                "BEGIN IMMEDIATE"
            })?;
        }
        Ok(())
    }

    fn open(&self, begin: &str) -> Result<()> {
        self.execute(begin)?;
        let mut transaction = self.transaction.borrow_mut();
        transaction.block = Block::Open;
        // Nothing was written since they were set: they are all the same point.
        for (depth, name) in transaction.savepoints.iter().enumerate() {
            self.execute(&format!("SAVEPOINT {}", savepoint(depth, name)))?;
        }
        Ok(())
    }

    fn execute(&self, sql: &str) -> Result<()> {
        self.connection
            .execute_batch(sql)
            .map_err(|error| self.fault(error, &Query::default(), &[]))
    }

    /// Commits the block. If that fails, it is rolled back.
    pub(crate) fn commit(&self) -> Result<()> {
        let open = std::mem::take(&mut *self.transaction.borrow_mut()).block == Block::Open;
        let outcome = if open && !self.connection.is_autocommit() {
            self.execute("COMMIT")
        } else {
            Ok(())
        };
        if outcome.is_err() && !self.connection.is_autocommit() {
            // The reason of the failed commit is what counts.
            let _ = self.execute("ROLLBACK");
        }
        self.shared.end(outcome.is_ok());
        outcome
    }

    /// Rolls the block back.
    pub(crate) fn rollback(&self) -> Result<()> {
        *self.transaction.borrow_mut() = Transaction::default();
        // SQLite may have rolled back by itself: when it was interrupted, or the disk was full.
        let outcome = if self.connection.is_autocommit() {
            Ok(())
        } else {
            self.execute("ROLLBACK")
        };
        self.shared.end(false);
        outcome
    }

    pub(crate) fn savepoint(&self, name: &str) -> Result<()> {
        let mut transaction = self.transaction.borrow_mut();
        if transaction.block == Block::Open {
            self.execute(&format!(
                "SAVEPOINT {}",
                savepoint(transaction.savepoints.len(), name)
            ))?;
        }
        transaction.savepoints.push(name.to_owned());
        self.shared.save();
        Ok(())
    }

    pub(crate) fn release(&self, name: &str) -> Result<()> {
        let mut transaction = self.transaction.borrow_mut();
        let depth = transaction.depth(name)?;
        if transaction.block == Block::Open {
            self.execute(&format!("RELEASE {}", savepoint(depth, name)))?;
        }
        transaction.savepoints.truncate(depth);
        self.shared.release(depth);
        Ok(())
    }

    pub(crate) fn rollback_to(&self, name: &str) -> Result<()> {
        let mut transaction = self.transaction.borrow_mut();
        let depth = transaction.depth(name)?;
        if transaction.block == Block::Open {
            if self.connection.is_autocommit() {
                return Err(Error::new(
                    SqlState::TRANSACTION_ROLLBACK,
                    "the engine has rolled the whole transaction back, its savepoints with it",
                ));
            }
            self.execute(&format!("ROLLBACK TO {}", savepoint(depth, name)))?;
        }
        transaction.savepoints.truncate(depth + 1);
        self.shared.restore(depth);
        Ok(())
    }
}

impl Transaction {
    fn depth(&self, name: &str) -> Result<usize> {
        self.savepoints
            .iter()
            .rposition(|n| n == name)
            .ok_or_else(|| {
                Error::new(
                    SqlState::INVALID_SAVEPOINT_SPECIFICATION,
                    format!("savepoint \"{name}\" does not exist"),
                )
            })
    }
}

fn read_only(verb: &str) -> Error {
    Error::new(
        SqlState::READ_ONLY_SQL_TRANSACTION,
        format!("cannot execute {verb} in a read-only transaction"),
    )
}
