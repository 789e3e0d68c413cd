//! Statements at work.

use std::sync::atomic::Ordering;
use std::time::Duration;

use trunkline_server::{Error, Params, Reply, Result, Severity, SqlState, Tag};

use super::parse::parse;
use super::run::{evaluate, rows};
use super::session::{Plan, Play};
use super::settings::{set, unknown_setting};
use super::state::{Table, Value};
use super::statement::{Expr, Select, Source, Statement, Step};
use super::world::Running;

impl Play {
    /// Runs a statement.
    pub async fn run(&self, plan: &Plan, params: Params<'_>, reply: &mut Reply) -> Result<Tag> {
        let _running = Running::new(&self.world);
        Ok(match &plan.statement {
            Statement::Select(select) => self.select(select, params, reply).await?,
            Statement::Store { table, select } => {
                let stored: Vec<_> =
                    self.with(|memory| rows(select, &memory.now, params)?.collect::<Result<_>>())?;
                let count = stored.len() as u64;
                let Source::Table(from, place) = &select.from else {
                    return Err(Error::unsupported("CREATE AS"));
                };
                self.change(|state| {
                    let columns = state.table(&(from.clone(), *place))?.columns.clone();
                    state.tables.insert(
                        table.clone(),
                        Table {
                            columns,
                            rows: stored,
                        },
                    );
                    Ok(())
                })?;
                Tag::select(count)
            }
            Statement::Insert {
                table,
                source,
                returning,
            } => {
                self.writable()?;
                let stored: Vec<Vec<Value>> = match source {
                    Source::Query(select) => self
                        .with(|memory| rows(select, &memory.now, params)?.collect::<Result<_>>())?,
                    Source::Values(rows) => rows
                        .iter()
                        .map(|row| {
                            row.iter()
                                .map(|value| evaluate(value, &[], &[], params))
                                .collect()
                        })
                        .collect::<Result<_>>()?,
                    _ => Vec::new(),
                };
                let count = stored.len() as u64;
                let shown = if *returning {
                    stored.clone()
                } else {
                    Vec::new()
                };
                self.change(|state| state.table_mut(table)?.insert(&table.0, stored))?;
                for row in &shown {
                    reply.row(&row[..]).await?;
                }
                Tag::insert(count)
            }
            Statement::Update { table } => self.change(|state| {
                let rows = &mut state.table_mut(table)?.rows;
                for value in rows.iter_mut().flatten() {
                    if let Value::Int(n) = value {
                        *n += 1;
                    }
                }
                Ok(Tag::update(rows.len() as u64))
            })?,
            Statement::Delete { table, equals } => self.change(|state| {
                let rows = &mut state.table_mut(table)?.rows;
                let before = rows.len();
                rows.retain(|row| row[0] != Value::Int(*equals));
                Ok(Tag::delete((before - rows.len()) as u64))
            })?,
            Statement::Merge { table, value } => self.change(|state| {
                state
                    .table_mut(table)?
                    .insert(&table.0, vec![vec![Value::Int(*value)]])?;
                Ok(Tag::counted("MERGE", 1))
            })?,
            Statement::CreateTable {
                table,
                columns,
                if_not_exists,
            } => {
                self.writable()?;
                self.change(|state| {
                    if *if_not_exists && state.tables.contains_key(table) {
                        return Ok(Tag::new("CREATE TABLE"));
                    }
                    if state.tables.contains_key(table) {
                        let message = format!("relation \"{table}\" already exists");
                        return Err(Error::new(SqlState::DUPLICATE_TABLE, message));
                    }
                    state.tables.insert(
                        table.clone(),
                        Table {
                            columns: columns.clone(),
                            rows: Vec::new(),
                        },
                    );
                    Ok(Tag::new("CREATE TABLE"))
                })?
            }
            Statement::DropTable { table } => self.change(|state| {
                state.table(table)?;
                state.tables.remove(&table.0);
                Ok(Tag::new("DROP TABLE"))
            })?,
            Statement::AddColumn { table, column } => self.change(|state| {
                let table = state.table_mut(table)?;
                table.columns.push(column.clone());
                table.rows.iter_mut().for_each(|row| row.push(Value::Null));
                Ok(Tag::new("ALTER TABLE"))
            })?,
            Statement::Truncate { table } => self.change(|state| {
                state.table_mut(table)?.rows.clear();
                Ok(Tag::new("TRUNCATE TABLE"))
            })?,
            Statement::Set { name, value } => {
                self.change(|state| set(state, name, value))?;
                self.report();
                Tag::new("SET")
            }
            Statement::Reset { name } => {
                let value = self
                    .with(|memory| memory.reset.settings.get(name).cloned())
                    .unwrap_or_default();
                self.change(|state| set(state, name, &value))?;
                self.report();
                Tag::new("RESET")
            }
            Statement::Show { name } => {
                let value = self.with(|memory| memory.now.settings.get(name).cloned());
                let value = value.ok_or_else(|| unknown_setting(name))?;
                reply.row((value,)).await?;
                Tag::new("SHOW")
            }
            Statement::Listen(channel) => {
                self.world.listen(channel, self.handle.pid());
                Tag::new("LISTEN")
            }
            Statement::Unlisten(channel) => {
                self.world.unlisten(channel, self.handle.pid());
                Tag::new("UNLISTEN")
            }
            Statement::Notify { channel, payload } => {
                self.queue(channel, payload)?;
                Tag::new("NOTIFY")
            }
            Statement::Do(steps) => self.steps(steps, reply).await?,
            Statement::Explain => {
                reply
                    .row(("Result  (cost=0.00..0.01 rows=1 width=4)",))
                    .await?;
                Tag::new("EXPLAIN")
            }
            Statement::Call(n) => {
                reply.row((n * 2,)).await?;
                Tag::new("CALL")
            }
            Statement::Fixed { tag, .. } => Tag::new(*tag),
            Statement::CopyOut(_) | Statement::CopyIn { .. } => {
                return Err(Error::unsupported("COPY is no SELECT"));
            }
        })
    }

    async fn select(&self, select: &Select, params: Params<'_>, reply: &mut Reply) -> Result<Tag> {
        if let [item] = &select.items[..]
            && let Expr::Call(name, arguments, _) = &item.expr
        {
            let argument =
                |at: usize| match arguments.get(at).map(|a| evaluate(a, &[], &[], params)) {
                    Some(Ok(Value::Text(text))) => text,
                    Some(Ok(Value::Int(n))) => n.to_string(),
                    _ => String::new(),
                };
            match name.as_str() {
                "pg_sleep" => sleep(argument(0).parse().unwrap_or(0.0)).await,
                "pg_notify" => self.queue(&argument(0), &argument(1))?,
                "pg_terminate_backend" => {
                    let found = self.world.terminate(argument(0).parse().unwrap_or(0));
                    return reply.rows([(Value::Bool(found),)]).await;
                }
                _ => {}
            }
        }
        let rows = self.with(|memory| rows(select, &memory.now, params))?;
        let mut sent = 0;
        for row in rows {
            let row = row?;
            self.world.gauges().rows.fetch_add(1, Ordering::Relaxed);
            reply.row(&row[..]).await?;
            sent += 1;
        }
        Ok(Tag::select(sent))
    }

    async fn steps(&self, steps: &[Step], reply: &mut Reply) -> Result<Tag> {
        for step in steps {
            match step {
                Step::Raise { level, text } => {
                    let (code, severity) = match level.as_str() {
                        "warning" => (SqlState::WARNING, Severity::Warning),
                        "info" => (SqlState::SUCCESSFUL_COMPLETION, Severity::Info),
                        _ => (SqlState::SUCCESSFUL_COMPLETION, Severity::Notice),
                    };
                    reply.notice(&Error::new(code, text.clone()).severity(severity))?;
                }
                Step::Sleep(seconds) => sleep(*seconds).await,
                Step::Execute(sql) => drop(parse(sql).map_err(|error| {
                    Error::new(error.sqlstate(), error.message().to_owned())
                        .internal_query(1, sql.clone())
                        .context("PL/pgSQL function inline_code_block line 1 at EXECUTE")
                })?),
                Step::Panic => panic!("the session panics"),
            }
        }
        Ok(Tag::new("DO"))
    }
}

async fn sleep(seconds: f64) {
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
}
