//! A data folder for a server, new but for the settings.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::account::Account;
use crate::error::{Context, run};
use crate::files;
use crate::version::home;

/// Makes `data` in `folder`: superuser postgres, UTF8, locale C.UTF-8.
///
/// initdb takes half a second, so its work is kept beside what setup has installed, and copied.
pub(crate) fn create(folder: &Path, installed: &Path, account: Account) -> Result<()> {
    let data = folder.join("data");
    let template = template(installed)?;
    if let Some(template) = template.as_ref().filter(|template| template.exists()) {
        return files::copy(template, &data, account);
    }
    let mut initdb = Command::new(installed.join("bin/initdb"));
    initdb
        .args(["--no-sync", "--no-instructions", "-U", "postgres"])
        .args(["-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-D"])
        .arg(&data)
        .current_dir(folder);
    run(account.run_as(&mut initdb))?;
    template.map_or(Ok(()), |template| keep(&data, &template))
}

/// Where the data folder of this very version is kept, if there is a place to keep it.
fn template(installed: &Path) -> Result<Option<PathBuf>> {
    // "postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)"
    let version = run(Command::new(installed.join("bin/postgres")).arg("--version"))?;
    let number = version.split_whitespace().nth(2).unwrap_or_default();
    Ok(home().map(|home| home.join(format!("cluster-{number}"))))
}

/// Copies what initdb made to its place, whole or not at all: another process may be at it too, and then the first wins.
fn keep(data: &Path, template: &Path) -> Result<()> {
    let mine = template.with_extension(format!("part-{}", std::process::id()));
    if mine.exists() {
        // Left by a process of the same number that was killed here.
        fs::remove_dir_all(&mine).context(|| format!("cannot remove {}", mine.display()))?;
    }
    files::copy(data, &mine, Account::MINE)?;
    if fs::rename(&mine, template).is_err() {
        fs::remove_dir_all(&mine).context(|| format!("cannot remove {}", mine.display()))?;
    }
    Ok(())
}
