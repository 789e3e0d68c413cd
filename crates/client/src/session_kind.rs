//! `target_session_attrs`: whether a server is of the kind that is wanted (rule CL-07).

use trunkline_proto::client::Event;

use crate::config::TargetSession;
use crate::core::Core;
use crate::error::Kind;
use crate::{Result, ServerError};

/// Since PostgreSQL 14 the server says by itself what it is; older ones are asked.
pub(crate) async fn check(connection: &mut Core, wanted: TargetSession) -> Result<()> {
    let (fits, otherwise) = match wanted {
        TargetSession::Any | TargetSession::PreferStandby => return Ok(()),
        TargetSession::ReadWrite => (!read_only(connection).await?, "the session is read-only"),
        TargetSession::ReadOnly => (read_only(connection).await?, "the session is not read-only"),
        TargetSession::Primary => (!standby(connection).await?, "the server is in hot standby"),
        TargetSession::Standby => (
            standby(connection).await?,
            "the server is not in hot standby",
        ),
    };
    if fits {
        Ok(())
    } else {
        Err(Kind::TargetSession(otherwise).into())
    }
}

async fn read_only(connection: &mut Core) -> Result<bool> {
    match (
        connection.parameters.get("default_transaction_read_only"),
        connection.parameters.get("in_hot_standby"),
    ) {
        (Some(read_only), Some(standby)) => Ok(read_only == "on" || standby == "on"),
        _ => Ok(ask(connection, "SHOW transaction_read_only").await? == b"on"),
    }
}

async fn standby(connection: &mut Core) -> Result<bool> {
    match connection.parameters.get("in_hot_standby") {
        Some(standby) => Ok(standby == "on"),
        None => Ok(ask(connection, "SELECT pg_catalog.pg_is_in_recovery()").await? == b"t"),
    }
}

/// The one value that a query answers with.
async fn ask(connection: &mut Core, sql: &str) -> Result<Vec<u8>> {
    connection
        .machine
        .query(sql.as_bytes(), &mut connection.channel.output)?;
    let mut answer = Vec::new();
    let mut refused = None;
    loop {
        match connection.next().await? {
            Event::DataRow(row) => {
                if let Some(Some(value)) = row.values.iter().next() {
                    answer = value.to_vec();
                }
            }
            Event::CopyIn(_) | Event::CopyBoth(_) => {
                return Err(Kind::TargetSession("it answers a question with a COPY").into());
            }
            Event::Error(error) => {
                let error = ServerError::new(&error);
                if error.is_fatal() {
                    return Err(error.into());
                }
                refused = Some(error);
            }
            Event::Ready(_) => return refused.map_or(Ok(answer), |error| Err(error.into())),
            _ => {}
        }
    }
}
