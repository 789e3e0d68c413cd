//! The server's state machine: [`Handshake`] → [`Login`] → [`Connection`].
//!
//! The contract in one sentence: feed bytes, take events until there are none, send only what the machine allows, write
//! what it queued. Each of the three consumes itself to give the next, and the step into the session takes an
//! [`Authenticated`](crate::auth::Authenticated), which only a successful exchange makes.
//!
//! | file | idea |
//! |---|---|
//! | `handshake` | encryption and cancel requests, the startup packet, version negotiation |
//! | `login` | authentication requests and their responses |
//! | `connection` | the commands of a session |
//! | `answers`, `copy` | what the backend says to them, refused where it is not due |
//! | `outcome` | errors, and ReadyForQuery |
//! | `phase` | every transition of a session, with the diagram |
//! | `error` | the peer's faults and our own |

mod answers;
mod connection;
mod copy;
mod error;
mod handshake;
mod login;
mod outcome;
mod phase;
mod report;

pub use connection::{Connection, Event};
pub use error::{Consequence, Misuse, ProtocolError};
pub use handshake::{Handshake, Opening, Replication, Startup, Transport};
pub use login::{Login, Response};
