//! NotificationResponse: a NOTIFY on a channel that the session listens to.

use alloc::vec::Vec;

use crate::codec::{Reader, put};
use crate::{Decode, DecodeError, Encode, EncodeError, frame};

/// `A`: somebody notified (PostgreSQL docs 54.2.7).
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct NotificationResponse<'a> {
    /// The process id of the session that did.
    pub pid: i32,
    /// The channel.
    pub channel: &'a [u8],
    /// The payload; empty if there is none.
    pub payload: &'a [u8],
}

impl NotificationResponse<'_> {
    /// The type byte.
    pub const TAG: u8 = b'A';
}

impl<'a> Decode<'a> for NotificationResponse<'a> {
    fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut body = Reader::new(body);
        let pid = body.i32()?;
        let channel = body.cstr()?;
        let payload = body.text()?;
        body.finish()?;
        Ok(Self {
            pid,
            channel,
            payload,
        })
    }
}

impl Encode for NotificationResponse<'_> {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame::write(out, Self::TAG, |out| {
            put::i32(out, self.pid);
            put::cstr(out, self.channel)?;
            put::cstr(out, self.payload)
        })
    }
}
