//! Sockets and TLS.

pub(crate) mod dial;
pub(crate) mod stream;
pub(crate) mod tls;
mod verify;

pub(crate) use stream::Stream;
