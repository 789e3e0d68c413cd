//! How much of a server's certificate is believed.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{self, WebPkiSupportedAlgorithms};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

use super::certificate;

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
    ) -> Result<(), Error> {
        // webpki looks at the name when it has found the chain to be good.
        let verified = match self.webpki.verify_server_cert(
            end_entity,
            intermediates,
            host,
            ocsp_response,
            now,
        ) {
            // A root does not serve as a server's certificate, says webpki; but this is the one that the user trusts to be there, as
            // PostgreSQL docs 18.9.3 have it made (`openssl req -x509`), and libpq takes it too.
            Err(Error::InvalidCertificate(CertificateError::Other(_)))
                if self.own.iter().any(|own| own == end_entity) =>
            {
                if !certificate::is_current(end_entity, now) {
                    return Err(CertificateError::Expired.into());
                }
                ParsedCertificate::try_from(end_entity)
                    .and_then(|certificate| verify_server_name(&certificate, host))
            }
            verified => verified.map(drop),
        };
        match verified {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.named || certificate::is_for(end_entity, host) => Ok(()),
            verified => verified,
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
            chain.verify(end_entity, intermediates, server_name, ocsp_response, now)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        crypto::verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        crypto::verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
