//! Folders of a run, and copies of what is in them.

use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::Result;
use crate::account::Account;
use crate::error::Context;

/// Makes an empty folder in the system's one for temporary files that only `account` may enter. Its path is short: a socket's
/// may have 107 bytes.
pub(crate) fn temporary(account: Account) -> Result<PathBuf> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    loop {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("trunkline-pg-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        match DirBuilder::new().mode(0o700).create(&folder) {
            // Another process of the same number, in another container or long ago.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            made => {
                made.context(|| format!("cannot make {}", folder.display()))?;
                account.own(&folder)?;
                return Ok(folder);
            }
        }
    }
}

/// Copies a folder with everything in it to a new place, where it belongs to `owner`.
pub(crate) fn copy(from: &Path, to: &Path, owner: Account) -> Result<()> {
    let context = || format!("cannot copy {} to {}", from.display(), to.display());
    let kind = fs::symlink_metadata(from).context(context)?.file_type();
    if kind.is_symlink() {
        let target = fs::read_link(from).context(context)?;
        symlink(target, to).context(context)?;
    } else if kind.is_dir() {
        DirBuilder::new().mode(0o700).create(to).context(context)?;
        for entry in fs::read_dir(from).context(context)? {
            let entry = entry.context(context)?;
            copy(&entry.path(), &to.join(entry.file_name()), owner)?;
        }
    } else {
        fs::copy(from, to).context(context)?;
    }
    owner.own(to)
}
