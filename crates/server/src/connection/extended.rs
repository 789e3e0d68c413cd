//! The extended query messages, but for Execute.

use std::sync::Arc;

use trunkline_proto::frontend::{Bind, FunctionCall, Parse, Target};
use trunkline_proto::server::Connection;
use trunkline_proto::sql::{self, Control};
use trunkline_proto::{Format, SqlState, StatementName};
use trunkline_types::Type;

use super::portals::Place;
use super::simple::{check_ends, position, utf8};
use super::statements::{Kind, Statement};
use super::transaction::{self, Block, cancellable};
use super::{Core, Failure};
use crate::formats::Formats;
use crate::params::{Params, Values, bad_format};
use crate::prepared::Prepared;
use crate::reply;
use crate::{Columns, Error, Result, Session};

impl<S: Session> Core<'_, S> {
    /// Parse: a statement is prepared.
    pub(super) async fn parse(&mut self, parse: &Parse<'_>) -> Result<(), Failure> {
        let name = &parse.statement;
        if name.is_unnamed() {
            // Even if this one fails (rule EQ-03).
            self.statements.remove_unnamed();
        }
        let text = utf8(parse.sql)?;
        utf8(name.as_bytes())?;
        let types: Vec<Type> = parse.types.iter().map(Type::from_oid).collect();
        let session = self.session;

        let mut pieces = sql::split(text).filter(|piece| !piece.is_blank());
        let statement = match (pieces.next(), pieces.next()) {
            (None, _) => Statement::without_session(name, text, Kind::Empty, &types),
            (Some(_), Some(_)) => {
                return Err(Error::new(
                    SqlState::SYNTAX_ERROR,
                    "cannot insert multiple commands into a prepared statement",
                )
                .into());
            }
            (Some(piece), None) => {
                check_ends(&piece, text)?;
                if let Some(control) = session.control(piece.text) {
                    if self.transaction.block == Block::Failed && !transaction::is_exit(&control) {
                        return Err(transaction::failed().into());
                    }
                    self.parse_control(name, &control, piece.text, &types)
                        .await
                        .map_err(|failure| failure.shift(position(text, piece.offset) - 1))?
                } else {
                    if let Err(failed) = self.transaction.admit() {
                        session
                            .check_syntax(piece.text)
                            .map_err(|error| error.shift(position(text, piece.offset) - 1))?;
                        return Err(failed.into());
                    }
                    let shift = position(text, piece.offset) - 1;
                    let prepared = self.prepare(piece.text, &types, shift).await?;
                    Statement::new(name, piece.text, prepared)
                }
            }
        };
        self.statements.admit(name)?;
        self.statements.insert(name, statement, &mut self.budget)?;
        Ok(self.reply.wire().answer(Connection::parse_complete)?)
    }

    /// Has the session prepare a statement. `shift` is the number of characters before it.
    pub(super) async fn prepare(
        &mut self,
        sql: &str,
        types: &[Type],
        shift: u32,
    ) -> Result<Prepared<S::Statement>, Failure> {
        let session = self.session;
        let prepared = cancellable!(self, session.prepare(sql, types));
        let prepared = prepared?.map_err(|error| error.shift(shift))?;
        if prepared.params.len() > usize::from(u16::MAX) {
            return Err(too_many_parameters().into());
        }
        self.admit_columns(&prepared.columns)?;
        Ok(prepared)
    }

    /// Parse of a control statement. The query of a DECLARE may have parameters, and is prepared at once.
    #[cold]
    async fn parse_control(
        &mut self,
        name: &StatementName<'_>,
        control: &Control<'_>,
        text: &str,
        types: &[Type],
    ) -> Result<Statement<S::Statement>, Failure> {
        if let Control::Declare(cursor) = control {
            let query = Box::pin(self.prepare_cursor(cursor, types, text)).await?;
            let params = query.params.clone();
            let kind = Kind::Declare(query);
            return Ok(Statement::without_session(name, text, kind, &params));
        }
        let mut statement = Statement::without_session(name, text, Kind::Control, types);
        statement.columns = self.columns_of(control);
        Ok(statement)
    }

    /// Refuses a result that has more columns than PostgreSQL and its drivers are made for.
    ///
    /// # Errors
    ///
    /// 54011.
    pub(super) fn admit_columns(&self, columns: &Columns) -> Result<()> {
        let limit = self.config.limits.columns;
        if columns.types().len() > limit {
            return Err(Error::new(
                SqlState::TOO_MANY_COLUMNS,
                format!("target lists can have at most {limit} entries"),
            ));
        }
        Ok(())
    }

    /// Bind: parameters are copied out of the message, and a portal is made.
    #[inline]
    pub(super) fn bind(&mut self, bind: &Bind<'_>) -> Result<(), Failure> {
        let prepared = self.statements.find(&bind.statement)?;
        if self.transaction.block == Block::Failed {
            admit_in_failed(self.session, prepared)?;
        }
        let current;
        let statement = if let Kind::User(_) = prepared.kind {
            prepared
        } else {
            let prepared = Arc::clone(prepared);
            current = self.current(prepared);
            &current
        };
        check_counts(bind, statement)?;
        if let Kind::User(user) = &statement.kind {
            self.session.revalidate(user)?;
        }
        self.portals.admit(&bind.portal)?;

        match self.portals.place(&bind.portal, statement) {
            Place::Unnamed { portal, live } => {
                portal.fill(bind)?;
                portal.depth = self.transaction.depth();
                *live = true;
            }
            Place::Named(mut portal) => {
                portal.fill(bind)?;
                portal.depth = self.transaction.depth();
                portal.pay(&mut self.budget)?;
                self.portals.insert(&bind.portal, portal);
            }
        }

        Ok(self.reply.wire().answer(Connection::bind_complete)?)
    }

    /// Describe.
    pub(super) fn describe(&mut self, target: &Target<'_>) -> Result<(), Failure> {
        let failed = self.transaction.block == Block::Failed;
        let (statement, formats) = match target {
            Target::Statement(name) => (self.statements.find(name)?, &Formats::Text),
            Target::Portal(name) => {
                let portal = self.portals.find(name)?;
                (&portal.statement, &portal.formats)
            }
        };
        if failed && statement.columns.returns_rows() {
            return Err(transaction::failed().into());
        }
        let wire = self.reply.wire();
        if let Target::Statement(_) = target {
            let types = statement.params.iter().map(|ty| ty.oid());
            wire.answer(|machine, output| machine.parameters(types, output))?;
        }
        if statement.columns.returns_rows() {
            reply::describe(wire, &statement.columns, formats)?;
        } else {
            wire.answer(Connection::no_data)?;
        }
        Ok(())
    }

    /// Close: no error if there is nothing of that name (rule EQ-13).
    pub(super) fn close(&mut self, target: &Target<'_>) -> Result<(), Failure> {
        match target {
            Target::Statement(name) => {
                self.statements.remove(name);
            }
            Target::Portal(name) => self.portals.remove(name),
        }
        Ok(self.reply.wire().answer(Connection::close_complete)?)
    }

    /// Sync: an implicit transaction is committed, and ReadyForQuery sent.
    #[inline]
    pub(super) async fn sync(&mut self) -> Result<(), Failure> {
        if self.transaction.block == Block::Implicit {
            self.commit().await?;
        }
        if !self.transaction.is_open() {
            self.portals.clear();
        }
        self.ready().await
    }

    /// FunctionCall, the fast path.
    #[cold]
    pub(super) async fn call(&mut self, call: &FunctionCall<'_>) -> Result<(), Failure> {
        self.transaction.admit()?;
        let format =
            Format::try_from(call.result_format).map_err(|_| bad_format(call.result_format))?;
        let count = call.arguments.len();
        if !call.formats.fits(count) {
            return Err(Error::new(
                SqlState::PROTOCOL_VIOLATION,
                format!(
                    "function call message contains {} argument formats but {count} arguments",
                    call.formats.len()
                ),
            )
            .into());
        }
        if count > self.config.limits.arguments {
            return Err(Error::new(
                SqlState::PROTOCOL_VIOLATION,
                format!("function call message contains {count} arguments, more than a function can have"),
            )
            .into());
        }
        let mut values = Values::NONE;
        values.copy_from(&call.formats, call.arguments.iter(), &[])?;
        let session = self.session;
        let result = cancellable!(
            self,
            session.call(call.function, Params::new(&values, &[]), format)
        );
        let result = result??;
        self.reply
            .wire()
            .answer(|machine, output| machine.function_result(result.as_deref(), output))?;
        self.end_request().await
    }
}

/// In a failed block only the end of it may be bound, and only without parameters (rule EQ-35).
#[cold]
fn admit_in_failed<S: Session>(session: &S, statement: &Statement<S::Statement>) -> Result<()> {
    let exit = matches!(statement.kind, Kind::Control)
        && statement.params.is_empty()
        && session
            .control(&statement.sql)
            .is_some_and(|control| transaction::is_exit(&control));
    if exit {
        Ok(())
    } else {
        Err(transaction::failed())
    }
}

/// The counts of a Bind must agree with the statement.
#[inline]
fn check_counts<S>(bind: &Bind<'_>, statement: &Statement<S>) -> Result<()> {
    let (params, formats) = (bind.params.len(), bind.param_formats.len());
    if formats > 1 && formats != params {
        return Err(violation(format!(
            "bind message has {formats} parameter formats but {params} parameters"
        )));
    }
    if params != statement.params.len() {
        return Err(violation(format!(
            "bind message supplies {params} parameters, but prepared statement \"{}\" requires {}",
            statement.shown_name(),
            statement.params.len()
        )));
    }
    let results = bind.result_formats.len();
    let columns = statement.columns.types().len();
    if results > 1 && results != columns && statement.columns.returns_rows() {
        return Err(violation(format!(
            "bind message has {results} result formats but query has {columns} columns"
        )));
    }
    Ok(())
}

#[cold]
fn violation(message: String) -> Error {
    Error::new(SqlState::PROTOCOL_VIOLATION, message)
}

#[cold]
fn too_many_parameters() -> Error {
    Error::internal("a statement was prepared with more than 65,535 parameters")
}
