//! Certificates of servers and clients: names, lists of those that were revoked, and who must show one.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::thread::JoinHandle;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use tempfile::TempDir;
use trunkline_client::Error;
use trunkline_test_postgres::{Certificates, Options, Postgres, Version};

use crate::support::open;

const EC: &str = "ec -pkeyopt ec_paramgen_curve:P-256 -nodes";

/// An authority, to sign anything.
struct Authority {
    folder: TempDir,
    certificates: Certificates,
}

impl Authority {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let certificates = Certificates::create(folder.path()).unwrap();
        let authority = Self {
            folder,
            certificates,
        };
        fs::write(
            authority.path("ca.cnf"),
            "[ca]\ndefault_ca=a\n[a]\ndatabase=index.txt\ndefault_md=sha256\ndefault_crl_days=1\ncrlnumber=number\n",
        )
        .unwrap();
        fs::write(authority.path("number"), "01\n").unwrap();
        fs::write(authority.path("index.txt"), "").unwrap();
        authority
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn openssl(&self, arguments: &str) {
        let output = Command::new("openssl")
            .current_dir(self.folder.path())
            .args(arguments.split(' '))
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "openssl {arguments}: {told}");
    }

    /// `NAME.crt` and `NAME.key`.
    fn sign(&self, name: &str, subject: &str, extensions: &str) {
        fs::write(
            self.path("ext"),
            format!("basicConstraints=CA:FALSE\n{extensions}"),
        )
        .unwrap();
        self.openssl(&format!(
            "req -newkey {EC} -subj {subject} -keyout {name}.key -out {name}.csr"
        ));
        self.openssl(&format!(
            "x509 -req -in {name}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -sha256 -extfile ext -out {name}.crt"
        ));
    }

    fn revoke(&self, name: &str) {
        let by = "-config ca.cnf -keyfile ca.key -cert ca.crt";
        if !name.is_empty() {
            self.openssl(&format!("ca {by} -revoke {name}.crt"));
        }
        self.openssl(&format!("ca {by} -gencrl -out list.crl"));
    }

    /// A server that shows this certificate, asks for one if told to, lets one client in and hangs up; its port.
    fn serve(&self, name: &str, asks: bool) -> (u16, JoinHandle<()>) {
        let chain = CertificateDer::pem_file_iter(self.path(&format!("{name}.crt"))).unwrap();
        let chain = chain.map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_file(self.path(&format!("{name}.key"))).unwrap();
        let config = ServerConfig::builder();
        let config = if asks {
            let mut roots = RootCertStore::empty();
            let own = CertificateDer::from_pem_file(self.path("ca.crt")).unwrap();
            roots.add(own).unwrap();
            let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build();
            config.with_client_cert_verifier(verifier.unwrap())
        } else {
            config.with_no_client_auth()
        };
        let config = Arc::new(config.with_single_cert(chain, key).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let thread = std::thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            socket.read_exact(&mut [0; 8]).unwrap();
            socket.write_all(b"S").unwrap();
            let session = ServerConnection::new(config).unwrap();
            let mut stream = StreamOwned::new(session, socket);
            // The client may not like what it is shown.
            if stream.read(&mut [0; 1024]).is_ok() {
                let _ = stream.write_all(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I");
                let _ = stream.flush();
            }
        });
        (port, thread)
    }

    /// Connects to a server with this certificate, as `host` and with these options.
    async fn meet(&self, name: &str, host: &str, options: &str) -> Result<(), Error> {
        let (port, _thread) = self.serve(name, options.contains("ASKED"));
        self.connect(port, host, options).await
    }

    async fn connect(&self, port: u16, host: &str, options: &str) -> Result<(), Error> {
        let options = options.replace("ASKED", "");
        let options = options.replace("FOLDER", &self.folder.path().display().to_string());
        open(&format!(
            "host={host} hostaddr=127.0.0.1 port={port} user=u dbname=d {options}"
        ))
        .await
        .map(drop)
    }
}

const FULL: &str = "sslmode=verify-full sslrootcert=FOLDER/ca.crt";

/// CL-08, SEC-11, the cases of libpq's tests of TLS.
#[tokio::test]
async fn common_names() {
    let authority = Authority::new();
    let long = "/O=Example/CN=";
    authority.sign("name", &format!("{long}db.example.com"), "");
    authority.sign("wild", &format!("{long}*.example.com"), "");
    authority.sign("address", &format!("{long}192.0.2.1"), "");
    authority.sign("none", "/O=Example", "");
    authority.sign(
        "two",
        &format!("{long}db.example.com/CN=other.example.com"),
        "",
    );
    let alternative = |names: &str| format!("subjectAltName={names}");
    let cn = format!("{long}db.example.com");
    authority.sign("both", &cn, &alternative("DNS:other.example.com"));
    authority.sign("mail", &cn, &alternative("email:a@example.com"));
    authority.sign("ip", &cn, &alternative("IP:192.0.2.1"));
    authority.sign(
        "dns",
        &format!("{long}192.0.2.1"),
        &alternative("DNS:db.example.com"),
    );
    for (name, host) in [
        ("name", "db.example.com"),
        ("name", "DB.example.COM"),
        ("wild", "db.example.com"),
        ("address", "192.0.2.1"),
        ("two", "db.example.com"),
        ("both", "other.example.com"),
        ("mail", "db.example.com"),
        // Alternatives of another kind say nothing of this one.
        ("ip", "db.example.com"),
        ("ip", "192.0.2.1"),
        ("dns", "192.0.2.1"),
        ("dns", "db.example.com"),
    ] {
        authority
            .meet(name, host, FULL)
            .await
            .unwrap_or_else(|error| panic!("{name} for {host}: {error}"));
    }
    for (name, host) in [
        ("name", "example.com"),
        ("name", "other.example.com"),
        ("wild", "example.com"),
        ("wild", "a.db.example.com"),
        ("address", "192.0.2.2"),
        ("none", "db.example.com"),
        ("two", "other.example.com"),
        ("both", "db.example.com"),
        ("ip", "192.0.2.2"),
        ("dns", "192.0.2.2"),
    ] {
        let error = authority.meet(name, host, FULL).await.unwrap_err();
        let shown = error.to_string();
        assert!(
            shown.contains("not valid for name"),
            "{name} {host}: {shown}"
        );
        // The chain is good all the same.
        let chain = FULL.replace("full", "ca");
        authority.meet(name, host, &chain).await.unwrap();
    }
    // A name is no use without a chain.
    let stranger = Authority::new();
    stranger.sign("name", &cn, "");
    let (port, _thread) = stranger.serve("name", false);
    let error = authority
        .connect(port, "db.example.com", FULL)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("BadSignature"), "{error}");
}

/// RFC 5280 section 4.2.1.10: an authority for some names is none for a common name, which nothing holds against that.
#[tokio::test]
async fn authorities_for_some_names() {
    let authority = Authority::new();
    let limits = "nameConstraints=critical,permitted;DNS:.example.com";
    for (name, limits) in [("all", ""), ("some", limits)] {
        fs::write(
            authority.path("ext"),
            format!("basicConstraints=critical,CA:TRUE\n{limits}\n"),
        )
        .unwrap();
        authority.openssl(&format!(
            "req -newkey {EC} -subj /CN={name} -keyout {name}.key -out {name}.csr"
        ));
        authority.openssl(&format!(
            "x509 -req -in {name}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -sha256 -extfile ext -out {name}.crt"
        ));
    }
    for (leaf, by, extension) in [
        ("a", "all", ""),
        ("b", "some", ""),
        ("c", "some", "subjectAltName=DNS:db.example.com"),
        ("d", "some", "subjectAltName=DNS:db.example.org"),
    ] {
        authority.sign(leaf, "/CN=db.example.org", extension);
        authority.openssl(&format!(
            "x509 -req -in {leaf}.csr -CA {by}.crt -CAkey {by}.key -CAcreateserial -days 2 -sha256 -extfile ext -out {leaf}.crt"
        ));
        let chain = fs::read_to_string(authority.path(&format!("{leaf}.crt"))).unwrap();
        let above = fs::read_to_string(authority.path(&format!("{by}.crt"))).unwrap();
        fs::write(authority.path(&format!("{leaf}.crt")), chain + &above).unwrap();
    }
    authority.meet("a", "db.example.org", FULL).await.unwrap();
    authority.meet("c", "db.example.com", FULL).await.unwrap();
    for leaf in ["b", "c", "d"] {
        let error = authority
            .meet(leaf, "db.example.org", FULL)
            .await
            .unwrap_err();
        assert!(
            error.to_string().contains("invalid peer certificate"),
            "{leaf}: {error}"
        );
    }
    // The same of a root.
    for (root, trusted) in [("all", true), ("some", false)] {
        let options = FULL.replace("ca.crt", &format!("{root}.crt"));
        let leaf = if trusted { "a" } else { "b" };
        let met = authority.meet(leaf, "db.example.org", &options).await;
        assert_eq!(met.is_ok(), trusted, "{root}");
    }
}

/// PostgreSQL docs 18.9.3: a certificate that signs itself, which is also the root that the client is given.
#[tokio::test]
async fn self_signed_certificates() {
    let authority = Authority::new();
    let make = |name: &str, more: &str| {
        authority.openssl(&format!(
            "req -new -x509 -days 365 -newkey {EC} -subj /CN=db.example.com {more}-keyout {name}.key -out {name}.crt"
        ));
    };
    make("self", "");
    make("san", "-addext subjectAltName=DNS:other.example.com ");
    let full = |name: &str| format!("sslmode=verify-full sslrootcert=FOLDER/{name}.crt");
    for (name, host) in [("self", "db.example.com"), ("san", "other.example.com")] {
        authority.meet(name, host, &full(name)).await.unwrap();
        let chain = full(name).replace("full", "ca");
        authority.meet(name, "example.com", &chain).await.unwrap();
        let error = authority
            .meet(name, "example.com", &full(name))
            .await
            .unwrap_err();
        assert!(error.to_string().contains("not valid for name"), "{error}");
    }
    let other = authority.meet("san", "db.example.com", &full("san")).await;
    assert!(
        other.is_err(),
        "the alternative name is the one that counts"
    );
    // Another that signs itself, of the same name.
    make("twin", "");
    let twin = authority
        .meet("twin", "db.example.com", &full("self"))
        .await;
    assert!(twin.is_err());
}

#[tokio::test]
async fn revoked_certificates() {
    let authority = Authority::new();
    for name in ["good", "bad"] {
        authority.sign(name, "/CN=db.example.com", "");
    }
    authority.revoke("bad");
    let lists = authority.path("lists");
    fs::create_dir(&lists).unwrap();
    fs::copy(authority.path("list.crl"), lists.join("0a1b2c3d.r0")).unwrap();
    fs::write(lists.join("readme"), "no list").unwrap();
    for options in ["sslcrl=FOLDER/list.crl", "sslcrldir=FOLDER/lists"] {
        for mode in ["verify-full", "verify-ca", "require"] {
            let options = format!("sslmode={mode} sslrootcert=FOLDER/ca.crt {options}");
            let host = "db.example.com";
            authority.meet("good", host, &options).await.unwrap();
            let error = authority.meet("bad", host, &options).await.unwrap_err();
            assert!(error.to_string().contains("Revoked"), "{error}");
        }
    }
    authority.meet("bad", "db.example.com", FULL).await.unwrap();

    // Whoever is asked for nothing knows nothing.
    fs::create_dir(authority.path("empty")).unwrap();
    fs::write(authority.path("empty.crl"), "").unwrap();
    let other = Authority::new();
    other.revoke("");
    fs::copy(other.path("list.crl"), authority.path("other.crl")).unwrap();
    let config = fs::read_to_string(other.path("ca.cnf")).unwrap();
    let config = config.replace("crlnumber=number\n", "");
    fs::write(other.path("ca.cnf"), config).unwrap();
    other.revoke("");
    fs::copy(other.path("list.crl"), authority.path("first.crl")).unwrap();
    for (options, complaint) in [
        ("sslcrl=FOLDER/missing.crl", "missing.crl"),
        ("sslcrl=FOLDER/empty.crl", "BEGIN X509 CRL"),
        ("sslcrldir=FOLDER/missing", "missing"),
        ("sslcrldir=FOLDER/empty", "openssl rehash"),
        ("sslcrl=FOLDER/first.crl", "version 2"),
        ("sslcrl=FOLDER/other.crl", "BadSignature"),
    ] {
        let options = format!("{FULL} {options}");
        let error = authority
            .meet("good", "db.example.com", &options)
            .await
            .unwrap_err();
        assert!(error.to_string().contains(complaint), "{error}");
    }
}

/// The certificate is shown, or there is no session.
#[tokio::test]
async fn a_certificate_must_be_shown() {
    let authority = Authority::new();
    authority.sign("server", "/CN=db.example.com", "");
    authority.sign("client", "/CN=u", "");
    let own = "sslcert=FOLDER/client.crt sslkey=FOLDER/client.key sslcertmode=require";
    let host = "db.example.com";
    for mode in ["allow", "prefer", "require"] {
        for tls in ["TLSv1.2", "TLSv1.3"] {
            let options =
                format!("{own} sslmode={mode} ssl_max_protocol_version={tls} sslrootcert=/none");
            authority
                .meet("server", host, &format!("{options} ASKED"))
                .await
                .unwrap();
            let error = authority.meet("server", host, &options).await.unwrap_err();
            let shown = error.to_string();
            assert!(shown.contains("did not ask for the client's"), "{shown}");
        }
    }
    let (port, _thread) = authority.serve("server", true);
    let clear = format!("{own} sslmode=disable");
    let error = authority.connect(port, host, &clear).await.unwrap_err();
    assert!(error.to_string().contains("without TLS"), "{error}");
}

#[tokio::test]
async fn keys_are_logged() {
    let authority = Authority::new();
    authority.sign("server", "/CN=db.example.com", "");
    let options = format!("{FULL} sslkeylogfile=FOLDER/keys");
    for _ in 0..2 {
        authority
            .meet("server", "db.example.com", &options)
            .await
            .unwrap();
    }
    let keys = authority.path("keys");
    let text = fs::read_to_string(&keys).unwrap();
    for label in [
        "CLIENT_HANDSHAKE_TRAFFIC_SECRET ",
        "SERVER_TRAFFIC_SECRET_0 ",
    ] {
        let lines: Vec<_> = text
            .lines()
            .filter(|line| line.starts_with(label))
            .collect();
        assert_eq!(lines.len(), 2, "{text}");
        for line in lines {
            let fields: Vec<_> = line.split(' ').collect();
            assert_eq!(fields.len(), 3);
            assert_eq!(fields[1].len(), 64);
            let is_hex = |text: &str| text.bytes().all(|digit| digit.is_ascii_hexdigit());
            assert!(is_hex(fields[1]) && is_hex(fields[2]));
        }
    }
    assert_eq!(mode(&keys), 0x180, "for its owner alone");
    let options = format!("{FULL} sslkeylogfile=FOLDER/no/such/folder");
    let error = authority
        .meet("server", "db.example.com", &options)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("no/such/folder"), "{error}");
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0x1ff
}

/// PostgreSQL docs 18.9.3 have a server's certificate made without extensions: older versions of OpenSSL make it one of version 1.
#[tokio::test]
async fn certificates_of_version_1() {
    for kind in [EC, "rsa:2048 -nodes"] {
        let authority = Authority::new();
        authority.openssl(&format!(
            "req -newkey {kind} -subj /O=Example/CN=db.example.com -keyout server.key -out server.csr"
        ));
        authority.openssl(
            "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -out server.crt",
        );
        let is_old = || {
            let made = CertificateDer::from_pem_file(authority.path("server.crt")).unwrap();
            rustls::server::ParsedCertificate::try_from(&made).is_err()
        };
        if !is_old() {
            // As of OpenSSL 3.2 it takes a wish.
            authority.openssl(
                "req -x509 -x509v1 -in server.csr -CA ca.crt -CAkey ca.key -days 2 -out server.crt",
            );
        }
        assert!(is_old(), "webpki does not read it");
        let options = Options::new().tls_with(&authority.certificates);
        let server = Postgres::start(Version::V18, options).unwrap();
        authority.openssl(&format!(
            "req -x509 -newkey {EC} -days 2 -subj /CN=other -keyout other.key -out other.crt"
        ));
        authority.revoke("");
        let namesake = Authority::new();
        fs::copy(namesake.path("ca.crt"), authority.path("namesake.crt")).unwrap();
        for tls in [
            "ssl_max_protocol_version=TLSv1.2",
            "ssl_min_protocol_version=TLSv1.3",
        ] {
            let connect = async |host: &str, options: &str| {
                let options =
                    options.replace("FOLDER", &authority.folder.path().display().to_string());
                open(&format!(
                    "host={host} hostaddr=127.0.0.1 port={} user=postgres dbname=postgres {tls} {options}",
                    server.port()
                ))
                .await
                .map(|session| assert!(session.is_encrypted()))
            };
            let host = "db.example.com";
            connect(host, "sslmode=require channel_binding=disable")
                .await
                .unwrap();
            connect(host, FULL).await.unwrap();
            connect("other.example.com", &FULL.replace("full", "ca"))
                .await
                .unwrap();
            for (host, options, complaint) in [
                ("other.example.com", FULL.into(), "NotValidForName"),
                (host, FULL.replace("ca.crt", "other.crt"), "UnknownIssuer"),
                (
                    host,
                    FULL.replace("ca.crt", "namesake.crt"),
                    "UnknownIssuer",
                ),
                (
                    host,
                    format!("{FULL} sslcrl=FOLDER/list.crl"),
                    "UnknownIssuer",
                ),
            ] {
                let error = connect(host, &options).await.unwrap_err();
                assert!(error.to_string().contains(complaint), "{error}");
            }
        }
    }
}
