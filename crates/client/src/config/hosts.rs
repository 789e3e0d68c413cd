//! The hosts of a configuration, one by one (PostgreSQL docs 32.1.1.3).

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use super::settings::Settings;
use super::{ConfigError, Environment, Keyword, Secret, check};

/// One of the hosts to try.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Host {
    /// What was given as `host`: the name that a certificate must be for, that TLS and Kerberos ask for. `None` if only an address was
    /// given. For a Unix socket, its folder.
    pub name: Option<String>,
    /// The port, which also is in the names of Unix sockets.
    pub port: u16,
    /// Where to connect to.
    pub address: Address,
    /// The password to use with this host and no other.
    pub password: Option<Secret>,
    /// The password file that the password is from, to be named if the server does not take it.
    pub passfile: Option<PathBuf>,
}

/// Where a host is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Address {
    /// At each of the addresses that this name is looked up to.
    Name(String),
    /// At this address.
    Ip(SocketAddr),
    /// On this machine, at the socket with this path.
    Unix(PathBuf),
    /// On this machine, at the socket with this name in Linux's abstract namespace, without the zero byte before it.
    Abstract(String),
}

impl Host {
    /// Whether this host is reached by a Unix socket, where options of TCP and TLS do not matter.
    #[must_use]
    pub const fn is_local(&self) -> bool {
        matches!(self.address, Address::Unix(_) | Address::Abstract(_))
    }

    /// What the host is called in a password file and in messages: its name, or else its address.
    #[must_use]
    pub fn label(&self) -> String {
        match (&self.name, &self.address) {
            (Some(name), _) => name.clone(),
            (None, Address::Ip(address)) => address.ip().to_string(),
            (None, Address::Name(name) | Address::Abstract(name)) => name.clone(),
            (None, Address::Unix(path)) => path.display().to_string(),
        }
    }
}

/// The hosts in the order in which they are given, without passwords.
pub(super) fn list(settings: &Settings, around: &Environment) -> Result<Vec<Host>, ConfigError> {
    let items = |keyword| -> Vec<&str> {
        let text = settings.filled(keyword);
        text.map_or_else(Vec::new, |text| text.split(',').collect())
    };
    let names = items(Keyword::Host);
    let addresses = items(Keyword::Hostaddr);
    if !names.is_empty() && !addresses.is_empty() && names.len() != addresses.len() {
        return Err(ConfigError::HostCount {
            hosts: names.len(),
            addresses: addresses.len(),
        });
    }
    let count = names.len().max(addresses.len()).max(1);
    let ports = items(Keyword::Port);
    if ports.len() > 1 && ports.len() != count {
        return Err(ConfigError::PortCount {
            ports: ports.len(),
            hosts: count,
        });
    }
    let filled = |items: &[&str], index: usize| -> Option<String> {
        let item = items.get(index).filter(|item| !item.is_empty());
        item.map(|item| (*item).to_owned())
    };
    let host = |index| {
        let port = match ports.as_slice() {
            [] => check::port("")?,
            [one] => check::port(one)?,
            each => check::port(each[index])?,
        };
        let mut name = filled(&names, index);
        let address = match filled(&addresses, index) {
            Some(address) => Address::Ip(ip(&address, port)?),
            None => {
                let host = name.get_or_insert_with(|| around.default_host().to_owned());
                Address::of(host, port)?
            }
        };
        Ok(Host {
            name,
            port,
            address,
            password: None,
            passfile: None,
        })
    };
    (0..count).map(host).collect()
}

impl Address {
    /// Where a host is that was given by name: a name with a `/` or `@` in front is a folder of sockets.
    fn of(host: &str, port: u16) -> Result<Self, ConfigError> {
        let is_folder =
            host.starts_with('/') || (cfg!(windows) && PathBuf::from(host).is_absolute());
        if !is_folder && !host.starts_with('@') {
            return Ok(match host.parse::<IpAddr>() {
                Ok(ip) => Self::Ip(SocketAddr::new(ip, port)),
                Err(_) => Self::Name(host.to_owned()),
            });
        }
        let path = format!("{host}/.s.PGSQL.{port}");
        if path.len() > LONGEST_PATH {
            return Err(ConfigError::SocketPathTooLong {
                path,
                limit: LONGEST_PATH,
            });
        }
        Ok(match path.strip_prefix('@') {
            Some(name) => Self::Abstract(name.to_owned()),
            None => Self::Unix(PathBuf::from(path)),
        })
    }
}

/// What fits the system's socket address, in bytes, with its final zero byte left out.
const LONGEST_PATH: usize = if cfg!(target_os = "macos") { 103 } else { 107 };

/// An address in numbers; an IPv6 address may have the number of an interface after `%`.
fn ip(text: &str, port: u16) -> Result<SocketAddr, ConfigError> {
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Ok(SocketAddr::new(ip, port));
    }
    format!("[{text}]:{port}")
        .parse()
        .map_err(|_| ConfigError::InvalidAddress(text.to_owned()))
}
