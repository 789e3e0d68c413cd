//! How a session begins.

use std::future::Future;

use crate::{Client, Result, Session};

/// Makes a session for each client that has logged in.
///
/// A closure from `&Client` to a session, or to a `Result` of one, is all that most servers need. Implement the trait for
/// a type of your own where opening a session has to wait.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot open sessions",
    note = "give a closure `|client: &Client| MySession {{ … }}`, or one that returns `Result<MySession>`"
)]
pub trait Open: Send + Sync + 'static {
    /// The sessions it makes.
    type Session: Session;

    /// Opens a session for `client`, who is authenticated. An error is FATAL and ends the connection: 3D000 for a
    /// database that does not exist, 42704 for an unknown setting, 22023 for a bad value of one.
    fn open(&self, client: &Client) -> impl Future<Output = Result<Self::Session>> + Send;
}

impl<F, R> Open for F
where
    F: Fn(&Client) -> R + Send + Sync + 'static,
    R: IntoSession + Send,
{
    type Session = R::Session;

    fn open(&self, client: &Client) -> impl Future<Output = Result<R::Session>> + Send {
        std::future::ready(self(client).into_session())
    }
}

/// What a closure may return to open a session: the session, or a `Result` of it.
pub trait IntoSession {
    /// The session.
    type Session: Session;

    /// The session, or the reason why there is none.
    ///
    /// # Errors
    ///
    /// Whatever the closure returned.
    fn into_session(self) -> Result<Self::Session>;
}

impl<S: Session> IntoSession for S {
    type Session = S;

    fn into_session(self) -> Result<S> {
        Ok(self)
    }
}

impl<S: Session> IntoSession for Result<S> {
    type Session = S;

    fn into_session(self) -> Self {
        self
    }
}
