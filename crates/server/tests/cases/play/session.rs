//! The session itself.

use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::Duration;

use trunkline_server::{
    Begin, Client, Columns, Control, CopyIn, CopyOut, Decode as _, Error, Format, Oid,
    ParameterStatus, Params, Prepared, Reply, Result, Session, SessionHandle, Severity, SqlState,
    Tag, Type,
};

use super::analyze::analyze;
use super::parse::{Expr, Select, Source, Statement, Step, parse};
use super::run::{evaluate, rows};
use super::state::{Cursor, State, Table, Value};
use super::world::{Running, World};

pub struct Play {
    world: World,
    handle: SessionHandle,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    now: State,
    /// What a rollback comes back to.
    begun: Option<State>,
    savepoints: Vec<(String, State)>,
    read_only: bool,
    /// Settings as the session began.
    reset: State,
}

pub struct Plan {
    statement: Statement,
    /// Names and types of the columns as they were when the statement was prepared.
    shape: Vec<(String, Type)>,
    types: Vec<Type>,
    sql: String,
}

const SETTINGS: [(&str, &str); 10] = [
    ("application_name", ""),
    ("client_encoding", "UTF8"),
    ("datestyle", "ISO, MDY"),
    ("timezone", "UTC"),
    ("search_path", "\"$user\", public"),
    ("extra_float_digits", "1"),
    ("work_mem", "4MB"),
    ("server_version", "18.0"),
    ("intervalstyle", "postgres"),
    ("statement_timeout", "0"),
];

/// Settings that change without a word to the client.
const QUIET: [&str; 3] = ["extra_float_digits", "work_mem", "statement_timeout"];

/// What PostgreSQL calls a setting that clients follow.
fn reported(name: &str) -> &str {
    match name {
        "timezone" => "TimeZone",
        "datestyle" => "DateStyle",
        "intervalstyle" => "IntervalStyle",
        name => name,
    }
}

impl Play {
    /// Opens a session, or refuses as PostgreSQL does after authentication.
    pub fn open(world: &World, client: &Client) -> Result<Self> {
        let name = client.user();
        match name {
            "nosuchrole" => {
                let message = format!("role \"{name}\" does not exist");
                return Err(Error::new(
                    SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
                    message,
                ));
            }
            "nologin_user" => {
                let message = format!("role \"{name}\" is not permitted to log in");
                return Err(Error::new(
                    SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
                    message,
                ));
            }
            "limit0_user" => {
                let message = format!("too many connections for role \"{name}\"");
                return Err(Error::new(SqlState::TOO_MANY_CONNECTIONS, message));
            }
            "panicking_user" => panic!("the opener panics"),
            _ => {}
        }
        if client.database() == "nosuchdb" {
            return Err(Error::new(
                SqlState::INVALID_CATALOG_NAME,
                "database \"nosuchdb\" does not exist",
            ));
        }
        let mut state = State {
            settings: SETTINGS
                .map(|(name, value)| (name.into(), value.into()))
                .into(),
            ..State::default()
        };
        for (name, value) in client.parameters() {
            if !["user", "database", "replication", "options"].contains(&name) {
                set(&mut state, name, value)?;
                limit(&client.handle(), name, value);
            }
        }
        let memory = Memory {
            reset: state.clone(),
            now: state,
            ..Memory::default()
        };
        let handle = client.handle();
        world.join(&handle);
        Ok(Self {
            world: world.clone(),
            handle,
            memory: Mutex::new(memory),
        })
    }

    fn with<R>(&self, work: impl FnOnce(&mut Memory) -> R) -> R {
        work(&mut self.memory.lock().unwrap())
    }

    /// Tells the client of every setting; the library knows which of them are new.
    fn report(&self) {
        let settings = self.with(|memory| memory.now.settings.clone());
        for (name, value) in settings
            .iter()
            .filter(|(name, _)| !QUIET.contains(&name.as_str()))
        {
            self.handle
                .parameter_status(reported(name), &**value)
                .unwrap();
        }
    }

    fn notify(&self, notifications: Vec<(String, String)>) {
        let mut told = Vec::new();
        for notification in notifications {
            if !told.contains(&notification) {
                self.world
                    .notify(self.handle.pid(), &notification.0, &notification.1);
                told.push(notification);
            }
        }
    }

    /// Leaves a notification for the commit, or sends it when the statement is alone.
    fn queue(&self, channel: &str, payload: &str) -> Result<()> {
        if payload.len() >= 8000 || channel.len() >= 64 {
            return Err(Error::new(
                SqlState::INVALID_PARAMETER_VALUE,
                "payload string too long",
            ));
        }
        let notification = (channel.to_owned(), payload.to_owned());
        let alone = self.with(|memory| {
            if memory.begun.is_some() {
                memory.now.notifications.push(notification.clone());
            }
            memory.begun.is_none()
        });
        if alone {
            self.notify(vec![notification]);
        }
        Ok(())
    }

    fn writable(&self) -> Result<()> {
        if self.with(|memory| memory.read_only) {
            let message = "cannot execute INSERT in a read-only transaction";
            return Err(Error::new(SqlState::READ_ONLY_SQL_TRANSACTION, message));
        }
        Ok(())
    }

    /// Changes the state by one statement: a statement that fails has changed nothing, and one that is alone commits.
    fn change<R>(&self, work: impl FnOnce(&mut State) -> Result<R>) -> Result<R> {
        self.with(|memory| {
            let mut next = memory.now.clone();
            let result = work(&mut next)?;
            if memory.begun.is_none() {
                next.check_deferred()?;
            }
            memory.now = next;
            Ok(result)
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

impl Drop for Play {
    fn drop(&mut self) {
        self.world.leave(self.handle.pid());
    }
}

impl Session for Play {
    type Statement = Plan;

    fn check_syntax(&self, sql: &str) -> Result<()> {
        parse(sql).map(drop)
    }

    async fn prepare(&self, sql: &str, types: &[Type]) -> Result<Prepared<Plan>> {
        let statement = parse(sql)?;
        let analysis = self.with(|memory| analyze(&statement, types, &memory.now))?;
        let outside = matches!(
            statement,
            Statement::Fixed {
                outside_transaction: true,
                ..
            }
        );
        let (copies_in, copies_out) = (
            matches!(statement, Statement::CopyIn { .. }),
            matches!(statement, Statement::CopyOut(_)),
        );
        let shape = analysis
            .columns
            .iter()
            .flatten()
            .map(|c| (c.name().into(), c.ty()))
            .collect();
        let plan = Plan {
            statement,
            shape,
            types: types.to_vec(),
            sql: sql.into(),
        };
        let mut prepared = Prepared::new(plan).params(analysis.params);
        if let Some(columns) = analysis.columns {
            prepared = prepared.columns(columns.into_iter().collect::<Columns>());
        }
        if outside {
            prepared = prepared.outside_transaction();
        }
        if copies_in {
            prepared = prepared.copy_in(Format::Text, 1);
        }
        if copies_out {
            prepared = prepared.copy_out(Format::Text, 1);
        }
        Ok(prepared)
    }

    fn revalidate(&self, plan: &Plan) -> Result<()> {
        let analysis = self.with(|memory| analyze(&parse(&plan.sql)?, &plan.types, &memory.now))?;
        let shape = analysis
            .columns
            .iter()
            .flatten()
            .map(|c| (c.name().to_owned(), c.ty()));
        if shape.eq(plan.shape.iter().cloned()) {
            Ok(())
        } else {
            Err(Error::unsupported(
                "cached plan must not change result type",
            ))
        }
    }

    async fn execute(&self, plan: &Plan, params: Params<'_>, reply: &mut Reply) -> Result<Tag> {
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
            } => self.change(|state| {
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
            })?,
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
            Statement::Prepare { name, statement } => {
                let (name, statement) = (name.clone(), (**statement).clone());
                self.change(|state| Ok(state.prepared.insert(name, statement)))?;
                Tag::new("PREPARE")
            }
            Statement::Execute(name) => {
                let found = self.with(|memory| memory.now.prepared.get(name).cloned());
                let Some(Statement::Select(select)) = found else {
                    return Err(Error::unsupported("EXECUTE of no SELECT"));
                };
                self.select(&select, params, reply).await?
            }
            Statement::Deallocate(name) => {
                self.with(|memory| memory.now.prepared.remove(name));
                Tag::new("DEALLOCATE")
            }
            Statement::Declare { cursor, select } => {
                let (name, cursor) = (
                    cursor.clone(),
                    Cursor {
                        select: select.clone(),
                        at: 0,
                    },
                );
                self.change(|state| Ok(state.cursors.insert(name, cursor)))?;
                Tag::new("DECLARE CURSOR")
            }
            Statement::Fetch {
                cursor,
                count,
                moves,
            } => {
                let found = self.with(|memory| memory.now.cursors.get(cursor).cloned());
                let missing = || {
                    Error::new(
                        SqlState::INVALID_CURSOR_NAME,
                        format!("cursor \"{cursor}\" does not exist"),
                    )
                };
                let found = found.ok_or_else(missing)?;
                let all = self.with(|memory| rows(&found.select, &memory.now, Params::none()))?;
                let fetched: Vec<_> = all.skip(found.at).take(*count).collect::<Result<_>>()?;
                self.with(|memory| {
                    if let Some(cursor) = memory.now.cursors.get_mut(cursor) {
                        cursor.at += fetched.len();
                    }
                });
                let rows = fetched.len() as u64;
                for row in fetched.iter().filter(|_| !moves) {
                    reply.row(&row[..]).await?;
                }
                Tag::counted(if *moves { "MOVE" } else { "FETCH" }, rows)
            }
            Statement::CloseCursor(name) => {
                self.with(|memory| match name {
                    Some(name) => drop(memory.now.cursors.remove(name)),
                    None => memory.now.cursors.clear(),
                });
                Tag::new(if name.is_some() {
                    "CLOSE CURSOR"
                } else {
                    "CLOSE CURSOR ALL"
                })
            }
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

    async fn copy_out(
        &self,
        plan: &Plan,
        params: Params<'_>,
        output: &mut CopyOut<'_>,
    ) -> Result<Tag> {
        let _running = Running::new(&self.world);
        let Statement::CopyOut(select) = &plan.statement else {
            return Err(Error::unsupported("no COPY"));
        };
        let rows = self.with(|memory| rows(select, &memory.now, params))?;
        let mut sent = 0;
        for row in rows {
            let Value::Int(n) = row?[0] else { continue };
            output.data(format!("{n}\n").as_bytes()).await?;
            sent += 1;
        }
        Ok(Tag::copy(sent))
    }

    async fn copy_in(&self, plan: &Plan, _: Params<'_>, input: &mut CopyIn<'_>) -> Result<Tag> {
        let _running = Running::new(&self.world);
        let Statement::CopyIn { table } = &plan.statement else {
            return Err(Error::unsupported("no COPY"));
        };
        let mut rows = Vec::new();
        let mut line = Vec::new();
        while let Some(piece) = input.next().await? {
            for byte in piece {
                match byte {
                    b'\n' => rows.push(number(&std::mem::take(&mut line))?),
                    byte => line.push(*byte),
                }
            }
        }
        if !line.is_empty() {
            rows.push(number(&line)?);
        }
        let count = rows.len() as u64;
        self.change(|state| state.table_mut(table)?.insert(&table.0, rows))?;
        Ok(Tag::copy(count))
    }

    fn control<'q>(&self, sql: &'q str) -> Option<Control<'q>> {
        // Cursors and SQL's own PREPARE are played here: the library's portals and statements are another namespace.
        let control = Control::parse(sql)?;
        let own = match &control {
            Control::Close(_)
            | Control::CloseAll
            | Control::Prepare { .. }
            | Control::Execute { .. } => true,
            Control::Deallocate(name) => {
                self.with(|memory| memory.now.prepared.contains_key(&**name))
            }
            _ => false,
        };
        (!own).then_some(control)
    }

    fn commits_alone(&self) -> bool {
        // Otherwise an error of the commit could not come after the statement is complete.
        self.with(|memory| !memory.now.defers())
    }

    async fn begin(&self, begin: &Begin) -> Result<()> {
        self.with(|memory| {
            memory.begun = Some(memory.now.clone());
            memory.read_only = begin.read_only == Some(true);
        });
        Ok(())
    }

    async fn commit(&self) -> Result<()> {
        let notifications = self.with(|memory| {
            memory.savepoints.clear();
            memory.read_only = false;
            let begun = memory.begun.take();
            if let Err(error) = memory.now.check_deferred() {
                memory.now = begun.unwrap_or_default();
                return Err(error);
            }
            memory.now.cursors.clear();
            Ok(std::mem::take(&mut memory.now.notifications))
        })?;
        self.notify(notifications);
        Ok(())
    }

    async fn rollback(&self) -> Result<()> {
        self.with(|memory| {
            memory.savepoints.clear();
            memory.read_only = false;
            if let Some(begun) = memory.begun.take() {
                memory.now = begun;
            }
        });
        self.report();
        Ok(())
    }

    async fn savepoint(&self, name: &str) -> Result<()> {
        self.with(|memory| memory.savepoints.push((name.into(), memory.now.clone())));
        Ok(())
    }

    async fn release(&self, name: &str) -> Result<()> {
        self.with(|memory| {
            let at = memory
                .savepoints
                .iter()
                .rposition(|(known, _)| known == name)
                .unwrap();
            memory.savepoints.truncate(at);
        });
        Ok(())
    }

    async fn rollback_to(&self, name: &str) -> Result<()> {
        self.with(|memory| {
            let at = memory
                .savepoints
                .iter()
                .rposition(|(known, _)| known == name)
                .unwrap();
            memory.savepoints.truncate(at + 1);
            memory.now = memory.savepoints[at].1.clone();
        });
        self.report();
        Ok(())
    }

    async fn discard(&self) -> Result<()> {
        self.with(|memory| memory.now = memory.reset.clone());
        self.report();
        Ok(())
    }

    async fn call(
        &self,
        function: Oid,
        arguments: Params<'_>,
        format: Format,
    ) -> Result<Option<Vec<u8>>> {
        let (name, wanted) = match function.0 {
            177 => ("int4pl", 2),
            3036 => ("pg_notify", 2),
            1067 => {
                return Err(Error::unsupported(
                    "set-valued function called in context that cannot accept a set",
                ));
            }
            oid => {
                let message = format!("function with OID {oid} does not exist");
                return Err(Error::new(SqlState::UNDEFINED_FUNCTION, message));
            }
        };
        if arguments.len() != wanted {
            let message = format!(
                "function call message contains {} arguments but function requires {wanted}",
                arguments.len()
            );
            return Err(Error::new(SqlState::PROTOCOL_VIOLATION, message));
        }
        if name == "pg_notify" {
            return Ok(Some(Vec::new()));
        }
        let mut sum = 0;
        for at in 0..wanted {
            let Some(raw) = arguments.raw(at) else {
                return Ok(None);
            };
            sum += match arguments.format(at) {
                Format::Text => i32::from_text(Type::INT4, raw)?,
                Format::Binary => i32::from_binary(Type::INT4, raw)?,
            };
        }
        Ok(Some(match format {
            Format::Text => sum.to_string().into_bytes(),
            Format::Binary => sum.to_be_bytes().to_vec(),
        }))
    }

    fn parameters(&self, status: &mut ParameterStatus) {
        let settings = self.with(|memory| memory.now.settings.clone());
        for (name, value) in settings
            .iter()
            .filter(|(name, _)| !QUIET.contains(&name.as_str()))
        {
            status.set(reported(name), value);
        }
    }

    fn cancel(&self) {
        self.world.gauges().cancels.fetch_add(1, Ordering::SeqCst);
    }
}

/// The time limits are the library's.
fn limit(handle: &SessionHandle, name: &str, value: &str) {
    let limit = value
        .parse()
        .ok()
        .filter(|limit| *limit > 0)
        .map(Duration::from_millis);
    match name {
        "statement_timeout" => handle.statement_timeout(limit),
        "idle_session_timeout" => handle.idle_timeout(limit),
        "idle_in_transaction_session_timeout" => handle.idle_in_transaction_timeout(limit),
        _ => {}
    }
}

/// A row of the text format: one integer.
fn number(line: &[u8]) -> Result<Vec<Value>> {
    let number = i32::from_text(Type::INT4, line)?;
    Ok(vec![Value::Int(number)])
}

fn set(state: &mut State, name: &str, value: &str) -> Result<()> {
    let name = name.to_lowercase();
    if !state.settings.contains_key(&name) && !name.contains('.') && !name.ends_with("_timeout") {
        return Err(unknown_setting(&name));
    }
    let value = match name.as_str() {
        "client_encoding" if !value.eq_ignore_ascii_case("utf8") => {
            let message = format!("invalid value for parameter \"client_encoding\": \"{value}\"");
            return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message));
        }
        "datestyle" => "ISO, MDY",
        _ => value,
    };
    state.settings.insert(name, value.into());
    Ok(())
}

fn unknown_setting(name: &str) -> Error {
    Error::new(
        SqlState::UNDEFINED_OBJECT,
        format!("unrecognized configuration parameter \"{name}\""),
    )
}
