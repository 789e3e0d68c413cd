//! Service files: named sets of options, in `~/.pg_service.conf` or the system's `pg_service.conf` (PostgreSQL docs 32.17).

use std::path::{Path, PathBuf};

use super::conninfo::is_space;
use super::settings::Settings;
use super::{ConfigError, Environment, Keyword};

/// Gives the options of the service that is asked for, if one is, to `settings`, where they have not been given.
///
/// The user's file is looked at first, which is `PGSERVICEFILE` if that is set; a service that is not in it may be in the system's.
pub(super) fn fill(settings: &mut Settings, around: &Environment) -> Result<(), ConfigError> {
    let service = match settings.get(Keyword::Service) {
        Some(service) => service.to_owned(),
        None => match around.text("PGSERVICE")? {
            Some(service) => service.to_owned(),
            None => return Ok(()),
        },
    };
    let users = match around.path("PGSERVICEFILE") {
        Some(path) => Some(path.to_path_buf()),
        None => existing(around.home_folder(), ".pg_service.conf"),
    };
    let systems = existing(around.system(), "pg_service.conf");
    for path in [users, systems].into_iter().flatten() {
        let text =
            std::fs::read(&path).map_err(|_| ConfigError::ServiceFileNotFound(path.clone()))?;
        if read(&path, &text, &service, settings)? {
            return Ok(());
        }
    }
    Err(ConfigError::ServiceNotFound(service))
}

fn existing(folder: Option<&Path>, file: &str) -> Option<PathBuf> {
    let path = folder?.join(file);
    path.exists().then_some(path)
}

/// How long a line may be with its newline, in bytes: libpq's buffer.
const LONGEST_LINE: usize = 1022;

/// Reads the first section of this name, up to the next section. Gives back whether there was one.
fn read(
    path: &Path,
    text: &[u8],
    service: &str,
    settings: &mut Settings,
) -> Result<bool, ConfigError> {
    let header = format!("[{service}]");
    let mut found = false;
    for (index, raw) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let line = index + 1;
        let path = path.to_path_buf();
        if raw.len() > LONGEST_LINE {
            return Err(ConfigError::ServiceLineTooLong { path, line });
        }
        let raw = String::from_utf8_lossy(raw);
        let content = raw.trim_matches(is_space);
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        if content.starts_with('[') {
            if found {
                return Ok(true);
            }
            found = content.starts_with(&header);
        } else if found {
            option(&path, line, content, settings)?;
        }
    }
    Ok(found)
}

/// One line of the service: `keyword=value`, without spaces around `=`.
fn option(
    path: &Path,
    line: usize,
    content: &str,
    settings: &mut Settings,
) -> Result<(), ConfigError> {
    let path = path.to_path_buf();
    if content.starts_with("ldap") {
        let error = Box::new(ConfigError::Unsupported {
            option: "a service that is looked up by LDAP".to_owned(),
            advice: "write its options into the service file",
        });
        return Err(ConfigError::InService { path, line, error });
    }
    let Some((name, value)) = content.split_once('=') else {
        return Err(ConfigError::ServiceSyntax { path, line });
    };
    match Keyword::from_name(name) {
        Some(Keyword::Service) => Err(ConfigError::NestedService { path, line }),
        Some(keyword) => {
            // Tried alone, so that a mistake is told with its line.
            let mut alone = Settings::default();
            alone.set(keyword, value);
            if settings.get(keyword).is_none()
                && let Err(error) = super::check::values(&alone)
            {
                let error = Box::new(error);
                return Err(ConfigError::InService { path, line, error });
            }
            settings.fill(keyword, value);
            Ok(())
        }
        None => Err(ConfigError::ServiceSyntax { path, line }),
    }
}
