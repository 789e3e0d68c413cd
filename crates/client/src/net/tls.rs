//! TLS as the configuration asks for it.

use std::fmt::Display;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use pkcs8::EncryptedPrivateKeyInfo;
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{
    ClientConfig, ConfigBuilder, RootCertStore, SupportedProtocolVersion, WantsVerifier, version,
};
use trunkline_proto::auth::{Binding, EndPoint};

use super::Stream;
use super::verify::Lenient;
use crate::config::{
    ClientCertificate, Host, Roots, SslNegotiation, Tls, TlsVersion, Verification,
};
use crate::error::Kind;
use crate::{Error, Result};

/// The ALPN name of the protocol, registered with IANA.
const ALPN: &[u8] = b"postgresql";

/// What handshakes are done with: certificates and keys, read once.
#[derive(Clone)]
pub(crate) struct Connector {
    config: Arc<ClientConfig>,
    direct: bool,
}

impl Connector {
    /// Reads the files. They are small, and reading them blocks the thread.
    pub(crate) fn new(tls: &Tls) -> Result<Self> {
        if tls.key_log.is_some() {
            return Err(Kind::Unsupported("sslkeylogfile").into());
        }
        let provider = Arc::new(provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&versions(tls))
            .map_err(|error| Error::tls("these versions of TLS cannot be spoken", error))?;
        let config = verifying(builder, tls, &provider)?;
        let mut config = match &tls.certificate {
            None => config.with_no_client_auth(),
            Some(files) => {
                let (chain, key) = identity(files)?;
                config.with_client_auth_cert(chain, key).map_err(|error| {
                    unusable(
                        &files.certificate,
                        &format!("{error} (does the key belong to it?)"),
                    )
                })?
            }
        };
        config.alpn_protocols = vec![ALPN.to_vec()];
        config.enable_sni = tls.server_name_indication;
        // A resumed session is cheaper, but early data could be replayed.
        config.enable_early_data = false;
        Ok(Self {
            config: Arc::new(config),
            direct: tls.negotiation == SslNegotiation::Direct,
        })
    }

    /// Whether the handshake begins at once, without asking for it.
    pub(crate) const fn is_direct(&self) -> bool {
        self.direct
    }

    /// The handshake with a host over a plain stream; also says what a login can be bound to.
    pub(crate) async fn handshake(&self, stream: Stream, host: &Host) -> Result<(Stream, Binding)> {
        let failed = |error| Error::tls("the TLS handshake failed", error);
        let name = server_name(host, &stream)?;
        let config = Arc::clone(&self.config);
        let stream = stream.encrypt(config, name).await.map_err(failed)?;
        let session = stream.tls();
        // Without it the other end may speak something else altogether (TL-03, SEC-06).
        if self.direct && session.and_then(|session| session.alpn_protocol()) != Some(ALPN) {
            return Err(Kind::Tls {
                what: "the server did not agree to speak PostgreSQL over direct TLS (no ALPN)"
                    .into(),
                source: None,
            }
            .into());
        }
        let binding = session
            .and_then(|session| session.peer_certificates())
            .and_then(<[_]>::first)
            .and_then(|certificate| EndPoint::of_certificate(certificate).ok())
            .map_or(Binding::Unbindable, Binding::ServerEndPoint);
        Ok((stream, binding))
    }
}

fn versions(tls: &Tls) -> Vec<&'static SupportedProtocolVersion> {
    [
        (TlsVersion::V1_2, &version::TLS12),
        (TlsVersion::V1_3, &version::TLS13),
    ]
    .into_iter()
    .filter(|(each, _)| *each >= tls.min_version && tls.max_version.is_none_or(|max| *each <= max))
    .map(|(_, version)| version)
    .collect()
}

/// What the certificate must be for. An address that nothing was looked up for is a name as well.
fn server_name(host: &Host, stream: &Stream) -> Result<ServerName<'static>> {
    let address = || -> Result<IpAddr> {
        let lost = |error| Error::io("the connection was lost", error);
        match stream.socket().peer_addr().map_err(lost)?.as_socket() {
            Some(address) => Ok(address.ip()),
            None => Err(lost(std::io::ErrorKind::NotConnected.into())),
        }
    };
    match &host.name {
        Some(name) => ServerName::try_from(name.clone())
            .map_err(|error| Error::tls(format!("no certificate can be for \"{name}\""), error)),
        None => Ok(ServerName::IpAddress(address()?.into())),
    }
}

fn verifying(
    builder: ConfigBuilder<ClientConfig, WantsVerifier>,
    tls: &Tls,
    provider: &Arc<CryptoProvider>,
) -> Result<ConfigBuilder<ClientConfig, rustls::client::WantsClientCert>> {
    let verification = tls.verification();
    let algorithms = provider.signature_verification_algorithms;
    let Some(roots) = tls
        .roots
        .as_ref()
        .filter(|_| verification != Verification::Nothing)
    else {
        // `require` and below ask for secrecy from those who only listen; `Tls::of` lets nothing stronger come here without roots.
        return Ok(builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Lenient::new(None, algorithms))));
    };
    let store = Arc::new(store(roots)?);
    let strict = WebPkiServerVerifier::builder_with_provider(store, Arc::clone(provider))
        .build()
        .map_err(|error| Error::tls("the root certificates cannot be used", error))?;
    Ok(match verification {
        Verification::ChainAndName => builder.with_webpki_verifier(strict),
        Verification::Chain | Verification::Nothing => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Lenient::new(Some(strict), algorithms))),
    })
}

fn store(roots: &Roots) -> Result<RootCertStore> {
    let mut store = RootCertStore::empty();
    match roots {
        Roots::File(path) => {
            for certificate in certificates(path)? {
                store
                    .add(certificate)
                    .map_err(|error| unusable(path, &error))?;
            }
        }
        Roots::System => {
            let found = rustls_native_certs::load_native_certs();
            store.add_parsable_certificates(found.certs);
            if store.is_empty() {
                let cause = found
                    .errors
                    .first()
                    .map_or_else(|| "there are none".into(), ToString::to_string);
                return Err(Kind::Tls {
                    what: format!("the system's root certificates cannot be used: {cause}"),
                    source: None,
                }
                .into());
            }
        }
    }
    Ok(store)
}

fn identity(
    files: &ClientCertificate,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
    let chain = certificates(&files.certificate)?;
    let bytes = std::fs::read(&files.key).map_err(|error| unusable(&files.key, &error))?;
    let key = match &files.key_password {
        Some(password) if is_encrypted(&bytes) => {
            decrypt(&bytes, password.as_bytes()).map_err(|error| unusable(&files.key, &error))?
        }
        None if is_encrypted(&bytes) => {
            return Err(unusable(
                &files.key,
                &"it is encrypted, and sslpassword is not set",
            ));
        }
        _ => PrivateKeyDer::from_pem_slice(&bytes)
            .or_else(|error| PrivateKeyDer::try_from(bytes).map_err(|_| error))
            .map_err(|error| unusable(&files.key, &error))?,
    };
    Ok((chain, key))
}

/// Whether this is a key in PKCS #8 that a passphrase protects (RFC 7468 section 11).
fn is_encrypted(pem: &[u8]) -> bool {
    const LABEL: &[u8] = b"-----BEGIN ENCRYPTED PRIVATE KEY-----";
    pem.windows(LABEL.len()).any(|window| window == LABEL)
}

fn decrypt(pem: &[u8], password: &[u8]) -> Result<PrivateKeyDer<'static>, String> {
    let text = std::str::from_utf8(pem).map_err(|error| error.to_string())?;
    let (_, document) = pkcs8::Document::from_pem(text).map_err(|error| error.to_string())?;
    let key = EncryptedPrivateKeyInfo::try_from(document.as_bytes())
        .map_err(|error| error.to_string())?
        .decrypt(password)
        .map_err(|_| "sslpassword does not open it")?;
    Ok(PrivateKeyDer::Pkcs8(key.as_bytes().to_vec().into()))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let bytes = std::fs::read(path).map_err(|error| unusable(path, &error))?;
    let certificates = CertificateDer::pem_slice_iter(&bytes)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| unusable(path, &error))?;
    if certificates.is_empty() {
        return Err(unusable(
            path,
            &"it holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)",
        ));
    }
    Ok(certificates)
}

#[cold]
fn unusable(path: &Path, cause: &dyn Display) -> Error {
    Kind::Tls {
        what: format!("cannot use {}: {cause}", path.display()),
        source: None,
    }
    .into()
}

fn provider() -> CryptoProvider {
    #[cfg(feature = "aws-lc-rs")]
    return rustls::crypto::aws_lc_rs::default_provider();
    #[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
    return rustls::crypto::ring::default_provider();
    #[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
    compile_error!("trunkline-client needs the feature `aws-lc-rs` or `ring`");
}
