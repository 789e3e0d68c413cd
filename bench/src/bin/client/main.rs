//! What the client costs, beside other clients of PostgreSQL: `client LEVEL TASK N [key=value…]` prints one JSON object.
//!
//! | LEVEL | |
//! |---|---|
//! | `connection` | driven event by event |
//! | `client` | shared by tasks, rows as tuples |
//! | `blocking` | the same without a runtime |
//!
//! | TASK | one operation is |
//! |---|---|
//! | `rows` | a row of one query; all columns are read, typed, from binary |
//! | `prepared` | a query that was prepared before, answered before the next is sent |
//! | `pipeline` | the same, sent a hundred at a time |
//!
//! | key | default |
//! |---|---|
//! | `port` | 55432: PostgreSQL on 127.0.0.1, user and database `bench`, no password |
//! | `sql` | the query of `rows`, five columns of the types int4, int8, text, float8 and timestamp |
//! | `rt` | `current`: a runtime on this thread; `multi`: one of two threads beside this one |
//! | `allocs` | 0; 1 counts allocations, which costs a little time |

mod blocking;
mod client;
mod connection;
mod measure;
mod task;

use std::process::ExitCode;

use measure::Measured;
use task::{Task, Work};
use tokio::runtime::{Builder, Runtime};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("client: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<String> {
    let [level, task, count, options @ ..] = arguments else {
        return Err("usage: client LEVEL TASK N [key=value…]".into());
    };
    let option = |key: &str, default: &'static str| {
        let of_key =
            |argument: &'_ String| Some(argument.strip_prefix(key)?.strip_prefix('=')?.to_owned());
        options
            .iter()
            .find_map(of_key)
            .unwrap_or_else(|| default.to_owned())
    };
    let work = Work {
        task: task.parse::<Task>()?,
        count: count.parse()?,
        sql: option("sql", "SELECT id,big,txt,f,ts FROM rows_1m"),
        config: format!(
            "host=127.0.0.1 port={} user=bench dbname=bench sslmode=disable gssencmode=disable",
            option("port", "55432"),
        ),
    };
    let runtime = runtime(&option("rt", "current"))?;
    let measure = || match level.as_str() {
        "blocking" => blocking::run(&work),
        "client" => runtime.block_on(client::run(&work)),
        "connection" => runtime.block_on(connection::run(&work)),
        _ => Err(format!("there is no level {level}").into()),
    };
    let (measured, allocations) = if option("allocs", "0") == "1" {
        measure::counting(measure)
    } else {
        (measure(), measure::Allocations::default())
    };
    Ok(report(level, task, work.count, &measured?, allocations))
}

fn runtime(kind: &str) -> Result<Runtime> {
    Ok(match kind {
        "current" => Builder::new_current_thread().enable_all().build()?,
        "multi" => Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?,
        _ => return Err(format!("there is no runtime {kind}").into()),
    })
}

fn report(
    level: &str,
    task: &str,
    count: usize,
    measured: &Measured,
    allocations: measure::Allocations,
) -> String {
    let each = count as f64;
    format!(
        "{{\"lib\":\"{level}\",\"run\":\"{task}\",\"ops\":{count},\"secs\":{:.4},\"ops_s\":{:.0},\"cli_cpu_ns_op\":{:.1},\
         \"allocs_op\":{:.3},\"alloc_bytes_op\":{:.1},\"hwm_kb\":{},\"sum\":{}}}",
        measured.seconds,
        each / measured.seconds,
        measured.cpu_seconds * 1e9 / each,
        allocations.calls as f64 / each,
        allocations.bytes as f64 / each,
        measure::peak_kib(),
        measured.sum,
    )
}
