//! The files that TLS needs: root certificates, the client's certificate and its key (PostgreSQL docs 32.19).

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use super::settings::Settings;
use super::tls::key_password;
use super::{ConfigError, Keyword, Secret, SslCertMode, SslMode};

/// The certificates that are trusted to sign a server's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Roots {
    /// Those that the system trusts.
    System,
    /// Those in this PEM file, which exists.
    File(PathBuf),
}

/// A client certificate and its private key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientCertificate {
    /// A PEM file with the certificate, and those between it and the root. It exists.
    pub certificate: PathBuf,
    /// A PEM or DER file with the key. It exists, and only its owner may read it.
    pub key: PathBuf,
    /// The passphrase of the key, if it is encrypted.
    pub key_password: Option<Secret>,
}

impl Roots {
    /// `sslrootcert`, or `root.crt` in `~/.postgresql`. A file that does not exist is an error if the mode has to verify.
    pub(super) fn find(
        settings: &Settings,
        home: Option<&Path>,
        mode: SslMode,
    ) -> Result<Option<Self>, ConfigError> {
        let path = match settings.filled(Keyword::SslRootCert) {
            Some("system") => return Ok(Some(Self::System)),
            Some(path) => PathBuf::from(path),
            None => match home {
                Some(home) => folder(home).join("root.crt"),
                None if mode >= SslMode::VerifyCa => return Err(ConfigError::NoHome),
                None => return Ok(None),
            },
        };
        if path.exists() {
            return Ok(Some(Self::File(path)));
        }
        if mode >= SslMode::VerifyCa {
            return Err(ConfigError::NoRootCertificate(path));
        }
        Ok(None)
    }
}

impl ClientCertificate {
    /// `sslcert` and `sslkey`, or `postgresql.crt` and `postgresql.key` in `~/.postgresql`.
    ///
    /// As in libpq, a certificate that does not exist is not shown, unless the mode insists.
    pub(super) fn find(
        settings: &Settings,
        home: Option<&Path>,
        mode: SslCertMode,
    ) -> Result<Option<Self>, ConfigError> {
        if mode == SslCertMode::Disable {
            return Ok(None);
        }
        let named = |keyword, default: &str| match settings.filled(keyword) {
            Some(path) => Some(PathBuf::from(path)),
            None => home.map(|home| folder(home).join(default)),
        };
        let certificate = named(Keyword::SslCert, "postgresql.crt").unwrap_or_default();
        if !certificate.exists() {
            return match mode {
                SslCertMode::Require => Err(ConfigError::NoCertificate(certificate)),
                _ => Ok(None),
            };
        }
        let key = named(Keyword::SslKey, "postgresql.key").unwrap_or_default();
        let Ok(about) = fs::metadata(&key) else {
            return Err(ConfigError::NoKey(key));
        };
        if !about.is_file() {
            return Err(ConfigError::KeyNotPlain(key));
        }
        if is_open(&about) {
            return Err(ConfigError::KeyAccess(key));
        }
        Ok(Some(Self {
            certificate,
            key,
            key_password: key_password(settings),
        }))
    }
}

/// Refuses the options that name things which cannot be used here.
pub(super) fn check_supported(settings: &Settings) -> Result<(), ConfigError> {
    // As in libpq, a colon means an engine, but for the one after a drive's letter.
    match settings.filled(Keyword::SslKey) {
        Some(text) if text.contains(':') && !cfg!(windows) => Err(ConfigError::Unsupported {
            option: format!("{}={text}", Keyword::SslKey),
            advice: "a key in an OpenSSL engine cannot be used, only one in a file",
        }),
        _ => Ok(()),
    }
}

/// Where the files are that no option names.
fn folder(home: &Path) -> PathBuf {
    home.join(if cfg!(windows) { "" } else { ".postgresql" })
}

/// `sslcrl` and `sslcrldir`; or where neither is given, `root.crl` in `~/.postgresql` if it is there and the roots are in a file.
///
/// libpq passes over lists that it does not find, and over all of them where nothing is verified: then certificates that were revoked
/// are accepted.
pub(super) fn revocations(
    settings: &Settings,
    home: Option<&Path>,
    roots: Option<&Roots>,
) -> Result<(Option<PathBuf>, Option<PathBuf>), ConfigError> {
    let named = |keyword| match settings.filled(keyword) {
        Some(text) if roots.is_none() => Err(ConfigError::Unsupported {
            option: format!("{keyword}={text}"),
            advice: "without root certificates nothing is verified: give sslrootcert as well",
        }),
        text => Ok(text.map(PathBuf::from)),
    };
    let (file, folder_of_files) = (named(Keyword::SslCrl)?, named(Keyword::SslCrlDir)?);
    if file.is_some() || folder_of_files.is_some() || !matches!(roots, Some(Roots::File(_))) {
        return Ok((file, folder_of_files));
    }
    let usual = home.map(|home| folder(home).join("root.crl"));
    Ok((usual.filter(|list| list.exists()), None))
}

/// Whether others than the owner may read a key; root's may be readable by its group.
#[cfg(unix)]
fn is_open(about: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    let forbidden = if about.uid() == 0 { 0o027 } else { 0o077 };
    about.mode() & forbidden != 0
}

#[cfg(not(unix))]
fn is_open(_: &Metadata) -> bool {
    false
}
