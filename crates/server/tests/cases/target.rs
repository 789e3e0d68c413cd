//! What a case runs against: this crate's server with the [`play`](crate::play) session, or, when
//! `TRUNKLINE_CASES_TARGET` asks for it, a PostgreSQL.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Once};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::Notify;
use trunkline_server::{
    Authenticated, Authenticator, Error, Exchange, Limits, Result, Server, SqlState, Tls, Trust,
    Verifier,
};
use trunkline_test_postgres::{Options, Postgres, Version};

use crate::play::{Gauges, Play, World};
use crate::wire::Client;

/// One runtime for all servers of the process: a server lives on when the test that started it forgets it.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
});

/// The server of the cases that need nothing special.
static SHARED: LazyLock<Target> = LazyLock::new(|| Setup::default().start());

/// What a case needs of its server.
#[derive(Clone)]
pub struct Setup {
    tls: bool,
    patience: Duration,
    max_connections: usize,
    max_prepared: (usize, usize),
    max_prepared_bytes: usize,
    also: Option<PathBuf>,
    limits: Limits,
}

impl Default for Setup {
    fn default() -> Self {
        let max_prepared = (10_000, 1_000);
        Self {
            tls: true,
            patience: Duration::from_secs(60),
            max_connections: 1_000,
            max_prepared,
            max_prepared_bytes: 64 << 20,
            also: None,
            limits: Limits::POSTGRES,
        }
    }
}

/// A running server.
#[derive(Clone)]
pub struct Target {
    address: SocketAddr,
    patience: Duration,
    world: World,
    /// `None`: PostgreSQL.
    stop: Option<Arc<Notify>>,
}

/// A server that offers TLS and asks users for what their names say ([`Hba`]).
pub fn server() -> Target {
    SHARED.clone()
}

/// Names the PostgreSQL to run against: `18` for one of that version, or the address of one that [`start_postgres`] has started.
pub const TARGET: &str = "TRUNKLINE_CASES_TARGET";

/// The PostgreSQL to run against, if one is named.
pub fn postgres() -> Option<SocketAddr> {
    static STARTED: LazyLock<Postgres> = LazyLock::new(start_postgres);
    let named = std::env::var(TARGET).ok()?;
    Some(match named.as_str() {
        "18" => STARTED.address(),
        address => address.parse().unwrap(),
    })
}

/// A PostgreSQL 18 that asks users for the same as [`Hba`].
pub fn start_postgres() -> Postgres {
    let options = Options::new()
        .access("host all reject_user all reject")
        .access("host all scram_user,unknown_user,other_unknown all scram-sha-256")
        .access("host all clear_user all password")
        .access("host all md5_user,scram_by_md5 all md5")
        .access("host postgres,nosuchdb all all trust")
        .setting("authentication_timeout", "5s")
        .setting("max_connections", "200")
        .tls()
        .user("scram_user", "pencil")
        .user("scram_by_md5", "pencil")
        .user("clear_user", "pencil")
        .sql("set password_encryption = md5")
        .user("md5_user", "pencil")
        .sql("create role nologin_user nologin")
        .sql("create role limit0_user login connection limit 0");
    Postgres::start(Version::V18, options).unwrap()
}

impl Setup {
    pub fn without_tls() -> Self {
        Self {
            tls: false,
            ..Self::default()
        }
    }

    /// Logins are given little time.
    pub fn impatient() -> Self {
        Self {
            patience: Duration::from_millis(400),
            ..Self::default()
        }
    }

    pub fn max_connections(count: usize) -> Self {
        Self {
            max_connections: count,
            ..Self::default()
        }
    }

    pub fn max_prepared(statements: usize, portals: usize) -> Self {
        Self {
            max_prepared: (statements, portals),
            ..Self::default()
        }
    }

    /// What is prepared and bound may take so many bytes.
    pub fn max_prepared_bytes(bytes: usize) -> Self {
        Self {
            max_prepared_bytes: bytes,
            ..Self::default()
        }
    }

    /// Other sizes of messages.
    pub fn limits(change: impl FnOnce(&mut Limits)) -> Self {
        let mut setup = Self::default();
        change(&mut setup.limits);
        setup
    }

    /// Listens on a Unix-domain socket, too.
    pub fn also_at(mut self, path: &Path) -> Self {
        self.also = Some(path.into());
        self
    }

    pub fn start(self) -> Target {
        match postgres() {
            Some(address) => Target::postgres(address),
            None => self.start_here(),
        }
    }

    /// For what cannot be asked of PostgreSQL: there is then no server.
    pub fn start_ours(self) -> Option<Target> {
        postgres().is_none().then(|| self.start_here())
    }

    /// This crate's server, in any case.
    pub fn start_here(self) -> Target {
        let mut server = Server::new(Hba)
            .limits(self.limits)
            .authentication_timeout(self.patience)
            .max_connections(self.max_connections)
            .max_logins(1_000)
            .half_close_grace(Duration::from_millis(500))
            .max_statements(self.max_prepared.0)
            .max_portals(self.max_prepared.1)
            .max_prepared_bytes(self.max_prepared_bytes);
        if self.tls {
            let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire");
            server = server.tls(
                Tls::from_pem_files(files.join("certificate.pem"), files.join("key.pem")).unwrap(),
            );
        }
        let mut listener = RUNTIME.block_on(server.bind("127.0.0.1:0")).unwrap();
        if let Some(path) = &self.also {
            listener = RUNTIME
                .block_on(listener.and(path.to_str().unwrap()))
                .unwrap();
        }
        let listener = listener.shutdown_grace(Duration::from_millis(300));
        let address = listener.local_addr().unwrap();
        let (world, stop) = (World::default(), Arc::new(Notify::new()));
        let (opening, stopped) = (world.clone(), Arc::clone(&stop));
        RUNTIME.spawn(async move {
            let opener = move |client: &trunkline_server::Client| Play::open(&opening, client);
            listener
                .serve(opener, async move { stopped.notified().await })
                .await;
        });
        Target {
            address,
            patience: self.patience,
            world,
            stop: Some(stop),
        }
    }
}

impl Target {
    pub fn postgres(address: SocketAddr) -> Self {
        Self {
            address,
            patience: Duration::from_secs(5),
            world: World::default(),
            stop: None,
        }
    }

    pub fn connect(&self) -> Client {
        Client::connect(self.address)
    }

    /// A session of a user that is trusted.
    pub fn login(&self) -> Client {
        self.login_with(&[])
    }

    pub fn login_with(&self, more: &[(&str, &str)]) -> Client {
        let mut client = self.connect();
        client.start(&[&[("user", "postgres"), ("database", "postgres")], more].concat());
        client
    }

    pub fn is_postgres(&self) -> bool {
        self.stop.is_none()
    }

    /// How long a login may take.
    pub fn patience(&self) -> Duration {
        self.patience
    }

    /// What the sessions of this server are made to do.
    pub fn gauges(&self) -> &Gauges {
        self.world.gauges()
    }

    /// Tells the server to stop.
    pub fn stop(&self) {
        self.stop.as_ref().unwrap().notify_one();
    }
}

/// Who is asked for what, by name: as the lines for `pg_hba.conf` in [`start_postgres`].
struct Hba;

static SCRAM: LazyLock<Verifier> =
    LazyLock::new(|| Verifier::scram(b"pencil", *b"sixteen bytes...", 4096).unwrap());

impl Authenticator for Hba {
    async fn authenticate(
        &self,
        client: &trunkline_server::Client,
        exchange: &mut Exchange<'_>,
    ) -> Result<Authenticated> {
        if client.database() == "nohbadb" {
            return Err(no_entry("no pg_hba.conf entry"));
        }
        match client.user() {
            "reject_user" => Err(no_entry("pg_hba.conf rejects connection")),
            "scram_user" | "scram_by_md5" => exchange.scram(Some(&SCRAM)).await,
            "unknown_user" | "other_unknown" => exchange.scram(None).await,
            "clear_user" => exchange.cleartext(Some(&SCRAM)).await,
            "clear_unknown" => exchange.cleartext(None).await,
            "md5_user" => {
                exchange
                    .md5(Some(&Verifier::md5(b"pencil", b"md5_user").unwrap()))
                    .await
            }
            _ => Trust.authenticate(client, exchange).await,
        }
    }
}

fn no_entry(message: &'static str) -> Error {
    Error::new(SqlState::INVALID_AUTHORIZATION_SPECIFICATION, message)
}

/// Counts the panics in the code of the crates from now on, and not those that tests cause on purpose.
pub fn count_panics() -> impl Fn() -> usize {
    static PANICS: AtomicUsize = AtomicUsize::new(0);
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if info
                .location()
                .is_none_or(|place| !place.file().contains("/tests/"))
            {
                PANICS.fetch_add(1, Ordering::SeqCst);
            }
            before(info);
        }));
    });
    let before = PANICS.load(Ordering::SeqCst);
    move || PANICS.load(Ordering::SeqCst) - before
}
