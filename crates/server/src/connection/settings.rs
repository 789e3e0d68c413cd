//! What the startup packet says of the client, and the settings that the session begins with.

use std::sync::Arc;

use trunkline_proto::frontend::ProtocolVersion;

use super::dialogue::Dialogue;
use crate::client::{Address, Client, options};
use crate::config::Config;
use crate::registry::Registration;
use crate::transport::Stream;
use crate::{ParameterStatus, Result, Session, SessionHandle, client_encoding};

/// What is known of the client.
///
/// # Errors
///
/// 22021 for texts that are not UTF-8.
pub(super) fn client(
    user: Vec<u8>,
    parameters: Vec<(Vec<u8>, Vec<u8>)>,
    address: Address,
    dialogue: &Dialogue,
    version: ProtocolVersion,
    registration: &Registration,
) -> Result<Client> {
    let text = |bytes: Vec<u8>| super::simple::utf8(&bytes).map(str::to_owned);
    let mut texts = Vec::with_capacity(parameters.len());
    for (name, value) in parameters {
        texts.push((text(name)?, text(value)?));
    }
    // Settings in `options` come first: those that stand for themselves win, as in PostgreSQL.
    let within: Vec<_> = texts
        .iter()
        .filter(|(name, _)| name == "options")
        .flat_map(|(_, value)| options(value))
        .collect();
    texts.splice(0..0, within);
    for (name, value) in &mut texts {
        if matches!(name.as_str(), "user" | "database") {
            truncate_name(value);
        }
    }
    let mut user = text(user)?;
    truncate_name(&mut user);
    Ok(Client {
        parameters: texts,
        user,
        address,
        encrypted: matches!(dialogue.stream, Stream::Tls(_)),
        version,
        certificate: dialogue.certificate(),
        handle: SessionHandle::new(Arc::clone(&registration.shared)),
    })
}

/// Names are cut to 63 bytes, silently (rule ST-14), between characters.
fn truncate_name(name: &mut String) {
    let mut end = trunkline_proto::NAME_LEN.min(name.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.truncate(end);
}

/// Checks the settings that the library itself answers for. Gives the client's encoding.
///
/// # Errors
///
/// Those of [`client_encoding`].
pub(super) fn settings(client: &Client) -> Result<&'static str> {
    client_encoding(client.parameter("client_encoding").unwrap_or("UTF8"))
}

/// The settings as they stand at the beginning: what the library knows, what the client asked for, and what the session
/// says.
pub(super) fn status(
    client: &Client,
    session: &impl Session,
    encoding: &str,
    config: &Config,
) -> ParameterStatus {
    let mut status = ParameterStatus::new(Arc::clone(&config.parameters));
    status.replace("client_encoding", encoding);
    status.replace("session_authorization", client.user());
    status.replace("application_name", client.application_name());
    for name in [
        "TimeZone",
        "IntervalStyle",
        "search_path",
        "default_transaction_read_only",
    ] {
        let asked = client
            .parameters()
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .last();
        if let Some((_, value)) = asked {
            status.replace(name, value);
        }
    }
    session.parameters(&mut status);
    status
}
