//! The connection: bytes out, messages in, and a deadline on everything.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::messages::{V3_0, startup};
use super::notation::{Repeat, Seen, matches, render, words};
use super::tls::{self, TlsStream};

/// How long a test waits for something that must come. Only a failure ever waits so long.
const DEADLINE: Duration = Duration::from_secs(20);

pub struct Client {
    stream: Stream,
    /// Bytes read and not yet taken by an expectation.
    input: Vec<u8>,
    start: usize,
    peeked: Option<Seen>,
    eof: bool,
    /// What K said, for cancel requests.
    pub pid: u32,
    pub key: Vec<u8>,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream>),
    Gone,
}

impl Client {
    pub fn connect(address: SocketAddr) -> Self {
        let socket =
            TcpStream::connect(address).unwrap_or_else(|e| panic!("no server at {address}: {e}"));
        socket.set_nodelay(true).unwrap();
        Self {
            stream: Stream::Plain(socket),
            input: Vec::new(),
            start: 0,
            peeked: None,
            eof: false,
            pid: 0,
            key: Vec::new(),
        }
    }

    /// Starts a 3.0 session and reads up to its first Z.
    pub fn start(&mut self, params: &[(&str, &str)]) {
        self.send([startup(V3_0, params)]);
        self.expect_ready();
    }

    /// `R(0) … Z(I)`, keeping the cancel key.
    pub fn expect_ready(&mut self) -> Vec<Seen> {
        self.expect("R(0)");
        self.expect_session()
    }

    /// What follows `R(0)` up to Z, keeping the cancel key.
    pub fn expect_session(&mut self) -> Vec<Seen> {
        let seen = self.expect("N* S* N* K N* Z(I)");
        let key = seen.iter().find(|seen| matches("K", seen)).unwrap().body();
        self.pid = u32::from_be_bytes(key[..4].try_into().unwrap());
        self.key = key[4..].to_vec();
        seen
    }

    /// Writes the frames in one piece. A peer that is gone is found by the next `expect`, which says more.
    pub fn send<const N: usize>(&mut self, frames: [Vec<u8>; N]) {
        self.send_bytes(&frames.concat());
    }

    pub fn send_bytes(&mut self, bytes: &[u8]) {
        let result = match &mut self.stream {
            Stream::Plain(socket) => socket.write_all(bytes),
            Stream::Tls(tls) => tls.write_all(bytes).and_then(|()| tls.flush()),
            Stream::Gone => panic!("the stream was lost in a TLS handshake"),
        };
        match result.map_err(|e| e.kind()) {
            Ok(())
            | Err(
                io::ErrorKind::BrokenPipe
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted,
            ) => {}
            Err(kind) => panic!("write: {kind}"),
        }
    }

    /// Reads exactly what is expected, or fails and prints both streams.
    #[track_caller]
    pub fn expect(&mut self, expected: &str) -> Vec<Seen> {
        let mut seen = Vec::new();
        let deadline = Instant::now() + DEADLINE;
        for word in words(expected) {
            match word.repeat {
                Repeat::Any => {
                    while let Some(next) = self.peek(deadline) {
                        if !matches(word.text, &next) {
                            break;
                        }
                        seen.push(self.next(deadline).unwrap());
                    }
                }
                Repeat::Times(times) => {
                    for _ in 0..times {
                        let next = self.next(deadline);
                        let good = next.as_ref().is_some_and(|next| matches(word.text, next));
                        let silent = next.is_none();
                        seen.extend(next);
                        if !good {
                            self.fail(expected, word.text, seen, silent);
                        }
                    }
                }
            }
        }
        seen
    }

    #[track_caller]
    fn fail(&mut self, expected: &str, word: &str, mut seen: Vec<Seen>, silent: bool) -> ! {
        let soon = Instant::now() + Duration::from_millis(300);
        let shown = seen.len() + 30;
        while seen.len() < shown && (!self.eof || self.start < self.input.len()) {
            match self.next(soon) {
                Some(more) => seen.push(more),
                None => break,
            }
        }
        let skipped = seen.len().saturating_sub(100);
        let stream: Vec<_> = seen[skipped..].iter().map(render).collect();
        let stream = [
            if skipped > 0 {
                format!("({skipped} messages)")
            } else {
                String::new()
            },
            stream.join(" "),
        ]
        .concat();
        let silence = if silent {
            "\n  (nothing more came)"
        } else {
            ""
        };
        panic!(
            "\n  expected: {expected}\n      seen: {}\n     wrong: at {word}{silence}",
            stream
        );
    }

    /// Reads all messages up to and with the first that `word` matches.
    #[track_caller]
    pub fn expect_until(&mut self, word: &str) -> Vec<Seen> {
        let mut seen = Vec::new();
        let deadline = Instant::now() + DEADLINE;
        loop {
            match self.next(deadline) {
                Some(next) if matches(word, &next) => {
                    seen.push(next);
                    return seen;
                }
                Some(Seen::Eof) | None => self.fail(&format!("… {word}"), word, seen, true),
                Some(next) => seen.push(next),
            }
        }
    }

    /// Nothing arrives for so long.
    #[track_caller]
    pub fn expect_silence(&mut self, time: Duration) {
        let deadline = Instant::now() + time;
        if let Some(seen) = self.next(deadline) {
            panic!("expected silence, seen: {seen:?}");
        }
    }

    /// The one-byte answer to SSLRequest or GSSENCRequest.
    #[track_caller]
    pub fn expect_byte(&mut self, expected: char) {
        let deadline = Instant::now() + DEADLINE;
        while self.start == self.input.len() {
            assert!(
                self.fill(deadline),
                "expected the byte {expected}, nothing came"
            );
            assert!(!self.eof, "expected the byte {expected}, seen: EOF");
        }
        let byte = self.input[self.start] as char;
        if byte == expected {
            self.start += 1;
        } else {
            self.fail(
                &format!("byte {expected}"),
                "its first byte",
                Vec::new(),
                false,
            );
        }
    }

    /// Everything up to EOF, as bytes.
    pub fn rest(&mut self) -> Vec<u8> {
        let deadline = Instant::now() + DEADLINE;
        while !self.eof {
            assert!(
                self.fill(deadline),
                "expected EOF, seen only {:?}",
                String::from_utf8_lossy(&self.input[self.start..])
            );
        }
        self.input.split_off(self.start)
    }

    /// Reads and forgets until EOF; false when the time is over.
    pub fn drained(&mut self, time: Duration) -> bool {
        let deadline = Instant::now() + time;
        while !self.eof {
            if !self.fill(deadline) {
                return false;
            }
            self.input.clear();
            self.start = 0;
        }
        true
    }

    /// The TLS handshake on this socket. `Err` says what the client's TLS made of the server's answer.
    pub fn upgrade(&mut self, alpn: &[&str]) -> Result<(), String> {
        assert_eq!(
            self.start,
            self.input.len(),
            "the server sent bytes after its S"
        );
        let Stream::Plain(socket) = std::mem::replace(&mut self.stream, Stream::Gone) else {
            panic!("TLS inside TLS")
        };
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        self.stream = Stream::Tls(Box::new(tls::handshake(socket, alpn)?));
        Ok(())
    }

    pub fn alpn(&self) -> Option<String> {
        let Stream::Tls(tls) = &self.stream else {
            return None;
        };
        tls.conn
            .alpn_protocol()
            .map(|name| String::from_utf8_lossy(name).into_owned())
    }

    /// `tls-server-end-point` data: SHA-256 of the certificate, whose signature is by SHA-256.
    pub fn end_point(&self) -> Vec<u8> {
        let Stream::Tls(tls) = &self.stream else {
            panic!("no TLS")
        };
        let certificate = &tls.conn.peer_certificates().unwrap()[0];
        aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, certificate)
            .as_ref()
            .to_vec()
    }

    /// Half-close: no more bytes from us.
    pub fn shutdown_write(&mut self) {
        self.socket().shutdown(Shutdown::Write).unwrap();
    }

    /// The socket under the stream, for what only a socket can do.
    pub fn socket(&self) -> &TcpStream {
        match &self.stream {
            Stream::Plain(socket) => socket,
            Stream::Tls(tls) => &tls.sock,
            Stream::Gone => panic!("the stream was lost in a TLS handshake"),
        }
    }

    fn peek(&mut self, deadline: Instant) -> Option<Seen> {
        self.peeked = self.next(deadline);
        self.peeked.clone()
    }

    /// The next message; `None` when the deadline passed.
    pub fn next(&mut self, deadline: Instant) -> Option<Seen> {
        if let Some(seen) = self.peeked.take() {
            return Some(seen);
        }
        loop {
            let waiting = &self.input[self.start..];
            if let [tag, a, b, c, d, body @ ..] = waiting {
                let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
                assert!(
                    (4..1 << 30).contains(&length),
                    "the server sent {:?}",
                    String::from_utf8_lossy(waiting)
                );
                if let Some(body) = body.get(..length - 4) {
                    let seen = Seen::Message {
                        tag: *tag,
                        body: body.to_vec(),
                    };
                    self.start += length + 1;
                    return Some(seen);
                }
            }
            if self.eof {
                assert!(
                    waiting.is_empty(),
                    "EOF inside a message: {:?}",
                    String::from_utf8_lossy(waiting)
                );
                return Some(Seen::Eof);
            }
            if !self.fill(deadline) {
                return None;
            }
        }
    }

    /// Reads once; false when the deadline passed. A reset counts as EOF.
    fn fill(&mut self, deadline: Instant) -> bool {
        if self.start > 1 << 16 {
            self.input.drain(..self.start);
            self.start = 0;
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        self.socket().set_read_timeout(Some(left)).unwrap();
        let mut chunk = [0; 16384];
        let result = match &mut self.stream {
            Stream::Plain(socket) => socket.read(&mut chunk),
            Stream::Tls(tls) => tls.read(&mut chunk),
            Stream::Gone => Ok(0),
        };
        match result {
            Ok(0) => self.eof = true,
            Ok(n) => self.input.extend_from_slice(&chunk[..n]),
            Err(e) => match e.kind() {
                io::ErrorKind::ConnectionReset
                | io::ErrorKind::UnexpectedEof
                | io::ErrorKind::BrokenPipe => self.eof = true,
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => return false,
                io::ErrorKind::Interrupted => {}
                _ => panic!("read: {e}"),
            },
        }
        true
    }
}
