//! What surrounds the process (PostgreSQL docs 32.15), read once and handed in.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::ConfigError;
use super::account::Account;

/// The surroundings that fill in what a connection string leaves out: variables, the user, the folders in which files are looked for.
///
/// Nothing is read from the process unless [`Environment::of_process`] is asked for; a test makes its own surroundings.
///
/// ```
/// use trunkline_client::{Config, Environment};
///
/// let surroundings = Environment::empty().user("ada").variable("PGHOST", "db.example.com");
/// let resolved = "dbname=app".parse::<Config>()?.resolve(&surroundings)?;
/// assert_eq!(resolved.user, "ada");
/// assert_eq!(resolved.hosts[0].name.as_deref(), Some("db.example.com"));
/// # Ok::<(), trunkline_client::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct Environment {
    variables: BTreeMap<String, OsString>,
    user: Option<OsString>,
    home: Option<PathBuf>,
    system_folder: Option<PathBuf>,
    socket_folder: Option<PathBuf>,
}

impl Environment {
    /// No variables, no user, no files; sockets in `/tmp`, as PostgreSQL itself has it.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            variables: BTreeMap::new(),
            user: None,
            home: None,
            system_folder: None,
            socket_folder: cfg!(unix).then(|| PathBuf::from("/tmp")),
        }
    }

    /// Those of this process: its variables whose names begin with `PG`, its user and home folder.
    ///
    /// Sockets are in `/var/run/postgresql`, where most distributions have them, if there is such a folder, and in `/tmp` otherwise.
    #[must_use]
    pub fn of_process() -> Self {
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            name.starts_with("PG").then_some((name, value))
        });
        let account = Account::of_process();
        Self {
            variables: variables.collect(),
            user: account.name,
            home: home().or(account.home),
            system_folder: first_with("pg_service.conf", &SYSTEM_FOLDERS),
            socket_folder: first_with("", &SOCKET_FOLDERS),
        }
    }

    /// Sets a variable.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<OsString>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// Sets the name of the operating system's user.
    #[must_use]
    pub fn user(mut self, name: impl Into<OsString>) -> Self {
        self.user = Some(name.into());
        self
    }

    /// Sets the home folder, in which are `.pgpass`, `.pg_service.conf` and `.postgresql`. On Windows, the folder with their likes.
    #[must_use]
    pub fn home(mut self, folder: impl Into<PathBuf>) -> Self {
        self.home = Some(folder.into());
        self
    }

    /// Sets the folder of the system's `pg_service.conf`, if `PGSYSCONFDIR` does not.
    #[must_use]
    pub fn system_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.system_folder = Some(folder.into());
        self
    }

    /// Sets the folder in which a server's socket is when no host is given. Without one, the host is `localhost` then.
    #[must_use]
    pub fn socket_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.socket_folder = Some(folder.into());
        self
    }

    /// A variable that is set, if to the empty text.
    pub(super) fn text(&self, name: &'static str) -> Result<Option<&str>, ConfigError> {
        match self.variables.get(name).map(|value| value.to_str()) {
            Some(None) => Err(ConfigError::VariableNotUtf8(name)),
            value => Ok(value.flatten()),
        }
    }

    /// A variable that holds a path, which need not be UTF-8.
    pub(super) fn path(&self, name: &str) -> Option<&Path> {
        self.variables.get(name).map(Path::new)
    }

    pub(super) fn user_name(&self) -> Option<&str> {
        self.user.as_deref().and_then(OsStr::to_str)
    }

    pub(super) fn home_folder(&self) -> Option<&Path> {
        self.home.as_deref()
    }

    pub(super) fn system(&self) -> Option<&Path> {
        self.path("PGSYSCONFDIR").or(self.system_folder.as_deref())
    }

    /// What stands in for a host that is not given.
    pub(super) fn default_host(&self) -> &str {
        let folder = self.socket_folder.as_deref().and_then(Path::to_str);
        folder.unwrap_or("localhost")
    }
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The values are left out, as one of them may be a password.
        f.debug_struct("Environment")
            .field("variables", &self.variables.keys())
            .field("user", &self.user)
            .field("home", &self.home)
            .field("system_folder", &self.system_folder)
            .field("socket_folder", &self.socket_folder)
            .finish()
    }
}

/// Where distributions and PostgreSQL's own build have `pg_service.conf`.
const SYSTEM_FOLDERS: [&str; 3] = [
    "/etc/postgresql-common",
    "/etc/sysconfig/pgsql",
    "/usr/local/pgsql/etc",
];

/// Where distributions and PostgreSQL's own build have sockets.
const SOCKET_FOLDERS: [&str; 2] = ["/var/run/postgresql", "/tmp"];

/// The first of some folders that has a file.
fn first_with(file: &str, folders: &[&str]) -> Option<PathBuf> {
    let mut folders = folders.iter().map(Path::new);
    let found = folders.find(|folder| cfg!(unix) && folder.join(file).exists());
    found.map(Path::to_path_buf)
}

/// What the process's variables say about the home folder.
fn home() -> Option<PathBuf> {
    let name = if cfg!(windows) { "APPDATA" } else { "HOME" };
    let folder = std::env::var_os(name).filter(|value| !value.is_empty())?;
    let folder = PathBuf::from(folder);
    Some(if cfg!(windows) {
        folder.join("postgresql")
    } else {
        folder
    })
}
