//! Sockets, TLS, names and time: all that a session needs of the world. Nothing outside of here knows what waits.

#[cfg(feature = "blocking")]
pub(crate) mod blocking;
mod certificate;
pub(crate) mod dial;
mod identity;
mod key_log;
mod runtime;
mod stream;
pub(crate) mod tls;
#[cfg(feature = "tokio")]
mod tokio;
mod verify;
mod version1;

pub(crate) use runtime::{Runtime, Spawner};
pub(crate) use stream::Stream;

#[cfg(not(any(feature = "tokio", feature = "blocking")))]
compile_error!("trunkline-client needs the feature `tokio` or `blocking`");
