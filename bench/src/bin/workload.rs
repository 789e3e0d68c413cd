//! The benchmark's workload, served as a user of the library would: `workload PORT` listens on 127.0.0.1:PORT without a
//! login, and on PORT + 1 with SCRAM-SHA-256 (any user, password `pencil`). `WORKERS` sets the number of threads
//! (default 2).

use std::process::ExitCode;
use std::sync::Arc;

use trunkline::server::{
    Client, Columns, CopyIn, CopyOut, Error, Format, Open, Params, Prepared, Reply, Result, Scram,
    Server, Session, SqlState, Tag, Trust, Type, Verifier,
};
use trunkline::types::{Encode, Timestamp};

const CYCLE: usize = 10_000;

/// A row of the table, typed.
struct Row {
    id: i32,
    big: i64,
    txt: String,
    f: f64,
    ts: Timestamp,
}

/// What all sessions share: the table, and the columns of each result, made once.
struct Data {
    table: Vec<Row>,
    one: Columns,
    rows: Columns,
    rows4: Columns,
}

impl Data {
    fn new() -> Self {
        /// 2024-01-01, in seconds since 1970-01-01.
        const FIRST: i64 = 1_704_067_200;
        let table = (0..CYCLE as i64)
            .map(|k| {
                let id = 1_000_000 + k;
                Row {
                    id: i32::try_from(id).unwrap_or(i32::MAX),
                    big: id * 1_000_003,
                    txt: format!("row-{id:016}"),
                    f: id as f64 * 1.1,
                    ts: Timestamp::from_unix_micros((FIRST + k) * 1_000_000)
                        .unwrap_or(Timestamp::INFINITY),
                }
            })
            .collect();
        let columns = [
            ("id", Type::INT4),
            ("big", Type::INT8),
            ("txt", Type::TEXT),
            ("f", Type::FLOAT8),
            ("ts", Type::TIMESTAMP),
        ];
        Self {
            table,
            one: [("?column?", Type::INT4)].into(),
            rows: columns.into(),
            rows4: columns.into_iter().take(4).collect(),
        }
    }

    fn rows(&self, count: u64) -> impl Iterator<Item = &Row> {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        self.table.iter().cycle().take(count)
    }
}

struct Workload(Arc<Data>);

enum Statement {
    One,
    Echo,
    Rows(u64),
    Rows4(u64),
    CopyOut(u64),
    CopyIn,
}

impl Session for Workload {
    type Statement = Statement;

    async fn prepare(&self, sql: &str, _: &[Type]) -> Result<Prepared<Statement>> {
        let sql = sql.trim();
        let data = &*self.0;
        if sql == "SELECT 1" {
            return Ok(Prepared::new(Statement::One).columns(data.one.clone()));
        }
        if sql == "SELECT $1::int4" {
            return Ok(Prepared::new(Statement::Echo)
                .columns(data.one.clone())
                .params([Type::INT4]));
        }
        let (verb, count) = sql.split_once(' ').unwrap_or((sql, "0"));
        let count = count.parse().map_err(|_| unknown(sql))?;
        match verb {
            "rows" => Ok(Prepared::new(Statement::Rows(count)).columns(data.rows.clone())),
            "rows4" => Ok(Prepared::new(Statement::Rows4(count)).columns(data.rows4.clone())),
            "copyout" => Ok(Prepared::new(Statement::CopyOut(count)).copy_out(Format::Text, 5)),
            "copyin" => Ok(Prepared::new(Statement::CopyIn).copy_in(Format::Text, 5)),
            _ => Err(unknown(sql)),
        }
    }

    async fn execute(
        &self,
        statement: &Statement,
        params: Params<'_>,
        reply: &mut Reply,
    ) -> Result<Tag> {
        match *statement {
            Statement::One => {
                reply.row((1i32,)).await?;
                Ok(Tag::select(1))
            }
            Statement::Echo => {
                reply.row((params.get::<i32>(0)?,)).await?;
                Ok(Tag::select(1))
            }
            Statement::Rows(count) => {
                for Row {
                    id,
                    big,
                    txt,
                    f,
                    ts,
                } in self.0.rows(count)
                {
                    reply.row((id, big, txt.as_str(), f, ts)).await?;
                }
                Ok(Tag::select(count))
            }
            Statement::Rows4(count) => {
                for row in self.0.rows(count) {
                    reply
                        .row((row.id, row.big, row.txt.as_str(), row.f))
                        .await?;
                }
                Ok(Tag::select(count))
            }
            Statement::CopyOut(_) | Statement::CopyIn => Err(Error::internal("a COPY")),
        }
    }

    async fn copy_out(
        &self,
        statement: &Statement,
        _: Params<'_>,
        output: &mut CopyOut<'_>,
    ) -> Result<Tag> {
        let Statement::CopyOut(count) = *statement else {
            return Err(Error::internal("not a COPY TO"));
        };
        for row in self.0.rows(count) {
            output.data_with(|line| write_line(row, line)).await?;
        }
        Ok(Tag::copy(count))
    }

    async fn copy_in(&self, _: &Statement, _: Params<'_>, input: &mut CopyIn<'_>) -> Result<Tag> {
        let mut bytes = 0;
        while let Some(data) = input.next().await? {
            bytes += data.len() as u64;
        }
        Ok(Tag::copy(bytes))
    }
}

fn unknown(sql: &str) -> Error {
    Error::new(
        SqlState::SYNTAX_ERROR,
        format!("not in the workload: {sql}"),
    )
}

/// A row as a line of COPY text. The text column holds nothing that would have to be escaped, and that is checked.
fn write_line(row: &Row, line: &mut Vec<u8>) -> Result<()> {
    row.id.encode_text(Type::INT4, line)?;
    line.push(b'\t');
    row.big.encode_text(Type::INT8, line)?;
    line.push(b'\t');
    if row
        .txt
        .bytes()
        .any(|byte| matches!(byte, b'\\' | b'\n' | b'\r' | b'\t'))
    {
        return Err(Error::internal("the text column would have to be escaped"));
    }
    line.extend_from_slice(row.txt.as_bytes());
    line.push(b'\t');
    row.f.encode_text(Type::FLOAT8, line)?;
    line.push(b'\t');
    row.ts.encode_text(Type::TIMESTAMP, line)?;
    line.push(b'\n');
    Ok(())
}

/// Opens a session: all of them read the same data.
struct Opener(Arc<Data>);

impl Open for Opener {
    type Session = Workload;

    async fn open(&self, _: &Client) -> Result<Workload> {
        Ok(Workload(Arc::clone(&self.0)))
    }
}

fn main() -> ExitCode {
    let Some(port) = std::env::args()
        .nth(1)
        .and_then(|port| port.parse::<u16>().ok())
    else {
        eprintln!("usage: workload PORT");
        return ExitCode::FAILURE;
    };
    match serve(port) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("workload: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(port: u16) -> Result<()> {
    let workers = std::env::var("WORKERS")
        .ok()
        .and_then(|workers| workers.parse().ok())
        .unwrap_or(2);
    let data = Arc::new(Data::new());
    let verifier = Verifier::scram(b"pencil", *b"0123456789abcdef", 4096)
        .map_err(|error| Error::internal(error.to_string()))?;
    let users = move |_: &str| Some(verifier.clone());
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build()?
        .block_on(async {
            let many = 20_000;
            let trust = Server::new(Trust).max_connections(many).max_logins(many);
            let scram = Server::new(Scram::new(users))
                .max_connections(many)
                .max_logins(many);
            let (trusting, checking) = (
                format!("127.0.0.1:{port}"),
                format!("127.0.0.1:{}", port + 1),
            );
            tokio::try_join!(
                trust.listen(&trusting, Opener(Arc::clone(&data))),
                scram.listen(&checking, Opener(Arc::clone(&data))),
            )?;
            Ok(())
        })
}
