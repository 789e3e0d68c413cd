//! The functions that translated SQL calls, registered on every connection under the prefix `tl_`.
//!
//! SQLite hands back only the text of a function's error, so the error itself waits in [`Failure`] until the statement has
//! stopped.

mod aggregate;
mod array;
mod convert;
mod json;
mod number;
mod server;
mod text;
mod time;

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{Value, ValueRef};
use trunkline_server::{Error, Result, SqlState, Type};
use trunkline_types::Oid;

use super::shared::Shared;
pub(crate) use time::is_utc;

use super::translate::NUMERIC;
use super::value::output;

/// The error with which a function stopped the statement.
#[derive(Clone, Debug, Default)]
pub(crate) struct Failure(Arc<Mutex<Option<Error>>>);

impl Failure {
    pub(crate) fn take(&self) -> Option<Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn set(&self, error: Error) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }
}

/// Registers everything.
pub(crate) fn register(connection: &Connection, shared: &Arc<Shared>) -> rusqlite::Result<()> {
    let registry = Registry {
        connection,
        failure: shared.failure.clone(),
    };
    convert::register(&registry)?;
    number::register(&registry)?;
    text::register(&registry)?;
    time::register(&registry, shared)?;
    array::register(&registry)?;
    json::register(&registry)?;
    server::register(&registry, shared)?;
    aggregate::register(&registry)?;
    connection.create_collation(NUMERIC, |a, b| {
        match (a.parse::<trunkline_types::Numeric>(), b.parse()) {
            (Ok(a), Ok(b)) => a.cmp(&b),
            _ => a.cmp(b),
        }
    })?;
    rusqlite::vtab::series::load_module(connection)
}

pub(crate) struct Registry<'c> {
    connection: &'c Connection,
    failure: Failure,
}

/// How a function behaves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Nature {
    /// The same for the same arguments; NULL for a NULL.
    Strict,
    /// The same for the same arguments; sees NULLs.
    Lenient,
    /// May differ from call to call.
    Volatile,
}

impl Registry<'_> {
    fn add(
        &self,
        name: &str,
        arity: i32,
        nature: Nature,
        run: impl Fn(&Args<'_, '_>) -> Result<Value> + Send + 'static,
    ) -> rusqlite::Result<()> {
        let mut flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_INNOCUOUS;
        if nature != Nature::Volatile {
            flags |= FunctionFlags::SQLITE_DETERMINISTIC;
        }
        let failure = self.failure.clone();
        self.connection
            .create_scalar_function(name, arity, flags, move |context| {
                let args = Args(context);
                if nature == Nature::Strict
                    && (0..context.len()).any(|i| context.get_raw(i) == ValueRef::Null)
                {
                    return Ok(Value::Null);
                }
                run(&args).map_err(|error| stop(&failure, error))
            })
    }

    fn strict(
        &self,
        name: &str,
        arity: i32,
        run: impl Fn(&Args<'_, '_>) -> Result<Value> + Send + 'static,
    ) -> rusqlite::Result<()> {
        self.add(name, arity, Nature::Strict, run)
    }

    fn lenient(
        &self,
        name: &str,
        arity: i32,
        run: impl Fn(&Args<'_, '_>) -> Result<Value> + Send + 'static,
    ) -> rusqlite::Result<()> {
        self.add(name, arity, Nature::Lenient, run)
    }

    fn volatile(
        &self,
        name: &str,
        arity: i32,
        run: impl Fn(&Args<'_, '_>) -> Result<Value> + Send + 'static,
    ) -> rusqlite::Result<()> {
        self.add(name, arity, Nature::Volatile, run)
    }
}

/// Keeps the error and gives SQLite one of its own.
fn stop(failure: &Failure, error: Error) -> rusqlite::Error {
    let message = error.message().to_owned();
    failure.set(error);
    rusqlite::Error::UserFunctionError(message.into())
}

/// The arguments of a call.
pub(crate) struct Args<'c, 'a>(&'a Context<'c>);

impl<'a> Args<'_, 'a> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn raw(&self, at: usize) -> ValueRef<'a> {
        if at < self.0.len() {
            self.0.get_raw(at)
        } else {
            ValueRef::Null
        }
    }

    fn is_null(&self, at: usize) -> bool {
        self.raw(at) == ValueRef::Null
    }

    /// As text, whatever it is stored as.
    fn text(&self, at: usize) -> Result<Cow<'a, str>> {
        let value = self.raw(at);
        output(
            value,
            if matches!(value, ValueRef::Real(_)) {
                Type::FLOAT8
            } else {
                Type::TEXT
            },
        )
    }

    fn integer(&self, at: usize) -> Result<i64> {
        match self.raw(at) {
            ValueRef::Integer(i) => Ok(i),
            ValueRef::Real(f) => match trunkline_types::Numeric::from(f.round_ties_even()).to_i64()
            {
                Some(i) => Ok(i),
                None => Err(super::value::out_of_range(Type::INT8)),
            },
            ValueRef::Null => Ok(0),
            _ => {
                let text = self.text(at)?;
                text.trim().parse().map_err(|_| {
                    Error::new(
                        SqlState::INVALID_TEXT_REPRESENTATION,
                        format!("invalid input syntax for type bigint: \"{text}\""),
                    )
                })
            }
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "a float is asked for")]
    fn real(&self, at: usize) -> Result<f64> {
        match self.raw(at) {
            ValueRef::Integer(i) => Ok(i as f64),
            ValueRef::Real(f) => Ok(f),
            _ => {
                let text = self.text(at)?;
                text.parse().map_err(|_| {
                    Error::new(
                        SqlState::INVALID_TEXT_REPRESENTATION,
                        format!("invalid input syntax for type double precision: \"{text}\""),
                    )
                })
            }
        }
    }

    fn ty(&self, at: usize) -> Result<Type> {
        let oid = u32::try_from(self.integer(at)?).map_err(Error::internal)?;
        Ok(Type::from_oid(Oid(oid)))
    }

    /// A pattern compiled once a statement.
    fn cached<T: Send + Sync + 'static>(
        &self,
        at: usize,
        make: impl FnOnce() -> Result<T>,
    ) -> Result<Arc<T>> {
        let place = i32::try_from(at).map_err(Error::internal)?;
        if let Ok(Some(found)) = self.0.get_aux::<T>(place) {
            return Ok(found);
        }
        self.0.set_aux(place, make()?).map_err(Error::internal)
    }
}

fn text_value(text: impl Into<String>) -> Result<Value> {
    Ok(Value::Text(text.into()))
}

fn bool_value(b: bool) -> Result<Value> {
    Ok(Value::Integer(i64::from(b)))
}
