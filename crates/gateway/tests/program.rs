//! The program `trunkline serve`, from its command line to its end.
#![cfg(feature = "sqlite")]
#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::{Duration, Instant};

/// A server that is killed when the test is over.
struct Program {
    child: Child,
    stderr: BufReader<ChildStderr>,
    port: u16,
}

impl Program {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_trunkline"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut port = None;
        let mut line = String::new();
        while !line.contains("psql") {
            line.clear();
            assert_ne!(stderr.read_line(&mut line).unwrap(), 0, "it has ended");
            if let Some((_, address)) = line.split_once("listening on 127.0.0.1:") {
                port = address.trim().parse().ok();
            }
        }
        Self {
            child,
            stderr,
            port: port.unwrap(),
        }
    }

    /// Logs in with these parameters and sends an empty query; gives what the server said up to the query's ReadyForQuery.
    fn client(&self, parameters: &[(&str, &str)]) -> (TcpStream, Vec<u8>) {
        let mut body = 0x0003_0000_u32.to_be_bytes().to_vec();
        for (name, value) in [("user", "ada")].iter().chain(parameters) {
            body.extend_from_slice(format!("{name}\0{value}\0").as_bytes());
        }
        body.push(0);
        let mut socket = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        socket
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        let length = u32::try_from(body.len() + 4).unwrap();
        socket
            .write_all(&[length.to_be_bytes().as_slice(), &body].concat())
            .unwrap();
        let mut said = ready(&mut socket);
        socket.write_all(b"Q\0\0\0\x05\0").unwrap();
        said.extend(ready(&mut socket));
        (socket, said)
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stderr.read_line(&mut line).unwrap();
        line
    }
}

/// Sends a query; what the server said up to its ReadyForQuery, as text.
fn query(socket: &mut TcpStream, sql: &str) -> String {
    let length = u32::try_from(sql.len() + 5).unwrap();
    let frame = [b"Q", length.to_be_bytes().as_slice(), sql.as_bytes(), b"\0"].concat();
    socket.write_all(&frame).unwrap();
    let mut said = Vec::new();
    let ends = [b"Z\0\0\0\x05I", b"Z\0\0\0\x05T", b"Z\0\0\0\x05E"];
    while !ends.iter().any(|end| said.ends_with(*end)) {
        let mut byte = [0];
        socket.read_exact(&mut byte).unwrap();
        said.push(byte[0]);
    }
    String::from_utf8_lossy(&said).into_owned()
}

fn ready(socket: &mut TcpStream) -> Vec<u8> {
    let mut said = Vec::new();
    while !said.ends_with(b"Z\0\0\0\x05I") {
        let mut byte = [0];
        socket.read_exact(&mut byte).unwrap();
        said.push(byte[0]);
    }
    said
}

impl Drop for Program {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.signal("TERM");
            self.signal("TERM");
        }
        let _ = self.child.wait();
    }
}

#[test]
fn a_second_signal_stops_at_once() {
    let mut program = Program::start();
    let (mut client, _) = program.client(&[]);
    client
        .write_all(b"Q\0\0\0\x19select pg_sleep(60)\0")
        .unwrap();
    std::thread::sleep(Duration::from_millis(300));
    program.signal("INT");
    assert_eq!(
        program.line(),
        "Stopping: waiting up to 10 s for running statements; again to stop now\n"
    );
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(program.child.try_wait().unwrap(), None);
    let second = Instant::now();
    program.signal("TERM");
    assert_eq!(program.child.wait().unwrap().code(), Some(1));
    assert!(second.elapsed() < Duration::from_secs(2));
}

#[test]
fn a_client_with_a_time_zone_of_its_own_is_warned() {
    let program = Program::start();
    let warning: &[u8] = b"time zone \"Europe/Oslo\" is not supported";
    let said = |zone| program.client(&[("TimeZone", zone)]).1;
    let warned = |zone| said(zone).windows(warning.len()).any(|w| w == warning);
    assert!(warned("Europe/Oslo"));
    assert!(!warned("Etc/UTC"));
}

/// The folders of databases in memory that this process holds open.
fn folders(pid: u32) -> Vec<PathBuf> {
    let open = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    open.filter_map(|fd| std::fs::read_link(fd.ok()?.path()).ok())
        .filter(|path| path.ends_with("owner.lock"))
        .filter_map(|path| Some(path.parent()?.to_owned()))
        .collect()
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_killed_server_left_is_removed_by_the_next() {
    let mut killed = Program::start();
    let left = folders(killed.child.id());
    assert_eq!(left.len(), 1);
    let live = Program::start();
    let kept = folders(live.child.id());
    assert!(left[0].exists());
    killed.signal("KILL");
    killed.child.wait().unwrap();
    assert!(left[0].exists());
    let next = Program::start();
    assert!(!left[0].exists() && kept[0].exists());
    drop(next);
}

/// The most memory that this process has had, in bytes.
#[cfg(target_os = "linux")]
fn peak(pid: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.unwrap().trim().trim_end_matches(" kB");
    kib.parse::<usize>().unwrap() << 10
}

/// The rows of one message are stored while they are read: the first refuses, and the others never were values.
#[cfg(target_os = "linux")]
#[test]
fn a_long_copy_message_takes_no_more_than_its_buffer() {
    const LENGTH: usize = 16 << 20;
    let program = Program::start();
    let (mut client, _) = program.client(&[]);
    let mut query = |sql: &str, rest: &[u8]| {
        let length = u32::try_from(sql.len() + 5).unwrap().to_be_bytes();
        let message = [b"Q", length.as_slice(), sql.as_bytes(), b"\0", rest];
        client.write_all(&message.concat()).unwrap();
        ready(&mut client)
    };
    query("create table t (n int check (n > 1))", &[]);
    let before = peak(program.child.id());
    let length = u32::try_from(LENGTH + 4).unwrap().to_be_bytes();
    let data = [b"d", length.as_slice(), &b"1\n".repeat(LENGTH / 2)].concat();
    let said = query(
        "copy t from stdin",
        &[&data, b"c\0\0\0\x04".as_slice()].concat(),
    );
    let refused: &[u8] = b"C23514\0";
    assert!(said.windows(refused.len()).any(|w| w == refused));
    let grown = peak(program.child.id()) - before;
    // The buffer that it is received in grows by doubling.
    assert!(grown < 2 * LENGTH + (4 << 20), "{grown}");
}

#[test]
fn half_of_tls_is_one_line() {
    let output = Command::new(env!("CARGO_BIN_EXE_trunkline"))
        .args(["serve", "--tls-cert", "cert.pem"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "trunkline: --tls-cert needs --tls-key FILE, the certificate's private key\n"
    );
}

/// The cursor that began last is not the one that is read.
#[test]
fn a_cancel_stops_the_cursor_that_is_read() {
    let program = Program::start();
    let (mut client, said) = program.client(&[]);
    let at = said.windows(5).position(|w| w.starts_with(b"K\0\0\0"));
    let (at, length) = (at.unwrap() + 5, usize::from(said[at.unwrap() + 4]));
    let key = said[at..at + length - 4].to_vec();
    let mut ask = |sql: &str| query(&mut client, sql);
    for sql in [
        "BEGIN",
        "DECLARE a CURSOR FOR select n from generate_series(1, 100000000) g(n)",
        "DECLARE b CURSOR FOR select n from generate_series(1, 1000000) g(n)",
        "MOVE 1 a",
        "SAVEPOINT s",
        "MOVE 1 b",
    ] {
        let said = ask(sql);
        assert!(said.ends_with('T'), "{sql}: {said}");
    }
    let port = program.port;
    let cancel = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        let length = u32::try_from(key.len() + 8).unwrap().to_be_bytes();
        let request = [&length, &80_877_102_u32.to_be_bytes(), key.as_slice()].concat();
        let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
        socket.write_all(&request).unwrap();
    });
    let said = ask("MOVE 100000000 a");
    assert!(said.contains("57014"), "{said}");
    cancel.join().unwrap();
    assert!(ask("ROLLBACK TO s").contains("ROLLBACK"));
    let said = ask("MOVE ALL b");
    assert!(said.contains("MOVE 999999\0"), "{said}");
}
