//! GSSAPI and SSPI with a mechanism of the test's own, against a server that plays its part.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

use trunkline_client::config::{GssLibrary, Method};
use trunkline_client::{Config, Environment, Error, GssContext, GssError, GssStep, GssTarget};

use crate::api::Connection;

/// Says "hello" and is content with "welcome".
struct Greeting(std::vec::IntoIter<GssStep>);

impl GssContext for Greeting {
    fn step(&mut self, input: Option<&[u8]>) -> Result<GssStep, GssError> {
        if input.is_some_and(|token| token != b"welcome") {
            return Err("the server is somebody else".into());
        }
        self.0.next().ok_or_else(|| "no more steps".into())
    }
}

fn frame(tag: &[u8], body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    [tag, &length, body].concat()
}

fn request(code: u8, token: &[u8]) -> Vec<u8> {
    frame(b"R", &[&[0, 0, 0, code], token].concat())
}

fn read(socket: &mut TcpStream, head: usize) -> Vec<u8> {
    let mut first = vec![0; head];
    if socket.read_exact(&mut first).is_err() {
        return vec![];
    }
    let length = first[head - 4..].try_into().unwrap();
    let mut body = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap() - 4];
    socket.read_exact(&mut body).unwrap();
    body
}

/// Sends each of `replies` and takes a message before the next; gives the bodies of the client's messages.
fn server(replies: Vec<Vec<u8>>) -> (u16, JoinHandle<Vec<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        read(&mut socket, 4);
        let mut sent = vec![];
        for reply in replies {
            socket.write_all(&reply).unwrap();
            sent.push(read(&mut socket, 5));
        }
        sent
    });
    (port, thread)
}

async fn open(config: Config, port: u16) -> Result<Connection, Error> {
    let config = config.host("localhost").host_address([127, 0, 0, 1].into());
    let config = config.port(port).user("u");
    Connection::open(&config.resolve(&Environment::empty())?).await
}

fn plain() -> Config {
    "sslmode=disable".parse().unwrap()
}

fn with<const N: usize>(steps: [GssStep; N]) -> Config {
    plain().gss(move |_| Ok(Box::new(Greeting(Vec::from(steps.clone()).into_iter()))))
}

/// The end of a login, and nothing after it.
fn ready() -> Vec<u8> {
    [request(0, b""), frame(b"Z", b"I")].concat()
}

#[tokio::test]
async fn tokens_go_back_and_forth() {
    let long = || vec![b'x'; 65_535];
    let welcome = || request(8, b"welcome");
    let both = || [welcome(), ready()].concat();
    let steps = [
        GssStep::Continue(b"hello".to_vec()),
        GssStep::Continue(long()),
        GssStep::Done(Some(b"bye".to_vec())),
    ];
    let (port, thread) = server(vec![request(7, b""), welcome(), welcome(), ready()]);
    let mut connection = open(
        with(steps).require_auth([Method::Gss].into_iter().collect()),
        port,
    )
    .await
    .unwrap();
    connection.query("").unwrap();
    let _ = connection.send().await;
    let sent = thread.join().unwrap();
    assert_eq!(sent[..3], [b"hello".to_vec(), long(), b"bye".to_vec()]);

    // Content with the server's token, and nothing to send; for SSPI as well.
    for asked in [7, 9] {
        let (port, _thread) = server(vec![request(asked, b""), both()]);
        let steps = [GssStep::Continue(vec![]), GssStep::Done(None)];
        open(with(steps), port).await.unwrap();
    }
}

/// What the mechanism is told.
#[tokio::test]
async fn the_target() {
    for (text, asked) in [("krbsrvname=pg gssdelegation=1 gsslib=sspi", 9), ("", 7)] {
        let (port, _thread) = server(vec![request(asked, b"")]);
        let config: Config = format!("sslmode=disable {text}").parse().unwrap();
        let (to, told) = std::sync::mpsc::channel();
        let config = config.gss(move |target: &GssTarget| {
            to.send(target.clone()).unwrap();
            Err("no ticket".into())
        });
        let error = open(config, port).await.unwrap_err();
        assert!(error.to_string().contains("no ticket"), "{error}");
        assert!(error.is_closed());
        let target = told.recv().unwrap();
        if asked == 9 {
            assert_eq!(target.principal(), "pg@localhost");
            assert!(target.delegation);
            assert_eq!(target.library, Some(GssLibrary::Sspi));
            assert_eq!(target.method, Method::Sspi);
        } else {
            assert_eq!(target.principal(), "postgres@localhost");
            assert!(!target.delegation);
            assert_eq!(target.library, None);
            assert_eq!(target.method, Method::Gss);
        }
    }
}

#[tokio::test]
async fn what_goes_wrong() {
    let hello = || [GssStep::Continue(vec![])];
    let begin = || request(7, b"");
    for (config, replies, complaint) in [
        (plain(), vec![begin()], "set Config::gss"),
        (
            with(hello()),
            vec![begin(), ready()],
            "expected the server's token",
        ),
        (
            with(hello()),
            vec![begin(), request(8, b"go away")],
            "the server is somebody else",
        ),
        (
            with([GssStep::Continue(vec![0; 65_536])]),
            vec![begin()],
            "65535",
        ),
        (
            with(hello()).require_auth([Method::Scram].into_iter().collect()),
            vec![begin()],
            "not among the accepted methods",
        ),
        (
            with([GssStep::Done(None)]),
            vec![[begin(), request(8, b"welcome")].concat()],
            "expected AuthenticationOk",
        ),
    ] {
        let (port, thread) = server(replies);
        let error = open(config, port).await.unwrap_err();
        assert!(error.to_string().contains(complaint), "{error}");
        drop(thread);
    }
    // An address has no principal.
    let (port, _thread) = server(vec![begin()]);
    let config = with(hello()).host_address([127, 0, 0, 1].into());
    let config = config.port(port).user("u");
    let resolved = config.resolve(&Environment::empty()).unwrap();
    let error = Connection::open(&resolved).await.unwrap_err();
    assert!(error.to_string().contains("set host"), "{error}");
}
