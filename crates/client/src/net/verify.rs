//! How much of a server's certificate is believed.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{self, WebPkiSupportedAlgorithms};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

use super::certificate;
use super::version1::Version1;

/// Believes in the chain and in the name, in the chain alone, or in anything at all. What the server signs is checked in every case, so
/// that the session is with whoever holds the certificate's key.
#[derive(Debug)]
pub(super) struct Verifier {
    /// Without it, any certificate will do.
    chain: Option<Chain>,
    algorithms: WebPkiSupportedAlgorithms,
}

/// What a chain, and a name at its end, are held against.
#[derive(Debug)]
pub(super) struct Chain {
    pub(super) webpki: Arc<WebPkiServerVerifier>,
    /// The trusted certificates themselves, where a server may show one of them as its own.
    pub(super) own: Vec<CertificateDer<'static>>,
    /// Whether the name counts.
    pub(super) named: bool,
    /// Whether a root may not sign for every name.
    pub(super) constrained: bool,
}

impl Verifier {
    pub(super) const fn new(chain: Option<Chain>, algorithms: WebPkiSupportedAlgorithms) -> Self {
        Self { chain, algorithms }
    }
}

impl Chain {
    fn verify(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        host: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
        algorithms: &WebPkiSupportedAlgorithms,
    ) -> Result<(), Error> {
        // webpki looks at the name when it has found the chain to be good.
        let verified = match self.webpki.verify_server_cert(
            end_entity,
            intermediates,
            host,
            ocsp_response,
            now,
        ) {
            Err(Error::InvalidCertificate(CertificateError::Other(other))) => {
                let other = CertificateError::Other(other).into();
                self.verify_oddity(end_entity, host, algorithms, now, other)
            }
            verified => verified.map(drop),
        };
        match verified {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.named || self.is_commonly_named(end_entity, intermediates, host) => Ok(()),
            verified => verified,
        }
    }

    /// Whether the certificate is the host's by its common name.
    fn is_commonly_named(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        host: &ServerName<'_>,
    ) -> bool {
        !self.constrained
            && !intermediates.iter().any(certificate::constrains_names)
            && certificate::is_for(end_entity, host)
    }

    /// A certificate that webpki does not take for one of a server at all, and libpq does: `refusal` if it is none of these.
    fn verify_oddity(
        &self,
        end_entity: &CertificateDer<'_>,
        host: &ServerName<'_>,
        algorithms: &WebPkiSupportedAlgorithms,
        now: UnixTime,
        refusal: Error,
    ) -> Result<(), Error> {
        // A root does not serve as a server's certificate; but this is the one that the user trusts to be there, as PostgreSQL docs
        // 18.9.3 have it made (`openssl req -x509`).
        if self.own.iter().any(|own| own == end_entity) {
            if !certificate::is_current(end_entity, now) {
                return Err(CertificateError::Expired.into());
            }
            return match ParsedCertificate::try_from(end_entity) {
                Ok(parsed) => verify_server_name(&parsed, host),
                Err(_) => Err(CertificateError::NotValidForName.into()),
            };
        }
        match Version1::of(end_entity) {
            Some(old) => {
                old.verify(&self.own, algorithms, now)?;
                Err(CertificateError::NotValidForName.into())
            }
            None => Err(refusal),
        }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Some(chain) = &self.chain {
            chain.verify(
                end_entity,
                intermediates,
                server_name,
                ocsp_response,
                now,
                &self.algorithms,
            )?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let verified =
            crypto::verify_tls12_signature(message, certificate, signed, &self.algorithms);
        if is_unread(&verified)
            && let Some(old) = Version1::of(certificate)
        {
            return old.verify_tls12(message, signed, &self.algorithms);
        }
        verified
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let verified =
            crypto::verify_tls13_signature(message, certificate, signed, &self.algorithms);
        if is_unread(&verified)
            && let Some(old) = Version1::of(certificate)
        {
            return old.verify_tls13(message, signed, &self.algorithms);
        }
        verified
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Whether webpki does not take the certificate for one that it reads.
const fn is_unread<T>(verified: &Result<T, Error>) -> bool {
    matches!(
        verified,
        Err(Error::InvalidCertificate(CertificateError::Other(_)))
    )
}
