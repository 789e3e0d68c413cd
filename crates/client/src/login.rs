//! Logs in over an open stream.

use trunkline_proto::auth::Binding;
use trunkline_proto::client::{Credentials, Login, LoginError, Method, Methods, Misuse, Progress};
use trunkline_proto::frontend::{Parameters as StartupParameters, Startup};
use trunkline_proto::{ReplyLimits, client};

use crate::channel::Channel;
use crate::config::{ChannelBinding, Host, Resolved, Secret, Verification, knows};
use crate::error::Kind;
use crate::net::{Runtime, Stream};
use crate::oauth::Bearer;
use crate::parameters::Parameters;
use crate::{Error, GssContext, GssStep, Notice, Result, ServerError, gss, random};

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
    bearer: &mut Bearer,
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
    let policy = resolved.policy(host, verified);
    let credentials = Credentials {
        password: host
            .password
            .as_ref()
            .map(|password| password.as_bytes().to_vec().into()),
        scram_keys: resolved.login.scram_keys.clone(),
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
    let mut context: Option<Box<dyn GssContext>> = None;
    loop {
        let Channel {
            bytes,
            start,
            end,
            output,
            ..
        } = &mut channel;
        let mut input = bytes.get(*start..*end).unwrap_or_default();
        let progress = login
            .receive(&mut input, output)
            .map_err(|error| explain(error, host, verified, resolved))?;
        *start = *end - input.len();
        match progress {
            None => channel.read_more().await?,
            Some(Progress::Hash) => {
                while login.hash(ROUNDS, output)? > 0 {
                    runtime.yield_now().await;
                }
            }
            Some(Progress::OAuth) => {
                let token = bearer.show(resolved).await?;
                login
                    .oauth(token.map(Secret::as_bytes), output)
                    .map_err(unusable)?;
            }
            Some(Progress::OAuthRefused(json)) => bearer.refused(json, resolved)?,
            Some(Progress::Gss(None)) => {
                let context = context.insert(gss::begin(Method::Gss, host, resolved)?);
                step(&mut **context, None, &mut login, output)?;
            }
            Some(Progress::Sspi) => {
                let context = context.insert(gss::begin(Method::Sspi, host, resolved)?);
                step(&mut **context, None, &mut login, output)?;
            }
            Some(Progress::Gss(Some(token))) => {
                // The machine has asked for a beginning before.
                if let Some(context) = &mut context {
                    step(&mut **context, Some(token), &mut login, output)?;
                }
            }
            Some(Progress::ParameterStatus(status)) => parameters.set(&status),
            Some(Progress::Authenticated) => trusted = true,
            Some(Progress::Notice(notice)) if trusted && notices.len() < MAX_NOTICES => {
                notices.push(Notice::new(&notice));
            }
            Some(Progress::Error(error)) => {
                let error = ServerError::new(&error);
                let error = if trusted {
                    error.into()
                } else {
                    Kind::Stranger(Box::new(error)).into()
                };
                if bearer.is_fetching() {
                    bearer.put_off(error);
                    return Err(Kind::TokenDue.into());
                }
                return Err(error);
            }
            Some(Progress::Ready) => break,
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

/// Has the mechanism take the server's token, and sends its own.
fn step(
    context: &mut dyn GssContext,
    input: Option<&[u8]>,
    login: &mut Login,
    output: &mut Vec<u8>,
) -> Result<()> {
    match context.step(input).map_err(gss::failed)? {
        GssStep::Continue(token) => login.gss(&token, output),
        GssStep::Done(token) => login.gss_last(token.as_deref(), output),
    }
    .map_err(unusable)
}

/// What a hook gave cannot be sent.
fn unusable(error: Misuse) -> Error {
    Kind::Method {
        what: error.to_string(),
        source: None,
    }
    .into()
}

/// Says why a token is refused out of hand.
fn explain(
    error: LoginError,
    host: &Host,
    verified: Option<Verification>,
    resolved: &Resolved,
) -> Error {
    let said = resolved.login.require;
    let wanted = said.is_none_or(|said| said.of(Methods::ALL).contains(Method::OAuth));
    match error {
        LoginError::Method(Method::OAuth) if wanted && !knows(host, verified) => Kind::Method {
            what: "the server asks for an OAuth token, which is not shown to a server that may be anybody: set sslmode=verify-full".into(),
            source: None,
        }
        .into(),
        error => error.into(),
    }
}
