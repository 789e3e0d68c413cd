//! Who is at the other end.

use std::fmt;
use std::net::SocketAddr;

use trunkline_proto::frontend::ProtocolVersion;

use crate::SessionHandle;

/// What is known of a client: from its startup packet, and from its connection.
pub struct Client {
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) user: String,
    pub(crate) address: Address,
    pub(crate) encrypted: bool,
    pub(crate) version: ProtocolVersion,
    pub(crate) certificate: Option<Vec<u8>>,
    pub(crate) handle: SessionHandle,
}

/// Where a client connects from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Address {
    /// Over TCP, from this address.
    Tcp(SocketAddr),
    /// Through a Unix-domain socket.
    Unix,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix => f.write_str("[local]"),
        }
    }
}

impl Client {
    /// The role that it logs in as; not empty.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The database that it asks for; the name of the role if it names none.
    #[must_use]
    pub fn database(&self) -> &str {
        match self.parameter("database") {
            Some(database) if !database.is_empty() => database,
            _ => &self.user,
        }
    }

    /// The name that the application gives itself; perhaps empty.
    #[must_use]
    pub fn application_name(&self) -> &str {
        self.parameter("application_name").unwrap_or("")
    }

    /// A parameter of the startup packet, or one set through its `options` (`-c name=value`, `--name=value`).
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .rev()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Every parameter, as it came; of several with one name the last counts. `user`, `database` and `replication` are
    /// among them; the rest are settings.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Where it connects from.
    #[must_use]
    pub fn address(&self) -> Address {
        self.address
    }

    /// Whether the connection is encrypted.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    /// The protocol version.
    #[must_use]
    pub fn version(&self) -> ProtocolVersion {
        self.version
    }

    /// The certificate that the client showed and the TLS configuration has verified, in DER.
    #[must_use]
    pub fn certificate(&self) -> Option<&[u8]> {
        self.certificate.as_deref()
    }

    /// A handle to the session, for other tasks.
    #[must_use]
    pub fn handle(&self) -> SessionHandle {
        self.handle.clone()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("user", &self.user)
            .field("database", &self.database())
            .field("address", &self.address)
            .field("encrypted", &self.encrypted)
            .finish_non_exhaustive()
    }
}

/// Splits the `options` parameter: words between white space, a backslash taking the next character as it is.
pub(crate) fn options(text: &str) -> Vec<(String, String)> {
    let mut words = Vec::new();
    let mut word = None::<String>;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => word.get_or_insert_default().extend(characters.next()),
            c if c.is_ascii_whitespace() => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);

    let mut settings = Vec::new();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let setting = if word == "-c" {
            words.next()
        } else {
            word.strip_prefix("--")
                .or_else(|| word.strip_prefix("-c"))
                .map(str::to_owned)
        };
        if let Some((name, value)) = setting.as_deref().and_then(|s| s.split_once('=')) {
            settings.push((name.replace('-', "_"), value.to_owned()));
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::options;

    #[test]
    fn options_are_words_with_escapes() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            options(r"-c work_mem=5MB -c application_name=a\ b  --search-path=x"),
            [
                pair("work_mem", "5MB"),
                pair("application_name", "a b"),
                pair("search_path", "x")
            ]
        );
        assert_eq!(options("-cx=1 garbage -c"), [pair("x", "1")]);
    }
}
