//! Who may log in: the authenticators, and what they are made of.

use std::collections::HashMap;
use std::fmt;
use std::future::{Future, ready};
use std::sync::Arc;

use trunkline_proto::auth::{self, Authenticated, Binding, Mock, Verifier, cleartext, md5, scram};
use trunkline_proto::backend::Authentication;
use trunkline_proto::server::{Login, Response};

use crate::connection::dialogue::{Dialogue, Lost};
use crate::{Client, Error, Result, SqlState};

/// Decides whether a client is who it says: the first argument of [`Server::new`](crate::Server::new), so that nobody
/// ships [`Trust`] by forgetting.
///
/// [`Trust`], [`Cleartext`], [`Md5`] and [`Scram`] are ready made. One of your own chooses among them, by user, database
/// or address, or checks by other means and [vouches](Authenticated::vouched_by_application) for the outcome:
///
/// ```
/// use trunkline_server::{Authenticated, Authenticator, Client, Exchange, Result, Scram, Trust, Users};
///
/// /// SCRAM for everybody but those on the same machine.
/// struct LocalTrust<U>(Scram<U>);
///
/// impl<U: Users> Authenticator for LocalTrust<U> {
///     async fn authenticate(&self, client: &Client, exchange: &mut Exchange<'_>) -> Result<Authenticated> {
///         match client.address() {
///             trunkline_server::Address::Unix => Trust.authenticate(client, exchange).await,
///             _ => self.0.authenticate(client, exchange).await,
///         }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an authenticator",
    note = "`Scram::new(users)` asks for passwords; `Trust` lets everybody in"
)]
pub trait Authenticator: Send + Sync + 'static {
    /// Carries the exchange out.
    ///
    /// # Errors
    ///
    /// Every error is FATAL. 28P01 for a wrong password, 28000 otherwise, and nothing in the message that tells an
    /// unknown user from a wrong password.
    fn authenticate(
        &self,
        client: &Client,
        exchange: &mut Exchange<'_>,
    ) -> impl Future<Output = Result<Authenticated>> + Send;
}

/// Lets everybody in, as whoever they say. For tests, and for sockets that only the right people can reach.
#[derive(Debug, Clone, Copy, Default)]
pub struct Trust;

impl Authenticator for Trust {
    async fn authenticate(&self, _: &Client, _: &mut Exchange<'_>) -> Result<Authenticated> {
        Ok(auth::trust())
    }
}

/// Asks for the password in clear. Only over TLS, or a Unix socket: anybody on the way reads it.
#[derive(Debug, Clone)]
pub struct Cleartext<U> {
    users: U,
}

impl<U: Users> Cleartext<U> {
    /// Checks passwords against the verifiers of `users`, of any kind.
    pub fn new(users: U) -> Self {
        Self { users }
    }
}

impl<U: Users> Authenticator for Cleartext<U> {
    async fn authenticate(
        &self,
        client: &Client,
        exchange: &mut Exchange<'_>,
    ) -> Result<Authenticated> {
        let stored = self.users.verifier(client.user()).await?;
        exchange.cleartext(stored.as_ref()).await
    }
}

/// Asks for an MD5 hash of the password. For old clients: use [`Scram`] where there is a choice. A user whose verifier
/// is one of SCRAM is asked for that, as PostgreSQL does.
#[derive(Debug, Clone)]
pub struct Md5<U> {
    users: U,
}

impl<U: Users> Md5<U> {
    /// Checks hashes against the md5 verifiers of `users`.
    pub fn new(users: U) -> Self {
        Self { users }
    }
}

impl<U: Users> Authenticator for Md5<U> {
    async fn authenticate(
        &self,
        client: &Client,
        exchange: &mut Exchange<'_>,
    ) -> Result<Authenticated> {
        let stored = self.users.verifier(client.user()).await?;
        match &stored {
            Some(verifier) if verifier.is_scram() => exchange.scram(stored.as_ref()).await,
            // An unknown user gets the exchange that new passwords would (rule MD-01).
            None => exchange.scram(None).await,
            Some(_) => exchange.md5(stored.as_ref()).await,
        }
    }
}

/// SCRAM-SHA-256, and over TLS SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677): the password never crosses the wire, and the
/// server need not know it.
///
/// ```
/// # use std::collections::HashMap;
/// # use trunkline_server::{Scram, Server, Verifier};
/// let ada = Verifier::scram(b"pencil", *b"sixteen bytes...", 4096)?;
/// let server = Server::new(Scram::new(HashMap::from([("ada".to_owned(), ada)])));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Scram<U> {
    users: U,
}

impl<U: Users> Scram<U> {
    /// Checks proofs against the SCRAM verifiers of `users`: those of PostgreSQL's `pg_authid.rolpassword`.
    pub fn new(users: U) -> Self {
        Self { users }
    }
}

impl<U: Users> Authenticator for Scram<U> {
    async fn authenticate(
        &self,
        client: &Client,
        exchange: &mut Exchange<'_>,
    ) -> Result<Authenticated> {
        let stored = self.users.verifier(client.user()).await?;
        exchange.scram(stored.as_ref()).await
    }
}

/// Where the verifiers of users are kept.
///
/// A map from names to [`Verifier`]s, and a closure from a name to an `Option` of one, are such places.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a place where verifiers are kept",
    note = "use a `HashMap<String, Verifier>`, or a closure `|user: &str| -> Option<Verifier> {{ … }}`"
)]
pub trait Users: Send + Sync + 'static {
    /// The verifier of a user; `None` if there is no such user, or it has no password. The client cannot tell: it goes
    /// through the same exchange, and fails at the end.
    ///
    /// # Errors
    ///
    /// Only if the place itself fails.
    fn verifier(&self, user: &str) -> impl Future<Output = Result<Option<Verifier>>> + Send;
}

impl<H: std::hash::BuildHasher + Send + Sync + 'static> Users for HashMap<String, Verifier, H> {
    fn verifier(&self, user: &str) -> impl Future<Output = Result<Option<Verifier>>> + Send {
        ready(Ok(self.get(user).cloned()))
    }
}

impl<F: Fn(&str) -> Option<Verifier> + Send + Sync + 'static> Users for F {
    fn verifier(&self, user: &str) -> impl Future<Output = Result<Option<Verifier>>> + Send {
        ready(Ok(self(user)))
    }
}

impl<U: Users> Users for Arc<U> {
    fn verifier(&self, user: &str) -> impl Future<Output = Result<Option<Verifier>>> + Send {
        U::verifier(self, user)
    }
}

/// One login: what an [`Authenticator`] asks the client through.
pub struct Exchange<'a> {
    pub(crate) login: &'a mut Login,
    pub(crate) dialogue: &'a mut Dialogue,
    pub(crate) user: &'a str,
    pub(crate) mock: &'a Mock,
    pub(crate) binding: Binding,
    /// The last message of a SASL exchange; it goes out together with AuthenticationOk.
    pub(crate) last: Option<Vec<u8>>,
    /// Why the dialogue ended, if it did.
    pub(crate) lost: Option<Lost>,
}

// Without what is exchanged.
impl fmt::Debug for Exchange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("user", &self.user)
            .field("dialogue", &self.dialogue)
            .finish_non_exhaustive()
    }
}

impl Exchange<'_> {
    /// Asks for the password in clear, and checks it against a verifier; `None` cannot succeed.
    ///
    /// # Errors
    ///
    /// 28P01 for a wrong or empty password, 08P01 for a malformed message.
    pub async fn cleartext(&mut self, stored: Option<&Verifier>) -> Result<Authenticated> {
        let body = self.password(&Authentication::CleartextPassword).await?;
        let user = self.user.as_bytes();
        // Hashing takes a millisecond or more: not on the threads that serve everybody.
        let (user, stored, mock) = (user.to_vec(), stored.cloned(), self.mock.clone());
        let checked = tokio::task::spawn_blocking(move || {
            cleartext::check(&body, &user, stored.as_ref(), &mock)
        })
        .await
        .map_err(Error::internal)?;
        checked.map_err(|error| self.refused(&error))
    }

    /// Asks for the password in clear, and gives it: for a check of your own. Do not log it.
    ///
    /// # Errors
    ///
    /// 28P01 for an empty password, 08P01 for a malformed message.
    pub async fn password_in_clear(&mut self) -> Result<Vec<u8>> {
        let body = self.password(&Authentication::CleartextPassword).await?;
        cleartext::password(&body)
            .map(<[u8]>::to_vec)
            .map_err(|error| self.refused(&error))
    }

    /// Asks for an MD5 hash of the password.
    ///
    /// # Errors
    ///
    /// 28P01 for a wrong or empty password, 08P01 for a malformed message.
    pub async fn md5(&mut self, stored: Option<&Verifier>) -> Result<Authenticated> {
        let mut salt = [0; 4];
        getrandom::fill(&mut salt).map_err(Error::internal)?;
        let server = md5::Server::for_user(self.user.as_bytes(), stored, salt);
        let body = self.password(&Authentication::Md5Password { salt }).await?;
        server.verify(&body).map_err(|error| self.refused(&error))
    }

    /// Carries a SCRAM exchange out, with channel binding where the client can. `None`, for a user that does not exist,
    /// looks the same to the client until its end.
    ///
    /// # Errors
    ///
    /// 28P01 for a wrong password; 28000 if somebody sits between the client and us; 0A000 and 08P01 for messages that
    /// ask for what there is not, or are malformed.
    pub async fn scram(&mut self, stored: Option<&Verifier>) -> Result<Authenticated> {
        let mut nonce = [0; scram::NONCE_LEN];
        getrandom::fill(&mut nonce).map_err(Error::internal)?;
        let server =
            scram::Server::for_user(self.user.as_bytes(), stored, self.mock, nonce, self.binding);
        let offered: Vec<&[u8]> = scram::Mechanism::offered(&self.binding)
            .iter()
            .map(|mechanism| mechanism.name().as_bytes())
            .collect();
        self.request(&Authentication::Sasl(offered.as_slice().into()))?;
        let selected = self
            .respond(|response| match response {
                Response::SaslInitial { mechanism, data } => Some(server.select(mechanism, data)),
                _ => None,
            })
            .await?;
        let (awaiting, challenge) = match selected.map_err(|error| self.refused(&error))? {
            scram::Selected::Challenge(awaiting, challenge) => (awaiting, challenge),
            scram::Selected::Empty(awaiting) => {
                self.request(&Authentication::SaslContinue(&[]))?;
                self.sasl(|data| awaiting.first(data)).await?
            }
        };
        self.request(&Authentication::SaslContinue(&challenge))?;
        let (authenticated, last) = self.sasl(|data| awaiting.last(data)).await?;
        self.last = Some(last);
        Ok(authenticated)
    }

    async fn sasl<T>(&mut self, step: impl FnOnce(&[u8]) -> Result<T, auth::Error>) -> Result<T> {
        let stepped = self
            .respond(|response| match response {
                Response::Sasl(data) => Some(step(data)),
                _ => None,
            })
            .await?;
        stepped.map_err(|error| self.refused(&error))
    }

    async fn password(&mut self, request: &Authentication<'_>) -> Result<Vec<u8>> {
        self.request(request)?;
        self.respond(|response| match response {
            Response::Password(body) => Some(body.to_vec()),
            _ => None,
        })
        .await
    }

    fn request(&mut self, request: &Authentication<'_>) -> Result<()> {
        self.login
            .request(request, &mut self.dialogue.output)
            .map_err(Error::internal)
    }

    /// Sends what is queued, and waits for the response.
    async fn respond<T>(&mut self, take: impl FnOnce(Response<'_>) -> Option<T>) -> Result<T> {
        match self.dialogue.respond(self.login, take).await {
            Ok(taken) => taken.ok_or_else(|| Error::internal("a response of another kind")),
            Err(lost) => {
                self.lost = Some(lost);
                Err(crate::reply::gone())
            }
        }
    }

    fn refused(&self, error: &auth::Error) -> Error {
        let refusal = Error::new(error.sqlstate(), error.message(self.user));
        match error.detail() {
            Some(detail) => refusal.detail(detail),
            None => refusal,
        }
    }
}

/// The refusal of a login whose SASL message was too long: PostgreSQL makes it look like a wrong password.
#[cold]
pub(crate) fn rejected(user: &str) -> Error {
    Error::new(
        SqlState::INVALID_PASSWORD,
        auth::Error::Rejected.message(user),
    )
}
