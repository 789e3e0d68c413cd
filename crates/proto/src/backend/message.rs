//! Any backend message.

use alloc::vec::Vec;

use super::{
    Authentication, BackendKeyData, BindComplete, CloseComplete, CommandComplete, CopyBothResponse,
    CopyData, CopyDone, CopyInResponse, CopyOutResponse, DataRow, EmptyQueryResponse,
    ErrorResponse, FunctionCallResponse, NegotiateProtocolVersion, NoData, NoticeResponse,
    NotificationResponse, ParameterDescription, ParameterStatus, ParseComplete, PortalSuspended,
    ReadyForQuery, RowDescription,
};
use crate::{Decode, DecodeError, Encode, EncodeError};

macro_rules! messages {
    ($($(#[$doc:meta])* $variant:ident($type:ty),)+) => {
        /// Any message that a server sends.
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
    /// `R`
    Authentication(Authentication<'a>),
    /// `v`
    NegotiateProtocolVersion(NegotiateProtocolVersion<'a>),
    /// `K`
    BackendKeyData(BackendKeyData<'a>),
    /// `S`
    ParameterStatus(ParameterStatus<'a>),
    /// `Z`
    ReadyForQuery(ReadyForQuery),
    /// `T`
    RowDescription(RowDescription<'a>),
    /// `t`
    ParameterDescription(ParameterDescription<'a>),
    /// `n`
    NoData(NoData),
    /// `D`
    DataRow(DataRow<'a>),
    /// `C`
    CommandComplete(CommandComplete<'a>),
    /// `I`
    EmptyQueryResponse(EmptyQueryResponse),
    /// `s`
    PortalSuspended(PortalSuspended),
    /// `1`
    ParseComplete(ParseComplete),
    /// `2`
    BindComplete(BindComplete),
    /// `3`
    CloseComplete(CloseComplete),
    /// `E`
    ErrorResponse(ErrorResponse<'a>),
    /// `N`
    NoticeResponse(NoticeResponse<'a>),
    /// `A`
    NotificationResponse(NotificationResponse<'a>),
    /// `V`
    FunctionCallResponse(FunctionCallResponse<'a>),
    /// `G`
    CopyInResponse(CopyInResponse<'a>),
    /// `H`
    CopyOutResponse(CopyOutResponse<'a>),
    /// `W`
    CopyBothResponse(CopyBothResponse<'a>),
    /// `d`
    CopyData(CopyData<'a>),
    /// `c`
    CopyDone(CopyDone),
}
