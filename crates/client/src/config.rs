//! Connection options: what is said about a connection, and what follows from it (PostgreSQL docs 32.1).
//!
//! [`Config`] holds what was said, in one of libpq's two grammars or by builder methods. [`Config::resolve`] adds what the surroundings
//! say ([`Environment`]: a service file, `PG…` variables, a password file, the user) and gives a [`Resolved`]: the hosts to try, and all
//! that holds for each.
//!
//! ```
//! use trunkline_client::{Config, Environment};
//!
//! let config: Config = "postgres://ada:secret@a.example.com,b.example.com:5433/app?connect_timeout=5".parse()?;
//! let resolved = config.resolve(&Environment::empty())?;
//! assert_eq!(resolved.database, "app");
//! assert_eq!(resolved.hosts[0].port, 5432);
//! assert_eq!(resolved.hosts[1].port, 5433);
//! # Ok::<(), trunkline_client::ConfigError>(())
//! ```
//!
//! Options, defaults and precedence are those of libpq 18. Where an option asks for something that is not done here, resolving fails and
//! says what to do: nothing weaker than what was asked for is ever used.

mod account;
mod certificates;
mod check;
mod choice;
mod conninfo;
mod defaults;
mod environment;
mod error;
mod hosts;
mod keyword;
mod login;
mod mask;
mod number;
mod passfile;
mod percent;
mod protocol;
mod require_auth;
mod resolved;
mod secret;
mod servers;
mod service;
mod session;
mod settings;
mod tcp;
#[cfg(test)]
mod tests;
mod tls;
mod uri;

use std::fmt;
use std::net::IpAddr;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

#[cfg(unix)]
pub(crate) use account::account_name;
pub use certificates::{ClientCertificate, Roots};
pub use environment::Environment;
pub use error::ConfigError;
pub use hosts::{Address, Host};
pub use keyword::Keyword;
pub use login::{ChannelBinding, Gss, GssLibrary, Login, OAuth};
pub use passfile::Warning;
pub use protocol::ProtocolVersions;
pub use require_auth::RequireAuth;
pub use resolved::Resolved;
pub(crate) use resolved::knows;
pub use secret::Secret;
pub use servers::{LoadBalance, TargetSession};
pub use session::Replication;
pub use tcp::{Keepalives, Tcp};
pub use tls::{SslCertMode, SslMode, SslNegotiation, Tls, TlsVersion, Verification};

pub use trunkline_proto::auth::scram::ClientKeys;
pub use trunkline_proto::client::{Method, Methods};
pub use trunkline_proto::frontend::ProtocolVersion;

use crate::gss::{Contexts, GssContext, GssError, GssTarget};
use crate::oauth::{TokenSource, Tokens};
use settings::Settings;

/// What was said about a connection.
///
/// An option that was not given is left to the surroundings, and then to its default. One that was given as the empty text is left to
/// its default alone.
///
/// `Display` writes a keyword/value string, and `Debug` shows the same; neither shows secrets. Two are equal that say the same and have
/// the same hooks, as clones have.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Config {
    settings: Settings,
    hooks: Hooks,
}

/// What no text can say: who is asked for tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Hooks {
    tokens: Option<Tokens>,
    gss: Option<Contexts>,
}

impl Config {
    /// Nothing said yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what the surroundings say, checks that all of it fits together, and looks for the files that it needs.
    ///
    /// Reads small files: the service file, the password file; asks whether certificates exist.
    ///
    /// # Errors
    ///
    /// What is wrong, in libpq's words where it has some.
    pub fn resolve(&self, around: &Environment) -> Result<Resolved, ConfigError> {
        let mut resolved = Resolved::of(self.settings.clone(), around)?;
        resolved.tokens.clone_from(&self.hooks.tokens);
        resolved.gss.clone_from(&self.hooks.gss);
        Ok(resolved)
    }

    /// What was given for an option, secrets too.
    #[must_use]
    pub fn text(&self, keyword: Keyword) -> Option<&str> {
        self.settings.get(keyword)
    }

    /// Gives any option as it would stand in a connection string. What is wrong with it shows in [`Config::resolve`].
    #[must_use]
    pub fn with(mut self, keyword: Keyword, text: impl Into<String>) -> Self {
        self.settings.set(keyword, text);
        self
    }

    /// The keyword/value string that gives the same configuration again, with the password and other secrets in it.
    #[must_use]
    pub fn to_string_with_secrets(&self) -> String {
        let mut out = String::new();
        // A String takes whatever is written.
        let _ = conninfo::write(self.settings.iter(), &mut out);
        out
    }

    /// The user to log in as.
    #[must_use]
    pub fn user(self, name: impl Into<String>) -> Self {
        self.with(Keyword::User, name)
    }

    /// The password, for every host.
    #[must_use]
    pub fn password(self, password: impl Into<String>) -> Self {
        self.with(Keyword::Password, password)
    }

    /// The file with passwords, instead of `~/.pgpass`.
    #[must_use]
    pub fn passfile(self, path: impl Into<String>) -> Self {
        self.with(Keyword::Passfile, path)
    }

    /// The database.
    #[must_use]
    pub fn database(self, name: impl Into<String>) -> Self {
        self.with(Keyword::Dbname, name)
    }

    /// The host: a name, an address, or a folder of sockets, which begins with `/`. Several have commas between them.
    #[must_use]
    pub fn host(self, host: impl Into<String>) -> Self {
        self.with(Keyword::Host, host)
    }

    /// The hosts to try in order, each with its port.
    #[must_use]
    pub fn hosts<H: AsRef<str>>(self, hosts: impl IntoIterator<Item = (H, u16)>) -> Self {
        let (mut names, mut ports, mut comma) = (String::new(), String::new(), "");
        for (name, port) in hosts {
            names.push_str(comma);
            names.push_str(name.as_ref());
            ports.push_str(comma);
            ports.push_str(&port.to_string());
            comma = ",";
        }
        self.with(Keyword::Host, names).with(Keyword::Port, ports)
    }

    /// The host's address, so that its name is not looked up.
    #[must_use]
    pub fn host_address(self, address: IpAddr) -> Self {
        self.with(Keyword::Hostaddr, address.to_string())
    }

    /// The port, of every host.
    #[must_use]
    pub fn port(self, port: u16) -> Self {
        self.with(Keyword::Port, port.to_string())
    }

    /// The service, a set of options in the service file.
    #[must_use]
    pub fn service(self, name: impl Into<String>) -> Self {
        self.with(Keyword::Service, name)
    }

    /// What the session is called in the server's logs and views.
    #[must_use]
    pub fn application_name(self, name: impl Into<String>) -> Self {
        self.with(Keyword::ApplicationName, name)
    }

    /// Command-line options for the server's process, as `-c statement_timeout=5s`.
    #[must_use]
    pub fn options(self, options: impl Into<String>) -> Self {
        self.with(Keyword::Options, options)
    }

    /// Makes the session one that replicates.
    #[must_use]
    pub fn replication(self, replication: Replication) -> Self {
        self.with(Keyword::Replication, replication.as_str())
    }

    /// How long each address of each host may take, in whole seconds: a part of one counts as one. Zero is without end.
    #[must_use]
    pub fn connect_timeout(self, timeout: Duration) -> Self {
        self.with(Keyword::ConnectTimeout, number::whole_seconds(timeout))
    }

    /// How long sent data may stay unacknowledged, in whole milliseconds. Zero is the system's default.
    #[must_use]
    pub fn tcp_user_timeout(self, timeout: Duration) -> Self {
        let text = number::whole_milliseconds(timeout);
        self.with(Keyword::TcpUserTimeout, text)
    }

    /// Whether and how the system asks an idle peer if it is still there. Times are in whole seconds.
    #[must_use]
    pub fn keepalives(self, keepalives: Option<Keepalives>) -> Self {
        let Some(Keepalives {
            idle,
            interval,
            count,
        }) = keepalives
        else {
            return self.with(Keyword::Keepalives, "0");
        };
        let seconds = |time: Option<Duration>| number::whole_seconds(time.unwrap_or_default());
        self.with(Keyword::Keepalives, "1")
            .with(Keyword::KeepalivesIdle, seconds(idle))
            .with(Keyword::KeepalivesInterval, seconds(interval))
            .with(Keyword::KeepalivesCount, count.unwrap_or(0).to_string())
    }

    /// How much encryption is asked for.
    #[must_use]
    pub fn ssl_mode(self, mode: SslMode) -> Self {
        self.with(Keyword::SslMode, mode.as_str())
    }

    /// How encryption begins.
    #[must_use]
    pub fn ssl_negotiation(self, negotiation: SslNegotiation) -> Self {
        self.with(Keyword::SslNegotiation, negotiation.as_str())
    }

    /// Whom to trust to sign the server's certificate.
    #[must_use]
    pub fn ssl_roots(self, roots: &Roots) -> Self {
        let text = match roots {
            Roots::System => "system".to_owned(),
            // A file of that very name needs a path to be told from the word.
            Roots::File(path) if path == Path::new("system") => "./system".to_owned(),
            Roots::File(path) => path.display().to_string(),
        };
        self.with(Keyword::SslRootCert, text)
    }

    /// The client's certificate and its key, in PEM files.
    #[must_use]
    pub fn ssl_certificate(self, certificate: impl Into<String>, key: impl Into<String>) -> Self {
        self.with(Keyword::SslCert, certificate)
            .with(Keyword::SslKey, key)
    }

    /// The passphrase of the client certificate's key.
    #[must_use]
    pub fn ssl_key_password(self, password: impl Into<String>) -> Self {
        self.with(Keyword::SslPassword, password)
    }

    /// Whether a client certificate is shown.
    #[must_use]
    pub fn ssl_certificate_mode(self, mode: SslCertMode) -> Self {
        self.with(Keyword::SslCertMode, mode.as_str())
    }

    /// Whether SCRAM is bound to the TLS session.
    #[must_use]
    pub fn channel_binding(self, binding: ChannelBinding) -> Self {
        self.with(Keyword::ChannelBinding, binding.as_str())
    }

    /// Which login methods the server may ask for. If nothing is said, any but a password in clear and an OAuth token, and those as well
    /// where the server is known: over verified TLS and at a Unix socket. An OAuth token never goes over TCP in clear, whatever is said.
    #[must_use]
    pub fn require_auth(self, methods: Methods) -> Self {
        self.with(Keyword::RequireAuth, require_auth::write(methods))
    }

    /// What gives tokens for logins with OAUTHBEARER, which [`Keyword::OauthIssuer`] and [`Keyword::OauthClientId`] must be set for as
    /// well. No text can say it: it is not in `Display`.
    #[must_use]
    pub fn token_source(mut self, source: impl TokenSource) -> Self {
        self.hooks.tokens = Some(Tokens::new(source));
        self
    }

    /// What begins exchanges of GSSAPI or SSPI tokens: for each connection that is asked for one, a context of its own. No text can say
    /// it: it is not in `Display`.
    #[must_use]
    pub fn gss(
        mut self,
        begin: impl Fn(&GssTarget) -> Result<Box<dyn GssContext>, GssError> + Send + Sync + 'static,
    ) -> Self {
        self.hooks.gss = Some(Contexts::new(begin));
        self
    }

    /// The user that the server's process must belong to, at a Unix socket.
    #[must_use]
    pub fn require_peer(self, user: impl Into<String>) -> Self {
        self.with(Keyword::RequirePeer, user)
    }

    /// What a server must be.
    #[must_use]
    pub fn target_session(self, target: TargetSession) -> Self {
        self.with(Keyword::TargetSessionAttrs, target.as_str())
    }

    /// In which order hosts and their addresses are tried.
    #[must_use]
    pub fn load_balance(self, order: LoadBalance) -> Self {
        self.with(Keyword::LoadBalanceHosts, order.as_str())
    }

    /// The oldest and the newest version of the protocol that will do: 3.0 or 3.2.
    #[must_use]
    pub fn protocol(self, min: ProtocolVersion, max: ProtocolVersion) -> Self {
        self.with(Keyword::MinProtocolVersion, min.to_string())
            .with(Keyword::MaxProtocolVersion, max.to_string())
    }
}

/// Reads a URI, which begins with `postgres://` or `postgresql://`, or else a keyword/value string.
impl FromStr for Config {
    type Err = ConfigError;

    /// # Errors
    ///
    /// What is wrong, in libpq's words where it has some. Whether options fit together shows only in [`Config::resolve`].
    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let settings = match uri::after_scheme(text) {
            Some(rest) => uri::parse(text, rest)?,
            None => conninfo::parse(text)?,
        };
        check::values(&settings)?;
        Ok(Self {
            settings,
            hooks: Hooks::default(),
        })
    }
}

/// A keyword/value string without the secrets.
impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self
            .settings
            .iter()
            .filter(|(keyword, _)| !keyword.is_secret());
        conninfo::write(shown, f)
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Config").field(&self.settings).finish()
    }
}
