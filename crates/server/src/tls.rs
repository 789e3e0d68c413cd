//! TLS: certificates, and how they are exchanged while the server runs.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};
use trunkline_proto::auth::{Binding, EndPoint};

/// The ALPN name of the protocol, registered with IANA.
pub(crate) const ALPN: &[u8] = b"postgresql";

/// A server's certificate and key. Cheap to clone; all clones see a [`reload`](Self::reload).
///
/// TLS 1.2 and 1.3, without session tickets and early data (which could be replayed). ALPN is optional after an
/// SSLRequest, and mandatory for direct TLS.
#[derive(Clone)]
pub struct Tls(Arc<Shared>);

struct Shared {
    current: RwLock<Current>,
    files: Option<(PathBuf, PathBuf)>,
}

#[derive(Clone)]
pub(crate) struct Current {
    pub(crate) config: Arc<ServerConfig>,
    pub(crate) binding: Binding,
}

/// Why there is no TLS: one line that says which file, and what is wrong with it.
#[derive(Debug)]
pub struct TlsError(String);

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TlsError {}

impl Tls {
    /// Reads a certificate chain (the server's own first) and its private key from PEM files.
    ///
    /// # Errors
    ///
    /// [`TlsError`] if a file cannot be read, holds no certificate or key, or the two do not belong together.
    pub fn from_pem_files(
        certificates: impl AsRef<Path>,
        key: impl AsRef<Path>,
    ) -> Result<Self, TlsError> {
        let (certificates, key) = (certificates.as_ref(), key.as_ref());
        let current = load(certificates, key)?;
        Ok(Self(Arc::new(Shared {
            current: RwLock::new(current),
            files: Some((certificates.into(), key.into())),
        })))
    }

    /// Takes a configuration of your own, to ask for client certificates for instance; `certificate` is the server's
    /// own, in DER, for channel binding. ALPN is set to `postgresql`, and tickets and early data are turned off.
    ///
    /// `ServerConfig` is that of [`trunkline_server::rustls`](crate::rustls), which is rustls 0.23: name it through there
    /// (or `trunkline::server::rustls`), and the two cannot be of different versions. A release of this crate that moves to
    /// another is a breaking one.
    ///
    /// ```no_run
    /// use trunkline_server::Tls;
    /// use trunkline_server::rustls::ServerConfig;
    /// use trunkline_server::rustls::pki_types::pem::PemObject;
    /// use trunkline_server::rustls::pki_types::{CertificateDer, PrivateKeyDer};
    ///
    /// # fn example() -> Result<Tls, Box<dyn std::error::Error>> {
    /// let certificate = CertificateDer::from_pem_file("server.crt")?;
    /// let config = ServerConfig::builder()
    ///     .with_no_client_auth()
    ///     .with_single_cert(vec![certificate.clone()], PrivateKeyDer::from_pem_file("server.key")?)?;
    /// let tls = Tls::from_config(config, &certificate);
    /// # Ok(tls)
    /// # }
    /// ```
    #[must_use]
    pub fn from_config(config: ServerConfig, certificate: &[u8]) -> Self {
        Self(Arc::new(Shared {
            current: RwLock::new(Current::new(config, certificate)),
            files: None,
        }))
    }

    /// Reads the files again. Connections that are up keep what they have; new ones get the new certificate.
    ///
    /// # Errors
    ///
    /// [`TlsError`]; the old certificate then stays in use. Also if there are no files.
    pub fn reload(&self) -> Result<(), TlsError> {
        let Some((certificates, key)) = &self.0.files else {
            return Err(TlsError(
                "the TLS configuration does not come from files".into(),
            ));
        };
        let current = load(certificates, key)?;
        *self
            .0
            .current
            .write()
            .unwrap_or_else(PoisonError::into_inner) = current;
        Ok(())
    }

    pub(crate) fn current(&self) -> Current {
        self.0
            .current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("files", &self.0.files)
            .finish_non_exhaustive()
    }
}

impl Current {
    fn new(mut config: ServerConfig, certificate: &[u8]) -> Self {
        config.alpn_protocols = vec![ALPN.to_vec()];
        config.max_early_data_size = 0;
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
        let binding = match EndPoint::of_certificate(certificate) {
            Ok(end_point) => Binding::ServerEndPoint(end_point),
            Err(_) => Binding::Unbindable,
        };
        Self {
            config: Arc::new(config),
            binding,
        }
    }
}

fn load(certificates: &Path, key: &Path) -> Result<Current, TlsError> {
    let failed = |path: &Path, cause: &dyn fmt::Display| {
        TlsError(format!("cannot use {}: {cause}", path.display()))
    };
    let pem = std::fs::read(certificates).map_err(|error| failed(certificates, &error))?;
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .map_err(|error| failed(certificates, &error))?;
    let Some(certificate) = chain.first().cloned() else {
        return Err(failed(
            certificates,
            &"it holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)",
        ));
    };
    let pem = std::fs::read(key).map_err(|error| failed(key, &error))?;
    let private = PrivateKeyDer::from_pem_slice(&pem).map_err(|error| failed(key, &error))?;
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .and_then(|builder| {
            builder
                .with_no_client_auth()
                .with_single_cert(chain, private)
        })
        .map_err(|error| failed(certificates, &error))?;
    Ok(Current::new(config, &certificate))
}

/// The cryptography that the features chose.
fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    #[cfg(feature = "aws-lc-rs")]
    {
        Arc::new(rustls::crypto::aws_lc_rs::default_provider())
    }
    #[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
    {
        Arc::new(rustls::crypto::ring::default_provider())
    }
    #[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
    compile_error!("turn on one of the features `aws-lc-rs` and `ring`");
}
