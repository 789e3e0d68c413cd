//! `trunkline serve`.

mod address;
mod users;

use std::future::Future;

use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;
use trunkline_server::{Authenticator, Open, Scram, Server, Tls, Trust};

use crate::cli::{Auth, Serve};

/// Serves until a signal says stop.
///
/// # Errors
///
/// The line to print: an address in use, a file that cannot be read, options that do not go together.
pub fn run(options: Serve) -> Result<(), String> {
    let filter = EnvFilter::try_new(&options.log)
        .map_err(|error| format!("--log {}: {error}", options.log))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start: {error}"))?;
    runtime.block_on(start(options))
}

async fn start(options: Serve) -> Result<(), String> {
    let listen = address::resolve(&options.listen).await?;
    if options.auth == Auth::Trust
        && !options.dangerously_trust_network
        && let Some(open) = listen.iter().find(|address| address.is_network())
    {
        return Err(format!(
            "--auth trust on {open} would let anyone on the network in; use --auth scram --users FILE, or listen on 127.0.0.1"
        ));
    }
    let tls = match (&options.tls_cert, &options.tls_key) {
        (Some(certificate), Some(key)) => {
            Some(Tls::from_pem_files(certificate, key).map_err(|error| error.to_string())?)
        }
        (None, None) => None,
        (Some(_), None) => {
            return Err(
                "--tls-cert needs --tls-key FILE, the certificate's private key".to_owned(),
            );
        }
        (None, Some(_)) => {
            return Err("--tls-key needs --tls-cert FILE, the certificate of that key".to_owned());
        }
    };
    let users =
        match (&options.users, options.auth) {
            (Some(file), Auth::Scram) => Some(users::read(file)?),
            (None, Auth::Scram) => return Err(
                "--auth scram needs --users FILE; `trunkline verifier NAME` prints a line for it"
                    .to_owned(),
            ),
            (Some(_), Auth::Trust) => {
                return Err("--users has no effect with --auth trust; say --auth scram".to_owned());
            }
            (None, Auth::Trust) => None,
        };
    let (engine, closed) = engine(&options)?;
    let example = users.as_ref().and_then(|users| users.keys().min().cloned());
    let outcome = match users {
        Some(users) => {
            listening(
                Server::new(Scram::new(users)),
                engine,
                &options,
                &listen,
                tls,
                example,
            )
            .await
        }
        None => listening(Server::new(Trust), engine, &options, &listen, tls, example).await,
    };
    closed.await;
    outcome
}

#[cfg(feature = "sqlite")]
fn engine(options: &Serve) -> Result<(impl Open, impl Future<Output = ()>), String> {
    use crate::engines::sqlite::{Database, Sqlite};
    let database = match &options.database {
        None => Database::in_memory(),
        Some(path) => Database::open(path),
    };
    let engine = Sqlite::new(database.map_err(|error| error.to_string())?);
    if options.demo {
        engine.load_demo().map_err(|error| error.to_string())?;
    }
    Ok((engine.clone(), engine.close()))
}

#[cfg(not(feature = "sqlite"))]
fn engine(_: &Serve) -> Result<(Nothing, std::future::Ready<()>), String> {
    Err("this program was built without an engine (feature `sqlite`)".to_owned())
}

/// Stands for an engine where none was built in.
#[cfg(not(feature = "sqlite"))]
#[derive(Debug)]
struct Nothing;

#[cfg(not(feature = "sqlite"))]
impl Open for Nothing {
    type Session = Self;

    async fn open(&self, _: &trunkline_server::Client) -> trunkline_server::Result<Self> {
        Ok(Self)
    }
}

#[cfg(not(feature = "sqlite"))]
impl trunkline_server::Session for Nothing {
    type Statement = ();

    async fn prepare(
        &self,
        _: &str,
        _: &[trunkline_server::Type],
    ) -> trunkline_server::Result<trunkline_server::Prepared<()>> {
        Err(trunkline_server::Error::unsupported(
            "no engine was built in",
        ))
    }

    async fn execute(
        &self,
        (): &(),
        _: trunkline_server::Params<'_>,
        _: &mut trunkline_server::Reply,
    ) -> trunkline_server::Result<trunkline_server::Tag> {
        Err(trunkline_server::Error::unsupported(
            "no engine was built in",
        ))
    }
}

async fn listening<A: Authenticator, O: Open>(
    server: Server<A>,
    engine: O,
    options: &Serve,
    listen: &[address::Address],
    tls: Option<Tls>,
    user: Option<String>,
) -> Result<(), String> {
    let count = usize::try_from(options.max_connections).map_err(|error| error.to_string())?;
    let mut server = server.max_connections(count);
    if let Some(tls) = &tls {
        server = server.tls(tls.clone());
    }
    let Some((first, rest)) = listen.split_first() else {
        return Err("--listen names no address".to_owned());
    };
    let mut listener = server
        .bind(&first.to_string())
        .await
        .map_err(|error| told(&error))?;
    for address in rest {
        listener = listener
            .and(&address.to_string())
            .await
            .map_err(|error| told(&error))?;
    }
    let (stop, stop_now) = stop_signals()?;
    let reload = reload_signal(tls)?;
    announce(options, listen, listener.local_addr(), user.as_deref());
    let reloading = tokio::spawn(reload);
    // Sessions end with the future that serves them.
    let outcome = tokio::select! {
        () = listener.serve(engine, stop) => Ok(()),
        () = stop_now => Err("stopped at once; statements that ran were broken off".to_owned()),
    };
    reloading.abort();
    outcome
}

fn told(error: &trunkline_server::BindError) -> String {
    let message = error.to_string();
    if message.contains("in use") {
        format!("{message}; choose another with --listen")
    } else {
        message
    }
}

/// What stands on the terminal once the server is up.
fn announce(
    options: &Serve,
    listen: &[address::Address],
    bound: Option<std::net::SocketAddr>,
    user: Option<&str>,
) {
    let what = options.database.as_ref().map_or_else(
        || "a database in memory".to_owned(),
        |path| path.display().to_string(),
    );
    eprintln!("Serving {what}");
    let mut psql = None;
    for address in listen {
        // Port 0 stands for one that the system chose.
        let address = match (address, bound) {
            (address::Address::Tcp(socket), Some(bound)) if socket.port() == 0 => {
                address::Address::Tcp(bound)
            }
            (other, _) => other.clone(),
        };
        eprintln!("  listening on {address}");
        psql.get_or_insert_with(|| address.psql(user, options.tls_cert.is_some()));
    }
    eprintln!("Connect with\n  {}", psql.unwrap_or_default());
}

/// The first signal to stop, and the second.
fn stop_signals() -> Result<(impl Future<Output = ()>, impl Future<Output = ()>), String> {
    let failed = |error: std::io::Error| format!("cannot listen for signals: {error}");
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let (first, stop) = tokio::sync::oneshot::channel();
    let next = async move {
        let mut first = Some(first);
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            let Some(first) = first.take() else { return };
            eprintln!("Stopping: waiting up to 10 s for running statements; again to stop now");
            // Whoever waited for it may have gone just now.
            let _ = first.send(());
        }
    };
    let stop = async move {
        // The sender lives as long as the wish to stop now can come.
        let _ = stop.await;
    };
    Ok((stop, next))
}

/// Reads the certificate again whenever SIGHUP comes.
fn reload_signal(tls: Option<Tls>) -> Result<impl Future<Output = ()> + Send + 'static, String> {
    let mut hangup = signal(SignalKind::hangup())
        .map_err(|error| format!("cannot listen for signals: {error}"))?;
    Ok(async move {
        while hangup.recv().await.is_some() {
            match tls.as_ref().map(Tls::reload) {
                Some(Ok(())) => tracing::info!("the certificate was read again"),
                Some(Err(error)) => tracing::error!(%error, "the old certificate stays in use"),
                None => tracing::info!("nothing to read again"),
            }
        }
    })
}
