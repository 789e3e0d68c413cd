//! Who the client is: the exchanges that prove it, and the value that only they can make.
//!
//! ```text
//!  trust() ───────────────────────────────────────────┐
//!  cleartext::check(body, …) ─────────────────────────┤
//!  md5::Server ── verify(body) ───────────────────────┼──▶ Authenticated ──▶ the query phase
//!  scram::Server ── select ── first ── last ──────────┤
//!  Authenticated::vouched_by_application() ───────────┘
//! ```
//!
//! Nothing here knows a message: the exchanges take and give the bytes that the messages carry. The server's side works from a
//! [`Verifier`], the string of `pg_authid.rolpassword`; it never needs the password. A user that does not exist, or whose secret is
//! of no use to the method, goes through the same exchange on a [`Mock`] and fails at its end, so that nobody can tell names apart.
//!
//! Source: PostgreSQL docs 54.2.1 and 54.3, RFC 5802, RFC 7677, RFC 5929.

pub mod cleartext;
pub mod md5;
pub mod oauth;
pub mod scram;

mod binding;
mod error;
mod mock;
mod saslprep;
mod verifier;

pub use binding::{Binding, EndPoint, Unbindable};
pub use error::{Error, Sanitized};
pub use mock::Mock;
pub use verifier::{
    DEFAULT_ITERATIONS, InvalidVerifier, MAX_ITERATIONS, Md5Secret, Secret, UnusablePassword,
    Verifier,
};

/// Proof that an authentication exchange succeeded.
///
/// Only a success makes one: it has no public field, no `Default`, and it can be neither copied nor cloned. The server machine asks
/// for it by value before it opens the query phase. It holds nothing.
///
/// ```compile_fail,E0423
/// let forged = trunkline_proto::auth::Authenticated(());
/// ```
#[derive(Debug)]
#[must_use = "an exchange that succeeded lets nobody in until its proof is handed on"]
pub struct Authenticated(());

impl Authenticated {
    pub(in crate::auth) const fn proven() -> Self {
        Self(())
    }

    /// Lets the client in on the application's word alone.
    ///
    /// For methods that this crate does not run itself: peer and ident credentials, client certificates, GSSAPI, OAuth tokens, an
    /// upstream server that has already checked. **Nothing is checked here**: whoever calls this decides who gets in.
    pub const fn vouched_by_application() -> Self {
        Self(())
    }
}

/// Lets anybody in, as the `trust` method of `pg_hba.conf` does: no message is exchanged, no password asked.
pub const fn trust() -> Authenticated {
    Authenticated(())
}
