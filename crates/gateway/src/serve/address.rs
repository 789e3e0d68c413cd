//! Where to listen.

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;

/// An address that `--listen` named.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Address {
    Tcp(SocketAddr),
    /// The path of a Unix socket.
    Unix(String),
}

/// The addresses of all `--listen`; a host may have several.
///
/// # Errors
///
/// The line to print for a host that is not known.
pub(super) async fn resolve(written: &[String]) -> Result<Vec<Address>, String> {
    let mut addresses = Vec::new();
    for text in written {
        if text.contains('/') {
            addresses.push(Address::Unix(text.clone()));
            continue;
        }
        let found = tokio::net::lookup_host(text).await.map_err(|error| {
            format!("--listen {text}: {error}; write HOST:PORT such as 127.0.0.1:5432, or the path of a socket with a slash in it")
        })?;
        for address in found.map(Address::Tcp) {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
    }
    Ok(addresses)
}

impl Address {
    /// Whether others than this machine can reach it.
    pub(super) fn is_network(&self) -> bool {
        match self {
            Self::Tcp(address) => !address.ip().to_canonical().is_loopback(),
            Self::Unix(_) => false,
        }
    }

    /// A psql command that connects to it.
    pub(super) fn psql(&self, user: Option<&str>, tls: bool) -> String {
        let user = user.unwrap_or("postgres");
        match self {
            Self::Tcp(address) => {
                let host = if address.ip().is_unspecified() {
                    "localhost".to_owned()
                } else {
                    address.ip().to_string()
                };
                let require = if tls { " sslmode=require" } else { "" };
                format!(
                    "psql \"host={host} port={} user={user} dbname=postgres{require}\"",
                    address.port()
                )
            }
            Self::Unix(path) => {
                let path = Path::new(path);
                let folder = path
                    .parent()
                    .and_then(Path::to_str)
                    .filter(|p| !p.is_empty())
                    .unwrap_or(".");
                let folder = std::path::absolute(folder)
                    .map_or_else(|_| folder.to_owned(), |p| p.display().to_string());
                let port = path
                    .file_name()
                    .and_then(|name| name.to_str())
                    .and_then(|name| name.strip_prefix(".s.PGSQL."));
                match port {
                    Some(port) => {
                        format!("psql \"host={folder} port={port} user={user} dbname=postgres\"")
                    }
                    None => format!("a client that takes the socket {}", path.display()),
                }
            }
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => path.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a panic is the failure report of a test"
    )]

    use super::*;

    #[test]
    fn the_network_is_told_from_this_machine() {
        let network = |text: &str| Address::Tcp(text.parse().unwrap()).is_network();
        assert!(!network("127.0.0.1:1"));
        assert!(!network("[::1]:1"));
        assert!(!network("[::ffff:127.0.0.1]:1"));
        assert!(network("0.0.0.0:1"));
        assert!(network("[::]:1"));
        assert!(network("192.168.1.5:1"));
    }

    #[test]
    fn psql_is_given_the_folder_of_a_socket() {
        let address = Address::Unix("/tmp/.s.PGSQL.6000".to_owned());
        assert_eq!(
            address.psql(None, false),
            "psql \"host=/tmp port=6000 user=postgres dbname=postgres\""
        );
    }
}
