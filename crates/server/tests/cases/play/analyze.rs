//! Names and types: which columns a statement returns, and which types its parameters have.

use trunkline_server::{Column as ResultColumn, Error, SqlState, Type};

use super::error_at;
use super::state::State;
use super::statement::{Expr, Select, Source, Statement};

/// What is known of a statement before it runs.
pub struct Analysis {
    pub params: Vec<Type>,
    /// `None`: returns no rows.
    pub columns: Option<Vec<ResultColumn>>,
}

pub fn analyze(statement: &Statement, declared: &[Type], state: &State) -> Result<Analysis, Error> {
    let mut analyst = Analyst {
        params: declared.to_vec(),
        state,
    };
    let columns = analyst.statement(statement)?;
    for (at, ty) in analyst.params.iter().enumerate() {
        if *ty == Type::UNSPECIFIED {
            let message = format!("could not determine data type of parameter ${}", at + 1);
            return Err(Error::new(SqlState::INDETERMINATE_DATATYPE, message));
        }
    }
    Ok(Analysis {
        params: analyst.params,
        columns,
    })
}

struct Analyst<'a> {
    params: Vec<Type>,
    state: &'a State,
}

impl Analyst<'_> {
    fn statement(&mut self, statement: &Statement) -> Result<Option<Vec<ResultColumn>>, Error> {
        let one = |name: &'static str, ty| Some(vec![ResultColumn::new(name, ty)]);
        Ok(match statement {
            Statement::Select(select) => Some(self.select(select)?),
            Statement::Store { select, .. } | Statement::CopyOut(select) => {
                self.select(select)?;
                None
            }
            Statement::Insert {
                table,
                source,
                returning,
            } => {
                let columns = self.state.table(table)?.columns.clone();
                match source {
                    Source::Values(rows) => {
                        for row in rows {
                            for (value, column) in row.iter().zip(&columns) {
                                self.expr(value, &Source::Nothing, column.ty)?;
                            }
                        }
                    }
                    Source::Query(select) => drop(self.select(select)?),
                    _ => {}
                }
                returning.then(|| {
                    columns
                        .into_iter()
                        .map(|c| ResultColumn::new(c.name, c.ty))
                        .collect()
                })
            }
            Statement::Update { table }
            | Statement::Delete { table, .. }
            | Statement::Merge { table, .. }
            | Statement::DropTable { table }
            | Statement::AddColumn { table, .. }
            | Statement::CopyIn { table }
            | Statement::Truncate { table } => {
                self.state.table(table)?;
                None
            }
            Statement::Show { name } => Some(vec![ResultColumn::new(name.clone(), Type::TEXT)]),
            Statement::Explain => one("QUERY PLAN", Type::TEXT),
            Statement::Call(_) => one("n", Type::INT4),
            _ => None,
        })
    }

    fn select(&mut self, select: &Select) -> Result<Vec<ResultColumn>, Error> {
        let mut columns = Vec::new();
        let from = self.source(&select.from)?;
        for item in &select.items {
            if matches!(item.expr, Expr::Star) {
                columns.extend(
                    from.iter()
                        .map(|(name, ty)| ResultColumn::new(name.clone(), *ty)),
                );
                continue;
            }
            let ty = self.expr(&item.expr, &select.from, Type::TEXT)?;
            let name = item.name.clone().unwrap_or_else(|| match &item.expr {
                Expr::Column(name, _) | Expr::Call(name, ..) => name.clone(),
                Expr::Cast(_, ty) => ty.name().into(),
                _ => "?column?".into(),
            });
            columns.push(ResultColumn::new(name, ty));
        }
        Ok(columns)
    }

    fn source(&self, source: &Source) -> Result<Vec<(String, Type)>, Error> {
        Ok(match source {
            Source::Nothing | Source::Query(_) => Vec::new(),
            Source::Series { name, .. } => vec![(name.clone(), Type::INT4)],
            Source::Values(rows) => (1..=rows[0].len())
                .map(|n| (format!("column{n}"), Type::INT4))
                .collect(),
            Source::Table(name, place) => {
                let table = self.state.table(&(name.clone(), *place))?;
                table
                    .columns
                    .iter()
                    .map(|c| (c.name.clone(), c.ty))
                    .collect()
            }
        })
    }

    /// The type of an expression; a parameter without a type takes the `wanted` one.
    fn expr(&mut self, expr: &Expr, from: &Source, wanted: Type) -> Result<Type, Error> {
        Ok(match expr {
            Expr::Int(_) => Type::INT4,
            Expr::Text(_) | Expr::Null => wanted,
            Expr::Param(n, place) => self.param(*n, *place, wanted)?,
            Expr::Column(name, place) => {
                let known = self
                    .source(from)?
                    .into_iter()
                    .find(|(column, _)| column == name);
                let message = || format!("column \"{name}\" does not exist");
                known
                    .ok_or_else(|| error_at(SqlState::UNDEFINED_COLUMN, *place, message()))?
                    .1
            }
            Expr::Cast(inner, ty) => {
                self.expr(inner, from, *ty)?;
                *ty
            }
            Expr::Add(left, right) | Expr::Subtract(left, right) | Expr::Divide(left, right) => {
                self.expr(left, from, Type::INT4)?;
                self.expr(right, from, Type::INT4)?
            }
            Expr::IsNull(inner) => {
                self.expr(inner, from, Type::UNSPECIFIED)?;
                Type::BOOL
            }
            Expr::Star => Type::INT8,
            Expr::Call(name, arguments, place) => {
                for argument in arguments {
                    self.expr(argument, from, Type::TEXT)?;
                }
                match name.as_str() {
                    "count" => Type::INT8,
                    "panic" | "generate_series" => Type::INT4,
                    "pg_sleep" | "pg_notify" => Type::VOID,
                    "pg_terminate_backend" => Type::BOOL,
                    _ => {
                        let message = format!("function {name}() does not exist");
                        return Err(error_at(SqlState::UNDEFINED_FUNCTION, *place, message));
                    }
                }
            }
        })
    }

    fn param(&mut self, n: usize, place: u32, wanted: Type) -> Result<Type, Error> {
        if n == 0 || n > 65535 {
            return Err(error_at(
                SqlState::UNDEFINED_PARAMETER,
                place,
                format!("there is no parameter ${n}"),
            ));
        }
        if self.params.len() < n {
            self.params.resize(n, Type::UNSPECIFIED);
        }
        let ty = &mut self.params[n - 1];
        if *ty == Type::UNSPECIFIED {
            *ty = wanted;
        }
        Ok(*ty)
    }
}
