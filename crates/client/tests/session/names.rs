//! CL-08, SEC-11: which certificates are a host's, and which only look so.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Command;

use trunkline_test_postgres::{Certificates, Pair};

use crate::peer::Peer;
use crate::support::open;

/// A certificate with this subject and alternative names, of the authority in `folder`.
fn certificate(folder: &Path, subject: &str, names: &str) -> Pair {
    let pair = Pair {
        certificate: folder.join("it.crt"),
        key: folder.join("it.key"),
    };
    let mut extensions = String::from("basicConstraints=critical,CA:FALSE\n");
    if !names.is_empty() {
        extensions += &format!("subjectAltName={names}\n");
    }
    fs::write(folder.join("it.ext"), extensions).unwrap();
    for arguments in [
        "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout it.key -out it.csr -subj",
        "x509 -req -in it.csr -CA ca.crt -CAkey ca.key -set_serial 77 -days 2 -sha256 -extfile it.ext -out it.crt",
    ] {
        let mut openssl = Command::new("openssl");
        openssl.current_dir(folder).args(arguments.split(' '));
        if arguments.ends_with("-subj") {
            openssl.arg(subject);
        }
        let output = openssl.output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    pair
}

#[tokio::test]
async fn only_the_hosts_own_certificate_will_do() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Certificates::create(folder.path()).unwrap().authority();
    for (subject, names, host, accepted) in [
        ("/CN=x", "DNS:db.example.com", "db.example.com", true),
        ("/CN=x", "DNS:db.example.com", "DB.Example.com", true),
        (
            "/CN=x",
            "DNS:a.test,DNS:db.example.com",
            "db.example.com",
            true,
        ),
        ("/CN=x", "DNS:db.example.com", "example.com", false),
        ("/CN=x", "DNS:db.example.com", "xdb.example.com", false),
        (
            "/CN=x",
            "DNS:db.example.com",
            "db.example.com.evil.test",
            false,
        ),
        // A star is a whole label, the first, and one of it.
        ("/CN=x", "DNS:*.example.com", "db.example.com", true),
        ("/CN=x", "DNS:*.example.com", "example.com", false),
        ("/CN=x", "DNS:*.example.com", "a.db.example.com", false),
        ("/CN=x", "DNS:*.*.example.com", "a.db.example.com", false),
        ("/CN=x", "DNS:d*.example.com", "db.example.com", false),
        ("/CN=x", "DNS:*b.example.com", "db.example.com", false),
        ("/CN=x", "DNS:db.*.com", "db.example.com", false),
        ("/CN=x", "DNS:*", "db", false),
        // A NUL ends nothing: `db.example.com\0.evil`.
        (
            "/CN=x",
            "DER:30:16:82:14:64:62:2e:65:78:61:6d:70:6c:65:2e:63:6f:6d:00:2e:65:76:69:6c",
            "db.example.com",
            false,
        ),
        // Addresses are addresses, not names, and have no stars.
        ("/CN=x", "IP:127.0.0.1", "127.0.0.1", true),
        ("/CN=x", "IP:127.0.0.2", "127.0.0.1", false),
        ("/CN=x", "DNS:*.0.0.1", "127.0.0.1", false),
        ("/CN=x", "IP:::1", "::1", true),
        ("/CN=x", "IP:::2", "::1", false),
        // The common name counts for nothing where there is a name of the right kind.
        (
            "/CN=db.example.com",
            "DNS:other.example.com",
            "db.example.com",
            false,
        ),
        ("/CN=127.0.0.1", "IP:127.0.0.2", "127.0.0.1", false),
        (
            "/CN=*.example.com",
            "DNS:other.example.com",
            "db.example.com",
            false,
        ),
        ("/O=db.example.com", "", "db.example.com", false),
        ("/CN=other.example.com", "", "db.example.com", false),
    ] {
        let pair = certificate(folder.path(), subject, names);
        let (port, thread) = Peer::play(move |peer| {
            let mut peer = peer.encrypt(&pair);
            // A startup packet comes only from whoever believes us.
            peer.0.read(&mut [0; 1]).unwrap_or(0) == 1
        });
        let config = format!(
            "host={host} hostaddr=127.0.0.1 port={port} user=u dbname=d sslmode=verify-full sslrootcert={}",
            authority.display()
        );
        let error = open(&config).await.unwrap_err();
        assert_eq!(
            thread.join().unwrap(),
            accepted,
            "{subject} {names} for {host}: {error}"
        );
    }
}
