//! The servers to test against, and the ways to log in to each.

use std::path::{Path, PathBuf};
use std::process::Command;

use trunkline_test_postgres::{Options, Postgres, Version};

use crate::process::{self, Server};
use crate::{Result, Tools};

/// The user who needs a password, and the password: not ASCII, and left alone by SASLprep and by the drivers that lack it.
const USER: &str = "ada";
const PASSWORD: &str = "grün wie Gras";

/// Which server.
#[derive(Copy, Clone, Eq, PartialEq)]
pub(crate) enum Kind {
    Postgres15,
    Postgres18,
    Trunkline,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Postgres15, Self::Postgres18, Self::Trunkline];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Postgres15 => "postgresql-15",
            Self::Postgres18 => "postgresql-18",
            Self::Trunkline => "trunkline",
        }
    }
}

/// A running server, or two of them where one cannot offer every login.
pub(crate) struct Target {
    running: Running,
    pub(crate) logins: Vec<Login>,
}

enum Running {
    Postgres(Postgres),
    Trunkline([Server; 2]),
}

/// One way to connect.
pub(crate) struct Login {
    /// `plain` (no TLS, no password), `scram` (no TLS), `tls` (verified certificate, SCRAM, channel binding where the driver
    /// knows it) or `unix` (a socket file, no password).
    pub(crate) name: &'static str,
    /// For `PGHOST`: a name, or the folder of a socket file.
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) user: &'static str,
    pub(crate) password: Option<&'static str>,
    /// The certificate authority to trust, for TLS.
    pub(crate) authority: Option<PathBuf>,
    /// The server's process where one process serves all sessions, so that its memory can be watched.
    pub(crate) server: Option<u32>,
}

impl Target {
    /// Starts the server and waits until it listens.
    pub(crate) fn start(kind: Kind, tools: &Tools) -> Result<Self> {
        match kind {
            Kind::Postgres15 => postgres(Version::V15, tools),
            Kind::Postgres18 => postgres(Version::V18, tools),
            Kind::Trunkline => trunkline(tools),
        }
    }

    /// Stops the servers; a description if one of them was dead already.
    pub(crate) fn stop(self) -> Result<Option<String>> {
        match self.running {
            Running::Postgres(server) if server.is_running() => Ok(None),
            Running::Postgres(server) => Ok(Some(format!(
                "the server ended by itself\n{}",
                server.log()
            ))),
            Running::Trunkline([open, closed]) => {
                let death = open.stop()?;
                Ok(death.or(closed.stop()?))
            }
        }
    }
}

fn logins(
    plain: (u16, Option<u32>),
    secured: (u16, Option<u32>),
    socket: &Path,
    tools: &Tools,
) -> Vec<Login> {
    let local = |name, (port, server)| Login {
        name,
        host: "localhost".into(),
        port,
        user: "open",
        password: None,
        authority: None,
        server,
    };
    let secret = |name| Login {
        user: USER,
        password: Some(PASSWORD),
        ..local(name, secured)
    };
    vec![
        local("plain", plain),
        secret("scram"),
        Login {
            authority: Some(tools.certificates.authority()),
            ..secret("tls")
        },
        Login {
            host: socket.display().to_string(),
            ..local("unix", plain)
        },
    ]
}

fn postgres(version: Version, tools: &Tools) -> Result<Target> {
    let options = Options::new()
        .access("local all all trust")
        .access("hostnossl all open all trust")
        .access("host all all all scram-sha-256")
        .tls_with(&tools.certificates)
        .sql("create role open superuser login")
        .user(USER, PASSWORD)
        .sql(&format!("alter role {USER} superuser"))
        .sql("create database trunk");
    let server = Postgres::start(version, options)?;
    let door = (server.port(), None);
    Ok(Target {
        logins: logins(door, door, server.socket_folder(), tools),
        running: Running::Postgres(server),
    })
}

/// Two servers: in memory for whoever comes by loopback or socket file, and a database file behind TLS and SCRAM.
fn trunkline(tools: &Tools) -> Result<Target> {
    let program = tools.binaries.join("trunkline");
    if !program.exists() {
        return Err(format!(
            "{} is missing: build it first (./test does)",
            program.display()
        )
        .into());
    }
    let folder = tools.work.join("trunkline");
    std::fs::create_dir_all(&folder)?;
    let (plain, secured) = (process::free_port()?, process::free_port()?);

    let mut command = Command::new(&program);
    command.args([
        "serve",
        "--auth",
        "trust",
        "--listen",
        &format!("127.0.0.1:{plain}"),
        "--listen",
    ]);
    command.arg(folder.join(format!(".s.PGSQL.{plain}")));
    let open = Server::start(&mut command, &folder.join("open.log"), plain)?;

    std::fs::write(folder.join("password"), PASSWORD)?;
    let mut verifier = Command::new("sh");
    verifier
        .args(["-c", "\"$0\" verifier \"$1\" < password"])
        .arg(&program)
        .arg(USER)
        .current_dir(&folder);
    std::fs::write(folder.join("users"), process::run(&mut verifier)?.stdout)?;
    let mut command = Command::new(&program);
    command.arg("serve").arg(folder.join("trunk.db")).args([
        "--auth",
        "scram",
        "--listen",
        &format!("127.0.0.1:{secured}"),
    ]);
    command.arg("--users").arg(folder.join("users"));
    let shown = tools.certificates.server();
    command
        .arg("--tls-cert")
        .arg(&shown.certificate)
        .arg("--tls-key")
        .arg(&shown.key);
    let closed = Server::start(&mut command, &folder.join("closed.log"), secured)?;

    let pids = (Some(open.pid()), Some(closed.pid()));
    Ok(Target {
        running: Running::Trunkline([open, closed]),
        logins: logins((plain, pids.0), (secured, pids.1), &folder, tools),
    })
}
