//! Backend messages without a body.

use crate::codec::constant;

constant! {
    /// `1`: a Parse is done.
    ParseComplete = b'1'
}

constant! {
    /// `2`: a Bind is done.
    BindComplete = b'2'
}

constant! {
    /// `3`: a Close is done, whether or not there was something of the name.
    CloseComplete = b'3'
}

constant! {
    /// `n`: what was described returns no rows.
    NoData = b'n'
}

constant! {
    /// `I`: there was no statement in the text; stands in the place of CommandComplete.
    EmptyQueryResponse = b'I'
}

constant! {
    /// `s`: an Execute sent as many rows as it was asked for, and the portal waits for another.
    PortalSuspended = b's'
}
