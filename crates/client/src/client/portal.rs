//! A result that is taken some rows at a time.

use std::fmt;
use std::num::NonZeroU32;

use super::rows::Rows;
use super::slots::Keep;
use super::statement::{Name, Named};
use super::{Client, Source, Transaction, run};
use crate::{Columns, Params, Result};

/// A statement that stands still between two calls of [`fetch`](Self::fetch), in the transaction that it belongs to. Several may be open.
///
/// Dropped, the server is told to forget it with the next request.
#[must_use = "nothing is run before `fetch`; dropped, it is closed"]
pub struct Portal<'t> {
    client: &'t Client,
    name: Name,
    columns: Columns,
}

impl Transaction<'_> {
    /// Makes a portal of a statement and its parameters. In [`Mode::Simple`](super::Mode::Simple) too this needs the extended query
    /// protocol.
    ///
    /// # Errors
    ///
    /// The parameters do not go with the statement; the server refused it; the connection was lost.
    ///
    /// # Cancel safety
    ///
    /// Dropped, no portal stays on the server longer than the transaction.
    pub async fn portal<'a>(
        &self,
        source: impl Into<Source<'a>>,
        params: impl Params,
    ) -> Result<Portal<'_>> {
        let client: &Client = self;
        let prepared;
        let statement = match source.into() {
            Source::Statement(statement) => statement,
            Source::Sql(sql) => {
                prepared = client.prepare(sql).await?;
                &prepared
            }
        };
        let name = client.shared.with(|session| session.name(Named::Portal));
        let answer = client
            .request(Keep::Rows(0), |series, home| {
                statement.check_home(home)?;
                run::bind(series, name.as_portal(), statement, &params)?;
                Ok(series.sync()?)
            })
            .await?;
        drop(Rows::of_whole(answer, None).await?);
        Ok(Portal {
            client,
            name,
            columns: statement.columns().clone(),
        })
    }
}

impl Portal<'_> {
    /// The next rows, as many as `rows` at most.
    ///
    /// # Errors
    ///
    /// The statement failed; the connection was lost.
    ///
    /// # Cancel safety
    ///
    /// Dropped, rows may be lost.
    pub async fn fetch(&self, rows: NonZeroU32) -> Result<Rows> {
        let limit = i32::try_from(rows.get()).unwrap_or(i32::MAX);
        let answer = self
            .client
            .request(Keep::Stream, |series, _| {
                series.execute(self.name.as_portal(), limit)?;
                Ok(series.sync()?)
            })
            .await?;
        Rows::begin(answer, Some(self.columns.clone())).await
    }

    /// What the rows are made of.
    #[must_use]
    pub const fn columns(&self) -> &Columns {
        &self.columns
    }
}

impl fmt::Debug for Portal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Portal")
            .field("columns", &self.columns)
            .finish_non_exhaustive()
    }
}
