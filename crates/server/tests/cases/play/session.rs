//! The session itself.

use std::sync::Mutex;
use std::sync::atomic::Ordering;

use trunkline_server::{
    Begin, Client, Columns, CopyIn, CopyOut, Decode as _, Error, Format, Oid, ParameterStatus,
    Params, Prepared, Reply, Result, Session, SessionHandle, SqlState, Tag, Type,
};

use super::analyze::analyze;
use super::parse::parse;
use super::run::rows;
use super::settings::{QUIET, SETTINGS, limit, reported, set};
use super::state::{State, Value};
use super::statement::Statement;
use super::world::{Running, World};

pub struct Play {
    pub(super) world: World,
    pub(super) handle: SessionHandle,
    memory: Mutex<Memory>,
}

#[derive(Default)]
pub struct Memory {
    pub(super) now: State,
    /// What a rollback comes back to.
    begun: Option<State>,
    savepoints: Vec<(String, State)>,
    read_only: bool,
    /// Settings as the session began.
    pub(super) reset: State,
}

pub struct Plan {
    pub(super) statement: Statement,
    /// Names and types of the columns as they were when the statement was prepared.
    shape: Vec<(String, Type)>,
    types: Vec<Type>,
    sql: String,
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

    pub fn with<R>(&self, work: impl FnOnce(&mut Memory) -> R) -> R {
        work(&mut self.memory.lock().unwrap())
    }

    /// Tells the client of every setting; the library knows which of them are new.
    pub fn report(&self) {
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
    pub fn queue(&self, channel: &str, payload: &str) -> Result<()> {
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

    pub fn writable(&self) -> Result<()> {
        if self.with(|memory| memory.read_only) {
            let message = "cannot execute INSERT in a read-only transaction";
            return Err(Error::new(SqlState::READ_ONLY_SQL_TRANSACTION, message));
        }
        Ok(())
    }

    /// Changes the state by one statement: a statement that fails has changed nothing, and one that is alone commits.
    pub fn change<R>(&self, work: impl FnOnce(&mut State) -> Result<R>) -> Result<R> {
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
        self.run(plan, params, reply).await
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
            Ok(std::mem::take(&mut memory.now.notifications))
        })?;
        self.notify(notifications);
        Ok(())
    }

    async fn rollback(&self) -> Result<()> {
        self.world.gauges().rollbacks.fetch_add(1, Ordering::SeqCst);
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

/// A row of the text format: one integer.
fn number(line: &[u8]) -> Result<Vec<Value>> {
    let number = i32::from_text(Type::INT4, line)?;
    Ok(vec![Value::Int(number)])
}
