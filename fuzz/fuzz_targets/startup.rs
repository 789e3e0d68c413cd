//! The first packet of a connection: framed, decoded, and if it is one, the same again after a round trip.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trunkline_proto::frontend::StartupPacket;
use trunkline_proto::{Decode, Encode, frame};

fuzz_target!(|data: &[u8]| {
    let mut stream = data;
    while let Ok(Some(body)) = frame::split_startup(&mut stream, 10_000) {
        if let Ok(packet) = StartupPacket::decode(body) {
            let mut out = Vec::new();
            packet
                .encode(&mut out)
                .expect("what was read can be written");
            let mut again = out.as_slice();
            let body = frame::split_startup(&mut again, u32::MAX)
                .expect("a frame of ours")
                .expect("a whole one");
            assert_eq!(StartupPacket::decode(body), Ok(packet));
            assert!(again.is_empty());
        }
    }
});
