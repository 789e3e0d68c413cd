//! `sslkeylogfile`: the keys of TLS sessions for a network analyser, in the format of NSS (RFC 9850).

use std::fmt;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Appends a line for each secret. Whoever reads the file can read the sessions.
pub(super) struct KeyLog(Mutex<File>);

impl KeyLog {
    /// Opens the file, which is made for its owner alone if it is not there.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Self(Mutex::new(options.open(path)?)))
    }
}

impl rustls::KeyLog for KeyLog {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let mut line = format!("{label} ");
        let mut hex = |bytes: &[u8], end: char| {
            for byte in bytes {
                // A String takes whatever is written.
                let _ = write!(line, "{byte:02x}");
            }
            line.push(end);
        };
        hex(client_random, ' ');
        hex(secret, '\n');
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // An analyser that misses a key is no reason to end the session.
        let _ = file.write_all(line.as_bytes());
    }
}

impl fmt::Debug for KeyLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyLog")
    }
}
