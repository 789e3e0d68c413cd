//! Bytes that are no characters.

use alloc::vec::Vec;

use super::error::Fault;
use super::options::Encoding;

/// Checks a line or a field to be of characters, without NUL. `more` is how the stream goes on: an invalid sequence is shown
/// as long as its first byte claims to be. The number is where it begins.
pub(super) fn check(encoding: Encoding, text: &[u8], more: &[u8]) -> Result<(), (Fault, usize)> {
    let valid = match encoding {
        Encoding::Utf8 => match core::str::from_utf8(text) {
            Ok(_) => text.len(),
            Err(error) => error.valid_up_to(),
        },
        Encoding::Other => text.len(),
    };
    let valid = text
        .get(..valid)
        .and_then(|text| memchr::memchr(0, text))
        .unwrap_or(valid);
    match text.get(valid..) {
        Some([first, rest @ ..]) => Err((invalid(*first, rest.iter().chain(more)), valid)),
        _ => Ok(()),
    }
}

#[cold]
fn invalid<'a>(first: u8, rest: impl Iterator<Item = &'a u8>) -> Fault {
    let claimed = match first {
        0xC0..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF7 => 4,
        _ => 1,
    };
    let mut bytes = Vec::from([first]);
    bytes.extend(rest.take(claimed - 1));
    Fault::Encoding(bytes)
}
