//! A certificate authority for one run, and a server certificate for `localhost` signed by it.

use std::path::Path;
use std::process::Command;

use crate::{Result, process};

/// Makes `ca.crt`, `server.crt` and `server.key` in `folder`, with the openssl program.
pub(crate) fn make(folder: &Path) -> Result<()> {
    let openssl = |args: &str| {
        let mut command = Command::new("openssl");
        process::run(command.current_dir(folder).args(args.split(' ')))
    };
    std::fs::write(
        folder.join("server.ext"),
        "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=critical,CA:FALSE\n",
    )?;
    openssl(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=interop-ca -keyout ca.key -out ca.crt",
    )?;
    openssl(
        "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout server.key -out server.csr",
    )?;
    openssl(
        "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -sha256 -extfile server.ext -out server.crt",
    )?;
    Ok(())
}
