//! The statements that are about the session.

use trunkline_server::{Reply, Result, Tag};

use crate::engines::sqlite::engine::Engine;
use crate::engines::sqlite::session::SqliteSession;
use crate::engines::sqlite::translate::{Command, SetScope};

impl SqliteSession {
    pub(super) async fn command(&self, command: &Command, reply: &mut Reply) -> Result<Tag> {
        match command {
            Command::Set { name, value, scope } => {
                self.shared
                    .set(name, value.as_deref(), *scope == SetScope::Local)?;
                Ok(Tag::new("SET"))
            }
            Command::Characteristics {
                isolation,
                read_only,
                session,
            } => {
                let prefix = if *session {
                    "default_transaction"
                } else {
                    "transaction"
                };
                if let Some(level) = isolation {
                    self.shared
                        .set(&format!("{prefix}_isolation"), Some(level), !session)?;
                }
                if let Some(read_only) = read_only {
                    let value = if *read_only { "on" } else { "off" };
                    self.shared
                        .set(&format!("{prefix}_read_only"), Some(value), !session)?;
                }
                Ok(Tag::new("SET"))
            }
            Command::Show(name) => {
                let value = self.shared.settings().show(name)?;
                reply.row((value,)).await?;
                Ok(Tag::new("SHOW"))
            }
            Command::ShowAll => {
                let all = self.shared.settings().all();
                for (name, value) in all {
                    reply.row((name, value, "")).await?;
                }
                Ok(Tag::new("SHOW"))
            }
            Command::Reset(name) => {
                self.shared.set(name, None, false)?;
                Ok(Tag::new("RESET"))
            }
            Command::ResetAll => {
                self.shared.reset_all();
                Ok(Tag::new("RESET"))
            }
            Command::DiscardAll => {
                self.forget().await?;
                Ok(Tag::new("DISCARD ALL"))
            }
        }
    }

    /// Settings and temporary tables go.
    pub(super) async fn forget(&self) -> Result<()> {
        self.shared.reset_all();
        if self.worker.initialized() {
            self.ask(Engine::drop_temporary).await?;
        }
        Ok(())
    }
}
