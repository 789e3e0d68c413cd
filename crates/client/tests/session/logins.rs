//! Each login × each mode of TLS × each version of the protocol.

use trunkline_client::config::ProtocolVersion;
use trunkline_test_postgres::{Options, Postgres, Version};

use crate::api::Connection;
use crate::support::{VERSIONS, answer, at, open};

const LOGINS: [&str; 4] = [
    "user=postgres",
    "user=scram password=pencil",
    "user=md5 password=pencil",
    "user=cleartext password=pencil require_auth=password",
];

async fn works(mut connection: Connection) {
    connection
        .query("select 6 * 7, current_user = session_user")
        .unwrap();
    assert_eq!(
        answer(&mut connection).await,
        "RowDescription (42|t) SELECT 1 I"
    );
    connection.terminate().await.unwrap();
}

#[tokio::test]
async fn every_login_in_every_mode() {
    for version in VERSIONS {
        let authority = Postgres::shared(version)
            .certificates()
            .unwrap()
            .authority();
        let roots = format!("sslrootcert={}", authority.display());
        let direct = "sslnegotiation=direct";
        let modes = [
            (String::from("sslmode=disable"), false),
            ("sslmode=allow".into(), false),
            ("sslmode=prefer".into(), true),
            ("sslmode=require".into(), true),
            (format!("sslmode=verify-ca {roots}"), true),
            (format!("sslmode=verify-full {roots}"), true),
            (format!("sslmode=require {direct}"), true),
            (format!("sslmode=verify-full {roots} {direct}"), true),
        ];
        for login in LOGINS {
            for (mode, encrypted) in &modes {
                for protocol in ["3.0", "3.2"] {
                    // Direct TLS came with PostgreSQL 17.
                    if mode.contains(direct) && version == Version::V15 {
                        continue;
                    }
                    let config = format!(
                        "{} dbname=postgres {login} {mode} max_protocol_version={protocol}",
                        at(version)
                    );
                    let connection = open(&config)
                        .await
                        .unwrap_or_else(|error| panic!("{version:?} {config}: {error}"));
                    assert_eq!(connection.is_encrypted(), *encrypted, "{config}");
                    let spoken = match (version, protocol) {
                        (Version::V18, "3.2") => ProtocolVersion::V3_2,
                        _ => ProtocolVersion::V3_0,
                    };
                    assert_eq!(connection.protocol_version(), spoken, "{config}");
                    assert_eq!(connection.parameter("client_encoding"), Some("UTF8"));
                    works(connection).await;
                }
            }
        }
    }
}

#[tokio::test]
async fn unix_sockets_are_local_and_never_encrypted() {
    for version in VERSIONS {
        let server = Postgres::shared(version);
        let config = format!(
            "host={} port={} user=postgres dbname=postgres sslmode=prefer",
            server.socket_folder().display(),
            server.port()
        );
        let connection = open(&config).await.unwrap();
        assert!(!connection.is_encrypted());
        works(connection).await;

        let error = open(&format!("{config} requirepeer=somebody"))
            .await
            .unwrap_err();
        assert!(error.to_string().contains("requirepeer"), "{error}");
    }
}

#[tokio::test]
async fn client_certificates() {
    for version in VERSIONS {
        let server = Postgres::shared(version);
        let pair = server
            .certificates()
            .unwrap()
            .client("certificate")
            .unwrap();
        let config = format!(
            "{} dbname=postgres user=certificate sslmode=require sslcert={} sslkey={}",
            at(version),
            pair.certificate.display(),
            pair.key.display()
        );
        works(open(&config).await.unwrap()).await;

        let none = format!(
            "{} dbname=postgres user=certificate sslmode=require",
            at(version)
        );
        let error = open(&none).await.unwrap_err();
        assert_eq!(error.sqlstate().unwrap().as_str(), "28000", "{error}");
    }
}

/// The key may be encrypted, and then the passphrase opens it.
#[tokio::test]
async fn encrypted_keys() {
    let server = Postgres::shared(Version::V15);
    let pair = server
        .certificates()
        .unwrap()
        .client("certificate")
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("encrypted.key");
    let status = std::process::Command::new("openssl")
        .args(["pkcs8", "-topk8", "-passout", "pass:sesame", "-in"])
        .arg(&pair.key)
        .arg("-out")
        .arg(&key)
        .status()
        .unwrap();
    assert!(status.success());
    let config = format!(
        "{} dbname=postgres user=certificate sslmode=require sslcert={} sslkey={}",
        at(Version::V15),
        pair.certificate.display(),
        key.display()
    );
    works(open(&format!("{config} sslpassword=sesame")).await.unwrap()).await;
    for (password, complaint) in [
        ("sslpassword=wrong", "does not open it"),
        ("", "is encrypted"),
    ] {
        let error = open(&format!("{config} {password}")).await.unwrap_err();
        let shown = error.to_string();
        assert!(
            shown.contains(complaint) && shown.contains("encrypted.key"),
            "{shown}"
        );
        assert!(!shown.contains("wrong"), "{shown}");
    }
    // What OpenSSL wrote until 1.0 is told apart.
    let old = folder.path().join("old.key");
    let status = std::process::Command::new("openssl")
        .args(["ec", "-aes256", "-passout", "pass:sesame", "-in"])
        .arg(&pair.key)
        .arg("-out")
        .arg(&old)
        .status()
        .unwrap();
    assert!(status.success());
    let config = config.replace("encrypted.key", "old.key");
    let error = open(&format!("{config} sslpassword=sesame"))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("pkcs8 -topk8"), "{error}");
}

/// The keys of RFC 7677's "pencil" in the place of the password, with the salt that they were made with.
#[tokio::test]
async fn scram_keys() {
    let client = "pg/JI9Z+hkSpLRa5btpe9GVrDHJcSEN0viVTVXaZbos=";
    let (stored, server) = (
        "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=",
        "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
    );
    for version in VERSIONS {
        let options = Options::new()
            .access("host all ada all scram-sha-256")
            .user(
                "ada",
                &format!("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==${stored}:{server}"),
            )
            .tls();
        let real = Postgres::start(version, options).unwrap();
        let config = format!(
            "host=127.0.0.1 port={} user=ada dbname=postgres channel_binding=require sslmode=require scram_client_key={client}",
            real.port()
        );
        works(
            open(&format!("{config} scram_server_key={server}"))
                .await
                .unwrap(),
        )
        .await;

        let wrong = open(&format!("{config} scram_server_key={stored}"))
            .await
            .unwrap_err();
        assert!(wrong.to_string().contains("did not prove"), "{wrong}");
        let config = config.replace(client, server);
        let wrong = open(&format!("{config} scram_server_key={server}"))
            .await
            .unwrap_err();
        assert_eq!(wrong.sqlstate().unwrap().as_str(), "28P01", "{wrong}");
    }
}

/// SEC-20, SEC-27, SC-07: nothing weaker than what was asked for.
#[tokio::test]
async fn nothing_weaker_is_used() {
    for version in VERSIONS {
        let at = at(version);
        let weak = [
            ("user=postgres require_auth=scram-sha-256", "without asking"),
            ("user=cleartext password=pencil", "in clear"),
            ("user=md5 password=pencil require_auth=scram-sha-256", "md5"),
            (
                "user=scram password=pencil require_auth=!scram-sha-256",
                "scram",
            ),
            (
                "user=md5 password=pencil channel_binding=require sslmode=require",
                "channel binding",
            ),
            (
                "user=postgres channel_binding=require sslmode=require",
                "channel binding",
            ),
        ];
        for (what, complaint) in weak {
            let error = open(&format!("{at} dbname=postgres {what}"))
                .await
                .unwrap_err();
            assert!(error.to_string().contains(complaint), "{what}: {error}");
        }
        let bound = format!(
            "{at} dbname=postgres user=scram password=pencil channel_binding=require sslmode=require"
        );
        works(open(&bound).await.unwrap()).await;
        let unbound = bound.replace("channel_binding=require", "channel_binding=disable");
        works(open(&unbound).await.unwrap()).await;
    }
}

/// CL-08: the name in the certificate is the host's, or there is no session.
#[tokio::test]
async fn certificates_are_verified() {
    let server = Postgres::shared(Version::V18);
    let authority = server.certificates().unwrap().authority();
    let folder = tempfile::tempdir().unwrap();
    let others = trunkline_test_postgres::Certificates::create(folder.path()).unwrap();
    let config = |host: &str, mode: &str, roots: &std::path::Path| {
        format!(
            "host={host} hostaddr=127.0.0.1 port={} user=postgres dbname=postgres sslmode={mode} sslrootcert={}",
            server.port(),
            roots.display()
        )
    };
    works(
        open(&config("localhost", "verify-full", &authority))
            .await
            .unwrap(),
    )
    .await;
    works(
        open(&config("127.0.0.1", "verify-full", &authority))
            .await
            .unwrap(),
    )
    .await;
    works(
        open(&config("example.com", "verify-ca", &authority))
            .await
            .unwrap(),
    )
    .await;
    for (host, mode, roots) in [
        ("example.com", "verify-full", authority.clone()),
        ("localhost", "verify-ca", others.authority()),
        ("localhost", "verify-full", others.authority()),
        // Roots at hand are used, as libpq does.
        ("localhost", "require", others.authority()),
    ] {
        let error = open(&config(host, mode, &roots)).await.unwrap_err();
        assert!(
            error.to_string().contains("TLS handshake"),
            "{mode}: {error}"
        );
    }
}

#[tokio::test]
async fn refusals_say_what_the_server_said() {
    for version in VERSIONS {
        let at = at(version);
        for (config, sqlstate) in [
            (
                "user=scram password=wrong dbname=postgres sslmode=disable",
                "28P01",
            ),
            (
                "user=md5 password=wrong dbname=postgres sslmode=require",
                "28P01",
            ),
            ("user=postgres dbname=missing", "3D000"),
            ("user=rejected dbname=postgres", "28000"),
        ] {
            let error = open(&format!("{at} {config}")).await.unwrap_err();
            assert_eq!(error.sqlstate().unwrap().as_str(), sqlstate, "{error}");
            assert!(error.is_closed());
            assert!(
                error.to_string().contains("connecting to localhost"),
                "{error}"
            );
            assert!(!error.to_string().contains("wrong"), "{error}");
        }
        let error = open(&format!("{at} user=scram dbname=postgres"))
            .await
            .unwrap_err();
        assert!(
            error.to_string().contains("no password is given"),
            "{error}"
        );
    }
}
