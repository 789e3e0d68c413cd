//! Each example is started and asked by psql, as its reader would.

#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running example; it ends with the test.
struct Example {
    process: Child,
    port: u16,
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The folder of the build that this test is a part of.
fn build() -> PathBuf {
    let mut folder = std::env::current_exe().unwrap();
    folder.pop();
    folder.pop();
    folder
}

fn start(name: &str, arguments: &[&str]) -> Example {
    // Tests are built without the examples; those that are there already cost nothing.
    let built = Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            "--package",
            "trunkline",
            "--example",
            name,
        ])
        .status()
        .unwrap();
    assert!(built.success(), "the example {name} does not build");
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let program = build().join("examples").join(name);
    let process = Command::new(&program)
        .arg(format!("127.0.0.1:{port}"))
        .args(arguments)
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    let deadline = Instant::now() + Duration::from_secs(30);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < deadline, "{name} does not listen");
        std::thread::sleep(Duration::from_millis(20));
    }
    Example { process, port }
}

/// What psql prints to each command, all in one session: unaligned, without headers; errors with their SQLSTATE.
fn psql(example: &Example, settings: &str, script: &str) -> String {
    let mut psql = Command::new("psql")
        .args(["-X", "-q", "-At", "-v", "VERBOSITY=sqlstate"])
        .arg(format!(
            "host=127.0.0.1 port={} user=ada connect_timeout=10 {settings}",
            example.port
        ))
        .env("PGPASSWORD", "lovelace")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("psql is installed");
    psql.stdin
        .take()
        .unwrap()
        .write_all(script.as_bytes())
        .unwrap();
    let output = psql.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    text(output.stdout) + &text(output.stderr)
}

#[test]
fn typed_streams_rows_of_its_parameter() {
    let example = start("typed", &[]);
    let script = "select * from squares($1) \\bind 3 \\g\n";
    // \bind came with psql 16; with an older one the parameter goes through PREPARE.
    let seen = psql(&example, "", script);
    let seen = if seen.contains("invalid command") {
        psql(
            &example,
            "",
            "prepare s(int) as select * from squares($1); execute s(3);",
        )
    } else {
        seen
    };
    assert_eq!(seen, "1|1\n2|4\n3|9\n");
}

#[test]
fn transaction_rolls_back() {
    let example = start("transaction", &[]);
    let script = "add 5; begin; add 1; show; rollback; show;\nadd 2\\; add nonsense;\nshow;\n";
    assert_eq!(
        psql(&example, "", script),
        "6\n5\n5\nERROR:  42601\n",
        "neither a rollback nor a failed Query leaves a trace"
    );
}

#[test]
fn cancel_stops_at_the_timeout_and_when_the_client_asks() {
    let example = start("cancel", &[]);
    assert_eq!(
        psql(&example, "", "set 50;\nwork;\n"),
        "ERROR:  57014\n",
        "rows of a statement that fails are not shown"
    );

    let mut client = Command::new("psql")
        .args(["-X", "-At", "-v", "FETCH_COUNT=0"])
        .arg(format!("host=127.0.0.1 port={} user=ada", example.port))
        .args(["-c", "work"])
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // Only once psql is connected and waits does its interrupt mean a cancel.
    std::thread::sleep(Duration::from_millis(500));
    let interrupted = Command::new("kill")
        .args(["-INT", &client.id().to_string()])
        .status()
        .unwrap();
    assert!(interrupted.success());
    let stderr = BufReader::new(client.stderr.take().unwrap());
    let told = stderr
        .lines()
        .map(Result::unwrap)
        .any(|line| line.contains("canceling statement due to user request"));
    client.wait().unwrap();
    assert!(told);
}

/// A temporary folder that goes with the test, even if it fails.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // The test may be failing already, and its failure is the one to tell.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn secure_wants_tls_and_the_password() {
    let folder = Folder::new("trunkline-secure");
    let folder = &folder.0;
    let (certificate, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
        ])
        .args(["-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext"])
        .args(["subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .stderr(Stdio::null())
        .status()
        .expect("openssl is installed");
    assert!(made.success());

    let paths = [certificate.to_str().unwrap(), key.to_str().unwrap()];
    let example = start("secure", &paths);
    let verified = format!("sslmode=verify-full sslrootcert={}", paths[0]);
    assert_eq!(psql(&example, &verified, "who;"), "ada|t\n");
    let bound = format!("{verified} channel_binding=require");
    assert_eq!(psql(&example, &bound, "who;"), "ada|t\n");
    assert!(psql(&example, "sslmode=disable", "who;").contains("this server wants TLS"));
    let wrong = format!("{verified} password=byron");
    assert!(psql(&example, &wrong, "who;").contains("password authentication failed"));
}
