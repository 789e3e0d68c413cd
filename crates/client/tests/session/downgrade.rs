//! Which encryption is used, and what a server or somebody on the way can make of it: CL-03, CL-05, SEC-07, SEC-09.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use trunkline_client::Error;
use trunkline_test_postgres::{Options, Postgres, Version};

use crate::api::keep_cancelling;
use crate::support::{answer, open};

/// SSLRequest.
const SSL_REQUEST: [u8; 8] = *b"\0\0\0\x08\x04\xd2\x16\x2f";

/// Somebody between client and server, who notes the first eight bytes of each connection.
struct Between {
    port: u16,
    first: Arc<Mutex<Vec<[u8; 8]>>>,
}

impl Between {
    /// Passes on what is sent; with `refuse`, answers SSLRequest with `N` instead.
    fn new(server: SocketAddr, refuse: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let first = Arc::new(Mutex::new(vec![]));
        let noted = Arc::clone(&first);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let mut client = client.unwrap();
                let mut bytes = [0; 8];
                client.read_exact(&mut bytes).unwrap();
                noted.lock().unwrap().push(bytes);
                let mut server = TcpStream::connect(server).unwrap();
                if refuse && bytes == SSL_REQUEST {
                    client.write_all(b"N").unwrap();
                } else {
                    server.write_all(&bytes).unwrap();
                }
                let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                std::thread::spawn(move || {
                    let _ = std::io::copy(&mut from, &mut to);
                    let _ = to.shutdown(std::net::Shutdown::Write);
                });
                std::thread::spawn(move || {
                    let _ = std::io::copy(&mut server, &mut client);
                    let _ = client.shutdown(std::net::Shutdown::Write);
                });
            }
        });
        Self { port, first }
    }

    /// What the connections so far began with, those with SSLRequest as `true`.
    fn asked_for_tls(&self) -> Vec<bool> {
        let first = self.first.lock().unwrap();
        first.iter().map(|bytes| *bytes == SSL_REQUEST).collect()
    }
}

/// Whether the session is encrypted, if there is one.
async fn encrypted(port: u16, mode: &str) -> Result<bool, Error> {
    let config = format!("host=127.0.0.1 port={port} user=postgres dbname=postgres sslmode={mode}");
    open(&config)
        .await
        .map(|connection| connection.is_encrypted())
}

/// A server without TLS, or somebody who says so in its place.
#[tokio::test]
async fn a_server_without_tls() {
    let server = Postgres::shared(Version::V18);
    let between = Between::new(server.address(), true);
    assert!(!encrypted(between.port, "prefer").await.unwrap());
    assert_eq!(between.asked_for_tls(), [true], "on the same connection");
    assert!(!encrypted(between.port, "allow").await.unwrap());
    assert_eq!(between.asked_for_tls(), [true, false]);
    let error = encrypted(between.port, "require").await.unwrap_err();
    assert!(
        error.to_string().contains("does not support TLS"),
        "{error}"
    );
    assert_eq!(
        between.asked_for_tls(),
        [true, false, true],
        "once, and not in clear"
    );
}

/// Rules of `pg_hba.conf` that decide by encryption: the other kind is tried once, on a new connection.
#[tokio::test]
async fn the_other_kind_is_tried_once() {
    let only_plain = Options::new()
        .tls()
        .access("hostssl all all all reject")
        .access("host all all all trust");
    let only_tls = Options::new()
        .tls()
        .access("hostnossl all all all reject")
        .access("host all all all trust");
    for (options, mode, expected, first) in [
        (only_plain.clone(), "prefer", Some(false), vec![true, false]),
        (only_plain.clone(), "allow", Some(false), vec![false]),
        (only_plain, "require", None, vec![true]),
        (only_tls.clone(), "allow", Some(true), vec![false, true]),
        (only_tls.clone(), "prefer", Some(true), vec![true]),
        (only_tls, "disable", None, vec![false]),
    ] {
        let server = Postgres::start(Version::V15, options).unwrap();
        let between = Between::new(server.address(), false);
        let result = encrypted(between.port, mode).await;
        assert_eq!(result.ok(), expected, "{mode}");
        assert_eq!(between.asked_for_tls(), first, "{mode}");
    }
}

/// What the client itself refuses is not tried in another way.
#[tokio::test]
async fn our_own_refusal_is_final() {
    let server = Postgres::shared(Version::V15);
    let between = Between::new(server.address(), false);
    let config = format!(
        "host=127.0.0.1 port={} user=postgres dbname=postgres sslmode=prefer require_auth=md5",
        between.port
    );
    open(&config).await.unwrap_err();
    assert_eq!(between.asked_for_tls(), [true]);
}

/// CA-04, SEC-08, SEC-09: a request to cancel goes the way of its session, and not at all where that is closed.
#[tokio::test]
async fn cancelling_is_as_well_protected() {
    for version in [Version::V15, Version::V18] {
        let server = Postgres::shared(version);
        for (mode, first) in [("require", true), ("disable", false)] {
            let between = Between::new(server.address(), false);
            let config = format!(
                "host=127.0.0.1 port={} user=postgres dbname=postgres sslmode={mode}",
                between.port
            );
            let mut connection = open(&config).await.unwrap();
            connection.query("select pg_sleep(600)").unwrap();
            connection.send().await.unwrap();
            let token = connection.cancel_token();
            let cancelling = keep_cancelling(token);
            assert!(answer(&mut connection).await.ends_with("57014 I"));
            drop(cancelling);
            let asked = between.asked_for_tls();
            assert!(
                asked.len() > 1 && asked.iter().all(|each| *each == first),
                "{mode}: {asked:?}"
            );
        }
    }
}
