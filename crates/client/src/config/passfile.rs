//! The password file: a password by host, port, database and user (PostgreSQL docs 32.16).

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::settings::Settings;
use super::{Environment, Keyword, Secret};

/// A password file that was not used, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// It is a folder, a device or a pipe.
    PassfileNotPlain(PathBuf),
    /// Others than its owner may read or write it.
    PassfileAccess(PathBuf),
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PassfileNotPlain(path) => write!(
                f,
                "password file \"{}\" is not a plain file",
                path.display()
            ),
            Self::PassfileAccess(path) => write!(
                f,
                "password file \"{}\" has group or world access; permissions should be u=rw (0600) or less",
                path.display()
            ),
        }
    }
}

/// What a password file says, and where it is.
pub(super) struct Passfile {
    pub(super) path: PathBuf,
    text: Zeroizing<Vec<u8>>,
}

impl Passfile {
    /// Reads `passfile`, or `~/.pgpass`. As in libpq, one that is not there, or that others may read, does not count.
    pub(super) fn read(
        settings: &Settings,
        around: &Environment,
        warnings: &mut Vec<Warning>,
    ) -> Option<Self> {
        let path = match settings.filled(Keyword::Passfile) {
            Some(path) => PathBuf::from(path),
            None => around.home_folder()?.join(if cfg!(windows) {
                "pgpass.conf"
            } else {
                ".pgpass"
            }),
        };
        let about = fs::metadata(&path).ok()?;
        if cfg!(unix) && !about.is_file() {
            warnings.push(Warning::PassfileNotPlain(path));
            return None;
        }
        if is_open(&about) {
            warnings.push(Warning::PassfileAccess(path));
            return None;
        }
        let text = Zeroizing::new(fs::read(&path).ok()?);
        Some(Self { path, text })
    }

    /// The password in the first line that fits.
    pub(super) fn find(&self, host: &str, port: u16, database: &str, user: &str) -> Option<Secret> {
        let port = port.to_string();
        let wanted = [host, &port, database, user];
        self.text.split(|byte| *byte == b'\n').find_map(|line| {
            let end = line.iter().rposition(|byte| *byte != b'\r')? + 1;
            let line = &line[..end];
            if line.starts_with(b"#") {
                return None;
            }
            let password = wanted
                .iter()
                .try_fold(line, |rest, text| after(rest, text.as_bytes()))?;
            Some(unescape(password))
        })
    }
}

/// What follows a field and its colon, if the field is `*` or this text.
fn after<'a>(line: &'a [u8], wanted: &[u8]) -> Option<&'a [u8]> {
    if let Some(rest) = line.strip_prefix(b"*:") {
        return Some(rest);
    }
    let (mut rest, mut wanted) = (line, wanted.iter());
    loop {
        let (byte, escaped);
        (byte, escaped, rest) = match rest {
            [b'\\', byte, tail @ ..] => (byte, true, tail),
            [byte, tail @ ..] => (byte, false, tail),
            [] => return None,
        };
        match wanted.next() {
            None if *byte == b':' && !escaped => return Some(rest),
            Some(expected) if byte == expected => {}
            _ => return None,
        }
    }
}

/// The last field, up to a colon that no backslash goes before.
fn unescape(field: &[u8]) -> Secret {
    let mut password = Vec::with_capacity(field.len());
    let mut bytes = field.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b':' => break,
            b'\\' => password.push(bytes.next().unwrap_or(b'\\')),
            _ => password.push(byte),
        }
    }
    Secret::from(password)
}

#[cfg(unix)]
fn is_open(about: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    about.mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_open(_: &fs::Metadata) -> bool {
    false
}

/// What stands for a host in a password file: `localhost` for the folder in which sockets are anyway.
pub(super) fn host_name<'a>(host: &'a str, around: &Environment) -> &'a str {
    if Path::new(host).is_absolute() && host == around.default_host() {
        "localhost"
    } else {
        host
    }
}
