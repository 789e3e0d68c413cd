//! Any bytes at all: a decoder may refuse them, and does nothing else that is bad.

use proptest::collection::vec;
use proptest::prelude::*;
use trunkline_proto::frontend::{PasswordMessage, SaslInitialResponse, StartupPacket};
use trunkline_proto::trace::Printer;
use trunkline_proto::{Decode, Encode, Limits, ReplyLimits, backend, frame, frontend};

const FRONTEND: &[u8] = b"pQPBDECHSFdcfX";
const BACKEND: &[u8] = b"RvKSZTtnDCIs123ENAVGHWdc";

/// Bytes that are often small numbers, ends of strings or extremes, so that lengths and counts are often nearly
/// right.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let skewed = |byte| match byte {
        0..=79 => 0,
        80..=139 => byte & 7,
        140..=179 => 0xFF,
        180..=199 => b"SPITE\x7F\x80\xFE"[usize::from(byte & 7)],
        _ => byte.wrapping_mul(53),
    };
    vec(any::<u8>(), 0..60).prop_map(move |bytes| bytes.into_iter().map(skewed).collect())
}

/// What decodes can be walked and written, and reads the same again.
macro_rules! survives {
    ($type:ty, $decode:expr, $body:expr) => {
        if let Ok(message) = $decode($body) {
            let message: $type = message;
            let _walked = format!("{message:?}");
            let mut out = vec![];
            prop_assert_eq!(message.encode(&mut out), Ok(()));
            let start = out
                .len()
                .min(if stringify!($type).starts_with("StartupPacket") {
                    4
                } else {
                    5
                });
            let again: Result<$type, _> = $decode(&out[start..]);
            prop_assert_eq!(again, Ok(message));
        }
    };
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn any_body_to_a_frontend_decoder(body in body(), tag in prop::sample::select(FRONTEND)) {
        survives!(frontend::Message<'_>, |body| frontend::Message::decode(tag, body), &body);
    }

    #[test]
    fn any_body_to_a_backend_decoder(body in body(), tag in prop::sample::select(BACKEND)) {
        survives!(backend::Message<'_>, |body| backend::Message::decode(tag, body), &body);
    }

    #[test]
    fn any_body_to_the_others(body in body(), code in prop::sample::select(vec![
        vec![], vec![0, 3, 0, 0], vec![0, 3, 0, 2], vec![0x04, 0xD2, 0x16, 0x2E], vec![0x04, 0xD2, 0x16, 0x2F],
    ])) {
        survives!(PasswordMessage<'_>, PasswordMessage::decode, &body);
        survives!(SaslInitialResponse<'_>, SaslInitialResponse::decode, &body);
        let packet = [code, body].concat();
        survives!(StartupPacket<'_>, StartupPacket::decode, &packet);
    }

    #[test]
    fn any_type_byte(tag: u8, body in body()) {
        let known = frontend::Message::decode(tag, &body) != Err(trunkline_proto::DecodeError::UnknownType(tag));
        prop_assert_eq!(known, FRONTEND.contains(&tag));
        let known = backend::Message::decode(tag, &body) != Err(trunkline_proto::DecodeError::UnknownType(tag));
        prop_assert_eq!(known, BACKEND.contains(&tag));
    }

    /// Splitting ends, never reads past the end, and takes nothing that it does not give.
    #[test]
    fn any_stream(stream in body()) {
        let (limits, replies) = (Limits::default(), ReplyLimits::default());
        let mut input = &stream[..];
        while let Ok(Some((_, body))) = frame::split(&mut input, |tag| limits.max_len(tag)) {
            let taken = stream.len() - input.len();
            prop_assert_eq!(body, &stream[taken - body.len()..taken]);
        }
        let mut input = &stream[..];
        while let Ok(Some(_)) = frame::split(&mut input, |tag| replies.max_len(tag)) {}
        let mut input = &stream[..];
        while let Ok(Some(_)) = frame::split_startup(&mut input, limits.startup_max()) {}
    }

    #[test]
    fn any_body_to_the_trace(tag: u8, bodies in vec((prop::sample::select(BACKEND), body()), 1..4)) {
        for mut printer in [Printer::new(), Printer::regress()] {
            let mut text = String::new();
            for (known, body) in &bodies {
                prop_assert_eq!(printer.backend(&mut text, *known, body), Ok(()));
                prop_assert_eq!(printer.frontend(&mut text, b'p', body), Ok(()));
                prop_assert_eq!(printer.frontend(&mut text, tag, body), Ok(()));
                prop_assert_eq!(printer.startup(&mut text, body), Ok(()));
            }
            prop_assert!(text.ends_with('\n'));
        }
    }
}
