//! A server that runs.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::account::Account;
use crate::error::{Context, output};
use crate::guardian::{Guardian, is_alive};
use crate::options::Tls;
use crate::{Certificates, Error, Options, Result, Version, cluster, files, version};

/// A server that has not started by then will not.
const PATIENCE: Duration = Duration::from_secs(60);

/// A PostgreSQL server that is stopped, and whose files are removed, when this is dropped or the process ends.
#[derive(Debug)]
pub struct Postgres {
    version: Version,
    folder: PathBuf,
    port: u16,
    process: u32,
    certificates: Option<Certificates>,
    _guardian: Guardian,
}

impl Postgres {
    /// Starts a server on a free port of 127.0.0.1 and on a socket file, and waits until it takes connections.
    ///
    /// Its superuser is `postgres` and so is its database; UTF8, locale C.UTF-8, time zone UTC, `fsync` off.
    ///
    /// # Errors
    /// If this version is not installed, or the server does not want to run with these options; then with what it wrote.
    pub fn start(version: Version, options: Options) -> Result<Self> {
        let account = Account::find()?;
        let mut installed = version.installed()?;
        let folder = files::temporary(account)?;
        let is_open = account.can_enter(&installed);
        let program = if is_open { &installed } else { &folder };
        let mut guardian = Guardian::of(&folder, &program.join("bin/postgres"), account)?;
        if !is_open {
            // Its user cannot come to where it was installed, such as below /root.
            for part in ["bin", "lib", "share"] {
                files::copy(&installed.join(part), &folder.join(part), account)?;
            }
            installed = folder.clone();
        }
        cluster::create(&folder, &installed, account)?;
        let certificates = match &options.tls {
            Tls::Off => None,
            Tls::On => Some(Certificates::create(&folder)?),
            Tls::With(certificates) => Some(certificates.clone()),
        };
        if let Some(certificates) = &certificates {
            let (own, data) = (certificates.server(), folder.join("data"));
            files::copy(&certificates.authority(), &data.join("ca.crt"), account)?;
            files::copy(&own.certificate, &data.join("server.crt"), account)?;
            files::copy(&own.key, &data.join("server.key"), account)?;
        }
        write(&folder.join("data/pg_hba.conf"), &options.access_lines())?;
        let (process, port) = listen(&mut guardian, &folder, &options.setting_lines())?;
        let server = Self {
            version,
            folder,
            port,
            process,
            certificates,
            _guardian: guardian,
        };
        if !options.statements.is_empty() {
            server.sql(&options.statements.join(";\n"))?;
        }
        Ok(server)
    }

    /// The server that the tests of this process share: for those that leave nothing behind that another could meet. Started
    /// when first asked for. (With cargo-nextest, each test is a process.)
    ///
    /// TLS is on, `wal_level` is `logical`, and everybody is trusted but for these users, whose names say how they log in over
    /// TCP, with or without TLS; their password is `pencil`: `scram`, `md5`, `cleartext`; `certificate` (with TLS and a
    /// [client's certificate](Certificates::client)); and `rejected`.
    ///
    /// # Panics
    /// If it cannot be started, with the reason.
    pub fn shared(version: Version) -> &'static Self {
        static SHARED: [OnceLock<Postgres>; 2] = [OnceLock::new(), OnceLock::new()];
        let [shared_15, shared_18] = &SHARED;
        let shared = match version {
            Version::V15 => shared_15,
            Version::V18 => shared_18,
        };
        shared.get_or_init(|| match Self::start(version, Options::shared()) {
            Ok(server) => server,
            Err(error) => panic!("{error}"),
        })
    }

    /// Which version it is.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Where it listens: a port of 127.0.0.1.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// The port, which is also a part of the socket file's name.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder of the socket file: what libpq takes as `host`.
    pub fn socket_folder(&self) -> &Path {
        &self.folder
    }

    /// The socket file.
    pub fn socket_file(&self) -> PathBuf {
        self.folder.join(format!(".s.PGSQL.{}", self.port))
    }

    /// Whose certificate the server shows, if TLS is on.
    pub fn certificates(&self) -> Option<&Certificates> {
        self.certificates.as_ref()
    }

    /// What the server has written, its complaints included.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// Whether the server has not ended by itself.
    pub fn is_running(&self) -> bool {
        is_alive(self.process)
    }

    /// A client program, such as `psql`, told to connect as postgres by the socket file, and free of what the environment and
    /// the home of whoever runs the tests say of PostgreSQL.
    ///
    /// # Errors
    /// If the program is not installed.
    pub fn client(&self, program: &str) -> Result<Command> {
        let mut command = Command::new(version::client(program)?);
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"PG") {
                command.env_remove(name);
            }
        }
        command
            .env("HOME", &self.folder)
            .env("PGHOST", &self.folder)
            .env("PGPORT", self.port.to_string())
            .env("PGUSER", "postgres")
            .env("PGDATABASE", "postgres");
        Ok(command)
    }

    /// Has psql run SQL as postgres, one statement after another; the values of the results, a row a line, with `|` between.
    ///
    /// # Errors
    /// At the first statement that fails, with its error.
    pub fn sql(&self, statements: &str) -> Result<String> {
        let mut psql = self.client("psql")?;
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]);
        output(&mut psql, statements)
    }
}

/// Starts the server on a port that is free; its process and the port.
fn listen(guardian: &mut Guardian, folder: &Path, settings: &str) -> Result<(u32, u16)> {
    let file = folder.join("data/postgresql.conf");
    let usual = fs::read_to_string(&file).context(|| file.display().to_string())?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let port = free_port()?;
        let place = format!(
            "port = {port}\nunix_socket_directories = '{}'\n",
            folder.display()
        );
        write(&file, &format!("{usual}\n{place}{settings}"))?;
        let process = guardian.start()?;
        while is_alive(process) && Instant::now() < deadline {
            if is_ready(folder, process) {
                return Ok((process, port));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
        // Unless somebody else was given the port in the meantime.
        if is_alive(process) || !log.contains("Address already in use") {
            return Err(Error::new(format!("PostgreSQL did not start:\n{log}")));
        }
    }
}

/// Whether the server takes connections: the last line of its `postmaster.pid` says so.
fn is_ready(folder: &Path, process: u32) -> bool {
    let state = fs::read_to_string(folder.join("data/postmaster.pid")).unwrap_or_default();
    state.lines().next() == Some(&process.to_string())
        && state.lines().nth(7).map(str::trim_end) == Some("ready")
}

/// A port of the loopback interface that nobody listens on just now.
fn free_port() -> Result<u16> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .context(|| "no port is free".into())
}

/// Writes a file that there is already, whose owner it keeps.
fn write(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).context(|| format!("cannot write {}", file.display()))
}
