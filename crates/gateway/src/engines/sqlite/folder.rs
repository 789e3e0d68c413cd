//! Folders for databases "in memory": each is its process's alone, and those of processes that were killed are removed.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use tempfile::TempDir;

const PREFIX: &str = "trunkline-";
/// A file in the folder that its owner keeps locked: the system unlocks it when the owner is gone, however it went.
const LOCK: &str = "owner.lock";

/// A folder that is removed when this value is dropped.
#[derive(Debug)]
pub(crate) struct Folder {
    folder: TempDir,
    /// Unlocked by closing it.
    _lock: File,
}

impl Folder {
    /// A new folder on the memory file system, or in the temporary folder where there is none.
    ///
    /// # Errors
    ///
    /// What the system says when neither takes it.
    pub(crate) fn new() -> io::Result<Self> {
        Self::inside(Path::new("/dev/shm")).or_else(|_| Self::inside(&std::env::temp_dir()))
    }

    fn inside(parent: &Path) -> io::Result<Self> {
        loop {
            let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent)?;
            let path = folder.path().join(LOCK);
            let lock = File::create_new(&path)?;
            lock.lock()?;
            // Another process that was starting too may have seen the file before it was locked, and removed the folder.
            if path.exists() {
                sweep(parent, folder.path());
                return Ok(Self {
                    folder,
                    _lock: lock,
                });
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Removes the folders of this user in `parent` whose owners are gone. What cannot be read or removed stays.
fn sweep(parent: &Path, own: &Path) {
    let Ok(user) = fs::symlink_metadata(own).map(|own| own.uid()) else {
        return;
    };
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let path = entry.path();
        let named = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if named && path != own && is_left(&path, user).unwrap_or(false) {
            tracing::info!(path = %path.display(), "a database in memory was left behind");
        }
    }
}

/// Whether a folder was left behind; it is gone then.
fn is_left(path: &Path, user: u32) -> io::Result<bool> {
    let lock = path.join(LOCK);
    let (folder, file) = (fs::symlink_metadata(path)?, fs::symlink_metadata(&lock)?);
    if !folder.is_dir() || !file.is_file() || folder.uid() != user || file.uid() != user {
        return Ok(false);
    }
    let lock = OpenOptions::new().write(true).open(&lock)?;
    if lock.try_lock().is_err() {
        return Ok(false);
    }
    // Locked until it is gone: its owner, if it is only now starting, waits and then makes another.
    fs::remove_dir_all(path)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a panic is the failure report of a test"
    )]

    use super::*;

    #[test]
    fn only_what_was_left_behind_is_removed() {
        let parent = tempfile::tempdir().unwrap();
        let left = parent.path().join("trunkline-left");
        let strange = parent.path().join("trunkline-without-lock");
        let other = parent.path().join("other");
        for path in [&left, &strange, &other] {
            fs::create_dir(path).unwrap();
            fs::write(path.join("memory.db"), "x").unwrap();
        }
        for path in [&left, &other] {
            fs::write(path.join(LOCK), "").unwrap();
        }
        let live = Folder::inside(parent.path()).unwrap();
        assert!(!left.exists());
        assert!(strange.exists() && other.exists());
        let second = Folder::inside(parent.path()).unwrap();
        assert!(live.path().exists());
        let gone = second.path().to_owned();
        drop(second);
        assert!(!gone.exists());
    }
}
