//! The client's state machine: [`encryption`] → [`Login`] → [`Connection`].
//!
//! The contract in one sentence: feed bytes, take events until there are none, send only what the machine allows, write
//! what it queued. [`Login`] consumes itself to give the [`Connection`], and does so only after an authentication that the
//! [`Policy`] accepts and the server's first ReadyForQuery.
//!
//! Every request that is sent enters a queue of what is expected; every reply is held against its head. A reply that is not due
//! is a [`ProtocolError`], and the connection is of no use after it: to go on would give one request's answer to another.
//!
//! | file | idea |
//! |---|---|
//! | `encryption` | the one byte that answers SSLRequest and GSSENCRequest |
//! | `policy` | which logins are good enough |
//! | `login` | the startup packet, version negotiation, authentication, up to the first ReadyForQuery |
//! | `authenticate` | the exchanges within the login |
//! | `connection` | the replies of a session |
//! | `requests` | what the frontend sends, refused where it is not allowed |
//! | `series` | requests encoded apart from a session, to be sent together |
//! | `queue`, `phase` | what is expected, and every transition of it, with the diagram |
//! | `error` | the peer's faults and our own |

mod authenticate;
mod connection;
pub mod encryption;
mod error;
mod login;
mod phase;
mod policy;
mod queue;
mod requests;
mod series;

pub use connection::{CancelKey, Connection, Event};
pub use error::{LoginError, Misuse, ProtocolError};
pub use login::{Credentials, Login, Progress};
pub use policy::{Method, Methods, Policy};
pub use series::Series;
