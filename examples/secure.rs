//! TLS and SCRAM: `secure ADDRESS CERTIFICATE KEY`, with PEM files. The password of `ada` is `lovelace`; the server only
//! keeps its verifier, the string that PostgreSQL has in `pg_authid.rolpassword` and `trunkline verifier` prints.
use std::collections::HashMap;

use trunkline::server::*;

const ADA: &str = "SCRAM-SHA-256$4096:dHJ1bmtsaW5lLXNhbHQhIQ==$\
    IbYW7ab8Pku3ta6IrQuXfl5Mzk5+vWRd891QM8zQ6CE=:\
    aGKwMLtUhZPQcvh9XfHghRxn0fKyQtgWo3luVwaO6qc=";

struct WhoAmI {
    user: String,
    encrypted: bool,
}

impl Session for WhoAmI {
    type Statement = ();

    async fn prepare(&self, _: &str, _: &[Type]) -> Result<Prepared<()>> {
        Ok(Prepared::new(()).columns([("user", Type::TEXT), ("encrypted", Type::BOOL)]))
    }

    async fn execute(&self, _: &(), _: Params<'_>, reply: &mut Reply) -> Result<Tag> {
        reply.rows([(&self.user, self.encrypted)]).await
    }
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, certificate, key] = arguments.as_slice() else {
        return Err("usage: secure ADDRESS CERTIFICATE KEY".into());
    };
    let tls = Tls::from_pem_files(certificate, key)?;
    let users: HashMap<String, Verifier> = HashMap::from([("ada".to_owned(), ADA.parse()?)]);

    let open = |client: &Client| {
        if !client.is_encrypted() {
            return Err(Error::new(
                SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
                "this server wants TLS",
            )
            .hint("Connect with sslmode=require or stronger."));
        }
        Ok(WhoAmI {
            user: client.user().to_owned(),
            encrypted: client.is_encrypted(),
        })
    };
    Server::new(Scram::new(users)).tls(tls).run(address, open)?;
    Ok(())
}
