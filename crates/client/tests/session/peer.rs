//! A server that plays a script over a real socket.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::JoinHandle;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use trunkline_client::Error;
use trunkline_test_postgres::Pair;

use crate::api::Connection;
use crate::support::open;

pub(crate) const OK: &[u8] = b"R\0\0\0\x08\0\0\0\0";
pub(crate) const IDLE: &[u8] = b"Z\0\0\0\x05I";
/// The server's end of one connection.
pub(crate) struct Peer(pub(crate) Box<dyn Stream>);

pub(crate) trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

impl Peer {
    /// Plays a script for the one who connects; its port, and what the script gave.
    pub(crate) fn play<T: Send + 'static>(
        script: impl FnOnce(Self) -> T + Send + 'static,
    ) -> (u16, JoinHandle<T>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let thread = std::thread::spawn(move || script(Self::accept(&listener)));
        (port, thread)
    }

    pub(crate) fn accept(listener: &TcpListener) -> Self {
        Self(Box::new(listener.accept().unwrap().0))
    }

    /// Grants TLS, with this certificate.
    pub(crate) fn encrypt(mut self, pair: &Pair) -> Self {
        self.startup();
        self.send(b"S");
        let chain = CertificateDer::pem_file_iter(&pair.certificate).unwrap();
        let key = PrivateKeyDer::from_pem_file(&pair.key).unwrap();
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(chain.map(Result::unwrap).collect(), key)
            .unwrap();
        let session = ServerConnection::new(Arc::new(config)).unwrap();
        Self(Box::new(StreamOwned::new(session, self.0)))
    }

    pub(crate) fn startup(&mut self) -> Vec<u8> {
        let mut length = [0; 4];
        self.0.read_exact(&mut length).unwrap();
        self.rest(length)
    }

    /// Lets the client in, without a key.
    pub(crate) fn log_in(&mut self) {
        self.startup();
        self.send(OK);
        self.send(IDLE);
    }

    /// The body of the next message, which has this type.
    pub(crate) fn expect(&mut self, tag: u8) -> Vec<u8> {
        let mut header = [0; 5];
        self.0.read_exact(&mut header).unwrap();
        assert_eq!(char::from(header[0]), char::from(tag));
        self.rest(header[1..].try_into().unwrap())
    }

    fn rest(&mut self, length: [u8; 4]) -> Vec<u8> {
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap();
        let mut body = vec![0; length - 4];
        self.0.read_exact(&mut body).unwrap();
        body
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        // Who has hung up need not be told.
        let _ = self.0.write_all(bytes);
    }

    pub(crate) fn say(&mut self, tag: u8, body: &[u8]) {
        self.send(&message(tag, body));
    }

    /// All that comes until the client closes.
    pub(crate) fn listen(mut self) -> Vec<u8> {
        let mut bytes = vec![];
        // A reset is an end as well.
        let _ = self.0.read_to_end(&mut bytes);
        bytes
    }
}

pub(crate) fn message(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    [&[tag][..], &length, body].concat()
}

/// A session with it, in clear.
pub(crate) async fn connect(port: u16, more: &str) -> Result<Connection, Error> {
    open(&format!(
        "host=127.0.0.1 port={port} user=u password=sesame dbname=d sslmode=disable {more}"
    ))
    .await
}

/// An authentication request.
pub(crate) fn request(code: u8, data: &[u8]) -> Vec<u8> {
    message(b'R', &[&[0, 0, 0, code], data].concat())
}
