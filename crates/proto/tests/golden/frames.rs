//! Every captured frame, decoded and encoded again, cut short, split and lengthened.
#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use trunkline_proto::frontend::{
    GssResponse, PasswordMessage, SaslInitialResponse, SaslResponse, StartupPacket,
};
use trunkline_proto::{Decode, DecodeError, Encode, Limits, ReplyLimits, backend, frame, frontend};

use crate::fixtures::{Direction, Frame, files, frames};

/// Decodes a body as what the frame is, and encodes it again.
fn again(frame: &Frame, body: &[u8]) -> Result<Vec<u8>, DecodeError> {
    fn encode(message: impl Encode) -> Vec<u8> {
        let mut out = vec![];
        message.encode(&mut out).unwrap();
        out
    }
    Ok(match (frame.direction, frame.name.as_str()) {
        _ if frame.is_startup() => encode(StartupPacket::decode(body)?),
        (_, "PasswordMessage") => encode(PasswordMessage::decode(body)?),
        (_, "SASLInitialResponse") => encode(SaslInitialResponse::decode(body)?),
        (_, "SASLResponse") => encode(SaslResponse::decode(body)?),
        (_, "GSSResponse") => encode(GssResponse::decode(body)?),
        (Direction::Frontend, _) => encode(frontend::Message::decode(frame.tag(), body)?),
        (Direction::Backend, _) => encode(backend::Message::decode(frame.tag(), body)?),
    })
}

/// Whether the end of the frame is the only thing that ends the message from this length of the body on.
fn open_ended(frame: &Frame, length: usize) -> bool {
    match frame.name.as_str() {
        "CopyData" | "CopyDone" | "SASLResponse" | "GSSResponse" => true,
        "AuthenticationGSSContinue" | "AuthenticationSASLContinue" | "AuthenticationSASLFinal" => {
            length >= 4
        }
        "BackendKeyData" => length >= 8,
        "CancelRequest" => length >= 9,
        // Not read beyond a version that is not spoken.
        "StartupMessage" => frame.body().starts_with(&[0, 2]) && length >= 4,
        _ => false,
    }
}

#[test]
fn decoded_and_encoded_again_the_bytes_are_the_same() {
    for frame in frames() {
        let bytes = match StartupPacket::decode(frame.body()) {
            Ok(StartupPacket::Unsupported(_)) if frame.is_startup() => continue,
            _ => again(&frame, frame.body()).unwrap_or_else(|error| panic!("{error}: {frame:?}")),
        };
        assert_eq!(bytes, frame.bytes, "{}", frame.name);
    }
}

#[test]
fn a_body_cut_short_is_an_error() {
    for frame in frames() {
        for length in 0..frame.body().len() {
            let short = again(&frame, &frame.body()[..length]);
            let legal = open_ended(&frame, length);
            assert_eq!(
                short.is_ok(),
                legal,
                "{} cut to {length}: {short:?}",
                frame.name
            );
        }
    }
}

#[test]
fn a_body_with_one_byte_more_is_an_error() {
    for frame in frames() {
        for byte in [0x00, 0xFF] {
            let mut body = frame.body().to_vec();
            body.push(byte);
            let expected = match frame.name.as_str() {
                _ if open_ended(&frame, body.len()) => continue,
                "PasswordMessage" => DecodeError::PasswordSize,
                "StartupMessage" => DecodeError::StartupLayout,
                _ => DecodeError::Trailing,
            };
            assert_eq!(again(&frame, &body), Err(expected), "{}", frame.name);
        }
    }
}

#[test]
fn a_body_with_any_byte_changed_is_refused_or_read() {
    for frame in frames() {
        for index in 0..frame.body().len() {
            for change in [0x01, 0x20, 0x7F, 0x80, 0xFF] {
                let mut body = frame.body().to_vec();
                body[index] ^= change;
                // What is read can be written; `again` panics if not, and so would a decoder that trusts.
                if let Ok(bytes) = again(&frame, &body) {
                    assert!(bytes.len() <= frame.bytes.len());
                }
            }
        }
    }
}

#[test]
fn a_frame_cut_short_is_waited_for() {
    for frame in frames() {
        for length in 0..frame.bytes.len() {
            let mut input = &frame.bytes[..length];
            assert_eq!(split(&frame, &mut input), None, "{}", frame.name);
            assert_eq!(input.len(), length);
        }
        let mut input = &frame.bytes[..];
        assert_eq!(split(&frame, &mut input), Some((frame.tag(), frame.body())));
        assert_eq!(input, []);
    }
}

#[test]
fn a_stream_may_arrive_in_any_two_pieces() {
    for (path, frames) in files() {
        for direction in [Direction::Frontend, Direction::Backend] {
            let frames: Vec<_> = frames
                .iter()
                .filter(|frame| {
                    frame.direction == direction && !frame.is_startup() && !frame.is_answer()
                })
                .collect();
            let stream: Vec<_> = frames
                .iter()
                .flat_map(|frame| frame.bytes.iter().copied())
                .collect();
            let expected: Vec<_> = frames
                .iter()
                .map(|frame| (frame.tag(), frame.body()))
                .collect();
            for cut in 0..stream.len() {
                let (mut input, mut got) = (&stream[..cut], vec![]);
                while let Some(message) = split_typed(direction, &mut input) {
                    got.push(message);
                }
                // What was left over goes on with what comes next.
                let mut input = &stream[cut - input.len()..];
                while let Some(message) = split_typed(direction, &mut input) {
                    got.push(message);
                }
                assert!(got == expected, "{} cut at {cut}", path.display());
            }
        }
    }
}

fn split<'a>(frame: &Frame, input: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    if frame.is_startup() {
        let body = frame::split_startup(input, Limits::default().startup_max()).unwrap();
        return body.map(|body| (0, body));
    }
    split_typed(frame.direction, input)
}

fn split_typed<'a>(direction: Direction, input: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let (limits, replies) = (Limits::default(), ReplyLimits::default());
    let limit = |tag| match (direction, tag) {
        (Direction::Frontend, b'p') => limits.authentication_max(tag),
        (Direction::Frontend, _) => limits.max_len(tag),
        (Direction::Backend, b'R' | b'v') => replies.authentication_max(tag),
        (Direction::Backend, _) => replies.max_len(tag),
    };
    frame::split(input, limit).unwrap()
}
