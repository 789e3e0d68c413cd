//! What a server is to be like.

use crate::Certificates;

/// How a server differs from the usual one: no TLS, everybody trusted, no users but postgres.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub(crate) access: Vec<String>,
    pub(crate) settings: Vec<(String, String)>,
    pub(crate) statements: Vec<String>,
    pub(crate) tls: Tls,
}

#[derive(Clone, Debug, Default)]
pub(crate) enum Tls {
    #[default]
    Off,
    /// With certificates of its own.
    On,
    With(Certificates),
}

impl Options {
    /// The usual server.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a line of `pg_hba.conf`, such as `hostssl all ada all scram-sha-256`. The first that fits decides, and who fits none
    /// is refused; without any line everybody is trusted.
    ///
    /// By the socket file, postgres is trusted in any case.
    #[must_use]
    pub fn access(mut self, line: &str) -> Self {
        self.access.push(line.into());
        self
    }

    /// Sets a parameter of `postgresql.conf`, such as `wal_level` to `logical`.
    #[must_use]
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.into(), value.into()));
        self
    }

    /// Adds a user with a password, kept as the setting `password_encryption` says: `scram-sha-256`, or `md5`.
    #[must_use]
    pub fn user(self, name: &str, password: &str) -> Self {
        let (name, password) = (name.replace('"', "\"\""), password.replace('\'', "''"));
        self.sql(&format!(
            "create role \"{name}\" login password '{password}'"
        ))
    }

    /// Adds SQL that postgres runs in the database postgres before anybody else connects; all of it in one session, in order.
    #[must_use]
    pub fn sql(mut self, statement: &str) -> Self {
        self.statements.push(statement.into());
        self
    }

    /// Turns TLS on, with certificates made for this server: [`Postgres::certificates`](crate::Postgres::certificates).
    #[must_use]
    pub fn tls(mut self) -> Self {
        self.tls = Tls::On;
        self
    }

    /// Turns TLS on with certificates that there are already.
    #[must_use]
    pub fn tls_with(mut self, certificates: &Certificates) -> Self {
        self.tls = Tls::With(certificates.clone());
        self
    }

    /// Those of [`Postgres::shared`](crate::Postgres::shared).
    pub(crate) fn shared() -> Self {
        let rules = "host all rejected all reject\nhost all scram all scram-sha-256\nhost all md5 all md5\nhost all cleartext all password\n\
                     hostssl all certificate all cert\nhost all certificate all reject";
        Self::new()
            .access(rules)
            .access(TRUST)
            .setting("wal_level", "logical")
            .sql("create role rejected login; create role certificate login")
            .user("scram", "pencil")
            .user("cleartext", "pencil")
            .sql("set password_encryption = md5")
            .user("md5", "pencil")
            .tls()
    }

    /// The whole of `pg_hba.conf`.
    pub(crate) fn access_lines(&self) -> String {
        let lines = if self.access.is_empty() {
            TRUST.into()
        } else {
            self.access.join("\n")
        };
        format!("local all postgres trust\n{lines}\n")
    }

    /// What `postgresql.conf` says beside where to listen.
    pub(crate) fn setting_lines(&self) -> String {
        let mut lines = String::from(USUAL);
        if !matches!(self.tls, Tls::Off) {
            lines += "ssl = on\nssl_ca_file = 'ca.crt'\n";
        }
        for (name, value) in &self.settings {
            lines += &format!("{name} = '{}'\n", value.replace('\'', "''"));
        }
        lines
    }
}

const TRUST: &str = "local all,replication all trust\nhost all,replication all all trust";

/// Quick rather than safe, and the same everywhere.
const USUAL: &str = "listen_addresses = '127.0.0.1'\nfsync = off\nfull_page_writes = off\nsynchronous_commit = off\n\
                     shared_buffers = '16MB'\ntimezone = 'UTC'\nlog_timezone = 'UTC'\n";
