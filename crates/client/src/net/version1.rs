//! Certificates of X.509 version 1, which have no extensions, and which webpki does not read.
//!
//! `openssl x509 -req` makes one where it is told of no extensions, before OpenSSL 3.4; PostgreSQL docs 18.9.3 call it just so, and
//! libpq takes what comes of it. Only those are taken here that a trusted root has signed itself: who may sign for others, a
//! certificate of version 1 cannot say.

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{
    CertificateDer, SignatureVerificationAlgorithm, SubjectPublicKeyInfoDer, UnixTime,
};
use rustls::{CertificateError, DigitallySignedStruct, Error, PeerMisbehaved};
use x509_cert::certificate::Version;
use x509_cert::der::{AnyRef, Decode, Encode};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::{Certificate, der};

/// A certificate of version 1.
pub(super) struct Version1(Certificate);

impl Version1 {
    /// `None` if it is of another version, or no certificate.
    pub(super) fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let certificate = Certificate::from_der(certificate).ok()?;
        (certificate.tbs_certificate.version == Version::V1).then_some(Self(certificate))
    }

    /// Whether one of the roots has signed it, and it is valid now.
    pub(super) fn verify(
        &self,
        roots: &[CertificateDer<'_>],
        algorithms: &WebPkiSupportedAlgorithms,
        now: UnixTime,
    ) -> Result<(), Error> {
        let signed = &self.0.tbs_certificate;
        let [from, to] = [signed.validity.not_before, signed.validity.not_after]
            .map(|time| time.to_unix_duration().as_secs());
        if now.as_secs() < from {
            return Err(CertificateError::NotValidYet.into());
        }
        if now.as_secs() > to {
            return Err(CertificateError::Expired.into());
        }
        let is_signer = |root: &Certificate| {
            root.tbs_certificate.subject == signed.issuer
                && self.is_signed_by(&root.tbs_certificate.subject_public_key_info, algorithms)
        };
        let mut parsed = roots
            .iter()
            .filter_map(|root| Certificate::from_der(root).ok());
        if parsed.any(|root| is_signer(&root)) {
            Ok(())
        } else {
            Err(CertificateError::UnknownIssuer.into())
        }
    }

    fn is_signed_by(
        &self,
        key: &SubjectPublicKeyInfoOwned,
        algorithms: &WebPkiSupportedAlgorithms,
    ) -> bool {
        let Certificate {
            tbs_certificate,
            signature_algorithm,
            signature,
        } = &self.0;
        let (Ok(message), Ok(algorithm), Some(signature)) = (
            tbs_certificate.to_der(),
            content(signature_algorithm),
            signature.as_bytes(),
        ) else {
            return false;
        };
        *signature_algorithm == tbs_certificate.signature
            && algorithms
                .all
                .iter()
                .filter(|each| *each.signature_alg_id() == *algorithm)
                .any(|each| is_valid(*each, key, &message, signature))
    }

    /// Checks what the server signed in a handshake of TLS 1.2.
    pub(super) fn verify_tls12(
        &self,
        message: &[u8],
        signed: &DigitallySignedStruct,
        algorithms: &WebPkiSupportedAlgorithms,
    ) -> Result<HandshakeSignatureValid, Error> {
        let (_, possible) = algorithms
            .mapping
            .iter()
            .find(|(scheme, _)| *scheme == signed.scheme)
            .ok_or(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme)?;
        let key = &self.0.tbs_certificate.subject_public_key_info;
        let is_valid = |algorithm: &&'static dyn SignatureVerificationAlgorithm| {
            is_valid(*algorithm, key, message, signed.signature())
        };
        if possible.iter().any(is_valid) {
            Ok(HandshakeSignatureValid::assertion())
        } else {
            Err(CertificateError::BadSignature.into())
        }
    }

    /// Checks what the server signed in a handshake of TLS 1.3.
    pub(super) fn verify_tls13(
        &self,
        message: &[u8],
        signed: &DigitallySignedStruct,
        algorithms: &WebPkiSupportedAlgorithms,
    ) -> Result<HandshakeSignatureValid, Error> {
        let key = self
            .0
            .tbs_certificate
            .subject_public_key_info
            .to_der()
            .map_err(|_| CertificateError::BadEncoding)?;
        let key = SubjectPublicKeyInfoDer::from(key);
        verify_tls13_signature_with_raw_key(message, &key, signed, algorithms)
    }
}

/// Whether this algorithm is one for this key, and the signature the key's.
fn is_valid(
    algorithm: &dyn SignatureVerificationAlgorithm,
    key: &SubjectPublicKeyInfoOwned,
    message: &[u8],
    signature: &[u8],
) -> bool {
    let (Ok(kind), Some(bits)) = (content(&key.algorithm), key.subject_public_key.as_bytes())
    else {
        return false;
    };
    *algorithm.public_key_alg_id() == *kind
        && algorithm.verify_signature(bits, message, signature).is_ok()
}

/// An algorithm's name and parameters without the SEQUENCE around them, as rustls has them.
fn content(algorithm: &AlgorithmIdentifierOwned) -> der::Result<Vec<u8>> {
    let whole = algorithm.to_der()?;
    Ok(AnyRef::from_der(&whole)?.value().to_vec())
}
