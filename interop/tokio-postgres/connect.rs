//! Connects as libpq's environment variables say.

use std::env::var;
use std::error::Error;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::config::{ChannelBinding, SslMode};
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

/// The server to connect to.
pub(crate) fn config() -> Result<Config, Box<dyn Error>> {
    let mut config = Config::new();
    config
        .host(var("PGHOST")?)
        .port(var("PGPORT")?.parse()?)
        .user(var("PGUSER")?)
        .dbname(var("PGDATABASE")?);
    config.application_name("tokio-postgres");
    if let Ok(password) = var("PGPASSWORD") {
        config.password(password);
    }
    if is_tls() {
        config
            .ssl_mode(SslMode::Require)
            .channel_binding(ChannelBinding::Require);
    } else {
        config.ssl_mode(SslMode::Disable);
    }
    Ok(config)
}

/// Whether this login is by TLS.
pub(crate) fn is_tls() -> bool {
    var("PGSSLROOTCERT").is_ok()
}

/// TLS that trusts the one authority of this run.
pub(crate) fn tls() -> Result<MakeRustlsConnect, Box<dyn Error>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(var("PGSSLROOTCERT")?)?)?;
    Ok(MakeRustlsConnect::new(
        ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth(),
    ))
}

/// A connection as this login says.
pub(crate) async fn connect() -> Result<Client, Box<dyn Error>> {
    connect_with(config()?).await
}

/// A connection with other settings.
pub(crate) async fn connect_with(config: Config) -> Result<Client, Box<dyn Error>> {
    // The connection's own errors show in what the client says next.
    if is_tls() {
        let (client, connection) = config.connect(tls()?).await?;
        tokio::spawn(async { drop(connection.await) });
        Ok(client)
    } else {
        let (client, connection) = config.connect(NoTls).await?;
        tokio::spawn(async { drop(connection.await) });
        Ok(client)
    }
}
