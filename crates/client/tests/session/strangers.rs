//! Servers that nobody knows yet, and what they get: the cases of protocol 6.8 about the login, beside the tests of the machine alone
//! in `trunkline-proto`. Each attack has its lawful neighbour.

use std::io::Read;
use std::net::TcpListener;

use trunkline_test_postgres::{Certificates, Postgres, Version};

use crate::peer::{IDLE, OK, Peer, connect, message, request};
use crate::support::{answer, open};

/// T-L06, SEC-20, SEC-26, SEC-27: what the server asks for in place of what the configuration insists on gets no password, and no session.
#[tokio::test]
async fn another_login_than_is_insisted_on() {
    let scram = request(10, b"SCRAM-SHA-256\0\0");
    let (nothing, clear, md5) = (OK.to_vec(), request(3, b""), request(5, b"salt"));
    for (more, asked, accepted) in [
        ("require_auth=scram-sha-256", &nothing, false),
        ("require_auth=scram-sha-256", &clear, false),
        ("require_auth=scram-sha-256", &md5, false),
        ("require_auth=scram-sha-256", &scram, true),
        ("require_auth=none", &nothing, true),
        ("require_auth=none", &scram, false),
        ("require_auth=!none", &nothing, false),
        ("require_auth=password", &clear, true),
        ("require_auth=md5", &md5, true),
        ("require_auth=!md5", &md5, false),
        ("require_auth=!md5", &clear, false),
        ("", &nothing, true),
        // In clear not to just anybody.
        ("", &clear, false),
        ("", &md5, true),
        ("", &scram, true),
    ] {
        let first = asked.clone();
        let (port, thread) = Peer::play(move |mut peer| {
            peer.startup();
            peer.send(&first);
            if first == OK {
                peer.send(IDLE);
            }
            let mut tag = [0];
            let answered = peer.0.read(&mut tag).unwrap_or(0) == 1;
            if answered && tag == *b"X" {
                None
            } else {
                Some(answered)
            }
        });
        let connection = connect(port, more).await;
        if *asked == OK {
            assert_eq!(connection.is_ok(), accepted, "{more}");
            drop(connection);
        } else {
            drop(connection);
            assert_eq!(thread.join().unwrap(), Some(accepted), "{more} {asked:?}");
        }
    }
}

/// SEC-20, SC-07: with `channel_binding=require` nothing but SCRAM that binds is answered, whatever the server asks for; and without
/// TLS, with which alone one can bind, nobody is even asked.
#[tokio::test]
async fn channel_binding_is_required() {
    let folder = tempfile::tempdir().unwrap();
    let made = Certificates::create(folder.path()).unwrap();
    let plus = b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0";
    for (mode, asked, answered) in [
        ("require", OK.to_vec(), ""),
        ("require", request(3, b""), ""),
        ("require", request(5, b"salt"), ""),
        ("require", request(7, b""), ""),
        ("require", request(10, b"OAUTHBEARER\0\0"), ""),
        ("require", request(10, b"SCRAM-SHA-256\0\0"), ""),
        ("require", request(10, plus), "SCRAM-SHA-256-PLUS p="),
        ("prefer", request(10, plus), "SCRAM-SHA-256-PLUS p="),
        // It would have bound: a server that sees this knows that somebody took -PLUS away (SEC-28).
        (
            "prefer",
            request(10, b"SCRAM-SHA-256\0\0"),
            "SCRAM-SHA-256 y,",
        ),
        ("disable", request(10, plus), "SCRAM-SHA-256 n,"),
    ] {
        let pair = made.server();
        let (port, thread) = Peer::play(move |peer| {
            let mut peer = peer.encrypt(&pair);
            peer.startup();
            peer.send(&asked);
            if asked == OK {
                peer.send(IDLE);
            }
            peer.0.flush().unwrap();
            let mut answer = [0; 256];
            let length = peer.0.read(&mut answer).unwrap_or(0);
            answer[..length].to_vec()
        });
        let config = format!(
            "host=127.0.0.1 port={port} user=u password=sesame dbname=d sslmode=require channel_binding={mode}"
        );
        open(&config).await.unwrap_err();
        let sent = thread.join().unwrap();
        let mut shown = String::new();
        if let Some((mechanism, rest)) = sent.get(5..).and_then(|rest| {
            let end = rest.iter().position(|byte| *byte == 0)?;
            Some(rest.split_at(end))
        }) {
            let (mechanism, rest) = (String::from_utf8_lossy(mechanism), &rest[5..7]);
            shown = format!("{mechanism} {}", String::from_utf8_lossy(rest));
        }
        assert_eq!(shown, answered, "{mode}");
    }
    let error = connect(1, "channel_binding=require").await.unwrap_err();
    assert!(error.to_string().contains("channel"), "{error}");
}

/// T-L05, SEC-21, SEC-22: a server that cannot do its part of SCRAM is left at once, however many rounds it asks for.
#[tokio::test]
async fn scram_with_somebody_who_does_not_know_the_password() {
    for (challenge, after) in [
        ("r=NONCEx,s=c2FsdA==,i=2147483647", vec![]),
        ("r=NONCEx,s=c2FsdA==,i=0", vec![]),
        ("r=NONCEx,s=c2FsdA==,i=-1", vec![]),
        ("r=NONCEx,s=c2FsdA==,i=99999999999999999999", vec![]),
        ("r=NONCEx,s=*,i=4096", vec![]),
        ("r=NONCEx,s=,i=4096", vec![]),
        ("r=NONCE,s=c2FsdA==,i=4096", vec![]),
        ("r=other,s=c2FsdA==,i=4096", vec![]),
        ("r=NONCEx,s=c2FsdA==,i=4096", request(0, b"")),
        ("r=NONCEx,s=c2FsdA==,i=4096", request(12, b"")),
        ("r=NONCEx,s=c2FsdA==,i=4096", request(12, b"v=")),
        ("r=NONCEx,s=c2FsdA==,i=4096", request(12, b"e=no")),
        (
            "r=NONCEx,s=c2FsdA==,i=4096",
            request(12, b"v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        ),
        ("", vec![]),
    ] {
        let goes_on = !after.is_empty();
        let (port, thread) = Peer::play(move |mut peer| {
            peer.startup();
            peer.send(&request(10, b"SCRAM-SHA-256\0\0"));
            let first = String::from_utf8(peer.expect(b'p')).unwrap();
            let nonce = first.split("r=").nth(1).unwrap();
            if challenge.is_empty() {
                peer.send(OK);
            } else {
                let challenge = challenge.replace("NONCE", nonce);
                peer.send(&request(11, challenge.as_bytes()));
            }
            if !after.is_empty() {
                peer.expect(b'p');
                peer.send(&after);
            }
            peer.send(&[OK, IDLE].concat());
            peer.listen()
        });
        let error = connect(port, "").await.unwrap_err();
        assert!(error.is_closed(), "{error}");
        // Two thousand million rounds would have been answered in the end, hours later.
        assert_eq!(thread.join().unwrap(), b"", "{challenge} {goes_on}");
    }
}

/// SEC-108: nothing of an attempt that fell through half-way is there in the next.
#[tokio::test]
async fn a_host_that_is_lost_half_way_through() {
    for version in [Version::V15, Version::V18] {
        let (port, thread) = Peer::play(|mut peer| {
            peer.startup();
            peer.send(&message(b'N', b"SNOTICE\0VNOTICE\0C00000\0Mhello\0\0"));
            peer.send(&request(10, b"SCRAM-SHA-256\0\0"));
            let first = String::from_utf8(peer.expect(b'p')).unwrap();
            let nonce = first.split("r=").nth(1).unwrap();
            let challenge = format!("r={nonce}x,s=c2FsdA==,i=4096");
            peer.send(&request(11, challenge.as_bytes()));
            peer.expect(b'p');
        });
        let server = Postgres::shared(version);
        let mut connection = open(&format!(
            "host=127.0.0.1,127.0.0.1 port={port},{} user=scram password=pencil dbname=postgres sslmode=disable require_auth=scram-sha-256",
            server.port()
        ))
        .await
        .unwrap();
        thread.join().unwrap();
        assert_eq!(connection.login_notices(), []);
        connection.query("select current_user").unwrap();
        assert_eq!(
            answer(&mut connection).await,
            "RowDescription (scram) SELECT 1 I"
        );
    }
}

/// T-L07: refused negotiations, and an accepted one.
#[tokio::test]
async fn negotiations() {
    for (body, accepted) in [
        (&b"\0\x03\0\0\0\0\0\0"[..], true),
        (b"\0\x03\0\x02\0\0\0\0", false),
        (b"\0\x03\0\x03\0\0\0\0", false),
        (b"\0\x03\0\x01\0\0\0\0", false),
        (b"\0\x03\0\0\0\0\0\x01_pq_.x\0", false),
        (b"\0\x03\0\0\0\0\0\x01user\0", false),
        (b"\0\x03\0\0\xFF\xFF\xFF\xFF", false),
        (b"\0\x03\0\0\x7F\xFF\xFF\xFF", false),
    ] {
        let (port, _thread) = Peer::play(move |mut peer| {
            peer.startup();
            peer.say(b'v', body);
            peer.send(&[OK, IDLE].concat());
            peer.listen()
        });
        let connection = connect(port, "max_protocol_version=3.2").await;
        assert_eq!(connection.is_ok(), accepted, "{body:?}");
    }
    // Less than is asked for at least.
    let (port, _thread) = Peer::play(move |mut peer| {
        peer.startup();
        peer.say(b'v', b"\0\x03\0\0\0\0\0\0");
        peer.send(&[OK, IDLE].concat());
        peer.listen()
    });
    let bounds = "min_protocol_version=3.2 max_protocol_version=3.2";
    assert!(connect(port, bounds).await.is_err());
}

/// T-L08, T-L22, CL-09: keys as the version allows, and the request to cancel shows them as they came.
#[tokio::test]
async fn cancel_keys() {
    for (most, negotiated, length, legal) in [
        ("3.0", false, 4, true),
        ("3.0", false, 32, false),
        ("3.2", false, 32, true),
        ("3.2", true, 4, true),
        ("3.2", true, 32, false),
        ("3.2", false, 256, true),
        ("3.2", false, 3, false),
        ("3.2", false, 257, false),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let thread = std::thread::spawn(move || {
            let mut peer = Peer::accept(&listener);
            peer.startup();
            if negotiated {
                peer.say(b'v', b"\0\x03\0\0\0\0\0\0");
            }
            peer.send(OK);
            peer.say(b'K', &[&b"\0\0\0\x2a"[..], &vec![7; length]].concat());
            peer.send(IDLE);
            if !legal {
                return vec![];
            }
            Peer::accept(&listener).startup()
        });
        let connection = connect(port, &format!("max_protocol_version={most}")).await;
        assert_eq!(connection.is_ok(), legal, "{most} {length}");
        if let Ok(connection) = connection {
            connection.cancel_token().cancel().await.unwrap();
            let expected = [&b"\x04\xd2\x16\x2e\0\0\0\x2a"[..], &vec![7; length]].concat();
            assert_eq!(thread.join().unwrap(), expected);
        }
    }
}
