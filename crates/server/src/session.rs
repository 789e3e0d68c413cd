//! What a data service implements.

use std::future::{Future, ready};

use trunkline_proto::sql::Control;
use trunkline_proto::{Format, Oid};
use trunkline_types::Type;

use crate::{
    Begin, CopyIn, CopyOut, Error, ParameterStatus, Params, Prepared, Reply, Result, SqlState, Tag,
};

/// One client's session. **Two methods are required**, [`prepare`](Self::prepare) and [`execute`](Self::execute), and
/// every driver works; everything else has a default that is a correct PostgreSQL answer.
///
/// Methods take `&self`, because a suspended portal is a running `execute` that waits while other statements run on the
/// same session. Statements of one session never run at the same time, though: at any moment at most one makes progress.
///
/// # Cancellation
///
/// When the client cancels a statement, goes away, or the statement takes too long, [`cancel`](Self::cancel) is called
/// and the future of the method that runs is dropped. What must not be left half done belongs into another task. A
/// statement that sends rows or reads COPY data may learn of it first, by an error of [`Reply::row`] or
/// [`CopyIn::next`]; `cancel` is called then as well, once it has returned that error.
///
/// A cancel concerns the whole of a statement: one that comes while it is prepared, and does not stop that, keeps it
/// from being executed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a session",
    note = "implement `Session` for it: `prepare` and `execute` are enough"
)]
pub trait Session: Send + Sync + Sized + 'static {
    /// A prepared statement, in whatever form the service runs it.
    type Statement: Send + Sync + 'static;

    /// Prepares one statement. `sql` is never blank and holds no second statement.
    ///
    /// `types` are the parameter types that the client declared; [`Type::UNSPECIFIED`] leaves one to be inferred, and
    /// there may be fewer than parameters. Where given they win.
    ///
    /// The statement is kept for as long as the client wishes, so it should hold what was found out and not resources.
    fn prepare(
        &self,
        sql: &str,
        types: &[Type],
    ) -> impl Future<Output = Result<Prepared<Self::Statement>>> + Send;

    /// Runs a statement: rows go into `reply`, and the tag says what was done.
    fn execute(
        &self,
        statement: &Self::Statement,
        params: Params<'_>,
        reply: &mut Reply,
    ) -> impl Future<Output = Result<Tag>> + Send;

    /// Checks the syntax of a statement, without looking at what it refers to.
    ///
    /// Called for every statement of a Query that has several, before the first of them runs: a syntax error anywhere
    /// means that nothing has run.
    ///
    /// # Errors
    ///
    /// 42601 with a position.
    fn check_syntax(&self, sql: &str) -> Result<()> {
        let _ = sql;
        Ok(())
    }

    /// Says whether a statement controls the session rather than the data: BEGIN, COMMIT, SAVEPOINT, DEALLOCATE, …
    ///
    /// The library carries those out itself, with the help of the hooks below; they never reach `prepare`. The default
    /// knows PostgreSQL's spellings.
    fn control<'q>(&self, sql: &'q str) -> Option<Control<'q>> {
        Control::parse(sql)
    }

    /// Opens a transaction.
    ///
    /// Called for BEGIN, and for the transaction that the protocol implies around several statements of one Query, or of
    /// one extended series up to Sync. A statement alone is its own transaction: no hook is called, unless the session
    /// [wants it](Self::commits_alone).
    fn begin(&self, begin: &Begin) -> impl Future<Output = Result<()>> + Send {
        let _ = begin;
        ready(Ok(()))
    }

    /// Whether a statement that is alone commits by itself, as part of `execute`: the default, and the fastest.
    ///
    /// If not, [`begin`](Self::begin) and [`commit`](Self::commit) are called around it like around any other. A session
    /// that checks something only at the commit, such as a deferred constraint, may want that: the statement then
    /// succeeds, and Sync fails. Asked before each such statement.
    fn commits_alone(&self) -> bool {
        true
    }

    /// Commits the open transaction. If this fails, the transaction is taken to be rolled back.
    ///
    /// Once begun it goes on to its end: no cancel and no timeout stops it, nor the loss of the client, nor an order to stop,
    /// until the process itself has waited [long enough](crate::Listener::shutdown_grace).
    fn commit(&self) -> impl Future<Output = Result<()>> + Send {
        ready(Ok(()))
    }

    /// Rolls the open transaction back. Also called when a client leaves one open.
    fn rollback(&self) -> impl Future<Output = Result<()>> + Send {
        ready(Ok(()))
    }

    /// Sets a savepoint. The library has seen to it that a transaction is open.
    fn savepoint(&self, name: &str) -> impl Future<Output = Result<()>> + Send {
        let _ = name;
        ready(Ok(()))
    }

    /// Releases a savepoint, which exists, and those set after it.
    fn release(&self, name: &str) -> impl Future<Output = Result<()>> + Send {
        let _ = name;
        ready(Ok(()))
    }

    /// Rolls back to a savepoint, which exists and stays.
    fn rollback_to(&self, name: &str) -> impl Future<Output = Result<()>> + Send {
        let _ = name;
        ready(Ok(()))
    }

    /// DISCARD ALL: forgets settings and temporary objects. Statements and portals are the library's own to forget.
    fn discard(&self) -> impl Future<Output = Result<()>> + Send {
        ready(Ok(()))
    }

    /// `COPY … FROM STDIN`, for statements prepared with [`Prepared::copy_in`]. [`copy::Decoder`](crate::copy::Decoder) reads
    /// rows out of the data, in text, CSV and binary.
    ///
    /// # Errors
    ///
    /// The default fails with 0A000.
    fn copy_in(
        &self,
        statement: &Self::Statement,
        params: Params<'_>,
        input: &mut CopyIn<'_>,
    ) -> impl Future<Output = Result<Tag>> + Send {
        let _ = (statement, params, input);
        ready(Err(Error::unsupported("COPY FROM STDIN is not supported")))
    }

    /// `COPY … TO STDOUT`, for statements prepared with [`Prepared::copy_out`]. [`copy::Encoder`](crate::copy::Encoder) writes
    /// rows as such data.
    ///
    /// # Errors
    ///
    /// The default fails with 0A000.
    fn copy_out(
        &self,
        statement: &Self::Statement,
        params: Params<'_>,
        output: &mut CopyOut<'_>,
    ) -> impl Future<Output = Result<Tag>> + Send {
        let _ = (statement, params, output);
        ready(Err(Error::unsupported("COPY TO STDOUT is not supported")))
    }

    /// FunctionCall, the fast path of old: calls a function by its OID. The result is in `format`; `None` is NULL.
    ///
    /// # Errors
    ///
    /// The default fails with 42883.
    fn call(
        &self,
        function: Oid,
        arguments: Params<'_>,
        format: Format,
    ) -> impl Future<Output = Result<Option<Vec<u8>>>> + Send {
        let _ = (arguments, format);
        ready(Err(Error::new(
            SqlState::UNDEFINED_FUNCTION,
            format!("function with OID {} does not exist", function.0),
        )))
    }

    /// A prepared statement is bound again: has its result still the shape that was told?
    ///
    /// # Errors
    ///
    /// 0A000 "cached plan must not change result type" once a table has changed.
    fn revalidate(&self, statement: &Self::Statement) -> Result<()> {
        let _ = statement;
        Ok(())
    }

    /// The settings that are told to the client as the session starts: `status` holds the library's, to be changed or
    /// added to.
    fn parameters(&self, status: &mut ParameterStatus) {
        let _ = status;
    }

    /// The running statement is stopped before its end: tell an engine that works elsewhere to stop, too.
    ///
    /// Called exactly once for each statement that is stopped by a cancel, a timeout, the loss of the client or the end
    /// of the session: before the future that runs is dropped, or, if that failed by itself upon an error of
    /// [`Reply::row`] or [`CopyIn::next`], as soon as it has. Not called for a statement that comes to its end although a
    /// cancel was on its way, nor for a suspended portal that is dropped, since nothing of it runs.
    fn cancel(&self) {}
}
