//! A whole server. Connect with `psql -h 127.0.0.1`, or with any driver, and ask it anything.
use trunkline::server::*;

struct Hello;

impl Session for Hello {
    type Statement = ();

    async fn prepare(&self, _: &str, _: &[Type]) -> Result<Prepared<()>> {
        Ok(Prepared::new(()).columns([("greeting", Type::TEXT)]))
    }

    async fn execute(&self, _: &(), _: Params<'_>, reply: &mut Reply) -> Result<Tag> {
        reply.rows([("hello, world",)]).await
    }
}

fn main() -> Result<()> {
    Server::new(Trust).run("127.0.0.1:5432", |_: &Client| Hello)
}
