//! Transaction blocks, the transactions that the protocol implies, and savepoints.

use tokio::time::Instant;
use trunkline_proto::SqlState;
use trunkline_proto::backend::TransactionStatus;
use trunkline_proto::sql::{Control, Isolation, Modes};

use super::{Core, End, Failure};
use crate::{Error, Result, Session, Tag};

/// How a transaction is to be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Begin {
    /// Nobody said BEGIN: it is the transaction around several statements of one request.
    pub implicit: bool,
    /// The isolation level, if one was asked for.
    pub isolation: Option<Isolation>,
    /// READ ONLY or READ WRITE, if either was said.
    pub read_only: Option<bool>,
    /// DEFERRABLE or NOT DEFERRABLE, if either was said.
    pub deferrable: Option<bool>,
}

impl Begin {
    fn explicit(modes: &Modes) -> Self {
        Self {
            implicit: false,
            isolation: modes.isolation,
            read_only: modes.read_only,
            deferrable: modes.deferrable,
        }
    }
}

/// Where the session stands.
#[derive(Debug, Default)]
pub(super) struct Transaction {
    pub(super) block: Block,
    /// A Query of several statements is being carried out.
    pub(super) in_query: bool,
    /// When the transaction was opened, if one is.
    pub(super) began: Option<Instant>,
    /// What BEGIN said.
    modes: Begin,
    savepoints: Vec<String>,
}

/// The transaction that is open.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Block {
    /// None: a statement is its own transaction.
    #[default]
    None,
    /// One that the protocol implies; it ends with the Query or at Sync.
    Implicit,
    /// One that BEGIN opened.
    Explicit,
    /// One that BEGIN opened and an error has spoilt.
    Failed,
}

impl Transaction {
    /// The byte of ReadyForQuery.
    #[inline]
    pub(super) fn status(&self) -> TransactionStatus {
        match self.block {
            // A Query inside a series ends, but the transaction of what was executed before does not (rule SQ-20).
            Block::Explicit | Block::Implicit => TransactionStatus::InTransaction,
            Block::Failed => TransactionStatus::Failed,
            Block::None => TransactionStatus::Idle,
        }
    }

    fn open(&mut self, block: Block) {
        self.block = block;
        self.began = Some(Instant::now());
    }

    /// Whether the session has a transaction open.
    #[inline]
    pub(super) fn is_open(&self) -> bool {
        self.block != Block::None
    }

    /// How many savepoints are set.
    #[inline]
    pub(super) fn depth(&self) -> usize {
        self.savepoints.len()
    }

    /// Refuses what may not run in a failed block.
    ///
    /// # Errors
    ///
    /// 25P02.
    #[inline]
    pub(super) fn admit(&self) -> Result<()> {
        if self.block == Block::Failed {
            return Err(failed());
        }
        Ok(())
    }

    /// Refuses a statement that cannot run inside a transaction, or one that is about to be shared with others.
    ///
    /// # Errors
    ///
    /// 25001.
    pub(super) fn admit_outside(&self, sql: &str, shared: bool) -> Result<()> {
        if !self.is_open() && !shared {
            return Ok(());
        }
        let word = sql.split_whitespace().next().unwrap_or("this command");
        Err(Error::new(
            SqlState::ACTIVE_SQL_TRANSACTION,
            format!(
                "{} cannot run inside a transaction block",
                word.to_ascii_uppercase()
            ),
        ))
    }

    fn savepoint(&self, name: &str) -> Result<usize> {
        self.savepoints
            .iter()
            .rposition(|savepoint| savepoint == name)
            .ok_or_else(|| {
                Error::new(
                    SqlState::INVALID_SAVEPOINT_SPECIFICATION,
                    format!("savepoint \"{name}\" does not exist"),
                )
            })
    }
}

#[cold]
pub(super) fn failed() -> Error {
    Error::new(
        SqlState::IN_FAILED_SQL_TRANSACTION,
        "current transaction is aborted, commands ignored until end of transaction block",
    )
}

#[cold]
fn no_transaction() -> Error {
    Error::new(
        SqlState::NO_ACTIVE_SQL_TRANSACTION,
        "there is no transaction in progress",
    )
}

#[cold]
pub(super) fn only_in_block(what: &str) -> Error {
    Error::new(
        SqlState::NO_ACTIVE_SQL_TRANSACTION,
        format!("{what} can only be used in transaction blocks"),
    )
}

/// Whether a statement ends a failed block, wholly or back to a savepoint.
pub(super) fn is_exit(control: &Control<'_>) -> bool {
    matches!(
        control,
        Control::Commit { .. }
            | Control::Rollback { .. }
            | Control::RollbackTo(_)
            | Control::PrepareTransaction(_)
    )
}

/// Whether a control statement is about names, and so a statement like any other in a transaction. (DECLARE wants one to be
/// there before.)
pub(super) fn is_about_names(control: &Control<'_>) -> bool {
    matches!(
        control,
        Control::Prepare { .. }
            | Control::Deallocate(_)
            | Control::DeallocateAll
            | Control::Fetch { .. }
            | Control::Move { .. }
            | Control::Close(_)
            | Control::CloseAll
    )
}

/// Calls a hook of the session.
macro_rules! hook {
    ($core:ident, $work:expr) => {{
        let deadline = $core.deadline();
        let session = $core.session;
        $core
            .outside
            .attend(&$core.shared, deadline, session, $work)
            .await
            .map_err(Failure::from)
    }};
}
pub(super) use hook;

/// Calls a hook that the client may cancel, like a statement.
macro_rules! cancellable {
    ($core:ident, $work:expr) => {{
        $core.shared.begin_step();
        $crate::connection::transaction::hook!($core, $work)
    }};
}
pub(super) use cancellable;

impl<S: Session> Core<'_, S> {
    /// Opens the transaction that several statements of one request share.
    #[cold]
    pub(super) async fn begin_implicit(&mut self) -> Result<(), Failure> {
        let begin = Begin {
            implicit: true,
            ..Begin::default()
        };
        self.open(&begin).await?;
        self.transaction.open(Block::Implicit);
        Ok(())
    }

    /// Has the session open a transaction. If that is interrupted half-way, whatever is open is rolled back.
    async fn open(&mut self, begin: &Begin) -> Result<(), Failure> {
        let session = self.session;
        let begun = cancellable!(self, session.begin(begin));
        match begun {
            Ok(done) => Ok(done?),
            Err(failure) => {
                self.undo().await?;
                Err(failure)
            }
        }
    }

    /// Has the session roll back. Nothing but the end of the session interrupts it, and a session that cannot roll back is
    /// of no use any more: what it answered next would not be true.
    async fn undo(&mut self) -> Result<(), Failure> {
        self.shared.end_statement();
        let session = self.session;
        let undone = self
            .outside
            .attend(&self.shared, None, session, session.rollback())
            .await
            .map_err(Failure::from)?;
        undone.map_err(|error| Failure::End(End::Fatal(error)))
    }

    /// Commits; whatever comes of it, the transaction is over.
    #[cold]
    pub(super) async fn commit(&mut self) -> Result<(), Failure> {
        if let Err(failure) = self.keep_held().await {
            self.portals.forget_kept();
            self.roll_back().await?;
            return Err(failure);
        }
        self.portals.clear();
        // A commit that has begun goes on to its end, whatever happens outside: nobody could tell what became of it, and a
        // rollback after it would tell the session nonsense. What happened meanwhile is found out afterwards.
        self.shared.end_statement();
        let committed = self.session.commit().await;
        self.close_block();
        match committed {
            Ok(()) => self.portals.settle(),
            Err(error) => {
                self.portals.forget_kept();
                return Err(error.into());
            }
        }
        Ok(())
    }

    /// Keeps the rows of cursors WITH HOLD, if there are any.
    async fn keep_held(&mut self) -> Result<(), Failure> {
        if !self.portals.to_hold().is_empty() {
            Box::pin(self.hold()).await?;
        }
        Ok(())
    }

    async fn roll_back(&mut self) -> Result<(), Failure> {
        self.portals.clear();
        self.undo().await?;
        self.close_block();
        Ok(())
    }

    fn close_block(&mut self) {
        self.portals.clear();
        self.transaction.block = Block::None;
        self.transaction.began = None;
        self.transaction.modes = Begin::default();
        self.transaction.savepoints = Vec::new();
        self.shared.recheck_mail();
    }

    /// After an error: an implicit transaction is rolled back, a block has failed.
    pub(super) async fn abort_transaction(&mut self) -> Result<(), End> {
        match self.transaction.block {
            Block::Explicit => {
                self.transaction.block = Block::Failed;
                self.portals.fail(self.transaction.depth());
            }
            Block::Implicit => match self.roll_back().await {
                Err(Failure::Error(error)) => return Err(End::Fatal(error)),
                Err(Failure::End(end)) => return Err(end),
                Ok(()) => {}
            },
            Block::None | Block::Failed => {}
        }
        Ok(())
    }

    /// Carries a control statement out, unless it is one that returns rows. `text` is all of it.
    #[cold]
    pub(super) async fn control(
        &mut self,
        control: &Control<'_>,
        text: &str,
    ) -> Result<Tag, Failure> {
        if self.transaction.block == Block::Failed && !is_exit(control) {
            return Err(failed().into());
        }
        let session = self.session;
        match control {
            Control::Begin(modes) | Control::StartTransaction(modes) => {
                match self.transaction.block {
                    Block::None => {
                        let begin = Begin::explicit(modes);
                        self.open(&begin).await?;
                        self.transaction.open(Block::Explicit);
                        self.transaction.modes = begin;
                    }
                    // What ran before is a part of the block (rule SQ-04).
                    Block::Implicit => self.transaction.block = Block::Explicit,
                    Block::Explicit | Block::Failed => self.warn(
                        SqlState::ACTIVE_SQL_TRANSACTION,
                        "there is already a transaction in progress",
                    )?,
                }
            }
            Control::Commit { chain } => return self.end_block(true, *chain).await,
            Control::Rollback { chain } => return self.end_block(false, *chain).await,
            Control::Savepoint(name) => {
                self.in_block("SAVEPOINT")?;
                cancellable!(self, session.savepoint(name))??;
                self.transaction.savepoints.push(name.to_string());
            }
            Control::Release(name) => {
                self.in_block("RELEASE SAVEPOINT")?;
                let place = self.transaction.savepoint(name)?;
                cancellable!(self, session.release(name))??;
                self.transaction.savepoints.truncate(place);
                self.portals.release(place);
            }
            Control::RollbackTo(name) => {
                if self.transaction.block != Block::Failed {
                    self.in_block("ROLLBACK TO SAVEPOINT")?;
                }
                let place = self.transaction.savepoint(name)?;
                cancellable!(self, session.rollback_to(name))??;
                self.transaction.savepoints.truncate(place + 1);
                self.portals.roll_back_to(place);
                self.transaction.block = Block::Explicit;
            }
            other => return Box::pin(self.namespace(other, text)).await,
        }
        Ok(Tag::new(control.tag()))
    }

    /// COMMIT and ROLLBACK, with or without AND CHAIN.
    async fn end_block(&mut self, commit: bool, chain: bool) -> Result<Tag, Failure> {
        let verb = if commit { "COMMIT" } else { "ROLLBACK" };
        // A chained transaction has the modes of the one before.
        let begin = self.transaction.modes;
        let tag = match self.transaction.block {
            Block::None | Block::Implicit if chain => {
                return Err(only_in_block(if commit {
                    "COMMIT AND CHAIN"
                } else {
                    "ROLLBACK AND CHAIN"
                })
                .into());
            }
            block @ (Block::None | Block::Implicit) => {
                self.warn(
                    no_transaction().sqlstate(),
                    no_transaction().message().to_owned(),
                )?;
                match (block, commit) {
                    (Block::None, _) => self.close_block(),
                    (_, true) => self.commit().await?,
                    (_, false) => self.roll_back().await?,
                }
                verb
            }
            Block::Explicit if commit => {
                self.commit().await?;
                verb
            }
            // A failed block can only be rolled back, whatever it is told (rule SQ-07).
            Block::Explicit | Block::Failed => {
                self.roll_back().await?;
                "ROLLBACK"
            }
        };
        if chain {
            self.open(&begin).await?;
            self.transaction.open(Block::Explicit);
            self.transaction.modes = begin;
        }
        Ok(Tag::new(tag))
    }

    fn in_block(&self, what: &str) -> Result<()> {
        match self.transaction.block {
            Block::Explicit => Ok(()),
            _ => Err(only_in_block(what)),
        }
    }

    /// Sends a NoticeResponse of severity WARNING.
    pub(super) fn warn(
        &mut self,
        sqlstate: SqlState,
        message: impl Into<std::borrow::Cow<'static, str>>,
    ) -> Result<()> {
        let warning = Error::new(sqlstate, message);
        let wire = self.reply.wire();
        warning.with_report(|report| {
            let report = trunkline_proto::backend::Report {
                severity: trunkline_proto::backend::Severity::Warning,
                ..*report
            };
            wire.answer(|machine, output| machine.notice(&report, output))
        })
    }
}
