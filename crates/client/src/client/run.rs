//! How statements are run, in each mode.

use std::sync::Arc;

use trunkline_proto::backend::{ParameterDescription, TransactionStatus, code};
use trunkline_proto::client::Series;
use trunkline_proto::codec::Oids;
use trunkline_proto::frontend::{Parse, Target};
use trunkline_proto::sql::commits_midway;
use trunkline_proto::{Decode, Format, Oid, PortalName, SqlState, StatementName};
use trunkline_types::Type;

use super::answer::Answer;
use super::rows::{Rows, described};
use super::slots::Keep;
use super::statement::{Dropped, Named};
use super::types::may_be_domain;
use super::{Client, Mode, Source, Statement, literal};
use crate::error::Kind;
use crate::row::{self, Binding, ParamTypes, ValueError};
use crate::{Columns, Error, Params, Result};

impl Client {
    /// Runs a statement, up to where it is known that it runs.
    pub(super) async fn start<P: Params>(
        &self,
        source: Source<'_>,
        params: &P,
        keep: Keep,
    ) -> Result<Rows> {
        let sql = match source {
            Source::Statement(statement) => return self.bound(statement, params, keep).await,
            Source::Sql(sql) => sql,
        };
        match self.mode {
            Mode::Prepared => self.cached(sql, params, keep).await,
            Mode::Unnamed => self.unnamed(sql, params, keep).await,
            Mode::Simple => {
                let sql = literal::interpolate(sql, params)?;
                let answer = self.simple(&sql, keep).await?;
                self.rows(answer, None, keep).await
            }
        }
    }

    /// By a statement that stays prepared. The server may have lost it, or may find that it would return something else by now.
    async fn cached<P: Params>(&self, sql: &str, params: &P, keep: Keep) -> Result<Rows> {
        let statement = self.prepare(sql).await?;
        let error = match self.bound(&statement, params, keep).await {
            Err(error) if is_stale(&error) => error,
            Err(error) if is_mistyped(&error) => {
                // The statement may be older than the table that it is about: next time it is prepared again.
                self.shared.with(|session| session.cache.forget(sql));
                return Err(error);
            }
            result => return result,
        };
        let idle = self.shared.with(|session| {
            session.cache.forget(sql);
            session.status() == TransactionStatus::Idle
        });
        if !idle {
            // The transaction has failed with it.
            return Err(error);
        }
        let statement = self.prepare(sql).await?;
        self.bound(&statement, params, keep).await
    }

    async fn bound<P: Params>(
        &self,
        statement: &Statement,
        params: &P,
        keep: Keep,
    ) -> Result<Rows> {
        let run = |series: &mut Series, home: &Arc<Dropped>| {
            statement.check_home(home)?;
            bind(series, PortalName::UNNAMED, statement, params)?;
            series.execute(PortalName::UNNAMED, 0)?;
            Ok(series.sync()?)
        };
        let answer = match self.request(keep, run).await {
            Err(error) if may_be_domain(&error) => {
                // Rare, and much larger than what it is within.
                Box::pin(self.see_through(statement, error)).await?;
                self.request(keep, run).await?
            }
            answer => answer?,
        };
        let answer = answer.divided(statement.is_divisible());
        self.rows(answer, Some(statement.columns().clone()), keep)
            .await
    }

    pub(super) async fn unnamed<P: Params>(
        &self,
        sql: &str,
        params: &P,
        keep: Keep,
    ) -> Result<Rows> {
        let answer = self
            .request(keep, |series, _| {
                unnamed(series, sql, params)?;
                Ok(series.sync()?)
            })
            .await?
            .divided(commits_midway(sql));
        self.rows(answer, None, keep).await
    }

    /// By the simple protocol.
    pub(super) async fn simple(&self, sql: &str, keep: Keep) -> Result<Answer> {
        let answer = self.request(keep, |series, _| Ok(series.query(sql)?));
        Ok(answer.await?.divided(commits_midway(sql)))
    }

    /// Sends requests when it is this client's turn.
    pub(super) async fn request(
        &self,
        keep: Keep,
        build: impl FnOnce(&mut Series, &Arc<Dropped>) -> Result<()>,
    ) -> Result<Answer> {
        let send = self.shared.send(self.ticket, keep, build);
        Ok(Answer::new(self.shared.clone(), send.await?).cancelled_on_drop(self.cancel))
    }

    /// The rows of an answer, as they come or once it is whole.
    pub(super) async fn rows(
        &self,
        answer: Answer,
        columns: Option<Columns>,
        keep: Keep,
    ) -> Result<Rows> {
        match keep {
            Keep::Stream => Rows::begin(answer, columns).await,
            Keep::Rows(_) => Rows::of_whole(answer, columns).await,
        }
    }
}

/// Parse, Bind, Describe, Execute of SQL whose parameters' types the server finds out.
pub(super) fn unnamed<P: Params>(series: &mut Series, sql: &str, params: &P) -> Result<()> {
    let (statement, portal) = (StatementName::UNNAMED, PortalName::UNNAMED);
    series.parse(&Parse {
        statement,
        sql: sql.as_bytes(),
        types: Oids::from(&[]),
    })?;
    let binding = Binding {
        portal,
        statement,
        types: ParamTypes::First(&[]),
        format: Format::Text,
        results: &[],
    };
    series.bind_with(|out| row::bind(&binding, params, out))?;
    series.describe(Target::Portal(portal))?;
    Ok(series.execute(portal, 0)?)
}

/// Bind of a prepared statement.
pub(super) fn bind<P: Params>(
    series: &mut Series,
    portal: PortalName<'_>,
    statement: &Statement,
    params: &P,
) -> Result<()> {
    let binding = Binding {
        portal,
        statement: statement.name(),
        types: ParamTypes::All(statement.given()),
        format: Format::Binary,
        results: statement.formats(),
    };
    series.bind_with(|out| row::bind(&binding, params, out))
}

/// Has the server parse a statement.
pub(super) async fn prepare(client: &Client, sql: &str, types: &[Type]) -> Result<Statement> {
    let types: Vec<Oid> = types.iter().map(|ty| ty.oid()).collect();
    // Whatever becomes of this future, the name is closed when it is dropped.
    let name = client.shared.with(|session| session.name(Named::Statement));
    let mut answer = client
        .request(Keep::Stream, |series, _| {
            series.parse(&Parse {
                statement: name.as_statement(),
                sql: sql.as_bytes(),
                types: Oids::from(types.as_slice()),
            })?;
            series.describe(Target::Statement(name.as_statement()))?;
            Ok(series.sync()?)
        })
        .await?;
    let mut params = Box::default();
    let mut columns = Columns::none();
    while let Some(frame) = answer.next().await? {
        match frame.tag {
            b't' => {
                let description = ParameterDescription::decode(frame.body)
                    .map_err(|error| Kind::malformed(frame.tag, error))?;
                params = description.types.iter().map(Type::from_oid).collect();
            }
            b'T' => columns = described(frame)?,
            _ => {}
        }
    }
    Ok(Statement::new(name, sql, params, &columns))
}

/// Whether a statement has to be prepared again: its result would differ by now, or it was deallocated behind our back.
fn is_stale(error: &Error) -> bool {
    let Some(server) = error.server() else {
        return false;
    };
    // Both SQLSTATEs say much else, the routine says this; and with a context it comes from within a function or a procedure, which may
    // have committed something by now.
    let routine: &[u8] = match server.sqlstate() {
        SqlState::INVALID_SQL_STATEMENT_NAME => b"FetchPreparedStatement",
        // "cached plan must not change result type"
        SqlState::FEATURE_NOT_SUPPORTED => b"RevalidateCachedQuery",
        _ => return false,
    };
    server.field(code::ROUTINE) == Some(routine) && server.field(code::CONTEXT).is_none()
}

/// Whether a parameter is of a type that the statement does not take.
fn is_mistyped(error: &Error) -> bool {
    matches!(error.kind(), Kind::Value(ValueError::ParamType { .. }))
}
