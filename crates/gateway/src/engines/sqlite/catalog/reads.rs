//! Which tables a view reads: only SQLite's compiler knows for sure, and it asks an authorizer for each.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

use crate::engines::sqlite::translate::quote;

/// Who reads, as far as SQLite tells: a view, a subquery by its alias, or the statement itself; and which table or view.
pub(crate) type Read = (Option<String>, String);

/// Notes, when it is asked to, what the statements that are compiled read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reads(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    listening: AtomicBool,
    /// Who reads, and which table or view.
    list: Mutex<Vec<Read>>,
}

impl Reads {
    /// Becomes the connection's authorizer, which allows everything.
    pub(crate) fn listen(&self, connection: &mut Connection) -> rusqlite::Result<()> {
        let reads = self.clone();
        connection.authorizer(Some(move |context: AuthContext<'_>| {
            if reads.0.listening.load(Ordering::Relaxed) {
                reads.note(&context);
            }
            Authorization::Allow
        }))
    }

    fn note(&self, context: &AuthContext<'_>) {
        if let AuthAction::Read { table_name, .. } = context.action {
            let pair = (context.accessor.map(str::to_owned), table_name.to_owned());
            let mut list = self.0.list.lock().unwrap_or_else(PoisonError::into_inner);
            if !list.contains(&pair) {
                list.push(pair);
            }
        }
    }

    /// What is read for a view, by it and by others on its behalf; nothing when it cannot be compiled any more.
    pub(crate) fn of_view(&self, connection: &Connection, view: &str) -> Vec<Read> {
        self.0.listening.store(true, Ordering::Relaxed);
        // That a view is broken is no matter here.
        let _ = connection.prepare(&format!("SELECT * FROM {}", quote(view)));
        self.0.listening.store(false, Ordering::Relaxed);
        let mut list = self.0.list.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *list)
    }
}
