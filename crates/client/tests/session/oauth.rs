//! OAUTHBEARER, against PostgreSQL 18 with a validator of ours, and against servers that would have the token.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use trunkline_client::config::Secret;
use trunkline_client::{Config, Environment, Error, TokenRequest};
use trunkline_test_postgres::{Options, Postgres, Version};

use crate::api::Connection;
use crate::support::{answer, later};

/// `rwxr-xr-x`.
const READABLE: u32 = 0o755;

/// A server that takes "t0ken" from ada, by TCP with TLS and without, and by its socket; and the folder of its validator.
fn oauth_server() -> (Postgres, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    // The server may be another user's.
    let everybody = PermissionsExt::from_mode(READABLE);
    std::fs::set_permissions(folder.path(), everybody).unwrap();
    let source = folder.path().join("validator.c");
    let library = folder.path().join("validator.so");
    std::fs::write(&source, include_str!("validator.c")).unwrap();
    let status = Command::new("cc")
        .args(["-shared", "-fPIC", "-Wall", "-o"])
        .args([&library, &source])
        .status()
        .unwrap();
    assert!(status.success(), "cc makes the validator");
    let method = "oauth issuer=\"https://id.example\" scope=\"openid postgres\"";
    let options = Options::new()
        .access(&format!("host all ada all {method}"))
        .access(&format!("local all ada {method}"))
        .setting("oauth_validator_libraries", library.to_str().unwrap())
        .sql("create role ada login")
        .tls();
    (Postgres::start(Version::V18, options).unwrap(), folder)
}

fn by_tcp(server: &Postgres) -> String {
    format!(
        "host=localhost hostaddr=127.0.0.1 port={} user=ada dbname=postgres oauth_client_id=app",
        server.port()
    )
}

fn verified(server: &Postgres) -> String {
    format!(
        "{} sslmode=verify-full sslrootcert={}",
        by_tcp(server),
        server.certificates().unwrap().authority().display()
    )
}

async fn open(config: Config) -> Result<Connection, Error> {
    Connection::open(&config.resolve(&Environment::empty())?).await
}

fn parse(config: &str) -> Config {
    config.parse().unwrap()
}

/// A source that counts how often it is asked, and takes its time.
fn counting(token: &'static str) -> (impl Fn(&str) -> Config, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let config = move |text: &str| {
        let count = Arc::clone(&count);
        parse(text).token_source(move |_: TokenRequest| {
            count.fetch_add(1, Ordering::Relaxed);
            async move {
                later().await;
                Ok(Secret::from(token))
            }
        })
    };
    (config, asked)
}

async fn works(mut connection: Connection) {
    connection.query("select system_user").unwrap();
    assert_eq!(
        answer(&mut connection).await,
        "RowDescription (oauth:ada) SELECT 1 I"
    );
}

/// OA-01: the server says where tokens come from, and the second connection shows one.
#[tokio::test]
async fn tokens() {
    let (server, _validator) = oauth_server();
    let verified = verified(&server);
    let issuer = format!("{verified} oauth_issuer=https://id.example");
    let seen = Arc::new(Mutex::new(None));
    let keep = Arc::clone(&seen);
    let config = parse(&format!("{issuer} oauth_client_secret=hidden")).token_source(
        move |request: TokenRequest| {
            *keep.lock().unwrap() = Some(request);
            async {
                later().await;
                Ok(Secret::from("t0ken"))
            }
        },
    );
    works(open(config).await.unwrap()).await;
    let request = seen.lock().unwrap().take().unwrap();
    assert_eq!(request.issuer, "https://id.example");
    assert_eq!(
        request.discovery_url,
        "https://id.example/.well-known/openid-configuration"
    );
    assert_eq!(request.client_id, "app");
    assert_eq!(request.user, "ada");
    assert_eq!(request.scope.as_deref(), Some("openid postgres"));
    assert_eq!(
        request.client_secret.as_ref().map(Secret::as_bytes),
        Some(&b"hidden"[..])
    );
    assert!(!format!("{request:?}").contains("hidden"));

    // The user's scope is above the server's, and a token that is there serves as well.
    let (source, asked) = counting("t0ken");
    let scoped = format!("{issuer} oauth_scope=openid require_auth=oauth connect_timeout=2");
    works(open(source(&scoped)).await.unwrap()).await;
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    works(
        open(parse(&issuer).token_source(Secret::from("t0ken")))
            .await
            .unwrap(),
    )
    .await;
    // By its socket, a server is known.
    let local = format!(
        "host={} port={} user=ada dbname=postgres oauth_client_id=app oauth_issuer=https://id.example",
        server.socket_folder().display(),
        server.port()
    );
    works(open(source(&local)).await.unwrap()).await;

    // Where the issuer is given as its document's URL, a token that is there needs no second connection.
    let known =
        format!("{verified} oauth_issuer=https://id.example/.well-known/openid-configuration");
    let refusals = || {
        server
            .log()
            .matches("FATAL:  OAuth bearer authentication failed")
            .count()
    };
    let before = refusals();
    works(
        open(parse(&known).token_source(Secret::from("t0ken")))
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(refusals(), before, "nobody was asked for anything");
    works(open(source(&known)).await.unwrap()).await;
    assert_eq!(refusals(), before + 1, "this one takes its time");

    // A token that does not serve is shown once, and another one asked for.
    let (source, asked) = counting("stale");
    let before = refusals();
    for config in [&issuer, &known] {
        let error = open(source(config)).await.unwrap_err();
        assert_eq!(error.sqlstate().unwrap().as_str(), "28000", "{error}");
        assert!(!error.to_string().contains("stale"), "{error}");
    }
    assert_eq!(asked.load(Ordering::Relaxed), 4);
    // Each time a question without a token, and the token.
    assert_eq!(refusals(), before + 4);

    // A cache that has one which does not serve any more, and one that has nothing better.
    for config in [&issuer, &known] {
        for (second, works_out) in [("t0ken", true), ("staler", false)] {
            let asked = Arc::new(AtomicUsize::new(0));
            let count = Arc::clone(&asked);
            let cached = parse(config).token_source(move |request: TokenRequest| {
                let token = match request.rejected {
                    None => "stale",
                    Some(token) => {
                        assert_eq!(token.as_bytes(), b"stale");
                        second
                    }
                };
                count.fetch_add(1, Ordering::Relaxed);
                async move { Ok(Secret::from(token)) }
            });
            match open(cached).await {
                Ok(connection) => works(connection).await,
                Err(error) => {
                    assert!(!works_out, "{error}");
                    assert_eq!(error.sqlstate().unwrap().as_str(), "28000", "{error}");
                }
            }
            assert_eq!(asked.load(Ordering::Relaxed), 2);
        }
    }

    // Nothing serves without these.
    for (config, complaint) in [
        (source(&verified), "not both set"),
        (
            source(&issuer.replace("oauth_client_id=app", "")),
            "not both set",
        ),
        (parse(&issuer), "Config::token_source"),
        (
            source(&format!("{verified} oauth_issuer=https://evil.example")),
            "not of oauth_issuer, https://evil.example",
        ),
        (
            source(&format!("{verified} oauth_issuer=https://id.example/")),
            "not of oauth_issuer, https://id.example/",
        ),
        (
            source(&format!(
                "{verified} oauth_issuer=https://id.example/.well-known/oauth-authorization-server"
            )),
            "oauth_issuer says that it is",
        ),
        (
            source(&format!(
                "{verified} oauth_issuer=http://id.example/.well-known/openid-configuration"
            )),
            "https://",
        ),
        (
            parse(&issuer).token_source(Secret::from("not a token")),
            "characters",
        ),
        (
            parse(&issuer)
                .token_source(|_: TokenRequest| async { Err("the flow was declined".into()) }),
            "the flow was declined",
        ),
    ] {
        let error = open(config).await.unwrap_err();
        assert!(error.to_string().contains(complaint), "{error}");
        assert!(error.is_closed());
    }

    // SEC-32: never in clear, and not to anybody who happens to speak TLS, unless told to.
    let (source, asked) = counting("t0ken");
    let anybody = format!("{} oauth_issuer=https://id.example", by_tcp(&server));
    for config in [
        format!("{anybody} sslmode=disable"),
        format!("{anybody} sslmode=disable require_auth=oauth"),
        format!("{anybody} sslmode=prefer"),
        format!("{anybody} sslmode=require"),
    ] {
        let error = open(source(&config)).await.unwrap_err();
        assert!(error.to_string().contains("may be anybody"), "{error}");
    }
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    let told = format!("{anybody} sslmode=require require_auth=oauth");
    works(open(source(&told)).await.unwrap()).await;
}

/// What a server may try to get at a token, at a socket file, where it is known.
#[tokio::test]
async fn servers_that_are_after_the_token() {
    let ok = b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I";
    let challenge = |json: &str| {
        let length = u32::try_from(json.len() + 8).unwrap().to_be_bytes();
        [b"R", &length[..], b"\0\0\0\x0b", json.as_bytes()].concat()
    };
    for (reply, complaint) in [
        (ok.to_vec(), "without asking who it is"),
        (challenge("{}"), "no status"),
        (challenge("nonsense"), "not JSON"),
        (challenge("{\"status\":\"invalid_scope\"}"), "invalid_scope"),
        (
            challenge("{\"status\":\"invalid_token\"}"),
            "does not say where tokens come from",
        ),
        (
            challenge(
                "{\"status\":\"invalid_token\",\"openid-configuration\":\"https://evil.example/.well-known/openid-configuration\"}",
            ),
            "not of oauth_issuer",
        ),
        (
            challenge(
                "{\"status\":\"invalid_token\",\"openid-configuration\":\"http://id.example/.well-known/openid-configuration\"}",
            ),
            "https://",
        ),
        (
            challenge(
                "{\"status\":\"invalid_token\",\"openid-configuration\":\"https://evil.example?https://id.example/.well-known/openid-configuration\"}",
            ),
            "query",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).unwrap();
        let thread = std::thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            let mut length = [0; 4];
            socket.read_exact(&mut length).unwrap();
            let startup = usize::try_from(u32::from_be_bytes(length)).unwrap() - 4;
            socket.read_exact(&mut vec![0; startup]).unwrap();
            socket
                .write_all(b"R\0\0\0\x15\0\0\0\x0aOAUTHBEARER\0\0")
                .unwrap();
            // The question, 32 bytes; then whatever the client still says.
            let mut sent = vec![0; 32];
            socket.read_exact(&mut sent).unwrap();
            socket.write_all(&reply).unwrap();
            let _ = socket.read_to_end(&mut sent);
            sent
        });
        let (source, asked) = counting("t0ken");
        let error = open(source(&format!(
            "host={} user=u dbname=d require_auth=oauth oauth_client_id=app oauth_issuer=https://id.example",
            folder.path().display()
        )))
        .await
        .unwrap_err();
        assert!(error.to_string().contains(complaint), "{error}");
        assert_eq!(asked.load(Ordering::Relaxed), 0, "{complaint}");
        let sent = String::from_utf8(thread.join().unwrap()).unwrap();
        assert!(!sent.contains("Bearer"), "{sent:?}");
    }
}
