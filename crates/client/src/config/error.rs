//! What can be wrong with connection options. Where libpq has a message for it, the message is libpq's.

use std::fmt;
use std::path::PathBuf;

use super::{Keyword, SslMode};

/// A connection option that cannot be understood, or that cannot be honoured.
///
/// No message holds a password or another secret, nor a text that may be a piece of one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// In a keyword/value string, a word is not followed by `=`. `None` where the word may be a piece of a secret.
    MissingEquals(Option<String>),
    /// A quoted value has no end.
    UnterminatedQuote,
    /// No option has this name. `None` where it may be a piece of a secret.
    UnknownOption(Option<String>),
    /// No option has this name, which stood in the query part of a URI. `None` where it may be a piece of a secret.
    UnknownParameter(Option<String>),
    /// `[` in a URI has no `]`. Holds the URI, with its password masked.
    UnclosedBracket(String),
    /// `[]` in a URI. Holds the URI, with its password masked.
    EmptyBracket(String),
    /// Something other than a port or a path follows `]` in a URI.
    UnexpectedCharacter {
        /// What follows.
        found: char,
        /// Where: bytes from the start of the URI, counted from 1.
        position: usize,
        /// The URI, with its password masked.
        uri: String,
    },
    /// A query parameter of a URI has no `=`. `None` where it may be a piece of a secret.
    MissingSeparator(Option<String>),
    /// A query parameter of a URI has a second `=`. Holds the parameter's name, `None` where it may be a piece of a secret.
    ExtraSeparator(Option<String>),
    /// A space within a name or a value of a URI. `None` for a secret.
    UnexpectedSpaces(Option<String>),
    /// `%` that two hexadecimal digits do not follow. `None` for a secret.
    BadPercent(Option<String>),
    /// `%00`. `None` for a secret.
    PercentNul(Option<String>),
    /// Percent-encoded bytes that are not UTF-8. `None` for a secret.
    PercentNotUtf8(Option<String>),
    /// A user name, password or parameter of a URI holds a `/`, `:`, `?` or `@` that should have been percent-encoded: libpq would take
    /// a piece of it for the host or the port.
    AmbiguousCredentials,
    /// An option has a value that it cannot have. The value is `None` for a secret.
    InvalidValue {
        /// The option.
        keyword: Keyword,
        /// Its value.
        value: Option<String>,
    },
    /// An option should be an integer.
    InvalidInteger {
        /// The option.
        keyword: Keyword,
        /// Its value.
        value: String,
    },
    /// A port outside 1 to 65535.
    InvalidPort(String),
    /// An option's value holds a zero byte, which the protocol cannot carry.
    ZeroByte(Keyword),
    /// `hostaddr` holds something that is not an IP address.
    InvalidAddress(String),
    /// `host` and `hostaddr` have different lengths.
    HostCount {
        /// How many hosts.
        hosts: usize,
        /// How many addresses.
        addresses: usize,
    },
    /// `port` has neither one item nor as many as there are hosts.
    PortCount {
        /// How many ports.
        ports: usize,
        /// How many hosts.
        hosts: usize,
    },
    /// The path of a socket is longer than the system can hold.
    SocketPathTooLong {
        /// The path.
        path: String,
        /// How many bytes there may be.
        limit: usize,
    },
    /// `require_auth` mixes methods with `!methods`: a negative one after positive ones.
    NegativeMethod(String),
    /// `require_auth` mixes methods with `!methods`: a positive one after negative ones.
    PositiveMethod(String),
    /// `require_auth` names a method twice.
    RepeatedMethod(String),
    /// `sslmode` is weaker than another option needs.
    WeakSslMode {
        /// The mode.
        mode: SslMode,
        /// The option that needs more, as `sslrootcert=system` or `sslnegotiation=direct`.
        with: &'static str,
        /// The modes that are strong enough.
        usable: &'static str,
    },
    /// `channel_binding=require` together with `sslmode=disable`.
    ChannelBindingWithoutTls,
    /// `scram_client_key` or `scram_server_key` is not what it should be.
    ScramKey(Keyword),
    /// Only one of `scram_client_key` and `scram_server_key` is given.
    ScramKeysApart,
    /// `min_protocol_version` is above `max_protocol_version`.
    ProtocolRange,
    /// `ssl_min_protocol_version` is above `ssl_max_protocol_version`.
    TlsRange,
    /// A verifying `sslmode` with a file of root certificates that does not exist.
    NoRootCertificate(PathBuf),
    /// A verifying `sslmode` without `sslrootcert`, and without a home folder to look for the file in.
    NoHome,
    /// `sslmode=verify-full` for a host that has an address and no name.
    NoHostName,
    /// A client certificate without its key.
    NoKey(PathBuf),
    /// `sslcertmode=require` and no certificate.
    NoCertificate(PathBuf),
    /// A private key that others may read.
    KeyAccess(PathBuf),
    /// A private key that is not a plain file.
    KeyNotPlain(PathBuf),
    /// An option whose wish cannot be met, so that ignoring it would do something else than was asked.
    Unsupported {
        /// The option, with its value where that matters.
        option: String,
        /// Why not, and what to do instead.
        advice: &'static str,
    },
    /// The operating system does not say who the user is, and no option does.
    NoUser,
    /// The service file that was named cannot be read.
    ServiceFileNotFound(PathBuf),
    /// A line of a service file is longer than libpq reads.
    ServiceLineTooLong {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// A line of a service file is not `keyword=value`, or no option has its keyword.
    ServiceSyntax {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// A service that names another service.
    NestedService {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// No service file has this service.
    ServiceNotFound(String),
    /// What is wrong with a line of a service file.
    InService {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        error: Box<Self>,
    },
    /// What is wrong with an environment variable.
    InVariable {
        /// The variable.
        name: &'static str,
        /// What is wrong.
        error: Box<Self>,
    },
    /// An environment variable that is not UTF-8.
    VariableNotUtf8(&'static str),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingEquals(word) => write!(
                f,
                "missing \"=\" after \"{}\" in connection info string",
                shown(word)
            ),
            Self::UnterminatedQuote => {
                f.write_str("unterminated quoted string in connection info string")
            }
            Self::UnknownOption(name) => {
                write!(f, "invalid connection option \"{}\"", shown(name))
            }
            Self::UnknownParameter(name) => {
                write!(f, "invalid URI query parameter: \"{}\"", shown(name))
            }
            Self::UnclosedBracket(uri) => write!(
                f,
                "end of string reached when looking for matching \"]\" in IPv6 host address in URI: \"{uri}\""
            ),
            Self::EmptyBracket(uri) => {
                write!(f, "IPv6 host address may not be empty in URI: \"{uri}\"")
            }
            Self::UnexpectedCharacter {
                found,
                position,
                uri,
            } => write!(
                f,
                "unexpected character \"{found}\" at position {position} in URI (expected \":\" or \"/\"): \"{uri}\""
            ),
            Self::MissingSeparator(name) => write!(
                f,
                "missing key/value separator \"=\" in URI query parameter: \"{}\"",
                shown(name)
            ),
            Self::ExtraSeparator(name) => write!(
                f,
                "extra key/value separator \"=\" in URI query parameter: \"{}\"",
                shown(name)
            ),
            Self::UnexpectedSpaces(text) => write!(
                f,
                "unexpected spaces found in \"{}\", use percent-encoded spaces (%20) instead",
                shown(text)
            ),
            Self::BadPercent(text) => {
                write!(f, "invalid percent-encoded token: \"{}\"", shown(text))
            }
            Self::PercentNul(text) => write!(
                f,
                "forbidden value %00 in percent-encoded value: \"{}\"",
                shown(text)
            ),
            Self::PercentNotUtf8(text) => write!(
                f,
                "percent-encoded value is not UTF-8: \"{}\"",
                shown(text)
            ),
            Self::AmbiguousCredentials => f.write_str(
                "a user name, password or parameter in the URI holds a \"/\", \":\", \"?\" or \"@\" that can be read in two ways: write %2F, %3A, %3F or %40 for it",
            ),
            Self::InvalidValue { keyword, value } => {
                write!(f, "invalid {keyword} value: \"{}\"", shown(value))
            }
            Self::InvalidInteger { keyword, value } => write!(
                f,
                "invalid integer value \"{value}\" for connection option \"{keyword}\""
            ),
            Self::InvalidPort(value) => write!(f, "invalid port number: \"{value}\""),
            Self::ZeroByte(keyword) => write!(
                f,
                "connection option \"{keyword}\" holds a zero byte: the protocol ends strings with one"
            ),
            Self::InvalidAddress(text) => write!(
                f,
                "could not parse network address \"{text}\": hostaddr takes numeric IPv4 and IPv6 addresses, host takes names"
            ),
            Self::HostCount { hosts, addresses } => write!(
                f,
                "could not match {hosts} host names to {addresses} hostaddr values"
            ),
            Self::PortCount { ports, hosts } => {
                write!(f, "could not match {ports} port numbers to {hosts} hosts")
            }
            Self::SocketPathTooLong { path, limit } => write!(
                f,
                "Unix-domain socket path \"{path}\" is too long (maximum {limit} bytes)"
            ),
            Self::NegativeMethod(method) => write!(
                f,
                "negative require_auth method \"{method}\" cannot be mixed with non-negative methods"
            ),
            Self::PositiveMethod(method) => write!(
                f,
                "require_auth method \"{method}\" cannot be mixed with negative methods"
            ),
            Self::RepeatedMethod(method) => write!(
                f,
                "require_auth method \"{method}\" is specified more than once"
            ),
            Self::WeakSslMode { mode, with, usable } => write!(
                f,
                "weak sslmode \"{mode}\" may not be used with {with} (use {usable})"
            ),
            Self::ChannelBindingWithoutTls => f.write_str(
                "channel binding required, but sslmode is \"disable\": channel_binding=require needs TLS, use sslmode=require or above",
            ),
            Self::ScramKey(Keyword::ScramServerKey) => {
                f.write_str("invalid SCRAM server key: it is not 32 bytes in base64")
            }
            Self::ScramKey(_) => {
                f.write_str("invalid SCRAM client key: it is not 32 bytes in base64")
            }
            Self::ScramKeysApart => f.write_str(
                "scram_client_key and scram_server_key belong together: give both, or the password",
            ),
            Self::ProtocolRange => {
                f.write_str("\"min_protocol_version\" is greater than \"max_protocol_version\"")
            }
            Self::TlsRange => f.write_str("invalid SSL protocol version range"),
            Self::NoRootCertificate(path) => write!(
                f,
                "root certificate file \"{}\" does not exist: either provide the file, use the system's trusted roots with sslrootcert=system, or change sslmode to disable server certificate verification",
                path.display()
            ),
            Self::NoHome => f.write_str(
                "could not get home directory to locate root certificate file: either provide the file with sslrootcert, use the system's trusted roots with sslrootcert=system, or change sslmode to disable server certificate verification",
            ),
            Self::NoHostName => f.write_str(
                "host name must be specified for a verified SSL connection: give host beside hostaddr",
            ),
            Self::NoKey(path) => write!(
                f,
                "certificate present, but not private key file \"{}\"",
                path.display()
            ),
            Self::NoCertificate(path) => write!(
                f,
                "sslcertmode value \"require\" needs a client certificate, and \"{}\" does not exist: name one with sslcert",
                path.display()
            ),
            Self::KeyAccess(path) => write!(
                f,
                "private key file \"{}\" has group or world access; file must have permissions u=rw (0600) or less if owned by the current user, or permissions u=rw,g=r (0640) or less if owned by root",
                path.display()
            ),
            Self::KeyNotPlain(path) => write!(
                f,
                "private key file \"{}\" is not a regular file",
                path.display()
            ),
            Self::Unsupported { option, advice } => {
                write!(f, "{option} is not supported: {advice}")
            }
            Self::NoUser => f.write_str(
                "could not look up the name of the operating system user: give one with user or PGUSER",
            ),
            Self::ServiceFileNotFound(path) => {
                write!(f, "service file \"{}\" not found", path.display())
            }
            Self::ServiceLineTooLong { path, line } => {
                write!(f, "line {line} too long in service file \"{}\"", path.display())
            }
            Self::ServiceSyntax { path, line } => write!(
                f,
                "syntax error in service file \"{}\", line {line}",
                path.display()
            ),
            Self::NestedService { path, line } => write!(
                f,
                "nested service specifications not supported in service file \"{}\", line {line}",
                path.display()
            ),
            Self::ServiceNotFound(name) => {
                write!(f, "definition of service \"{name}\" not found")
            }
            Self::InService { path, line, error } => {
                write!(f, "service file \"{}\", line {line}: {error}", path.display())
            }
            Self::InVariable { name, error } => write!(f, "environment variable {name}: {error}"),
            Self::VariableNotUtf8(name) => write!(f, "environment variable {name} is not UTF-8"),
        }
    }
}

impl std::error::Error for ConfigError {}

/// A text, or what stands for one that may not be shown.
fn shown(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or("***")
}
