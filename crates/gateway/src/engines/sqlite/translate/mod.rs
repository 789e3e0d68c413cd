//! PostgreSQL's SQL to SQLite's, through the syntax tree.
//!
//! Every expression is translated together with its type, because the text depends on it: `1/2` divides integers and
//! must fail on zero, `price * 2` multiplies numerics that SQLite keeps as text, `day = '2024-1-1'` needs the literal in the
//! form that days are stored in. The same types are what Describe answers.
//!
//! One file a construct: [`statement`] sorts them; [`query`] is SELECT, with [`projection`], [`from`], [`table_function`], [`grouping`],
//! [`order`], [`set_operation`] and [`with`]; [`expr`] has its neighbours [`operator`], [`logical`], [`arithmetic`], [`membership`], [`cast`],
//! [mod@array], [`functions`], [`aggregate`] and [`literal`]; [`dml`], [`update`] and [`copy`] write; [`ddl`] with [`draft`], [`alter`] and
//! [mod@drop] define.

mod aggregate;
mod alter;
mod arithmetic;
mod array;
mod cast;
mod convert;
mod copy;
mod copy_options;
mod ddl;
mod dml;
mod draft;
mod drop;
mod expr;
mod from;
mod functions;
mod grouping;
mod literal;
mod logical;
mod membership;
mod name;
mod node;
mod operator;
mod order;
mod pg_catalog;
mod plan;
mod projection;
mod query;
mod scope;
mod session;
mod set_operation;
mod statement;
mod table_function;
#[cfg(test)]
mod tests;
pub(crate) mod types;
mod update;
mod with;

use sqlparser::tokenizer::Location;
use trunkline_server::{Error, Result, SqlState, Type};

pub(crate) use convert::is_number;
pub(crate) use copy_options::{EVERY, HEADER_MATCH};
pub(crate) use node::{NUMERIC, quote, text};
pub(crate) use pg_catalog::ARRAY_IN;
pub(crate) use plan::{Command, Output, Plan, Probe, Query, SetScope, TagKind};

use crate::engines::sqlite::catalog::Catalog;
use crate::engines::sqlite::parse::{Source, parse, too_deep};
use from::Cte;
use plan::Notice;

/// Levels of expressions and set operations. SQLite itself takes 1000 (`SQLITE_MAX_EXPR_DEPTH`), but not all become some of its.
const DEPTH: usize = 2000;
/// Bytes of SQL that a translation may make on all its levels together, besides 64 for each of the statement's.
const WORK: usize = 256 << 20;

/// What the session knows of itself.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) user: String,
    pub(crate) database: String,
}

/// Translates one statement.
///
/// `types` are the client's parameter types, `UNSPECIFIED` where it left them open.
///
/// # Errors
///
/// As PostgreSQL: 42601 for syntax, 42P01, 42703, 42883 for names, 42804 and 22P02 for types; 0A000 for what the engine has not.
pub(crate) fn translate(
    text: &str,
    types: &[Type],
    catalog: &dyn Catalog,
    facts: &Facts,
) -> Result<Plan> {
    let Some(statement) = parse(text)? else {
        return Ok(Plan::Nothing(""));
    };
    let mut translator = Translator {
        catalog,
        source: Source::new(text),
        facts,
        params: types.to_vec(),
        ctes: Vec::new(),
        locks: false,
        notices: Vec::new(),
        clause: None,
        target: None,
        depth: 0,
        work: WORK.saturating_add(text.len().saturating_mul(64)),
    };
    translator.statement(statement)
}

/// The state of one translation.
pub(crate) struct Translator<'a> {
    catalog: &'a dyn Catalog,
    source: Source<'a>,
    facts: &'a Facts,
    /// By number; `UNSPECIFIED` while nothing has decided.
    params: Vec<Type>,
    ctes: Vec<Cte>,
    /// The statement takes row locks: it must own the write lock.
    locks: bool,
    notices: Vec<Notice>,
    /// The clause at hand, if it is one that takes no aggregates.
    clause: Option<&'static str>,
    /// The table that the statement writes to.
    target: Option<String>,
    /// Expressions and parts of set operations around the one at hand.
    depth: usize,
    /// Bytes of SQL that may still be made.
    work: usize,
}

impl Translator<'_> {
    /// Translates something one level further down.
    ///
    /// # Errors
    ///
    /// 54001 when that is too deep; those of `translate`.
    fn deeper<T>(&mut self, translate: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= DEPTH {
            return Err(too_deep());
        }
        self.depth += 1;
        let outcome = translate(self);
        self.depth -= 1;
        outcome
    }

    /// Counts SQL that was made: every level copies what is below it, and some write it twice.
    ///
    /// # Errors
    ///
    /// 54001 when it comes to too much.
    fn made(&mut self, sql: &str) -> Result<()> {
        self.work = self.work.checked_sub(sql.len()).ok_or_else(too_deep)?;
        Ok(())
    }

    /// The context of a parameter has decided its type; the first decision holds.
    fn decide(&mut self, number: usize, ty: Type) {
        if ty == Type::UNKNOWN {
            return;
        }
        if let Some(slot) = number.checked_sub(1).and_then(|at| self.params.get_mut(at))
            && *slot == Type::UNSPECIFIED
        {
            *slot = ty;
        }
    }

    /// The types of all parameters.
    ///
    /// # Errors
    ///
    /// 42P18 for a parameter whose type nothing decides.
    fn finish_params(&self) -> Result<Vec<Type>> {
        for (at, ty) in self.params.iter().enumerate() {
            if *ty == Type::UNSPECIFIED {
                let message = format!("could not determine data type of parameter ${}", at + 1);
                return Err(Error::new(SqlState::INDETERMINATE_DATATYPE, message));
            }
        }
        Ok(self.params.clone())
    }

    /// The engine has not got this.
    fn unsupported(&self, what: &str, at: Location) -> Error {
        self.source.mark(
            Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                format!("{what} is not supported"),
            ),
            at,
        )
    }
}
