//! The database file, and how connections to it are opened.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};

use super::folder::Folder;
use super::functions;
use super::shared::Shared;

/// Steps of SQLite's virtual machine between two looks at whether to stop.
const STEPS: i32 = 1000;
/// Statements that a connection keeps compiled.
const STATEMENTS: usize = 64;

/// A database that sessions share.
///
/// One that is "in memory" is a file in a folder of its own, on the memory file system where there is one, removed at the end;
/// one whose process was killed is removed by the next.
/// SQLite's true in-memory databases cannot be shared without their readers and writers blocking each other; a file with a
/// write-ahead log can: readers see a snapshot and never wait.
#[derive(Debug)]
pub struct Database {
    path: PathBuf,
    folder: Option<Folder>,
    /// Counts the changes of the schema that this server has made.
    generation: AtomicU64,
}

/// A database cannot be opened: one line that says which and why.
#[derive(Debug)]
pub struct OpenError(String);

impl OpenError {
    pub(crate) fn new(line: String) -> Self {
        Self(line)
    }
}

impl std::fmt::Display for OpenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for OpenError {}

impl Database {
    /// A database of its own, gone when this value is dropped.
    ///
    /// # Errors
    ///
    /// [`OpenError`] when there is no place for it.
    pub fn in_memory() -> Result<Self, OpenError> {
        let folder = Folder::new()
            .map_err(|error| OpenError(format!("cannot make a temporary database: {error}")))?;
        let database = Self {
            path: folder.path().join("memory.db"),
            folder: Some(folder),
            generation: AtomicU64::new(0),
        };
        database.prepare()?;
        Ok(database)
    }

    /// The database in this file, which is made if it does not exist.
    ///
    /// # Errors
    ///
    /// [`OpenError`] when the file cannot be opened or is no SQLite database.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, OpenError> {
        let database = Self {
            path: path.into(),
            folder: None,
            generation: AtomicU64::new(0),
        };
        database.prepare()?;
        Ok(database)
    }

    /// How often the schema has changed.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// The schema has changed, or is about to.
    pub(crate) fn changed(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
    }

    /// Turns the write-ahead log on, which stays on for the file.
    fn prepare(&self) -> Result<(), OpenError> {
        let failed = |error: rusqlite::Error| {
            let reason = match &error {
                rusqlite::Error::SqliteFailure(code, _)
                    if code.code == rusqlite::ErrorCode::CannotOpen =>
                {
                    match std::fs::metadata(
                        self.path
                            .parent()
                            .filter(|p| !p.as_os_str().is_empty())
                            .unwrap_or(Path::new(".")),
                    ) {
                        Ok(_) => "it cannot be read and written".to_owned(),
                        Err(error) => error.to_string(),
                    }
                }
                rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
                other => other.to_string(),
            };
            OpenError(format!(
                "cannot open the database {}: {reason}",
                self.path.display()
            ))
        };
        let connection = Connection::open(&self.path).map_err(failed)?;
        connection
            .busy_timeout(Duration::from_secs(5))
            .map_err(failed)?;
        connection
            .pragma_update(None, "journal_mode", "WAL")
            .map_err(failed)
    }

    /// A connection for a session.
    pub(crate) fn connect(&self, shared: &Arc<Shared>) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(&self.path, flags)?;
        // A name in double quotes that is no column is a mistake, not a string.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        // ATTACH would open any file of the machine.
        connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        // What is in memory need not survive a power cut.
        let synchronous = if self.folder.is_some() {
            "OFF"
        } else {
            "NORMAL"
        };
        connection.pragma_update(None, "synchronous", synchronous)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "recursive_triggers", true)?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        let session = Arc::clone(shared);
        connection.progress_handler(STEPS, Some(move || session.is_stopped()))?;
        let session = Arc::clone(shared);
        let mut since = Instant::now();
        connection.busy_handler(Some(move |tries| {
            if tries == 0 {
                since = Instant::now();
            }
            if !session.may_wait(since) {
                return false;
            }
            // Short waits at first, for writers that are nearly done.
            session.wait(Duration::from_millis(
                u64::try_from(tries).unwrap_or(0).clamp(1, 10),
            ));
            true
        }))?;
        functions::register(&connection, shared)?;
        shared.reads.listen(&mut connection)?;
        Ok(connection)
    }
}
