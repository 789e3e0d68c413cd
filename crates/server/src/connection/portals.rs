//! Portals: statements with their parameters bound, and how far each has run.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use trunkline_proto::PortalName;
use trunkline_proto::frontend::Bind;
use trunkline_proto::{Format, SqlState, codec};

use super::budget::{Budget, Charge};
use super::simple::utf8;
use super::statements::Statement;
use crate::formats::Formats;
use crate::params::Values;
use crate::park::Slot;
use crate::{Error, Result, Session, Tag};

/// A statement that is bound.
pub(super) struct Portal<'s, S: Session> {
    pub(super) statement: Arc<Statement<S::Statement>>,
    pub(super) values: Values,
    pub(super) formats: Formats,
    /// A result format that is neither text nor binary: Execute complains of it, not Bind (rule EQ-06).
    pub(super) bad_format: Option<i16>,
    /// `BINARY`: FETCH within a Query gives binary. (Other requests say what they want.)
    pub(super) binary: bool,
    pub(super) hold: Hold,
    /// How many savepoints were set when it was made.
    pub(super) depth: usize,
    pub(super) state: State<'s>,
    /// What it takes is counted: that of a portal with a name.
    charge: Option<Charges>,
}

/// About what a portal takes whatever it is of: itself, its name, and its place in the map.
const FIXED: usize = 400;

/// What is counted for a portal that has a name.
struct Charges {
    _own: Charge,
    /// Its part in that of its statement, if that has no name.
    _statement: Option<Arc<Charge>>,
}

/// Whether a portal outlives its transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    No,
    /// `WITH HOLD` was said.
    Wanted,
    /// Its rows are kept, so many bytes of them, and the transaction is about to be committed.
    Kept(usize),
    /// The transaction was committed.
    Held(usize),
}

/// Where a portal is made.
pub(super) enum Place<'p, 's, S: Session> {
    /// In place; it is there once `live` is set.
    Unnamed {
        portal: &'p mut Portal<'s, S>,
        live: &'p mut bool,
    },
    /// To be [inserted](Portals::insert).
    Named(Portal<'s, S>),
}

impl<S: Session> Portal<'_, S> {
    pub(super) fn new(statement: &Arc<Statement<S::Statement>>) -> Self {
        Self {
            statement: Arc::clone(statement),
            values: Values::NONE,
            formats: Formats::Text,
            bad_format: None,
            binary: false,
            hold: Hold::No,
            depth: 0,
            state: State::Fresh,
            charge: None,
        }
    }

    /// Counts what the portal takes, as one that has a name.
    ///
    /// # Errors
    ///
    /// 53200 if statements and portals take too much.
    pub(super) fn pay(&mut self, budget: &mut Budget) -> Result<()> {
        let statement = self.statement.share(budget)?;
        let own = budget.charge(FIXED + self.values.size() + self.formats.size())?;
        self.charge = Some(Charges {
            _own: own,
            _statement: statement,
        });
        Ok(())
    }

    /// Becomes a portal of another statement. If that fails it is what it was.
    ///
    /// # Errors
    ///
    /// As [`pay`](Self::pay), for a portal with a name; what it took until now counts as free.
    pub(super) fn turn_into(
        &mut self,
        statement: Arc<Statement<S::Statement>>,
        values: Values,
        budget: &mut Budget,
    ) -> Result<()> {
        let before = std::mem::replace(&mut self.statement, statement);
        let values = std::mem::replace(&mut self.values, values);
        if self.charge.take().is_some()
            && let Err(failed) = self.pay(budget)
        {
            (self.statement, self.values) = (before, values);
            // It fits, as it has until now.
            self.pay(budget)?;
            return Err(failed);
        }
        Ok(())
    }

    /// Takes parameters and formats over.
    #[inline]
    pub(super) fn fill(&mut self, bind: &Bind<'_>) -> Result<()> {
        self.values.copy_from(
            &bind.param_formats,
            bind.params.iter(),
            &self.statement.params,
        )?;
        match bind.result_formats.uniform() {
            Some(0) => (self.formats, self.bad_format) = (Formats::Text, None),
            Some(1) => (self.formats, self.bad_format) = (Formats::Binary, None),
            // Most likely those of the last time, which are then kept.
            _ if self.formats.is_as(&bind.result_formats) => self.bad_format = None,
            _ => (self.formats, self.bad_format) = mixed(&bind.result_formats),
        }
        Ok(())
    }
}

/// One format for each column, and the first that is none.
#[cold]
fn mixed(codes: &codec::Formats<'_>) -> (Formats, Option<i16>) {
    let bad = codes.iter().find(|code| !matches!(code, 0 | 1));
    let formats: Arc<[Format]> = codes
        .iter()
        .map(|code| Format::try_from(code).unwrap_or(Format::Text))
        .collect();
    (Formats::Mixed(formats), bad)
}

/// How far a portal has run.
pub(super) enum State<'s> {
    Fresh,
    /// Its row limit was reached; it waits for the next Execute.
    Suspended(Parked<'s>),
    /// A FETCH whose row limit was reached; so many rows are left for the next Execute to fetch.
    Fetching(u64),
    Finished(Tag),
    /// It failed, or runs just now.
    Spent,
}

/// A running `execute`, kept until the next Execute message.
pub(super) struct Parked<'s> {
    pub(super) future: Pin<Box<dyn Future<Output = Result<Tag>> + Send + 's>>,
    pub(super) slot: Arc<Slot>,
    /// Whether it has run before, so that its tag no longer counts all rows.
    pub(super) resumed: bool,
    /// The rows that it has sent so far.
    pub(super) position: u64,
}

/// The portals of a session. The unnamed one stays in place between uses, so that binding it costs no allocation.
pub(super) struct Portals<'s, S: Session> {
    unnamed: Option<Portal<'s, S>>,
    unnamed_is_live: bool,
    named: HashMap<Box<[u8]>, Portal<'s, S>>,
    limit: usize,
}

impl<'s, S: Session> Portals<'s, S> {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            unnamed: None,
            unnamed_is_live: false,
            named: HashMap::new(),
            limit,
        }
    }

    /// Finds a portal.
    ///
    /// # Errors
    ///
    /// 34000.
    #[inline]
    pub(super) fn find(&mut self, name: &PortalName<'_>) -> Result<&mut Portal<'s, S>> {
        let found = if name.is_unnamed() {
            self.unnamed.as_mut().filter(|_| self.unnamed_is_live)
        } else {
            self.named.get_mut(name.key())
        };
        found.ok_or_else(|| missing(name))
    }

    /// Whether a new portal may have this name; the unnamed one is replaced silently.
    ///
    /// # Errors
    ///
    /// 42P03 if a portal has it; 53400 if there are too many.
    #[inline]
    pub(super) fn admit(&self, name: &PortalName<'_>) -> Result<()> {
        if name.is_unnamed() {
            return Ok(());
        }
        if self.named.contains_key(name.key()) {
            return Err(Error::new(
                SqlState::DUPLICATE_CURSOR,
                format!("cursor \"{name}\" already exists"),
            ));
        }
        if self.named.len() >= self.limit {
            return Err(Error::new(
                SqlState::CONFIGURATION_LIMIT_EXCEEDED,
                format!("a session may have {} open portals", self.limit),
            )
            .hint("Close portals that are not needed any more."));
        }
        Ok(())
    }

    /// The place of the portal that a Bind makes. The unnamed one keeps its memory from bind to bind; until the new one
    /// is filled there is none.
    #[inline]
    pub(super) fn place(
        &mut self,
        name: &PortalName<'_>,
        statement: &Arc<Statement<S::Statement>>,
    ) -> Place<'_, 's, S> {
        if !name.is_unnamed() {
            return Place::Named(Portal::new(statement));
        }
        self.unnamed_is_live = false;
        let portal = self.unnamed.get_or_insert_with(|| Portal::new(statement));
        if !Arc::ptr_eq(&portal.statement, statement) {
            portal.statement = Arc::clone(statement);
        }
        portal.state = State::Fresh;
        Place::Unnamed {
            portal,
            live: &mut self.unnamed_is_live,
        }
    }

    /// Keeps a named portal.
    pub(super) fn insert(&mut self, name: &PortalName<'_>, portal: Portal<'s, S>) {
        self.named.insert(name.key().into(), portal);
    }

    /// Removes a portal; what it was running is dropped.
    pub(super) fn remove(&mut self, name: &PortalName<'_>) {
        if name.is_unnamed() {
            self.retire_unnamed();
        } else {
            self.named.remove(name.key());
        }
    }

    #[inline]
    fn retire_unnamed(&mut self) {
        if let Some(portal) = &mut self.unnamed
            && self.unnamed_is_live
        {
            portal.state = State::Spent;
            portal.values.clear();
        }
        self.unnamed_is_live = false;
    }

    /// Ends all portals but those that are held: the transaction is over.
    #[inline]
    pub(super) fn clear(&mut self) {
        self.retire_unnamed();
        if !self.named.is_empty() {
            self.retain(|hold| matches!(hold, Hold::Kept(_) | Hold::Held(_)));
        }
    }

    /// The transaction was committed: what was kept for after it is held from now on.
    pub(super) fn settle(&mut self) {
        for portal in self.named.values_mut() {
            if let Hold::Kept(bytes) = portal.hold {
                portal.hold = Hold::Held(bytes);
                portal.depth = 0;
            }
        }
    }

    /// The transaction was not committed after all.
    pub(super) fn forget_kept(&mut self) {
        self.retain(|hold| !matches!(hold, Hold::Kept(_)));
    }

    #[cold]
    fn retain(&mut self, keep: impl Fn(Hold) -> bool) {
        self.named.retain(|_, portal| keep(portal.hold));
        if self.named.is_empty() {
            self.named = HashMap::new();
        }
    }

    /// The transaction has failed: what portals were running is dropped. They are there until its end, and executing one
    /// is refused for the transaction's sake, even if it would end it. Those made before the last of so many savepoints go on after a rollback to it.
    #[cold]
    pub(super) fn fail(&mut self, savepoints: usize) {
        for portal in self.named.values_mut().chain(&mut self.unnamed) {
            let survives = portal.depth < savepoints || matches!(portal.hold, Hold::Held(_));
            if !survives {
                portal.state = State::Spent;
            }
        }
    }

    /// Ends the portals that were made after a savepoint, of which there are so many before it: it is rolled back to.
    #[cold]
    pub(super) fn roll_back_to(&mut self, before: usize) {
        if self
            .unnamed
            .as_ref()
            .is_some_and(|portal| portal.depth > before)
        {
            self.retire_unnamed();
        }
        self.named.retain(|_, portal| portal.depth <= before);
    }

    /// A savepoint is released: what was made after it is as if made before.
    #[cold]
    pub(super) fn release(&mut self, before: usize) {
        for portal in self.named.values_mut().chain(&mut self.unnamed) {
            portal.depth = portal.depth.min(before);
        }
    }

    /// CLOSE ALL: named ones only, the unnamed portal is not a cursor.
    pub(super) fn clear_named(&mut self) {
        self.named = HashMap::new();
    }

    /// Whether there is a portal of this name.
    pub(super) fn contains(&self, name: &[u8]) -> bool {
        self.named.contains_key(name)
    }

    /// The cursors WITH HOLD of this transaction, by name.
    pub(super) fn to_hold(&self) -> Vec<Box<[u8]>> {
        self.named
            .iter()
            .filter(|(_, portal)| portal.hold == Hold::Wanted)
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// The bytes of rows that are kept.
    pub(super) fn held(&self) -> usize {
        self.named
            .values()
            .map(|portal| match portal.hold {
                Hold::No | Hold::Wanted => 0,
                Hold::Kept(bytes) | Hold::Held(bytes) => bytes,
            })
            .sum()
    }
}

#[cold]
fn missing(name: &PortalName<'_>) -> Error {
    // What cannot be a name is not merely missing.
    if let Err(error) = utf8(name.as_bytes()) {
        return error;
    }
    Error::new(
        SqlState::INVALID_CURSOR_NAME,
        format!("portal \"{name}\" does not exist"),
    )
}
