//! Servers that do what they must not: protocol 6.8, as far as a socket matters.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::support::open;

/// A server for one connection at a time that plays `script`; gives its port, and at the end what `script` gave.
fn server<T: Send + 'static>(
    script: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (u16, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || script(listener.accept().unwrap().0));
    (port, thread)
}

/// Reads SSLRequest, answers, and gives all that follows until the client closes.
fn answers_ssl_request(answer: &'static [u8]) -> (u16, JoinHandle<Vec<u8>>) {
    server(move |mut socket| {
        let mut request = [0; 8];
        socket.read_exact(&mut request).unwrap();
        assert_eq!(request, *b"\0\0\0\x08\x04\xd2\x16\x2f");
        socket.write_all(answer).unwrap();
        let mut rest = vec![];
        // A reset is an end as well.
        let _ = socket.read_to_end(&mut rest);
        rest
    })
}

async fn refused(port: u16, mode: &str) -> String {
    let config = format!("host=127.0.0.1 port={port} user=u password=secret dbname=d {mode}");
    open(&config).await.unwrap_err().to_string()
}

/// T-L01, SEC-02: plaintext behind the answer reaches the handshake, which fails, and nobody else.
#[tokio::test]
async fn data_behind_the_answer_to_ssl_request() {
    let (port, thread) = answers_ssl_request(b"SR\0\0\0\x08\0\0\0\0Z\0\0\0\x05I");
    let error = refused(port, "sslmode=require").await;
    assert!(error.contains("TLS handshake failed"), "{error}");
    let sent = thread.join().unwrap();
    assert_eq!(sent.first(), Some(&0x16), "a ClientHello and nothing else");
}

/// T-L02, SEC-03: an error before anybody is known is not shown.
#[tokio::test]
async fn an_error_instead_of_an_answer() {
    let (port, thread) = answers_ssl_request(b"E\0\0\0\x20SFATAL\0Mvisit evil.example\0\0");
    let error = refused(port, "sslmode=require").await;
    assert!(!error.contains("evil"), "{error}");
    assert!(error.contains("not shown"), "{error}");
    assert_eq!(thread.join().unwrap(), b"");
}

/// T-L03, SEC-07, and SEC-12: `require` never goes on in clear.
#[tokio::test]
async fn no_tls_where_it_is_required() {
    for mode in ["require", "verify-ca", "verify-full"] {
        for answer in [&b"N"[..], b"R", b"Z", b"NR\0\0\0\x08\0\0\0\0"] {
            let (port, thread) = answers_ssl_request(answer);
            // Any file will do as the root: it is not even looked at before.
            let folder = tempfile::tempdir().unwrap();
            let made = trunkline_test_postgres::Certificates::create(folder.path()).unwrap();
            let roots = format!("sslrootcert={}", made.authority().display());
            let error = refused(port, &format!("sslmode={mode} {roots}")).await;
            assert!(
                error.contains("does not support TLS") || error.contains("is it PostgreSQL?"),
                "{error}"
            );
            assert_eq!(thread.join().unwrap(), b"", "nothing is sent in clear");
        }
    }
}

/// T-L04, SEC-06, TL-03: direct TLS with somebody who does not say that it speaks PostgreSQL.
#[tokio::test]
async fn direct_tls_without_alpn() {
    let folder = tempfile::tempdir().unwrap();
    let made = trunkline_test_postgres::Certificates::create(folder.path()).unwrap();
    let pair = made.server();
    let chain = CertificateDer::pem_file_iter(&pair.certificate).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(
            chain.map(Result::unwrap).collect(),
            PrivateKeyDer::from_pem_file(&pair.key).unwrap(),
        )
        .unwrap();
    let (port, thread) = server(move |socket| {
        let session = ServerConnection::new(Arc::new(config)).unwrap();
        let mut sent = vec![];
        let _ = StreamOwned::new(session, socket).read_to_end(&mut sent);
        sent
    });
    let error = refused(port, "sslmode=require sslnegotiation=direct").await;
    assert_eq!(thread.join().unwrap(), b"", "no startup packet");
    assert!(error.contains("ALPN"), "{error}");
}

/// What reads a startup packet, whatever is in it.
fn read_startup(socket: &mut TcpStream) {
    let mut length = [0; 4];
    socket.read_exact(&mut length).unwrap();
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap();
    socket.read_exact(&mut vec![0; length - 4]).unwrap();
}

/// A server that hangs up ends the session, for whoever asks as well.
#[tokio::test]
async fn the_end_of_the_stream() {
    let (port, thread) = server(|mut socket| {
        read_startup(&mut socket);
        socket
            .write_all(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I")
            .unwrap();
    });
    let config = format!("host=127.0.0.1 port={port} user=u dbname=d sslmode=disable");
    let mut connection = open(&config).await.unwrap();
    thread.join().unwrap();
    let error = connection.next().await.unwrap_err();
    assert!(
        error.to_string().contains("closed the connection"),
        "{error}"
    );
    assert!(error.is_closed() && connection.is_closed());
    assert!(connection.query("select 1").is_err());
}

/// What somebody says who has proved nothing is marked as such, in one line.
#[tokio::test]
async fn the_words_of_a_stranger() {
    let (port, _thread) = server(|mut socket| {
        read_startup(&mut socket);
        let said = b"SFATAL\0VFATAL\0C28000\0Mno\nconnecting to bank failed: call 555\0\0";
        let length = u32::try_from(said.len() + 4).unwrap().to_be_bytes();
        socket
            .write_all(&[b"E", &length[..], said].concat())
            .unwrap();
    });
    let error = refused(port, "sslmode=disable").await;
    assert!(error.contains("has not proved who it is"), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
}

/// The hint about the password file is ours and takes nothing away from that: the refusal is still a stranger's.
#[tokio::test]
async fn a_password_file_vouches_for_nobody() {
    let (port, _thread) = server(|mut socket| {
        read_startup(&mut socket);
        let said = b"SFATAL\0VFATAL\0C28P01\0Mno\0\0";
        let length = u32::try_from(said.len() + 4).unwrap().to_be_bytes();
        socket
            .write_all(&[b"E", &length[..], said].concat())
            .unwrap();
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("passfile");
    std::fs::write(&file, "*:*:*:*:secret\n").unwrap();
    let only_mine = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&file, only_mine).unwrap();
    let config = format!(
        "host=127.0.0.1 port={port} user=u dbname=d sslmode=disable passfile={}",
        file.display()
    );
    let error = open(&config).await.unwrap_err();
    assert_eq!(error.sqlstate().unwrap().as_str(), "28P01");
    let shown = error.to_string();
    assert!(shown.contains("has not proved who it is"), "{shown}");
    assert!(shown.contains(&*file.display().to_string()), "{shown}");
}

/// CL-07: a server that does not say by itself what it is, is asked.
#[tokio::test]
async fn target_session_of_an_old_server() {
    for (wanted, value, fits) in [
        ("read-write", "off", true),
        ("read-write", "on", false),
        ("read-only", "on", true),
        ("standby", "t", true),
        ("primary", "t", false),
        ("primary", "f", true),
    ] {
        let (port, thread) = server(move |mut socket| {
            read_startup(&mut socket);
            socket
                .write_all(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I")
                .unwrap();
            let mut query = [0; 256];
            let length = socket.read(&mut query).unwrap();
            let mut row = b"\0\x01\0\0\0".to_vec();
            row.push(u8::try_from(value.len()).unwrap());
            row.extend_from_slice(value.as_bytes());
            let mut reply =
                b"T\0\0\0\x1a\0\x01a\0\0\0\0\0\0\0\0\0\0\x19\xff\xff\xff\xff\xff\xff\0\0D".to_vec();
            reply.extend_from_slice(&u32::try_from(row.len() + 4).unwrap().to_be_bytes());
            reply.extend_from_slice(&row);
            reply.extend_from_slice(b"C\0\0\0\x09SHOW\0Z\0\0\0\x05I");
            socket.write_all(&reply).unwrap();
            String::from_utf8_lossy(&query[..length]).into_owned()
        });
        let config = format!(
            "host=127.0.0.1 port={port} user=u dbname=d sslmode=disable target_session_attrs={wanted}"
        );
        let result = open(&config).await;
        assert_eq!(result.is_ok(), fits, "{wanted} {value}: {result:?}");
        let asked = thread.join().unwrap();
        let question = if wanted.starts_with("read") {
            "transaction_read_only"
        } else {
            "pg_catalog.pg_is_in_recovery"
        };
        assert!(asked.contains(question), "{asked}");
    }
}

/// T-L15: what the server said before it hung up is what the next call returns.
#[tokio::test]
async fn a_fatal_error_while_nobody_listens() {
    let (port, thread) = server(|mut socket| {
        read_startup(&mut socket);
        socket
            .write_all(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05IE\0\0\0\x19VFATAL\0C57P01\0Mbye!\0\0")
            .unwrap();
    });
    let config = format!("host=127.0.0.1 port={port} user=u dbname=d sslmode=disable");
    let mut connection = open(&config).await.unwrap();
    thread.join().unwrap();
    // T-L09: there was no key, and one can connect all the same.
    let error = connection.cancel_token().cancel().await.unwrap_err();
    assert!(error.to_string().contains("cancel"), "{error}");

    connection.query("select 1").unwrap();
    match connection.next().await.unwrap() {
        trunkline_client::Event::Error(error) => {
            let error = trunkline_client::ServerError::new(&error);
            assert_eq!(error.sqlstate().as_str(), "57P01");
            assert!(error.is_fatal());
        }
        other => panic!("{other:?}"),
    }
    assert!(connection.next().await.unwrap_err().is_closed());
    assert!(connection.query("select 1").unwrap_err().is_closed());
}
