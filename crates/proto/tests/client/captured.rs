//! Sessions captured between libpq or psql and PostgreSQL 15 and 18: whatever PostgreSQL sent is due.

use trunkline_proto::auth::Binding;
use trunkline_proto::client::{Connection, Login, Misuse, Progress};
use trunkline_proto::frontend::{Message, ProtocolVersion, StartupPacket};
use trunkline_proto::{Decode, EncodeError};

use crate::fixtures::{Direction, Frame, files};
use crate::support::{OK, credentials, lax, login};

enum Stage {
    Login(Box<Login>),
    Session(Connection),
    /// Before a startup packet, and after a connection's end.
    Outside,
}

/// Sends what a captured client sent; gives the bytes.
fn send(connection: &mut Connection, frame: &Frame) -> Result<Vec<u8>, Misuse> {
    let mut out = vec![];
    let message = Message::decode(frame.tag(), frame.body()).unwrap();
    match message {
        Message::Query(query) => connection.query(query.sql, &mut out),
        Message::Parse(parse) => connection.parse(&parse, &mut out),
        Message::Bind(bind) => connection.bind(&bind, &mut out),
        Message::Describe(describe) => connection.describe(describe.0, &mut out),
        Message::Execute(execute) => connection.execute(execute.portal, execute.max_rows, &mut out),
        Message::Close(close) => connection.close(close.0, &mut out),
        Message::Sync(_) => connection.sync(&mut out),
        Message::Flush(_) => connection.flush(&mut out),
        Message::FunctionCall(call) => connection.function_call(&call, &mut out),
        Message::CopyData(data) => connection.copy_data(data.data, &mut out),
        Message::CopyDone(_) => connection.copy_done(&mut out),
        Message::CopyFail(fail) => connection.copy_fail(fail.reason, &mut out),
        Message::Terminate(_) => connection.terminate(&mut out),
        other => panic!("{other:?}"),
    }?;
    Ok(out)
}

fn begin(frame: &Frame) -> Stage {
    let version = match StartupPacket::decode(frame.body()) {
        Ok(StartupPacket::Startup(startup)) => startup.version,
        _ => return Stage::Outside,
    };
    let version = version.min(ProtocolVersion::V3_2);
    Stage::Login(Box::new(login(
        version,
        &lax(),
        credentials(b"", Binding::Plaintext),
    )))
}

/// A captured proof cannot be repeated, its nonce was random: the exchange is left out, all around it is not.
fn stands_for(frame: &Frame) -> Option<&[u8]> {
    match frame.name.as_str() {
        "AuthenticationOk" => Some(OK),
        // Refusals of options that this client did not ask for.
        "NegotiateProtocolVersion" => None,
        name if name.starts_with("Authentication") => None,
        _ => Some(&frame.bytes),
    }
}

#[test]
fn whatever_postgresql_sends_is_due() {
    let mut sessions = 0;
    for (path, frames) in files() {
        let mut stage = Stage::Outside;
        for (number, frame) in frames.iter().enumerate() {
            let place = format!("{}:{} {}", path.display(), number + 1, frame.name);
            stage = match (stage, frame.direction) {
                _ if frame.is_startup() => begin(frame),
                (Stage::Session(mut connection), Direction::Frontend) => {
                    match send(&mut connection, frame) {
                        Ok(bytes) => assert_eq!(bytes, frame.bytes, "{place}"),
                        // What the server discards this machine does not even send.
                        Err(Misuse::SyncDue) => {}
                        // Captured on purpose: what a client must not do.
                        Err(Misuse::OutOfOrder) => break,
                        Err(Misuse::Closed) => {}
                        Err(error) => panic!("{place}: {error}"),
                    }
                    Stage::Session(connection)
                }
                (Stage::Session(mut connection), Direction::Backend) => {
                    let mut input = frame.bytes.as_slice();
                    let closed = connection.is_closed();
                    let event = connection
                        .receive(&mut input)
                        .unwrap_or_else(|error| panic!("{place}: {error}"));
                    assert_eq!(event.is_some(), !closed, "{place}");
                    Stage::Session(connection)
                }
                (Stage::Login(mut login), Direction::Backend) => match stands_for(frame) {
                    None => Stage::Login(login),
                    Some(mut input) => {
                        let progress = login
                            .receive(&mut input, &mut vec![])
                            .unwrap_or_else(|error| panic!("{place}: {error}"));
                        if matches!(progress, Some(Progress::Ready)) {
                            sessions += 1;
                            Stage::Session(login.finish().unwrap())
                        } else {
                            Stage::Login(login)
                        }
                    }
                },
                (stage, _) => stage,
            };
        }
    }
    assert!(sessions > 20, "only {sessions} sessions were captured");
}

/// A NUL would cut a text short and smuggle the rest (SEC-48).
#[test]
fn nothing_is_sent_of_what_cannot_be_encoded() {
    let mut connection = crate::support::session();
    let mut out = vec![];
    assert_eq!(
        connection.query(b"select 1\0; drop table t", &mut out),
        Err(Misuse::Encode(EncodeError::NulInString))
    );
    assert_eq!((out.len(), connection.unanswered()), (0, 0));
}
