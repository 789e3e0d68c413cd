//! What the codec costs, on the messages of the peers' codec benchmark.
//!
//! - `codec` prints a table: nanoseconds of one operation, the median and the least of rounds that take the cases in turn.
//! - `codec list` prints the cases and how many operations one run of each has.
//! - `codec run CASE N` runs a case N times, for an instruction counter: take the difference of two N.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use trunkline::proto::backend::{self, DataRow};
use trunkline::proto::codec::{Formats, Oids, Values};
use trunkline::proto::frontend::{Bind, Execute, Parse, Sync};
use trunkline::proto::{Decode, Encode, Format, Oid, PortalName, StatementName, frame};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const OPERATIONS: usize = 1000;
const MESSAGES: usize = 10_000;
const ROUNDS: usize = 15;
const ROUND: Duration = Duration::from_millis(40);

struct Case {
    name: &'static str,
    /// How many operations one run has.
    operations: usize,
    run: Box<dyn FnMut() -> Result<()>>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        [] => table(),
        ["list"] => list(),
        ["run", case, count] => repeat(case, count),
        _ => Err("usage: codec [list | run CASE N]".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("codec: {error}");
            ExitCode::FAILURE
        }
    }
}

fn list() -> Result<()> {
    for case in cases()? {
        println!("{} {}", case.name, case.operations);
    }
    Ok(())
}

fn repeat(name: &str, count: &str) -> Result<()> {
    let mut cases = cases()?;
    let case = cases
        .iter_mut()
        .find(|case| case.name == name)
        .ok_or_else(|| format!("there is no case {name}"))?;
    for _ in 0..count.parse::<u32>()? {
        (case.run)()?;
    }
    Ok(())
}

fn table() -> Result<()> {
    let mut cases = cases()?;
    let mut nanoseconds = vec![Vec::new(); cases.len()];
    for round in 0..=ROUNDS {
        for (case, figures) in cases.iter_mut().zip(&mut nanoseconds) {
            let began = Instant::now();
            let mut operations = 0;
            while began.elapsed() < ROUND {
                (case.run)()?;
                operations += case.operations;
            }
            // The first one warms up.
            if round > 0 {
                figures.push(began.elapsed().as_nanos() as f64 / operations as f64);
            }
        }
    }
    println!("{:<20} {:>9} {:>9}", "case", "ns/op", "min");
    for (case, mut figures) in cases.iter().zip(nanoseconds) {
        figures.sort_by(f64::total_cmp);
        let (median, least) = (figures.get(ROUNDS / 2), figures.first());
        println!(
            "{:<20} {:>9.1} {:>9.1}",
            case.name,
            median.copied().unwrap_or(f64::NAN),
            least.copied().unwrap_or(f64::NAN),
        );
    }
    Ok(())
}

fn cases() -> Result<Vec<Case>> {
    Ok(vec![encode_pbes(), decode_datarow()?, decode_backend()?])
}

/// Parse, Bind with two parameters, Execute and Sync, as a client sends them.
fn encode_pbes() -> Case {
    const SQL: &str = "SELECT id, big, txt FROM rows WHERE id = $1 AND txt = $2";
    let mut out = Vec::with_capacity(1 << 20);
    Case {
        name: "encode_pbes",
        operations: OPERATIONS,
        run: Box::new(move || {
            out.clear();
            for _ in 0..OPERATIONS {
                let number = black_box(42_i32).to_be_bytes();
                let params = [
                    Some(&number[..]),
                    Some(black_box("twelve bytes").as_bytes()),
                ];
                Parse {
                    statement: StatementName::from(black_box("stmt_1")),
                    sql: black_box(SQL).as_bytes(),
                    types: Oids::from(&[Oid(23), Oid(25)]),
                }
                .encode(&mut out)?;
                Bind {
                    portal: PortalName::UNNAMED,
                    statement: StatementName::from("stmt_1"),
                    param_formats: Formats::from(&[1, 0]),
                    params: Values::from(&params),
                    result_formats: Formats::from(&[1]),
                }
                .encode(&mut out)?;
                Execute {
                    portal: PortalName::UNNAMED,
                    max_rows: 0,
                }
                .encode(&mut out)?;
                Sync.encode(&mut out)?;
            }
            black_box(&out);
            Ok(())
        }),
    }
}

/// A row of five columns of text, checked and walked.
fn decode_datarow() -> Result<Case> {
    let wire = row()?.repeat(OPERATIONS);
    Ok(Case {
        name: "decode_datarow",
        operations: OPERATIONS,
        run: Box::new(move || {
            let mut input = &wire[..];
            while let Some((_, body)) = frame::split(&mut input, limit)? {
                for value in DataRow::decode(body)?.values {
                    black_box(value);
                }
            }
            Ok(())
        }),
    })
}

/// Ten thousand messages of a server, rows mostly, each checked but not walked.
fn decode_backend() -> Result<Case> {
    let wire = backend_messages()?;
    Ok(Case {
        name: "decode_backend_10k",
        operations: MESSAGES,
        run: Box::new(move || {
            let mut input = &wire[..];
            while let Some((tag, body)) = frame::split(&mut input, limit)? {
                black_box(backend::Message::decode(tag, body)?);
            }
            Ok(())
        }),
    })
}

fn limit(tag: u8) -> std::result::Result<u32, frame::FrameError> {
    trunkline::proto::ReplyLimits::LIBPQ.max_len(tag)
}

fn row() -> Result<Vec<u8>> {
    let values = [
        "1000002",
        "1000005000006",
        "row-0000000001000002",
        "1100002.2000000002",
        "2024-01-01 00:00:02",
    ]
    .map(|value| Some(value.as_bytes()));
    let mut wire = Vec::new();
    let values = Values::from(&values);
    DataRow { values }.encode(&mut wire)?;
    Ok(wire)
}

fn backend_messages() -> Result<Vec<u8>> {
    use backend::{BindComplete, CommandComplete, ParseComplete, ReadyForQuery, TransactionStatus};
    let ready = ReadyForQuery {
        status: TransactionStatus::Idle,
    };
    let row = row()?;
    let mut wire = Vec::new();
    for message in 0..MESSAGES {
        match message % 10 {
            0 => ParseComplete.encode(&mut wire)?,
            1 => BindComplete.encode(&mut wire)?,
            2 => columns(&mut wire)?,
            8 => CommandComplete { tag: b"SELECT 5" }.encode(&mut wire)?,
            9 => ready.encode(&mut wire)?,
            _ => wire.extend_from_slice(&row),
        }
    }
    Ok(wire)
}

fn columns(wire: &mut Vec<u8>) -> Result<()> {
    let fields = [
        ("id", 23),
        ("big", 20),
        ("txt", 25),
        ("f", 701),
        ("ts", 1114),
    ]
    .map(|(name, ty)| backend::Field {
        name: name.as_bytes(),
        table: Oid(0),
        column: 0,
        ty: Oid(ty),
        size: 8,
        modifier: -1,
        format: Format::Text,
    });
    let fields = backend::FieldList::from(&fields);
    backend::RowDescription { fields }.encode(wire)?;
    Ok(())
}
