//! Opening sessions on a database.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use trunkline_server::{Client, Error, Open, Result, SqlState};

use crate::engines::sqlite::database::Database;
use crate::engines::sqlite::functions::is_utc;
use crate::engines::sqlite::session::SqliteSession;
use crate::engines::sqlite::session::stream::Running;
use crate::engines::sqlite::settings::Settings;
use crate::engines::sqlite::shared::Shared;
use crate::engines::sqlite::translate::Facts;

/// Opens sessions on a database.
#[derive(Clone, Debug)]
pub struct Sqlite(Arc<Database>);

impl Sqlite {
    /// An engine on this database.
    #[must_use]
    pub fn new(database: Database) -> Self {
        Self(Arc::new(database))
    }

    /// Waits until the sessions have let go of the database, a second at most: the last one removes a temporary file.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the removal to whoever holds the database last.
    pub async fn close(self) {
        for _ in 0..100 {
            if Arc::strong_count(&self.0) == 1 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }

    /// Fills the database with the sample data, if it has no tables of these names.
    ///
    /// # Errors
    ///
    /// [`OpenError`](crate::engines::sqlite::OpenError) with the statement that failed.
    pub fn load_demo(&self) -> Result<(), crate::engines::sqlite::OpenError> {
        crate::engines::sqlite::demo::load(&self.0)
    }
}

/// Settings of the startup packet that are not the session's.
pub(super) const NOT_SETTINGS: &[&str] = &["user", "database", "replication", "options"];

impl Open for Sqlite {
    type Session = SqliteSession;

    async fn open(&self, client: &Client) -> Result<SqliteSession> {
        let facts = Facts {
            user: client.user().to_owned(),
            database: client.database().to_owned(),
        };
        let mut settings = Settings::default();
        settings.set_user(client.user());
        for (name, value) in client.parameters() {
            if !NOT_SETTINGS.contains(&name) && !name.starts_with("_pq_.") {
                settings.start(name, value)?;
            }
        }
        let shared = Arc::new(Shared::new(facts, Some(client.handle()), settings));
        shared.apply();
        let zone = client
            .parameters()
            .find(|(name, zone)| name.eq_ignore_ascii_case("timezone") && !is_utc(zone));
        if let Some((_, zone)) = zone {
            // A session that ends at once needs no warning.
            let _ = client.handle().notice(
                Error::new(
                    SqlState::WARNING,
                    format!("time zone \"{zone}\" is not supported: times are in UTC"),
                )
                .hint("Leave TimeZone (PGTZ) out, or say UTC."),
            );
        }
        Ok(SqliteSession {
            worker: tokio::sync::OnceCell::new(),
            database: Arc::clone(&self.0),
            shared,
            running: Running::default(),
            next: AtomicU64::new(1),
        })
    }
}
