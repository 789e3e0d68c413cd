#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use super::*;
use alloc::vec;

fn limit(limit: u32) -> impl Fn(u8) -> Result<u32, FrameError> {
    move |_| Ok(limit)
}

#[test]
fn an_unknown_type_is_refused_before_its_length_arrives() {
    let mut input = &b"y"[..];
    let refused = split(&mut input, |tag| Err(FrameError::UnknownType(tag)));
    assert_eq!(refused, Err(FrameError::UnknownType(b'y')));
}

#[test]
fn lengths_on_both_sides_of_the_limit() {
    for (field, fits) in [
        (4, true),
        (9_999, true),
        (10_000, true),
        (10_001, false),
        (3, false),
        (0, false),
    ] {
        let mut bytes = vec![b'D'];
        bytes.extend_from_slice(&u32::to_be_bytes(field));
        let got = header(&bytes, limit(10_000));
        if fits {
            assert_eq!(
                got,
                Ok(Some(Header {
                    tag: b'D',
                    len: field - 4
                }))
            );
        } else {
            assert_eq!(
                got,
                Err(FrameError::BadLength {
                    tag: b'D',
                    len: field.cast_signed()
                })
            );
        }
    }
}

#[test]
fn a_negative_length_is_no_large_one() {
    let refused = header(b"D\xFF\xFF\xFF\xFF", limit(0x7FFF_FFFF));
    assert_eq!(refused, Err(FrameError::BadLength { tag: b'D', len: -1 }));
}

#[test]
fn startup_lengths_on_both_sides() {
    for (field, fits) in [
        (7, false),
        (8, true),
        (10_004, true),
        (10_005, false),
        (u32::MAX, false),
    ] {
        let mut bytes = field.to_be_bytes().to_vec();
        bytes.resize(10_005, 0);
        let got = split_startup(&mut &bytes[..], 10_004);
        if fits {
            assert_eq!(got.unwrap().unwrap().len(), field as usize - 4);
        } else {
            assert_eq!(got, Err(FrameError::BadStartupLength(field.cast_signed())));
        }
    }
}

#[test]
fn an_incomplete_frame_leaves_the_input() {
    let whole = b"Q\0\0\0\x0Dselect 1\0";
    for end in 0..whole.len() {
        let mut input = &whole[..end];
        assert_eq!(split(&mut input, limit(100)), Ok(None));
        assert_eq!(input.len(), end);
    }
}

#[test]
fn a_failed_body_leaves_the_buffer() {
    let mut out = vec![1, 2, 3];
    let failed = write(&mut out, b'Q', |out| {
        out.extend_from_slice(b"half");
        put::cstr(out, b"\0")
    });
    assert_eq!(
        (failed, &out[..]),
        (Err(EncodeError::NulInString), &[1, 2, 3][..])
    );
}

#[test]
fn the_length_counts_itself_and_not_the_type() {
    let mut out = vec![9];
    write(&mut out, b'Q', |out| put::cstr(out, b"")).unwrap();
    assert_eq!(out, b"\x09Q\0\0\0\x05\0");
}
