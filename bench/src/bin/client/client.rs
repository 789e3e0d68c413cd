//! `Client`: shared by tasks, though here there is one.

use trunkline::client::{Client, Rows};
use trunkline::types::Timestamp;

use crate::Result;
use crate::measure::{Measured, Stopwatch};
use crate::task::{BATCH, ECHO, Task, Work, of_row};

pub(crate) async fn run(work: &Work) -> Result<Measured> {
    let client = Client::connect(&work.config).await?;
    let echo = client.prepare(ECHO).await?;
    let mut replies = Vec::with_capacity(BATCH);

    let stopwatch = Stopwatch::start();
    let mut sum = 0;
    match work.task {
        Task::Rows => sum = add_up(client.query(&*work.sql, ()).await?).await?,
        Task::Prepared => {
            for parameter in work.parameters() {
                let (number,): (i32,) = client.query_one(&echo, (parameter,)).await?;
                sum += u64::from(number.unsigned_abs());
            }
        }
        Task::Pipeline => {
            for batch in work.batches() {
                let mut pipeline = client.pipeline();
                for parameter in batch {
                    replies.push(pipeline.one::<(i32,)>(&echo, (parameter,)));
                }
                pipeline.sync().await?;
                for reply in replies.drain(..) {
                    let (number,) = reply.await?;
                    sum += u64::from(number.unsigned_abs());
                }
            }
        }
    }
    Ok(stopwatch.stop(sum))
}

async fn add_up(mut rows: Rows) -> Result<u64> {
    let mut sum = 0;
    while let Some((id, big, txt, f, ts)) = rows.next::<(i32, i64, &str, f64, Timestamp)>().await? {
        sum += of_row(id, big, txt, f, ts);
    }
    Ok(sum)
}
