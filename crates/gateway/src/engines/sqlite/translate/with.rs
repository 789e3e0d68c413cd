//! WITH.

use sqlparser::ast::{Cte as CteAst, CteAsMaterialized, SetExpr, With};
use trunkline_server::Result;

use super::Translator;
use super::from::Cte;
use super::node::quote;
use super::plan::Output;
use super::scope::{Scope, fold};

impl Translator<'_> {
    pub(super) fn with(&mut self, with: &With, outer: Option<&Scope<'_>>) -> Result<String> {
        let mut parts = Vec::new();
        for cte in &with.cte_tables {
            parts.push(self.cte(cte, with.recursive, outer)?);
        }
        let recursive = if with.recursive { "RECURSIVE " } else { "" };
        Ok(format!("WITH {recursive}{} ", parts.join(", ")))
    }

    pub(super) fn cte(
        &mut self,
        cte: &CteAst,
        recursive: bool,
        outer: Option<&Scope<'_>>,
    ) -> Result<String> {
        let name = fold(&cte.alias.name);
        let rename = |mut columns: Vec<Output>| {
            for (column, alias) in columns.iter_mut().zip(&cte.alias.columns) {
                column.name = fold(&alias.name);
            }
            columns
        };
        let (sql, columns) = match cte.query.body.as_ref() {
            SetExpr::SetOperation {
                left,
                op,
                set_quantifier,
                right,
            } if recursive && cte.query.with.is_none() => {
                // The first part alone gives the types that the second sees.
                let first = self.body(left, outer)?;
                self.ctes.push(Cte {
                    name: name.clone(),
                    columns: rename(first.columns.clone()),
                });
                let second = self.body(right, outer);
                self.ctes.pop();
                let body = self.set_operation(first, *op, *set_quantifier, second?)?;
                let limit = self.limit(&cte.query, outer)?;
                (body.sql + &limit, body.columns)
            }
            _ => self.query(&cte.query, outer)?,
        };
        let columns = rename(columns);
        let names: Vec<String> = columns.iter().map(|c| quote(&c.name)).collect();
        let materialized = match cte.materialized {
            Some(CteAsMaterialized::Materialized) => "MATERIALIZED ",
            Some(CteAsMaterialized::NotMaterialized) => "NOT MATERIALIZED ",
            None => "",
        };
        let list = if names.is_empty() {
            String::new()
        } else {
            format!("({})", names.join(", "))
        };
        self.ctes.push(Cte {
            name: name.clone(),
            columns,
        });
        Ok(format!("{}{list} AS {materialized}({sql})", quote(&name)))
    }
}
