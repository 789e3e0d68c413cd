//! `Connection`, asynchronous and blocking, against real PostgreSQL, and against servers that do what they must not.
#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

/// What differs between the two clients.
mod api;
mod cancel;
mod certificates;
mod coverage;
mod downgrade;
mod dropped;
mod gss;
mod hostile;
mod kerberos;
mod logins;
mod names;
mod oauth;
mod peer;
mod requests;
mod retry;
mod scripted;
mod servers;
mod strangers;
mod support;
mod values;

/// The same tests of the blocking client, but for those that drop futures.
mod blocking {
    pub(crate) mod api;
    trunkline_test_unasync::unasync!(
        "tests/session"
        cancel certificates downgrade gss hostile kerberos logins names oauth peer requests retry scripted servers strangers support values
    );
}
