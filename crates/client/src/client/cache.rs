//! The statements that a client has prepared by itself, and those to be closed.

use std::num::NonZeroUsize;
use std::sync::Arc;

use lru::LruCache;
use trunkline_proto::frontend::Target;
use trunkline_proto::{PortalName, StatementName};

use super::statement::{Dropped, Named, Statement};

/// Statements by their SQL; the one that was not used for longest goes when there are too many.
#[derive(Debug)]
pub(crate) struct Cache {
    statements: Option<LruCache<Box<str>, Statement>>,
    home: Arc<Dropped>,
    /// Names that the server is being told to forget.
    closing: Vec<(Named, Box<str>)>,
}

impl Cache {
    /// `capacity`: how many statements are kept; 0 for none.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            statements: NonZeroUsize::new(capacity).map(LruCache::new),
            home: Arc::default(),
            closing: Vec::new(),
        }
    }

    pub(crate) fn resize(&mut self, capacity: usize) {
        match (NonZeroUsize::new(capacity), &mut self.statements) {
            (Some(capacity), Some(statements)) => statements.resize(capacity),
            (capacity, statements) => *statements = capacity.map(LruCache::new),
        }
    }

    /// What tells this session from others.
    pub(crate) const fn home(&self) -> &Arc<Dropped> {
        &self.home
    }

    pub(crate) fn get(&mut self, sql: &str) -> Option<Statement> {
        self.statements.as_mut()?.get(sql).cloned()
    }

    pub(crate) fn put(&mut self, statement: &Statement) {
        if let Some(statements) = &mut self.statements {
            statements.put(statement.sql().into(), statement.clone());
        }
    }

    /// The server has no use for this one any more.
    pub(crate) fn forget(&mut self, sql: &str) {
        if let Some(statements) = &mut self.statements {
            statements.pop(sql);
        }
    }

    pub(crate) fn clear(&mut self) {
        if let Some(statements) = &mut self.statements {
            statements.clear();
        }
    }

    /// What the server is to forget, until [`closed`](Self::closed) says that it was told.
    pub(crate) fn closing(&mut self) -> impl Iterator<Item = Target<'_>> {
        self.closing.append(&mut self.home.take());
        self.closing.iter().map(|(named, name)| match named {
            Named::Statement => Target::Statement(StatementName::from(&**name)),
            Named::Portal => Target::Portal(PortalName::from(&**name)),
        })
    }

    /// The server was told.
    pub(crate) fn closed(&mut self) {
        self.closing.clear();
    }
}
