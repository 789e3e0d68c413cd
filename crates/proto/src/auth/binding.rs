//! Channel binding: tying the login to the certificate of the TLS link it runs over (RFC 5929 `tls-server-end-point`).

use core::fmt;

use der::asn1::ObjectIdentifier;
use der::{AnyRef, Decode, Reader, SliceReader, Tag, TagNumber, Tagged};
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};
use spki::AlgorithmIdentifierRef;

/// What the link under the exchange can be bound to.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Binding {
    /// No TLS. A server offers no -PLUS mechanism; a client refuses one that is offered, since somebody must be relaying.
    Plaintext,
    /// TLS, but there is nothing to bind to: the certificate has no defined hash, or the client's user turned binding off.
    Unbindable,
    /// TLS with this server certificate.
    ServerEndPoint(EndPoint),
}

/// The hash of a server's certificate, as `tls-server-end-point` defines it.
#[derive(Copy, Clone, Eq, PartialEq)]
pub struct EndPoint {
    hash: [u8; 64],
    len: usize,
}

impl EndPoint {
    /// Hashes the server's own (leaf) certificate, given as DER.
    ///
    /// The hash is the one that the certificate's signature uses, except that SHA-256 stands in for MD5 and SHA-1 (RFC 5929 section
    /// 4.1). For RSA-PSS it is the one among the signature's parameters.
    ///
    /// # Errors
    ///
    /// [`Unbindable`] if these bytes are no certificate, or its signature has no one hash (Ed25519, Ed448) or one that this crate does
    /// not know. A server then offers no -PLUS mechanism and a client chooses none: [`Binding::Unbindable`].
    pub fn of_certificate(der: &[u8]) -> Result<Self, Unbindable> {
        let algorithm = signature_algorithm(der).map_err(|_| Unbindable::NotACertificate)?;
        let hash = hash_of(&algorithm).ok_or(Unbindable::Algorithm(algorithm.oid))?;
        Ok(match hash {
            Hash::Sha224 => Self::new(&Sha224::digest(der)),
            Hash::Sha256 => Self::new(&Sha256::digest(der)),
            Hash::Sha384 => Self::new(&Sha384::digest(der)),
            Hash::Sha512 => Self::new(&Sha512::digest(der)),
        })
    }

    /// The hash: 28, 32, 48 or 64 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.hash.get(..self.len).unwrap_or_default()
    }

    fn new(digest: &[u8]) -> Self {
        let mut hash = [0; 64];
        for (to, from) in hash.iter_mut().zip(digest) {
            *to = *from;
        }
        Self {
            hash,
            len: digest.len(),
        }
    }
}

impl fmt::Debug for EndPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EndPoint(")?;
        self.as_bytes()
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}

/// Why a certificate cannot be bound to.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Unbindable {
    /// The bytes are not the DER form of an X.509 certificate.
    NotACertificate,
    /// The signature algorithm has no hash of its own, or an unknown one.
    Algorithm(ObjectIdentifier),
}

impl fmt::Display for Unbindable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotACertificate => f.write_str("not a DER certificate"),
            Self::Algorithm(oid) => write!(
                f,
                "signature algorithm {oid} defines no hash for channel binding"
            ),
        }
    }
}

impl core::error::Error for Unbindable {}

#[derive(Copy, Clone)]
enum Hash {
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

/// `Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue }`: only the outermost layer is looked at, so that
/// a certificate with oddities inside, which TLS was content with, can be bound to as well.
fn signature_algorithm(der: &[u8]) -> der::Result<AlgorithmIdentifierRef<'_>> {
    let certificate = AnyRef::from_der(der)?;
    certificate.tag().assert_eq(Tag::Sequence)?;
    let mut fields = SliceReader::new(certificate.value())?;
    AnyRef::decode(&mut fields)?;
    let algorithm = AlgorithmIdentifierRef::decode(&mut fields)?;
    AnyRef::decode(&mut fields)?;
    fields.finish()?;
    Ok(algorithm)
}

fn hash_of(algorithm: &AlgorithmIdentifierRef<'_>) -> Option<Hash> {
    const RSA_PSS: &str = "1.2.840.113549.1.1.10";
    let oid = algorithm.oid;
    if oid == ObjectIdentifier::new_unwrap(RSA_PSS) {
        return pss_hash(algorithm.parameters);
    }
    SIGNATURES
        .iter()
        .find(|(known, _)| oid == ObjectIdentifier::new_unwrap(known))
        .map(|(_, hash)| *hash)
}

/// `RSASSA-PSS-params ::= SEQUENCE { hashAlgorithm [0] HashAlgorithm DEFAULT sha1, … }` (RFC 4055).
fn pss_hash(parameters: Option<AnyRef<'_>>) -> Option<Hash> {
    let parameters = parameters?;
    let mut fields = SliceReader::new(parameters.value()).ok()?;
    if fields.is_finished() {
        return Some(Hash::Sha256);
    }
    let field = AnyRef::decode(&mut fields).ok()?;
    let hash_field = Tag::ContextSpecific {
        constructed: true,
        number: TagNumber(0),
    };
    if field.tag() != hash_field {
        return Some(Hash::Sha256);
    }
    let hash = AlgorithmIdentifierRef::from_der(field.value()).ok()?;
    DIGESTS
        .iter()
        .find(|(known, _)| hash.oid == ObjectIdentifier::new_unwrap(known))
        .map(|(_, hash)| *hash)
}

/// Signature algorithms by the hash that stands for them; MD5 and SHA-1 are raised to SHA-256.
const SIGNATURES: &[(&str, Hash)] = &[
    ("1.2.840.113549.1.1.4", Hash::Sha256), // md5WithRSAEncryption
    ("1.2.840.113549.1.1.5", Hash::Sha256), // sha1WithRSAEncryption
    ("1.2.840.113549.1.1.14", Hash::Sha224), // sha224WithRSAEncryption
    ("1.2.840.113549.1.1.11", Hash::Sha256), // sha256WithRSAEncryption
    ("1.2.840.113549.1.1.12", Hash::Sha384), // sha384WithRSAEncryption
    ("1.2.840.113549.1.1.13", Hash::Sha512), // sha512WithRSAEncryption
    ("1.2.840.10045.4.1", Hash::Sha256),    // ecdsa-with-SHA1
    ("1.2.840.10045.4.3.1", Hash::Sha224),  // ecdsa-with-SHA224
    ("1.2.840.10045.4.3.2", Hash::Sha256),  // ecdsa-with-SHA256
    ("1.2.840.10045.4.3.3", Hash::Sha384),  // ecdsa-with-SHA384
    ("1.2.840.10045.4.3.4", Hash::Sha512),  // ecdsa-with-SHA512
    ("1.2.840.10040.4.3", Hash::Sha256),    // dsa-with-sha1
    ("2.16.840.1.101.3.4.3.1", Hash::Sha224), // dsa-with-sha224
    ("2.16.840.1.101.3.4.3.2", Hash::Sha256), // dsa-with-sha256
    ("2.16.840.1.101.3.4.3.3", Hash::Sha384), // dsa-with-sha384
    ("2.16.840.1.101.3.4.3.4", Hash::Sha512), // dsa-with-sha512
];

/// Hashes by themselves, as RSA-PSS names them.
const DIGESTS: &[(&str, Hash)] = &[
    ("1.2.840.113549.2.5", Hash::Sha256),     // md5
    ("1.3.14.3.2.26", Hash::Sha256),          // sha1
    ("2.16.840.1.101.3.4.2.4", Hash::Sha224), // sha224
    ("2.16.840.1.101.3.4.2.1", Hash::Sha256), // sha256
    ("2.16.840.1.101.3.4.2.2", Hash::Sha384), // sha384
    ("2.16.840.1.101.3.4.2.3", Hash::Sha512), // sha512
];

#[cfg(test)]
mod tests {
    use super::{EndPoint, Unbindable};
    use alloc::format;

    /// `digests.txt` was written by OpenSSL; `make` beside it says how.
    #[test]
    fn hashes_agree_with_openssl() {
        macro_rules! certificates {
            ($($name:literal)*) => {
                [$(($name, include_bytes!(concat!("testdata/certificates/", $name)).as_slice())),*]
            };
        }
        let certificates = certificates!(
            "ecdsa-sha1.der" "ecdsa-sha256.der" "ecdsa-sha384.der" "ecdsa-sha512.der"
            "pss-sha1.der" "pss-sha256.der" "pss-sha384.der" "pss-sha512.der"
            "rsa-md5.der" "rsa-sha1.der" "rsa-sha224.der" "rsa-sha256.der" "rsa-sha384.der" "rsa-sha512.der"
        );
        let digests = include_str!("testdata/certificates/digests.txt");
        assert_eq!(digests.lines().count(), certificates.len());
        for (line, (name, der)) in digests.lines().zip(certificates) {
            let (of, digest) = line.split_once(' ').expect("a name and a digest");
            assert_eq!(of, name);
            let end_point = EndPoint::of_certificate(der).expect("a bindable certificate");
            assert_eq!(
                format!("{end_point:?}"),
                format!("EndPoint({digest})"),
                "{name}"
            );
        }
    }

    #[test]
    fn ed25519_has_no_hash() {
        let der = include_bytes!("testdata/certificates/ed25519.der");
        let refused = EndPoint::of_certificate(der);
        assert!(
            matches!(refused, Err(Unbindable::Algorithm(_))),
            "{refused:?}"
        );
    }

    #[test]
    fn anything_else_is_refused() {
        let der = include_bytes!("testdata/certificates/rsa-sha256.der");
        for end in 0..der.len() {
            let cut = der.get(..end).expect("within the certificate");
            assert_eq!(
                EndPoint::of_certificate(cut),
                Err(Unbindable::NotACertificate)
            );
        }
        let longer = [der.as_slice(), b"\0"].concat();
        assert_eq!(
            EndPoint::of_certificate(&longer),
            Err(Unbindable::NotACertificate)
        );
    }
}
