//! Types of other crates, each by a feature of the crate's name. They go by way of this crate's own type.

#[cfg(feature = "chrono")]
mod chrono;
#[cfg(feature = "jiff")]
mod jiff;
#[cfg(feature = "rust_decimal")]
mod rust_decimal;
#[cfg(feature = "serde_json")]
mod serde_json;
#[cfg(feature = "time")]
mod time;
#[cfg(feature = "uuid")]
mod uuid;

/// `$to` makes the own value of a reference to the foreign one, `$from` the reverse; `None` is out of range.
#[cfg(any(
    feature = "chrono",
    feature = "jiff",
    feature = "rust_decimal",
    feature = "time",
    feature = "uuid"
))]
macro_rules! by_way_of {
    ($foreign:ty, $own:ty, $ty:ident, $to:expr, $from:expr) => {
        impl $crate::Encode for $foreign {
            fn accepts(ty: $crate::Type) -> bool {
                ty == $crate::Type::$ty
            }

            fn encode_text(
                &self,
                ty: $crate::Type,
                out: &mut alloc::vec::Vec<u8>,
            ) -> Result<(), $crate::EncodeError> {
                let to: fn(&Self) -> Option<$own> = $to;
                to(self)
                    .ok_or($crate::EncodeError::Range(ty))?
                    .encode_text(ty, out)
            }

            fn encode_binary(
                &self,
                ty: $crate::Type,
                out: &mut alloc::vec::Vec<u8>,
            ) -> Result<(), $crate::EncodeError> {
                let to: fn(&Self) -> Option<$own> = $to;
                to(self)
                    .ok_or($crate::EncodeError::Range(ty))?
                    .encode_binary(ty, out)
            }

            fn field_text(
                &self,
                ty: $crate::Type,
                out: &mut alloc::vec::Vec<u8>,
            ) -> Result<(), $crate::EncodeError> {
                let to: fn(&Self) -> Option<$own> = $to;
                to(self)
                    .ok_or($crate::EncodeError::Range(ty))?
                    .field_text(ty, out)
            }

            fn field_binary(
                &self,
                ty: $crate::Type,
                out: &mut alloc::vec::Vec<u8>,
            ) -> Result<(), $crate::EncodeError> {
                let to: fn(&Self) -> Option<$own> = $to;
                to(self)
                    .ok_or($crate::EncodeError::Range(ty))?
                    .field_binary(ty, out)
            }
        }

        impl $crate::Decode<'_> for $foreign {
            fn accepts(ty: $crate::Type) -> bool {
                ty == $crate::Type::$ty
            }

            fn from_text(ty: $crate::Type, raw: &[u8]) -> Result<Self, $crate::DecodeError> {
                let from: fn($own) -> Option<Self> = $from;
                from(<$own>::from_text(ty, raw)?)
                    .ok_or_else(|| $crate::DecodeError::text(ty, $crate::Fault::Range, raw))
            }

            fn from_binary(ty: $crate::Type, raw: &[u8]) -> Result<Self, $crate::DecodeError> {
                let from: fn($own) -> Option<Self> = $from;
                from(<$own>::from_binary(ty, raw)?)
                    .ok_or_else(|| $crate::DecodeError::new(ty, $crate::Fault::Range))
            }
        }
    };
}
#[cfg(any(
    feature = "chrono",
    feature = "jiff",
    feature = "rust_decimal",
    feature = "time",
    feature = "uuid"
))]
use by_way_of;
