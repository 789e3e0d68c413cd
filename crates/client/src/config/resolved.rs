//! All that a connector has to know.

use std::time::Duration;

use trunkline_proto::client::{Method, Methods, Policy};

use crate::gss::Contexts;
use crate::oauth::Tokens;

use super::passfile::{self, Passfile};
use super::settings::Settings;
use super::tls::Tls;
use super::{
    ChannelBinding, ConfigError, Environment, Host, Keyword, LoadBalance, Login, ProtocolVersions,
    Replication, Secret, SslMode, TargetSession, Tcp, Verification, Warning, check, defaults,
    hosts, number,
};

/// The hosts to try in order, and everything that holds for each: a configuration with nothing left open.
///
/// `Debug` shows no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resolved {
    /// The hosts, of which there is at least one.
    pub hosts: Vec<Host>,
    /// The user to log in as.
    pub user: String,
    /// The database to connect to.
    pub database: String,
    /// What the session is called in the server's logs and views.
    pub application_name: Option<String>,
    /// Command-line options for the server's process.
    pub options: Option<String>,
    /// Whether the session replicates.
    pub replication: Option<Replication>,
    /// More settings of the session, by the name that the server knows them by.
    pub session: Vec<(&'static str, String)>,
    /// How to log in.
    pub login: Login,
    /// How to encrypt what goes by TCP.
    pub tls: Tls,
    /// Options of TCP sockets.
    pub tcp: Tcp,
    /// The user that the server's process must belong to, at a Unix socket.
    pub require_peer: Option<String>,
    /// How long each address of each host may take until the session is there; `None`: as long as it takes.
    pub connect_timeout: Option<Duration>,
    /// Which versions of the protocol will do.
    pub protocol: ProtocolVersions,
    /// What a server must be.
    pub target_session: TargetSession,
    /// In which order hosts and their addresses are tried.
    pub load_balance: LoadBalance,
    /// What was passed over. Worth a line in a log.
    pub warnings: Vec<Warning>,
    pub(crate) tokens: Option<Tokens>,
    pub(crate) gss: Option<Contexts>,
}

impl Resolved {
    pub(super) fn of(mut settings: Settings, around: &Environment) -> Result<Self, ConfigError> {
        check::values(&settings)?;
        defaults::fill(&mut settings, around)?;
        let text = |keyword| settings.filled(keyword).map(str::to_owned);

        let user = text(Keyword::User).or_else(|| around.user_name().map(str::to_owned));
        let user = user.ok_or(ConfigError::NoUser)?;
        let database = text(Keyword::Dbname).unwrap_or_else(|| user.clone());
        let mut hosts = hosts::list(&settings, around)?;
        let by_tcp = hosts.iter().any(|host| !host.is_local());
        let tls = Tls::of(&settings, around.home_folder(), by_tcp)?;
        let nameless = |host: &Host| host.name.is_none() && !host.is_local();
        if tls.mode == SslMode::VerifyFull && hosts.iter().any(nameless) {
            return Err(ConfigError::NoHostName);
        }
        let login = Login::of(&settings)?;
        Login::check_keys(&settings)?;
        if login.channel_binding == ChannelBinding::Require && tls.mode == SslMode::Disable {
            return Err(ConfigError::ChannelBindingWithoutTls);
        }
        let warnings = give_passwords(&mut hosts, &settings, around, &database, &user);
        let application_name = match settings.get(Keyword::ApplicationName) {
            Some(name) => Some(name.to_owned()).filter(|name| !name.is_empty()),
            None => text(Keyword::FallbackApplicationName),
        };
        Ok(Self {
            hosts,
            user,
            database,
            application_name,
            options: text(Keyword::Options),
            replication: Replication::of(&settings)?,
            session: defaults::session(around)?,
            login,
            tls,
            tcp: Tcp::of(&settings)?,
            require_peer: text(Keyword::RequirePeer),
            connect_timeout: number::seconds(&settings, Keyword::ConnectTimeout)?,
            protocol: ProtocolVersions::of(&settings)?,
            target_session: check::target_session(&settings)?,
            load_balance: check::load_balance(&settings)?,
            warnings,
            tokens: None,
            gss: None,
        })
    }

    /// What to hold the server's login requests against, at this host.
    ///
    /// `verified` says what was verified of the server's certificate on this very connection; `None` if it is not encrypted. The
    /// password as it is and an OAuth token, which whoever gets them can use again, are sent only to a server that is known: by its
    /// certificate, or by its Unix socket. What `require_auth` allows by name it allows everywhere; a list of what it forbids allows
    /// nothing more. A token never goes over TCP in clear (RFC 7628 section 4).
    #[must_use]
    pub fn policy(&self, host: &Host, verified: Option<Verification>) -> Policy {
        let default = if knows(host, verified) {
            Methods::ALL
        } else {
            Methods::ALL
                .without(Method::Password)
                .without(Method::OAuth)
        };
        let methods = self.login.require.map_or(default, |said| said.of(default));
        let in_clear = verified.is_none() && !host.is_local();
        Policy {
            methods: if in_clear {
                methods.without(Method::OAuth)
            } else {
                methods
            },
            require_binding: self.login.channel_binding == ChannelBinding::Require,
            min_version: self.protocol.min,
            ..Policy::default()
        }
    }

    /// The parameters of the startup message, in libpq's order (PostgreSQL docs 54.2.1).
    ///
    /// `client_encoding` is always among them: the database's encoding may be another, and strings are UTF-8 here.
    pub fn startup_parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        let replication = self.replication.map(Replication::as_str);
        let fixed = [
            ("user", Some(self.user.as_str())),
            ("database", Some(self.database.as_str())),
            ("replication", replication),
            ("options", self.options.as_deref()),
            ("application_name", self.application_name.as_deref()),
            ("client_encoding", Some("UTF8")),
        ];
        let session = self
            .session
            .iter()
            .map(|(name, text)| (*name, text.as_str()));
        fixed
            .into_iter()
            .filter_map(|(name, text)| Some((name, text?)))
            .chain(session)
    }
}

/// Whether the server is known before any login: by its certificate, or by its Unix socket.
pub(crate) fn knows(host: &Host, verified: Option<Verification>) -> bool {
    host.is_local() || verified > Some(Verification::Nothing)
}

/// Gives each host its password: the one that was given, or else the one that the password file has for this host.
fn give_passwords(
    hosts: &mut [Host],
    settings: &Settings,
    around: &Environment,
    database: &str,
    user: &str,
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if let Some(password) = settings.filled(Keyword::Password) {
        for host in hosts {
            host.password = Some(Secret::from(password));
        }
    } else if let Some(file) = Passfile::read(settings, around, &mut warnings) {
        for host in hosts {
            let label = host.label();
            let name = passfile::host_name(&label, around);
            host.password = file.find(name, host.port, database, user);
            host.passfile = host.password.as_ref().map(|_| file.path.clone());
        }
    }
    warnings
}
