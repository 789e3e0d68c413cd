//! Parameters and streamed rows: `select * from squares($1)` counts to `$1`, in text or binary as the client likes.
use trunkline::server::*;

struct Squares;

impl Session for Squares {
    type Statement = ();

    async fn prepare(&self, _: &str, _: &[Type]) -> Result<Prepared<()>> {
        let columns = [("n", Type::INT4), ("square", Type::INT8)];
        Ok(Prepared::new(()).params([Type::INT4]).columns(columns))
    }

    async fn execute(&self, _: &(), params: Params<'_>, reply: &mut Reply) -> Result<Tag> {
        let limit: u32 = params.get::<i32>(0)?.unsigned_abs();
        for n in 1..=limit as i32 {
            reply.row((n, i64::from(n).pow(2))).await?;
        }
        Ok(Tag::select(limit.into()))
    }
}

fn main() -> Result<()> {
    let address = std::env::args().nth(1);
    let address = address.as_deref().unwrap_or("127.0.0.1:5432");
    Server::new(Trust).run(address, |_: &Client| Squares)
}
