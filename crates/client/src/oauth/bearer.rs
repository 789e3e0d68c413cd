//! The token of one attempt to connect, from not knowing where to fetch it to showing it.
//!
//! ```text
//!  Unknown ─ the server says where ─▶ Fetching ─▶ Fetched
//!     └────── oauth_issuer says where ──▲  ▲         │
//!                                          └─────────┘ the server refuses it, once
//! ```

use std::fmt;
use std::future::poll_fn;
use std::task::Poll;

use trunkline_proto::auth::oauth::{Challenge, is_discovery_url, issuer_of};

use super::{Fetching, TokenError, TokenRequest, Tokens};
use crate::config::{Resolved, Secret};
use crate::error::Kind;
use crate::{Error, Result};

/// The token of one attempt, which may take three connections.
#[derive(Default)]
pub(crate) struct Bearer {
    state: State,
    /// The first token, which the server has refused.
    rejected: Option<Secret>,
    /// What it said to that.
    refusal: Option<Error>,
}

#[derive(Default)]
enum State {
    #[default]
    Unknown,
    /// The server need not wait for it.
    Fetching(Fetching),
    Fetched(Secret),
}

impl Bearer {
    /// The token to show, when the server asks for one; `None`: to be told where it comes from, or to let the server go while it comes.
    pub(crate) async fn show(&mut self, resolved: &Resolved) -> Result<Option<&Secret>> {
        let tokens = source(resolved)?;
        let issuer = Issuer::of(resolved)?;
        if let (State::Unknown, Some(url)) = (&self.state, issuer.discovery_url) {
            let request = request(resolved, &issuer.name, url.into(), None, None);
            let mut fetching = tokens.fetch(request);
            // From a cache it comes at once, and then this connection will do.
            let first = poll_fn(|cx| Poll::Ready(fetching.as_mut().poll(cx))).await;
            self.state = match first {
                Poll::Ready(token) => State::Fetched(token.map_err(no_token)?),
                Poll::Pending => State::Fetching(fetching),
            };
        }
        Ok(match &self.state {
            State::Fetched(token) => Some(token),
            State::Unknown | State::Fetching(_) => None,
        })
    }

    /// The server's answer to a token, or to none: it refuses the login. If that was to find out where tokens come from,
    /// [`is_fetching`](Self::is_fetching) is true after it.
    pub(crate) fn refused(&mut self, json: &[u8], resolved: &Resolved) -> Result<()> {
        let issuer = Issuer::of(resolved)?;
        let challenge = Challenge::parse(json).map_err(|error| refusal(error.to_string()))?;
        let url = challenge.discovery_url.as_deref();
        if let Some(url) = url {
            issuer.check(url)?;
        }
        if !challenge.wants_token() {
            return Err(refusal(format!(
                "the server rejects the OAuth token: {:?}",
                challenge.status
            )));
        }
        let rejected = match &self.state {
            State::Unknown => None,
            // A cache may have kept it for too long.
            State::Fetched(token) if self.rejected.is_none() => Some(token.clone()),
            State::Fetching(_) | State::Fetched(_) => return Ok(()),
        };
        let url = url.or(issuer.discovery_url).ok_or_else(|| {
            refusal("the server asks for an OAuth token and does not say where tokens come from: set oauth_issuer to the URL of the issuer's discovery document")
        })?;
        self.rejected.clone_from(&rejected);
        let request = request(
            resolved,
            &issuer.name,
            url.into(),
            challenge.scope,
            rejected,
        );
        self.state = State::Fetching(source(resolved)?.fetch(request));
        Ok(())
    }

    /// The error by which the server ends the login while a token is on its way: of none that was shown, it is for form's sake.
    pub(crate) fn put_off(&mut self, error: Error) {
        self.refusal = self.rejected.is_some().then_some(error);
    }

    /// Whether a token is on its way, for the next connection.
    pub(crate) const fn is_fetching(&self) -> bool {
        matches!(self.state, State::Fetching(_))
    }

    /// Waits for the token.
    ///
    /// # Errors
    ///
    /// There is none; it is the one that the server has refused, with what it said.
    pub(crate) async fn fetch(&mut self) -> Result<()> {
        if let State::Fetching(fetching) = &mut self.state {
            let token = fetching.await.map_err(no_token)?;
            let known = self.rejected.as_ref() == Some(&token);
            self.state = State::Fetched(token);
            if known && let Some(refusal) = self.refusal.take() {
                return Err(refusal);
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.state {
            State::Unknown => "Unknown",
            State::Fetching(_) => "Fetching",
            State::Fetched(_) => "Fetched",
        })
    }
}

/// Who is trusted to issue tokens.
struct Issuer<'a> {
    name: String,
    /// Known if `oauth_issuer` is one.
    discovery_url: Option<&'a str>,
}

impl<'a> Issuer<'a> {
    fn of(resolved: &'a Resolved) -> Result<Self> {
        let oauth = &resolved.login.oauth;
        let Some(given) = oauth
            .issuer
            .as_deref()
            .filter(|_| oauth.client_id.is_some())
        else {
            return Err(refusal(
                "the server asks for an OAuth token, but oauth_issuer and oauth_client_id are not both set",
            ));
        };
        if !is_discovery_url(given) {
            return Ok(Self {
                name: given.into(),
                discovery_url: None,
            });
        }
        let name = issuer_of(given).map_err(|error| {
            refusal(format!(
                "oauth_issuer={given} is not the URL of a discovery document: {error}"
            ))
        })?;
        Ok(Self {
            name,
            discovery_url: Some(given),
        })
    }

    /// Anybody may send the client to anybody: only the issuer that the user trusts is gone to (OA-01, SEC-32). Compared byte by byte,
    /// as RFC 9207 section 2.4 says.
    fn check(&self, url: &str) -> Result<()> {
        let wrong = |why: &dyn fmt::Display| {
            refusal(format!(
                "the server names {url:?} as where OAuth tokens come from: {why}"
            ))
        };
        let issuer = issuer_of(url).map_err(|error| wrong(&error))?;
        if issuer != self.name {
            return Err(wrong(&format_args!(
                "that is not of oauth_issuer, {}",
                self.name
            )));
        }
        match self.discovery_url {
            Some(known) if known != url => {
                Err(wrong(&format_args!("oauth_issuer says that it is {known}")))
            }
            _ => Ok(()),
        }
    }
}

fn source(resolved: &Resolved) -> Result<&Tokens> {
    resolved.tokens.as_ref().ok_or_else(|| {
        refusal(
            "the server asks for an OAuth token, and nothing gives one: set Config::token_source",
        )
    })
}

fn request(
    resolved: &Resolved,
    issuer: &str,
    discovery_url: String,
    scope: Option<String>,
    rejected: Option<Secret>,
) -> TokenRequest {
    let oauth = &resolved.login.oauth;
    TokenRequest {
        issuer: issuer.into(),
        discovery_url,
        client_id: oauth.client_id.clone().unwrap_or_default(),
        client_secret: oauth.client_secret.clone(),
        scope: oauth.scope.clone().or(scope),
        user: resolved.user.clone(),
        rejected,
    }
}

fn no_token(error: TokenError) -> Error {
    Kind::Method {
        what: "there is no OAuth token".into(),
        source: Some(error),
    }
    .into()
}

fn refusal(what: impl Into<String>) -> Error {
    Kind::Method {
        what: what.into(),
        source: None,
    }
    .into()
}
