//! Any typed frontend message.

use alloc::vec::Vec;

use super::{
    AuthenticationResponse, Bind, Close, CopyData, CopyDone, CopyFail, Describe, Execute, Flush,
    FunctionCall, Parse, Query, Sync, Terminate,
};
use crate::{Decode, DecodeError, Encode, EncodeError};

macro_rules! messages {
    ($($(#[$doc:meta])* $variant:ident($type:ty),)+) => {
        /// Any message that a client sends after its startup packet.
        #[derive(Copy, Clone, Debug, Eq, PartialEq)]
        pub enum Message<'a> {
            $($(#[$doc])* $variant($type),)+
        }

        impl<'a> Message<'a> {
            /// Reads one body as the message of the type byte `tag`.
            ///
            /// # Errors
            ///
            /// What that message's decoder says, or [`DecodeError::UnknownType`].
            pub fn decode(tag: u8, body: &'a [u8]) -> Result<Self, DecodeError> {
                match tag {
                    $(<$type>::TAG => <$type>::decode(body).map(Self::$variant),)+
                    tag => Err(DecodeError::UnknownType(tag)),
                }
            }

            /// The type byte.
            #[must_use]
            pub const fn tag(&self) -> u8 {
                match self {
                    $(Self::$variant(_) => <$type>::TAG,)+
                }
            }
        }

        impl Encode for Message<'_> {
            fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                match self {
                    $(Self::$variant(message) => message.encode(out),)+
                }
            }
        }

        $(impl<'a> From<$type> for Message<'a> {
            fn from(message: $type) -> Self {
                Self::$variant(message)
            }
        })+
    };
}

messages! {
    /// `p`
    AuthenticationResponse(AuthenticationResponse<'a>),
    /// `Q`
    Query(Query<'a>),
    /// `P`
    Parse(Parse<'a>),
    /// `B`
    Bind(Bind<'a>),
    /// `D`
    Describe(Describe<'a>),
    /// `E`
    Execute(Execute<'a>),
    /// `C`
    Close(Close<'a>),
    /// `H`
    Flush(Flush),
    /// `S`
    Sync(Sync),
    /// `F`
    FunctionCall(FunctionCall<'a>),
    /// `d`
    CopyData(CopyData<'a>),
    /// `c`
    CopyDone(CopyDone),
    /// `f`
    CopyFail(CopyFail<'a>),
    /// `X`
    Terminate(Terminate),
}
