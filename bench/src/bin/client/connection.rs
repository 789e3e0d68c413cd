//! `Connection`: requests go in, events come out.

use trunkline::client::{Connection, Event, ServerError};
use trunkline::proto::backend::DataRow;
use trunkline::proto::codec::{Formats, Values, ValuesIter};
use trunkline::proto::frontend::Bind;
use trunkline::proto::{PortalName, StatementName};
use trunkline::types::{Decode, Type};

use crate::Result;
use crate::measure::{Measured, Stopwatch};
use crate::task::{ECHO, Task, Work, of_row};

const PREPARED: &str = "echo";

pub(crate) async fn run(work: &Work) -> Result<Measured> {
    let mut connection = Connection::connect(&work.config).await?;
    connection.parse(StatementName::from(PREPARED), ECHO, &[])?;
    connection.sync()?;
    answer(&mut connection, one_column).await?;

    let stopwatch = Stopwatch::start();
    let mut sum = 0;
    match work.task {
        Task::Rows => {
            connection.parse(StatementName::UNNAMED, &work.sql, &[])?;
            bind(&mut connection, StatementName::UNNAMED, Values::EMPTY)?;
            connection.sync()?;
            sum = answer(&mut connection, five_columns).await?;
        }
        Task::Prepared => {
            for parameter in work.parameters() {
                echo(&mut connection, parameter)?;
                connection.sync()?;
                sum += answer(&mut connection, one_column).await?;
            }
        }
        Task::Pipeline => {
            for batch in work.batches() {
                for parameter in batch {
                    echo(&mut connection, parameter)?;
                }
                connection.sync()?;
                sum += answer(&mut connection, one_column).await?;
            }
        }
    }
    Ok(stopwatch.stop(sum))
}

fn echo(connection: &mut Connection, parameter: i32) -> Result<()> {
    let value = parameter.to_be_bytes();
    let values = [Some(&value[..])];
    bind(
        connection,
        StatementName::from(PREPARED),
        Values::from(&values),
    )
}

/// Binds and executes, all in binary.
fn bind(
    connection: &mut Connection,
    statement: StatementName<'_>,
    params: Values<'_>,
) -> Result<()> {
    connection.bind(&Bind {
        portal: PortalName::UNNAMED,
        statement,
        param_formats: Formats::from(&[1]),
        params,
        result_formats: Formats::from(&[1]),
    })?;
    connection.execute(PortalName::UNNAMED, 0)?;
    Ok(())
}

/// Takes everything up to the end of a series, and adds up what `read` makes of the rows.
async fn answer(
    connection: &mut Connection,
    read: impl Fn(DataRow<'_>) -> Result<u64>,
) -> Result<u64> {
    let mut sum = 0;
    loop {
        match connection.next().await? {
            Event::DataRow(row) => sum += read(row)?,
            Event::Ready(_) => return Ok(sum),
            Event::Error(error) => return Err(ServerError::new(&error).into()),
            _ => {}
        }
    }
}

fn one_column(row: DataRow<'_>) -> Result<u64> {
    let mut values = row.values.iter();
    Ok(u64::from(
        next::<i32>(&mut values, Type::INT4)?.unsigned_abs(),
    ))
}

fn five_columns(row: DataRow<'_>) -> Result<u64> {
    let mut values = row.values.iter();
    Ok(of_row(
        next(&mut values, Type::INT4)?,
        next(&mut values, Type::INT8)?,
        next(&mut values, Type::TEXT)?,
        next(&mut values, Type::FLOAT8)?,
        next(&mut values, Type::TIMESTAMP)?,
    ))
}

#[inline]
fn next<'a, T: Decode<'a>>(values: &mut ValuesIter<'a>, ty: Type) -> Result<T> {
    let value = values.next().flatten().ok_or("a value is missing")?;
    Ok(T::from_binary(ty, value)?)
}
