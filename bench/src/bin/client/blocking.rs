//! `blocking::Client`: on this thread, without a runtime.

use trunkline::client::blocking::Client;
use trunkline::types::Timestamp;

use crate::Result;
use crate::measure::{Measured, Stopwatch};
use crate::task::{BATCH, ECHO, Task, Work, of_row};

pub(crate) fn run(work: &Work) -> Result<Measured> {
    let client = Client::connect(&work.config)?;
    let echo = client.prepare(ECHO)?;
    let mut replies = Vec::with_capacity(BATCH);

    let stopwatch = Stopwatch::start();
    let mut sum = 0;
    match work.task {
        Task::Rows => {
            let mut rows = client.query(&*work.sql, ())?;
            while let Some(row) = rows.next()? {
                let (id, big, txt, f, ts): (i32, i64, &str, f64, Timestamp) = row;
                sum += of_row(id, big, txt, f, ts);
            }
        }
        Task::Prepared => {
            for parameter in work.parameters() {
                let (number,): (i32,) = client.query_one(&echo, (parameter,))?;
                sum += u64::from(number.unsigned_abs());
            }
        }
        Task::Pipeline => {
            for batch in work.batches() {
                let mut pipeline = client.pipeline();
                for parameter in batch {
                    replies.push(pipeline.one::<(i32,)>(&echo, (parameter,)));
                }
                pipeline.sync()?;
                for reply in replies.drain(..) {
                    let (number,) = reply.wait()?;
                    sum += u64::from(number.unsigned_abs());
                }
            }
        }
    }
    Ok(stopwatch.stop(sum))
}
