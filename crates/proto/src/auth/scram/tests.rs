//! Both sides against the published vectors, and against each other.
#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

mod client;

mod server;
mod vectors;

use alloc::string::String;
use alloc::vec::Vec;

use super::{AwaitFinal, Client, Mechanism, Selected, Server};
use crate::auth::{Binding, EndPoint, Error, Mock, Verifier};

const USER: &[u8] = b"ada";
const PASSWORD: &[u8] = b"correct horse";
const CLIENT_NONCE: [u8; 18] = [1; 18];
const SERVER_NONCE: [u8; 18] = [2; 18];

fn verifier() -> Verifier {
    Verifier::scram(PASSWORD, [3; 16], 16).unwrap()
}

fn mock() -> Mock {
    Mock::new([4; 32], 16)
}

fn server(binding: Binding) -> Server {
    Server::for_user(USER, Some(&verifier()), &mock(), SERVER_NONCE, binding)
}

fn client(binding: Binding) -> Client {
    Client::new(PASSWORD, CLIENT_NONCE, binding).unwrap()
}

/// TLS with a certificate like any other.
fn tls() -> Binding {
    Binding::ServerEndPoint(EndPoint::of_certificate(CERTIFICATE).unwrap())
}

/// TLS with another one, as a man in the middle shows.
fn other_tls() -> Binding {
    Binding::ServerEndPoint(EndPoint::of_certificate(OTHER_CERTIFICATE).unwrap())
}

const CERTIFICATE: &[u8] = include_bytes!("../testdata/certificates/ecdsa-sha256.der");
const OTHER_CERTIFICATE: &[u8] = include_bytes!("../testdata/certificates/rsa-sha256.der");

fn offered(binding: &Binding) -> impl Iterator<Item = &'static [u8]> {
    Mechanism::offered(binding)
        .iter()
        .map(|mechanism| mechanism.name().as_bytes())
}

/// The whole exchange, as the two would have it over a link that they see as `client`'s and `server`'s.
fn converse(client: Client, server: Server, offer: &Binding) -> Result<(), Error> {
    let (mechanism, first, client) = client.first(offered(offer)).unwrap();
    let (server, challenge) = challenge(server, mechanism, &first)?;
    let (last, client) = client.respond(&challenge).unwrap();
    let (_authenticated, signature) = server.last(&last)?;
    let _verified = client.verify(&signature).unwrap();
    Ok(())
}

fn challenge(
    server: Server,
    mechanism: Mechanism,
    first: &[u8],
) -> Result<(AwaitFinal, Vec<u8>), Error> {
    match server.select(mechanism.name().as_bytes(), Some(first))? {
        Selected::Challenge(server, challenge) => Ok((server, challenge)),
        Selected::Empty(_) => panic!("an initial response was sent"),
    }
}

fn text(message: Vec<u8>) -> String {
    String::from_utf8(message).unwrap()
}
