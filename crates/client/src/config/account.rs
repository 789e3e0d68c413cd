//! Who runs this process, found without a call into C.

use std::ffi::OsString;
use std::path::PathBuf;

/// The name of the effective user, and the home folder that the system's list of users gives.
#[derive(Default)]
pub(super) struct Account {
    pub(super) name: Option<OsString>,
    pub(super) home: Option<PathBuf>,
}

impl Account {
    /// By the process's user id in `/etc/passwd`. Users that a directory service knows are not in there: `LOGNAME` and `USER`, or
    /// `USERNAME` on Windows, tell their names.
    pub(super) fn of_process() -> Self {
        let listed = listed().unwrap_or_default();
        let variables = if cfg!(windows) {
            ["USERNAME"].as_slice()
        } else {
            ["LOGNAME", "USER"].as_slice()
        };
        let told = || {
            variables
                .iter()
                .find_map(|name| std::env::var_os(name).filter(|value| !value.is_empty()))
        };
        Self {
            name: listed.name.or_else(told),
            home: listed.home,
        }
    }
}

/// The name of the user with this id, if the system's list of users has it.
#[cfg(unix)]
pub(crate) fn account_name(id: u32) -> Option<String> {
    let users = std::fs::read("/etc/passwd").ok()?;
    find(&users, id)?.name?.into_string().ok()
}

#[cfg(unix)]
fn listed() -> Option<Account> {
    use std::os::unix::fs::MetadataExt as _;

    // The owner of this folder is the effective user.
    let id = std::fs::metadata("/proc/self").ok()?.uid();
    let users = std::fs::read("/etc/passwd").ok()?;
    find(&users, id)
}

#[cfg(not(unix))]
fn listed() -> Option<Account> {
    None
}

/// The account with this id in a file like `/etc/passwd`: `name:password:uid:gid:about:home:shell`.
#[cfg(unix)]
fn find(users: &[u8], id: u32) -> Option<Account> {
    use std::os::unix::ffi::OsStringExt as _;

    let text = |bytes: &[u8]| Some(OsString::from_vec(bytes.to_vec())).filter(|t| !t.is_empty());
    let id = id.to_string();
    users.split(|byte| *byte == b'\n').find_map(|line| {
        let fields: Vec<_> = line.split(|byte| *byte == b':').collect();
        let &[name, _, uid, _, _, home, ..] = fields.as_slice() else {
            return None;
        };
        (uid == id.as_bytes()).then(|| Account {
            name: text(name),
            home: text(home).map(PathBuf::from),
        })
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_by_id() {
        let users =
            b"root:x:0:0:root:/root:/bin/sh\nbroken\nada:x:1000:1000:Ada,,,:/home/ada:/bin/sh\n";
        let ada = find(users, 1000).unwrap_or_default();
        assert_eq!(ada.name, Some("ada".into()));
        assert_eq!(ada.home, Some("/home/ada".into()));
        assert!(find(users, 10).is_none());
    }

    #[test]
    fn this_process_has_a_user() {
        assert!(Account::of_process().name.is_some());
    }
}
