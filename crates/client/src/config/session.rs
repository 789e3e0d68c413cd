//! What the startup message tells the server (PostgreSQL docs 54.2.1, 32.1.2).

use super::settings::Settings;
use super::{ConfigError, Keyword};

/// Whether a session replicates instead of answering queries alone.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum Replication {
    /// Physical replication: replication commands and no SQL.
    Physical,
    /// Logical replication: replication commands and SQL, in the database.
    Logical,
}

impl Replication {
    /// What the startup message says.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Physical => "true",
            Self::Logical => "database",
        }
    }

    pub(super) fn of(settings: &Settings) -> Result<Option<Self>, ConfigError> {
        let text = settings.get(Keyword::Replication).unwrap_or_default();
        match text.to_ascii_lowercase().as_str() {
            "database" => Ok(Some(Self::Logical)),
            "true" | "on" | "yes" | "1" => Ok(Some(Self::Physical)),
            "false" | "off" | "no" | "0" | "" => Ok(None),
            _ => Err(ConfigError::InvalidValue {
                keyword: Keyword::Replication,
                value: Some(text.to_owned()),
            }),
        }
    }
}

/// Refuses every encoding but UTF-8, in which strings are here. `auto` is the locale's, for which UTF-8 is taken.
pub(super) fn check_encoding(settings: &Settings) -> Result<(), ConfigError> {
    let text = settings.get(Keyword::ClientEncoding).unwrap_or_default();
    let letters: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    match letters.to_ascii_lowercase().as_str() {
        "" | "auto" | "utf8" | "unicode" => Ok(()),
        _ => Err(ConfigError::Unsupported {
            option: format!("client_encoding={text}"),
            advice: "strings are UTF-8 here, and the server converts: leave client_encoding out, or set it to UTF8",
        }),
    }
}
