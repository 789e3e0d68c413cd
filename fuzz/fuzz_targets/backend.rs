//! Every message that a backend sends (SEC-44), out of a stream of frames; those that are well-formed survive a round trip.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trunkline_proto::backend::Message;
use trunkline_proto::{Encode, frame};

fuzz_target!(|data: &[u8]| {
    let mut stream = data;
    while let Ok(Some((tag, body))) = frame::split(&mut stream, |_| Ok(1 << 20)) {
        let Ok(message) = Message::decode(tag, body) else {
            continue;
        };
        assert_eq!(message.tag(), tag);
        let _shown = format!("{message:?}");
        let mut out = Vec::new();
        message
            .encode(&mut out)
            .expect("what was read can be written");
        let mut again = out.as_slice();
        let (tag, body) = frame::split(&mut again, |_| Ok(u32::MAX))
            .expect("a frame of ours")
            .expect("a whole one");
        assert_eq!(Message::decode(tag, body).as_ref(), Ok(&message));
        assert!(again.is_empty());
    }
});
