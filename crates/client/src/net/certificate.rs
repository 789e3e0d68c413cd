//! What webpki does not look at in a server's certificate: its common name, for the many that have no other.
//!
//! The rules are libpq's (rule CL-08, RFC 6125 section 6.4.4): a common name counts only where no subject alternative name of the
//! host's kind is there, and a wildcard only as the whole of its left-most label.

use std::net::IpAddr;

use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use x509_cert::Certificate;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode, Tag, Tagged};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");

/// Whether a certificate, whose subject alternative names do not have the host, may be this host's by its common name.
pub(super) fn is_for(certificate: &CertificateDer<'_>, host: &ServerName<'_>) -> bool {
    let Ok(certificate) = Certificate::from_der(certificate) else {
        return false;
    };
    // One that cannot be read may name another host.
    let alternatives = match certificate.tbs_certificate.get::<SubjectAltName>() {
        Ok(None) => vec![],
        Ok(Some((_, names))) => names.0,
        Err(_) => return false,
    };
    let superseded = alternatives.iter().any(|name| {
        matches!(
            (name, host),
            (GeneralName::DnsName(_), ServerName::DnsName(_))
                | (GeneralName::IpAddress(_), ServerName::IpAddress(_))
        )
    });
    !superseded && common_name(&certificate).is_some_and(|name| matches(name, host))
}

/// Whether an authority may not sign for every name (RFC 5280 section 4.2.1.10). webpki holds the alternative names against that and
/// not the common name, so that a common name from below such an authority is worth nothing.
pub(super) fn constrains_names(authority: &CertificateDer<'_>) -> bool {
    const NAME_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.30");
    Certificate::from_der(authority).map_or(true, |authority| {
        let extensions = authority.tbs_certificate.extensions.unwrap_or_default();
        extensions
            .iter()
            .any(|extension| extension.extn_id == NAME_CONSTRAINTS)
    })
}

/// Whether a certificate is valid at a time.
pub(super) fn is_current(certificate: &CertificateDer<'_>, now: UnixTime) -> bool {
    Certificate::from_der(certificate).is_ok_and(|certificate| {
        let validity = certificate.tbs_certificate.validity;
        let [from, to] =
            [validity.not_before, validity.not_after].map(|time| time.to_unix_duration().as_secs());
        (from..=to).contains(&now.as_secs())
    })
}

/// The first, as OpenSSL has it.
fn common_name(certificate: &Certificate) -> Option<&str> {
    let value = certificate
        .tbs_certificate
        .subject
        .0
        .iter()
        .flat_map(|names| names.0.iter())
        .find(|name| name.oid == COMMON_NAME)
        .map(|name| &name.value)?;
    match value.tag() {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::TeletexString => {
            std::str::from_utf8(value.value()).ok()
        }
        _ => None,
    }
}

/// An address matches by being written there, by whatever spelling; a name in whatever case, or by a wildcard.
fn matches(pattern: &str, host: &ServerName<'_>) -> bool {
    // "bank.example\0.evil.example": what ends a string in C is part of no name (SEC-11).
    if pattern.contains('\0') {
        return false;
    }
    match host {
        ServerName::DnsName(host) => {
            let host = host.as_ref();
            pattern.eq_ignore_ascii_case(host) || wildcard_matches(pattern, host)
        }
        ServerName::IpAddress(address) => pattern.parse() == Ok(IpAddr::from(*address)),
        _ => false,
    }
}

/// `*.example.com` is for `a.example.com`, and neither for `a.b.example.com` nor for `example.com`. Any other `*` is a letter.
fn wildcard_matches(pattern: &str, host: &str) -> bool {
    let Some((label, parent)) = host.split_once('.') else {
        return false;
    };
    match pattern.strip_prefix("*.") {
        Some(rest) => !label.is_empty() && !rest.is_empty() && rest.eq_ignore_ascii_case(parent),
        None => false,
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]
mod tests {
    use super::*;
    use crate::net::version1::Version1;

    fn fits(pattern: &str, host: &str) -> bool {
        matches(pattern, &ServerName::try_from(host).unwrap())
    }

    /// The cases of libpq's own tests of names, and SEC-11's.
    #[test]
    fn names() {
        for (pattern, host) in [
            ("db.example.com", "db.example.com"),
            ("DB.Example.com", "db.eXample.COM"),
            ("*.example.com", "db.example.com"),
            ("*.Example.com", "DB.example.com"),
            ("localhost", "localhost"),
            ("192.0.2.1", "192.0.2.1"),
            ("2001:DB8::1", "2001:db8:0:0::1"),
        ] {
            assert!(fits(pattern, host), "{pattern} is for {host}");
        }
        for (pattern, host) in [
            ("", "db.example.com"),
            ("example.com", "db.example.com"),
            ("db.example.com", "example.com"),
            ("*.example.com", "example.com"),
            ("*.example.com", "a.db.example.com"),
            ("*", "localhost"),
            ("*.", "localhost"),
            ("*.*.com", "db.example.com"),
            ("d*.example.com", "db.example.com"),
            ("*b.example.com", "db.example.com"),
            ("db.*.com", "db.example.com"),
            ("db.example.com\0.evil.example", "db.example.com"),
            ("*.0.2.1", "192.0.2.1"),
            ("192.0.2.1", "192.0.2.2"),
            ("192.0.2.1.", "192.0.2.1"),
        ] {
            assert!(!fits(pattern, host), "{pattern:?} is not for {host}");
        }
    }

    /// The certificate of version 1 that openssl makes of a request in the folder.
    fn version_1(folder: &std::path::Path) -> CertificateDer<'static> {
        use rustls::pki_types::pem::PemObject;

        // As of OpenSSL 3.4 it takes a wish, which versions before 3.2 do not know.
        for how in ["x509 -req", "req -x509 -x509v1"] {
            let made = std::process::Command::new("openssl")
                .current_dir(folder)
                .args(how.split(' '))
                .args("-in server-1.csr -CA ca.crt -CAkey ca.key -set_serial 9 -days 2 -sha256 -out old.crt".split(' '))
                .output()
                .unwrap();
            assert!(made.status.success(), "{made:?}");
            let made = CertificateDer::from_pem_file(folder.join("old.crt")).unwrap();
            if Version1::of(&made).is_some() {
                return made;
            }
        }
        panic!("openssl makes no certificate of version 1");
    }

    /// Certificates come from whoever is there: with any byte changed and cut anywhere, they are read or refused, and what was signed is
    /// nothing else.
    #[test]
    fn nothing_in_a_certificate_is_fatal() {
        use rustls::pki_types::pem::PemObject;

        let folder = tempfile::tempdir().unwrap();
        let made = trunkline_test_postgres::Certificates::create(folder.path()).unwrap();
        let roots = [CertificateDer::from_pem_file(made.authority()).unwrap()];
        let new = CertificateDer::from_pem_file(made.server().certificate).unwrap();
        let old = version_1(folder.path());
        let algorithms = crate::net::tls::provider().signature_verification_algorithms;
        let host = ServerName::try_from("localhost").unwrap();
        let now = UnixTime::now();
        // What is found: by its name, by its time, by its authority's rules, as a version 1, signed by a root.
        let look = |bytes: &[u8]| {
            let certificate = CertificateDer::from(bytes);
            let old = Version1::of(&certificate);
            [
                is_for(&certificate, &host),
                is_current(&certificate, now),
                constrains_names(&certificate),
                old.is_some(),
                old.is_some_and(|old| old.verify(&roots, &algorithms, now).is_ok()),
            ]
        };
        // The new one has alternative names, above which no common name counts.
        for (whole, found) in [
            (new, [false, true, false, false, false]),
            (old, [true, true, false, true, true]),
        ] {
            assert_eq!(look(&whole), found);
            let (mut read, mut unread) = (0, 0);
            for at in 0..whole.len() {
                let nothing = [false, false, true, false, false];
                assert_eq!(look(&whole[..at]), nothing, "cut at {at}");
                for change in [1, 0x20, 0x80, 0xff] {
                    let mut changed = whole.to_vec();
                    changed[at] ^= change;
                    let found = look(&changed);
                    assert!(!found[4], "byte {at} is another and the signature the same");
                    *(if found == nothing {
                        &mut unread
                    } else {
                        &mut read
                    }) += 1;
                }
            }
            assert!(read > 100 && unread > 100, "{read} {unread}");
        }
    }

    #[test]
    fn what_is_no_certificate_is_for_nobody() {
        let host = ServerName::try_from("a").unwrap();
        let junk = CertificateDer::from(b"junk".as_slice());
        assert!(!is_for(&junk, &host));
        assert!(!is_current(&junk, UnixTime::now()));
    }
}
