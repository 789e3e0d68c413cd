//! Each example of a client is run against real PostgreSQL, as its reader would.

#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use std::process::{Command, Output};

use trunkline_test_postgres::{Postgres, Version};

/// Builds and runs an example with a connection string.
fn run(name: &str, config: &str) -> Output {
    run_with("client", name, config)
}

fn run_with(feature: &str, name: &str, config: &str) -> Output {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["run", "--quiet", "--package", "trunkline"]);
    cargo.args(["--features", feature, "--example", name, "--", config]);
    cargo.output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// Runs an example with each server, and expects the same output of both.
fn prints(name: &str, expected: &str) {
    prints_with("client", name, expected);
}

fn prints_with(feature: &str, name: &str, expected: &str) {
    for version in [Version::V15, Version::V18] {
        let port = Postgres::shared(version).port();
        let at = format!("postgres://postgres@127.0.0.1:{port}/postgres");
        let ran = run_with(feature, name, &at);
        assert!(ran.status.success(), "{}", text(&ran.stderr));
        assert_eq!(text(&ran.stdout), expected);
    }
}

/// The lines of an example that its reader has to read: neither blank nor comments.
fn lines(name: &str) -> usize {
    let path = format!("{}/../../examples/{name}.rs", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let read = |line: &&str| !line.trim().is_empty() && !line.starts_with("//!");
    text.lines().filter(read).count()
}

#[test]
fn the_examples_are_short() {
    assert!(lines("hello_client") <= 12);
    assert!(lines("raw") <= 20);
    for name in ["query", "pipeline", "copy_client", "listen"] {
        assert!(lines(name) <= 40, "{name}");
    }
}

#[test]
fn hello_client() {
    prints("hello_client", "hello, world\n");
}

#[test]
fn query() {
    prints("query", "2 people\n1: Ada\n2: Grace\n");
}

#[test]
fn types() {
    prints(
        "types",
        "Person { name: \"Ada\", mail: Some(Email(\"ada@example.org\")), moods: [VeryHappy, Sad] } is Sad\n",
    );
}

#[test]
fn pipeline() {
    let refused = "new row for relation \"accounts\" violates check constraint \"accounts_balance_check\" (23514); Failing row contains (Grace, -25).";
    prints(
        "pipeline",
        &format!(
            "2 accounts with 150 in all\ncredited: 1\ndebited: ERROR: {refused}\nAda still has 100\n"
        ),
    );
}

#[test]
fn copy_client() {
    prints(
        "copy_client",
        "100000 rows went in\n1,1,\n20,400,\"20, squared\"\n",
    );
}

#[test]
fn listen() {
    prints("listen", "jobs: wash\njobs: dry\njobs: done\n");
}

#[test]
fn raw() {
    prints("raw", "1 1\n2 4\n3 9\n");
    let refused = run("raw", "postgres://postgres@127.0.0.1:1/postgres");
    assert!(!refused.status.success());
    let said = text(&refused.stderr);
    assert!(said.contains("is a server running there?"), "{said}");
}

#[test]
fn blocking() {
    let expected = "2 people\n1: Ada\n2: Grace\nnews: hot\n";
    prints_with("client-blocking", "blocking", expected);
}
