//! One statement after the other on a connection of one's own.

use trunkline_client::{Columns, Environment, Event, OwnedRow, Params, Result, Row, ServerError};
use trunkline_proto::frontend::Target;
use trunkline_proto::{Format, PortalName, StatementName};
use trunkline_test_postgres::{Postgres, Version};
use trunkline_types::Type;

use crate::api::Connection;

pub(crate) const VERSIONS: [Version; 2] = [Version::V15, Version::V18];

/// How values travel.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Way {
    /// As the statement was described, so in binary; or left open, so in text.
    pub(crate) described: bool,
    pub(crate) results: Format,
}

pub(crate) fn ways() -> impl Iterator<Item = Way> {
    [false, true].into_iter().flat_map(|described| {
        [Format::Text, Format::Binary]
            .into_iter()
            .map(move |results| Way { described, results })
    })
}

pub(crate) struct Session(pub(crate) Connection);

impl Session {
    /// A connection whose own schema goes with it.
    pub(crate) async fn open(version: Version) -> Self {
        let port = Postgres::shared(version).port();
        let config: trunkline_client::Config =
            format!("host=127.0.0.1 port={port} user=postgres dbname=postgres sslmode=disable")
                .parse()
                .unwrap();
        let resolved = config.resolve(&Environment::empty()).unwrap();
        Self(Connection::open(&resolved).await.unwrap())
    }

    /// Runs SQL without a result.
    pub(crate) async fn batch(&mut self, sql: &str) {
        self.0.query(sql).unwrap();
        self.finish().await.unwrap();
    }

    /// What the parameters and columns of a statement are.
    pub(crate) async fn prepare(&mut self, sql: &str) -> (Vec<Type>, Columns) {
        let statement = StatementName::UNNAMED;
        self.0.parse(statement, sql, &[]).unwrap();
        self.0.describe(Target::Statement(statement)).unwrap();
        self.0.sync().unwrap();
        let (mut types, mut columns) = (vec![], Columns::none());
        loop {
            match self.0.next().await.unwrap() {
                Event::Parameters(description) => {
                    types = description.types.iter().map(Type::from_oid).collect();
                }
                Event::RowDescription(description) => {
                    columns = Columns::new(&description).unwrap();
                }
                Event::Error(error) => panic!("{sql}: {error:?}"),
                Event::Ready(_) => return (types, columns),
                _ => {}
            }
        }
    }

    /// Runs a statement with parameters.
    pub(crate) async fn query(
        &mut self,
        way: Way,
        sql: &str,
        params: impl Params,
    ) -> Result<Vec<OwnedRow>> {
        let (types, columns) = self.prepare(sql).await;
        let columns = columns.in_format(way.results);
        let (portal, statement) = (PortalName::UNNAMED, StatementName::UNNAMED);
        let types = if way.described { &types[..] } else { &[] };
        self.0
            .bind_values(portal, statement, types, params, &[way.results])?;
        self.0.execute(portal, 0)?;
        self.0.sync()?;
        let mut rows = vec![];
        let mut failed = Ok(());
        loop {
            match self.0.next().await? {
                Event::DataRow(row) => rows.push(Row::new(&columns, row)?.to_owned()),
                Event::Error(error) => failed = Err(ServerError::new(&error)),
                Event::Ready(_) => break,
                _ => {}
            }
        }
        failed?;
        Ok(rows)
    }

    /// The only row of a statement.
    pub(crate) async fn one(&mut self, way: Way, sql: &str, params: impl Params) -> OwnedRow {
        let rows = self.query(way, sql, params).await;
        let mut rows = rows.unwrap_or_else(|error| panic!("{sql} ({way:?}): {error}"));
        assert_eq!(rows.len(), 1, "{sql}");
        rows.remove(0)
    }

    async fn finish(&mut self) -> Result<()> {
        let mut failed = Ok(());
        loop {
            match self.0.next().await? {
                Event::Error(error) => failed = Err(ServerError::new(&error)),
                Event::Ready(_) => return Ok(failed?),
                _ => {}
            }
        }
    }
}
