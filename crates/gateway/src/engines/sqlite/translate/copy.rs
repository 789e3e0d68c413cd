//! COPY.

use sqlparser::ast::{CopyLegacyOption, CopyOption, CopySource, CopyTarget, Ident};
use sqlparser::tokenizer::Location;
use trunkline_server::{Error, Result, SqlState};

use super::Translator;
use super::copy_options::{self, Copied};
use super::node::{Node, quote};
use super::plan::{Output, Plan, Probe, Query, TagKind};
use super::scope::fold;
use crate::engines::sqlite::catalog::{Column, Table};

const NOWHERE: Location = Location { line: 0, column: 0 };

impl Translator<'_> {
    pub(super) fn copy(
        &mut self,
        source: &CopySource,
        to: bool,
        target: &CopyTarget,
        options: &[CopyOption],
        legacy: &[CopyLegacyOption],
    ) -> Result<Plan> {
        if !matches!(target, CopyTarget::Stdin | CopyTarget::Stdout) {
            return Err(Error::new(
                SqlState::INSUFFICIENT_PRIVILEGE,
                "COPY to or from a file of the server is not permitted",
            )
            .hint("Use COPY … FROM STDIN or TO STDOUT; psql's \\copy works for anyone."));
        }
        if to {
            let (sql, columns, table) = match source {
                CopySource::Query(query) => {
                    let (sql, columns) = self.query(query, None)?;
                    (sql, columns, None)
                }
                CopySource::Table {
                    table_name,
                    columns,
                } => {
                    let table = self.target(table_name)?;
                    let columns = self.copied(&table, columns)?;
                    let nodes: Vec<Output> = columns
                        .iter()
                        .map(|c| Output {
                            name: c.name.clone(),
                            ty: c.ty,
                            modifier: c.modifier,
                            origin: None,
                        })
                        .collect();
                    let names: Vec<String> = columns.iter().map(|c| quote(&c.name)).collect();
                    (
                        format!("SELECT {} FROM {}", names.join(", "), quote(&table.name)),
                        nodes,
                        Some(table),
                    )
                }
            };
            let copied = Copied {
                table: table.as_deref(),
                names: columns.iter().map(|c| c.name.as_str()).collect(),
                to,
            };
            let options = copy_options::options(options, legacy, &copied)?;
            let params = self.finish_params()?;
            let query = Query {
                sql,
                params,
                columns: Some(columns),
                ..Query::default()
            };
            return Ok(Plan::CopyOut { query, options });
        }
        let CopySource::Table {
            table_name,
            columns,
        } = source
        else {
            return Err(self.unsupported("COPY FROM into a query", NOWHERE));
        };
        let table = self.target(table_name)?;
        let columns = self.copied(&table, columns)?;
        let names: Vec<String> = columns.iter().map(|c| quote(&c.name)).collect();
        let mut cells = Vec::new();
        for (number, column) in columns.iter().enumerate() {
            let node = Node::new(format!("?{}", number + 1), column.ty);
            cells.push(self.assign(node, column)?.sql);
        }
        let rows = format!("VALUES ({})", cells.join(", "));
        let target = quote(&table.name);
        let insert = Query {
            sql: format!("INSERT INTO {target} ({}) {rows}", names.join(", ")),
            tag: TagKind::Insert,
            target: Some(table.name.clone()),
            probe: Some(Probe {
                table: table.name.clone(),
                columns: columns.iter().map(|c| c.name.clone()).collect(),
                rows,
            }),
            ..Query::default()
        };
        let copied = Copied {
            table: Some(&table),
            names: columns.iter().map(|c| c.name.as_str()).collect(),
            to,
        };
        let options = copy_options::options(options, legacy, &copied)?;
        Ok(Plan::CopyIn {
            table: table.name.clone(),
            insert,
            types: columns.iter().map(|c| c.ty).collect(),
            names: columns.iter().map(|c| c.name.clone()).collect(),
            options,
        })
    }

    fn copied<'t>(&self, table: &'t Table, names: &[Ident]) -> Result<Vec<&'t Column>> {
        if names.is_empty() {
            return Ok(table.columns.iter().filter(|c| !c.generated).collect());
        }
        names
            .iter()
            .map(|ident| self.named_column(table, &fold(ident), ident.span.start))
            .collect()
    }
}
