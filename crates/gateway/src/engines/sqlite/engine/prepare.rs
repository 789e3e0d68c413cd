//! Preparing statements, and again when the schema has changed.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::types::Value;
use trunkline_server::{Error, Result, SqlState, Type};

use crate::engines::sqlite::engine::Engine;
use crate::engines::sqlite::translate::{self, Output, Plan, Query};

impl Engine {
    /// Translates a statement, and has SQLite compile it.
    pub(crate) fn prepare(&self, sql: &str, types: &[Type]) -> Result<Plan> {
        self.shared.start_statement();
        let mut plan = translate::translate(sql, types, &self.catalog(), &self.shared.facts)?;
        if let Plan::Query(query) | Plan::CopyOut { query, .. } = &mut plan {
            self.complete(query)?;
        }
        Ok(plan)
    }

    /// Prepares a statement to be kept.
    pub(crate) fn know(&self, sql: String, types: Vec<Type>) -> Result<Known> {
        let generation = self.database.generation();
        let plan = self.prepare(&sql, &types)?;
        Ok(Known {
            plan,
            sql,
            types,
            generation,
            again: Mutex::default(),
        })
    }

    /// The plan of a statement for the schema as it is now.
    ///
    /// # Errors
    ///
    /// 0A000 when its result has another shape than was told; what `prepare` says when it is no statement any more.
    pub(crate) fn current<'k>(&self, known: &'k Known) -> Result<Current<'k>> {
        let generation = self.database.generation();
        if generation == known.generation {
            return Ok(Current::Same(&known.plan));
        }
        let mut again = known.again.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((made, plan)) = again.as_ref()
            && *made == generation
        {
            return Ok(Current::New(Arc::clone(plan)));
        }
        let plan = self.prepare(&known.sql, &known.types)?;
        let shape = |plan: &Plan| {
            let query = plan.query()?;
            let columns = query.columns.as_ref();
            let types = columns.map(|c| c.iter().map(|c| (c.ty, c.modifier)).collect::<Vec<_>>());
            Some((types, query.params.clone()))
        };
        if shape(&plan) != shape(&known.plan) {
            return Err(
                Error::unsupported("cached plan must not change result type")
                    .routine("RevalidateCachedQuery"),
            );
        }
        let plan = Arc::new(plan);
        *again = Some((generation, Arc::clone(&plan)));
        Ok(Current::New(plan))
    }

    /// The columns that only SQLite knows.
    pub(super) fn complete(&self, query: &mut Query) -> Result<()> {
        let statement = self
            .connection
            .prepare_cached(&query.sql)
            .map_err(|error| self.fault(error, query, &[]))?;
        let Some(columns) = &mut query.columns else {
            return Ok(());
        };
        if columns.iter().any(|c| c.name == "*")
            || (query.pick.is_none()
                && !columns.is_empty()
                && columns.len() != statement.column_count())
        {
            *columns = statement
                .column_names()
                .map(|name| Output {
                    name: name.to_owned(),
                    ty: Type::UNSPECIFIED,
                    modifier: -1,
                    origin: None,
                })
                .collect();
        }
        if !columns.iter().any(|c| c.ty == Type::UNSPECIFIED) {
            return Ok(());
        }
        let readonly = statement.readonly();
        drop(statement);
        let first = if readonly && query.params.is_empty() {
            self.first_row(&query.sql)?
        } else {
            None
        };
        for (place, column) in columns
            .iter_mut()
            .enumerate()
            .filter(|(_, c)| c.ty == Type::UNSPECIFIED)
        {
            column.ty = match first.as_ref().and_then(|row| row.get(place)) {
                Some(Value::Integer(_)) => Type::INT8,
                Some(Value::Real(_)) => Type::FLOAT8,
                Some(Value::Blob(_)) => Type::BYTEA,
                _ => Type::TEXT,
            };
        }
        Ok(())
    }

    /// The first row of a query, for the types that only its values tell. It may take long to come: the client's cancel and
    /// `statement_timeout` stop it like any statement.
    ///
    /// # Errors
    ///
    /// 57014 when it was stopped. What else is wrong will be told when the query is executed.
    pub(super) fn first_row(&self, sql: &str) -> Result<Option<Vec<Value>>> {
        let read = || {
            let mut statement = self.connection.prepare_cached(sql)?;
            let count = statement.column_count();
            let mut rows = statement.raw_query();
            let Some(row) = rows.next()? else {
                return Ok(None);
            };
            (0..count)
                .map(|at| row.get(at))
                .collect::<rusqlite::Result<_>>()
                .map(Some)
        };
        read().or_else(|error| {
            // This also forgets the error of a function, which is not the next statement's.
            let error = self.fault(error, &Query::default(), &[]);
            if error.sqlstate() == SqlState::QUERY_CANCELED {
                Err(error)
            } else {
                Ok(None)
            }
        })
    }
}

/// A prepared statement, and what it takes to prepare it again.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) plan: Plan,
    pub(super) sql: String,
    types: Vec<Type>,
    /// The schema that it was made for.
    generation: u64,
    /// The newest, when the schema has changed since.
    again: Mutex<Option<(u64, Arc<Plan>)>>,
}

/// A plan that is up to date.
pub(crate) enum Current<'k> {
    Same(&'k Plan),
    New(Arc<Plan>),
}

impl std::ops::Deref for Current<'_> {
    type Target = Plan;

    fn deref(&self) -> &Plan {
        match self {
            Self::Same(plan) => plan,
            Self::New(plan) => plan,
        }
    }
}
