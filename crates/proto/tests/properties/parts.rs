//! What messages are made of, and the round trip itself.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use trunkline_proto::{Format, Oid};

/// A string: any bytes without a NUL, in any encoding or none.
pub(crate) fn string() -> impl Strategy<Value = Vec<u8>> {
    vec(1_u8.., 0..40)
}

/// A string that may stand in a list which an empty one ends.
pub(crate) fn name() -> impl Strategy<Value = Vec<u8>> {
    vec(1_u8.., 1..40)
}

pub(crate) fn bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..100)
}

pub(crate) fn key(shortest: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), shortest..=256)
}

pub(crate) fn values() -> impl Strategy<Value = Vec<Option<Vec<u8>>>> {
    vec(option::of(bytes()), 0..20)
}

pub(crate) fn codes() -> impl Strategy<Value = Vec<i16>> {
    vec(any::<i16>(), 0..20)
}

pub(crate) fn oids() -> impl Strategy<Value = Vec<Oid>> {
    vec(any::<u32>().prop_map(Oid), 0..20)
}

pub(crate) fn format() -> impl Strategy<Value = Format> {
    prop_oneof![Just(Format::Text), Just(Format::Binary)]
}

/// The same values, borrowed.
pub(crate) fn borrowed(values: &[Option<Vec<u8>>]) -> Vec<Option<&[u8]>> {
    values.iter().map(Option::as_deref).collect()
}

/// Asserts that a typed message is written as one frame, and that reading its body gives the message again.
macro_rules! round_trip {
    ($type:ty, $message:expr) => {{
        use trunkline_proto::{Decode, Encode, frame};

        let message: $type = $message;
        let mut out = b"before".to_vec();
        prop_assert_eq!(message.encode(&mut out), Ok(()));
        prop_assert_eq!(&out[..6], b"before");
        let mut input = &out[6..];
        let split = frame::split(&mut input, |_| Ok(u32::MAX));
        let Ok(Some((tag, body))) = split else {
            panic!("no frame: {split:?}")
        };
        prop_assert_eq!((tag, input), (<$type>::TAG, &[][..]));
        prop_assert_eq!(<$type>::decode(body), Ok(message));
    }};
}
pub(crate) use round_trip;

/// The same for a packet without a type byte.
macro_rules! round_trip_startup {
    ($packet:expr) => {{
        use trunkline_proto::{Decode, Encode, frame, frontend::StartupPacket};

        let packet: StartupPacket<'_> = $packet;
        let mut out = vec![];
        prop_assert_eq!(packet.encode(&mut out), Ok(()));
        let mut input = &out[..];
        let split = frame::split_startup(&mut input, u32::MAX);
        let Ok(Some(body)) = split else {
            panic!("no packet: {split:?}")
        };
        prop_assert_eq!(input, &[][..]);
        prop_assert_eq!(StartupPacket::decode(body), Ok(packet));
    }};
}
pub(crate) use round_trip_startup;
