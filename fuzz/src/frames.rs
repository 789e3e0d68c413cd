//! What a server wrote, read as a client reads it.

use trunkline_proto::backend::Message;
use trunkline_proto::frame;

/// The type bytes of the messages in `output`, which are whole and well-formed.
pub fn check(output: &[u8]) -> Vec<u8> {
    let mut rest = output;
    let mut tags = Vec::new();
    while let Some((tag, body)) =
        frame::split(&mut rest, |_| Ok(u32::MAX)).expect("a frame of ours")
    {
        Message::decode(tag, body).unwrap_or_else(|e| panic!("{}: {e}", char::from(tag)));
        tags.push(tag);
    }
    assert!(rest.is_empty(), "half a message was written");
    tags
}
