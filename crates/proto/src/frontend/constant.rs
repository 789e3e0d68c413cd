//! Flush, Sync and Terminate: frontend messages without a body.

use crate::codec::constant;

constant! {
    /// `H`: asks for the replies that are still buffered (PostgreSQL docs 54.2.3).
    Flush = b'H'
}

constant! {
    /// `S`: ends a series of extended-query messages; answered by exactly one ReadyForQuery
    /// (PostgreSQL docs 54.2.3).
    Sync = b'S'
}

constant! {
    /// `X`: says goodbye; the connection closes (PostgreSQL docs 54.2.10).
    Terminate = b'X'
}
