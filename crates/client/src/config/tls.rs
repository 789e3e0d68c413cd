//! Encryption: whether, how, and what is checked (PostgreSQL docs 32.1.2: `ssl…`; 32.19).

use std::path::{Path, PathBuf};

use super::certificates::{ClientCertificate, Roots, revocations};
use super::choice::choice;
use super::number::switch;
use super::settings::Settings;
use super::{ConfigError, Keyword, Secret};

choice! {
    /// How much encryption is asked for. Later is stronger.
    ///
    /// The first three give no protection from somebody in the middle: who can change what is sent can switch encryption off.
    SslMode for SslMode {
        /// No encryption.
        Disable = "disable",
        /// First without; with it if the server wants that.
        Allow = "allow",
        /// First with it; without if the server does not offer it.
        Prefer = "prefer",
        /// With it, whoever the server is. With a root certificate at hand, as `VerifyCa`.
        Require = "require",
        /// With it, and a trusted root has signed the server's certificate.
        VerifyCa = "verify-ca",
        /// With it, and a trusted root has signed the server's certificate, which is for this host's name.
        VerifyFull = "verify-full",
    }
}

choice! {
    /// How encryption begins.
    SslNegotiation for SslNegotiation {
        /// After asking the server for it, which every server understands.
        Postgres = "postgres",
        /// At once, which saves a round trip and needs PostgreSQL 17 or later.
        Direct = "direct",
    }
}

choice! {
    /// Whether a client certificate is shown.
    SslCertMode for SslCertMode {
        /// Never, even if there is one.
        Disable = "disable",
        /// If the server asks for one and there is one.
        Allow = "allow",
        /// Always: the login fails if the server does not ask for one.
        Require = "require",
    }
}

choice! {
    /// A version of TLS that is spoken here.
    TlsVersion for SslMinProtocolVersion {
        /// TLS 1.2, RFC 5246.
        V1_2 = "TLSv1.2",
        /// TLS 1.3, RFC 8446.
        V1_3 = "TLSv1.3",
    }
}

/// What is checked of a server's certificate.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verification {
    /// Nothing.
    Nothing,
    /// That a trusted root has signed it.
    Chain,
    /// That a trusted root has signed it, and that it is for the host's name.
    ChainAndName,
}

/// Encryption for TCP. Unix sockets are never encrypted, whatever the mode.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tls {
    /// How much is asked for.
    pub mode: SslMode,
    /// How it begins.
    pub negotiation: SslNegotiation,
    /// Whom to trust; `None` if nothing is verified.
    pub roots: Option<Roots>,
    /// A PEM file of lists of certificates that the roots have revoked; `None`: nobody asks.
    pub revocations: Option<PathBuf>,
    /// A folder of such files, named as `openssl rehash` names them.
    pub revocations_folder: Option<PathBuf>,
    /// Whether a client certificate is shown.
    pub certificate_mode: SslCertMode,
    /// The client certificate, if there is one.
    pub certificate: Option<ClientCertificate>,
    /// Whether the host's name is sent in the clear, for proxies to see (SNI). Never sent for an IP address.
    pub server_name_indication: bool,
    /// The oldest version of TLS to accept.
    pub min_version: TlsVersion,
    /// The newest version of TLS to accept; `None`: the newest there is.
    pub max_version: Option<TlsVersion>,
    /// Where to write the session's keys for a network analyser.
    pub key_log: Option<PathBuf>,
}

impl Tls {
    /// What to check of the server's certificate.
    ///
    /// As in libpq, roots that were found are used even where the mode does not insist on them.
    #[must_use]
    pub fn verification(&self) -> Verification {
        match (self.mode, &self.roots) {
            (SslMode::VerifyFull, _) => Verification::ChainAndName,
            (SslMode::VerifyCa, _) | (_, Some(_)) => Verification::Chain,
            _ => Verification::Nothing,
        }
    }

    /// Reads the options and looks for the files. `used` says whether there is a host that is reached by TCP: files matter only then.
    pub(super) fn of(
        settings: &Settings,
        home: Option<&Path>,
        used: bool,
    ) -> Result<Self, ConfigError> {
        let tls = Self::without_files(settings)?;
        tls.check_strength(settings.get(Keyword::SslRootCert) == Some("system"))?;
        if !used || tls.mode == SslMode::Disable {
            return Ok(tls);
        }
        let roots = Roots::find(settings, home, tls.mode)?;
        let (revocations, revocations_folder) = revocations(settings, home, roots.as_ref())?;
        Ok(Self {
            revocations,
            revocations_folder,
            certificate: ClientCertificate::find(settings, home, tls.certificate_mode)?,
            roots,
            ..tls
        })
    }

    /// The options alone.
    pub(super) fn without_files(settings: &Settings) -> Result<Self, ConfigError> {
        let system_roots = settings.get(Keyword::SslRootCert) == Some("system");
        let default_mode = if system_roots {
            SslMode::VerifyFull
        } else {
            SslMode::Prefer
        };
        let mode = match settings.get(Keyword::SslMode) {
            Some(text) => text.parse()?,
            None => default_mode,
        };
        let negotiation = match settings.get(Keyword::SslNegotiation) {
            Some(text) => text.parse()?,
            None => SslNegotiation::Postgres,
        };
        let (min_version, max_version) = versions(settings)?;
        let certificate_mode = match settings.get(Keyword::SslCertMode) {
            Some(text) => text.parse()?,
            None => SslCertMode::Allow,
        };
        let sni = settings.get(Keyword::SslSni).unwrap_or("1");
        Ok(Self {
            mode,
            negotiation,
            roots: None,
            revocations: None,
            revocations_folder: None,
            certificate_mode,
            certificate: None,
            server_name_indication: switch(Keyword::SslSni, sni)?,
            min_version,
            max_version,
            key_log: settings.filled(Keyword::SslKeyLogFile).map(PathBuf::from),
        })
    }

    /// Refuses modes that would leave other options without the effect that they promise.
    fn check_strength(&self, system_roots: bool) -> Result<(), ConfigError> {
        let mode = self.mode;
        // Anybody can have a certificate from a public authority, so that only its name tells hosts apart.
        if system_roots && mode != SslMode::VerifyFull {
            return Err(ConfigError::WeakSslMode {
                mode,
                with: "sslrootcert=system",
                usable: "\"verify-full\"",
            });
        }
        if self.negotiation == SslNegotiation::Direct && mode < SslMode::Require {
            return Err(ConfigError::WeakSslMode {
                mode,
                with: "sslnegotiation=direct",
                usable: "\"require\", \"verify-ca\", or \"verify-full\"",
            });
        }
        Ok(())
    }
}

/// Reads the bounds, which are not case-sensitive. TLS before 1.2 may be the lower bound and not the upper one.
fn versions(settings: &Settings) -> Result<(TlsVersion, Option<TlsVersion>), ConfigError> {
    let max = Keyword::SslMaxProtocolVersion;
    let max_text = settings.filled(max);
    let upper = max_text.map(|text| version(max, text)).transpose()?;
    let min = Keyword::SslMinProtocolVersion;
    let lower = match settings.filled(min) {
        Some(text) => version(min, text)?,
        None => Some(TlsVersion::V1_2),
    };
    let upper = match (upper, max_text) {
        (Some(None), Some(text)) => {
            return Err(ConfigError::Unsupported {
                option: format!("{max}={text}"),
                advice: "TLS before 1.2 is not safe: leave it out, or set it to TLSv1.2 or TLSv1.3",
            });
        }
        (upper, _) => upper.flatten(),
    };
    let lower = lower.unwrap_or(TlsVersion::V1_2);
    if upper.is_some_and(|upper| upper < lower) {
        return Err(ConfigError::TlsRange);
    }
    Ok((lower, upper))
}

/// A version; `None` for those before 1.2.
fn version(keyword: Keyword, text: &str) -> Result<Option<TlsVersion>, ConfigError> {
    match text.to_ascii_lowercase().as_str() {
        "tlsv1" | "tlsv1.1" => Ok(None),
        "tlsv1.2" => Ok(Some(TlsVersion::V1_2)),
        "tlsv1.3" => Ok(Some(TlsVersion::V1_3)),
        _ => Err(ConfigError::InvalidValue {
            keyword,
            value: Some(text.to_owned()),
        }),
    }
}

/// The passphrase of the client certificate's key.
pub(super) fn key_password(settings: &Settings) -> Option<Secret> {
    settings.filled(Keyword::SslPassword).map(Secret::from)
}
