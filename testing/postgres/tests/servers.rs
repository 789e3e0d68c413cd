//! Servers of both versions, asked by psql.

#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use trunkline_test_postgres::{Certificates, Options, Postgres, Version};

/// What psql says when `user` logs in over TCP: the answer to a question, or its complaint.
fn login(server: &Postgres, user: &str, environment: &[(&str, &str)]) -> String {
    let mut psql = server.client("psql").unwrap();
    psql.env("PGHOST", "localhost")
        .env("PGHOSTADDR", "127.0.0.1")
        .env("PGUSER", user)
        .envs(environment.iter().copied())
        .args(["-X", "-w", "-A", "-t", "-c"])
        .arg("select current_user, ssl from pg_stat_ssl where pid = pg_backend_pid()");
    let output = psql.stdin(Stdio::null()).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    String::from_utf8(text).unwrap()
}

fn both(test: impl Fn(Version)) {
    Version::ALL.into_iter().for_each(test);
}

#[test]
fn each_version_starts_and_goes_with_its_files() {
    both(|version| {
        let server = Postgres::start(version, Options::new()).unwrap();
        let asked =
            server.sql("show server_version_num; show server_encoding; show timezone; show ssl");
        let number = format!("{}0", version.major());
        let asked = asked.unwrap();
        assert!(
            asked.starts_with(&number) && asked.ends_with("\nUTF8\nUTC\noff\n"),
            "{asked}"
        );
        assert_eq!(
            login(&server, "postgres", &[("PGSSLMODE", "prefer")]),
            "postgres|f\n"
        );
        assert!(server.socket_file().exists() && server.is_running());
        let (address, folder) = (server.address(), server.socket_folder().to_path_buf());
        drop(server);
        assert!(
            TcpStream::connect(address).is_err(),
            "{version} still listens"
        );
        assert!(!folder.exists(), "{} is left", folder.display());
    });
}

#[test]
fn the_shared_server_knows_each_way_to_log_in() {
    both(|version| {
        let server = Postgres::shared(version);
        assert!(std::ptr::eq(server, Postgres::shared(version)));
        let asked = server.sql(
            "select rolname, left(rolpassword, 3) from pg_authid where rolpassword > '' order by 1",
        );
        assert_eq!(asked.unwrap(), "cleartext|SCR\nmd5|md5\nscram|SCR\n");
        for user in ["scram", "md5", "cleartext"] {
            for (mode, answer) in [("disable", "f"), ("require", "t")] {
                let mode = ("PGSSLMODE", mode);
                let right = login(server, user, &[mode, ("PGPASSWORD", "pencil")]);
                assert_eq!(right, format!("{user}|{answer}\n"));
                let wrong = login(server, user, &[mode, ("PGPASSWORD", "pen")]);
                assert!(wrong.contains("password authentication failed"), "{wrong}");
            }
        }
        let rejected = login(server, "rejected", &[]);
        assert!(
            rejected.contains("pg_hba.conf rejects connection"),
            "{rejected}"
        );
        assert_eq!(server.sql("show wal_level").unwrap(), "logical\n");
    });
}

#[test]
fn certificates_are_verified_both_ways() {
    both(|version| {
        let server = Postgres::shared(version);
        let certificates = server.certificates().unwrap();
        let authority = certificates.authority();
        let own = certificates.client("certificate").unwrap();
        let verified = [
            ("PGSSLMODE", "verify-full"),
            ("PGSSLROOTCERT", authority.to_str().unwrap()),
        ];
        let shown = [
            ("PGSSLCERT", own.certificate.to_str().unwrap()),
            ("PGSSLKEY", own.key.to_str().unwrap()),
        ];
        let both = [verified, shown].concat();
        assert_eq!(login(server, "certificate", &both), "certificate|t\n");
        let none = login(server, "certificate", &verified);
        assert!(
            none.contains("connection requires a valid client certificate"),
            "{none}"
        );
        let other = certificates.client("scram").unwrap();
        let other = [
            ("PGSSLCERT", other.certificate.to_str().unwrap()),
            ("PGSSLKEY", other.key.to_str().unwrap()),
        ];
        let refused = login(server, "certificate", &[verified, other].concat());
        assert!(
            refused.contains("certificate authentication failed"),
            "{refused}"
        );
    });
}

#[test]
fn options_make_the_server() {
    let folder = Folder::new("certificates");
    let certificates = Certificates::create(&folder.0).unwrap();
    both(|version| {
        let options = Options::new()
            .access("hostssl all ada all password")
            .access("hostnossl all ada all md5")
            .setting("password_encryption", "md5")
            .setting("search_path", "it's, public")
            .user("ada", "it's")
            .sql("create table public.t(n int)")
            .sql("insert into t values (1), (2)")
            .tls_with(&certificates);
        let server = Postgres::start(version, options).unwrap();
        assert_eq!(
            server
                .sql("select sum(n) from t; show search_path")
                .unwrap(),
            "3\nit's, public\n"
        );
        let password = ("PGPASSWORD", "it's");
        let (plain, secure) = (("PGSSLMODE", "disable"), ("PGSSLMODE", "require"));
        assert_eq!(login(&server, "ada", &[password, plain]), "ada|f\n");
        assert_eq!(login(&server, "ada", &[password, secure]), "ada|t\n");
        let nobody = login(&server, "postgres", &[plain]);
        assert!(nobody.contains("no pg_hba.conf entry"), "{nobody}");
        assert!(
            server.log().contains("no pg_hba.conf entry"),
            "{}",
            server.log()
        );
    });
}

#[test]
fn a_server_that_cannot_start_says_why() {
    let no = Options::new().setting("port", "no");
    let error = Postgres::start(Version::V15, no).unwrap_err().to_string();
    assert!(
        error.contains("invalid value for parameter \"port\": \"no\""),
        "{error}"
    );
    let no = Options::new()
        .sql("create table t(n int)")
        .sql("select 1/0");
    let error = Postgres::start(Version::V18, no).unwrap_err().to_string();
    assert!(error.contains("division by zero"), "{error}");
}

#[test]
fn a_server_that_is_killed_is_noticed() {
    let server = Postgres::start(Version::V18, Options::new()).unwrap();
    let process = server.sql("select pg_read_file('postmaster.pid')").unwrap();
    let process = process.lines().next().unwrap().to_owned();
    let killed = Command::new("kill").args(["-KILL", &process]).status();
    assert!(killed.unwrap().success());
    until(|| !server.is_running());
}

#[test]
fn a_server_does_not_outlive_a_test_that_is_killed() {
    const ROLE: &str = "TRUNKLINE_TEST_TO_BE_KILLED";
    if let Some(file) = std::env::var_os(ROLE).map(PathBuf::from) {
        return be_killed(&file);
    }
    // This very test in another process, in its other role.
    let folder = Folder::new("killed");
    let file = folder.0.join("server");
    let mut test = Command::new(std::env::current_exe().unwrap());
    test.args(["--exact", "a_server_does_not_outlive_a_test_that_is_killed"])
        .env(ROLE, &file)
        .stdout(Stdio::null());
    let mut test = test.spawn().unwrap();
    until(|| file.exists());
    let told = std::fs::read_to_string(&file).unwrap();
    let (address, files) = told.split_once(' ').unwrap();
    assert!(TcpStream::connect(address).is_ok() && Path::new(files).exists());
    test.kill().unwrap();
    test.wait().unwrap();
    until(|| TcpStream::connect(address).is_err() && !Path::new(files).exists());
}

/// Starts a server, says where in a file, and waits for the end.
fn be_killed(file: &Path) {
    let server = Postgres::start(Version::V15, Options::new()).unwrap();
    let told = format!("{} {}", server.address(), server.socket_folder().display());
    std::fs::write(file.with_extension("part"), told).unwrap();
    std::fs::rename(file.with_extension("part"), file).unwrap();
    std::thread::sleep(Duration::from_secs(600));
}

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = format!("trunkline-test-postgres-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A leftover in the temporary folder is no reason to fail.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn until(condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < deadline, "it does not come to be so");
        std::thread::sleep(Duration::from_millis(10));
    }
}
