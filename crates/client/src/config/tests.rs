//! Configurations as a whole: what is read, what fills it in, and what comes of it.

#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

mod hosts;
mod options;
mod passfile;
mod precedence;
mod properties;
mod secrets;
mod service;
mod tls;
mod uri;

use super::{Config, ConfigError, Environment, Resolved};

/// Surroundings with a user, who has no files.
fn ada() -> Environment {
    Environment::empty().user("ada")
}

fn resolve(text: &str, around: &Environment) -> Result<Resolved, ConfigError> {
    text.parse::<Config>()?.resolve(around)
}

/// What is wrong with a connection string, found when it is read or when it is resolved.
fn error(text: &str, around: &Environment) -> String {
    match resolve(text, around) {
        Ok(resolved) => panic!("{text:?} became {resolved:#?}"),
        Err(error) => error.to_string(),
    }
}

/// A folder with files in it, which goes away with the test.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        allow(&path, 0o600);
    }
    folder
}

/// Sets who may do what with a file.
#[cfg(unix)]
fn allow(path: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;

    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
fn allow(_: &std::path::Path, _: u32) {}
