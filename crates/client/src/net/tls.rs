//! TLS as the configuration asks for it.

use std::ffi::OsStr;
use std::fmt::Display;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use pkcs8::EncryptedPrivateKeyInfo;
use rustls::client::{Resumption, VerifierBuilderError, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer, ServerName};
use rustls::{
    ClientConfig, ConfigBuilder, RootCertStore, SupportedProtocolVersion, WantsVerifier, version,
};
use trunkline_proto::auth::{Binding, EndPoint};

use super::Stream;
use super::identity::Noting;
use super::key_log::KeyLog;
use super::verify::{Chain, Verifier};
use crate::config::{
    ClientCertificate, Host, Roots, SslCertMode, SslNegotiation, Tls, TlsVersion, Verification,
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
    /// The server must ask for our certificate.
    must_show: bool,
}

impl Connector {
    /// Reads the files. They are small, and reading them blocks the thread.
    pub(crate) fn new(tls: &Tls) -> Result<Self> {
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
        if let Some(path) = &tls.key_log {
            let log = KeyLog::open(path).map_err(|error| unusable(path, &error))?;
            config.key_log = Arc::new(log);
        }
        let must_show = tls.certificate_mode == SslCertMode::Require;
        if must_show {
            // Nobody is asked for a certificate when a session is resumed.
            config.resumption = Resumption::disabled();
        }
        Ok(Self {
            config: Arc::new(config),
            direct: tls.negotiation == SslNegotiation::Direct,
            must_show,
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
        let mut config = Arc::clone(&self.config);
        let noting = self.must_show.then(|| {
            let certificate = Arc::clone(&self.config.client_auth_cert_resolver);
            Arc::new(Noting::new(certificate))
        });
        if let Some(noting) = &noting {
            let mut own = ClientConfig::clone(&config);
            own.client_auth_cert_resolver = Arc::<Noting>::clone(noting);
            config = Arc::new(own);
        }
        let stream = stream.encrypt(config, name).await.map_err(failed)?;
        let session = stream.tls();
        if noting.is_some_and(|noting| !noting.was_shown()) {
            return Err(Kind::Tls {
                what: "the server did not ask for the client's certificate, which sslcertmode=require insists on".into(),
                source: None,
            }
            .into());
        }
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
    let believing = |chain| {
        builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Verifier::new(chain, algorithms)))
    };
    let Some(roots) = tls
        .roots
        .as_ref()
        .filter(|_| verification != Verification::Nothing)
    else {
        // `require` and below ask for secrecy from those who only listen; `Tls::of` lets nothing stronger come here without roots.
        return Ok(believing(None));
    };
    let (store, own) = store(roots)?;
    let constrained = store
        .roots
        .iter()
        .any(|root| root.name_constraints.is_some());
    let lists = revocations(tls)?;
    let mut webpki =
        WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::clone(provider));
    // A certificate that was revoked is none, even one that the user trusts.
    let own = if lists.is_empty() { own } else { vec![] };
    if !lists.is_empty() {
        webpki = webpki.with_crls(lists).enforce_revocation_expiration();
    }
    let webpki = webpki.build().map_err(|error| {
        let what = match error {
            VerifierBuilderError::InvalidCrl(_) => {
                "a list of revoked certificates cannot be used (it must be of version 2, RFC 5280 section 5)"
            }
            _ => "the root certificates cannot be used",
        };
        Error::tls(what, error)
    })?;
    let chain = Chain {
        webpki,
        own,
        named: verification == Verification::ChainAndName,
        constrained,
    };
    Ok(believing(Some(chain)))
}

/// The roots; and those among them that a server may show as its own, which a public authority's are not.
fn store(roots: &Roots) -> Result<(RootCertStore, Vec<CertificateDer<'static>>)> {
    let mut store = RootCertStore::empty();
    match roots {
        Roots::File(path) => {
            let own = certificates(path)?;
            for certificate in own.iter().cloned() {
                store
                    .add(certificate)
                    .map_err(|error| unusable(path, &error))?;
            }
            Ok((store, own))
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
            Ok((store, vec![]))
        }
    }
}

/// The lists of revoked certificates. Where some were named and there are none, nothing would be checked.
fn revocations(tls: &Tls) -> Result<Vec<CertificateRevocationListDer<'static>>> {
    let mut lists = Vec::new();
    let mut read = |path: &Path| -> Result<()> {
        let before = lists.len();
        let bytes = std::fs::read(path).map_err(|error| unusable(path, &error))?;
        for list in CertificateRevocationListDer::pem_slice_iter(&bytes) {
            lists.push(list.map_err(|error| unusable(path, &error))?);
        }
        if lists.len() == before {
            return Err(unusable(
                path,
                &"it holds no list of revoked certificates in PEM form (-----BEGIN X509 CRL-----)",
            ));
        }
        Ok(())
    };
    if let Some(path) = &tls.revocations {
        read(path)?;
    }
    if let Some(folder) = &tls.revocations_folder {
        let failed = |error: std::io::Error| unusable(folder, &error);
        let mut found = false;
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.file_name().is_some_and(is_hashed_list) {
                found = true;
                read(&path)?;
            }
        }
        if !found {
            return Err(unusable(
                folder,
                &"it holds no lists of revoked certificates, which `openssl rehash` gives names such as 0a1b2c3d.r0",
            ));
        }
    }
    Ok(lists)
}

/// Whether a file is named as OpenSSL looks for lists: eight hexadecimal digits, `.r` and a number.
fn is_hashed_list(name: &OsStr) -> bool {
    name.to_str()
        .and_then(|name| name.split_once(".r"))
        .is_some_and(|(hash, number)| {
            hash.len() == 8
                && hash.bytes().all(|digit| digit.is_ascii_hexdigit())
                && !number.is_empty()
                && number.bytes().all(|digit| digit.is_ascii_digit())
        })
}

fn identity(
    files: &ClientCertificate,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
    let chain = certificates(&files.certificate)?;
    let bytes = std::fs::read(&files.key).map_err(|error| unusable(&files.key, &error))?;
    if has_label(&bytes, b"Proc-Type: 4,ENCRYPTED") {
        return Err(unusable(
            &files.key,
            &"it is encrypted in a form of long ago: `openssl pkcs8 -topk8` makes one of today from it",
        ));
    }
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
    has_label(pem, b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
}

fn has_label(pem: &[u8], label: &[u8]) -> bool {
    pem.windows(label.len()).any(|window| window == label)
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

pub(super) fn provider() -> CryptoProvider {
    #[cfg(feature = "aws-lc-rs")]
    return rustls::crypto::aws_lc_rs::default_provider();
    #[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
    return rustls::crypto::ring::default_provider();
    #[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
    compile_error!("trunkline-client needs the feature `aws-lc-rs` or `ring`");
}
