//! Every limit on both sides of its boundary (LM-01), through the header that a reader sees.

use super::*;
use crate::frame::{Header, header, split_startup};

/// What becomes of a header with this length field.
fn field(
    tag: u8,
    field: u32,
    limit_of: impl FnOnce(u8) -> Result<u32, FrameError>,
) -> Result<(), FrameError> {
    let [a, b, c, d] = field.to_be_bytes();
    match header(&[tag, a, b, c, d], limit_of)? {
        Some(Header { len, .. }) => {
            assert_eq!(len + 4, field);
            Ok(())
        }
        None => panic!("a whole header was there"),
    }
}

/// Asserts that `limit` is the largest length field of the type, and 4 the smallest.
fn boundary(tag: u8, limit: u32, limit_of: impl Fn(u8) -> Result<u32, FrameError>) {
    for fits in [4, 5, limit - 1, limit] {
        assert_eq!(
            field(tag, fits, &limit_of),
            Ok(()),
            "{:?} {fits}",
            char::from(tag)
        );
    }
    for refused in [0, 3, limit + 1, 0x8000_0000, 0xFFFF_FFFF] {
        let len = refused.cast_signed();
        let error = Err(FrameError::BadLength { tag, len });
        assert_eq!(
            field(tag, refused, &limit_of),
            error,
            "{:?} {refused}",
            char::from(tag)
        );
    }
}

#[test]
fn messages_of_a_client() {
    let limits = Limits::default();
    for tag in 0..=255 {
        match tag {
            b'Q' | b'P' | b'B' | b'F' | b'd' => {
                boundary(tag, 0x3FFF_FFFE, |tag| limits.max_len(tag))
            }
            b'C' | b'D' | b'E' | b'H' | b'S' | b'X' | b'c' | b'f' => {
                boundary(tag, 10_000, |tag| limits.max_len(tag));
            }
            tag => assert_eq!(limits.max_len(tag), Err(FrameError::UnknownType(tag))),
        }
    }
}

#[test]
fn messages_of_a_client_that_logs_in() {
    let limits = Limits::default();
    for tag in 0..=255 {
        match tag {
            b'p' => boundary(tag, 65_535, |tag| limits.authentication_max(tag)),
            tag => assert_eq!(
                limits.authentication_max(tag),
                Err(FrameError::UnknownType(tag))
            ),
        }
    }
}

#[test]
fn startup_packets() {
    let limits = Limits::default();
    for (field, fits) in [
        (0, false),
        (3, false),
        (7, false),
        (8, true),
        (10_003, true),
        (10_004, true),
        (10_005, false),
        (0x4745_5420, false), // "GET "
        (0xFFFF_FFFF, false),
    ] {
        let bytes = u32::to_be_bytes(field);
        let got = split_startup(&mut &bytes[..], limits.startup_max());
        // The body has not arrived, so a length that is believed is waited for.
        let expected = if fits {
            Ok(None)
        } else {
            Err(FrameError::BadStartupLength(field.cast_signed()))
        };
        assert_eq!(got, expected, "{field}");
    }
}

#[test]
fn messages_of_a_server() {
    let limits = ReplyLimits::default();
    for tag in 0..=255 {
        match tag {
            b'd' | b'D' | b'E' | b'V' | b'N' | b'A' | b'T' | b't' => {
                assert_eq!(limits.max_len(tag), Ok(0x7FFF_FFFF));
                assert_eq!(field(tag, 0x7FFF_FFFF, |tag| limits.max_len(tag)), Ok(()));
                let beyond = field(tag, 0x8000_0000, |tag| limits.max_len(tag));
                assert_eq!(beyond, Err(FrameError::BadLength { tag, len: i32::MIN }));
            }
            b'K' | b'S' | b'Z' | b'n' | b'C' | b'I' | b's' | b'1' | b'2' | b'3' | b'G' | b'H'
            | b'W' | b'c' => {
                boundary(tag, 30_000, |tag| limits.max_len(tag));
            }
            tag => assert_eq!(limits.max_len(tag), Err(FrameError::UnknownType(tag))),
        }
    }
}

#[test]
fn messages_of_a_server_that_lets_in() {
    let limits = ReplyLimits::default();
    for tag in 0..=255 {
        match tag {
            b'R' | b'v' => boundary(tag, 2_000, |tag| limits.authentication_max(tag)),
            b'E' | b'N' | b'S' | b'K' => {
                boundary(tag, 30_000, |tag| limits.authentication_max(tag))
            }
            tag => assert_eq!(
                limits.authentication_max(tag),
                Err(FrameError::UnknownType(tag))
            ),
        }
    }
}

#[test]
fn no_configuration_lets_a_stranger_send_more_than_64_kib() {
    let most = Limits {
        startup: u32::MAX,
        password: u32::MAX,
        ..Limits::POSTGRES
    };
    assert_eq!(
        (most.startup_max(), most.authentication_max(b'p')),
        (65_535, Ok(65_535))
    );
    let most = ReplyLimits {
        authentication: u32::MAX,
        early_error: u32::MAX,
        small: u32::MAX,
        ..ReplyLimits::LIBPQ
    };
    for tag in *b"RvENSK" {
        assert_eq!(most.authentication_max(tag), Ok(65_535));
    }
}

#[test]
fn a_limit_may_be_smaller() {
    let limits = Limits {
        large: 100,
        small: 10,
        startup: 50,
        password: 20,
        ..Limits::POSTGRES
    };
    boundary(b'Q', 100, |tag| limits.max_len(tag));
    boundary(b'S', 10, |tag| limits.max_len(tag));
    boundary(b'p', 20, |tag| limits.authentication_max(tag));
    assert_eq!(limits.startup_max(), 50);
}
