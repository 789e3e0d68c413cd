//! How much of a peer's data is believed, with PostgreSQL's own figures as the defaults.
//!
//! All lengths of messages are those of the length *field*, which counts its own four bytes.

use crate::frame::FrameError;

/// The largest message before anybody is logged in, whatever the configuration says.
const UNAUTHENTICATED_MAX: u32 = 65535;

/// What a server accepts from a client.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// Length field of a startup packet: 10004.
    pub startup: u32,
    /// Length field of a password or a GSS or SSPI token: 65535.
    pub password: u32,
    /// Length field of a SCRAM message: 1024.
    pub scram: u32,
    /// Length field of an OAUTHBEARER message: 65535.
    pub oauth: u32,
    /// Length field of Query, Parse, Bind, FunctionCall and CopyData: 1 GiB − 2.
    pub large: u32,
    /// Length field of every other message: 10000.
    pub small: u32,
    /// Bytes of a CancelRequest's key: 256.
    pub cancel_key: usize,
    /// Parameters of a Bind: 65535.
    pub parameters: usize,
    /// Arguments of a FunctionCall: 100.
    pub arguments: usize,
    /// Columns of a result: 1664.
    pub columns: usize,
    /// Bytes of one value or one row that is sent: 1 GiB − 1.
    pub row: usize,
}

impl Limits {
    /// PostgreSQL's own.
    pub const POSTGRES: Self = Self {
        startup: 10_004,
        password: 65_535,
        scram: 1_024,
        oauth: 65_535,
        large: 0x3FFF_FFFE,
        small: 10_000,
        cancel_key: 256,
        parameters: 65_535,
        arguments: 100,
        columns: 1_664,
        row: 0x3FFF_FFFF,
    };

    /// The largest length field of a typed message once the client is logged in.
    ///
    /// # Errors
    ///
    /// [`FrameError::UnknownType`] if no frontend message has the type then; `p` is one of those.
    #[inline]
    pub const fn max_len(&self, tag: u8) -> Result<u32, FrameError> {
        match tag {
            b'Q' | b'P' | b'B' | b'F' | b'd' => Ok(self.large),
            b'C' | b'D' | b'E' | b'H' | b'S' | b'X' | b'c' | b'f' => Ok(self.small),
            _ => Err(FrameError::UnknownType(tag)),
        }
    }

    /// The largest length field of a startup packet, never over 65535.
    #[must_use]
    pub const fn startup_max(&self) -> u32 {
        unauthenticated(self.startup)
    }

    /// The largest length field of a password or token, never over 65535.
    ///
    /// SCRAM's and OAUTHBEARER's own limits are checked by their exchanges, on the body: PostgreSQL answers a
    /// message that is over them as a failed login, where over this one it closes without a word.
    ///
    /// # Errors
    ///
    /// [`FrameError::UnknownType`] for every type but `p`.
    #[inline]
    pub const fn authentication_max(&self, tag: u8) -> Result<u32, FrameError> {
        match tag {
            b'p' => Ok(unauthenticated(self.password)),
            _ => Err(FrameError::UnknownType(tag)),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::POSTGRES
    }
}

/// What a client accepts from a server.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ReplyLimits {
    /// Length field of authentication requests and NegotiateProtocolVersion: 2000.
    pub authentication: u32,
    /// Length field of an ErrorResponse before the login is done: 30000.
    pub early_error: u32,
    /// Length field of messages that carry data (`d D E V N A T t`): Int32's maximum.
    pub large: u32,
    /// Length field of every other message: 30000.
    pub small: u32,
    /// Bytes of a cancel key under protocol 3.2: 256.
    pub cancel_key: usize,
    /// Bytes of all messages up to AuthenticationOk: 65535. Our own: libpq has no such limit.
    pub unauthenticated: u32,
    /// Bytes of all messages from AuthenticationOk to the first ReadyForQuery: 1 MiB. Our own as well.
    pub opening: u32,
}

impl ReplyLimits {
    /// libpq's own.
    pub const LIBPQ: Self = Self {
        authentication: 2_000,
        early_error: 30_000,
        large: 0x7FFF_FFFF,
        small: 30_000,
        cancel_key: 256,
        unauthenticated: UNAUTHENTICATED_MAX,
        opening: 1 << 20,
    };

    /// The largest length field of a typed message once the login is done.
    ///
    /// # Errors
    ///
    /// [`FrameError::UnknownType`] if no backend message has the type then.
    #[inline]
    pub const fn max_len(&self, tag: u8) -> Result<u32, FrameError> {
        match tag {
            b'd' | b'D' | b'E' | b'V' | b'N' | b'A' | b'T' | b't' => Ok(self.large),
            b'K' | b'S' | b'Z' | b'n' | b'C' | b'I' | b's' | b'1' | b'2' | b'3' | b'G' | b'H'
            | b'W' | b'c' => Ok(self.small),
            _ => Err(FrameError::UnknownType(tag)),
        }
    }

    /// The largest length field of a message before the login is done, never over 65535.
    ///
    /// # Errors
    ///
    /// [`FrameError::UnknownType`] for what a server has no reason to send then.
    #[inline]
    pub const fn authentication_max(&self, tag: u8) -> Result<u32, FrameError> {
        match tag {
            b'R' | b'v' => Ok(unauthenticated(self.authentication)),
            b'E' => Ok(unauthenticated(self.early_error)),
            b'N' | b'S' | b'K' => Ok(unauthenticated(self.small)),
            _ => Err(FrameError::UnknownType(tag)),
        }
    }
}

impl Default for ReplyLimits {
    fn default() -> Self {
        Self::LIBPQ
    }
}

const fn unauthenticated(limit: u32) -> u32 {
    if limit < UNAUTHENTICATED_MAX {
        limit
    } else {
        UNAUTHENTICATED_MAX
    }
}

#[cfg(test)]
mod tests;
