//! OAUTHBEARER: where bearer tokens come from (PostgreSQL docs 20.15 and 32.20, RFC 7628).
//!
//! ```text
//!  server asks for a token ─▶ where from? ─▶ TokenSource ─▶ a second connection, with the token
//!                             (the server's  (yours: a cache, a device
//!                              answer)        flow, a metadata service …)
//! ```
//!
//! There is no HTTP client here, and no flow that asks a person for consent: that is the [`TokenSource`]'s, which is told all that
//! such a flow begins with.

mod bearer;

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

pub(crate) use bearer::Bearer;

use crate::config::Secret;

/// Gives bearer tokens for logins with OAUTHBEARER; attached with [`Config::token_source`](crate::Config::token_source).
///
/// A closure is one, and so is a [`Secret`] that already holds a token:
///
/// ```
/// use trunkline_client::{Config, TokenRequest};
/// use trunkline_client::config::Secret;
///
/// # async fn device_flow(url: &str, client: &str, scope: Option<&str>) -> Result<String, std::io::Error> { Ok("t0ken".into()) }
/// let config: Config = "host=db.example sslmode=verify-full oauth_issuer=https://id.example oauth_client_id=app".parse()?;
/// let config = config.token_source(|request: TokenRequest| async move {
///     let token = device_flow(&request.discovery_url, &request.client_id, request.scope.as_deref()).await?;
///     Ok(Secret::from(token))
/// });
/// # Ok::<(), trunkline_client::ConfigError>(())
/// ```
///
/// It is asked while a connection is made, once for each address that is tried, and once more where the server refuses the token: the
/// refused one is then [`rejected`](TokenRequest::rejected), for a cache to forget. (`target_session_attrs=prefer-standby` may try an
/// address twice, which counts as two.) An answer that is there at once (from a cache) may save a connection; one that takes its time
/// does not keep the server waiting, which has hung up by then, and
/// `connect_timeout` does not run meanwhile. The future may be polled on any thread and needs no runtime of its own; with the blocking
/// client, it may as well block.
///
/// Tokens go over TLS or a Unix socket, never in clear.
pub trait TokenSource: Send + Sync + 'static {
    /// Gives a token that `request` describes: as RFC 6750 section 2.1 spells one, without `Bearer`.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from that: connecting fails with it.
    ///
    /// # Cancel safety
    ///
    /// Dropped when the attempt to connect is dropped.
    fn token(
        &self,
        request: &TokenRequest,
    ) -> impl Future<Output = Result<Secret, TokenError>> + Send;
}

/// Why there is no token: anything.
pub type TokenError = Box<dyn StdError + Send + Sync>;

/// What a token is wanted for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenRequest {
    /// The issuer that is trusted: `oauth_issuer`, or what follows from it where that is a discovery document's URL.
    pub issuer: String,
    /// The https URL of the issuer's discovery document, as the server or `oauth_issuer` names it; checked to be this issuer's.
    pub discovery_url: String,
    /// The name by which the issuer knows this client: `oauth_client_id`.
    pub client_id: String,
    /// The client's own password at the issuer: `oauth_client_secret`.
    pub client_secret: Option<Secret>,
    /// The scopes to ask for, with spaces between them: `oauth_scope`, or else those that the server asks for.
    pub scope: Option<String>,
    /// The user to log in as.
    pub user: String,
    /// The token that this source gave a moment ago and the server has refused. To give the same again ends the attempt to connect,
    /// with what the server said.
    pub rejected: Option<Secret>,
}

impl<F, T> TokenSource for F
where
    F: Fn(TokenRequest) -> T + Send + Sync + 'static,
    T: Future<Output = Result<Secret, TokenError>> + Send + 'static,
{
    fn token(
        &self,
        request: &TokenRequest,
    ) -> impl Future<Output = Result<Secret, TokenError>> + Send {
        self(request.clone())
    }
}

/// A token that is there already, whatever is asked for.
impl TokenSource for Secret {
    async fn token(&self, _: &TokenRequest) -> Result<Self, TokenError> {
        Ok(self.clone())
    }
}

/// A token on its way.
type Fetching = Pin<Box<dyn Future<Output = Result<Secret, TokenError>> + Send>>;

/// A source, whatever its type.
#[derive(Clone)]
pub(crate) struct Tokens(Arc<dyn Fetch>);

trait Fetch: Send + Sync {
    fn fetch(self: Arc<Self>, request: TokenRequest) -> Fetching;
}

impl<S: TokenSource> Fetch for S {
    fn fetch(self: Arc<Self>, request: TokenRequest) -> Fetching {
        Box::pin(async move { self.token(&request).await })
    }
}

impl Tokens {
    pub(crate) fn new(source: impl TokenSource) -> Self {
        Self(Arc::new(source))
    }

    fn fetch(&self, request: TokenRequest) -> Fetching {
        Arc::clone(&self.0).fetch(request)
    }
}

/// The same source, not one like it.
impl PartialEq for Tokens {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Tokens {}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenSource")
    }
}
