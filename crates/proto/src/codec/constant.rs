//! Messages without a body, whose frame is always the same five bytes.

/// Declares a message without a body.
macro_rules! constant {
    ($(#[$doc:meta])* $name:ident = $tag:literal) => {
        $(#[$doc])*
        #[derive(Copy, Clone, Debug, Eq, PartialEq)]
        pub struct $name;

        impl $name {
            /// The type byte.
            pub const TAG: u8 = $tag;
            /// The whole frame.
            pub const FRAME: [u8; 5] = [$tag, 0, 0, 0, 4];
        }

        impl $crate::Decode<'_> for $name {
            #[inline]
            fn decode(body: &[u8]) -> Result<Self, $crate::DecodeError> {
                $crate::codec::Reader::new(body).finish().map(|()| Self)
            }
        }

        impl $crate::Encode for $name {
            #[inline]
            fn encode(&self, out: &mut ::alloc::vec::Vec<u8>) -> Result<(), $crate::EncodeError> {
                out.extend_from_slice(&Self::FRAME);
                Ok(())
            }
        }
    };
}

pub(crate) use constant;
