//! Whom a server runs as: PostgreSQL refuses to be root.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use crate::error::Context;
use crate::{Error, Result};

/// A user other than root who owns a server's files and processes; `None` where that is whoever runs the tests.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Account(Option<(u32, u32)>);

impl Account {
    /// Whoever runs the tests.
    pub(crate) const MINE: Self = Self(None);

    /// The tests' own user, or, for root, the one that Debian's package has made.
    pub(crate) fn find() -> Result<Self> {
        let me = fs::metadata("/proc/self").context(|| "/proc/self".into())?;
        if me.uid() != 0 {
            return Ok(Self(None));
        }
        let users = fs::read_to_string("/etc/passwd").context(|| "/etc/passwd".into())?;
        let found = ["postgres", "nobody"]
            .iter()
            .find_map(|name| users.lines().find_map(|line| entry(line, name)));
        found
            .map(|ids| Self(Some(ids)))
            .ok_or_else(|| Error::new("PostgreSQL does not run as root, and there is no user postgres to run it as: run scripts/setup"))
    }

    /// Lets a program run as this user.
    pub(crate) fn run_as(self, command: &mut Command) -> &mut Command {
        if let Some((user, group)) = self.0 {
            command.uid(user).gid(group);
        }
        command
    }

    /// Gives a file or folder to this user, and not what is in it.
    pub(crate) fn own(self, path: &Path) -> Result<()> {
        if let Some((user, group)) = self.0 {
            std::os::unix::fs::lchown(path, Some(user), Some(group))
                .context(|| format!("cannot give away {}", path.display()))?;
        }
        Ok(())
    }

    /// Whether this user can come to what is in a folder: each one on the way lets others pass.
    pub(crate) fn can_enter(self, folder: &Path) -> bool {
        let passes = |folder: &Path| fs::metadata(folder).is_ok_and(|it| it.mode() & 0o001 != 0);
        self.0.is_none() || folder.ancestors().all(passes)
    }
}

/// The user and group in a line of /etc/passwd, if it is that of `name`.
fn entry(line: &str, name: &str) -> Option<(u32, u32)> {
    let mut fields = line.split(':');
    if fields.next() != Some(name) {
        return None;
    }
    let user = fields.nth(1)?.parse().ok()?;
    Some((user, fields.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::entry;

    #[test]
    fn an_entry_has_the_user_and_the_group() {
        let line = "postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash";
        assert_eq!(entry(line, "postgres"), Some((101, 104)));
        assert_eq!(entry(line, "post"), None);
        assert_eq!(entry("postgres:x:", "postgres"), None);
    }
}
