//! COPY.

use sqlparser::ast::{
    CopyLegacyCsvOption, CopyLegacyOption, CopyOption, CopySource, CopyTarget, Ident,
};
use sqlparser::tokenizer::Location;
use trunkline_server::{Error, Result, SqlState};

use super::Translator;
use super::node::{Node, quote};
use super::plan::{CopyFormat, Output, Plan, Query};
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
        let format = copy_format(options, legacy);
        if to {
            let sql = match source {
                CopySource::Query(query) => self.query(query, None)?,
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
                    )
                }
            };
            let params = self.finish_params()?;
            let query = Query {
                sql: sql.0,
                params,
                columns: Some(sql.1),
                ..Query::default()
            };
            return Ok(Plan::CopyOut { query, format });
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
        let insert = format!(
            "INSERT INTO {} ({}) VALUES ({})",
            quote(&table.name),
            names.join(", "),
            cells.join(", ")
        );
        Ok(Plan::CopyIn {
            table: table.name.clone(),
            insert,
            types: columns.iter().map(|c| c.ty).collect(),
            names: columns.iter().map(|c| c.name.clone()).collect(),
            format,
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

fn copy_format(options: &[CopyOption], legacy: &[CopyLegacyOption]) -> CopyFormat {
    let named = |wanted: &str| {
        options
            .iter()
            .any(|o| matches!(o, CopyOption::Format(f) if f.value.eq_ignore_ascii_case(wanted)))
    };
    let csv = named("csv") || legacy.iter().any(|o| matches!(o, CopyLegacyOption::Csv(_)));
    let binary = named("binary") || legacy.iter().any(|o| matches!(o, CopyLegacyOption::Binary));
    let mut format = CopyFormat {
        csv,
        binary,
        delimiter: if csv { ',' } else { '\t' },
        null: if csv { String::new() } else { "\\N".to_owned() },
        header: false,
        quote: '"',
        escape: '"',
    };
    for option in options {
        match option {
            CopyOption::Delimiter(c) => format.delimiter = *c,
            CopyOption::Null(null) => format.null.clone_from(null),
            CopyOption::Header(header) => format.header = *header,
            CopyOption::Quote(c) => {
                format.quote = *c;
                format.escape = *c;
            }
            CopyOption::Escape(c) => format.escape = *c,
            _ => {}
        }
    }
    for option in legacy {
        match option {
            CopyLegacyOption::Delimiter(c) => format.delimiter = *c,
            CopyLegacyOption::Null(null) => format.null.clone_from(null),
            CopyLegacyOption::Csv(csv) => {
                for option in csv {
                    match option {
                        CopyLegacyCsvOption::Header => format.header = true,
                        CopyLegacyCsvOption::Quote(c) => {
                            format.quote = *c;
                            format.escape = *c;
                        }
                        CopyLegacyCsvOption::Escape(c) => format.escape = *c,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    format
}
