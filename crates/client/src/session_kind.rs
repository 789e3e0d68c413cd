//! `target_session_attrs`: whether a server is of the kind that is wanted (rule CL-07).

use trunkline_proto::client::Event;

use crate::config::TargetSession;
use crate::error::Kind;
use crate::login::LoggedIn;
use crate::{Result, ServerError};

/// Since PostgreSQL 14 the server says by itself what it is; older ones are asked.
pub(crate) async fn check(session: &mut LoggedIn, wanted: TargetSession) -> Result<()> {
    let (fits, otherwise) = match wanted {
        TargetSession::Any | TargetSession::PreferStandby => return Ok(()),
        TargetSession::ReadWrite => (!read_only(session).await?, "the session is read-only"),
        TargetSession::ReadOnly => (read_only(session).await?, "the session is not read-only"),
        TargetSession::Primary => (!standby(session).await?, "the server is in hot standby"),
        TargetSession::Standby => (standby(session).await?, "the server is not in hot standby"),
    };
    if fits {
        Ok(())
    } else {
        Err(Kind::TargetSession(otherwise).into())
    }
}

async fn read_only(session: &mut LoggedIn) -> Result<bool> {
    let parameters = &session.parameters;
    match (
        parameters.get("default_transaction_read_only"),
        parameters.get("in_hot_standby"),
    ) {
        (Some(read_only), Some(standby)) => Ok(read_only == "on" || standby == "on"),
        _ => Ok(ask(session, b"SHOW transaction_read_only").await? == b"on"),
    }
}

async fn standby(session: &mut LoggedIn) -> Result<bool> {
    match session.parameters.get("in_hot_standby") {
        Some(standby) => Ok(standby == "on"),
        None => Ok(ask(session, b"SELECT pg_catalog.pg_is_in_recovery()").await? == b"t"),
    }
}

/// The one value that a query answers with.
async fn ask(session: &mut LoggedIn, sql: &[u8]) -> Result<Vec<u8>> {
    let LoggedIn {
        machine,
        channel,
        parameters,
        ..
    } = session;
    machine.query(sql, &mut channel.output)?;
    let mut answer = Vec::new();
    let mut refused = None;
    loop {
        let mut input = channel.rest();
        let event = machine.receive(&mut input)?;
        let left = input.len();
        match event {
            Some(Event::DataRow(row)) => {
                if let Some(Some(value)) = row.values.iter().next() {
                    answer = value.to_vec();
                }
            }
            Some(Event::ParameterStatus(status)) => parameters.set(&status),
            Some(Event::CopyIn(_) | Event::CopyBoth(_)) => {
                return Err(Kind::TargetSession("it answers a question with a COPY").into());
            }
            Some(Event::Error(error)) => refused = Some(ServerError::new(&error)),
            Some(Event::Ready(_)) => {
                channel.start = channel.end - left;
                return match refused {
                    Some(error) => Err(error.into()),
                    None => Ok(answer),
                };
            }
            None if machine.is_closed() => {
                return Err(refused.map_or_else(|| Kind::Eof.into(), Into::into));
            }
            None => {
                channel.start = channel.end - left;
                channel.read_more().await?;
                continue;
            }
            Some(_) => {}
        }
        channel.start = channel.end - left;
    }
}
