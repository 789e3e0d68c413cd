//! Logs in over an open stream.

use trunkline_proto::auth::Binding;
use trunkline_proto::client::{Credentials, Login, Method, Methods, Policy, Progress};
use trunkline_proto::frontend::{Parameters as StartupParameters, Startup};
use trunkline_proto::{ReplyLimits, client};

use crate::channel::Channel;
use crate::config::{ChannelBinding, Host, Resolved, Verification, knows};
use crate::error::Kind;
use crate::net::{Runtime, Stream};
use crate::parameters::Parameters;
use crate::{Notice, Result, ServerError, random};

/// Rounds of the password's hash between two looks at the world: about a quarter of a millisecond.
const ROUNDS: u32 = 1024;
/// Notices of the login that are kept for the user (AS-06).
const MAX_NOTICES: usize = 100;

/// A session that has just begun.
#[derive(Debug)]
pub(crate) struct LoggedIn {
    pub(crate) machine: client::Connection,
    pub(crate) channel: Channel,
    pub(crate) parameters: Parameters,
    pub(crate) notices: Vec<Notice>,
}

/// From the startup packet to the first ReadyForQuery.
pub(crate) async fn log_in(
    runtime: Runtime,
    stream: Stream,
    binding: Binding,
    host: &Host,
    resolved: &Resolved,
) -> Result<LoggedIn> {
    let parameters: Vec<(&[u8], &[u8])> = resolved
        .startup_parameters()
        .map(|(name, value)| (name.as_bytes(), value.as_bytes()))
        .collect();
    let startup = Startup {
        version: resolved.protocol.max,
        parameters: StartupParameters::from(parameters.as_slice()),
    };
    let verified = stream.is_encrypted().then(|| resolved.tls.verification());
    let policy = policy(host, verified, resolved);
    let credentials = Credentials {
        password: host
            .password
            .as_ref()
            .map(|password| password.as_bytes().to_vec().into()),
        nonce: random::bytes()?,
        binding: match resolved.login.channel_binding {
            ChannelBinding::Disable if stream.is_encrypted() => Binding::Unbindable,
            _ => binding,
        },
    };
    let mut channel = Channel::new(stream);
    let limits = ReplyLimits::default();
    let mut login = Login::start(&startup, credentials, &policy, limits, &mut channel.output)?;
    let mut parameters = Parameters::default();
    let mut notices = Vec::new();
    // Whether these are the words of the server that was asked for: it is known, or has satisfied the policy.
    let mut trusted = knows(host, verified);
    loop {
        let Channel {
            bytes,
            start,
            end,
            output,
            ..
        } = &mut channel;
        let mut input = bytes.get(*start..*end).unwrap_or_default();
        let progress = login.receive(&mut input, output)?;
        *start = *end - input.len();
        match progress {
            None => channel.read_more().await?,
            Some(Progress::Hash) => {
                while login.hash(ROUNDS, output)? > 0 {
                    runtime.yield_now().await;
                }
            }
            Some(Progress::ParameterStatus(status)) => parameters.set(&status),
            Some(Progress::Authenticated) => trusted = true,
            Some(Progress::Notice(notice)) if trusted && notices.len() < MAX_NOTICES => {
                notices.push(Notice::new(&notice));
            }
            Some(Progress::Error(error)) => {
                let error = ServerError::new(&error);
                return Err(if trusted {
                    error.into()
                } else {
                    Kind::Stranger(Box::new(error)).into()
                });
            }
            Some(Progress::Ready) => break,
            // The policy asks for neither tokens nor tickets.
            Some(_) => {}
        }
    }
    Ok(LoggedIn {
        machine: login.finish()?,
        channel,
        parameters,
        notices,
    })
}

/// What [`Resolved::policy`] says, less what needs somebody to fetch tokens and tickets.
fn policy(host: &Host, verified: Option<Verification>, resolved: &Resolved) -> Policy {
    let policy = resolved.policy(host, verified);
    let unattended = [Method::OAuth, Method::Gss, Method::Sspi];
    Policy {
        methods: unattended
            .into_iter()
            .fold(policy.methods, Methods::without),
        ..policy
    }
}
