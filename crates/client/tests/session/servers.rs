//! Several hosts: which is taken, and what is said of those that are not.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use socket2::{Domain, SockAddr, Socket, Type};
use trunkline_test_postgres::{Options, Postgres, Version};

use crate::api::sleep;
use crate::peer::Peer;
use crate::support::{answer, open};

/// A port where nobody listens.
fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[tokio::test]
async fn the_next_host_is_tried() {
    let server = Postgres::shared(Version::V18);
    let (closed, open_port) = (closed_port(), server.port());
    let config = format!(
        "postgres://postgres@127.0.0.1:{closed},127.0.0.1:{open_port}/postgres?sslmode=disable"
    );
    let mut connection = open(&config).await.unwrap();
    connection.query("select 1").unwrap();
    assert_eq!(
        answer(&mut connection).await,
        "RowDescription (1) SELECT 1 I"
    );

    let nobody = format!("postgres://postgres@127.0.0.1:{closed}/postgres");
    let error = open(&nobody).await.unwrap_err();
    assert!(
        error.to_string().contains("is a server running there?"),
        "{error}"
    );

    // CL-06: a refused login is not tried elsewhere.
    let refused = format!(
        "postgres://scram:wrong@127.0.0.1:{open_port},127.0.0.1:{closed}/postgres?sslmode=disable"
    );
    let error = open(&refused).await.unwrap_err();
    assert_eq!(error.to_string().lines().count(), 1, "{error}");
}

/// CL-07, with the parameters of a new server and the questions to an old one.
#[tokio::test]
async fn target_session_attrs() {
    for version in [Version::V15, Version::V18] {
        let reading = Options::new().setting("default_transaction_read_only", "on");
        let reading = Postgres::start(version, reading).unwrap();
        let writing = Postgres::shared(version);
        let config = |wanted: &str| {
            format!(
                "postgres://postgres@127.0.0.1:{},127.0.0.1:{}/postgres?sslmode=disable&target_session_attrs={wanted}",
                reading.port(),
                writing.port()
            )
        };
        for (wanted, port) in [
            ("any", reading.port()),
            ("read-write", writing.port()),
            ("read-only", reading.port()),
            ("primary", reading.port()),
            ("prefer-standby", reading.port()),
        ] {
            let mut connection = open(&config(wanted)).await.unwrap();
            connection.query("show port").unwrap();
            let expected = format!("RowDescription ({port}) SHOW I");
            assert_eq!(answer(&mut connection).await, expected, "{wanted}");
        }
        let error = open(&config("standby")).await.unwrap_err();
        assert!(error.to_string().contains("not in hot standby"), "{error}");
    }
}

/// CL-11, T-L18: whatever a server does instead of answering, the time is limited.
#[tokio::test]
async fn connect_timeout() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let config =
        format!("host=127.0.0.1 port={port} user=u dbname=d sslmode=disable connect_timeout=2");
    let started = std::time::Instant::now();
    let error = open(&config).await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert!(started.elapsed() >= Duration::from_secs(2));
}

/// The same of a server that does not even accept: its queue is full.
#[tokio::test]
async fn connect_timeout_before_anything() {
    let full = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    full.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())
        .unwrap();
    full.listen(0).unwrap();
    let address = full.local_addr().unwrap();
    let before: Vec<_> = (0..4).map(|_| begin(&address)).collect();
    sleep(Duration::from_millis(50)).await;
    let port = address.as_socket().unwrap().port();
    let config =
        format!("host=127.0.0.1 port={port} user=u dbname=d sslmode=disable connect_timeout=2");
    let started = std::time::Instant::now();
    let error = open(&config).await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert!(started.elapsed() >= Duration::from_secs(2));
    drop(before);
}

/// At a Unix socket a full queue is an error at once, which says nothing of how long it will be full.
#[tokio::test]
async fn a_full_queue_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let address = SockAddr::unix(folder.path().join(".s.PGSQL.5432")).unwrap();
    let full = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
    full.bind(&address).unwrap();
    full.listen(0).unwrap();
    let mut before = vec![];
    while let Ok(socket) = begin(&address) {
        before.push(socket);
    }
    let config = format!(
        "host={} user=u dbname=d connect_timeout=2",
        folder.path().display()
    );
    let error = open(&config).await.unwrap_err();
    assert!(error.is_timeout(), "{error}");

    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        for _ in before {
            full.accept().unwrap();
        }
        let mut peer = Peer(Box::new(full.accept().unwrap().0));
        peer.log_in();
    });
    open(&config).await.unwrap();
    thread.join().unwrap();
}

/// Begins to connect.
fn begin(address: &SockAddr) -> std::io::Result<Socket> {
    let socket = Socket::new(address.domain(), Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    match socket.connect(address) {
        Err(error) if error.raw_os_error() == Some(EINPROGRESS) => Ok(socket),
        connected => connected.map(|()| socket),
    }
}

/// Of Linux.
const EINPROGRESS: i32 = 115;
