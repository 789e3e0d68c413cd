//! Encryption: nothing weaker than what was asked for.

use super::{Environment, ada, allow, error, folder, resolve};
use crate::config::{Roots, SslCertMode, SslMode, TlsVersion, Verification};

#[test]
fn modes_that_undo_other_options_are_refused() {
    for mode in ["disable", "allow", "prefer", "require", "verify-ca"] {
        assert_eq!(
            error(&format!("host=a sslrootcert=system sslmode={mode}"), &ada()),
            format!(
                "weak sslmode \"{mode}\" may not be used with sslrootcert=system (use \"verify-full\")"
            )
        );
    }
    for mode in ["disable", "allow", "prefer"] {
        assert_eq!(
            error(
                &format!("host=a sslnegotiation=direct sslmode={mode}"),
                &ada()
            ),
            format!(
                "weak sslmode \"{mode}\" may not be used with sslnegotiation=direct (use \"require\", \"verify-ca\", or \"verify-full\")"
            )
        );
    }
    assert_eq!(
        error("host=a sslnegotiation=direct", &ada()),
        "weak sslmode \"prefer\" may not be used with sslnegotiation=direct (use \"require\", \"verify-ca\", or \"verify-full\")"
    );
    // What the string leaves open may come from elsewhere.
    let around = ada().variable("PGSSLMODE", "require");
    resolve("host=a sslnegotiation=direct", &around).unwrap();
    assert_eq!(
        error("channel_binding=require sslmode=disable", &ada()),
        "channel binding required, but sslmode is \"disable\": channel_binding=require needs TLS, use sslmode=require or above"
    );
}

#[test]
fn the_systems_roots_verify_names() {
    for text in [
        "host=a sslrootcert=system",
        "host=a sslrootcert=system sslmode=verify-full",
        "host=a sslrootcert=system sslnegotiation=direct",
    ] {
        let tls = resolve(text, &ada()).unwrap().tls;
        assert_eq!(tls.mode, SslMode::VerifyFull);
        assert_eq!(tls.roots, Some(Roots::System));
        assert_eq!(tls.verification(), Verification::ChainAndName);
    }
}

#[test]
fn verifying_needs_roots_and_a_name() {
    let home = folder(&[(".postgresql/root.crt", ""), ("my.crt", "")]);
    let with = ada().home(home.path());
    let file = |name: &str| Some(Roots::File(home.path().join(name)));
    let my = format!("sslrootcert={}", home.path().join("my.crt").display());
    for (text, around, roots, verification) in [
        ("host=a", &ada(), None, Verification::Nothing),
        (
            "host=a sslmode=require",
            &ada(),
            None,
            Verification::Nothing,
        ),
        ("host=a sslmode=disable", &with, None, Verification::Nothing),
        // As in libpq, a root certificate at hand is used.
        (
            "host=a sslmode=require",
            &with,
            file(".postgresql/root.crt"),
            Verification::Chain,
        ),
        (
            "host=a",
            &with,
            file(".postgresql/root.crt"),
            Verification::Chain,
        ),
        (
            "host=a sslmode=verify-ca",
            &with,
            file(".postgresql/root.crt"),
            Verification::Chain,
        ),
        (
            "host=a sslmode=verify-full",
            &with,
            file(".postgresql/root.crt"),
            Verification::ChainAndName,
        ),
        (
            &format!("host=a sslmode=verify-ca {my}"),
            &ada(),
            file("my.crt"),
            Verification::Chain,
        ),
        (
            "host=a sslrootcert=/no/file",
            &ada(),
            None,
            Verification::Nothing,
        ),
    ] {
        let tls = resolve(text, around)
            .unwrap_or_else(|e| panic!("{text}: {e}"))
            .tls;
        assert_eq!(tls.roots, roots, "{text}");
        assert_eq!(tls.verification(), verification, "{text}");
    }

    let advice = "does not exist: either provide the file, use the system's trusted roots with sslrootcert=system, or change sslmode to disable server certificate verification";
    for mode in ["verify-ca", "verify-full"] {
        assert_eq!(
            error(
                &format!("host=a sslmode={mode} sslrootcert=/no/file"),
                &with
            ),
            format!("root certificate file \"/no/file\" {advice}")
        );
        assert!(
            error(&format!("host=a sslmode={mode}"), &ada())
                .starts_with("could not get home directory to locate root certificate file")
        );
    }
    assert_eq!(
        error("hostaddr=127.0.0.1 sslmode=verify-full", &with),
        "host name must be specified for a verified SSL connection: give host beside hostaddr"
    );
    // Sockets are not encrypted, so that there is nothing to verify.
    resolve("host=/run/pg sslmode=verify-full", &ada()).unwrap();
}

#[test]
fn lists_of_revoked_certificates() {
    let home = folder(&[(".postgresql/root.crt", ""), (".postgresql/root.crl", "")]);
    let around = ada().home(home.path());
    let found = |text: &str| {
        let tls = resolve(text, &around).unwrap().tls;
        (tls.revocations, tls.revocations_folder)
    };
    let usual = Some(home.path().join(".postgresql/root.crl"));
    let named = |path: &str| Some(std::path::PathBuf::from(path));
    for (text, file, folder) in [
        ("host=a sslmode=verify-full", usual.clone(), None),
        ("host=a sslmode=verify-full sslcrl=''", usual.clone(), None),
        ("host=a", usual, None),
        ("host=a sslcrl=/a", named("/a"), None),
        ("host=a sslcrldir=/b", None, named("/b")),
        ("host=a sslcrl=/a sslcrldir=/b", named("/a"), named("/b")),
        ("host=a sslrootcert=system", None, None),
        ("host=a sslrootcert=system sslcrl=/a", named("/a"), None),
        ("host=a sslmode=disable sslcrl=/a", None, None),
        ("host=/run/pg sslcrl=/a", None, None),
    ] {
        assert_eq!(found(text), (file, folder), "{text}");
    }
    // Where nothing is verified, a list would be passed over.
    for text in ["host=a sslcrl=/a", "host=a sslcrldir=/a sslmode=require"] {
        let told = error(text, &ada());
        assert!(told.contains("give sslrootcert as well"), "{told}");
    }
}

#[test]
fn client_certificates_are_found_with_their_keys() {
    let home = folder(&[
        (".postgresql/postgresql.crt", ""),
        (".postgresql/postgresql.key", ""),
        ("other.key", ""),
    ]);
    let path = |name: &str| home.path().join(name);
    let around = ada().home(home.path());
    let certificate = |text: &str, around: &Environment| {
        let tls = resolve(text, around)
            .unwrap_or_else(|e| panic!("{text}: {e}"))
            .tls;
        tls.certificate.map(|found| (found.certificate, found.key))
    };
    let default = (
        path(".postgresql/postgresql.crt"),
        path(".postgresql/postgresql.key"),
    );
    assert_eq!(certificate("host=a", &around), Some(default.clone()));
    assert_eq!(
        certificate("host=a sslcertmode=require", &around),
        Some(default.clone())
    );
    assert_eq!(certificate("host=a sslcertmode=disable", &around), None);
    assert_eq!(certificate("host=a sslmode=disable", &around), None);
    assert_eq!(certificate("host=/run", &around), None);
    assert_eq!(certificate("host=a", &ada()), None);
    assert_eq!(certificate("host=a sslcert=/no/file", &around), None);
    let text = format!("host=a sslkey={}", path("other.key").display());
    assert_eq!(
        certificate(&text, &around),
        Some((default.0, path("other.key")))
    );

    let tls = resolve("host=a sslpassword=secret sslcertmode=require", &around)
        .unwrap()
        .tls;
    assert_eq!(tls.certificate_mode, SslCertMode::Require);
    let password = tls.certificate.unwrap().key_password.unwrap();
    assert_eq!(password.as_bytes(), b"secret");

    assert_eq!(
        error("host=a sslkey=/no/key", &around),
        "certificate present, but not private key file \"/no/key\""
    );
    assert!(error("host=a sslcertmode=require", &ada()).contains("needs a client certificate"));
    let text = format!("host=a sslkey={}", home.path().display());
    assert!(error(&text, &around).ends_with("is not a regular file"));
}

#[cfg(unix)]
#[test]
fn keys_that_others_may_read_are_refused() {
    use std::os::unix::fs::MetadataExt as _;

    // SEC-14; root's may be readable by its group.
    let home = folder(&[
        (".postgresql/postgresql.crt", ""),
        (".postgresql/postgresql.key", ""),
    ]);
    let key = home.path().join(".postgresql/postgresql.key");
    let is_root = std::fs::metadata(&key).unwrap().uid() == 0;
    let around = ada().home(home.path());
    for (mode, usable) in [
        (0o600, true),
        (0o400, true),
        (0o640, is_root),
        (0o644, false),
        (0o660, false),
        (0o601, false),
    ] {
        allow(&key, mode);
        let told = resolve("host=a", &around)
            .map(|_| ())
            .map_err(|e| e.to_string());
        match told {
            Ok(()) => assert!(usable, "{mode:o}"),
            Err(told) => {
                assert!(!usable, "{mode:o}");
                assert!(told.contains("has group or world access"), "{told}");
            }
        }
    }
}

#[test]
fn versions_of_tls_have_bounds() {
    use TlsVersion::{V1_2, V1_3};

    for (text, min, max) in [
        ("", V1_2, None),
        ("ssl_min_protocol_version=''", V1_2, None),
        ("ssl_min_protocol_version=TLSv1", V1_2, None),
        ("ssl_min_protocol_version=tlsv1.3", V1_3, None),
        ("ssl_max_protocol_version=TLSV1.2", V1_2, Some(V1_2)),
        (
            "ssl_min_protocol_version=TLSv1.2 ssl_max_protocol_version=TLSv1.3",
            V1_2,
            Some(V1_3),
        ),
    ] {
        let tls = resolve(text, &ada()).unwrap().tls;
        assert_eq!((tls.min_version, tls.max_version), (min, max), "{text}");
    }
    assert_eq!(
        error(
            "ssl_min_protocol_version=TLSv1.3 ssl_max_protocol_version=TLSv1.2",
            &ada()
        ),
        "invalid SSL protocol version range"
    );
    assert_eq!(
        error("ssl_min_protocol_version=SSLv3", &ada()),
        "invalid ssl_min_protocol_version value: \"SSLv3\""
    );
}
