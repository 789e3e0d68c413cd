//! Service files and password files, whatever is in them: what is read is resolved or refused, each host gets the password of a line that
//! fits it, and none is shown by an error or a resolved configuration.
//!
//! Input: the service file, a line `---`, the password file.
#![no_main]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use trunkline_client::{Config, Environment};

const SECRET: &str = "<the password of everybody else>";

/// A home folder, one for each process.
static HOME: LazyLock<PathBuf> = LazyLock::new(|| {
    let home = std::env::temp_dir().join(format!("trunkline-fuzz-{}", std::process::id()));
    fs::create_dir_all(&home).expect("a folder for files");
    home
});

fuzz_target!(|data: &[u8]| {
    let parting = b"\n---\n";
    let at = data.windows(parting.len()).position(|bytes| bytes == parting);
    let (service, passwords) = match at {
        Some(at) => (&data[..at], &data[at + parting.len()..]),
        None => (data, &b""[..]),
    };
    // Other files than these are not for a fuzzer to read.
    if service.windows(8).any(|word| word == b"passfile") {
        return;
    }
    let (service_file, passfile) = (HOME.join(".pg_service.conf"), HOME.join(".pgpass"));
    fs::write(&service_file, [b"[s]\n", service].concat()).expect("a file can be written");
    let everybody = format!("\n*:*:*:*:{SECRET}\n");
    fs::write(&passfile, [passwords, everybody.as_bytes()].concat()).expect("and another");
    fs::set_permissions(&passfile, fs::Permissions::from_mode(0o600)).expect("its access");

    let surroundings = Environment::empty().user("ada").home(&*HOME);
    let config: Config = "service=s".parse().expect("a sound text");
    match config.resolve(&surroundings) {
        Ok(resolved) => {
            assert!(!resolved.hosts.is_empty());
            for host in &resolved.hosts {
                assert!(host.password.is_some(), "the last line fits all");
            }
            let shown = format!("{resolved:?}");
            assert!(!shown.contains(SECRET), "{shown}");
        }
        Err(error) => {
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains(SECRET), "{shown}");
        }
    }
});
